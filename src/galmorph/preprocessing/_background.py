"""Level and noise of the sky around a galaxy."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy.stats import sigma_clip
from jaxtyping import Bool, Float

from galmorph.errors import PoorImageError

__all__ = ["Background", "estimate_background"]

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
    if mask is None or not mask.any():
        rows, columns = _border(0, pixels.shape[-3], 0, pixels.shape[-2])
        samples = pixels[..., rows, columns, :]
    else:
        samples = _unmasked_samples(pixels, mask)
    # The bounds of the clipping are the median plus and minus 3 sigma, so they contain both.
    _, low, high = sigma_clip(samples, sigma=3.0, axis=-2, masked=False, return_bounds=True)
    medians, deviations = (low + high) / 2, (high - low) / 6
    # NaN marks patches that are completely masked. They are rare, and the function that ignores NaN is slow.
    quantile = np.nanquantile if np.isnan(medians).any() else np.quantile
    level, upper = quantile(medians, [0.25, 0.75], axis=-2)
    noise = quantile(deviations, 0.25, axis=-2)
    return Background(*(np.asarray(value, np.float32) for value in (level, noise, upper - level)))


def _unmasked_samples(pixels: np.ndarray, mask: np.ndarray) -> np.ma.MaskedArray:
    """Sample the border of the measured pixels: an array of shape ``(..., patches, samples, channels)``."""
    if mask.all(axis=(-2, -1)).any():
        raise PoorImageError("the image has no measured pixel: all are masked; leave the image out")
    y, x = (np.unique(index) for index in np.nonzero(~mask)[-2:])
    rows, columns = _border(int(y[0]), int(y[-1]) + 1, int(x[0]), int(x[-1]) + 1)
    samples, bad = pixels[..., rows, columns, :], mask[..., rows, columns]
    if bad.all(axis=(-2, -1)).any():
        # No sample of the border is measured, as in some round fields of view: take all pixels as one patch.
        samples = pixels.reshape(*pixels.shape[:-3], 1, -1, pixels.shape[-1])
        bad = mask.reshape(*mask.shape[:-2], 1, -1)
    bad = np.broadcast_to(bad[..., np.newaxis], samples.shape)
    return np.ma.array(np.where(bad, 0, samples), mask=bad)


@lru_cache(maxsize=64)
def _border(top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the samples along the border of a rectangle, of shape ``(patches, samples)``."""
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
    return np.stack(rows), np.stack(columns)
