"""What can be seen of a galaxy: against hand computations, and against waves that are blurred."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from clean_survey import CLEAN, R90, through, truth_of
from hypothesis import given
from hypothesis import strategies as st

from galmorph.errors import InvalidValueError
from galmorph.simulation import _simulate, psf_matrix, simulate_galaxies
from galmorph.simulation._simulate import BLOCK
from galmorph.simulation._visibility import feature_visibility, seen_axis_ratio, seen_labels

ARMS = {
    "arm_number": 2, "arm_fraction": 0.3, "arm_radius": 0.2, "pitch_angle": 20, "flocculence": 0.3,
    "brightness": 90, "stretch": 50,
}  # fmt: skip


def visible(**values: float | np.ndarray) -> np.ndarray:
    """Visibility of the arms of galaxies through the clean survey."""
    arms, _ = feature_visibility(truth_of(**ARMS | values), through(CLEAN))
    return np.asarray(arms)


def test_galaxies_without_arms_show_none():
    """Without arms, the visibility of arms is 0."""
    assert (visible(arm_number=0, pitch_angle=0, arm_radius=0) == 0).all()


@pytest.mark.parametrize(("name", "values"), [("psf_fwhm", (0.0, 3.0)), ("noise", (0.0, 1.0)), ("arm_number", (1, 4))])
def test_blur_noise_and_crowding_hide_arms(name, values):
    """The wider the blur, the stronger the noise, or the closer the arms, the worse they show."""
    steps = np.linspace(*values, BLOCK) if name != "arm_number" else np.repeat([1, 2, 3, 4], BLOCK // 4)
    seen = visible(**{"noise": 0.1, "psf_fwhm": 1.3} | {name: steps})
    assert (np.diff(seen) <= 1e-6).all()
    assert seen[-1] < 0.8 * seen[0]


def test_blur_takes_the_contrast_that_a_wave_loses():
    """Without noise, visibility falls with the blur as the contrast of a wave of the arms' distance does."""
    # Face-on, the distance between two arms of 20 degrees at 0.6 r90 is 2 pi 0.6 sin(20 deg) / 2.
    fwhm = 0.3  # in r90
    narrow = replace(CLEAN, psf_wing=(0.0, 1.0))
    both = np.repeat([0.0, fwhm * R90], BLOCK // 2)
    sharp, blurred = np.asarray(feature_visibility(truth_of(**ARMS | {"psf_fwhm": both}), through(narrow))[0])[[0, -1]]
    spacing, step = np.pi * 0.6 * np.sin(np.deg2rad(20)), 0.01
    x = np.arange(601) * step
    wave = np.cos(2 * np.pi * (x - x.mean()) / spacing)
    kept = (psf_matrix(jnp.float32(fwhm / step), jnp.float32(0), len(x)) @ jnp.asarray(wave, jnp.float32))[300]
    assert blurred / sharp == pytest.approx(float(kept), rel=1e-2)


@given(ratio=st.floats(0.2, 1.0), fwhm=st.floats(0.0, 5.0))
def test_blur_makes_galaxies_rounder(ratio, fwhm):
    """The axis ratio after the blur is between the true one and 1."""
    truth = truth_of(axis_ratio=ratio, effective_radius=0.5, psf_fwhm=fwhm)
    seen = np.asarray(seen_axis_ratio(truth, through(CLEAN)))[0]
    assert ratio - 1e-5 <= seen <= 1 + 1e-5


def test_variances_add_up():
    """A galaxy of widths 0.45 and 0.225 r90, blurred by 0.3 r90, has an axis ratio of 0.6934 (computed by hand)."""
    narrow = replace(CLEAN, psf_wing=(0.0, 1.0), pixel_scale=0.1, stamp_pixels=(72, 72))
    truth = truth_of(axis_ratio=0.5, effective_radius=0.5, psf_fwhm=0.3 * R90 / 0.42466)
    # sqrt((0.225^2 + 0.3^2) / (0.45^2 + 0.3^2)) = sqrt(0.140625 / 0.2925); the pixels of 4/72 r90 add 0.0003 to both.
    assert float(seen_axis_ratio(truth, through(narrow))[0]) == pytest.approx(0.6934, abs=1e-3)


def test_labels_by_what_is_seen():
    """Each rule, one galaxy after the other."""
    round_, between, cigar, edge_on, spiral = range(5)
    rows = [  # class, arms, knots, axis ratio, layered, blur, and what is seen
        (spiral, 3.0, 3.0, 0.9, False, 0.2, spiral),
        (spiral, 0.3, 0.3, 0.9, False, 0.2, -1),  # 0.42 together: doubtful
        (spiral, 0.1, 3.0, 0.9, False, 0.2, spiral),  # no arms, but knots
        (spiral, 0.1, 0.1, 0.9, False, 0.2, round_),
        (spiral, 0.1, 0.1, 0.6, False, 0.2, between),
        (spiral, 0.1, 0.1, 0.35, False, 0.2, cigar),
        (between, 0.0, 0.0, 0.9, False, 0.2, round_),
        (between, 0.0, 0.0, 0.77, False, 0.2, -1),
        (cigar, 0.0, 0.0, 0.6, False, 0.2, between),
        (cigar, 0.0, 0.0, 0.3, False, 0.2, cigar),
        (edge_on, 0.0, 0.0, 0.2, False, 0.2, edge_on),
        (edge_on, 0.0, 0.0, 0.42, True, 0.2, edge_on),  # thick, but with bulge and disc
        (edge_on, 0.0, 0.0, 0.42, False, 0.2, -1),
        (edge_on, 0.0, 0.0, 0.6, True, 0.2, between),
        (edge_on, 0.0, 0.0, 0.33, False, 0.2, edge_on),  # an ellipse, but blurred
        (edge_on, 0.0, 0.0, 0.33, False, 0.13, -1),
        (edge_on, 0.0, 0.0, 0.33, False, 0.1, cigar),
    ]
    labels, arms, knots, ratios, layered, blur, seen = (np.array(column) for column in zip(*rows, strict=True))
    found = seen_labels(
        labels.astype(np.int32),
        arms.astype(np.float32),
        knots.astype(np.float32),
        ratios.astype(np.float32),
        layered,
        blur.astype(np.float32),
    )
    np.testing.assert_array_equal(found, seen)


@pytest.mark.slow
def test_galaxies_are_drawn_until_they_are_seen_as_wanted():
    """With ``seen=True``, classes follow what is seen: some smooth galaxies are spirals whose arms do not show."""
    blurred = replace(CLEAN, psf_fwhm=(3.0, 0.2), noise=(0.1, 0.3))
    galaxies = simulate_galaxies(100, size=64, class_counts=[20] * 5, survey=blurred, seen=True)
    table = galaxies.table
    found = seen_labels(
        np.array([galaxies.classes.index(name) for name in table["drawn_class"]], np.int32),
        *(np.asarray(table[name]) for name in ("arm_visibility", "knot_visibility", "seen_axis_ratio")),
        np.asarray(table["scale_length"]) > 0,
        np.asarray(table["psf_fwhm"] / table["r90"]),
    )
    np.testing.assert_array_equal(found, galaxies.labels)
    np.testing.assert_array_equal(np.bincount(galaxies.labels), 20)
    smooth = galaxies.labels < galaxies.classes.index("edge_on")
    assert 0 < (table["drawn_class"][smooth] == "spiral").mean() < 0.9


def test_a_seen_galaxy_does_not_depend_on_the_others():
    """A galaxy that is drawn until it is seen as wanted depends on the seed, its number and its class."""
    ten, twenty = (simulate_galaxies(n, seed=3, class_counts={"spiral": n}, seen=True) for n in (10, 20))
    np.testing.assert_array_equal(ten.table["pitch_angle"], twenty.table["pitch_angle"][:10])
    np.testing.assert_array_equal(ten.stamps, twenty.stamps[:10])


def test_classes_that_no_one_can_see_are_refused(monkeypatch):
    """If the blur hides the arms of all spirals, the error says so instead of searching for ever."""
    monkeypatch.setattr(_simulate, "ATTEMPTS", 3)
    blind = replace(CLEAN, psf_fwhm=(100.0, 0.0))
    with pytest.raises(InvalidValueError, match=r"of 3 galaxies none was seen as spiral; leave the class out"):
        simulate_galaxies(20, class_counts={"spiral": 20}, survey=blind, seen=True)


def test_other_schemes_are_refused():
    """The error names the schemes for which it is known what people see."""
    with pytest.raises(InvalidValueError, match=r"for the scheme 'hubble'; .* 'galaxy-zoo-2' and 'hubble-types'"):
        simulate_galaxies(7, scheme="hubble", seen=True)
