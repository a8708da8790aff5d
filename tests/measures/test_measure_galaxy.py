"""All measures of one galaxy: what turns and units change, what statmorph finds, and each flag."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from light_profiles import exponential, knots, sersic
from scipy import ndimage

from galmorph.errors import InvalidValueError, PoorImageError
from galmorph.measures import measure_galaxy

PLACES = [(80, 60, 30), (62, 79, 20), (66, 58, 15), (75, 80, 25)]
# Images without noise, and what statmorph 0.7.2 (Rodriguez-Gomez et al. 2019, MNRAS 483, 4140) gave for them with a
# segmentation map of a disc of 45 pixels. Its smoothing square has a whole number of pixels, rounded down: the scales
# are chosen so that this is 5 and odd, as an even one shifts the smoothed image by half a pixel; None where it does.
IMAGES = {
    "disc": lambda: 100 * exponential(141, (70.3, 69.6), 5.54),
    "early type": lambda: ndimage.gaussian_filter(
        20 * sersic(141, (70.3, 69.6), 3, 7.0, axis_ratio=0.7, angle=30), 1.2
    ),
    "knots": lambda: 100 * exponential(141, (70.3, 69.6), 7.25, axis_ratio=0.6, angle=120) + knots(141, PLACES),
    "merger": lambda: ndimage.gaussian_filter(
        100 * exponential(141, (68.0, 70.0), 5.0) + 40 * exponential(141, (80.0, 74.0), 3.0), 1.0
    ),
}
STATMORPH = {
    "disc": {
        "petrosian_radius": 20.0970, "r20": 4.4970, "r50": 9.0668, "r80": 15.8148, "concentration": 2.7307,
        "asymmetry": 0.0024, "smoothness": 0.0002, "gini": 0.4895, "m20": -1.8051, "axis_ratio": 1.0,
    },
    "early type": {
        "petrosian_radius": 12.5805, "r20": 2.1391, "r50": 4.8634, "r80": 10.2821, "concentration": 3.4092,
        "asymmetry": 0.0129, "smoothness": None, "gini": 0.5699, "m20": -2.0029, "axis_ratio": 0.7694,
    },
    "knots": {
        "petrosian_radius": 20.1987, "r20": 4.7831, "r50": 9.8594, "r80": 16.0271, "concentration": 2.6257,
        "asymmetry": 0.0504, "smoothness": 0.0219, "gini": 0.4718, "m20": -1.7666, "axis_ratio": 0.6219,
    },
    "merger": {
        "petrosian_radius": 19.1288, "r20": 4.5329, "r50": 9.1046, "r80": 15.0391, "concentration": 2.6042,
        "asymmetry": 0.2043, "smoothness": None, "gini": 0.4683, "m20": -1.6367, "axis_ratio": None,
    },
}  # fmt: skip
TOLERANCE = {  # absolute; statmorph measures the shape in its map, not in an ellipse
    "petrosian_radius": 0.003, "r20": 0.003, "r50": 0.003, "r80": 0.003, "concentration": 0.002, "asymmetry": 0.002,
    "smoothness": 0.001, "gini": 0.005, "m20": 0.006, "axis_ratio": 0.04,
}  # fmt: skip


@pytest.mark.parametrize("kind", IMAGES)
def test_measures_are_those_of_statmorph(kind):
    """Each value agrees with that of statmorph where both define it equally."""
    found = asdict(measure_galaxy(IMAGES[kind](), centre=(70.3, 69.9), noise=0.0))
    for name, value in STATMORPH[kind].items():
        if value is not None:
            assert found[name] == pytest.approx(value, abs=TOLERANCE[name]), name


@pytest.fixture(scope="module")
def galaxy() -> np.ndarray:
    """A clumpy disc with noise, whose centre is the middle of the frame."""
    disc = 200 * exponential(101, (50, 50), 5.0, axis_ratio=0.7, angle=40) + knots(101, [(58, 53, 60), (44, 57, 40)])
    return disc + np.random.default_rng(3).normal(0, 1, disc.shape)


SAME = ("petrosian_radius", "r20", "r50", "r80", "concentration", "asymmetry", "gini", "m20", "axis_ratio")


@pytest.fixture(scope="module")
def measured(galaxy):
    """The measures of that galaxy."""
    return measure_galaxy(galaxy, centre=(50, 50))


@settings(max_examples=5, phases=[Phase.explicit, Phase.generate])  # to look for a simpler case takes minutes
@example(turns=0, flip=True, exponent=0.0)
@given(turns=st.integers(0, 3), flip=st.booleans(), exponent=st.floats(-12, 12))
def test_turns_flips_and_units_change_nothing(galaxy, measured, turns, flip, exponent):
    """Only centre and angle turn with the image; no value depends on the unit of the light."""
    image = 10**exponent * np.rot90(galaxy[:, ::-1] if flip else galaxy, turns)
    first, other = measured, measure_galaxy(image, centre=(50, 50))
    for name in (*SAME, "smoothness", "sersic_index", "signal_to_noise", "semi_major_axis"):
        assert getattr(other, name) == pytest.approx(getattr(first, name), rel=0.01, abs=0.002), name
    angle = 180 - first.angle if flip else first.angle
    assert math.sin(math.radians(other.angle - (angle - 90 * turns))) == pytest.approx(0, abs=0.02)
    assert other.flags == first.flags == ()


def test_a_galaxy_is_found_and_measured(galaxy):
    """Without a centre, `locate` finds the galaxy; without noise, the border has it; both can be given."""
    found = measure_galaxy(galaxy)
    assert (found.x, found.y) == pytest.approx((50, 50), abs=0.2)
    assert found.petrosian_radius == pytest.approx(3.63 * 5 * 0.7**0.5, rel=0.1)
    assert found.axis_ratio == pytest.approx(0.7, abs=0.05)
    assert found.angle == pytest.approx(40, abs=7)
    assert found.asymmetry > 0.02
    double = measure_galaxy(galaxy, centre=(50, 50), noise=np.full(galaxy.shape, 2.0))
    assert double.signal_to_noise == pytest.approx(found.signal_to_noise / 2, rel=0.05)
    with pytest.raises(PoorImageError, match="no galaxy"):
        measure_galaxy(np.random.default_rng(0).normal(0, 1, (64, 64)))


def flags_of(image: np.ndarray, **options) -> str:
    """Flags of the measures about the middle of the frame, as one text."""
    middle = (image.shape[0] - 1) / 2
    return "; ".join(measure_galaxy(image, **{"centre": (middle, middle)} | options).flags)


def test_each_flag_says_what_is_wrong(galaxy):
    """A sound image has no flag, and each fault has its own."""
    mask = np.zeros(galaxy.shape, bool)
    assert flags_of(galaxy, psf_fwhm=2.0) == ""
    assert "Petrosian radius is not reached within the frame" in flags_of(galaxy[38:63, 38:63])
    assert "border of the frame is at" in flags_of(galaxy + 20)
    assert "signal-to-noise ratio of a pixel is 1" in flags_of(galaxy, noise=20.0)
    assert "below 2 FWHM of the PSF" in flags_of(galaxy, psf_fwhm=9.0)
    assert "concentration is a lower limit" in flags_of(galaxy, psf_fwhm=9.0)
    assert "centre moved by" in flags_of(galaxy, centre=(61, 50))
    assert "no positive light at the centre" in flags_of(-galaxy)
    assert "no value of petrosian_radius" in flags_of(-galaxy)
    assert "smoothness can't see clumps" in flags_of(100 * exponential(61, (30, 30), 2.0), noise=0.1)
    assert flags_of(100 * exponential(101, (50, 50), 5.0), noise=0.0) == "no value of signal_to_noise"
    core = mask.copy()
    core[49:52, 50] = True
    assert "centre is masked" in flags_of(galaxy, mask=core)
    half = mask.copy()
    half[:, 60:] = True
    assert "of the circle of 1.5 Petrosian radii is masked" in flags_of(galaxy, mask=half)
    assert "no blank sky" in flags_of(100 * exponential(61, (30, 30), 5.6), noise=1.0)


def test_what_cannot_be_measured_is_nan_and_named():
    """Every value without a number is named in the flags."""
    found = measure_galaxy(-exponential(61, (30, 30), 5.0), centre=(30, 30))
    without = [name for name, value in asdict(found).items() if name != "flags" and math.isnan(value)]
    assert found.flags[-1] == f"no value of {', '.join(without)}"
    assert {"gini", "asymmetry", "sersic_index"} <= set(without)


@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_options_are_refused(galaxy):
    """Each error names the argument."""
    with pytest.raises(InvalidValueError, match=r"noise: expected a number, or one for each pixel .*\(101, 101\)"):
        measure_galaxy(galaxy, noise=np.ones(3))
    with pytest.raises(InvalidValueError, match="noise: expected finite numbers of at least 0"):
        measure_galaxy(galaxy, noise=-np.ones(galaxy.shape))
    with pytest.raises(InvalidValueError, match="noise: expected a finite number of at least 0, got -1"):
        measure_galaxy(galaxy, noise=-1.0)
    with pytest.raises(InvalidValueError, match="psf_fwhm: expected a finite number above 0"):
        measure_galaxy(galaxy, psf_fwhm=0.0)
    with pytest.raises(InvalidValueError, match="centre: expected a position"):
        measure_galaxy(galaxy, centre=(500, 2))
    with pytest.raises(InvalidValueError, match="image: expected numbers of shape"):
        measure_galaxy(np.zeros((0, 4)))
