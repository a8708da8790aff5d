"""Ellipses of galaxies: fitted to pixels by their second moments, and as distances from the centre."""

import numpy as np
from jaxtyping import Float

from galmorph.preprocessing._segment import Segment
from galmorph.types import Galaxy

__all__ = ["ellipse_of_moments", "squared_ellipse_radius"]


def ellipse_of_moments(image: np.ndarray, segment: Segment, x: float, y: float) -> Galaxy:
    """Fit an ellipse about a centre to the pixels of a segment, weighted by their brightness.

    The eigenvalues of the matrix of second moments are the variances of the light along the axes. The radius of the
    result is the standard deviation along the major axis.
    """
    rows, columns = segment.box
    weight = np.where(segment.members, np.maximum(image[segment.box], 0), 0).astype(float)
    if not weight.sum() > 0:
        weight = segment.members.astype(float)
    weight /= weight.sum()
    dx, dy = np.arange(columns.start, columns.stop) - x, np.arange(rows.start, rows.stop) - y
    along_x, along_y = weight.sum(axis=0), weight.sum(axis=1)
    xx, yy, xy = along_x @ dx**2, along_y @ dy**2, dy @ weight @ dx
    # Eigenvalues of a symmetric 2 x 2 matrix are its mean diagonal plus and minus this half difference.
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    # A line of pixels is still one pixel thick, which has a variance of 1/12.
    major, minor = max(middle + half, 1 / 12), max(middle - half, 1 / 12)
    angle = np.rad2deg(np.arctan2(2 * xy, xx - yy) / 2) % 180 % 180  # a tiny negative angle % 180 is 180 itself
    return Galaxy(x, y, float(np.sqrt(major)), float(np.sqrt(minor / major)), float(angle))


def squared_ellipse_radius(galaxy: Galaxy, rows: np.ndarray, columns: np.ndarray) -> Float[np.ndarray, "rows columns"]:
    """Return, for each pixel of a grid, the square of the semi-major axis of the galaxy's ellipse through it.

    Along the axes, r² = along² + (across / axis ratio)². With dx and dy, this is a quadratic form of three terms.
    """
    angle = np.deg2rad(galaxy.angle)
    cos, sin, stretch = np.cos(angle), np.sin(angle), galaxy.axis_ratio**-2
    dx, dy = columns - galaxy.x, (rows - galaxy.y)[:, np.newaxis]
    squared: np.ndarray = (2 * cos * sin * (1 - stretch) * dy) * dx
    squared += (cos**2 + stretch * sin**2) * dx**2
    squared += (sin**2 + stretch * cos**2) * dy**2
    return np.maximum(squared, 0, out=squared)  # for the centre, rounding may give a tiny negative number
