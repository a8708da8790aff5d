"""Matrices for rows and columns, against Pillow, astropy and SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from astropy.convolution import Gaussian1DKernel
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter1d

from galmorph.errors import InvalidValueError
from galmorph.simulation._telescope.resample import cubic_matrix, psf_matrix, resampled

FWHM = np.sqrt(8 * np.log(2))  # of a sigma of one

GRID = 49
cubic = jax.jit(cubic_matrix, static_argnums=(1, 2))
psf = jax.jit(lambda fwhm, shift: psf_matrix(fwhm, shift, GRID))


@pytest.mark.parametrize("size", [80, 24])
def test_agrees_with_pillow(size):
    """Enlarged and reduced, images are the same as Pillow's in mode F; pixels beyond the native ones do not matter."""
    grid, native = 48, np.array([7, 24, 33, 48])
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (4, 3, grid, grid)).astype(np.float32)
    expected = np.array(
        [
            [
                np.asarray(Image.fromarray(plane[:n, :n]).resize((size, size), Image.Resampling.BICUBIC))
                for plane in image
            ]
            for image, n in zip(images, native, strict=True)
        ]
    )
    for image, n in zip(images, native, strict=True):
        image[:, n:] = image[:, :, n:] = 1e6
    matrix = cubic(jnp.asarray(native), size, grid)
    np.testing.assert_allclose(
        np.asarray(jax.jit(resampled)(jnp.asarray(images), matrix, matrix)), expected, rtol=1e-4, atol=0.01
    )


def test_cubic_rows_sum_to_one():
    """For every native width, up to rounding."""
    matrix = np.asarray(cubic(jnp.arange(1, 97), 64, 96))
    assert matrix.shape == (96, 64, 96)
    np.testing.assert_allclose(matrix.sum(axis=-1), 1, atol=1e-5)


def test_cubic_at_the_same_size_changes_nothing():
    """With as many new pixels as native ones, the matrix is the unit matrix."""
    np.testing.assert_array_equal(np.asarray(cubic(jnp.array([20]), 20, 20))[0], np.eye(20, dtype=np.float32))


def test_cubic_reproduces_a_parabola():
    """The kernel with a = -1/2 is exact to third order (Keys 1981), away from the borders."""
    old, new = np.arange(20) + 0.5, (np.arange(40) + 0.5) / 2
    result = np.asarray(cubic(jnp.array([20]), 40, 20))[0] @ (old**2)
    np.testing.assert_allclose(result[4:-4], new[4:-4] ** 2, rtol=1e-5)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.5])
def test_psf_is_the_gaussian_integrated_over_pixels(sigma):
    """A point in the middle becomes astropy's kernel with ``mode="integrate"``."""
    matrix = np.asarray(psf(jnp.float32(sigma * FWHM), jnp.float32(0)))
    kernel = Gaussian1DKernel(sigma, x_size=GRID, mode="integrate")
    np.testing.assert_allclose(matrix[:, GRID // 2], kernel.array / kernel.array.sum(), atol=1e-5)


def test_psf_is_wider_than_a_gaussian_by_one_pixel():
    """SciPy samples the Gaussian at pixels' centres; with the variance of a pixel, 1/12, it finds nearly the same."""
    row = np.random.default_rng(0).random(GRID)
    matrix = np.asarray(psf(jnp.float32(2 * FWHM), jnp.float32(0)))
    expected = gaussian_filter1d(row, np.sqrt(4 + 1 / 12), truncate=8)
    np.testing.assert_allclose((matrix @ row)[16:-16], expected[16:-16], atol=1e-3)


@given(st.floats(0, 6, width=32), st.floats(-3, 3, width=32))
def test_psf_moves_light_and_loses_none(fwhm, shift):
    """A blob far from the borders keeps its flux, and its centroid moves by the shift."""
    place = np.arange(GRID)
    blob = np.exp(-0.5 * ((place - GRID // 2) / 2) ** 2)
    result = np.asarray(psf(jnp.float32(fwhm), jnp.float32(shift)), np.float64) @ blob
    assert result.sum() == pytest.approx(blob.sum(), rel=1e-4)
    # A width near zero takes the nearest pixel.
    tolerance = 0.01 if fwhm > 1 else 0.51
    assert (place * result).sum() / result.sum() == pytest.approx(GRID // 2 + shift, abs=tolerance)


@given(st.floats(0, 300, width=32), st.floats(-300, 300, width=32))
def test_psf_keeps_a_flat_sky(fwhm, shift):
    """For any width and shift, rows sum to one, and no weight is negative except by rounding."""
    matrix = np.asarray(psf(jnp.float32(fwhm), jnp.float32(shift)))
    np.testing.assert_allclose(matrix.sum(axis=-1), 1, atol=1e-4)
    assert matrix.min() > -1e-6


def test_psf_without_width_is_the_unit_matrix():
    """A width and a shift of zero give the unit matrix, and a finite gradient."""
    assert np.array_equal(np.asarray(psf(jnp.float32(0), jnp.float32(0))), np.eye(GRID))
    gradient = jax.grad(lambda fwhm, shift: (psf(fwhm, shift) ** 2).sum(), argnums=(0, 1))
    assert np.isfinite(gradient(jnp.float32(0), jnp.float32(0))).all()


def test_psf_broadcasts_widths_and_shifts():
    """A width for each galaxy, a shift for each of its channels."""
    fwhm = jnp.array([[1.0], [3.0]])
    shift = jnp.array([[0.0, 0.2, -0.3], [0.5, 0.0, 0.1]])
    matrices = np.asarray(psf(fwhm, shift))
    assert matrices.shape == (2, 3, GRID, GRID)
    np.testing.assert_allclose(matrices[1, 2], np.asarray(psf(fwhm[1, 0], shift[1, 2])), atol=1e-6)


def test_resampled_acts_on_columns_and_rows():
    """Matrix times image times matrix transposed; one for all channels or one each."""
    rng = np.random.default_rng(0)
    images, along_y, along_x = (
        jnp.asarray(rng.random(shape), jnp.float32) for shape in ((2, 3, 9, 9), (2, 5, 9), (2, 3, 5, 9))
    )
    result = np.asarray(jax.jit(resampled)(images, along_y, along_x))
    for galaxy in range(2):
        for channel in range(3):
            expected = np.asarray(along_y[galaxy]) @ images[galaxy, channel] @ along_x[galaxy, channel].T
            np.testing.assert_allclose(result[galaxy, channel], expected, rtol=1e-5)


def test_a_size_of_nothing_is_refused():
    """Sizes and grids are whole numbers of at least 1."""
    with pytest.raises(InvalidValueError, match="size: expected a whole number of at least 1, got 0"):
        cubic_matrix(jnp.array([3]), 0, 5)
    with pytest.raises(InvalidValueError, match="grid: expected a whole number of at least 1, got -1"):
        psf_matrix(jnp.array(1.0), jnp.array(0.0), -1)
