"""Light of galaxies by formula, as mean over each pixel, for tests of measures."""

import numpy as np
from scipy.special import gammaincinv

__all__ = ["exponential", "knots", "sersic"]


def _radii(side: int, centre: tuple[float, float], axis_ratio: float, angle: float, finer: int) -> np.ndarray:
    steps = (np.arange(side * finer) + 0.5) / finer - 0.5
    dx, dy = steps - centre[0], (steps - centre[1])[:, np.newaxis]
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return np.hypot(cos * dx + sin * dy, (cos * dy - sin * dx) / axis_ratio)


def sersic(
    side: int,
    centre: tuple[float, float],
    index: float,
    radius: float,
    *,
    axis_ratio: float = 1.0,
    angle: float = 0.0,
    finer: int = 5,
) -> np.ndarray:
    """Sérsic profile of brightness 1 at the effective radius."""
    radii = _radii(side, centre, axis_ratio, angle, finer)
    light = np.exp(-gammaincinv(2 * index, 0.5) * ((radii / radius) ** (1 / index) - 1))
    return light.reshape(side, finer, side, finer).mean(axis=(1, 3))


def exponential(side: int, centre: tuple[float, float], scale: float, *, axis_ratio: float = 1.0, angle: float = 0.0):
    """Exponential disc of brightness 1 in its centre."""
    light = np.exp(-_radii(side, centre, axis_ratio, angle, 5) / scale)
    return light.reshape(side, 5, side, 5).mean(axis=(1, 3))


def knots(side: int, places: list[tuple[float, float, float]], sigma: float = 1.5) -> np.ndarray:
    """Gaussian knots at ``(x, y)`` of given heights."""
    y, x = np.indices((side, side))
    return sum(height * np.exp(-((x - at) ** 2 + (y - up) ** 2) / (2 * sigma**2)) for at, up, height in places)
