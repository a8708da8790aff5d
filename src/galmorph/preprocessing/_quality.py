"""Quality of the image of a galaxy: measures, and limits for them."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float

from galmorph._checks import check_between
from galmorph.errors import PoorImageError
from galmorph.preprocessing._ellipse import ellipse_radius
from galmorph.types import Galaxy, Quality

__all__ = ["QualityLimits", "measure_quality"]

_SAMPLES = 128  # pixels; galaxies of a larger radius are sampled at every second, third … pixel


def measure_quality(
    pixels: Float[np.ndarray, "height width channels"],
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
        Level of the sky and standard deviation of one of its pixels, for the mean of the channels.
    window
        Window of the stamp, ``(x, y, width)``, in pixels of the image, as for `resample`.
    mask
        True for a pixel without a measurement.

    Returns
    -------
    galmorph.types.Quality
        The measures. ``signal_to_noise`` is infinite if the sky has no noise, and 0 if no pixel of the galaxy is
        measured.

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
    height, width, _ = pixels.shape
    reach = int(np.ceil(galaxy.radius)) + 1
    step = 1 + reach // _SAMPLES
    rows = round(galaxy.y) + step * np.arange(-reach // step, reach // step + 1)
    columns = round(galaxy.x) + step * np.arange(-reach // step, reach // step + 1)
    inside = ellipse_radius(galaxy, rows, columns) <= galaxy.radius
    on_y, on_x = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    truncation = 1 - float(inside[np.ix_(on_y, on_x)].sum() / max(inside.sum(), 1))

    grid = np.ix_(rows[on_y], columns[on_x])
    members = inside[np.ix_(on_y, on_x)]
    if mask is not None:
        members = members & ~mask[grid]
    signal = float(pixels[grid][members].mean()) - sky if members.any() else 0.0
    ratio = signal / noise if noise > 0 else (np.inf if signal > 0 else 0.0)
    return Quality(
        signal_to_noise=float(ratio),
        diameter=2 * galaxy.radius,
        bad_fraction=_bad_fraction(window, (height, width), mask),
        truncation=truncation,
    )


def _bad_fraction(
    window: tuple[float, float, float], frame: tuple[int, int], mask: Bool[np.ndarray, "height width"] | None
) -> float:
    """Return the fraction of the window's area that is masked or outside the frame."""
    x, y, width = window
    spans = []
    for centre, length in zip((y, x), frame, strict=True):
        edges = np.arange(length + 1) - 0.5
        overlap = np.clip(edges, centre - width / 2, centre + width / 2)
        spans.append(np.diff(overlap) / width)
    rows, columns = spans
    good = float(rows.sum() * columns.sum())
    if mask is not None and mask.any():
        good -= float(rows @ (mask @ columns))
    return max(0.0, round(1 - good, 6))


@dataclass(frozen=True, kw_only=True)
class QualityLimits:
    """Limits that an image must meet to become a stamp. Nearly every image that shows a galaxy meets the defaults.

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
    bad_fraction is 0.6, at most 0.5 is allowed
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
            if field.name in ("signal_to_noise", "diameter") and not value >= limit:
                texts.append(f"{field.name} is {value:.3g}, at least {limit:g} is needed")
            if field.name in ("bad_fraction", "truncation") and not value <= limit:
                texts.append(f"{field.name} is {value:.3g}, at most {limit:g} is allowed")
        return tuple(texts)

    def check(self, quality: Quality) -> None:
        """Raise `galmorph.errors.PoorImageError`, which names every missed limit, unless the image meets all limits."""
        if texts := self.misses(quality):
            raise PoorImageError(f"{'; '.join(texts)}; leave the image out or loosen the limits")
