"""Spiral arms against their definition."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.simulation import arm_pattern

CIRCLE = np.linspace(-np.pi, np.pi, 3_600, endpoint=False)
pattern = jax.jit(arm_pattern)


def on_circles(radii: list[float], **arms: float) -> np.ndarray:
    """Pattern of arms that begin at radius 4, along circles of the given radii, four at most."""
    r = np.resize(radii, 4)[:, None]  # always four, so that one shape is compiled
    arms = {"pitch": 0.3, "phase": 1.0, "inner_radius": 4.0, "sharpness": 3.0, "wander": 0.0} | arms
    return np.asarray(pattern(r * np.cos(CIRCLE), r * np.sin(CIRCLE), **arms), np.float64)[: len(radii)]


@pytest.mark.parametrize("number", [1.0, 2.0, 3.0, 4.0])
def test_arms_keep_the_light_of_each_circle(number):
    """The mean of the pattern over each circle is 1."""
    np.testing.assert_allclose(on_circles([1, 4, 9, 30], number=number).mean(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("number", [1.0, 2.0, 3.0, 4.0])
def test_there_are_as_many_crests_as_arms(number):
    """A circle crosses as many crests as there are arms, evenly spaced."""
    (light,) = on_circles([9], number=number)
    crests = np.flatnonzero((light > np.roll(light, 1)) & (light >= np.roll(light, -1)))
    assert len(crests) == number
    np.testing.assert_allclose(np.diff(crests), 3_600 / number, atol=2)


@pytest.mark.parametrize("degrees", [10.0, 20.0, -20.0])
def test_arms_are_logarithmic_spirals_of_their_pitch(degrees):
    """The crest moves on by d ln r / tan(pitch) in azimuth: by 1 rad where r grows by the factor exp(tan pitch)."""
    pitch = np.deg2rad(degrees)
    radii = 4 * np.exp(abs(np.tan(pitch)) * np.array([0.5, 1.5]))
    light = on_circles(list(radii), number=1.0, pitch=pitch)
    np.testing.assert_allclose(
        CIRCLE[light.argmax(axis=1)], 1 + np.sign(degrees) * np.array([0.5, 1.5]), atol=2 * np.pi / 3_600
    )


def test_light_across_an_arm_is_von_mises():
    """Far out, crest over trough is exp(2 kappa)."""
    (light,) = on_circles([4e3], number=2.0, sharpness=1.5)
    assert light.max() / light.min() == pytest.approx(np.exp(3), rel=1e-4)


def test_arms_grow_out_of_the_even_disc():
    """The middle is even; at the inner radius, arms have half of their full height."""
    inside, border, outside = (on_circles([r], number=2.0).max() - 1 for r in (0.2, 4.0, 4e3))
    assert inside < 1e-4
    assert border / outside == pytest.approx(0.5, rel=1e-3)


def test_centre_is_a_number():
    """The centre, which has no azimuth, has no arms."""
    arms = {"number": 2.0, "pitch": 0.3, "phase": 0.0, "inner_radius": 4.0}
    assert float(arm_pattern(0.0, 0.0, **arms)) == pytest.approx(1, abs=1e-3)


def test_wander_turns_the_arms():
    """A phase of 0.6 turns two arms by -0.3 rad, because the phase is that of all arms together."""
    still, moved = (
        on_circles([9], number=2.0, wander=wander)[0].reshape(2, -1).mean(axis=0).argmax() for wander in (0.0, 0.6)
    )
    assert (moved - still) * 2 * np.pi / 3_600 % np.pi == pytest.approx(np.pi - 0.3, abs=5e-3)


@given(number=st.sampled_from([1.0, 2.0, 3.0, 4.0]), pitch=st.floats(0.1, 0.8), sharpness=st.floats(0.1, 10))
def test_pattern_is_never_negative(number, pitch, sharpness):
    """The light of arms is never negative, and its mean over a circle is 1."""
    light = on_circles([1, 9], number=number, pitch=pitch, sharpness=sharpness)
    assert light.min() >= 0
    np.testing.assert_allclose(light.mean(axis=1), 1, rtol=1e-4)
