"""Galaxies seen through a survey without faults, for the tests of light, telescope and data sets.

Each survey, each number of galaxies and each grid is compiled for seconds. So all tests use this survey or SDSS, and
the numbers of galaxies and grids that `simulate_galaxies` uses.
"""

import jax
import jax.numpy as jnp
import numpy as np

from galmorph.simulation import Band, Survey
from galmorph.simulation._columns import COLUMNS
from galmorph.simulation._observe import FRAME
from galmorph.simulation._simulate import BLOCK, GRIDS
from galmorph.simulation._telescope.telescopes import Telescopes, telescopes_of

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


def truth_of(**values: float | np.ndarray) -> dict[str, jax.Array]:
    """Make the parameters of galaxies: the given ones, and those of a galaxy without the part for the rest."""
    given = {name: parameter.absent for name, parameter in COLUMNS.items()} | {"r90": R90} | values
    return {name: jnp.broadcast_to(jnp.asarray(value, jnp.float32), BLOCK) for name, value in given.items()}


def through(survey: Survey, galaxies: int = BLOCK) -> Telescopes:
    """Let one survey observe all galaxies."""
    return Telescopes(*map(jnp.asarray, telescopes_of([survey], np.zeros(galaxies, int))))


def positions() -> np.ndarray:
    """Positions of the pixels of a stamp along an axis, in units of r90 from its middle."""
    return (np.arange(GRID) - (GRID - 1) / 2) * FRAME / GRID
