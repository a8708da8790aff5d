"""`read_bands`: read the files of one galaxy, one for each band, as one image."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

from galmorph._bands import band_name, wavelength
from galmorph._checks import check, check_positive_int
from galmorph.data._fits.align import (
    Grid,
    Resampled,
    pixel_area_ratio,
    pixel_map,
    read_grid,
    resample,
    same_grid,
)
from galmorph.data._images.band_files import without_bands
from galmorph.data._images.read import image_stem, read_image
from galmorph.errors import UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["read_bands"]

_SAME_SCALE = 1.01
_SAME_WAVELENGTH = 0.02
_COVERED = 0.95
_PER_AREA = re.compile(
    r"/\s*(\([^)]*\b)?(sr|ster|arcsec|sq|square|deg|beam)|(sr|ster\w*|arcsec2?|deg|beam)\s*(\^|\*\*)?\(?-", re.I
)
_PER_PIXEL = re.compile(r"\b\S*(maggy|maggies|nmgy|jy|jansky|count|ct|cps|dn|adu|electron|photon|ph|erg|mgy|e-)", re.I)


def read_bands(
    files: Mapping[str, str | os.PathLike[str]],
    *,
    hdu: int | str | tuple[str, int] | None = None,
    name: str | None = None,
    max_pixels: int = 10_000 * 10_000,
) -> GalaxyImage:
    """Read an image of a galaxy from several files, one for each band.

    Files with the same pixels on the sky are stacked as they are. Others are interpolated onto the pixels of the file
    with the smallest ones (the first of these), by their celestial coordinates and with cubic splines. Values per pixel
    (a ``BUNIT`` of nanomaggy, counts, DN, electron/s, Jy ...) are then multiplied by the ratio of the pixel areas;
    surface brightnesses (``MJy/sr``) are not, nor are values of unknown unit. A pixel is masked if any band lacks it.

    Images whose files have no coordinates are stacked if they have the same shape. Point spread functions are not
    matched.

    Parameters
    ----------
    files
        The file of each band. The order is that of the channels.
    hdu
        Number or name of the HDU to read in each file; see `read_image`.
    name
        Name of the galaxy; by default what the names of the files have in common, without the band: ``"M51"`` for
        ``M51_g.fits`` and ``M51_r.fits``.
    max_pixels
        Size of the largest image, in pixels of all bands together, and of the files together.

    Returns
    -------
    GalaxyImage
        Float32 pixels of shape ``(height, width, bands)``, whose `bands` are the keys of `files`. `notes` say what was
        interpolated or assumed, and if the header of a file names another band.

    Raises
    ------
    UnreadableImageError
        If files are missing (the message names all of them), cut short or damaged.
    UnsuitableImageError
        If a file has more than one plane; if images of different shapes have no coordinates; if they don't overlap on
        the sky; if some are linear and others not; or if they are too large.
    InvalidValueError
        If `files` is no mapping or empty, or `max_pixels` is not at least 1.

    See Also
    --------
    band_files : Find the galaxies of a folder that has one file for each band.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from astropy.io import fits
    >>> from galmorph.data import read_bands, read_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for band in "gr":
    ...         fits.writeto(f"{folder}/M51_{band}.fits", np.ones((40, 50)))
    ...     read_bands({"g": f"{folder}/M51_g.fits", "r": f"{folder}/M51_r.fits"})
    GalaxyImage('M51': 40 x 50 x 2, unknown scale, bands g/r)
    """
    check_positive_int("max_pixels", max_pixels)
    check(
        isinstance(files, Mapping),
        f"files: expected the file of each band, such as {{'g': 'M51_g.fits', 'r': 'M51_r.fits'}}, got {files!r}; "
        "read_image reads one file",
    )
    check(len(files) > 0, "files: expected the file of at least one band, got none")
    paths = {band: Path(path) for band, path in files.items()}
    missing = [f"{band} ({path})" for band, path in paths.items() if not path.is_file()]
    if missing:
        raise UnreadableImageError(f"missing bands: there is no file of {', '.join(missing)}")
    images = _read(paths, hdu, max_pixels)
    grids = {band: _grid(paths[band], image) for band, image in images.items()}
    notes = _shared_notes(images) + _other_bands(images)
    finest, layers, made = _on_one_grid(images, grids, max_pixels)
    pixels: Float32[np.ndarray, "height width bands"] = np.stack([layer.pixels for layer in layers], axis=-1)
    mask: Bool[np.ndarray, "height width"] = np.any([layer.mask for layer in layers], axis=0)
    if mask.all():
        alone = [layer.mask.all() for layer in layers]
        what = "don't overlap on the sky" if not any(alone) else "show different parts of the sky"
        raise UnsuitableImageError(f"{_listing(paths)}: the images {what}; expected images of one galaxy")
    return GalaxyImage(
        pixels=pixels,
        mask=mask if mask.any() else None,
        name=_common_name(paths) if name is None else name,
        pixel_scale=images[finest].pixel_scale,
        bands=tuple(images),
        linear=images[finest].linear,
        metadata=_metadata(images),
        notes=tuple(dict.fromkeys((*notes, *made))),
    )


def _read(
    paths: Mapping[str, Path], hdu: int | str | tuple[str, int] | None, max_pixels: int
) -> dict[str, GalaxyImage]:
    images: dict[str, GalaxyImage] = {}
    size = 0
    for band, path in paths.items():
        image = read_image(path, hdu=hdu, max_pixels=max_pixels)
        if image.channels > 1:
            raise UnsuitableImageError(
                f"{path}: expected one plane, of band {band}, got {image.channels}; read_image reads a file of several"
            )
        size += image.height * image.width
        if size > max_pixels:
            raise UnsuitableImageError(
                f"{path}: with the bands before, {size} pixels are more than {max_pixels}; cut out the galaxy, or "
                "raise max_pixels"
            )
        images[band] = image
    if len({image.linear for image in images.values()}) > 1:
        pictures = [band for band, image in images.items() if not image.linear]
        raise UnsuitableImageError(
            f"{_listing(paths)}: expected FITS files or pictures of all bands, got pictures of {', '.join(pictures)}"
        )
    return images


def _grid(path: Path, image: GalaxyImage) -> Grid | None:
    if image.metadata.get("format") != "FITS":
        return None
    # The header is read again: an image has no coordinates.
    return read_grid(path, int(image.metadata["hdu"]), image.height, image.width)


def _on_one_grid(
    images: Mapping[str, GalaxyImage], grids: Mapping[str, Grid | None], max_pixels: int
) -> tuple[str, list[Resampled], list[str]]:
    """Put the images onto one grid; return the band that gave it, the images, and what was done."""
    known = {band: grid for band, grid in grids.items() if grid is not None}
    without = [band for band in grids if band not in known]
    areas = {band: grid.pixel_area for band, grid in known.items()}
    finest = next((band for band in areas if areas[band] < min(areas.values()) * _SAME_SCALE**2), next(iter(images)))
    shape = images[finest].stored_pixels.shape[:2]
    notes = []
    if without and len(images) > 1:
        shapes = {band: f"{image.height} x {image.width}" for band, image in images.items()}
        if len(set(shapes.values())) > 1 or not all(same_grid(known[finest], grid) for grid in known.values()):
            raise UnsuitableImageError(
                f"expected celestial coordinates in the header of every band, or images of the same pixels; "
                f"{', '.join(without)} has none, and the shapes are "
                f"{', '.join(f'{band} {shape}' for band, shape in shapes.items())}"
            )
        notes.append(f"no celestial coordinates ({', '.join(without)}): bands stacked as they are")
        return finest, [_as_it_is(image) for image in images.values()], notes
    if len(images) * shape[0] * shape[1] > max_pixels:
        raise UnsuitableImageError(
            f"{len(images)} bands of {shape[0]} x {shape[1]} pixels are more than {max_pixels}; cut out the galaxy, or "
            "raise max_pixels"
        )
    layers, moved, unscaled = [], [], []
    for band, image in images.items():
        if band == finest or same_grid(known[finest], known[band]):
            layers.append(_as_it_is(image))
            continue
        places = pixel_map(known[finest], known[band])
        layer = resample(image.pixels[..., 0], image.mask if image.has_mask else None, places)
        moved.append(band)
        unit = image.metadata.get("BUNIT", "")
        if not _PER_AREA.search(unit):
            if _PER_PIXEL.search(unit):
                layer = layer._replace(pixels=layer.pixels * np.float32(pixel_area_ratio(places)))
            else:
                unscaled.append(f"{band} {unit!r}" if unit else band)
        covered = 1 - layer.mask.mean()
        if covered < _COVERED:
            notes.append(f"band {band} covers {100 * covered:.0f} % of the image")
        layers.append(layer)
    if moved:
        notes.insert(0, f"{', '.join(moved)} interpolated onto the pixels of {finest}")
    if unscaled:
        notes.insert(1, f"unknown unit, not scaled to the pixel area: {', '.join(unscaled)}")
    return finest, layers, notes


def _as_it_is(image: GalaxyImage) -> Resampled:
    return Resampled(image.pixels[..., 0], image.mask)


def _shared_notes(images: Mapping[str, GalaxyImage]) -> list[str]:
    """Notes of all bands as they are, others with the name of their band."""
    notes = dict.fromkeys(note for image in images.values() for note in image.notes)
    texts = []
    for note in notes:
        bands = [band for band, image in images.items() if note in image.notes]
        texts.append(note if len(bands) == len(images) else f"{', '.join(bands)}: {note}")
    return texts


def _other_bands(images: Mapping[str, GalaxyImage]) -> list[str]:
    """Say which files are of another band than their key, by their headers."""
    notes = []
    for band, image in images.items():
        found = image.bands[0] if image.bands else ""
        here, there = wavelength(band_name(band)), wavelength(band_name(found))
        differ = band_name(found).lower() != band_name(band).lower()
        if here and there and differ and abs(here / there - 1) > _SAME_WAVELENGTH:
            notes.append(f"the file of band {band} is of band {found}, says its header")
    return notes


def _metadata(images: Mapping[str, GalaxyImage]) -> dict[str, str]:
    keys = dict.fromkeys(key for image in images.values() for key in image.metadata)
    metadata = {}
    for key in keys:
        values = {band: image.metadata.get(key, "") for band, image in images.items()}
        same = len(set(values.values())) == 1
        texts = [f"{band}: {value}" for band, value in values.items() if value]
        metadata[key] = next(iter(values.values())) if same else "; ".join(texts)
    return metadata


def _common_name(paths: Mapping[str, Path]) -> str:
    """What the names of the files have in common, without the band."""
    stems = {band: image_stem(path) for band, path in paths.items()}
    if len(paths) == 1 or len(set(stems.values())) == 1:
        return next(iter(stems.values()))
    common: set[str] | None = None
    for band, stem in stems.items():
        places = [match.start() for match in re.finditer(re.escape(band), stem, re.IGNORECASE)]
        rests = {f"{stem[:place]}{{,}}{stem[place + len(band) :]}" for place in places}
        common = rests if common is None else common & rests
    if common:
        # The last place, as in galaxy_{g,r} rather than {g,r}alaxy_g.
        best = max(common, key=lambda rest: rest.index("{"))
        return without_bands(next(iter(paths.values())).with_name(best)).name
    start = os.path.commonprefix([*stems.values()]).rstrip("_-. ")  # noqa: RUF071 (names, not paths)
    return start or next(iter(stems.values()))


def _listing(paths: Mapping[str, Path]) -> str:
    return ", ".join(map(str, paths.values()))
