"""Light profiles against analytic facts and astropy's models."""

import numpy as np
import pytest
from astropy.modeling.models import Sersic2D
from hypothesis import given, settings
from hypothesis import strategies as st

from galmorph.data._profiles import arm_pattern, deproject, dust_lane, edge_on_profile, sersic_profile


def grid(half, step=1.0):
    """Positions around a centre, out to half a side."""
    axis = np.arange(-half, half + step / 2, step)
    return np.meshgrid(axis, axis)


@pytest.mark.parametrize("index", [0.5, 1.0, 2.5, 4.0])
def test_sersic_profile_is_astropys_up_to_its_flux(index):
    """The shape agrees with astropy's Sersic2D, for any index, axis ratio and angle."""
    x, y = grid(20)
    u, v = deproject(x, y, axis_ratio=np.array(0.6), angle=np.array(0.7))
    ours = sersic_profile(
        np.hypot(u, v), effective_radius=np.array(5.0), index=np.array(index), axis_ratio=np.array(0.6)
    )
    theirs = Sersic2D(amplitude=1, r_eff=5, n=index, ellip=0.4, theta=0.7)(x, y)
    np.testing.assert_allclose(ours / ours[20, 25], theirs / theirs[20, 25], rtol=1e-9)


@pytest.mark.parametrize("index", [0.5, 1.0, 2.0])
def test_sersic_profile_has_flux_one(index):
    """The sum over the sky is 1, whatever the axis ratio."""
    x, y = grid(120, 0.2)
    u, v = deproject(x, y, axis_ratio=np.array(0.5), angle=np.array(0.0))
    light = sersic_profile(
        np.hypot(u, v), effective_radius=np.array(8.0), index=np.array(index), axis_ratio=np.array(0.5)
    )
    assert light.sum() * 0.04 == pytest.approx(1, abs=5e-3)


@pytest.mark.parametrize("index", [0.5, 1.0, 4.0])
def test_half_of_the_light_lies_within_the_effective_radius(index):
    """The growth curve 2 pi r I(r) reaches 1/2 at the effective radius."""
    r = np.linspace(0, 5, 200_001)[1:]
    light = sersic_profile(r, effective_radius=np.array(5.0), index=np.array(index), axis_ratio=np.array(1.0))
    assert np.trapezoid(2 * np.pi * r * light, r) == pytest.approx(0.5, abs=1e-3)


def test_an_exponential_disc_has_its_scale_length():
    """For n = 1, R_e is 1.678 scale lengths (Ciotti & Bertin 1999): the profile falls by e in one of them."""
    r = np.array([1.0, 2.0])
    light = sersic_profile(r, effective_radius=np.array(1.67834699), index=np.array(1.0), axis_ratio=np.array(1.0))
    assert light[0] / light[1] == pytest.approx(np.e, rel=1e-8)


@settings(deadline=None)
@given(st.floats(0.05, 1), st.floats(0, np.pi))
def test_deproject_makes_the_isophote_a_circle(axis_ratio, angle):
    """Points on an ellipse of semi-major axis 3 lie at radius 3 in the plane of the disc."""
    turn = np.linspace(0, 2 * np.pi, 17)
    along, across = 3 * np.cos(turn), 3 * axis_ratio * np.sin(turn)
    x = along * np.cos(angle) - across * np.sin(angle)
    y = along * np.sin(angle) + across * np.cos(angle)
    u, v = deproject(x, y, axis_ratio=np.array(axis_ratio), angle=np.array(angle))
    np.testing.assert_allclose(np.hypot(u, v), 3, rtol=1e-9)


def test_edge_on_profile_has_flux_one():
    """The sum of the projected disc over the sky is 1."""
    x, z = grid(80, 0.25)
    light = edge_on_profile(x, z, scale_length=np.array(6.0), scale_height=np.array(2.0))
    assert light.sum() * 0.0625 == pytest.approx(1, abs=2e-3)


def test_edge_on_profile_falls_like_the_square_of_sech():
    """One scale height above the plane, sech^2(1) = 0.41997 of the light is left."""
    light = edge_on_profile(
        np.array([4.0, 4.0]), np.array([0.0, 2.0]), scale_length=np.array(6.0), scale_height=np.array(2.0)
    )
    assert light[1] / light[0] == pytest.approx(0.41997434, rel=1e-6)


def test_dust_takes_at_most_the_half_behind_it():
    """Dust of infinite depth lets through the half of the stars before it; far from the plane nothing is lost."""
    through = dust_lane(
        np.zeros(2), np.array([0.0, 50.0]), scale_length=np.array(5.0), scale_height=np.array(1.0), depth=np.array(1e3)
    )
    np.testing.assert_allclose(through, [0.5, 1], atol=1e-12)


@pytest.mark.parametrize("number", [1.0, 2.0, 4.0])
def test_arms_only_share_out_the_light_of_a_circle(number):
    """The mean of the pattern over each circle is 1."""
    azimuth = np.linspace(-np.pi, np.pi, 3_600, endpoint=False)
    radius = np.array([1.0, 4.0, 9.0, 30.0])[:, None]
    pattern = arm_pattern(
        radius,
        azimuth,
        number=np.array(number),
        pitch=np.array(0.3),
        phase=np.array(1.0),
        inner_radius=np.array(4.0),
        sharpness=3.0,
    )
    np.testing.assert_allclose(pattern.mean(axis=1), 1, rtol=1e-6)


def test_arms_are_logarithmic_spirals_of_their_pitch():
    """The crest moves on by d ln r / tan(pitch) in azimuth: by 1 rad where r grows by the factor exp(tan 20 deg)."""
    azimuth = np.linspace(-np.pi, np.pi, 36_000, endpoint=False)
    radius = 20 * np.array([1, np.exp(np.tan(np.deg2rad(20)))])[:, None]
    pattern = arm_pattern(
        radius,
        azimuth,
        number=np.array(1.0),
        pitch=np.array(np.deg2rad(20)),
        phase=np.array(0.3),
        inner_radius=np.array(20.0),
        sharpness=3.0,
    )
    crests = azimuth[pattern.argmax(axis=1)]
    np.testing.assert_allclose(crests, [0.3, 1.3], atol=3e-4)
