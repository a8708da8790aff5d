"""Telescope and sky: size in pixels, stretch, noise, stars, companions and glow, each by itself."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.simulation import SDSS, Band, Survey
from galmorph.simulation._field import SLOTS, glow, neighbour_galaxies, neighbour_stars
from galmorph.simulation._observe import LARGEST, SMALLEST, _blurred, _correlated, native_size, stretched

GREY = Band("r", 1.0, 0.0)
CLEAN = Survey(
    name="clean",
    pixel_scale=0.4,
    psf_fwhm=(0.0, 0.0),
    noise=(0.0, 0.0),
    bands=(GREY,),
    stretch=(50.0, 50.0),
)
SIDE = 64
AXIS = (np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2) * 4 / SIDE
X, Y = jnp.asarray(AXIS[None, None, :]), jnp.asarray(AXIS[None, :, None])
PIXEL = 4 / SIDE


@given(r90=st.floats(0.5, 100), scale=st.floats(0.05, 2))
def test_native_size_is_four_r90_within_its_bounds(r90, scale):
    """A stamp has as many pixels as the survey has in 4 r90, but no fewer than 32 and no more than 80."""
    (pixels,) = np.asarray(native_size(jnp.full(1, r90), replace(CLEAN, pixel_scale=scale)))
    assert SMALLEST <= pixels <= LARGEST
    assert pixels in (SMALLEST, LARGEST) or pixels == pytest.approx(4 * r90 / scale, abs=0.51)


@given(light=st.lists(st.floats(0.0625, 1024, width=32), min_size=3, max_size=3), stretch=st.floats(10, 100))
def test_stretch_keeps_the_ratios_of_the_bands(light, stretch):
    """Ratios of grey values are those of light, also where white is reached, and nothing leaves 0 to 255."""
    one = jnp.asarray(light, jnp.float32)[None, :, None, None]
    grey = np.asarray(stretched(one, jnp.full((1, 1, 1, 1), stretch)))[0, :, 0, 0]
    np.testing.assert_allclose(grey / grey.max(), np.array(light) / max(light), rtol=1e-4)
    assert grey.min() >= 0
    assert grey.max() <= 255
    if grey.max() < 254.9:
        assert grey.mean() == pytest.approx(stretch * np.arcsinh(np.mean(light)), rel=1e-4)


def test_stretch_goes_smoothly_through_zero():
    """Light of either sign around zero is stretched by S, as the slope of asinh there is 1; below 0 it is black."""
    light = jnp.asarray([-1e-2, -1e-4, 0, 1e-4, 1e-2], jnp.float32)[None, None, None, :]
    grey = stretched(light, jnp.full((1, 1, 1, 1), 50.0))
    np.testing.assert_allclose(grey[0, 0, 0], [0, 0, 0, 5e-3, 0.5], rtol=1e-3)


@pytest.fixture(scope="module")
def white_noise():
    """Independent normal numbers in three bands."""
    return jax.random.normal(jax.random.key(3), (8, 3, SIDE, SIDE))


@pytest.mark.parametrize("common", [0.0, 0.3, 1.0])
def test_noise_in_common_is_the_correlation_between_bands(white_noise, common):
    """Any two bands correlate as asked, and each has the standard deviation of its band."""
    bands = (GREY, replace(GREY, noise=2.0), replace(GREY, noise=0.5))
    noise = np.asarray(_correlated(white_noise, replace(CLEAN, bands=bands, noise_in_common=common)))
    noise = noise.swapaxes(0, 1).reshape(3, -1)
    np.testing.assert_allclose(noise.std(axis=1), [1, 2, 0.5], rtol=0.02)
    np.testing.assert_allclose(np.corrcoef(noise)[[0, 0, 1], [1, 2, 2]], common, atol=0.02)


@pytest.mark.parametrize("weight", [0.2, 0.5])
def test_smoothing_mixes_neighbouring_pixels_and_keeps_the_scatter(white_noise, weight):
    """Mixing w of both neighbours correlates them by 2 w / (1 + 2 w^2), along rows and along columns."""
    noise = np.asarray(_correlated(white_noise, replace(CLEAN, bands=(GREY,) * 3, noise_smoothing=weight)))
    assert noise.std() == pytest.approx(1, rel=0.03)
    for axis in (2, 3):
        together = (noise * np.roll(noise, 1, axis)).mean() / noise.var()
        assert together == pytest.approx(2 * weight / (1 + 2 * weight**2), abs=0.02)


def one_star(survey: Survey, fwhm: float) -> np.ndarray:
    """Draw a single star of brightness 1.8 at the pixel of column 44 and row 20."""
    normals = np.zeros((1, 5, SLOTS), np.float32)
    normals[:, 1] = [-9] + [9] * (SLOTS - 1)  # only the first slot holds a star
    normals[:, 3:, 0] = jax.scipy.special.ndtri((AXIS[[44, 20]] + 2) / 4)
    survey = replace(survey, neighbours=(SLOTS / 2, 0.0))
    return np.asarray(neighbour_stars(X, Y, jnp.full(1, fwhm), jnp.asarray(normals), survey), np.float64)[0, 0]


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
    """A star has the shape of a point that went through the same core and wing."""
    survey = replace(CLEAN, psf_wing=(0.2, 2.0))
    r90 = jnp.full(1, 8.0)
    point = jnp.zeros((1, 1, SIDE, SIDE)).at[0, 0, 20, 44].set(1)
    nowhere = jnp.zeros((1, 2, 1))
    pixel = jnp.full((1, 1, 1), PIXEL)
    fwhm = 5 * PIXEL
    seen = np.asarray(_blurred(point, fwhm * r90, r90, pixel, nowhere, survey))[0, 0]
    star = one_star(survey, fwhm)
    np.testing.assert_allclose(seen, star / star.sum(), atol=2e-2 * seen.max())


def test_companion_has_its_part_of_the_light():
    """A companion's flux is that part of the galaxy's, and it stands at the border of the galaxy."""
    truth, flux = {"companion": jnp.full(1, 0.2)}, jnp.full(1, 3.0)
    beside = np.asarray(neighbour_galaxies(truth, X, Y, flux, jnp.zeros((1, 9, SLOTS)), CLEAN))[0, 0]
    assert beside.sum() * PIXEL**2 == pytest.approx(0.2 * 3, rel=0.03)
    row, column = np.unravel_index(beside.argmax(), beside.shape)
    assert 0.65 < np.hypot(AXIS[row], AXIS[column]) < 1.25


def test_glow_falls_with_the_square_of_the_distance():
    """A star far to one side is as bright as asked in the middle, falls off as d^-2, and has a colour of its own."""
    # It stands at an azimuth of half a turn, 5.2 r90 away: at (-5.2, 0).
    x = jnp.array([[[-2.0, 0.0, 2.0]]])
    blue, red = (
        np.asarray(glow({"glow": jnp.full(1, 0.4)}, x, jnp.zeros((1, 1, 1)), jnp.array([[0.0, 9.0, colour]]), SDSS))
        for colour in (-9.0, 9.0)
    )
    np.testing.assert_allclose(red[0, 1, 0], [0.4 * (5.2 / 3.2) ** 2, 0.4, 0.4 * (5.2 / 7.2) ** 2], rtol=1e-2)
    assert red[0, 0, 0, 1] > red[0, 2, 0, 1]
    assert blue[0, 0, 0, 1] < blue[0, 2, 0, 1]


def test_sdss_is_a_survey_of_three_bands():
    """The survey that stands for Galaxy Zoo 2 has the pixel of SDSS, and i, r, g as red, green, blue."""
    assert SDSS.pixel_scale == 0.396
    assert [band.name for band in SDSS.bands] == ["i", "r", "g"]
