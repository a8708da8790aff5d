"""Quality measures and limits."""

import numpy as np
import pytest

from galmorph.errors import InvalidValueError, PoorImageError
from galmorph.preprocessing import QualityLimits, measure_quality
from galmorph.types import Galaxy, Quality

GALAXY = Galaxy(x=50.0, y=50.0, radius=20.0, axis_ratio=0.5, angle=30.0)
WINDOW = (50.0, 50.0, 60.0)


def test_by_hand() -> None:
    """Brightness 13 above a sky of 3 with noise 2 is a signal to noise of 5, and a radius of 20 is 40 pixels across."""
    quality = measure_quality(np.full((101, 101, 3), 13, np.float32), GALAXY, sky=3.0, noise=2.0, window=WINDOW)
    assert quality == Quality(signal_to_noise=5.0, diameter=40.0, bad_fraction=0.0, truncation=0.0)


def test_only_the_ellipse_counts() -> None:
    """Light outside of the ellipse adds nothing to the signal."""
    image = np.full((101, 101, 1), 1000, np.float32)
    image[28:73, 28:73] = 1
    assert measure_quality(image, GALAXY, sky=0.0, noise=1.0, window=WINDOW).signal_to_noise == 1


@pytest.mark.parametrize("radius", [20.0, 700.0])
def test_truncation(radius: float) -> None:
    """A galaxy centred on a corner of the frame lacks three quarters, also if it is so large that it is sampled."""
    galaxy = Galaxy(x=-0.5, y=-0.5, radius=radius, axis_ratio=1.0, angle=0.0)
    frame = np.ones((1000, 1000, 1), np.float32)
    quality = measure_quality(frame, galaxy, sky=0.0, noise=1.0, window=(-0.5, -0.5, 100.0))
    assert quality.truncation == pytest.approx(0.75, abs=0.01)
    assert quality.bad_fraction == 0.75


def test_galaxy_outside_of_the_frame() -> None:
    """A galaxy outside the frame has no signal and is completely truncated."""
    galaxy = Galaxy(x=500.0, y=50.0, radius=5.0, axis_ratio=1.0, angle=0.0)
    quality = measure_quality(np.ones((101, 101, 1), np.float32), galaxy, sky=0.0, noise=1.0, window=(500.0, 50.0, 9.0))
    assert quality == Quality(signal_to_noise=0.0, diameter=10.0, bad_fraction=1.0, truncation=1.0)


def test_masked_pixels_are_bad() -> None:
    """A masked stripe of 6 rows in a window of 60 is a tenth, and its light does not count."""
    image = np.ones((101, 101, 1), np.float32)
    mask = np.zeros((101, 101), bool)
    mask[50:56] = True
    image[mask] = 1e6
    quality = measure_quality(image, GALAXY, sky=0.0, noise=1.0, window=WINDOW, mask=mask)
    assert quality.bad_fraction == pytest.approx(0.1)
    assert quality.signal_to_noise == 1


def test_sky_without_noise() -> None:
    """If the sky has no noise, the ratio is unknown, and no limit is met; without a measured pixel, it is 0."""
    image = np.ones((101, 101, 1), np.float32)
    quality = measure_quality(image, GALAXY, sky=0.0, noise=0.0, window=WINDOW)
    assert np.isnan(quality.signal_to_noise)
    for limit in [1.0, -np.inf]:
        (text,) = QualityLimits(signal_to_noise=limit).misses(quality)
        assert text == f"the sky has no noise, so signal_to_noise is unknown, at least {limit:g} is needed"
    hidden = np.ones((101, 101), bool)
    assert measure_quality(image, GALAXY, sky=0.0, noise=0.0, window=WINDOW, mask=hidden).signal_to_noise == 0


def test_bytes_have_the_noise_of_rounding() -> None:
    """A grey level is known to 1 / sqrt(12), so a picture on a black sky has a ratio, and a limit can be met."""
    image = np.full((101, 101, 3), 10, np.uint8)
    ratio = measure_quality(image, GALAXY, sky=0.0, noise=0.0, window=WINDOW).signal_to_noise
    assert ratio == pytest.approx(10 * np.sqrt(12))
    assert measure_quality(image, GALAXY, sky=0.0, noise=2.0, window=WINDOW).signal_to_noise == 5


def test_every_missed_limit_is_named() -> None:
    """The error lists all missed limits, with value and limit."""
    poor = Quality(signal_to_noise=0.5, diameter=4.0, bad_fraction=0.7, truncation=0.3)
    with pytest.raises(
        PoorImageError,
        match=r"signal_to_noise is 0.5, at least 1 .*; diameter is 4 pixels, at least 8 .*; "
        r"bad_fraction is 0.7 \(part of the stamp without data\), at most 0.5 .*; "
        r"truncation is 0.3 \(.*, at most 0.25 .*; leave the image out",
    ):
        QualityLimits().check(poor)


def test_values_on_the_limit_pass() -> None:
    """A value equal to the limit meets it; NaN does not."""
    limits = QualityLimits(signal_to_noise=2.0, diameter=10.0, bad_fraction=0.1, truncation=0.2)
    assert limits.misses(Quality(2.0, 10.0, 0.1, 0.2)) == ()
    assert len(limits.misses(Quality(np.nan, np.nan, np.nan, np.nan))) == 4


def test_limits_out_of_range() -> None:
    """A fraction of an area is between 0 and 1."""
    with pytest.raises(InvalidValueError, match=r"bad_fraction: expected a number from 0 to 1, got 1.5"):
        QualityLimits(bad_fraction=1.5)
