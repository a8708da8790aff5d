"""Light and area within ellipses, exact to the pixels' corners."""

import numpy as np

from galmorph.measures._plane import Plane

__all__ = ["Apertures", "disc_coverage", "disc_weights"]

_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])  # counter-clockwise, (x, y)
_NEXT = [1, 2, 3, 0]
_AT_ONCE = 16  # ellipses, which limits memory
_HALF_DIAGONAL = 0.5**0.5 + 1e-9  # of a pixel


def disc_coverage(
    x: np.ndarray, y: np.ndarray, radius: np.ndarray | float, *, axis_ratio: float = 1.0, angle: float = 0.0
) -> np.ndarray:
    """Return the fraction of each pixel's area that lies within an ellipse about the origin.

    Turned and stretched, the ellipse is a circle and a pixel a parallelogram. Their common area is the sum, over the
    four sides, of the signed area that the circle shares with the triangle between its centre and the side: a triangle
    where the side is within the circle, sectors where it is outside.

    Parameters
    ----------
    x, y
        Centres of the pixels, from the centre of the ellipse, of shape ``(pixels,)``.
    radius
        Semi-major axis in pixels: one, or one for each pixel.
    axis_ratio, angle
        Minor over major axis; degrees from the x axis towards the y axis.
    """
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    corner_x, corner_y = x + _CORNERS[:, :1], y + _CORNERS[:, 1:]
    along, across = cos * corner_x + sin * corner_y, (cos * corner_y - sin * corner_x) / axis_ratio
    next_along, next_across = along[_NEXT], across[_NEXT]
    step_along, step_across = next_along - along, next_across - across
    # The side is start + t step, which meets the circle where square t² + 2 half t + constant = 0.
    square = step_along**2 + step_across**2
    half = along * step_along + across * step_across
    root = np.sqrt(np.maximum(half**2 - square * (along**2 + across**2 - radius**2), 0))
    enter, leave = np.clip((-half - root) / square, 0, 1), np.clip((-half + root) / square, 0, 1)
    enter_along, enter_across = along + enter * step_along, across + enter * step_across
    leave_along, leave_across = along + leave * step_along, across + leave * step_across
    # The angles from the start to where the side enters the circle, and from where it leaves it to the end.
    sectors = np.arctan2(along * enter_across - across * enter_along, along * enter_along + across * enter_across)
    sectors += np.arctan2(
        leave_along * next_across - leave_across * next_along, leave_along * next_along + leave_across * next_across
    )
    triangles = enter_along * leave_across - enter_across * leave_along
    return np.clip(axis_ratio / 2 * (radius**2 * sectors + triangles).sum(axis=0), 0, 1)


def disc_weights(x: np.ndarray, y: np.ndarray, radius: float) -> np.ndarray:
    """Return the fraction of each pixel of a grid, of columns x and rows y, that lies in a circle about the origin."""
    squared = x**2 + (y**2)[:, np.newaxis]
    weight = (squared < max(radius - _HALF_DIAGONAL, 0) ** 2).astype(np.float64)
    edge = np.nonzero((weight == 0) & (squared < (radius + _HALF_DIAGONAL) ** 2))
    weight[edge] = disc_coverage(x[edge[1]], y[edge[0]], radius)
    return weight


class Apertures:
    """Sums of the light of a plane within ellipses of one centre and shape.

    Parameters
    ----------
    plane
        Light, and which pixels are measured.
    x, y
        Centre in pixels.
    axis_ratio, angle
        Shape of the ellipses.
    """

    def __init__(self, plane: Plane, x: float, y: float, *, axis_ratio: float = 1.0, angle: float = 0.0) -> None:
        self.axis_ratio, self.angle = axis_ratio, angle
        height, width = plane.light.shape
        dx, dy = np.broadcast_arrays(np.arange(width) - x, (np.arange(height) - y)[:, np.newaxis])
        cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        radius = np.hypot(cos * dx + sin * dy, (cos * dy - sin * dx) / axis_ratio).ravel()
        order = np.argsort(radius)
        self._radius = radius[order]
        self._x, self._y = dx.ravel()[order].astype(np.float64), dy.ravel()[order].astype(np.float64)
        self._light, self._area = plane.light.ravel()[order], plane.measured.ravel()[order].astype(np.float64)
        self._light_within = np.concatenate([[0.0], np.cumsum(self._light)])
        self._area_within = np.concatenate([[0.0], np.cumsum(self._area)])
        # No corner is farther from the middle of its pixel than half a diagonal, in units of the shortest axis.
        self._reach = _HALF_DIAGONAL / axis_ratio

    @property
    def largest(self) -> float:
        """Semi-major axis of the ellipse through the pixel that is farthest from the centre."""
        return float(self._radius[-1])

    def sums(self, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return light and measured area (in pixels) within each semi-major axis."""
        parts = [self._sums(radii[start : start + _AT_ONCE]) for start in range(0, len(radii), _AT_ONCE)]
        light, area = (np.concatenate(each) for each in zip(*parts, strict=True))
        return light, area

    def _sums(self, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Whole pixels within come from the running sums; only those on an ellipse are cut.
        first = np.searchsorted(self._radius, radii - self._reach)
        count = np.searchsorted(self._radius, radii + self._reach) - first
        which = np.repeat(np.arange(len(radii)), count)
        cut = np.arange(len(which)) + np.repeat(first - (np.cumsum(count) - count), count)
        part = disc_coverage(self._x[cut], self._y[cut], radii[which], axis_ratio=self.axis_ratio, angle=self.angle)
        light, area = (
            within[first] + np.bincount(which, part * values[cut], minlength=len(radii))
            for within, values in ((self._light_within, self._light), (self._area_within, self._area))
        )
        return light, area

    def full_area(self, radii: np.ndarray) -> np.ndarray:
        """Return the area within each semi-major axis, measured or not."""
        return np.pi * self.axis_ratio * radii**2
