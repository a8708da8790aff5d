"""The benchmarks that compare simulated with real galaxies: their measures agree with the published definitions."""

import importlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.optimize import brentq
from scipy.special import gammainc, gammaincinv

from galmorph.data import GALAXY_ZOO_2_CLASSES


@pytest.fixture(scope="module")
def load(repository):
    """Import a script or module of the folder benchmarks, which is not a package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(repository / "benchmarks")
        yield importlib.import_module


@pytest.fixture(scope="module")
def measures(load):
    """The module that measures stamps."""
    return load("_stamp_measures")


def sersic_rings(index, edges):
    """Mean light of rings of a galaxy with effective radius 1 and light 1, from the exact growth curve."""
    b = gammaincinv(2 * index, 0.5)
    light = gammainc(2 * index, b * edges ** (1 / index))
    return np.diff(light, prepend=0) / (np.pi * np.diff(edges**2, prepend=0)), light


def gaussian(*, axis_ratio=1.0, sigma=8.0, angle=0.0, size=80, peak=150.0):
    """A galaxy with elliptical isophotes in the middle of a stamp."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return peak * np.exp(-(u**2 + (v / axis_ratio) ** 2) / (2 * sigma**2))


def as_stamps(light, *, colour=(1.0, 1.0, 1.0), sky=10.0, noise=0.0, n=4, seed=0):
    """Byte stamps of a galaxy with sky and noise of its own in each channel."""
    rng = np.random.default_rng(seed)
    stamps = light[None, :, :, None] * np.array(colour) + sky + noise * rng.standard_normal((n, *light.shape, 3))
    return np.clip(np.rint(stamps), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("index", [1, 4])
def test_growth_adds_up_to_the_light_within(measures, index):
    """Rings of exact mean light add up to the exact growth curve."""
    edges = np.arange(1, 200) * 0.05
    rings, light = sersic_rings(index, edges)
    np.testing.assert_allclose(measures.growth(rings[None], edges)[0], light, rtol=1e-9)


@pytest.mark.parametrize(("index", "published"), [(1, 2.16), (4, 1.82)])
def test_petrosian_radius_of_a_sersic_profile(measures, index, published):
    """For eta = 0.2 it is 2.16 R_e for an exponential and 1.82 R_e for de Vaucouleurs' law (Graham & Driver 2005)."""
    edges = np.arange(1, 400) * 0.01
    rings, light = sersic_rings(index, edges)
    assert measures.petrosian_radius(light[None], rings[None], edges)[0] == pytest.approx(published, abs=0.015)


@pytest.mark.parametrize(("index", "published"), [(1, 2.7), (4, 5.2)])
def test_concentration_of_a_sersic_profile(measures, index, published):
    """C is about 2.7 for an exponential and 5.2 for de Vaucouleurs' law (Bershady et al. 2000), and exactly theirs."""
    edges = np.geomspace(1e-3, 1000, 4000)
    _, light = sersic_rings(index, edges)
    r20, r80 = measures.light_radii(light[None], edges, edges[-1:], (0.2, 0.8))[:, 0]
    b = gammaincinv(2 * index, 0.5)
    exact = [
        brentq(lambda r, part=part: gammainc(2 * index, b * r ** (1 / index)) - part, 1e-4, 100) for part in (0.2, 0.8)
    ]
    assert 5 * np.log10(r80 / r20) == pytest.approx(5 * np.log10(exact[1] / exact[0]), abs=0.01)
    assert 5 * np.log10(r80 / r20) == pytest.approx(published, abs=0.15)


def test_concentration_of_a_stamp(measures):
    """A Gaussian has C = 5 log10 sqrt(ln 0.2 / ln 0.8) = 2.14 and half of its light within 1.177 sigma."""
    found = measures.measure(as_stamps(gaussian(sigma=8.0, peak=200)))
    np.testing.assert_allclose(found["C"], 5 * np.log10(np.sqrt(np.log(0.2) / np.log(0.8))), atol=0.05)
    np.testing.assert_allclose(found["r50"], 1.1774 * 8 / 20, rtol=0.02)


def test_asymmetry_of_a_symmetric_galaxy_is_0(measures):
    """It is 0 also if the centre of symmetry is half a pixel off the middle."""
    y, x = np.indices((41, 41)) - 20.0
    disc = np.hypot(x, y) < 15
    light = np.stack([np.exp(-(x**2 + 0.5 * x * y + 2 * y**2) / 60), np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) / 60)])
    np.testing.assert_allclose(measures.asymmetry(light, disc, np.zeros((2, 4, 8, 8))), 0, atol=1e-12)


def test_asymmetry_of_light_on_one_side_is_2(measures):
    """No pixel has a counterpart, for any centre."""
    y, x = np.indices((41, 41)) - 20.0
    light = np.where((x > 4) & (x < 12) & (np.abs(y) < 8), 3.0, 0.0)
    disc = np.hypot(x, y) < 18
    assert measures.asymmetry(light[None], disc, np.zeros((1, 4, 8, 8)))[0] == pytest.approx(2)


def test_asymmetry_does_without_that_of_the_noise(measures):
    """A round galaxy under noise stays near 0, where the noise alone would make several tenths."""
    rng = np.random.default_rng(1)
    y, x = np.indices((61, 61)) - 30.0
    light = 20 * np.exp(-np.hypot(x, y) / 8) + 2 * rng.standard_normal((50, 61, 61))
    sky = 2 * rng.standard_normal((50, 4, 12, 12))
    disc = np.hypot(x, y) < 20
    without = measures.asymmetry(light, disc, np.zeros_like(sky))
    assert without.mean() > 0.3
    assert abs(measures.asymmetry(light, disc, sky).mean()) < 0.05


@given(st.floats(0.1, 100), st.integers(2, 40))
def test_gini_is_0_for_equal_and_1_for_a_single_pixel(measures, light, pixels):
    """The ends of the scale (Lotz et al. 2004), whatever the brightness and the number of pixels."""
    alone = np.zeros((1, pixels))
    alone[0, 0] = light
    assert measures.gini(np.full((1, pixels), light))[0] == pytest.approx(0, abs=1e-9)
    assert measures.gini(alone)[0] == pytest.approx(1)


def test_gini_by_hand(measures):
    """Of 1, 2, 3: (-2 + 0 + 6) / (2 * 3 * 2) = 1/3; order and sign play no part."""
    assert measures.gini(np.array([[3.0, -1.0, 2.0]]))[0] == pytest.approx(1 / 3)


def test_m20_by_hand(measures):
    """The brightest pixel of 20 at distance 1 has a fifth of 100; the moments are 20 and 20 + 80 * 9."""
    pixels = np.array([[20.0, *[4.0] * 20]])
    places = np.array([[1.0] + [3.0] * 20, [0.0] * 21])
    assert measures.m20(pixels, places)[0] == pytest.approx(np.log10(20 / 740))


def test_clumpiness_is_the_light_in_small_structure(measures):
    """Smooth light has none; single pixels with a tenth of the light add ten times a tenth of what they exceed."""
    flat = np.full((1, 60, 60), 10.0)
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    sky = np.zeros((1, 4, 9, 9))
    assert measures.clumpiness(flat, mask, sky, width=5)[0] == pytest.approx(0, abs=1e-9)
    spotted = flat.copy()
    spotted[0, 14:50:10, 14:50:10] += 100.0  # 16 pixels, more than 5 apart
    # Each exceeds the mean of its 25 pixels by 100 - 100 / 25; the others lie below it.
    assert measures.clumpiness(spotted, mask, sky, width=5)[0] == pytest.approx(10 * 16 * 96 / (16_000 + 1_600))


@pytest.mark.parametrize("axis_ratio", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_axis_ratio_of_an_ellipse(measures, axis_ratio, angle):
    """Moments within an isophote give the axis ratio, at any angle."""
    found = measures.measure(as_stamps(gaussian(axis_ratio=axis_ratio, angle=angle)))
    np.testing.assert_allclose(found["q"], axis_ratio, atol=0.02)


def test_sky_noise_and_colours_are_those_put_in(measures):
    """Independent noise of 4 grey values on a sky of 20, and a galaxy of colours 1.2 : 1 : 0.8."""
    found = measures.measure(as_stamps(gaussian(peak=120), colour=(1.2, 1, 0.8), sky=20, noise=4, n=24))
    for channel in "RGB":
        assert np.mean(found[f"noise {channel}"]) == pytest.approx(4, abs=0.15)
        assert np.mean(found[f"sky {channel}"]) == pytest.approx(20, abs=0.3)
    for name in ("corr 1", "corr 2", "corr RG", "corr GB", "sky scatter", "black"):
        assert np.mean(found[name]) == pytest.approx(0, abs=0.35 if name == "sky scatter" else 0.03)
    assert np.mean(found["R/G"]) == pytest.approx(1.2, abs=0.01)
    assert np.mean(found["B/G"]) == pytest.approx(0.8, abs=0.01)
    assert np.mean(found["R/G out"]) == pytest.approx(1, abs=0.02)


def test_noise_of_pairs_of_pixels_is_correlated(measures):
    """The mean of two neighbours of white noise correlates with the next by one half, and no farther."""
    rng = np.random.default_rng(0)
    white = rng.normal(0, 8, (24, 81, 81))
    noise = white[:, 1:, :-1] + white[:, 1:, 1:] + white[:, :-1, :-1] + white[:, :-1, 1:]
    stamps = np.clip(np.rint(128 + noise[..., None] / 2 + np.zeros(3)), 0, 255).astype(np.uint8)
    found = measures.measure(stamps)
    assert np.mean(found["corr 1"]) == pytest.approx(0.5, abs=0.04)
    assert np.mean(found["corr 2"]) == pytest.approx(0, abs=0.05)
    assert np.mean(found["corr RG"]) == pytest.approx(1, abs=0.01)


def test_arms_turn_and_bars_do_not(measures):
    """Mode 2 of a logarithmic spiral winds up with radius; that of a bar or an ellipse points one way."""
    y, x = np.indices((80, 80)) - 39.5
    r, theta = np.hypot(x, y), np.arctan2(y, x)
    disc = 150 * np.exp(-r / 9)
    arms = disc * (1 + 0.6 * np.cos(2 * (theta - np.log(np.maximum(r, 1)) / np.tan(np.radians(12)))))
    spiral, ellipse = (measures.measure(as_stamps(light)) for light in (arms, gaussian(axis_ratio=0.6)))
    assert spiral["twist"].min() > 0.5
    assert ellipse["twist"].max() < 0.02
    np.testing.assert_allclose(spiral["m2"], 0.6, atol=0.06)


def test_every_measure_is_there_and_a_mirror_image_has_the_same(measures):
    """Mirrored stamps have the same measures, and each measure belongs to a group."""
    stamps = as_stamps(gaussian(axis_ratio=0.5, angle=0.4) + gaussian(sigma=2, peak=60), noise=3, n=6)
    found, mirrored = measures.measure(stamps), measures.measure(stamps[:, :, ::-1])
    assert list(found) == list(measures.MEASURES)
    assert sorted(name for group in measures.GROUPS.values() for name in group) == sorted(measures.MEASURES)
    for name, values in found.items():
        assert values.shape == (6,)
        np.testing.assert_allclose(values, mirrored[name], rtol=0.03, atol=0.02, err_msg=name)


def test_an_empty_stamp_is_measured_too(measures):
    """A stamp without a galaxy gives numbers or NaN, not an error."""
    found = measures.measure(np.full((2, 80, 80, 3), 7, np.uint8))
    assert found["sky R"].tolist() == [7, 7]
    assert np.isnan(found["R/G"]).all()


def test_telling_apart(load):
    """Samples of one distribution can't be distinguished; those with a shift or another scatter can."""
    realism = load("realism")
    rng = np.random.default_rng(0)
    same, again = ({name: rng.normal(size=150) for name in "ab"} for _ in range(2))
    wider = {**again, "a": 4 * again["a"]}
    assert realism.tell_apart(same, again, "ab", seed=0) < 0.62
    assert realism.tell_apart(same, wider, "ab", seed=0) > 0.7
    assert realism.tell_apart(same, {name: values + 3 for name, values in again.items()}, "ab", seed=0) > 0.95
    assert realism.distance(np.array([1.0, 2.0, np.nan]), np.array([3.0, 4.0])) == 1


@pytest.mark.filterwarnings("ignore:no galaxy of the classes:galmorph.errors.DatasetWarning")
def test_halves_by_parity(load, tmp_path):
    """For one half, no image of the other half is opened; a stamp is the middle 200 pixels of 424."""
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    frames = {}
    for number in (100, 102):
        frames[number] = rng.integers(0, 255, (424, 424, 3)).astype(np.uint8)
        Image.fromarray(frames[number]).save(tmp_path / "images" / f"{number}.png")
    (tmp_path / "images" / "101.png").write_bytes(b"no image")
    (tmp_path / "labels.csv").write_text("GalaxyID,class\n100,spiral\n101,spiral\n102,edge_on\n")
    loader = load("_real_galaxies")
    for _ in range(2):  # read, and kept
        galaxies = loader.real_galaxies(tmp_path, "even", size=200, keep=tmp_path)
        assert loader.galaxy_ids(galaxies).tolist() == [100, 102]
        np.testing.assert_array_equal(galaxies.stamps[0], frames[100][112:312, 112:312])


@given(st.integers(1, 10_000), st.lists(st.floats(0.01, 1), min_size=5, max_size=5))
def test_shares_become_whole_numbers(load, n, shares):
    """Counts sum to n, and each is exact to less than one galaxy."""
    counts = load("simulated_to_real").shared_out(n, shares)
    assert sum(counts) == n
    assert np.abs(np.array(counts) - n * np.array(shares) / sum(shares)).max() < 1


def test_table_of_results(load, capsys):
    """Seeds of the newest settings are averaged; those of older settings and of the other half are left out."""
    script = load("simulated_to_real")

    def result(accuracy, seed, *, half="odd", n=2):
        numbers = {"accuracy": accuracy, "balanced": accuracy, "recall": dict.fromkeys(GALAXY_ZOO_2_CLASSES, accuracy)}
        settings = {"n": n, "seed": seed, "config": {"seed": seed}}
        return {"settings": settings, "row": "lenet", "without": "nothing", "seed": seed, "half": half, **numbers}

    results = [result(0.1, 0, n=1), result(0.8, 0), result(0.84, 1), result(0.2, 0, half="even")]
    script.print_table(results, half="odd")
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "LeNet" in line]
    assert row.startswith("| LeNet-5, simulated | 0, 1 | 0.820 ± 0.028 | 0.820 ± 0.028 |")
