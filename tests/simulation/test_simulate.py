"""Data sets of simulated galaxies: counts, seeds, the table, and what the stamps show."""

from itertools import pairwise

import numpy as np
import pytest
from clean_survey import CLEAN

from galmorph.data import GALAXY_ZOO_2_CLASSES, Dataset
from galmorph.errors import InvalidValueError
from galmorph.simulation import simulate_galaxies, simulate_shards
from galmorph.simulation._columns import COLUMNS
from galmorph.simulation._observe import FRAME
from galmorph.simulation._simulate import POPULATIONS, _default_counts, _table


@pytest.fixture(scope="module")
def galaxies() -> Dataset:
    """Simulate a hundred galaxies, twenty of each class."""
    return simulate_galaxies(100, seed=4, class_counts=[20] * 5)


@pytest.fixture(scope="module")
def clean() -> Dataset:
    """Simulate eighty galaxies without blur, sky and noise, in one band."""
    return simulate_galaxies(80, seed=1, class_counts=[16] * 5, survey=CLEAN)


def same_truth(one: Dataset, other: Dataset) -> None:
    """Check that the parameters are the same to the bit; NaN equals NaN."""
    assert one.table.colnames == other.table.colnames
    for name in one.table.colnames:
        np.testing.assert_array_equal(one.table[name], other.table[name])


# How many, which, and the same again


def test_stamps_are_coloured_bytes(galaxies):
    """Stamps are uint8 with the given size and three channels, and the classes are those of Galaxy Zoo 2."""
    assert galaxies.stamps.dtype == np.uint8
    assert galaxies.stamps.shape == (100, 64, 64, 3)
    assert galaxies.classes == GALAXY_ZOO_2_CLASSES


def test_same_seed_same_bits(galaxies):
    """The same seed gives the same stamps, labels and truth, over more than one block of galaxies."""
    again = simulate_galaxies(100, seed=4, class_counts=[20] * 5)
    np.testing.assert_array_equal(again.stamps, galaxies.stamps)
    np.testing.assert_array_equal(again.labels, galaxies.labels)
    same_truth(again, galaxies)


def test_other_seed_other_galaxies(galaxies):
    """Another seed gives other galaxies, and no stamp occurs twice, not even in different blocks."""
    other = simulate_galaxies(100, seed=5, class_counts=[20] * 5)
    assert not np.isin(other.table["angle"], galaxies.table["angle"]).any()
    assert len(np.unique(galaxies.stamps.reshape(100, -1), axis=0)) == 100


def test_a_galaxy_does_not_depend_on_how_many_there_are():
    """A galaxy depends on the seed, its number and its class: of one class, ten are the first of twenty."""
    ten, twenty = (simulate_galaxies(n, seed=3, class_counts={"spiral": n}) for n in (10, 20))
    same_truth(ten, twenty[:10])
    np.testing.assert_array_equal(ten.stamps, twenty.stamps[:10])


def test_a_galaxy_keeps_its_number_in_a_mixture(galaxies):
    """Parameters that do not depend on the class depend on the galaxy's number alone, whatever the labels are."""
    spirals = simulate_galaxies(100, seed=4, class_counts={"spiral": 100})
    for name in ("angle", "psf_fwhm", "stretch"):
        np.testing.assert_array_equal(spirals.table[name], galaxies.table[name])
    spiral = galaxies.labels == galaxies.classes.index("spiral")
    np.testing.assert_array_equal(spirals.stamps[spiral], galaxies.stamps[spiral])


def test_counts_follow_the_sample_of_dai_and_tong():
    """At the size of their sample the counts are theirs; far below it, each class keeps one galaxy."""
    shares = POPULATIONS["galaxy-zoo-2"].shares
    np.testing.assert_array_equal(_default_counts(28_790, shares), [8_434, 8_069, 578, 3_903, 7_806])
    np.testing.assert_array_equal(_default_counts(5, shares), [1, 1, 1, 1, 1])
    # Shares 2.93, 2.80, 0.20, 1.36, 2.71 become 3, 3, 0, 1, 3; then the first of the largest gives one to the cigars.
    np.testing.assert_array_equal(_default_counts(10, shares), [2, 3, 1, 1, 3])
    assert all(_default_counts(n, shares).sum() == n for n in range(1, 300))


def test_counts_may_be_named():
    """Counts by name leave out the other classes."""
    galaxies = simulate_galaxies(7, class_counts={"spiral": 4, "edge_on": 3})
    assert galaxies.class_counts() == dict.fromkeys(GALAXY_ZOO_2_CLASSES, 0) | {"spiral": 4, "edge_on": 3}


def test_rows_are_shuffled(galaxies):
    """Labels are in random order."""
    assert (np.diff(galaxies.labels) < 0).sum() > 10


@pytest.mark.slow
def test_shards_are_the_whole_in_pieces(galaxies):
    """Together, shards are bit for bit what is simulated at once; the last one is smaller."""
    shards = list(simulate_shards(100, shard=40, seed=4, class_counts=[20] * 5))
    assert [len(shard) for shard in shards] == [40, 40, 20]
    np.testing.assert_array_equal(np.concatenate([shard.stamps for shard in shards]), galaxies.stamps)
    np.testing.assert_array_equal(np.concatenate([shard.labels for shard in shards]), galaxies.labels)
    assert (np.concatenate([shard.table["r90"] for shard in shards]) == galaxies.table["r90"]).all()


# The table


def test_table_is_documented(galaxies):
    """Each column has a description; angles, and lengths on the sky and in the stamp, have a unit."""
    assert all(column.description for column in galaxies.table.itercols())
    units = {name: str(galaxies.table[name].unit) for name in ("r90", "angle", "effective_radius")}
    assert units == {"r90": "arcsec", "angle": "deg", "effective_radius": "pix"}


def test_table_is_in_pixels_of_the_stamp():
    """A stamp is 4 r90 wide: at 80 pixels, r90 is 20 of them; the middle is at 39.5."""
    table = _table(
        {name: np.ones(3, np.float32) for name in COLUMNS},
        80,
        (CLEAN,),
        np.zeros(3, int),
        np.zeros(3, np.int32),
        ("a",),
    )
    np.testing.assert_array_equal(table["effective_radius"], 20)
    np.testing.assert_array_equal(table["x"], 39.5 + 20)
    np.testing.assert_array_equal(table["r90"], 1)


def test_truth_is_finite(galaxies):
    """Every parameter is finite but the stage, which Galaxy Zoo lacks; fractions and axis ratios are possible."""
    numbers = [column for column in galaxies.table.itercols() if column.dtype.kind == "f"]
    assert [column.name for column in numbers if not np.isfinite(column).all()] == ["stage"]
    for name in ("axis_ratio", "bulge_axis_ratio"):
        assert (galaxies.table[name] > 0).all()
        assert (galaxies.table[name] <= 1).all()
    parts = sum(np.asarray(galaxies.table[name]) for name in ("bulge_fraction", "bar_fraction", "ring_fraction"))
    assert parts.min() >= 0
    assert parts.max() < 1


def test_parts_belong_to_classes(galaxies):
    """Spirals and only spirals have arms; only edge-on galaxies have an edge-on disc."""
    spiral = galaxies.labels == galaxies.classes.index("spiral")
    edge_on = galaxies.labels == galaxies.classes.index("edge_on")
    np.testing.assert_array_equal(galaxies.table["arm_number"] > 0, spiral)
    assert not (galaxies.table["scale_length"] > 0)[~edge_on].any()
    assert (galaxies.table["scale_length"] > 0)[edge_on].any()


def test_hubble_scheme_follows_the_sequence():
    """Ellipticals have no arms and no bar; of spirals, SA have none, SAB a weak and SB a strong one; T is in order."""
    galaxies = simulate_galaxies(70, scheme="hubble", seed=2, class_counts=[10] * 7)
    table = {name: galaxies.table[galaxies.labels == label] for label, name in enumerate(galaxies.classes)}
    assert galaxies.classes == ("E", "S0", "S0/a", "SA", "SAB", "SB", "Irr")
    for name in ("E", "SA"):
        np.testing.assert_array_equal(table[name]["bar_fraction"], 0)
    np.testing.assert_array_equal(table["E"]["arm_number"], 0)
    assert (table["SA"]["arm_number"] > 0).all()
    assert 0 < np.mean(table["SAB"]["bar_fraction"]) < np.mean(table["SB"]["bar_fraction"])
    for earlier, later in pairwise(("E", "S0", "S0/a", "SA", "Irr")):
        assert max(table[earlier]["stage"]) <= min(table[later]["stage"])


# What the stamps show


def test_galaxies_differ_from_their_sky(galaxies):
    """The middle of nearly every stamp is brighter than its border."""
    grey = galaxies.stamps.mean(axis=-1)
    border = np.median(grey[:, [0, 1, -2, -1]], axis=(1, 2))
    assert (grey[:, 29:35, 29:35].mean(axis=(1, 2)) > border).mean() > 0.95


@pytest.mark.slow
def test_one_band_is_one_channel(clean):
    """A survey of one band gives stamps of one channel."""
    assert clean.stamps.shape == (80, 64, 64, 1)


def test_ring_has_the_brightness_of_the_table(clean):
    """Without sky, the stretched light between 0.4 and 0.6 r90 is the table's grey value, in every class."""
    axis = (np.arange(64) - 31.5) * FRAME / 64
    distance = np.hypot(axis, axis[:, None])
    stretch = np.asarray(clean.table["stretch"])
    light = np.sinh(clean.stamps[..., 0] / stretch[:, None, None])[:, (distance > 0.4) & (distance < 0.6)].mean(axis=1)
    ratio = stretch * np.arcsinh(light) / np.asarray(clean.table["brightness"])
    assert np.median(ratio) == pytest.approx(1, abs=0.02)
    assert (abs(ratio - 1) < 0.15).all()


def test_another_size_is_the_same_galaxy(clean):
    """At half of the size lengths are halved, and a pixel is the mean of four."""
    half = simulate_galaxies(80, seed=1, size=32, class_counts=[16] * 5, survey=CLEAN)
    np.testing.assert_array_equal(half.table["r90"], clean.table["r90"])
    np.testing.assert_allclose(half.table["bulge_radius"], clean.table["bulge_radius"] / 2, rtol=1e-6)
    means = clean.stamps.astype(float).reshape(80, 32, 2, 32, 2).mean(axis=(2, 4))
    assert np.median(abs(half.stamps[..., 0] - means)) < 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, r"n: expected a whole number of at least 1, got 0"),
        ({"n": 5, "scheme": "hogwarts"}, r"scheme: expected one of 'galaxy-zoo-2'.*, got 'hogwarts'"),
        ({"n": 5, "size": 8}, r"size: expected a number from 16 to 512, got 8"),
        ({"n": 5, "size": 513}, r"size: expected a number from 16 to 512, got 513"),
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
