"""Random numbers: their ranges and distributions, and that a galaxy's numbers do not depend on other galaxies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from galmorph.simulation._random import MOST_DRAWS, RandomGenerator, RandomTable, random_table
from galmorph.simulation._simulate import DRAWN

KEYS = jax.random.split(jax.random.key(0), 4 * DRAWN)


def table(keys: jax.Array, use: int = 0) -> RandomTable:
    """Random numbers, made for as many galaxies at a time as in `simulate_galaxies`: no others are compiled."""
    normals, uniforms = zip(*(random_table(block, use) for block in keys.reshape(-1, DRAWN)), strict=True)
    return jnp.concatenate(normals, axis=1), jnp.concatenate(uniforms, axis=1)


@pytest.fixture(scope="module")
def rng() -> RandomGenerator:
    """Random numbers for four thousand galaxies; each test draws them again."""
    return RandomGenerator(table(KEYS))


@given(low=st.floats(-100, 100), width=st.floats(0, 100))
def test_uniform_stays_in_its_range(rng, low, width):
    """Numbers stay in any range up to rounding."""
    values = np.asarray(rng.restarted().uniform(low, low + width))
    assert values.min() >= low - 1e-4
    assert values.max() <= low + width + 1e-4


@given(
    values=st.lists(st.integers(-100, 100), min_size=4, max_size=4, unique=True),
    weights=st.lists(st.integers(1, 9), min_size=4, max_size=4),
)
def test_choice_gives_each_value_its_share(rng, values, weights):
    """Only the given values are drawn, each within five standard deviations of its share."""
    drawn = np.asarray(rng.restarted().choice(tuple(map(float, values)), tuple(map(float, weights))))
    share = np.array(weights) / sum(weights)
    came = np.array([(drawn == value).mean() for value in values])
    assert np.isin(drawn, values).all()
    assert (abs(came - share) < 5 * np.sqrt(share * (1 - share) / len(KEYS))).all()


def test_distributions_are_what_their_names_say(rng):
    """The Kolmogorov-Smirnov test finds no difference from SciPy's distributions."""
    restarted = rng.restarted()
    for drawn, distribution in [
        (restarted.uniform(2, 5), stats.uniform(2, 3)),
        (restarted.normal(-1, 0.5), stats.norm(-1, 0.5)),
        (restarted.lognormal(5.5, 0.4), stats.lognorm(0.4, scale=5.5)),
    ]:
        assert stats.kstest(np.asarray(drawn, np.float64), distribution.cdf).pvalue > 1e-3


def test_chance_is_a_probability(rng):
    """A chance of 0.3 is True for 0.3 of the galaxies, a chance of 0 for none and of 1 for all."""
    restarted = rng.restarted()
    assert float(restarted.chance(0.3).mean()) == pytest.approx(0.3, abs=0.04)
    assert not restarted.chance(0.0).any()
    assert restarted.chance(1.0).all()


def test_draws_are_independent(rng):
    """One draw does not correlate with the next, and a restarted generator repeats the first."""
    restarted = rng.restarted()
    first, second = restarted.uniform(), restarted.uniform()
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.08
    np.testing.assert_array_equal(rng.restarted().uniform(), first)


def test_a_galaxy_has_its_own_numbers(rng):
    """What one galaxy draws does not depend on the other galaxies."""
    some = RandomGenerator(table(KEYS[7 : 7 + DRAWN]))
    np.testing.assert_array_equal(some.uniform(), rng.restarted().uniform()[7 : 7 + DRAWN])


def test_uses_of_a_key_have_their_own_numbers(rng):
    """The same keys give other numbers for another use."""
    other = RandomGenerator(table(KEYS, use=1))
    assert abs(np.corrcoef(other.uniform(), rng.restarted().uniform())[0, 1]) < 0.08


def test_too_many_draws_are_an_error(rng):
    """Past the last row of the table the generator stops, and does not repeat the last numbers."""
    restarted = rng.restarted()
    for _ in range(MOST_DRAWS):
        restarted.chance(0.5)
    with pytest.raises(IndexError, match="expected at most 64 draws for a galaxy; raise MOST_DRAWS"):
        restarted.chance(0.5)
