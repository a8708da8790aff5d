"""Images of one galaxy on different grids of pixels, interpolated onto one of them by their celestial coordinates."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS, FITSFixedWarning
from astropy.wcs.utils import pixel_to_pixel, proj_plane_pixel_area, wcs_to_celestial_frame
from jaxtyping import Bool, Float
from scipy.ndimage import distance_transform_edt, map_coordinates

from galmorph.data._fits.coordinates import celestial_wcs
from galmorph.data._fits.quiet import quiet

__all__ = ["Grid", "Resampled", "celestial", "pixel_area_ratio", "pixel_map", "read_grid", "resample", "same_grid"]

_SAME = 0.05  # pixels: images of different telescopes are registered less well
_STEP = 16  # pixels between the points whose coordinates are computed; an error below 0.001 pixels for SIP of HST
_ROUND_TRIP = 1.0  # pixels
_EDGE = 1e-3  # pixels by which rounding may move a position out of the frame
_SCALES = ("CDELT1", "CD1_1", "CD1_2", "PC1_1", "PC1_2", "AMDX1")


class Grid(NamedTuple):
    """The pixels of an image on the sky: celestial coordinates, height and width."""

    wcs: WCS
    height: int
    width: int

    @property
    def pixel_area(self) -> float:
        """Area of a pixel at the reference point, in square degrees."""
        return float(proj_plane_pixel_area(self.wcs))


class Resampled(NamedTuple):
    """An image on another grid."""

    pixels: Float[np.ndarray, "height width"]
    mask: Bool[np.ndarray, "height width"]


def read_grid(path: Path, hdu: int, height: int, width: int) -> Grid | None:
    """Read the grid of an image of a FITS file; None if the header has no celestial coordinates."""
    with quiet(AstropyUserWarning, FITSFixedWarning), fits.open(path, memmap=False) as hdus:
        header = hdus[hdu].header
        if not any(key in header for key in _SCALES):
            return None
        try:
            sky = celestial(celestial_wcs(header))
        except Exception:
            # If astropy can't interpret the coordinates, for any reason, there are none.
            return None
    return None if sky is None else Grid(sky, height, width)


def celestial(wcs: WCS | None) -> WCS | None:
    """Take the two celestial axes of coordinates; None if there are none, or none that astropy knows."""
    if wcs is None or not wcs.has_celestial:
        return None
    try:
        with quiet(FITSFixedWarning):
            sky = wcs.celestial
        wcs_to_celestial_frame(sky)
    except ValueError:
        return None
    return sky


def pixel_map(target: Grid, source: Grid) -> Float[np.ndarray, "2 height width"]:
    """Find where the pixels of a grid lie in another image.

    The coordinates are computed at points some pixels apart and interpolated between them, which is ten times faster.

    Returns
    -------
    Float64 array
        Rows and columns in the source, for each pixel of the target; NaN where there is no such position.
    """
    y, x = (_nodes(length) for length in (target.height, target.width))
    grid_x, grid_y = np.meshgrid(x, y)
    with quiet(UserWarning):  # positions far from the image, where a distortion has no inverse
        source_x, source_y = pixel_to_pixel(target.wcs, source.wcs, grid_x, grid_y)
        back_x, back_y = pixel_to_pixel(source.wcs, target.wcs, source_x, source_y)
    wrong = ~(np.hypot(back_x - grid_x, back_y - grid_y) < _ROUND_TRIP)
    nodes = np.stack([source_y, source_x])
    nodes[:, wrong] = np.nan
    return _between(_between(nodes, y, target.height, axis=1), x, target.width, axis=2)


def same_grid(first: Grid, second: Grid) -> bool:
    """Say whether two images have the same pixels on the sky, within a twentieth of a pixel."""
    if first[1:] != second[1:]:
        return False
    y, x = np.meshgrid(*(np.linspace(0, length - 1, 3) for length in first[1:]), indexing="ij")
    with quiet(UserWarning):
        other_x, other_y = pixel_to_pixel(first.wcs, second.wcs, x, y)
    return bool((np.hypot(other_x - x, other_y - y) < _SAME).all())


def pixel_area_ratio(places: Float[np.ndarray, "2 height width"]) -> float:
    """Area of a pixel of the target, in pixels of the source: the median over the positions that `pixel_map` found."""
    down = places[:, 1:, :-1] - places[:, :-1, :-1]
    right = places[:, :-1, 1:] - places[:, :-1, :-1]
    return float(np.nanmedian(np.abs(down[0] * right[1] - down[1] * right[0])))


def resample(
    pixels: Float[np.ndarray, "height width"],
    mask: Bool[np.ndarray, "height width"] | None,
    places: Float[np.ndarray, "2 rows columns"],
) -> Resampled:
    """Interpolate an image at places between its pixels.

    Cubic splines keep the sharpness of the image. Masked pixels take the value of the nearest pixel before, so that
    they don't disturb their neighbours. A result is masked where it lies outside of the image, by more than half a
    pixel, or where one of the four pixels around it is masked.

    Parameters
    ----------
    pixels, mask
        The image.
    places
        Rows and columns.
    """
    height, width = pixels.shape
    limits = np.array([height, width], np.float64).reshape(2, 1, 1) - 0.5 + _EDGE
    within = (places >= -0.5 - _EDGE) & (places <= limits)
    outside = ~(within[0] & within[1])
    inside = np.where(outside, 0.0, places)
    if mask is not None and mask.any():
        nearest = distance_transform_edt(mask, return_distances=False, return_indices=True)
        pixels = pixels[tuple(nearest)]
        outside |= map_coordinates(mask.astype(np.float32), inside, order=1, mode="nearest") > _EDGE
    values = map_coordinates(pixels, inside, np.float32, order=3, mode="nearest")
    values[outside] = 0
    return Resampled(values, outside)


def _nodes(length: int) -> Float[np.ndarray, "nodes"]:
    return np.linspace(0, length - 1, max(2, math.ceil((length - 1) / _STEP) + 1))


def _between(
    values: Float[np.ndarray, "..."], nodes: Float[np.ndarray, "nodes"], length: int, axis: int
) -> Float[np.ndarray, "..."]:
    """Interpolate linearly between equally spaced nodes along an axis."""
    places = np.arange(length) * ((len(nodes) - 1) / max(length - 1, 1))
    low = np.minimum(places.astype(int), len(nodes) - 2)
    shape = [1] * values.ndim
    shape[axis] = length
    weight = (places - low).reshape(shape)
    return np.take(values, low, axis) * (1 - weight) + np.take(values, low + 1, axis) * weight
