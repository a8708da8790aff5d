"""Random parameters of galaxies: which of them depend on each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from clean_survey import through
from scipy.stats import kstest, spearmanr

from galmorph.simulation import SDSS
from galmorph.simulation._galaxy_zoo import GALAXY_ZOO_2
from galmorph.simulation._hubble import HUBBLE
from galmorph.simulation._population import Population, draw_parameters
from galmorph.simulation._simulate import DRAWN


def draw(population: Population, label: int, seed: int) -> dict[str, np.ndarray]:
    """Draw four thousand galaxies of one class, as many at a time as `simulate_galaxies`: no others are compiled."""
    labels = jnp.full(DRAWN, label, jnp.int32)
    blocks = [
        draw_parameters(keys, labels, population, through(SDSS, DRAWN))
        for keys in jax.random.split(jax.random.key(seed), (4, DRAWN))
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


@pytest.mark.slow
@pytest.mark.parametrize("population", [GALAXY_ZOO_2, HUBBLE])
def test_parameters_of_one_class_are_independent(population):
    """In one class, size on the sky, brightness, angle, axis ratio, stretch and seeing do not correlate."""
    names = ("r90", "brightness", "angle", "axis_ratio", "stretch", "psf_fwhm")
    truth = draw(population, 0, seed=3)  # the first class, whose axis ratio is a draw of its own
    correlation = spearmanr(np.stack([truth[name] for name in names], axis=1)).statistic
    np.testing.assert_allclose(correlation, np.eye(len(names)), atol=0.08)  # five standard deviations


def test_smooth_discs_are_as_round_as_ellipticals():
    """The axis ratio of a smooth galaxy does not depend on its colour, nor on whether it is a disc."""
    truth = draw(GALAXY_ZOO_2, 1, seed=4)
    disc = truth["bulge_fraction"] > 0
    assert kstest(truth["axis_ratio"][disc], truth["axis_ratio"][~disc]).pvalue > 1e-3
    assert abs(spearmanr(truth["axis_ratio"], truth["colour"]).statistic) < 0.08
