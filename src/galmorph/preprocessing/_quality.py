"""Quality of the image of a galaxy: measures, and limits for them."""

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, UInt8

from galmorph._checks import check_between
from galmorph.errors import PoorImageError
from galmorph.preprocessing._ellipse import squared_ellipse_radius
from galmorph.types import Galaxy, Quality

__all__ = ["QualityLimits", "check_holes", "measure_quality", "rounding_noise"]

_SAMPLES = 128  # pixels; galaxies of a larger radius are sampled at every second, third … pixel
_ROUNDING = 12**-0.5  # standard deviation of numbers that are rounded to whole ones
_MOST_HOLES = 0.25  # largest fraction of the galaxy that may be interpolated
_FRACTIONS = {"bad_fraction": "part of the stamp without data", "truncation": "part of the galaxy outside of the image"}


def measure_quality(
    pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
    galaxy: Galaxy,
    *,
    sky: float,
    noise: float,
    window: tuple[float, float, float],
    mask: Bool[np.ndarray, "height width"] | None = None,
) -> Quality:
    """Measure how well an image shows its galaxy.

    Parameters
    ----------
    pixels
        The image, in any units; channels are averaged.
    galaxy
        The galaxy, as `locate` finds it.
    sky, noise
        Level of the sky and standard deviation of one of its pixels, for the mean of the channels. Pixels of uint8
        have at least the noise of their rounding, ``1 / sqrt(12)``.
    window
        Window of the stamp, ``(x, y, width)``, in pixels of the image, as for `resample`.
    mask
        True for a pixel without a measurement.

    Returns
    -------
    galmorph.types.Quality
        The measures. ``signal_to_noise`` is NaN if the sky has no noise, as in a model or a mask, and 0 if no pixel of
        the galaxy is measured.

    Examples
    --------
    A round galaxy of constant brightness, ten times the noise, with its centre on the left edge of the frame:

    >>> import numpy as np
    >>> from galmorph.preprocessing import measure_quality
    >>> from galmorph.types import Galaxy
    >>> galaxy = Galaxy(x=-0.5, y=50.0, radius=20.0, axis_ratio=1.0, angle=0.0)
    >>> measure_quality(np.full((101, 101, 1), 10.0), galaxy, sky=0.0, noise=1.0, window=(-0.5, 50.0, 40.0))
    Quality(signal_to_noise=10.0, diameter=40.0, bad_fraction=0.5, truncation=0.5)
    """
    height, width, channels = pixels.shape
    reach = int(np.ceil(galaxy.radius)) + 1
    step = 1 + reach // _SAMPLES
    rows, columns, inside = _ellipse_pixels(galaxy, reach, step)
    # The part of this grid that is in the frame, and the same part of the frame.
    (part_y, frame_y), (part_x, frame_x) = _inside(rows, height, step), _inside(columns, width, step)
    members = inside[part_y, part_x]
    truncation = 1 - int(np.count_nonzero(members)) / max(int(np.count_nonzero(inside)), 1)

    values = pixels[frame_y, frame_x]
    if mask is not None:
        hidden = mask[frame_y, frame_x]
        members, values = members & ~hidden, np.where(hidden[..., np.newaxis], 0, values)
    # A product sums the pixels of the galaxy several times faster than choosing them would.
    total = members.ravel().astype(np.float32) @ values.reshape(-1, channels).astype(np.float32)
    count = np.count_nonzero(members) * channels
    signal = float(total.sum()) / count - sky if count else 0.0
    if pixels.dtype == np.uint8:
        noise = max(noise, _ROUNDING)
    ratio = (signal / noise if noise > 0 else np.nan) if count else 0.0
    return Quality(
        signal_to_noise=float(ratio),
        diameter=2 * galaxy.radius,
        bad_fraction=_bad_fraction(window, (height, width), mask),
        truncation=truncation,
    )


def rounding_noise(
    pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
) -> float:
    """Return the noise of a picture that is due to its rounding to grey levels: 255 of them if it ends at 1."""
    return _ROUNDING if pixels.dtype == np.uint8 or pixels.max() > 1 else _ROUNDING / 255


def check_holes(galaxy: Galaxy, holes: Bool[np.ndarray, "height width"]) -> None:
    """Raise `PoorImageError` if more than a quarter of the galaxy's ellipse is a hole."""
    reach = int(np.ceil(galaxy.radius)) + 1
    step = 1 + reach // _SAMPLES
    rows, columns, inside = _ellipse_pixels(galaxy, reach, step)
    (part_y, frame_y), (part_x, frame_x) = _inside(rows, holes.shape[0], step), _inside(columns, holes.shape[1], step)
    hidden = np.count_nonzero(inside[part_y, part_x] & holes[frame_y, frame_x])
    fraction = hidden / max(int(np.count_nonzero(inside)), 1)
    if fraction > _MOST_HOLES:
        raise PoorImageError(
            f"{fraction:.0%} of the galaxy is a hole without measurement, at most {_MOST_HOLES:.0%} can be "
            "interpolated; leave the image out"
        )


@lru_cache(maxsize=4)  # a `FractionCrop` has the same circle in each frame
def _ellipse_pixels(galaxy: Galaxy, reach: int, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows and columns of a grid around a galaxy, and which of its pixels are in the galaxy's ellipse."""
    offsets = step * np.arange(-reach // step, reach // step + 1)
    rows, columns = round(galaxy.y) + offsets, round(galaxy.x) + offsets
    return rows, columns, squared_ellipse_radius(galaxy, rows, columns) <= galaxy.radius**2


def _inside(places: np.ndarray, length: int, step: int) -> tuple[slice, slice]:
    """Return the slice of those of equally spaced places that are in the frame, and the slice of the frame there."""
    first, stop = np.searchsorted(places, (0, length)).tolist()
    if first >= stop:
        return slice(0, 0), slice(0, 0)
    return slice(first, stop), slice(int(places[first]), int(places[stop - 1]) + 1, step)


def _bad_fraction(
    window: tuple[float, float, float], frame: tuple[int, int], mask: Bool[np.ndarray, "height width"] | None
) -> float:
    """Return the fraction of the window's area that is masked or outside the frame."""
    x, y, width = window
    if mask is None:
        height_inside, width_inside = (
            max(0.0, min(centre + width / 2, length - 0.5) - max(centre - width / 2, -0.5))
            for centre, length in zip((y, x), frame, strict=True)
        )
        return max(0.0, round(1 - height_inside * width_inside / width**2, 6))
    spans = []
    for centre, length in zip((y, x), frame, strict=True):
        edges = np.arange(length + 1) - 0.5
        overlap = np.clip(edges, centre - width / 2, centre + width / 2)
        spans.append(np.diff(overlap) / width)
    rows, columns = spans
    good = float(rows.sum() * columns.sum())
    good -= float(rows @ (mask @ columns))
    return max(0.0, round(1 - good, 6))


@dataclass(frozen=True, kw_only=True)
class QualityLimits:
    """Limits that an image must meet to become a stamp. Nearly every image that shows a galaxy meets the defaults.

    A measure that is NaN misses its limit: an image whose sky has no noise is a model, a mask, or has lost its sky.

    Parameters
    ----------
    signal_to_noise
        Least mean signal of the galaxy's pixels over the noise of one pixel of the sky.
    diameter
        Least diameter of the galaxy, that is twice its Petrosian radius, in pixels of the image.
    bad_fraction
        Largest fraction of the stamp's area without measurement, from 0 to 1.
    truncation
        Largest fraction of the galaxy's ellipse outside the image, from 0 to 1.

    Examples
    --------
    >>> from galmorph.preprocessing import QualityLimits
    >>> from galmorph.types import Quality
    >>> quality = Quality(signal_to_noise=0.4, diameter=30.0, bad_fraction=0.6, truncation=0.1)
    >>> for text in QualityLimits().misses(quality):
    ...     print(text)
    signal_to_noise is 0.4, at least 1 is needed
    bad_fraction is 0.6 (part of the stamp without data), at most 0.5 is allowed
    """

    signal_to_noise: float = 1.0
    diameter: float = 8.0
    bad_fraction: float = 0.5
    truncation: float = 0.25

    def __post_init__(self) -> None:
        check_between("signal_to_noise", self.signal_to_noise, -np.inf, np.inf)
        check_between("diameter", self.diameter, 0.0, np.inf)
        check_between("bad_fraction", self.bad_fraction, 0.0, 1.0)
        check_between("truncation", self.truncation, 0.0, 1.0)

    def misses(self, quality: Quality) -> tuple[str, ...]:
        """Return a text for each limit that an image misses, with value and limit."""
        texts = []
        for field in fields(self):
            value, limit = getattr(quality, field.name), getattr(self, field.name)
            if field.name == "signal_to_noise" and np.isnan(value):
                texts.append(f"the sky has no noise, so signal_to_noise is unknown, at least {limit:g} is needed")
            elif field.name in ("signal_to_noise", "diameter") and not value >= limit:
                unit = " pixels" if field.name == "diameter" else ""
                texts.append(f"{field.name} is {value:.3g}{unit}, at least {limit:g} is needed")
            if field.name in ("bad_fraction", "truncation") and not value <= limit:
                texts.append(f"{field.name} is {value:.3g} ({_FRACTIONS[field.name]}), at most {limit:g} is allowed")
        return tuple(texts)

    def check(self, quality: Quality) -> None:
        """Raise `galmorph.errors.PoorImageError`, which names every missed limit, unless the image meets all limits."""
        if texts := self.misses(quality):
            raise PoorImageError(f"{'; '.join(texts)}; leave the image out or loosen the limits")
