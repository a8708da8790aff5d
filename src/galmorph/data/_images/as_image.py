"""`as_image`: make an image of what is in memory, and cut a galaxy out of it."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.nddata import Cutout2D, NDData
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales
from jaxtyping import Bool
from numpy.typing import ArrayLike

from galmorph._checks import check, check_flag, check_positive
from galmorph.data._fits.align import celestial
from galmorph.data._fits.header_bands import image_band
from galmorph.data._fits.pixel_values import LARGEST, magnitude_notes
from galmorph.errors import InvalidValueError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["as_image"]

_MAX_SIDE = 400
_MAX_CHANNELS = 4
_SQUARE = 0.05  # as for files
_COLOURS = ("red", "green", "blue")


def as_image(
    data: Any,
    *,
    position: Sequence[float] | np.ndarray | SkyCoord | None = None,
    size: float | units.Quantity | None = None,
    name: str | None = None,
    bands: Iterable[str] | None = None,
    pixel_scale: float | None = None,
    mask: ArrayLike | None = None,
    linear: bool | None = None,
) -> GalaxyImage:
    """Make an image of a galaxy of an array, a CCDData, a Cutout2D or another image, and cut it out.

    Parameters
    ----------
    data
        An array of shape ``(height, width)`` or ``(height, width, channels)`` with up to 4 channels, whose values are
        numbers, and which may be masked or have a unit; an `astropy.nddata.CCDData` or other ``NDData``, an
        `astropy.nddata.Cutout2D`, or a `galmorph.types.GalaxyImage`; or a pair of one of these and a position. Pixels
        that are NaN, beyond 1e30, or masked in any channel are masked.
    position
        Position of the galaxy: ``(x, y)`` in pixels, where ``(0, 0)`` is the centre of the first pixel, or a
        `SkyCoord` if `data` has coordinates (CCDData, Cutout2D). Without it and without `size`, nothing is cut out.
    size
        Side of the square that is cut out, in pixels or as an angle (``20 * u.arcsec``); its part outside of the frame
        is masked. By default the largest square around the position that lies in the frame, but at most 400 pixels.
        Without a position, the square is cut out of the middle.
    name
        Name of the galaxy; by default that of a GalaxyImage, and ``"image"`` for other data.
    bands
        Name of each channel. By default those of a GalaxyImage, that of the header of an NDData with one channel
        (``FILTER`` and others; see `read_image`), and red, green, blue for three channels of uint8.
    pixel_scale
        Side of a pixel in arcsec; by default from the coordinates of the data.
    mask
        True for pixels without a measurement, of shape ``(height, width)``, besides those that the data mask.
    linear
        Whether pixels are proportional to flux. By default, uint8 is a picture and not linear; all other numbers are.

    Returns
    -------
    GalaxyImage
        Uint8 pixels as they are, others as float32. A GalaxyImage to which nothing is done is returned itself.

    Raises
    ------
    InvalidValueError
        If the data or an argument have another type, shape or value; if the channels come first; if the position lies
        outside of the frame, or is on the sky and the data have no coordinates.
    UnsuitableImageError
        If all pixels are masked.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data import as_image
    >>> frame = np.random.default_rng(0).normal(size=(500, 600))
    >>> as_image(frame, position=(250, 120), name="M51", bands=["r"], pixel_scale=0.4)
    GalaxyImage('M51': 241 x 241 x 1, 0.4 arcsec/pixel, bands r)
    """
    if isinstance(data, tuple):
        check(
            len(data) == 2,
            f"data: expected an image, or a pair of an image and a position, got a tuple of {len(data)}",
        )
        check(position is None, "position: got a second one beside the one in the pair (image, position)")
        data, position = data
    _check_options(name, pixel_scale, linear)
    changes = (position, size, name, bands, pixel_scale, mask, linear)
    if isinstance(data, GalaxyImage) and all(each is None for each in changes):
        return data
    names = None if bands is None else (bands,) if isinstance(bands, str) else tuple(bands)
    frame = _of_image(data) if isinstance(data, GalaxyImage) else _of_array(data, names)
    frame.name = frame.name if name is None else name
    frame.bands = frame.bands if names is None else names
    frame.pixel_scale = frame.pixel_scale if pixel_scale is None else pixel_scale
    frame.linear = frame.linear if linear is None else linear
    frame.masks += [] if mask is None else [np.asarray(mask)]
    _check_masks(frame)
    if position is not None or size is not None:
        frame = _cut_out(frame, position, size)
    return _image(frame)


@dataclass
class _Frame:
    """Data of an image before they are converted, so that what is cut away need not be."""

    values: np.ndarray  # (height, width, channels)
    masks: list[np.ndarray]
    name: str
    pixel_scale: float | None
    bands: tuple[str, ...] | None
    linear: bool
    metadata: dict[str, str]
    notes: tuple[str, ...] = ()
    wcs: WCS | None = None

    @property
    def height(self) -> int:
        return self.values.shape[0]

    @property
    def width(self) -> int:
        return self.values.shape[1]


def _check_options(name: str | None, pixel_scale: float | None, linear: bool | None) -> None:
    check(name is None or isinstance(name, str), f"name: expected a text, got {name!r}")
    if pixel_scale is not None:
        check_positive("pixel_scale", pixel_scale)
    if linear is not None:
        check_flag("linear", linear)


def _of_image(image: GalaxyImage) -> _Frame:
    masks = [image.mask] if image.has_mask else []
    return _Frame(
        image.stored_pixels,
        masks,
        image.name,
        image.pixel_scale,
        image.bands,
        image.linear,
        dict(image.metadata),
        image.notes,
    )


def _of_array(data: Any, bands: tuple[str, ...] | None) -> _Frame:
    header: Mapping[str, Any] = {}
    wcs, unit, masks = None, getattr(data, "unit", None), []
    if isinstance(data, NDData):
        header = data.meta if isinstance(data.meta, Mapping) else {}
        wcs = data.wcs
        masks += [] if data.mask is None else [np.asarray(data.mask)]
        data = data.data
    elif isinstance(data, Cutout2D):
        wcs, data = data.wcs, data.data
    check(
        not isinstance(data, str | os.PathLike),
        f"data: expected an image in memory, got a path ({data}); read_image reads files, and "
        "CCDData.read(path, unit='adu') reads one with its coordinates",
    )
    check(
        hasattr(data, "__array__"),
        f"data: expected an array, CCDData, Cutout2D or GalaxyImage, got a {type(data).__name__}; read_image reads "
        "files, and an HDU is CCDData(hdu.data, wcs=WCS(hdu.header), unit='adu')",
    )
    if isinstance(data, np.ma.MaskedArray):
        masks.append(np.ma.getmaskarray(data))
        data = data.data
    values = np.asarray(data)
    _check_array(values, bands)
    values = values.reshape(*values.shape[:2], -1)
    is_picture = values.dtype == np.uint8
    channels = values.shape[2]
    band = image_band([header]) if channels == 1 else None
    if band is not None:
        found: tuple[str, ...] | None = (band,)
    else:
        found = _COLOURS if is_picture and channels == len(_COLOURS) else None
    sky = celestial(wcs) if isinstance(wcs, WCS) else None
    metadata = {"format": "array"} | ({} if unit is None else {"BUNIT": str(unit)})
    scale = None if sky is None else _scale(sky)
    notes = tuple(magnitude_notes(metadata.get("BUNIT", "")))
    return _Frame(values, masks, "image", scale, found, not is_picture, metadata, notes, wcs=sky)


def _check_array(values: np.ndarray, bands: tuple[str, ...] | None) -> None:
    shape = values.shape
    check(values.dtype.kind in "iuf", f"data: expected an array of numbers, got one of {values.dtype}")
    if len(shape) == 3 and shape[2] > _MAX_CHANNELS >= shape[0]:
        raise InvalidValueError(
            f"data: expected (height, width, channels), got shape {shape}, with the channels first; pass "
            "np.moveaxis(data, 0, -1)"
        )
    check(
        len(shape) in (2, 3) and min(shape) > 0 and (len(shape) == 2 or shape[2] <= _MAX_CHANNELS),
        f"data: expected (height, width) or (height, width, channels) with up to {_MAX_CHANNELS} channels, got shape "
        f"{shape}",
    )
    check(
        values.dtype != np.uint8 or len(shape) == 2 or shape[2] != _MAX_CHANNELS or bands is not None,
        "data: 4 channels of uint8 may be a transparent picture; pass data[..., :3], or name four bands with bands=",
    )


def _check_masks(frame: _Frame) -> None:
    """Check the shapes of masks, and make them (height, width)."""
    for place, mask in enumerate(frame.masks):
        shape = frame.values.shape
        check(
            mask.shape in ((), shape, shape[:2]) or (*mask.shape, 1) == shape,
            f"mask: expected shape {shape[:2]}, got {mask.shape}",
        )
        flat = np.logical_or.reduce(mask, axis=-1) if mask.ndim == 3 else mask
        frame.masks[place] = np.broadcast_to(flat, shape[:2])


def _scale(sky: WCS) -> float | None:
    across, along = proj_plane_pixel_scales(sky) * units.deg.to(units.arcsec)
    return math.sqrt(across * along) if abs(across / along - 1) < _SQUARE else None


def _cut_out(
    frame: _Frame, position: Sequence[float] | np.ndarray | SkyCoord | None, size: float | units.Quantity | None
) -> _Frame:
    width, height = frame.width, frame.height
    x, y = ((width - 1) / 2, (height - 1) / 2) if position is None else _in_pixels(position, frame.wcs)
    check(
        -0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5,
        f"position: expected one in the frame of {width} x {height} pixels, got x = {x:.1f}, y = {y:.1f}"
        + (f" for {position.to_string('hmsdms', precision=1)}" if isinstance(position, SkyCoord) else ""),
    )
    if size is None:
        inside = 1 + math.floor(2 * min(x, y, width - 1 - x, height - 1 - y))
        side = max(1, min(_MAX_SIDE, inside))
    else:
        side = _side(size, frame)
    left, bottom = math.ceil(x - side / 2), math.ceil(y - side / 2)
    rows = slice(max(bottom, 0), min(bottom + side, height))
    columns = slice(max(left, 0), min(left + side, width))
    values, masks, notes = frame.values[rows, columns], [mask[rows, columns] for mask in frame.masks], frame.notes
    if values.shape[:2] != (side, side):
        around = ((rows.start - bottom, bottom + side - rows.stop), (columns.start - left, left + side - columns.stop))
        notes = (*notes, f"{100 - 100 * values[..., 0].size / side**2:.0f} % of the cut-out lies outside of the frame")
        outside = np.pad(np.zeros(values.shape[:2], np.bool_), around, constant_values=True)
        masks = [outside, *(np.pad(mask, around) for mask in masks)]
        values = np.pad(values, (*around, (0, 0)))
    metadata = {**frame.metadata, "window": f"x {left} y {bottom} size {side}"}
    return replace(frame, values=values, masks=masks, notes=notes, metadata=metadata)


def _in_pixels(position: Sequence[float] | np.ndarray | SkyCoord, wcs: WCS | None) -> tuple[float, float]:
    if isinstance(position, SkyCoord):
        if wcs is None:
            raise InvalidValueError(
                "position: a SkyCoord needs data with celestial coordinates, such as a CCDData with wcs=, got none; "
                "pass (x, y) in pixels"
            )
        check(position.isscalar, f"position: expected one, got {position.shape}; pass pairs (image, position)")
        x, y = wcs.world_to_pixel(position)  # position.to_pixel mixes up the axes if the declination comes first
        return float(x), float(y)
    try:
        x, y = (float(each) for each in position)
    except (TypeError, ValueError):
        raise InvalidValueError(f"position: expected (x, y) in pixels or a SkyCoord, got {position!r}") from None
    return x, y


def _side(size: float | units.Quantity, frame: _Frame) -> int:
    if isinstance(size, units.Quantity) and size.unit != units.pixel:
        check(
            size.isscalar and size.unit.is_equivalent(units.arcsec),
            f"size: expected an angle or a number of pixels, got {size}",
        )
        if frame.pixel_scale is None:
            raise InvalidValueError(f"size: {size} needs a pixel scale; give pixel_scale=, or the size in pixels")
        pixels = float(size.to_value(units.arcsec)) / frame.pixel_scale
    else:
        pixels = float(size.value) if isinstance(size, units.Quantity) else size
    check_positive("size", pixels)
    side, most = max(1, round(pixels)), 2 * max(frame.width, frame.height)
    check(side <= most, f"size: expected at most {most} pixels, twice the frame, got {side}")
    return side


def _image(frame: _Frame) -> GalaxyImage:
    values = frame.values
    mask: Bool[np.ndarray, "height width"] = np.zeros(values.shape[:2], np.bool_)
    for each in frame.masks:
        np.logical_or(mask, each, out=mask)
    if values.dtype != np.uint8:
        with np.errstate(over="ignore"):  # values beyond float32 become infinite and are masked
            values = values.astype(np.float32)
        finite = (values <= LARGEST) & (values >= -LARGEST)
        np.logical_or(mask, ~finite.all(axis=-1), out=mask)
        values[~finite] = 0
    if mask.all():
        raise UnsuitableImageError(f"{frame.name}: no pixel holds a measurement: all are masked, NaN or beyond 1e30")
    return GalaxyImage(
        pixels=values,
        mask=mask if mask.any() else None,
        name=frame.name,
        pixel_scale=frame.pixel_scale,
        bands=frame.bands,
        linear=frame.linear,
        metadata=frame.metadata,
        notes=frame.notes,
    )
