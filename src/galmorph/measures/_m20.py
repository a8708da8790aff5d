"""M20: how far from the centre the brightest fifth of the light is."""

import math

import numpy as np
from numpy.typing import ArrayLike

from galmorph._checks import check
from galmorph.measures._plane import plane_of

__all__ = ["check_segment", "m20"]

_BRIGHTEST = 0.2  # of the light


def m20(image: ArrayLike, segment: ArrayLike) -> float:
    r"""Second moment of the brightest 20 % of the light over that of all light, as a logarithm.

    .. math:: M_{20} = \log_{10} \frac{\sum_{i \le k} f_i r_i^2}{\sum_i f_i r_i^2},
       \quad k \text{ the first with } \sum_{i \le k} f_i \ge 0.2 \sum_i f_i

    with the pixels of the galaxy from the brightest to the faintest, and r the distance from the centre of light, about
    which the total moment is smallest (Lotz, Primack & Madau 2004, AJ 128, 163, equations 7 and 8). Pixels as bright as
    the last one count as well, so that it does not matter which comes first. A concentrated galaxy has about -2.5, one
    with bright knots or two nuclei -1 and more.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    segment
        True for a pixel of the galaxy (`petrosian_segment`).

    Returns
    -------
    float
        M20; NaN if there is no positive light, or all of it is in one place.

    Raises
    ------
    InvalidValueError
        If the image is not a plane of numbers, or the segment has another shape or another type than bool.

    Examples
    --------
    Of four sources in a row, the brightest has a fifth of the light and more, and is at one end:

    >>> import numpy as np
    >>> from galmorph.measures import m20
    >>> image = np.array([[4.0, 2.0, 2.0, 2.0]])  # the centre is at 1.2
    >>> round(m20(image, image > 0), 3), round(float(np.log10(4 * 1.2**2 / 13.6)), 3)
    (-0.373, -0.373)
    """
    plane = plane_of(image, None)
    members = check_segment(segment, plane.light.shape)
    light = plane.light[members]
    total = float(light.sum())
    if not total > 0:
        return math.nan
    rows, columns = np.nonzero(members)
    y, x = rows @ light / total, columns @ light / total
    moments = light * ((rows - y) ** 2 + (columns - x) ** 2)
    order = np.argsort(-light, kind="stable")
    last = int(np.argmax(np.cumsum(light[order]) >= _BRIGHTEST * total))
    brightest = float(moments[light >= light[order][last]].sum())
    whole = float(moments.sum())
    return math.log10(brightest / whole) if brightest > 0 and whole > 0 else math.nan


def check_segment(segment: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return a segment as an array, or raise `InvalidValueError` unless it is bool and has the image's shape."""
    members = np.asarray(segment)
    check(
        members.dtype == np.bool_ and members.shape == shape,
        f"segment: expected bool of the image's shape {shape}, True for a pixel of the galaxy, got {members.dtype} of "
        f"shape {members.shape}",
    )
    return members
