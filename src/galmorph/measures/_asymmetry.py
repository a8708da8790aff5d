"""Asymmetry: how much of the light changes when the image is turned by half a turn."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from galmorph._checks import check_flag, check_positive
from galmorph.measures._aperture import disc_weights
from galmorph.measures._plane import Plane, check_point, plane_of
from galmorph.measures._sky import check_boxes

__all__ = ["Asymmetry", "asymmetry", "asymmetry_of"]

_COARSE = 1 / 6  # of the radius, and at least a pixel: first step of the search for the centre, then halved
_FINE = 0.005  # pixels; last step
_LEAST_PAIRED = 0.5  # fraction of the circle whose pixels have measured ones opposite to them
_PARTS = 5  # of half a pixel, at which the change of the sky is computed
_MOST_MOVES = 200  # of the centre in one search
_NEIGHBOURS = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)]


class Asymmetry(NamedTuple):
    """Asymmetry and the centre to which it belongs.

    Parameters
    ----------
    value
        The asymmetry: 0 for a symmetric galaxy, up to 2; noise can make it a little negative.
    x, y
        Centre in pixels.
    """

    value: float
    x: float
    y: float


def asymmetry(
    image: ArrayLike,
    centre: Sequence[float],
    radius: float,
    *,
    mask: ArrayLike | None = None,
    sky: ArrayLike | None = None,
    search: bool = True,
) -> Asymmetry:
    r"""Measure the asymmetry under half a turn about the centre that makes it smallest.

    .. math:: A = \min \frac{\sum |I - I_{180}| - n \langle |B - B_{180}| \rangle}{\sum |I|}

    over the n pixels of a circle (Conselice, Bershady & Jangren 2000, ApJ 529, 886; Conselice 2003, ApJS 147, 1,
    section 3.2; Lotz, Primack & Madau 2004, AJ 128, 163, equation 10). B is blank sky, turned with the same
    interpolation as the image: between pixels, a turned image is smoother than the image itself, and its noise has to
    be subtracted accordingly. Pixels are cut by the circle exactly. A pixel counts if it and the one opposite to it are
    measured.

    The search goes downhill from `centre` over the eight neighbours of a place, in steps of a sixth of the radius that
    are halved down to 0.005 pixels.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    centre
        ``(x, y)`` in pixels, where the search begins.
    radius
        Radius of the circle in pixels: 1.5 Petrosian radii in Conselice (2003).
    mask
        True for a pixel without a measurement.
    sky
        Blank sky of shape ``(side, side)`` or ``(boxes, side, side)``, in the unit of the image; of several boxes, the
        median counts. None if the image has no noise.
    search
        Whether to search for the centre, or to take `centre`.

    Returns
    -------
    Asymmetry
        Value and centre; the value is NaN if less than half of the circle has measured pixels opposite to it, or if
        there is no light.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import asymmetry
    >>> y, x = np.indices((61, 61))
    >>> disc = np.exp(-np.hypot(x - 30.3, y - 29.6) / 5)
    >>> value, *place = asymmetry(disc, (31, 30), 25)
    >>> value < 0.01, np.round(place, 1).tolist()
    (True, [30.3, 29.6])
    >>> round(asymmetry(np.where(x > 30, disc, 0), (30, 30), 25, search=False).value, 2)
    2.0
    """
    plane = plane_of(image, mask)
    x, y = check_point("centre", centre, plane.light.shape)
    check_positive("radius", radius)
    check_flag("search", search)
    return asymmetry_of(plane, x, y, radius, sky=check_boxes(sky), search=search)


def asymmetry_of(
    plane: Plane, x: float, y: float, radius: float, *, sky: np.ndarray | None, search: bool = True
) -> Asymmetry:
    """Measure the asymmetry of a plane."""
    whole = bool(plane.measured.all())
    table = None if sky is None or len(sky) == 0 else _table_of_sky(sky)

    def at(place: tuple[float, float]) -> float:
        value = _value(plane, *place, radius, table, whole)
        return math.inf if math.isnan(value) else value

    step = max(1.0, _COARSE * radius)
    best, place = _descend(at, (x, y), plane.light.shape, step) if search else (at((x, y)), (x, y))
    return Asymmetry(best if math.isfinite(best) else math.nan, *place)


def _descend(
    at: Callable[[tuple[float, float]], float], start: tuple[float, float], shape: tuple[int, ...], step: float
) -> tuple[float, tuple[float, float]]:
    """Go downhill on a grid that becomes finer."""
    known: dict[tuple[float, float], float] = {}

    def value(place: tuple[float, float]) -> float:
        inside = 0 <= place[0] <= shape[1] - 1 and 0 <= place[1] <= shape[0] - 1
        if place not in known:
            known[place] = at(place) if inside else math.inf
        return known[place]

    place, moves = start, 0
    while step >= _FINE:
        around = [(place[0] + dx * step, place[1] + dy * step) for dx, dy in _NEIGHBOURS]
        best = min(around, key=value)
        if value(best) < value(place) and moves < _MOST_MOVES:
            place, moves = best, moves + 1
        else:
            step /= 2
    return value(place), place


def _value(plane: Plane, x: float, y: float, radius: float, sky: np.ndarray | None, whole: bool) -> float:
    """Return the asymmetry about one centre; NaN if it can't be measured."""
    height, width = plane.light.shape
    rows = slice(max(0, int(y - radius)), min(height, int(y + radius) + 2))
    columns = slice(max(0, int(x - radius)), min(width, int(x + radius) + 2))
    light, measured = plane.light[rows, columns], plane.measured[rows, columns]
    turned = _turned(plane.light, x, y, rows, columns)
    weight = disc_weights(np.arange(columns.start, columns.stop) - x, np.arange(rows.start, rows.stop) - y, radius)
    if not (whole and _has_opposites(x, y, radius, plane.light.shape)):
        # Interpolated, the measured fraction is 1 only if all pixels that take part are measured and in the frame.
        there = _turned(plane.measured.astype(np.float64), x, y, rows, columns)
        weight *= measured & (there > 1 - 1e-9)
    total = float((weight * np.abs(light)).sum())
    if not total > 0 or weight.sum() < _LEAST_PAIRED * math.pi * radius**2:
        return math.nan
    change = float((weight * np.abs(light - turned)).sum())
    if sky is not None:
        change -= float(weight.sum()) * _change_of_sky(sky, x, y)
    return change / total


def _has_opposites(x: float, y: float, radius: float, shape: tuple[int, ...]) -> bool:
    """Say whether a circle, with a margin for the interpolation, is in the frame."""
    return min(x, y, shape[1] - 1 - x, shape[0] - 1 - y) > radius + 2


def _split(twice: float) -> tuple[int, float]:
    """Split twice a coordinate of a centre into whole pixels and the rest."""
    whole = math.floor(twice)
    rest = twice - whole
    return (whole, rest) if rest < 1 - 1e-9 else (whole + 1, 0.0)  # rounding must not ask for one more pixel


def _turned(values: np.ndarray, x: float, y: float, rows: slice, columns: slice) -> np.ndarray:
    """Return the part of a plane after half a turn about a centre, bilinear between pixels and 0 outside."""
    result = np.zeros((rows.stop - rows.start, columns.stop - columns.start))
    (whole_x, rest_x), (whole_y, rest_y) = _split(2 * x), _split(2 * y)
    parts_x = ((0, 1 - rest_x), (1, rest_x))
    across = [(part, _opposite(whole_x + right, columns, values.shape[1])) for right, part in parts_x]
    for down, part_y in ((0, 1 - rest_y), (1, rest_y)):
        from_y, to_y = _opposite(whole_y + down, rows, values.shape[0])
        for part_x, (from_x, to_x) in across:
            if part_x * part_y > 0:
                result[to_y, to_x] += part_x * part_y * values[from_y, from_x][::-1, ::-1]
    return result


def _opposite(twice: int, part: slice, length: int) -> tuple[slice, slice]:
    """Return the pixels of an axis that are opposite to those of a part, and the pixels of the part that have one."""
    first, last = max(0, twice - part.stop + 1), min(length - 1, twice - part.start)
    if first > last:
        return slice(0, 0), slice(0, 0)
    return slice(first, last + 1), slice(twice - last - part.start, twice - first - part.start + 1)


def _table_of_sky(sky: np.ndarray) -> np.ndarray:
    """Return how much a pixel of blank sky changes with half a turn, by the parts of a pixel between which it falls.

    Rows and columns stand for parts along y and x from 0 to a half, in `_PARTS` steps. A part and its complement are
    the same after a flip, so their mean is taken.
    """
    parts = np.linspace(0, 0.5, _PARTS)
    turned = sky[:, ::-1, ::-1]
    table = np.empty((_PARTS, _PARTS))
    for row, part_y in enumerate(parts):
        for column, part_x in enumerate(parts):
            changes = []
            for y in (part_y, 1 - part_y):
                both = (1 - y) * turned[:, 1:] + y * turned[:, :-1]
                for x in (part_x, 1 - part_x):
                    moved = (1 - x) * both[:, :, 1:] + x * both[:, :, :-1]
                    changes.append(np.abs(sky[:, 1:, 1:] - moved).mean(axis=(1, 2)))
            table[row, column] = np.median(np.mean(changes, axis=0))
    return table


def _change_of_sky(table: np.ndarray, x: float, y: float) -> float:
    """Return how much a pixel of blank sky changes with half a turn, interpolated as about a centre."""
    places = [2 * min(rest, 1 - rest) * (_PARTS - 1) for rest in (_split(2 * y)[1], _split(2 * x)[1])]
    return float(ndimage.map_coordinates(table, np.array(places)[:, np.newaxis], order=1, mode="nearest")[0])
