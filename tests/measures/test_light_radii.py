"""Petrosian radius, light radii and concentration: theory of profiles, masks, frames, bad arguments."""

import math

import numpy as np
import pytest
from light_profiles import exponential, sersic
from scipy.optimize import brentq
from scipy.special import gammainc, gammaincinv

from galmorph.errors import InvalidValueError
from galmorph.measures import concentration, light_radii, petrosian_radius


def fraction(radius: float, index: float) -> float:
    """Fraction of the light of a Sérsic profile within some effective radii."""
    return float(gammainc(2 * index, gammaincinv(2 * index, 0.5) * radius ** (1 / index)))


def theory(index: float) -> tuple[float, float]:
    """Petrosian radius in effective radii, and concentration within 1.5 Petrosian radii, of a Sérsic profile."""
    shape = gammaincinv(2 * index, 0.5)

    def excess(radius: float) -> float:
        light = 2 * np.pi * index * math.exp(shape) * shape ** (-2 * index) * math.gamma(2 * index)
        mean = light * fraction(radius, index) / (np.pi * radius**2)
        return math.exp(-shape * (radius ** (1 / index) - 1)) / mean - 0.2

    petrosian = brentq(excess, 0.5, 20)
    total = fraction(1.5 * petrosian, index)
    r20, r80 = (brentq(lambda r, part=part: fraction(r, index) - part * total, 1e-3, 30) for part in (0.2, 0.8))
    return petrosian, 5 * math.log10(r80 / r20)


def test_theory_is_that_of_the_literature():
    """An exponential disc has 2.7 and a de Vaucouleurs profile 4.3; the Petrosian radius of a disc is 3.63 lengths."""
    assert theory(1.0) == pytest.approx((3.63 / 1.678, 2.73), abs=0.01)
    assert theory(4.0) == pytest.approx((1.82, 4.29), abs=0.01)


@pytest.mark.parametrize(("index", "radius", "tolerance"), [(0.5, 12.0, 0.005), (1.0, 12.0, 0.01), (4.0, 14.0, 0.03)])
def test_profiles_have_their_radius_and_concentration(index, radius, tolerance):
    """Radius and concentration of a Sérsic profile are those of theory, about a centre between pixels."""
    light = sersic(121, (60.2, 59.7), index, radius)
    petrosian = petrosian_radius(light, (60.2, 59.7))
    r20, r80 = light_radii(light, (60.2, 59.7), 1.5 * petrosian, fractions=(0.2, 0.8))
    expected = theory(index)
    assert petrosian / radius == pytest.approx(expected[0], rel=tolerance)
    assert concentration(r20, r80) == pytest.approx(expected[1], rel=tolerance)


def test_half_of_an_exponential_disc():
    """Half of the light is within 1.678 scale lengths, 20 % within 0.824 and 80 % within 2.994."""
    radii = light_radii(exponential(161, (80, 80), 8.0), (80, 80), 79)
    assert [radius / 8 for radius in radii] == pytest.approx([0.824, 1.678, 2.994], rel=0.01)


def test_ellipses_have_the_radii_of_circles():
    """A flattened disc has, in its own ellipses, the radii of a round one."""
    shape = {"axis_ratio": 0.5, "angle": 30.0}
    light = exponential(161, (80, 80), 9.0, **shape)
    assert petrosian_radius(light, (80, 80), **shape) / 9 == pytest.approx(3.63, abs=0.02)
    assert light_radii(light, (80, 80), 49, fractions=(0.5,), **shape)[0] / 9 == pytest.approx(1.634, abs=0.02)


def test_masked_light_counts_as_the_rest_of_its_ring():
    """A masked wedge, and what is outside of the frame, change nothing for a round galaxy."""
    light = exponential(161, (80, 80), 8.0)
    mask = np.zeros(light.shape, bool)
    mask[:70, 84:96] = True
    light[mask] = 1e6
    cut = light[:, :101], mask[:, :101]
    whole = light_radii(exponential(161, (80, 80), 8.0), (80, 80), 45)
    assert light_radii(cut[0], (80, 80), 45, mask=cut[1]) == pytest.approx(whole, rel=0.002)
    assert petrosian_radius(cut[0], (80, 80), mask=cut[1]) / 8 == pytest.approx(3.63, abs=0.02)


def test_a_galaxy_larger_than_the_frame_has_no_radius():
    """If the ratio is not reached, or there is no positive light, the radius is NaN."""
    assert math.isnan(petrosian_radius(exponential(41, (20, 20), 20.0), (20, 20)))
    assert math.isnan(petrosian_radius(np.zeros((41, 41)), (20, 20)))
    assert math.isnan(petrosian_radius(-np.ones((41, 41)), (20, 20)))
    assert all(math.isnan(radius) for radius in light_radii(-np.ones((41, 41)), (20, 20), 10))
    assert math.isnan(concentration(math.nan, 2.0))


@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_arguments_are_refused():
    """Each error names the argument and what was expected."""
    light = exponential(41, (20, 20), 3.0)
    with pytest.raises(InvalidValueError, match=r"image: expected numbers of shape .*got shape \(2, 2, 3\)"):
        petrosian_radius(np.zeros((2, 2, 3)), (0, 0))
    with pytest.raises(InvalidValueError, match="image: expected numbers"):
        petrosian_radius(np.array([["a", "b"]]), (0, 0))
    with pytest.raises(InvalidValueError, match="image: expected a plain array, got a masked one"):
        petrosian_radius(np.ma.masked_less(light, 0.1), (20, 20))
    with pytest.raises(InvalidValueError, match="1 of 1681 pixels are NaN or larger; mask them"):
        petrosian_radius(np.where(light == light.max(), np.nan, light), (20, 20))
    with pytest.raises(InvalidValueError, match="mask: expected bool of the image's shape"):
        petrosian_radius(light, (20, 20), mask=light)
    with pytest.raises(InvalidValueError, match="all are masked"):
        petrosian_radius(light, (20, 20), mask=np.ones(light.shape, bool))
    with pytest.raises(InvalidValueError, match=r"centre: expected a position \(x, y\) in the frame of 41 x 41"):
        petrosian_radius(light, (20, 50))
    with pytest.raises(InvalidValueError, match=r"centre: expected a position \(x, y\) in pixels"):
        petrosian_radius(light, (20, 20, 20))
    with pytest.raises(InvalidValueError, match="eta: expected a number from"):
        petrosian_radius(light, (20, 20), eta=2.0)
    with pytest.raises(InvalidValueError, match="axis_ratio"):
        petrosian_radius(light, (20, 20), axis_ratio=1.5)
    with pytest.raises(InvalidValueError, match="total_radius: expected a finite number above 0"):
        light_radii(light, (20, 20), 0)
    with pytest.raises(InvalidValueError, match=r"fractions: expected numbers between 0 and 1, got \[1\.0\]"):
        light_radii(light, (20, 20), 10, fractions=(0.5, 1.0))
    with pytest.raises(InvalidValueError, match="r20: expected a finite number above 0"):
        concentration(0.0, 1.0)
