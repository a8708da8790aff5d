"""Level and noise of the sky around a galaxy."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy.stats import sigma_clip
from jaxtyping import Bool, Float, Int, UInt8

from galmorph.errors import PoorImageError

__all__ = [
    "Background",
    "background_of_samples",
    "border_samples",
    "estimate_background",
    "mean_background",
    "sky_patches",
]

# The border is a twelfth of the frame wide, and divided into four patches a side. Each patch is sampled at 8 x 32
# pixels, which gives its level to about a tenth of the noise, whatever the size of the image.
_BORDER = 12
_PATCHES = 4
_DEPTH, _LENGTH = 8, 32


@dataclass(frozen=True, eq=False)
class Background:
    """Level, noise and unevenness of the sky of an image.

    Parameters
    ----------
    level
        Brightness of the sky in units of the image, of shape ``(..., channels)``.
    noise
        Standard deviation of one pixel of the sky, of the same shape; 0 for a constant image.
    unevenness
        Interquartile range of the level along the border, of the same shape. Gradients, haloes of stars and the galaxy
        itself cause it. Nothing fainter can be distinguished from the sky.
    """

    level: Float[np.ndarray, "*batch channels"]
    noise: Float[np.ndarray, "*batch channels"]
    unevenness: Float[np.ndarray, "*batch channels"]


def estimate_background(
    pixels: Float[np.ndarray, "*batch height width channels"],
    mask: Bool[np.ndarray, "*batch height width"] | None = None,
) -> Background:
    """Estimate the level and the noise of the sky from the border of the frame.

    The border is a twelfth of the frame wide, and divided into sixteen patches. Each patch has a median and a standard
    deviation, clipped at 3 sigma, which removes stars. A galaxy that leaves the frame brightens some patches but seldom
    all, so level and noise are the lower quartiles of those of the patches. (For pure noise, this makes the noise about
    3 per cent too low.) If the galaxy fills the whole frame, no sky is visible, and the level is that of the galaxy's
    faintest parts.

    Parameters
    ----------
    pixels
        Images, in any units, finite where `mask` is False.
    mask
        True for a pixel without a measurement. The border is that of the smallest rectangle around all measured pixels.

    Returns
    -------
    Background
        Level, noise and unevenness of each channel, float32.

    Raises
    ------
    PoorImageError
        If an image has no measured pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.preprocessing import estimate_background
    >>> image = np.random.default_rng(0).normal(100, 5, (128, 128, 1)).astype(np.float32)
    >>> image[32:96, 32:96] += 1000                                     # a galaxy
    >>> sky = estimate_background(image)
    >>> bool(abs(sky.level[0] - 100) < 1), bool(abs(sky.noise[0] - 5) < 1)
    (True, True)
    """
    return background_of_samples(border_samples(pixels, mask))


def border_samples(
    pixels: Float[np.ndarray, "*batch height width channels"] | UInt8[np.ndarray, "*batch height width channels"],
    mask: Bool[np.ndarray, "*batch height width"] | None = None,
) -> Float[np.ndarray, "*batch channels patches samples"]:
    """Sample the border of images as `estimate_background` describes it; samples without a measurement are masked.

    Raises
    ------
    PoorImageError
        If an image has no measured pixel.
    """
    height, width, _ = pixels.shape[-3:]
    if mask is None or not mask.any():
        return _samples(pixels, _border(0, height, 0, width, width))
    if mask.all(axis=(-2, -1)).any():
        raise PoorImageError("the image has no measured pixel: all are masked; leave the image out")
    measured = np.logical_not(mask.reshape(-1, height, width)).any(axis=0)
    y, x = (np.flatnonzero(np.any(measured, axis=axis)) for axis in (1, 0))
    places = _border(int(y[0]), int(y[-1]) + 1, int(x[0]), int(x[-1]) + 1, width)
    bad = _samples(mask[..., np.newaxis], places) > 0
    if bool(np.any(bad.all(axis=(-2, -1)))):
        # No sample of the border is measured, as in some round fields of view: take all pixels as one patch.
        places = np.arange(height * width)[np.newaxis]
        bad = _samples(mask[..., np.newaxis], places) > 0
    samples = _samples(pixels, places)
    bad = np.broadcast_to(bad, samples.shape)
    return np.ma.array(np.where(bad, 0, samples), mask=bad)


def sky_patches(
    height: int, width: int, mask: Bool[np.ndarray, "height width"] | None = None
) -> Int[np.ndarray, "patches 4"]:
    """Return the patches of a frame's border that `border_samples` samples: columns and rows of their corner pixels.

    Each patch is ``(first column, first row, last column, last row)``, and has a measured sample. If none has, the only
    patch is the whole frame; if no pixel is measured, there is none.
    """
    top, bottom, left, right = 0, height, 0, width
    if mask is not None and mask.any():
        y, x = (np.flatnonzero(~mask.all(axis=axis)) for axis in (1, 0))
        if len(y) == 0:
            return np.empty((0, 4), int)
        top, bottom, left, right = int(y[0]), int(y[-1]) + 1, int(x[0]), int(x[-1]) + 1
    rows, columns = np.divmod(_border(top, bottom, left, right, width), width)
    patches = np.stack([columns.min(axis=1), rows.min(axis=1), columns.max(axis=1), rows.max(axis=1)], axis=1)
    if mask is not None:
        patches = patches[~mask[rows, columns].all(axis=1)]
    return patches if len(patches) else np.array([[0, 0, width - 1, height - 1]])


def _samples(pixels: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Take pixels at places of the flattened frame; the samples of a patch are next to each other."""
    *batch, height, width, channels = pixels.shape
    values = places * channels + np.arange(channels)[:, np.newaxis, np.newaxis]
    return pixels.reshape(*batch, height * width * channels).take(values, axis=-1).astype(np.float64)


def mean_background(
    pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
    mask: Bool[np.ndarray, "height width"] | None,
    *,
    channels: bool,
) -> tuple[Background, Background | None]:
    """Estimate the background of the mean of all channels and, if asked, of each channel, from the same samples."""
    samples = border_samples(pixels, mask)
    if len(samples) == 1:
        sky = background_of_samples(samples)
        return sky, sky
    mean = samples.sum(axis=0, keepdims=True) / len(samples)
    if not channels:
        return background_of_samples(mean), None
    sky = background_of_samples((np.concatenate if mask is None else np.ma.concatenate)([mean, samples]))
    return (
        Background(sky.level[:1], sky.noise[:1], sky.unevenness[:1]),
        Background(sky.level[1:], sky.noise[1:], sky.unevenness[1:]),
    )


def background_of_samples(samples: Float[np.ndarray, "*batch channels patches samples"]) -> Background:
    """Estimate level, noise and unevenness from samples of the border, which are overwritten."""
    if not np.ma.isMaskedArray(samples):
        samples.sort(axis=-1)  # astropy finds the medians of sorted values faster, by more than sorting takes
    # The bounds of the clipping are the median plus and minus 3 sigma, so they contain both.
    _, low, high = sigma_clip(samples, sigma=3.0, axis=-1, masked=False, return_bounds=True, copy=False)
    lower, upper = _quartiles(np.array(((low + high) / 2, (high - low) / 6)))
    (level, noise), unevenness = lower.astype(np.float32), upper[0] - lower[0]
    return Background(level, noise, unevenness.astype(np.float32))


def _quartiles(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper quartile along the last axis; NaN marks patches that are masked."""
    if np.isnan(values).any():
        lower, upper = np.nanquantile(values, [0.25, 0.75], axis=-1)
        return lower, upper
    # As numpy.quantile, which takes longer for sixteen values than the clipping does.
    ordered = np.sort(values, axis=-1)
    last = values.shape[-1] - 1
    below, part = divmod(last / 4, 1)
    above = min(int(below) + 1, last)
    lower = ordered[..., int(below)] * (1 - part) + ordered[..., above] * part
    upper = ordered[..., last - int(below)] * (1 - part) + ordered[..., last - above] * part
    return lower, upper


@lru_cache(maxsize=64)
def _border(top: int, bottom: int, left: int, right: int, width: int) -> np.ndarray:
    """Return the places of samples along the border of a rectangle in a flattened frame: ``(patches, samples)``."""
    thickness = max(1, round(min(bottom - top, right - left) / _BORDER))

    def spread(start: int, stop: int, count: int) -> np.ndarray:
        return np.round(np.linspace(start, stop - 1, count)).astype(int)

    rows, columns = [], []
    along_y, along_x = (spread(*ends, _PATCHES * _LENGTH) for ends in [(top, bottom), (left, right)])
    for part in range(_PATCHES):
        piece = slice(part * _LENGTH, (part + 1) * _LENGTH)
        for start in [top, bottom - thickness]:
            rows.append(np.repeat(spread(start, start + thickness, _DEPTH), _LENGTH))
            columns.append(np.tile(along_x[piece], _DEPTH))
        for start in [left, right - thickness]:
            rows.append(np.tile(along_y[piece], _DEPTH))
            columns.append(np.repeat(spread(start, start + thickness, _DEPTH), _LENGTH))
    return np.stack(rows) * width + np.stack(columns)
