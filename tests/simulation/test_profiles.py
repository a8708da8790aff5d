"""Light profiles against analytic results, SciPy's Bessel function and astropy's models."""

import jax
import numpy as np
import pytest
from astropy.modeling.models import Sersic2D
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaincinv, kn

from galmorph import simulation
from galmorph.simulation import dust_depth, sersic_b

# Compiled as a whole, which is faster than to compile each of their operations.
deproject, edge_on_profile, ring_profile, sersic_profile = map(
    jax.jit, (simulation.deproject, simulation.edge_on_profile, simulation.ring_profile, simulation.sersic_profile)
)


def grid(half: float, step: float = 1.0) -> list[np.ndarray]:
    """Positions around a centre, out to half a side, none of them at the centre itself."""
    axis = np.arange(-half + step / 2, half, step)
    return np.meshgrid(axis, axis)


@pytest.mark.parametrize(("index", "tolerance"), [(0.5, 2e-2), (1.0, 5e-4), (2.5, 1e-5), (4.0, 1e-5)])
def test_sersic_profile_is_astropys_up_to_its_flux(index, tolerance):
    """The shape agrees with astropy's Sersic2D; below n = 1, the series for b_n is less exact in the outskirts."""
    x, y = grid(20)
    u, v = deproject(x, y, axis_ratio=0.6, angle=0.7)
    ours = np.asarray(sersic_profile(np.hypot(u, v), effective_radius=5.0, index=index, axis_ratio=0.6), np.float64)
    theirs = Sersic2D(amplitude=1, r_eff=5, n=index, ellip=0.4, theta=0.7)(x, y)
    near = theirs > 1e-3 * theirs.max()
    np.testing.assert_allclose((ours / ours[20, 25])[near], (theirs / theirs[20, 25])[near], rtol=tolerance)


@pytest.mark.parametrize("index", [0.4, 0.5, 1.0, 2.0])
def test_sersic_profile_has_flux_one(index):
    """The sum over the sky is 1, whatever the axis ratio."""
    x, y = grid(100, 0.25)
    u, v = deproject(x, y, axis_ratio=0.5, angle=0.0)
    light = sersic_profile(np.hypot(u, v), effective_radius=8.0, index=index, axis_ratio=0.5)
    assert float(light.sum()) * 0.25**2 == pytest.approx(1, abs=5e-3)


@pytest.mark.parametrize("index", [0.5, 1.0, 4.0])
def test_half_of_the_light_lies_within_the_effective_radius(index):
    """The growth curve 2 pi r I(r) reaches 1/2 at the effective radius."""
    r = np.linspace(0, 5, 200_001)[1:]
    light = np.asarray(sersic_profile(r, effective_radius=5.0, index=index, axis_ratio=1.0))
    assert np.trapezoid(2 * np.pi * r * light, r) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(("index", "tolerance"), [(0.4, 3e-3), (0.5, 3e-3), (1.0, 1e-4), (2.0, 1e-5), (8.0, 1e-5)])
def test_sersic_b_puts_half_of_the_light_into_the_effective_radius(index, tolerance):
    """With b, half of the light lies within R_e (m / b)^n, where m is the median of the gamma distribution of 2n."""
    assert (gammaincinv(2 * index, 0.5) / float(sersic_b(index))) ** index == pytest.approx(1, abs=tolerance)


def test_an_exponential_disc_has_its_scale_length():
    """For n = 1, R_e is 1.678 scale lengths (Ciotti & Bertin 1999): the profile falls by e in one of them."""
    r = np.array([1.0, 2.0])
    light = sersic_profile(r, effective_radius=1.67834699, index=1.0, axis_ratio=1.0)
    assert float(light[0] / light[1]) == pytest.approx(np.e, rel=1e-4)


@given(st.floats(0.05, 1), st.floats(0, np.pi))
def test_deproject_makes_the_isophote_a_circle(axis_ratio, angle):
    """Points on an ellipse of semi-major axis 3 lie at radius 3 in the plane of the disc."""
    turn = np.linspace(0, 2 * np.pi, 17)
    along, across = 3 * np.cos(turn), 3 * axis_ratio * np.sin(turn)
    x = along * np.cos(angle) - across * np.sin(angle)
    y = along * np.sin(angle) + across * np.cos(angle)
    u, v = deproject(x, y, axis_ratio=axis_ratio, angle=angle)
    np.testing.assert_allclose(np.hypot(u, v), 3, rtol=1e-4)


def test_edge_on_profile_has_flux_one():
    """The sum of the projected disc over the sky is 1, for the isothermal disc and for more peaked ones."""
    x, z = grid(80, 0.5)
    for power in (1.0, 1.5, 2.0):
        light = edge_on_profile(x, z, scale_length=6.0, scale_height=2.0, height_power=power)
        assert float(light.sum()) * 0.5**2 == pytest.approx(1, abs=3e-3)


def test_edge_on_profile_follows_the_bessel_function():
    """Along the disc, light goes as s K1(s), which is 1 in the middle; SciPy has the function."""
    s = np.geomspace(1e-3, 20, 200)
    light = edge_on_profile(6 * s, np.zeros(200), scale_length=6.0, scale_height=2.0)
    middle = edge_on_profile(0.0, 0.0, scale_length=6.0, scale_height=2.0)
    np.testing.assert_allclose(light / middle, s * kn(1, s), rtol=3e-5)


@pytest.mark.parametrize("power", [1.0, 1.4, 2.0])
def test_edge_on_profile_falls_like_a_power_of_sech(power):
    """Across the disc, light goes as sech^p: one scale height above the plane, 0.648054^p of it is left."""
    z = np.array([0.0, 2.0])
    light = edge_on_profile(np.full(2, 4.0), z, scale_length=6.0, scale_height=2.0, height_power=power)
    assert float(light[1] / light[0]) == pytest.approx(0.64805427**power, rel=1e-5)


def test_edge_on_profile_ends_in_zero_far_away():
    """Far from the disc, light goes to zero, without overflow or NaN."""
    light = edge_on_profile(
        np.array([0.0, 1e4]), np.array([1e4, 0.0]), scale_length=6.0, scale_height=2.0, height_power=1.5
    )
    np.testing.assert_array_equal(light, 0)


def test_dust_thins_out_along_the_disc_and_away_from_it():
    """Optical depth falls by e in a scale length, and to sech^2(1) = 0.41997 one scale height above the plane."""
    x, z = np.array([0.0, 5.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 50.0])
    depth = dust_depth(x, z, scale_length=5.0, scale_height=1.0, depth=0.8)
    np.testing.assert_allclose(depth, [0.8, 0.8 / np.e, 0.8 * 0.41997434, 0], rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("axis_ratio", [1.0, 0.4])
def test_ring_has_flux_one_and_its_crest_at_its_radius(axis_ratio):
    """The sum of a thin inclined ring over the sky is 1; it falls to exp(-1/2) one width from its crest."""
    x, y = grid(20, 0.1)
    ring = {"ring_radius": 10.0, "width": 1.0, "axis_ratio": axis_ratio}
    u, v = deproject(x, y, axis_ratio=axis_ratio, angle=0.5)
    assert float(ring_profile(np.hypot(u, v), **ring).sum()) * 0.1**2 == pytest.approx(1, abs=2e-3)
    crest, beside = ring_profile(np.array([10.0, 11.0]), **ring)
    assert float(beside / crest) == pytest.approx(np.exp(-0.5), rel=1e-5)
