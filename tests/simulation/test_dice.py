"""Dice: ranges and distributions, and that a galaxy's numbers are its own."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from galmorph.simulation._dice import Dice

NUMBER = 4_000


@pytest.fixture(scope="module")
def dice() -> Dice:
    """Dice for four thousand galaxies; each test takes them again."""
    return Dice(jax.random.split(jax.random.key(0), NUMBER))


@given(low=st.floats(-100, 100), width=st.floats(0, 100))
def test_uniform_stays_in_its_range(dice, low, width):
    """Whatever the range, nothing falls out of it by more than rounding."""
    values = np.asarray(dice.again().uniform(low, low + width))
    assert values.min() >= low - 1e-4
    assert values.max() <= low + width + 1e-4


@given(
    values=st.lists(st.integers(-100, 100), min_size=4, max_size=4, unique=True),
    chances=st.lists(st.integers(1, 9), min_size=4, max_size=4),
)
def test_choice_gives_each_value_as_often_as_asked(dice, values, chances):
    """Only the values asked for come, each within five standard deviations of as often as its chance says."""
    drawn = np.asarray(dice.again().choice(tuple(map(float, values)), tuple(map(float, chances))))
    share = np.array(chances) / sum(chances)
    came = np.array([(drawn == value).mean() for value in values])
    assert np.isin(drawn, values).all()
    assert (abs(came - share) < 5 * np.sqrt(share * (1 - share) / NUMBER)).all()


def test_distributions_are_what_their_names_say(dice):
    """Kolmogorov and Smirnov find no difference from SciPy's distributions."""
    again = dice.again()
    for drawn, distribution in [
        (again.uniform(2, 5), stats.uniform(2, 3)),
        (again.normal(-1, 0.5), stats.norm(-1, 0.5)),
        (again.lognormal(5.5, 0.4), stats.lognorm(0.4, scale=5.5)),
    ]:
        assert stats.kstest(np.asarray(drawn, np.float64), distribution.cdf).pvalue > 1e-3


def test_chance_comes_as_often_as_asked(dice):
    """A chance of 0.3 comes in 0.3 of the galaxies; one of 0 never, one of 1 always."""
    again = dice.again()
    assert float(again.chance(0.3).mean()) == pytest.approx(0.3, abs=0.04)
    assert not again.chance(0.0).any()
    assert again.chance(1.0).all()


def test_rolls_do_not_depend_on_each_other(dice):
    """One roll after the other: no two are correlated, and `again` begins anew."""
    again = dice.again()
    first, second = again.uniform(), again.uniform()
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.08
    np.testing.assert_array_equal(dice.again().uniform(), first)


def test_a_galaxy_has_its_own_rolls(dice):
    """What one galaxy draws does not depend on who else draws."""
    keys = jax.random.split(jax.random.key(0), NUMBER)
    np.testing.assert_array_equal(Dice(keys[7:9]).uniform(), dice.again().uniform()[7:9])
