"""`measure_galaxies`: the measures of many galaxies, from image files, as a table."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from astropy import units
from astropy.stats import sigma_clipped_stats
from astropy.table import Column, MaskedColumn, Table

from galmorph._checks import check, check_flag, check_positive
from galmorph._progress import tqdm
from galmorph._warnings import warn
from galmorph._workers import check_workers, run_in_order
from galmorph.data import Dataset, Images, list_images, read_image
from galmorph.errors import ImageError, MismatchWarning, SkippedImagesWarning, UnsuitableImageError
from galmorph.measures._measure import Measures, measure_galaxy
from galmorph.measures._neighbours import neighbours_in
from galmorph.measures._plane import Plane
from galmorph.preprocessing import estimate_background, locate
from galmorph.types import GalaxyImage

__all__ = ["DESCRIPTIONS", "measure_galaxies"]

DESCRIPTIONS = {
    "x": "centre of smallest asymmetry, along columns; the first pixel's is 0",
    "y": "centre of smallest asymmetry, along rows; the first pixel's is 0",
    "petrosian_radius": "Petrosian radius (eta = 0.2) in circles",
    "r20": "radius of 20 % of the light within 1.5 Petrosian radii",
    "r50": "radius of 50 % of the light within 1.5 Petrosian radii",
    "r80": "radius of 80 % of the light within 1.5 Petrosian radii",
    "concentration": "5 log10(r80 / r20)",
    "asymmetry": "asymmetry under half a turn, less that of the sky",
    "smoothness": "light in structures smaller than a quarter of the Petrosian radius, less that of the sky",
    "gini": "Gini coefficient of the galaxy's pixels",
    "m20": "log10 of the second moment of the brightest 20 % over that of all light",
    "axis_ratio": "minor over major axis of the light's second moments",
    "angle": "angle of the major axis, from the x axis towards the y axis",
    "semi_major_axis": "Petrosian radius in ellipses",
    "sersic_index": "Sérsic index of the profile in ellipses",
    "signal_to_noise": "mean signal over noise of the galaxy's pixels",
}
_UNITS = {
    **dict.fromkeys(("x", "y", "petrosian_radius", "r20", "r50", "r80", "semi_major_axis"), units.pix),
    "angle": units.deg,
}
_STRETCHED = "the image is stretched (a picture): these are no measures of light"
_REACH, _LEAST_REACH = 4.0, 40  # half of the window that is cut out, in radii and at least in pixels
_SKY, _LEAST_SKY = 2.0, 500  # radii beyond which there is sky; pixels of it that are needed


@dataclass(frozen=True)
class _Row:
    """One galaxy of the table; without measures, `flags` says why."""

    name: str
    path: str
    pixel_scale: float | None
    linear: bool
    measures: Measures | None
    flags: tuple[str, ...]
    note: str = ""


def measure_galaxies(
    galaxies: Dataset | Images,
    *,
    band: str | None = None,
    neighbours: bool = True,
    psf_fwhm: float | None = None,
    hdu: int | str | tuple[str, int] | None = None,
    bands: Sequence[str] | None = None,
    workers: int | Executor | None = None,
    progress: bool = False,
) -> Table:
    """Measure the galaxies of many images, as `measure_galaxy` does.

    In each image, `galmorph.preprocessing.locate` finds the galaxy; a window of four of its radii to each side is cut
    out; other sources are masked; and the sky, the clipped median of what is beyond two radii, is subtracted.

    Parameters
    ----------
    galaxies
        A file, a folder of images, a pattern such as ``"mine/*.fits"``, or several of these; images in memory: arrays,
        `galmorph.types.GalaxyImage`, ``CCDData`` and others, as for `galmorph.data.as_image`; or a data set, whose
        stamps are measured. Stamps and pictures (JPEG, PNG) are stretched: they can be measured, but each has a flag,
        and its values can't be compared with published ones or with those of linear images.
    band
        Name of the band to measure, such as ``"r"``. By default the mean of all channels.
    neighbours
        Whether to mask other sources in the frame (`mask_neighbours`).
    psf_fwhm
        Full width at half maximum of the point spread function in pixels, of all images, if known.
    hdu, bands
        HDU of FITS files to read, and names of the planes of each, as for `galmorph.data.read_image`.
    workers
        Who measures: None for all cores, 1 for this thread alone, another number for so many workers, or any
        `concurrent.futures.Executor`, which stays open.
    progress
        Whether to show a progress bar.

    Returns
    -------
    table
        One row for each galaxy, in the order given, with the columns ``name``; those of `Measures` (lengths in pixels
        of the image, masked where a value can't be measured); ``flags``, which says what makes values doubtful or why
        there are none; ``note``, what reading did to the pixels; ``pixel_scale`` in arcsec a pixel, masked if it is
        not known; and ``path`` (for files).

    Raises
    ------
    InvalidValueError
        If an option is none of its values, a pattern matches no file, or there is nothing.
    DatasetError
        If a folder has no images.
    WorkerError
        If a process that measures dies.

    Warns
    -----
    SkippedImagesWarning
        If an image can't be read, or no galaxy is found in it.
    MismatchWarning
        If images are stretched.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import measure_galaxies
    >>> y, x = np.indices((160, 160))
    >>> noise = np.random.default_rng(0).normal(0, 1, (2, 160, 160))
    >>> disc = 1000 + 200 * np.exp(-np.hypot(x - 80, y - 79) / 7) + noise[0]
    >>> early = 1000 + 3000 * np.exp(-3.67 * (np.hypot(np.hypot(x - 81, y - 80), 1) / 9) ** 0.5) + noise[1]
    >>> table = measure_galaxies([disc, early])
    >>> table["concentration"].round(1).tolist(), table["sersic_index"].round().tolist()
    ([2.7, 3.3], [1.0, 2.0])
    """
    check_flag("neighbours", neighbours)
    check_workers(workers)
    if psf_fwhm is not None:
        check_positive("psf_fwhm", psf_fwhm)
    check(band is None or isinstance(band, str), f"band: expected a name such as 'r', or None, got {band!r}")
    images: Iterable[str | GalaxyImage]
    if isinstance(galaxies, Dataset):
        images, total = _stamps(galaxies), len(galaxies)
    else:
        images = list_images(galaxies)
        total = len(images)
    read = partial(read_image, hdu=hdu, bands=None if bands is None else tuple(bands))
    function = partial(_row, read, band, neighbours, psf_fwhm)
    with tqdm(total=total, unit="galaxy", disable=not progress) as bar:
        rows = []
        for row in run_in_order(function, images, workers, total=total):
            rows.append(row)
            bar.update()
    _warn(rows)
    return _table(rows)


def _stamps(dataset: Dataset) -> Iterator[GalaxyImage]:
    names = dataset.table["name"] if "name" in dataset.table.colnames else range(len(dataset))
    for name, stamp in zip(names, dataset.stamps, strict=True):
        pixels = np.asarray(stamp)
        pixels = pixels if pixels.dtype == np.uint8 else pixels.astype(np.float32)
        yield GalaxyImage(pixels=pixels, name=str(name), linear=False)


def _row(
    read: "partial[GalaxyImage]",
    band: str | None,
    neighbours: bool,
    psf_fwhm: float | None,
    given: str | os.PathLike[str] | GalaxyImage,
) -> _Row:
    path = "" if isinstance(given, GalaxyImage) else str(given)
    image = None
    try:
        image = given if isinstance(given, GalaxyImage) else read(Path(given))
        measures = _measure_image(image, band, neighbours, psf_fwhm)
    except ImageError as error:
        name = Path(path).name if image is None else image.name
        scale = None if image is None else image.pixel_scale
        return _Row(name, path, scale, image is None or image.linear, None, (str(error),))
    flags = measures.flags if image.linear else (_STRETCHED, *measures.flags)
    return _Row(image.name, path, image.pixel_scale, image.linear, measures, flags, "; ".join(image.notes))


def _measure_image(image: GalaxyImage, band: str | None, neighbours: bool, psf_fwhm: float | None) -> Measures:
    pixels = _band(image, band)
    mask = image.mask if image.has_mask else None
    with np.errstate(over="ignore", invalid="ignore"):
        galaxy = locate(pixels[..., np.newaxis], mask)
    reach = max(int(_REACH * galaxy.radius), _LEAST_REACH)
    left, top = max(0, round(galaxy.x) - reach), max(0, round(galaxy.y) - reach)
    window = slice(top, round(galaxy.y) + reach + 1), slice(left, round(galaxy.x) + reach + 1)
    measured = np.ones(pixels.shape, np.bool_) if mask is None else ~mask
    light, measured = pixels[window].astype(np.float64), measured[window].copy()
    x, y = galaxy.x - left, galaxy.y - top
    border = estimate_background(light[..., np.newaxis], ~measured)
    level, noise = float(border.level[0]), float(border.noise[0])
    light = np.where(measured, light - level, 0)
    if neighbours and noise > 0:
        others = neighbours_in(Plane(light, measured), x, y, noise)
        measured &= ~others
    far = np.hypot(np.arange(light.shape[1]) - x, np.arange(light.shape[0])[:, np.newaxis] - y) > _SKY * galaxy.radius
    sky = light[far & measured]
    if len(sky) >= _LEAST_SKY:
        _, median, noise = sigma_clipped_stats(sky, sigma=3.0)
        light = np.where(measured, light - median, 0)
    found = measure_galaxy(light, mask=~measured, centre=(x, y), noise=float(noise), psf_fwhm=psf_fwhm)
    return replace(found, x=found.x + left, y=found.y + top)


def _band(image: GalaxyImage, band: str | None) -> np.ndarray:
    """Return one band as float32, or the mean of all channels."""
    if band is None:
        return image.pixels.mean(axis=-1, dtype=np.float32)
    names = image.bands or ()
    if band not in names:
        known = f"has {', '.join(names)}" if names else "does not name its bands"
        raise UnsuitableImageError(f"{image.name}: expected the band {band!r}, but the image {known}; choose another")
    return image.pixels[..., names.index(band)].astype(np.float32)


def _warn(rows: Sequence[_Row]) -> None:
    without = [row for row in rows if row.measures is None]
    if without:
        warn(
            f"{len(without)} of {len(rows)} images can't be measured, the first: {without[0].flags[0]}; see the column "
            "'flags'",
            SkippedImagesWarning,
        )
    stretched = sum(not row.linear for row in rows)
    if stretched:
        warn(
            f"{stretched} of {len(rows)} images are stretched: their measures can't be compared with published ones, "
            "or with those of linear images (FITS)",
            MismatchWarning,
        )


def _table(rows: Sequence[_Row]) -> Table:
    table = Table()
    table["name"] = Column([row.name for row in rows], dtype=str, description="name of the galaxy")
    for name, description in DESCRIPTIONS.items():
        values = np.array([np.nan if row.measures is None else getattr(row.measures, name) for row in rows], np.float64)
        table[name] = MaskedColumn(values, mask=np.isnan(values), unit=_UNITS.get(name), description=description)
    flags = ["; ".join(row.flags) for row in rows]
    table["flags"] = Column(flags, dtype=str, description="what makes values doubtful, or why there are none")
    table["note"] = Column([row.note for row in rows], dtype=str, description="what reading did to the pixels")
    scales = np.array([np.nan if row.pixel_scale is None else row.pixel_scale for row in rows], np.float64)
    table["pixel_scale"] = MaskedColumn(
        scales, mask=np.isnan(scales), unit=units.arcsec / units.pix, description="side of a pixel on the sky"
    )
    if any(row.path for row in rows):
        table["path"] = Column([row.path for row in rows], dtype=str, description="image file")
    return table
