"""Simulated galaxies: counts, seeds, and a truth that can be measured again."""

import numpy as np
import pytest

from galmorph.data import GALAXY_ZOO_2_CLASSES, Dataset, simulate_galaxies
from galmorph.data._light import galaxy_light
from galmorph.data._observation import FRAME, observe
from galmorph.data._population import COLUMNS
from galmorph.data._simulate import _default_counts
from galmorph.errors import InvalidValueError


@pytest.fixture(scope="module")
def galaxies() -> Dataset:
    """Simulate a hundred galaxies, twenty of each class."""
    return simulate_galaxies(100, seed=4, class_counts=[20] * 5)


def truth_of(**values):
    """Make the parameters of one galaxy: those that are given, and what a galaxy without the part has for the rest."""
    row = np.zeros(1, [(name, np.float32) for name in COLUMNS])
    for name, (_, _, absent) in COLUMNS.items():
        row[name] = values.get(name, absent)
    return row


def test_stamps_are_coloured_bytes(galaxies):
    """Stamps are uint8 of the asked size with three channels, and the classes are those of Galaxy Zoo 2."""
    assert galaxies.stamps.dtype == np.uint8
    assert galaxies.stamps.shape == (100, 64, 64, 3)
    assert galaxies.classes == GALAXY_ZOO_2_CLASSES


def test_same_seed_same_bits():
    """The same seed gives the same stamps and labels, over more than one block of galaxies."""
    one, two = (simulate_galaxies(70, size=80, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.stamps, two.stamps)
    np.testing.assert_array_equal(one.labels, two.labels)


def test_other_seed_other_galaxies():
    """Another seed gives other stamps; no stamp stands twice, across blocks neither."""
    one, two = (simulate_galaxies(70, size=80, seed=seed) for seed in (5, 6))
    assert not np.array_equal(one.stamps, two.stamps)
    assert len(np.unique(one.stamps.reshape(70, -1), axis=0)) == 70


def test_counts_follow_the_sample_of_dai_and_tong():
    """At the size of their sample the counts are theirs; far below it, each class keeps one galaxy."""
    np.testing.assert_array_equal(_default_counts(28_790), [8_434, 8_069, 578, 3_903, 7_806])
    np.testing.assert_array_equal(_default_counts(5), [1, 1, 1, 1, 1])
    # Shares 2.93, 2.80, 0.20, 1.36, 2.71 become 3, 3, 0, 1, 3; then the first of the largest gives one to the cigars.
    np.testing.assert_array_equal(_default_counts(10), [2, 3, 1, 1, 3])
    assert all(_default_counts(n).sum() == n for n in range(1, 300))


def test_counts_may_be_named():
    """Counts by name leave out the other classes."""
    galaxies = simulate_galaxies(7, size=16, class_counts={"spiral": 4, "edge_on": 3})
    assert galaxies.class_counts() == dict.fromkeys(GALAXY_ZOO_2_CLASSES, 0) | {"spiral": 4, "edge_on": 3}


def test_rows_are_shuffled(galaxies):
    """Labels stand in random order."""
    assert (np.diff(galaxies.labels) < 0).sum() > 10


def test_table_is_documented(galaxies):
    """Each column tells its meaning, and angles, lengths on the sky and in the stamp their unit."""
    assert all(column.description for column in galaxies.table.itercols())
    units = {name: str(galaxies.table[name].unit) for name in ("r90", "position_angle", "effective_radius")}
    assert units == {"r90": "arcsec", "position_angle": "deg", "effective_radius": "pix"}


def test_parts_belong_to_classes(galaxies):
    """Spirals and only spirals have arms; sech^2 discs stand only among the edge-on."""
    spiral = galaxies.labels == galaxies.classes.index("spiral")
    edge_on = galaxies.labels == galaxies.classes.index("edge_on")
    np.testing.assert_array_equal(galaxies.table["arm_number"] > 0, spiral)
    assert not (galaxies.table["scale_length"] > 0)[~edge_on].any()
    assert (galaxies.table["scale_length"] > 0)[edge_on].any()


def test_galaxies_differ_from_their_sky(galaxies):
    """The middle of each stamp is brighter than its border, in every class."""
    grey = galaxies.stamps.mean(axis=-1)
    border = np.median(grey[:, [0, 1, -2, -1]], axis=(1, 2))
    assert (grey[:, 29:35, 29:35].mean(axis=(1, 2)) > border + 20).all()


@pytest.mark.parametrize(("axis_ratio", "angle"), [(0.9, 20.0), (0.5, 75.0), (0.3, 140.0)])
def test_moments_give_axis_ratio_and_angle(axis_ratio, angle):
    """Without noise, the eigenvalues of the second moments give the axis ratio, and the larger one's axis the angle."""
    truth = truth_of(x=100, y=98, axis_ratio=axis_ratio, position_angle=angle, effective_radius=15, sersic_index=0.5)
    light = galaxy_light(truth, 200, np.random.default_rng(0))[0, :, :, 1].astype(float)
    y, x = np.indices(light.shape)
    dx, dy = x - 100, y - 98
    moments = np.array([[(light * a * b).sum() for a in (dx, dy)] for b in (dx, dy)]) / light.sum()
    values, vectors = np.linalg.eigh(moments)
    assert light.sum() == pytest.approx(1, abs=1e-2)
    assert np.sqrt(values[0] / values[1]) == pytest.approx(axis_ratio, abs=5e-3)
    assert np.rad2deg(np.arctan2(vectors[1, 1], vectors[0, 1])) % 180 == pytest.approx(angle, abs=0.2)


def test_colour_runs_from_blue_to_red():
    """Blue over green falls and red over green rises with the colour's value; green is left alone."""
    body = {"x": 15.5, "y": 15.5, "effective_radius": 5, "sersic_index": 1}
    truth = np.concatenate([truth_of(colour=colour, **body) for colour in (0, 1)])
    red, green, blue = galaxy_light(truth, 32, np.random.default_rng(0)).sum(axis=(1, 2)).T
    np.testing.assert_allclose(red / green, [1.02, 1.33], rtol=1e-4)
    np.testing.assert_allclose(blue / green, [1.20, 0.46], rtol=1e-4)
    assert green[0] == pytest.approx(green[1])


def test_brightness_is_that_of_the_middle():
    """Without noise and sky the middle has the asked grey value, whatever the profile."""
    truth = truth_of(
        x=31.5, y=31.5, r90=6, effective_radius=9, sersic_index=1, psf_fwhm=1.3, brightness=120, stretch=50
    )
    stamp = observe(truth, 64, np.random.default_rng(0))[0].mean(axis=-1)
    axis = (np.arange(64) - 31.5) * FRAME / 64
    assert stamp[np.hypot(axis, axis[:, None]) < 0.2].mean() == pytest.approx(120, abs=3)


def test_noise_has_its_standard_deviation():
    """On a high sky far from the galaxy, grey values scatter by the noise times the slope S / sqrt(1 + I^2)."""
    truth = np.repeat(
        truth_of(
            x=63, y=63, r90=8, effective_radius=2, sersic_index=0.5, psf_fwhm=1.3, brightness=100, stretch=50,
            noise=0.15, sky=1,
        ),
        8,
    )  # fmt: skip
    corner = observe(truth, 128, np.random.default_rng(0))[:, :40, :40, 1].astype(float)
    spread = 1.4826 * np.median(np.abs(corner - np.median(corner, axis=(1, 2), keepdims=True)), axis=(1, 2))
    assert np.median(spread) == pytest.approx(0.15 * 50 / np.sqrt(2), rel=0.35)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, r"n: expected a whole number of at least 1, got 0"),
        ({"n": 5, "scheme": "hubble"}, r"scheme: expected one of 'galaxy-zoo-2', got 'hubble'"),
        ({"n": 5, "size": 8}, r"size: expected a number from 16 to 512, got 8"),
        ({"n": 5, "seed": -1}, r"seed: expected a whole number of at least 0, got -1"),
        ({"n": 5, "class_counts": [1, 1, 1, 1]}, r"class_counts: expected 5 counts .*, got 4"),
        ({"n": 5, "class_counts": [1, 1, 1, 1, 2]}, r"class_counts: .* sum to n = 5, got \[1, 1, 1, 1, 2\]"),
        ({"n": 5, "class_counts": [6, -1, 0, 0, 0]}, r"class_counts: expected counts of at least 0"),
        ({"n": 5, "class_counts": {"irregular": 5}}, r"class_counts: expected names among .*, got 'irregular'"),
    ],
)
def test_errors_tell_what_was_expected(arguments, message):
    """An argument out of its range is refused by name."""
    with pytest.raises(InvalidValueError, match=message):
        simulate_galaxies(arguments.pop("n"), **arguments)
