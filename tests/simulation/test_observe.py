"""Telescope and archive: size in pixels, stretch and noise, each alone, and complete observations."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from clean_survey import CLEAN, GRID, positions, through, truth_of
from hypothesis import given
from hypothesis import strategies as st

from galmorph.simulation import Band
from galmorph.simulation._observe import _correlated, native_size, observe, stretched
from galmorph.simulation._simulate import BLOCK

GREY = Band("r", 1.0, 0.0)
SIDE = 64


@given(r90=st.floats(0.5, 100), scale=st.floats(0.05, 2))
def test_native_size_is_four_r90_within_its_bounds(r90, scale):
    """A stamp has as many pixels as the survey has in 4 r90, but at least 32 and at most 72."""
    telescopes = through(replace(CLEAN, pixel_scale=scale), 1)
    (pixels,) = np.asarray(native_size(jnp.full(1, r90), jnp.ones(1), telescopes))
    smallest, largest = CLEAN.stamp_pixels
    assert smallest <= pixels <= largest
    assert pixels in (smallest, largest) or pixels == pytest.approx(4 * r90 / scale, abs=0.51)


@given(light=st.lists(st.floats(0.0625, 1024, width=32), min_size=3, max_size=3), stretch=st.floats(10, 100))
def test_stretch_keeps_the_ratios_of_the_bands(light, stretch):
    """Grey values have the ratios of the light, also in pixels that reach white, and stay between 0 and 255."""
    one = jnp.asarray(light, jnp.float32)[None, :, None, None]
    grey = np.asarray(stretched(one, jnp.full((1, 1, 1, 1), stretch)))[0, :, 0, 0]
    np.testing.assert_allclose(grey / grey.max(), np.array(light) / max(light), rtol=1e-4)
    assert grey.min() >= 0
    assert grey.max() <= 255
    if grey.max() < 254.9:
        assert grey.mean() == pytest.approx(stretch * np.arcsinh(np.mean(light)), rel=1e-4)


def test_stretch_goes_smoothly_through_zero():
    """Near zero, light is multiplied by S, because the slope of asinh is 1 there; below zero it is black."""
    light = jnp.asarray([-1e-2, -1e-4, 0, 1e-4, 1e-2], jnp.float32)[None, None, None, :]
    grey = stretched(light, jnp.full((1, 1, 1, 1), 50.0))
    np.testing.assert_allclose(grey[0, 0, 0], [0, 0, 0, 5e-3, 0.5], rtol=1e-3)


@pytest.fixture(scope="module")
def white_noise():
    """Independent normal numbers in three bands."""
    return jax.random.normal(jax.random.key(3), (8, 3, SIDE, SIDE))


@pytest.mark.parametrize("common", [0.0, 0.3, 1.0])
def test_noise_in_common_is_the_correlation_between_bands(white_noise, common):
    """Any two bands have the given correlation, and each has its own standard deviation."""
    bands = (GREY, replace(GREY, noise=2.0), replace(GREY, noise=0.5))
    noise = np.asarray(_correlated(white_noise, through(replace(CLEAN, bands=bands, noise_in_common=common), 8)))
    noise = noise.swapaxes(0, 1).reshape(3, -1)
    np.testing.assert_allclose(noise.std(axis=1), [1, 2, 0.5], rtol=0.02)
    np.testing.assert_allclose(np.corrcoef(noise)[[0, 0, 1], [1, 2, 2]], common, atol=0.02)


@pytest.mark.parametrize("weight", [0.2, 0.5])
def test_smoothing_mixes_neighbouring_pixels_and_keeps_the_scatter(white_noise, weight):
    """Mixing w of both neighbours correlates them by 2 w / (1 + 2 w^2), along rows and along columns."""
    noise = np.asarray(_correlated(white_noise, through(replace(CLEAN, bands=(GREY,) * 3, noise_smoothing=weight), 8)))
    assert noise.std() == pytest.approx(1, rel=0.03)
    for axis in (2, 3):
        together = (noise * np.roll(noise, 1, axis)).mean() / noise.var()
        assert together == pytest.approx(2 * weight / (1 + 2 * weight**2), abs=0.02)


def observed(truth: dict[str, jax.Array]) -> np.ndarray:
    """Observe galaxies with the clean survey, in grey values."""
    keys = jax.random.split(jax.random.key(0), BLOCK)
    stamps = observe(truth, keys, telescopes=through(CLEAN), size=GRID, grid=GRID, jpeg=False, plain=True)
    return np.asarray(stamps, np.float64)[..., 0]


@pytest.mark.slow
def test_border_is_dark_where_nothing_is():
    """A galaxy that ends well within the stamp has a border of zeros: no sky, no noise, no neighbour, no JPEG."""
    stamps = observed(truth_of(effective_radius=0.3, sersic_index=0.5, brightness=100, stretch=50))
    np.testing.assert_array_equal(np.delete(stamps, np.s_[4:-4], axis=1), 0)
    np.testing.assert_array_equal(np.delete(stamps, np.s_[4:-4], axis=2), 0)
    assert stamps.max() > 100


def test_brightness_is_that_of_the_ring():
    """Light that is even around the middle has its grey value between 0.4 and 0.6 r90."""
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
