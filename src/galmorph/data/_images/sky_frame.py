"""Where on the sky the frame of an image file lies."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord, angular_separation
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import FITSFixedWarning
from astropy.wcs.utils import wcs_to_celestial_frame

from galmorph.data._fits.align import Grid, read_grid
from galmorph.data._fits.quiet import quiet
from galmorph.data._images.band_files import expand_braces
from galmorph.types import GalaxyImage

__all__ = ["SkyFrame", "sky_frame"]

_WIDEST = 20.0  # degrees; a header without a scale has one degree a pixel, and no galaxy is as wide


class SkyFrame(NamedTuple):
    """Place and size of a frame on the sky.

    Parameters
    ----------
    ra, dec
        ICRS right ascension and declination of the centre in degrees.
    field
        Length of the longer side in arcsec.
    """

    ra: float
    dec: float
    field: float


def sky_frame(path: Path, image: GalaxyImage) -> SkyFrame | None:
    """Find where on the sky the frame of an image lies, by the coordinates in the header of its file.

    Parameters
    ----------
    path
        The file. If it has its bands in braces, the band with the widest frame counts.
    image
        What was read from it.

    Returns
    -------
    SkyFrame or None
        None if the file is no FITS file, or if its header has no celestial coordinates, damaged ones, or such that the
        frame would be wider than 20 degrees.
    """
    if image.metadata.get("format") != "FITS":
        return None
    files = expand_braces(path)
    hdus = image.metadata.get("hdu", "0")
    if files is None:
        return _frame(path, int(hdus), (image.height, image.width))
    if hdus.isdecimal():
        numbers = dict.fromkeys(files, int(hdus))
    else:  # of each band its own, as in "g: 0; r: 1"
        numbers = {band: int(number) for band, _, number in (each.rpartition(": ") for each in hdus.split("; "))}
    frames = [_frame(file, numbers[band], None) for band, file in files.items()]
    return max(filter(None, frames), key=lambda frame: frame.field, default=None)


def _frame(path: Path, hdu: int, shape: tuple[int, int] | None) -> SkyFrame | None:
    """Read the coordinates of an HDU; its shape is that of the header if none is given."""
    try:
        if shape is None:
            with quiet(AstropyUserWarning), fits.open(path, memmap=False) as hdus:
                shape = hdus[hdu].shape[-2:]
        grid = read_grid(path, hdu, *shape)
        return None if grid is None else _frame_of(grid)
    except Exception:
        # If astropy can't interpret the coordinates, for any reason, the place is unknown; the pixels are still good.
        return None


def _frame_of(grid: Grid) -> SkyFrame | None:
    x, y = (grid.width - 1) / 2, (grid.height - 1) / 2
    half_width, half_height = grid.width / 2, grid.height / 2
    points = [[x, y], [x - half_width, y], [x + half_width, y], [x, y - half_height], [x, y + half_height]]
    with quiet(FITSFixedWarning, UserWarning), np.errstate(all="ignore"):
        world = grid.wcs.all_pix2world(points, 0)
        lon, lat = np.deg2rad(world[:, [grid.wcs.wcs.lng, grid.wcs.wcs.lat]]).T
        halves = np.rad2deg(angular_separation(lon[0], lat[0], lon[1:], lat[1:]))
    field = float(max(halves[0] + halves[1], halves[2] + halves[3]))
    ra, dec = _icrs(grid, float(np.rad2deg(lon[0])), float(np.rad2deg(lat[0])))
    if not (math.isfinite(ra) and abs(dec) <= 90 and 0 < field <= _WIDEST):
        return None
    return SkyFrame(ra % 360, dec, 3600 * field)


def _icrs(grid: Grid, lon: float, lat: float) -> tuple[float, float]:
    frame = wcs_to_celestial_frame(grid.wcs)
    if frame.name == "icrs":
        return lon, lat
    sky = SkyCoord(lon, lat, frame=frame, unit=units.deg).icrs
    return float(sky.ra.deg), float(sky.dec.deg)
