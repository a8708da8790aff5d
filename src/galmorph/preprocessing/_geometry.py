"""Resampling of a window of an image: cut and scaled in one step."""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, UInt8

from galmorph._checks import check, check_positive, check_positive_int

__all__ = ["resample"]


def resample(
    pixels: Float[np.ndarray, "*batch height width channels"] | UInt8[np.ndarray, "*batch height width channels"],
    x: float,
    y: float,
    width: float,
    size: int,
    *,
    mask: Bool[np.ndarray, "*batch height width"] | None = None,
    fill: float | Float[np.ndarray, "*batch channels"] = 0.0,
    conserve_flux: bool = False,
) -> Float[np.ndarray, "*batch size size channels"]:
    """Resample a square window to ``size`` by ``size`` pixels, with one interpolation and without aliasing.

    Each pixel of the result is a weighted mean of the pixels around its position. The weights are the cubic kernel of
    Keys (1981, IEEE Transactions on Acoustics, Speech and Signal Processing 29, 1153; a = -1/2). If the image shrinks,
    the kernel widens by the same factor, so that details too fine for the result are averaged and not aliased. The
    kernel is separable: the whole step is two products with small matrices. Masked pixels and pixels outside the frame
    have weight zero, and the other weights are scaled up to sum to one.

    A window of whole pixels at the same scale is returned unchanged. Padding an image does not change the result.

    Parameters
    ----------
    pixels
        Images, in any units, finite where `mask` is False.
    x, y
        Centre of the window in pixels; ``(0, 0)`` is the centre of the first pixel.
    width
        Side of the window in pixels of the image; it may reach beyond the frame.
    size
        Side of the result in pixels.
    mask
        True for a pixel without a measurement.
    fill
        Value of pixels with less than half of their weight on measured pixels; one value, or one for each channel.
    conserve_flux
        False keeps the surface brightness, as for a display. True keeps the flux, as for photometry: the result is
        multiplied by ``(width / size) ** 2``.

    Returns
    -------
    numpy.ndarray
        Float32.

    Raises
    ------
    InvalidValueError
        If the width or the size is not above 0, or the position is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.preprocessing import resample
    >>> image = np.arange(36, dtype=np.float32).reshape(6, 6, 1)
    >>> resample(image, x=2.0, y=3.0, width=3.0, size=3)[..., 0]
    array([[13., 14., 15.],
           [19., 20., 21.],
           [25., 26., 27.]], dtype=float32)
    """
    check_positive("width", width)
    check_positive_int("size", size)
    check(bool(np.isfinite([x, y]).all()), f"x, y: expected finite numbers, got {x!r}, {y!r}")
    window_y, weights_y = _weights(float(y), float(width), size, pixels.shape[-3])
    window_x, weights_x = _weights(float(x), float(width), size, pixels.shape[-2])
    cut = pixels[..., window_y, window_x, :].astype(np.float32, copy=False)
    coverage = weights_y.sum(axis=1)[:, np.newaxis] * weights_x.sum(axis=1)
    if mask is not None and (hidden := mask[..., window_y, window_x]).any():
        cut = np.where(hidden[..., np.newaxis], np.float32(0), cut)
        coverage = weights_y @ (~hidden).astype(np.float32) @ weights_x.T
    result = _apply(weights_y, weights_x, cut)
    if conserve_flux:
        result *= np.float32((width / size) ** 2)
    if coverage.ndim == 2 and coverage.min() > 1 - 1e-5:  # the whole window is measured
        return result
    seen = (coverage > 0.5 - 1e-5)[..., np.newaxis]
    result /= np.where(seen, coverage[..., np.newaxis], 1)
    if not seen.all():
        result = np.where(seen, result, np.atleast_1d(np.float32(fill))[..., np.newaxis, np.newaxis, :])
    return result.astype(np.float32, copy=False)


@lru_cache(maxsize=16)  # frames cut by one rule share their weights
def _weights(centre: float, width: float, size: int, length: int) -> tuple[slice, np.ndarray]:
    """Return the slice of an axis that the kernels touch, and weights ``(size, pixels)``, which sum to one inside."""
    scale = width / size
    reach = max(scale, 1.0)
    places = centre + (np.arange(size) - (size - 1) / 2) * scale
    first = int(np.floor(places[0] - 2 * reach))
    last = int(np.ceil(places[-1] + 2 * reach))
    distance = np.abs(np.arange(first, last + 1) - places[:, np.newaxis]) / reach
    near = 1 + distance**2 * (1.5 * distance - 2.5)
    far = 2 + distance * (-4 + distance * (2.5 - 0.5 * distance))
    kernel = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
    kernel /= kernel.sum(axis=1, keepdims=True)
    start, stop = min(max(first, 0), length), max(min(last + 1, length), 0)
    stop = max(start, stop)
    return slice(start, stop), kernel[:, start - first : stop - first].astype(np.float32)


def _apply(weights_y: np.ndarray, weights_x: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Apply the weights to rows, then to columns."""
    *batch, height, width, channels = cut.shape
    rows = weights_y @ cut.reshape(*batch, height, width * channels)
    if channels == 1:
        return (rows @ weights_x.T)[..., np.newaxis]
    # One product for all rows and channels: a product of its own for each row takes ten times as long.
    columns = rows.reshape(*batch, len(weights_y), width, channels).swapaxes(-2, -3)
    done = weights_x @ columns.reshape(*batch, width, len(weights_y) * channels)
    return np.ascontiguousarray(done.reshape(*batch, len(weights_x), len(weights_y), channels).swapaxes(-2, -3))
