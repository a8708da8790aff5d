"""The arguments that all measures share: a plane of light, its mask, a centre and a radius."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from numpy.typing import ArrayLike

from galmorph._checks import check, check_between, check_positive
from galmorph.errors import InvalidValueError

__all__ = ["Plane", "check_ellipse", "check_point", "plane_of"]

_LARGEST = 1e30  # as for files: squares of larger values overflow


class Plane(NamedTuple):
    """Light and which pixels are measured.

    Parameters
    ----------
    light
        Float64 of shape ``(height, width)``; 0 where nothing is measured.
    measured
        True for a pixel with a measurement.
    """

    light: Float64[np.ndarray, "height width"]
    measured: Bool[np.ndarray, "height width"]


def plane_of(image: ArrayLike, mask: ArrayLike | None) -> Plane:
    """Check an image and its mask.

    Raises
    ------
    InvalidValueError
        If the image is not a plane of numbers, a pixel that is not masked is not finite, the mask has another shape or
        another type than bool, or all pixels are masked.
    """
    if isinstance(image, np.ma.MaskedArray):
        raise InvalidValueError("image: expected a plain array, got a masked one; pass image.filled(0) and mask=")
    try:
        values = np.asarray(image)
        light = np.array(values, np.float64) if values.dtype.kind in "fiu" else None
    except (TypeError, ValueError):
        light = None
    if light is None or light.ndim != 2 or light.size == 0:
        raise InvalidValueError(
            f"image: expected numbers of shape (height, width), got shape {np.shape(image)} of "
            f"{np.asarray(image).dtype}; choose one band of an image with several"
        )
    measured = np.ones(light.shape, np.bool_)
    if mask is not None:
        hidden = np.asarray(mask)
        check(
            hidden.dtype == np.bool_ and hidden.shape == light.shape,
            f"mask: expected bool of the image's shape {light.shape}, True for a pixel without a measurement, got "
            f"{hidden.dtype} of shape {hidden.shape}",
        )
        measured &= ~hidden
    check(bool(measured.any()), "mask: expected at least one pixel with a measurement, but all are masked")
    with np.errstate(invalid="ignore"):
        unsound = measured & ~(np.abs(light) <= _LARGEST)
    check(
        not unsound.any(),
        f"image: expected finite numbers up to {_LARGEST:g}, but {np.count_nonzero(unsound)} of {light.size} pixels "
        "are NaN or larger; mask them",
    )
    light[~measured] = 0
    return Plane(light, measured)


def check_point(name: str, point: Sequence[float], shape: tuple[int, ...]) -> tuple[float, float]:
    """Return a position ``(x, y)`` as two floats, or raise `InvalidValueError` unless it is in the frame."""
    try:
        x, y = (float(each) for each in point)
    except (TypeError, ValueError):
        raise InvalidValueError(f"{name}: expected a position (x, y) in pixels, got {point!r}") from None
    height, width = shape
    check(
        -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5,
        f"{name}: expected a position (x, y) in the frame of {width} x {height} pixels, got ({x:g}, {y:g}); the centre "
        "of the first pixel is (0, 0), and x counts columns",
    )
    return x, y


def check_ellipse(axis_ratio: float, angle: float) -> None:
    """Raise `InvalidValueError` unless an axis ratio is in (0, 1] and an angle is finite."""
    check_positive("axis_ratio", axis_ratio)
    check_between("axis_ratio", axis_ratio, 0.0, 1.0)
    check(bool(np.isfinite(angle)), f"angle: expected a finite number of degrees, got {angle!r}")
