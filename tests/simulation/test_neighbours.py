"""Stars, a companion and the glow of a bright object, each alone."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from clean_survey import CLEAN, through

from galmorph.simulation import SDSS, Survey
from galmorph.simulation._neighbours import SLOTS, glow, neighbour_galaxies, neighbour_stars
from galmorph.simulation._observe import _blurred

SIDE = 64
AXIS = (np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2) * 4 / SIDE
X, Y = jnp.asarray(AXIS[None, None, :]), jnp.asarray(AXIS[None, :, None])
PIXEL = 4 / SIDE
stars, galaxies = jax.jit(neighbour_stars), jax.jit(neighbour_galaxies)
STANDARD = jnp.ones(1)


def one_star(survey: Survey, fwhm: float) -> np.ndarray:
    """Draw a single star of brightness 1.8 at the pixel of column 44 and row 20."""
    normals = np.zeros((1, 5, SLOTS), np.float32)
    normals[:, 1] = [-9] + [9] * (SLOTS - 1)  # only the first slot holds a star
    normals[:, 3:, 0] = jax.scipy.special.ndtri((AXIS[[44, 20]] + 2) / 4)
    survey = replace(survey, neighbours=(SLOTS / 2, 0.0))
    return np.asarray(stars(X, Y, jnp.full(1, fwhm), jnp.asarray(normals), through(survey, 1), STANDARD), np.float64)[
        0, 0
    ]


@pytest.mark.parametrize("pixels", [3.0, 6.0])
def test_stars_have_the_width_of_the_psf(pixels):
    """Without a wing, a star is a Gaussian around its place whose FWHM is that of the point-spread function."""
    star = one_star(replace(CLEAN, psf_wing=(0.0, 2.0)), pixels * PIXEL)
    assert star[20, 44] == pytest.approx(1.8, rel=1e-3)
    profile = star.sum(axis=0) / star.sum()
    middle = profile @ np.arange(SIDE)
    assert middle == pytest.approx(44, abs=1e-2)
    width = np.sqrt(profile @ (np.arange(SIDE) - middle) ** 2)
    assert width * np.sqrt(8 * np.log(2)) == pytest.approx(pixels, rel=1e-2)


def test_wing_takes_light_from_the_core():
    """A star's light does not depend on how it is spread between core and wing."""
    bare, winged = (one_star(replace(CLEAN, psf_wing=(part, 2.0)), 3 * PIXEL) for part in (0.0, 0.3))
    assert winged.sum() == pytest.approx(bare.sum(), rel=1e-2)
    assert winged[20, 44] == pytest.approx((0.7 + 0.3 / 4) * bare[20, 44], rel=1e-3)


def test_stars_are_what_the_telescope_makes_of_a_point():
    """A star has the shape of a point that is blurred by the same core and wing."""
    survey = replace(CLEAN, psf_wing=(0.2, 2.0))
    r90 = jnp.full(1, 8.0)
    point = jnp.zeros((1, 1, SIDE, SIDE)).at[0, 0, 20, 44].set(1)
    nowhere = jnp.zeros((1, 2, 1))
    pixel = jnp.full((1, 1, 1), PIXEL)
    fwhm = 5 * PIXEL
    seen = np.asarray(_blurred(point, fwhm * r90, r90, pixel, nowhere, through(survey, 1)))[0, 0]
    star = one_star(survey, fwhm)
    np.testing.assert_allclose(seen, star / star.sum(), atol=2e-2 * seen.max())


def test_companion_has_its_fraction_of_the_light():
    """A companion has its fraction of the galaxy's flux, and is at the edge of the galaxy."""
    truth, flux = {"companion": jnp.full(1, 0.2), "frame": STANDARD}, jnp.full(1, 3.0)
    beside = np.asarray(galaxies(truth, X, Y, flux, jnp.zeros((1, 9, SLOTS)), through(CLEAN, 1)))[0, 0]
    assert beside.sum() * PIXEL**2 == pytest.approx(0.2 * 3, rel=0.03)
    row, column = np.unravel_index(beside.argmax(), beside.shape)
    assert 0.65 < np.hypot(AXIS[row], AXIS[column]) < 1.25


def test_glow_falls_with_the_square_of_the_distance():
    """The glow has its brightness in the middle, falls as d^-2 from its source, and has its own colour."""
    # Its source has an azimuth of half a turn and is 5.2 r90 away: at (-5.2, 0).
    x = jnp.array([[[-2.0, 0.0, 2.0]]])
    truth = {"glow": jnp.full(1, 0.4), "frame": STANDARD}
    blue, red = (
        np.asarray(glow(truth, x, jnp.zeros((1, 1, 1)), jnp.array([[0.0, 9.0, colour]]), through(SDSS, 1)))
        for colour in (-9.0, 9.0)
    )
    np.testing.assert_allclose(red[0, 1, 0], [0.4 * (5.2 / 3.2) ** 2, 0.4, 0.4 * (5.2 / 7.2) ** 2], rtol=1e-2)
    assert red[0, 0, 0, 1] > red[0, 2, 0, 1]
    assert blue[0, 0, 0, 1] < blue[0, 2, 0, 1]
