"""Composites: which bands of an image become red, green and blue, and how bright each is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from galmorph._bands import wavelength
from galmorph._checks import check, check_positive
from galmorph.errors import UnsuitableImageError
from galmorph.preprocessing._background import estimate_background
from galmorph.types import GalaxyImage

__all__ = ["LEGACY_SURVEY", "PAN_STARRS", "SDSS", "Composite", "compose"]

_PICTURE = ("red", "green", "blue")  # bands of a picture, which is a composite already
_SAMPLES = 128  # pixels; at most so many rows and columns are taken to measure the brightness of each band
_DETECTION = 3.0  # least brightness of the light that is measured, in units of the noise
_FEWEST = 16  # pixels; if fewer are that bright, the brightest are taken
_LARGEST = 1e30  # of a pixel, as images have it when they are read
_CLEAR = 10.0  # signal-to-noise of the light of a band that is always brought to equal light
_FAINTEST = 0.5  # or that relative to the middle band, if this is less
_ABSENT = 0.1  # a band has no light if its signal-to-noise is below 1 and below this fraction of the best band's
_PLAUSIBLE = 8.0  # largest ratio of the light of two bands with the scales of a survey; above it, units must differ


@dataclass(frozen=True)
class Composite:
    """Which bands of an image become red, green and blue, and the factor that each is multiplied with.

    As in Lupton et al. (2004, PASP 116, 133), the three bands share one stretch after that, so that colours stay the
    same from the faintest to the brightest pixel.

    Parameters
    ----------
    bands
        Names of the bands for red, green and blue, in this order, as in `galmorph.types.GalaxyImage`.
    scales
        Factor for each of them. Only their ratios matter, unless levels are fixed.

    Raises
    ------
    InvalidValueError
        If there are not three names and three finite factors above 0.

    Examples
    --------
    >>> from galmorph.preprocessing import Composite, Recipe
    >>> recipe = Recipe(channels=3, composite=Composite(("z", "r", "g"), scales=(2.2, 3.4, 6.0)))
    >>> recipe
    Recipe(64 x 64 x 3, GalaxyCrop(radii=3.0), asinh, z/r/g as red/green/blue)
    """

    bands: tuple[str, str, str]
    scales: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        check(
            isinstance(self.bands, tuple) and len(self.bands) == 3 and all(isinstance(x, str) for x in self.bands),
            f"bands: expected a tuple of three names, for red, green and blue, got {self.bands!r}",
        )
        check(
            isinstance(self.scales, tuple) and len(self.scales) == 3,
            f"scales: expected a tuple of three numbers, for red, green and blue, got {self.scales!r}",
        )
        for scale in self.scales:
            check_positive("scales", scale)


SDSS = Composite(("i", "r", "g"), scales=(1.0, 1.5, 2.5))
"""The pictures of SDSS, for fluxes in one unit, such as nanomaggies.

Bands and scales are those of ``sdss_rgb`` of the Legacy Surveys' viewer (``map/views.py`` of
https://github.com/legacysurvey/imagine), after Lupton et al. (2004, PASP 116, 133).
"""

LEGACY_SURVEY = Composite(("z", "r", "g"), scales=(2.2, 3.4, 6.0))
"""The pictures of the DESI Legacy Imaging Surveys (DECaLS, BASS, MzLS) up to DR9, for fluxes in nanomaggies.

Bands and scales are those of ``dr2_rgb`` of the surveys' viewer (``map/views.py`` of
https://github.com/legacysurvey/imagine). ``Stretch.legacy_survey`` gives its levels.
"""

PAN_STARRS = Composite(("y", "i", "g"), scales=(0.6, 1.0, 2.5))
"""Pictures like those of Pan-STARRS' image service (ps1images.stsci.edu), for fluxes in one unit.

The bands are those of the service: the reddest, the middle and the bluest one. It scales each band to percentiles of
its own cut-out, so there are no factors to take over. These are ours: those of SDSS, which fall with the square of the
wavelength, continued to y. Pixels of Pan-STARRS' own stacks must be made linear and divided by the exposure time first.
"""


def compose(
    image: GalaxyImage,
    pixels: Float[np.ndarray, "height width bands"] | UInt8[np.ndarray, "height width bands"],
    mask: Bool[np.ndarray, "height width"] | None,
    *,
    composite: Composite | None,
    channels: int | None,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Turn the bands of a linear image into red, green and blue.

    Without a composite, the bands are ordered by wavelength. If g, r and i, or g, r and z are among them, they are
    scaled as in the pictures of SDSS and the Legacy Surveys. Others, and those whose units obviously differ, are scaled
    to equal light of the galaxy, so that only differences of colour within the galaxy show. A band with much lower
    signal-to-noise than the others stays dark: its noise would colour the sky.

    Parameters
    ----------
    image
        The image; its name and its bands are used.
    pixels
        Its pixels, finite where `mask` is False.
    mask
        True for a pixel without a measurement; None if all are measured.
    composite
        The composite of the recipe, or None.
    channels
        The channels of the recipe: None, 1 or 3.

    Returns
    -------
    tuple
        Pixels of shape ``(height, width, 3)``, or those that were given if there is nothing to compose; and what a
        reader should know about them.

    Raises
    ------
    UnsuitableImageError
        If the composite needs a band that the image lacks, or if three channels can't be made of the image's.
    """
    if image.channels == 1:
        band = "" if image.bands is None else f" ({image.bands[0]})"
        return pixels, (f"one band{band}, shown grey",) if channels == 3 or composite is not None else ()
    if composite is not None:
        return _scaled(pixels, _places(image, composite.bands), composite.scales), ()
    if channels is None and image.channels != 3:
        return pixels, ()
    bands = image.bands or ()
    order = _by_wavelength(bands)
    if image.channels == 2 and len(order) == 2:
        red, blue = order
        planes = _scaled(pixels, (red, red, blue), (1.0, 1.0, 1.0))
        _multiply(planes, _factors(*_light(planes, mask)))
        planes[..., 1] = (planes[..., 0] + planes[..., 2]) / 2
        return planes, (f"{bands[red]}, their mean and {bands[blue]} shown as red, green and blue, at equal light",)
    if len(order) < 3:
        if channels == 1:
            return pixels, ()
        if image.channels == 3:
            return pixels, ("bands unknown: shown as red, green and blue in the order of the file",)
        raise UnsuitableImageError(
            f"{image.name}: expected 1 or 3 channels to make 3 of, got {image.channels} whose bands are unknown; name "
            "them with bands=(...), or choose channels=1 or None"
        )
    return _by_default(pixels, mask, bands, order)


def _by_default(
    pixels: np.ndarray, mask: np.ndarray | None, bands: tuple[str, ...], order: list[int]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Compose bands by wavelength, from the places of at least three, the reddest first."""
    names = tuple(bands[place] for place in order)
    if names == _PICTURE:
        return pixels if order == [0, 1, 2] else _scaled(pixels, order, (1.0, 1.0, 1.0)), ()
    if len(names) > 3:  # a band without data is left out, if enough others are there
        shows = [name for name in names if np.ptp(pixels[..., bands.index(name)]) > 0]
        names = tuple(shows) if len(shows) >= 3 else names
    known = next((survey for survey in (SDSS, LEGACY_SURVEY) if set(survey.bands) <= set(names)), None)
    chosen = (names[0], names[len(names) // 2], names[-1]) if known is None else known.bands
    # In units of the green band, in which levels that the recipe fixes are counted.
    scales = (1.0, 1.0, 1.0) if known is None else tuple(scale / known.scales[1] for scale in known.scales)
    planes = _scaled(pixels, [bands.index(name) for name in chosen], scales)
    note = f"{'/'.join(chosen)} shown as red/green/blue"
    light, noise = _light(planes, mask)
    seen = light > noise * min(1.0, _ABSENT * float((light / noise).max()))
    absent = [name for name, there in zip(chosen, seen, strict=True) if not there]
    notes = (f"no light in {' and '.join(absent)}",) if absent else ()
    if known is not None and light[seen].max(initial=0.0) <= _PLAUSIBLE * light[seen].min(initial=np.inf):
        return planes, (note, *notes)
    _multiply(planes, _factors(light, noise))
    return planes, (f"{note}, at equal light", *notes)


def _by_wavelength(bands: Sequence[str]) -> list[int]:
    """Return the places of the bands whose wavelength is known, the reddest first; one place for each wavelength."""
    places: dict[float, int] = {}
    for place, band in enumerate(bands):
        if (length := wavelength(band)) is not None:
            places.setdefault(length, place)
    return [places[length] for length in sorted(places, reverse=True)]


def _places(image: GalaxyImage, wanted: Sequence[str]) -> list[int]:
    bands = image.bands or ()
    if missing := [name for name in wanted if name not in bands]:
        has = f"only {', '.join(bands)}" if bands else f"{image.channels} bands without names"
        raise UnsuitableImageError(
            f"{image.name}: expected the bands {', '.join(wanted)} of the recipe's composite, got {has}, so "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; name the bands with bands=(...), or "
            "choose another composite"
        )
    return [bands.index(name) for name in wanted]


def _scaled(pixels: np.ndarray, places: Sequence[int], scales: Sequence[float]) -> np.ndarray:
    planes = np.empty((*pixels.shape[:2], len(places)), np.float32)
    for channel, (place, scale) in enumerate(zip(places, scales, strict=True)):
        planes[..., channel] = pixels[..., place] * np.float32(scale)
    return planes


def _light(planes: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Measure the mean light of each band where the middle half of the frame is bright, and the noise of its sky.

    Where it is bright is decided by the sum of the bands in units of their noise, so that no unit counts more.
    """
    height, width = planes.shape[:2]
    sky = estimate_background(planes, mask)
    middle = tuple(
        slice(length // 4, max(length - length // 4, length // 4 + 1), 1 + (length // 2) // _SAMPLES)
        for length in (height, width)
    )
    signal = (planes[middle] - sky.level).reshape(-1, planes.shape[2]).astype(np.float64)
    if mask is not None:
        signal = signal[~mask[middle].ravel()]
    noise = np.asarray(sky.noise, np.float64)
    # Without noise, as in a model, the spread of the light stands for it.
    spread = signal.std(axis=0) if len(signal) else np.ones(len(noise))
    noise = np.where(noise > 0, noise, np.where(spread > 0, spread, 1))
    if len(signal) == 0:
        return np.ones(len(noise)), noise
    sum_of_bands = (signal / noise).sum(axis=1) / np.sqrt(len(noise))
    bright = sum_of_bands > _DETECTION
    if np.count_nonzero(bright) < _FEWEST:
        bright = np.argsort(sum_of_bands, kind="stable")[-_FEWEST:]
    return np.maximum(signal[bright].mean(axis=0), 0), noise


def _multiply(planes: np.ndarray, factors: np.ndarray) -> None:
    """Multiply bands by factors, in place. Where the bands of a damaged image differ too much, values have an end."""
    with np.errstate(over="ignore"):
        planes *= factors
    np.clip(planes, -_LARGEST, _LARGEST, out=planes)


def _factors(light: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return the factors that bring bands to equal light, in units of the middle one."""
    ratio = light / noise
    # The noise of a band that is amplified further would colour the sky.
    faintest = max(min(_FAINTEST * float(np.median(ratio)), _CLEAR), float(np.finfo(np.float32).tiny))
    factors = 1 / (noise * np.maximum(ratio, faintest))
    return (factors / factors[len(factors) // 2]).astype(np.float32)
