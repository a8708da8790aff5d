"""Gini coefficient: how unequally the light is distributed over the pixels."""

import math

import numpy as np
from numpy.typing import ArrayLike

from galmorph._checks import check

__all__ = ["gini"]


def gini(pixels: ArrayLike) -> float:
    r"""Gini coefficient of the light of pixels.

    .. math:: G = \frac{1}{\overline{|X|}\, n (n - 1)} \sum_{i=1}^{n} (2 i - n - 1) |X_i|

    with the pixels in increasing order (Lotz, Primack & Madau 2004, AJ 128, 163, equation 6; Abraham, van den Bergh &
    Nair 2003, ApJ 588, 218). It is 0 if all are equal and 1 if one has all the light, wherever it is. Take the pixels
    of `petrosian_segment`, ``image[segment]``: sky makes it larger.

    Parameters
    ----------
    pixels
        Light of the pixels, of any shape and in any unit. Noise can make it negative; the absolute values count.

    Returns
    -------
    float
        The coefficient; NaN for fewer than two pixels, or if all are 0.

    Raises
    ------
    InvalidValueError
        If the pixels are not finite numbers.

    Examples
    --------
    >>> from galmorph.measures import gini
    >>> gini([1.0, 1.0, 1.0, 1.0]), gini([0.0, 0.0, 0.0, 1.0]), gini([1.0, 3.0])
    (0.0, 1.0, 0.5)
    """
    values = np.asarray(pixels)
    check(
        values.dtype.kind in "fiu" and bool(np.isfinite(values).all()),
        "pixels: expected finite numbers; leave out masked pixels",
    )
    ordered = np.sort(np.abs(values.astype(np.float64)).ravel())
    count, total = len(ordered), float(ordered.sum())
    if count < 2 or not total > 0:
        return math.nan
    return float((2 * np.arange(1, count + 1) - count - 1) @ ordered) / (total * (count - 1))
