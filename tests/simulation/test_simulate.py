"""Simulated galaxies: counts, seeds, and a truth that can be measured again."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import kstest, spearmanr

import galmorph.data
from galmorph.data import GALAXY_ZOO_2_CLASSES, Dataset
from galmorph.errors import InvalidValueError
from galmorph.simulation import SDSS, Band, Survey, simulate_galaxies, simulate_shards
from galmorph.simulation._columns import COLUMNS
from galmorph.simulation._galaxy_zoo import GALAXY_ZOO_2
from galmorph.simulation._hubble import HUBBLE
from galmorph.simulation._light import LIGHT_NORMALS, galaxy_light
from galmorph.simulation._observe import FRAME, observe
from galmorph.simulation._population import draw_population
from galmorph.simulation._simulate import BLOCK, GRIDS, POPULATIONS, _default_counts, _table

# Each survey, grid and number of galaxies is compiled anew, which takes seconds. So there are two surveys, and what is
# drawn by hand comes in as many galaxies as `simulate_galaxies` draws at once.
GRID = GRIDS[0]
CLEAN = Survey(
    name="clean",
    pixel_scale=0.4,
    psf_fwhm=(0.0, 0.0),
    noise=(0.0, 0.0),
    bands=(Band("r", 1.0, 0.0),),
    stretch=(40.0, 60.0),
)
R90 = CLEAN.pixel_scale * GRID / FRAME  # a stamp is as many pixels as are drawn, and so is not resampled


@pytest.fixture(scope="module")
def galaxies() -> Dataset:
    """Simulate a hundred galaxies, twenty of each class."""
    return simulate_galaxies(100, seed=4, class_counts=[20] * 5)


@pytest.fixture(scope="module")
def clean() -> Dataset:
    """Simulate eighty galaxies as a telescope without faults or sky sees them, in one band."""
    return simulate_galaxies(80, seed=1, class_counts=[16] * 5, survey=CLEAN)


def same_truth(one: Dataset, other: Dataset) -> None:
    """Check that the parameters are the same to the bit; what is no number in both is the same."""
    assert one.table.colnames == other.table.colnames
    for name in one.table.colnames:
        np.testing.assert_array_equal(one.table[name], other.table[name])


def truth_of(**values: float | np.ndarray) -> dict[str, jax.Array]:
    """Make the parameters of galaxies: those that are given, and what a galaxy without the part has for the rest."""
    given = {name: parameter.absent for name, parameter in COLUMNS.items()} | {"r90": R90} | values
    return {name: jnp.broadcast_to(jnp.asarray(value, jnp.float32), BLOCK) for name, value in given.items()}


def light_of(truth: dict[str, jax.Array], bands: tuple[Band, ...] = CLEAN.bands) -> np.ndarray:
    """Draw light alone, in fluxes of the galaxy a pixel."""
    pixel = jnp.full((BLOCK, 1, 1), FRAME / GRID)
    axis = jnp.broadcast_to(jnp.asarray(positions(), jnp.float32)[None], (BLOCK, GRID))
    normals = jnp.zeros((BLOCK, LIGHT_NORMALS))
    light = galaxy_light(truth, axis[:, None], axis[:, :, None], pixel, normals, bands)
    return np.asarray(light, np.float64) * (FRAME / GRID) ** 2


def observed(truth: dict[str, jax.Array]) -> np.ndarray:
    """Look at galaxies through the clean survey, in grey values."""
    keys = jax.random.split(jax.random.key(0), BLOCK)
    return np.asarray(observe(truth, keys, survey=CLEAN, size=GRID, grid=GRID), np.float64)[..., 0]


def positions() -> np.ndarray:
    """Positions of the pixels of a stamp along an axis, in units of r90 from its middle."""
    return (np.arange(GRID) - (GRID - 1) / 2) * FRAME / GRID


# How many, which, and the same again


def test_stamps_are_coloured_bytes(galaxies):
    """Stamps are uint8 of the asked size with three channels, and the classes are those of Galaxy Zoo 2."""
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
    """Another seed gives other galaxies, and no stamp stands twice, across blocks neither."""
    other = simulate_galaxies(100, seed=5, class_counts=[20] * 5)
    assert not np.isin(other.table["angle"], galaxies.table["angle"]).any()
    assert len(np.unique(galaxies.stamps.reshape(100, -1), axis=0)) == 100


def test_a_galaxy_does_not_depend_on_how_many_there_are():
    """A galaxy is decided by the seed, its number and its class: of one class, ten are the first of twenty."""
    ten, twenty = (simulate_galaxies(n, seed=3, class_counts={"spiral": n}) for n in (10, 20))
    same_truth(ten, twenty[:10])
    np.testing.assert_array_equal(ten.stamps, twenty.stamps[:10])


def test_a_galaxy_keeps_its_number_in_a_mixture(galaxies):
    """What does not depend on the class is that of the galaxy's number, whatever the labels are."""
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
    """Labels stand in random order."""
    assert (np.diff(galaxies.labels) < 0).sum() > 10


def test_old_name_still_works():
    """`simulate_galaxies` was once in the room of data, and is found there."""
    assert galmorph.data.simulate_galaxies is simulate_galaxies


def test_shards_are_the_whole_in_pieces(galaxies):
    """Shards put together are bit for bit what is simulated at once; the last one holds what is left."""
    shards = list(simulate_shards(100, shard=40, seed=4, class_counts=[20] * 5))
    assert [len(shard) for shard in shards] == [40, 40, 20]
    np.testing.assert_array_equal(np.concatenate([shard.stamps for shard in shards]), galaxies.stamps)
    np.testing.assert_array_equal(np.concatenate([shard.labels for shard in shards]), galaxies.labels)
    assert (np.concatenate([shard.table["r90"] for shard in shards]) == galaxies.table["r90"]).all()


# The table


def test_table_is_documented(galaxies):
    """Each column tells its meaning, and angles, lengths on the sky and in the stamp their unit."""
    assert all(column.description for column in galaxies.table.itercols())
    units = {name: str(galaxies.table[name].unit) for name in ("r90", "angle", "effective_radius")}
    assert units == {"r90": "arcsec", "angle": "deg", "effective_radius": "pix"}


def test_table_is_in_pixels_of_the_stamp():
    """A stamp is 4 r90 wide: at 80 pixels, r90 is 20 of them; the middle is at 39.5."""
    table = _table({name: np.ones(3, np.float32) for name in COLUMNS}, 80)
    np.testing.assert_array_equal(table["effective_radius"], 20)
    np.testing.assert_array_equal(table["x"], 39.5 + 20)
    np.testing.assert_array_equal(table["r90"], 1)


def test_truth_is_finite(galaxies):
    """Every parameter but the stage, which Galaxy Zoo lacks, is a number; fractions and axis ratios are possible."""
    assert [column.name for column in galaxies.table.itercols() if not np.isfinite(column).all()] == ["stage"]
    for name in ("axis_ratio", "bulge_axis_ratio"):
        assert (galaxies.table[name] > 0).all()
        assert (galaxies.table[name] <= 1).all()
    parts = sum(np.asarray(galaxies.table[name]) for name in ("bulge_fraction", "bar_fraction", "ring_fraction"))
    assert parts.min() >= 0
    assert parts.max() < 1


def test_parts_belong_to_classes(galaxies):
    """Spirals and only spirals have arms; discs on edge stand only among the edge-on."""
    spiral = galaxies.labels == galaxies.classes.index("spiral")
    edge_on = galaxies.labels == galaxies.classes.index("edge_on")
    np.testing.assert_array_equal(galaxies.table["arm_number"] > 0, spiral)
    assert not (galaxies.table["scale_length"] > 0)[~edge_on].any()
    assert (galaxies.table["scale_length"] > 0)[edge_on].any()


@pytest.mark.parametrize("population", [GALAXY_ZOO_2, HUBBLE])
def test_what_is_drawn_for_different_things_does_not_depend_on_each_other(population):
    """Among galaxies of one kind, size on the sky, brightness, angle, noise and axis ratio are not correlated."""
    names = ("r90", "brightness", "angle", "axis_ratio", "stretch", "psf_fwhm")
    labels = jnp.zeros(4_000, jnp.int32)  # one class: the first, whose axis ratio is a draw of its own
    truth = draw_population(jax.random.split(jax.random.key(3), 4_000), labels, population, SDSS)
    correlation = spearmanr(np.stack([truth[name] for name in names], axis=1)).statistic
    np.testing.assert_allclose(correlation, np.eye(len(names)), atol=0.08)  # five standard deviations


def test_smooth_discs_are_as_round_as_ellipticals():
    """Whether a smooth galaxy is a disc, and its colour, tell nothing of its axis ratio."""
    labels = jnp.ones(4_000, jnp.int32)
    truth = draw_population(jax.random.split(jax.random.key(4), 4_000), labels, GALAXY_ZOO_2, SDSS)
    disc = np.asarray(truth["bulge_fraction"]) > 0
    assert kstest(truth["axis_ratio"][disc], truth["axis_ratio"][~disc]).pvalue > 1e-3
    assert abs(spearmanr(truth["axis_ratio"], truth["colour"]).statistic) < 0.08


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


def test_one_band_is_one_channel(clean):
    """A survey of one band gives stamps of one channel."""
    assert clean.stamps.shape == (80, 64, 64, 1)


def test_ring_has_the_brightness_of_the_table(clean):
    """Without sky, light between 0.4 and 0.6 r90 is what the table's grey value is stretched from, in every class."""
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


def test_border_is_dark_where_nothing_is():
    """A galaxy that ends well within the stamp has a border of zeros: no sky, no noise, no neighbour, no JPEG."""
    stamps = observed(truth_of(effective_radius=0.3, sersic_index=0.5, brightness=100, stretch=50))
    np.testing.assert_array_equal(np.delete(stamps, np.s_[4:-4], axis=1), 0)
    np.testing.assert_array_equal(np.delete(stamps, np.s_[4:-4], axis=2), 0)
    assert stamps.max() > 100


def test_brightness_is_that_of_the_ring():
    """Light that is even around the middle has the asked grey value between 0.4 and 0.6 r90."""
    brightness = np.linspace(20, 160, BLOCK)
    stamps = observed(truth_of(effective_radius=1.5, sersic_index=0.5, brightness=brightness, stretch=50))
    distance = np.hypot(positions(), positions()[:, None])
    ring = stamps[:, (distance > 0.4) & (distance < 0.6)].mean(axis=1)
    np.testing.assert_allclose(ring, brightness, atol=1)


def test_noise_has_its_standard_deviation():
    """On a sky I far from the galaxy, grey values scatter by the noise times the slope S / sqrt(1 + I^2)."""
    body = {"effective_radius": 0.2, "sersic_index": 0.5, "brightness": 50, "stretch": 50}
    corners = observed(truth_of(noise=0.15, sky=1, **body))[:, :12, :12]
    assert corners.mean() == pytest.approx(50 * np.arcsinh(1), abs=0.5)
    assert corners.std() == pytest.approx(0.15 * 50 / np.sqrt(2), rel=0.03)


def test_moments_give_axis_ratio_and_angle():
    """Eigenvalues of the second moments give the axis ratio, the larger one's axis the angle, first moments x and y."""
    rng = np.random.default_rng(0)
    axis_ratio, angle = rng.uniform(0.4, 0.9, BLOCK), rng.uniform(0, 180, BLOCK)
    x0, y0 = rng.uniform(-0.1, 0.1, (2, BLOCK))
    body = {"effective_radius": 0.6, "sersic_index": 0.5}
    light = light_of(truth_of(x=x0, y=y0, axis_ratio=axis_ratio, angle=angle, **body))[:, 0]
    total = light.sum(axis=(1, 2))
    np.testing.assert_allclose(total, 1, atol=1e-2)
    axis = positions()
    x, y = light.sum(axis=1) @ axis / total, light.sum(axis=2) @ axis / total
    np.testing.assert_allclose(np.stack([x, y]), [x0, y0], atol=2e-3)
    across = np.einsum("gyx,y,x->g", light, axis, axis) / total - x * y
    along_x = light.sum(axis=1) @ axis**2 / total - x**2
    along_y = light.sum(axis=2) @ axis**2 / total - y**2
    values, vectors = np.linalg.eigh(np.stack([along_x, across, across, along_y], axis=1).reshape(-1, 2, 2))
    np.testing.assert_allclose(np.sqrt(values[:, 0] / values[:, 1]), axis_ratio, atol=0.01)
    found = np.rad2deg(np.arctan2(vectors[:, 1, 1], vectors[:, 0, 1]))
    assert abs((found - angle + 90) % 180 - 90).max() < 0.5


def test_colour_runs_from_level_to_level_and_slope():
    """Light of colour t has brightness level + slope t in a band, of the body and of the bulge."""
    colour = np.linspace(0, 1, BLOCK)
    bands = (Band("a", 1.0, 0.0), Band("b", 0.5, 0.7))
    light = light_of(truth_of(effective_radius=0.4, sersic_index=1.0, colour=colour, bulge_colour=colour), bands)
    green, red = light.sum(axis=(2, 3)).T
    np.testing.assert_allclose(green, green[0], rtol=1e-5)
    np.testing.assert_allclose(red / green, 0.5 + 0.7 * colour, rtol=1e-4)


def test_parts_share_one_flux():
    """However much of it is in bulge, bar, ring and arms, the light of a face-on galaxy is one."""
    rng = np.random.default_rng(1)
    bulge, bar, ring, arms = rng.uniform(0, 0.3, (4, BLOCK))
    truth = truth_of(
        effective_radius=0.5, sersic_index=0.6, bulge_radius=0.2, bulge_index=1.0, bar_length=0.4, ring_radius=0.6,
        bulge_fraction=bulge, bar_fraction=bar, ring_fraction=ring, arm_fraction=arms, arm_number=2, arm_radius=0.3,
        pitch_angle=20,
    )  # fmt: skip
    np.testing.assert_allclose(light_of(truth).sum(axis=(1, 2, 3)), 1, atol=0.03)


def test_dust_darkens_a_disc_on_edge_by_less_than_half():
    """In the plane of a disc on edge, optical depth tau lets (1 + exp(-tau)) / 2 of the light through."""
    depth = np.linspace(0, 3, BLOCK)
    truth = truth_of(
        axis_ratio=0.25, scale_length=0.5, scale_height=0.2, height_power=2.0, truncation_radius=1.6, dust_depth=depth
    )
    light = light_of(truth)[:, 0]
    middle = light[:, GRID // 2 - 1 : GRID // 2 + 1, GRID // 2 - 1 : GRID // 2 + 1].mean(axis=(1, 2))
    ratio = middle / middle[0]
    assert (ratio > (1 + np.exp(-depth)) / 2 - 1e-4).all()
    np.testing.assert_allclose(ratio, (1 + np.exp(-depth)) / 2, rtol=0.1)


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
