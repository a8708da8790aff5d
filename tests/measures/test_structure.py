"""Asymmetry, smoothness, Gini, M20, shape, segment, Sérsic index and neighbours, by hand and by theory."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from light_profiles import exponential, knots, sersic
from scipy import ndimage

from galmorph.errors import InvalidValueError
from galmorph.measures import (
    asymmetry,
    fit_sersic,
    gini,
    light_shape,
    m20,
    mask_neighbours,
    petrosian_segment,
    smoothness,
)
from galmorph.measures._plane import plane_of
from galmorph.measures._sky import sky_boxes

light_values = arrays(np.float64, st.integers(2, 40), elements=st.floats(0.001, 1000))


# Asymmetry


def test_half_a_galaxy_is_as_asymmetric_as_possible():
    """All light of a half disc changes its place: A = 2. One of two equal halves makes 2/3."""
    disc = exponential(61, (30, 30), 5.0)
    right = np.where(np.arange(61) > 30, disc, 0)
    assert asymmetry(right, (30, 30), 25, search=False).value == pytest.approx(2, abs=0.15)  # column 30 is empty
    lopsided = np.where(np.arange(61) > 30, 2 * disc, np.where(np.arange(61) < 30, disc, 0))
    assert asymmetry(lopsided, (30, 30), 25, search=False).value == pytest.approx(2 / 3)


def test_symmetric_light_is_symmetric_about_its_centre():
    """Of a smooth galaxy, A is 0 about its centre, on a pixel or between two, and the search finds the centre."""
    for centre in ((30.0, 31.0), (30.5, 29.5)):
        found = asymmetry(exponential(61, centre, 5.0, axis_ratio=0.6, angle=20), (31.0, 30.0), 24)
        assert found == pytest.approx((0, *centre), abs=1e-9)
    assert asymmetry(exponential(61, (30.23, 29.71), 5.0), (31, 30), 24)[1:] == pytest.approx((30.23, 29.71), abs=0.02)


def test_the_sky_takes_its_part_of_the_asymmetry():
    """Noise makes a symmetric disc asymmetric. The sky, turned as the image is, takes that away, at any centre."""
    rng = np.random.default_rng(2)
    for centre in ((50.0, 50.0), (50.25, 49.8)):
        image = 30 * exponential(101, centre, 6.0) + rng.normal(0, 1, (101, 101))
        raw = asymmetry(image, centre, 32, search=False).value
        corrected = asymmetry(image, centre, 32, sky=rng.normal(0, 1, (9, 32, 32)), search=False).value
        assert raw > 0.3
        assert abs(corrected) < 0.05


def test_a_mask_hides_a_pixel_and_its_opposite():
    """A star that is masked does not count, and neither does the light opposite to it."""
    disc = exponential(61, (30, 30), 5.0)
    star = knots(61, [(40, 30, 5.0)])
    assert asymmetry(disc + star, (30, 30), 24, search=False).value > 0.3
    assert asymmetry(disc + star, (30, 30), 24, mask=star > 1e-12, search=False).value < 1e-9
    assert math.isnan(asymmetry(disc, (3, 30), 24, search=False).value)  # at the edge of the frame
    assert math.isnan(asymmetry(np.zeros((61, 61)), (30, 30), 24).value)


# Smoothness


def test_one_bright_pixel_is_a_clump():
    """A pixel in a ring of constant light: its excess is 8/9 of it, if the square has 3 x 3 pixels."""
    flat = np.ones((61, 61))
    assert smoothness(flat, (30, 30), 12) == pytest.approx(0, abs=1e-12)
    spike = flat.copy()
    spike[30, 40] += 9
    ring = np.pi * (18**2 - 3**2)
    assert smoothness(spike, (30, 30), 12) == pytest.approx(8 / (ring + 9))
    hidden = spike > 1
    assert smoothness(spike, (30, 30), 12, mask=hidden) == pytest.approx(0, abs=1e-12)
    assert math.isnan(smoothness(-flat, (30, 30), 12))


def test_the_sky_takes_its_part_of_the_smoothness():
    """A flat source with noise has the clumps of its noise, which the sky takes away."""
    rng = np.random.default_rng(0)
    image = 5 + rng.normal(0, 1, (101, 101))
    assert smoothness(image, (50, 50), 20) > 0.07
    assert abs(smoothness(image, (50, 50), 20, sky=rng.normal(0, 1, (8, 32, 32)))) < 0.005


# Gini and M20


def test_gini_by_hand():
    """Equal pixels have 0, one that has everything 1; 1, 2, 3, 4 have 1/3."""
    assert gini(np.full((3, 3), 7)) == pytest.approx(0)
    assert gini([0, 0, 5]) == pytest.approx(1)
    assert gini([4, 1, 3, 2]) == pytest.approx((-3 * 1 - 2 + 3 + 3 * 4) / (2.5 * 4 * 3))
    assert gini([-4, 1, 3, -2]) == gini([4, 1, 3, 2])
    assert math.isnan(gini([1.0]))
    assert math.isnan(gini([0.0, 0.0]))
    with pytest.raises(InvalidValueError, match="pixels: expected finite numbers"):
        gini([1.0, math.nan])


@given(values=light_values, factor=st.floats(0.01, 100))
def test_gini_is_the_mean_difference(values, factor):
    """It is half of the mean difference of two pixels over the mean, from 0 to 1, and knows no unit and no order."""
    differences = np.abs(values[:, np.newaxis] - values).sum() / (len(values) * (len(values) - 1))
    assert gini(values) == pytest.approx(differences / (2 * values.mean()), abs=1e-9)
    assert -1e-12 <= gini(values) <= 1 + 1e-12
    assert gini(factor * values[::-1]) == pytest.approx(gini(values), abs=1e-9)


def test_m20_by_hand():
    """The brightest fifth at the ends has a larger moment than in the middle; equally bright pixels all count."""
    row = np.array([[1.0, 1, 1, 1, 6, 1, 1, 1, 1]])  # the 6 is more than a fifth, and in the centre
    assert math.isnan(m20(row, row > 0))  # log of 0
    ends = np.array([[3.0, 1, 1, 1, 2, 1, 1, 1, 3]])  # both 3 count: 2 x 3 x 16 of 96 + 2 (9 + 4 + 1)
    assert m20(ends, ends > 0) == pytest.approx(math.log10(96 / 124))
    assert m20(ends, ends > 0) == m20(ends[:, ::-1], ends > 0)
    with pytest.raises(InvalidValueError, match="segment: expected bool of the image's shape"):
        m20(ends, ends)


# Shape and segment


@pytest.mark.parametrize(("axis_ratio", "angle"), [(0.4, 25.0), (0.8, 160.0), (0.5, 90.0)])
def test_shape_of_an_ellipse(axis_ratio, angle):
    """A disc whose light is cut at an ellipse has its axis ratio and angle."""
    light = exponential(121, (60, 60), 8.0, axis_ratio=axis_ratio, angle=angle)
    shape = light_shape(light, light > math.exp(-4), (60, 60))
    assert shape == pytest.approx((axis_ratio, angle), abs=0.02 if angle == 90 else 0.5)
    assert shape.axis_ratio == pytest.approx(axis_ratio, abs=0.02)


def test_light_without_a_shape():
    """Negative light, or a segment without pixels, has no shape."""
    empty = np.zeros((9, 9), bool)
    assert all(math.isnan(value) for value in light_shape(-np.ones((9, 9)), ~empty, (4, 4)))
    assert all(math.isnan(value) for value in light_shape(np.ones((9, 9)), empty, (4, 4)))


def test_the_segment_ends_at_the_petrosian_radius():
    """It has the area of the Petrosian circle, whatever the unit, without masked pixels and without a neighbour."""
    light = exponential(141, (70, 70), 8.0)
    mask = np.zeros(light.shape, bool)
    mask[64:67, 80:83] = True
    image = 50 * (light + knots(141, [(125, 20, 1.0)], 3.0))
    segment = petrosian_segment(image, (70, 70), 29.0, mask=mask)
    assert math.sqrt((segment.sum() + 9) / np.pi) == pytest.approx(29, abs=0.5)
    assert not segment[mask].any()
    assert not segment[20, 125]
    assert not petrosian_segment(image, (70, 70), 300.0).any()  # the ellipse is outside of the frame


# Sérsic index


@pytest.mark.parametrize(("index", "radius"), [(0.6, 8.0), (1.0, 8.0), (2.5, 8.0), (4.0, 10.0)])
@pytest.mark.parametrize("fwhm", [None, 3.5])
def test_sersic_index_of_sersic_profiles(index, radius, fwhm):
    """The index comes back within 6 %, also if a PSF has blurred the profile and is known."""
    light = sersic(141, (70.2, 69.9), index, radius)
    if fwhm is not None:
        light = ndimage.gaussian_filter(light, fwhm / 2.3548)
    light += np.random.default_rng(0).normal(0, 0.002, light.shape)
    fit = fit_sersic(light, (70.2, 69.9), 40, noise=0.002, psf_fwhm=fwhm)
    assert fit.index == pytest.approx(index, rel=0.06)
    assert fit.radius == pytest.approx(radius, rel=0.06)
    assert fit.brightness == pytest.approx(1, rel=0.15)


def test_no_profile_without_light():
    """Too few rings, or none with light, give NaN."""
    assert math.isnan(fit_sersic(-np.ones((61, 61)), (30, 30), 25).index)
    assert math.isnan(fit_sersic(np.ones((61, 61)), (30, 30), 3).index)


# Neighbours and sky


def test_neighbours_are_masked_and_the_galaxy_is_not():
    """A star beside the galaxy is masked with a margin; noise, the galaxy and its outskirts are not."""
    star = knots(101, [(85, 20, 50.0)])
    image = 100 * exponential(101, (50, 50), 5.0) + star + np.random.default_rng(1).normal(0, 1, (101, 101))
    masked = mask_neighbours(image, (51, 49), noise=1.0, mask=np.eye(101, dtype=bool))
    assert masked[star > 1].all()
    assert masked[~np.eye(101, dtype=bool)].mean() < 0.03
    assert not masked[48, 52]
    assert masked[0, 0]
    assert not mask_neighbours(np.zeros((21, 21)), (10, 10), noise=1.0).any()


def test_sky_boxes_are_blank():
    """Boxes contain no masked pixel, no galaxy and no source that was not masked, and their mean is 0."""
    rng = np.random.default_rng(0)
    image = rng.normal(3, 1, (128, 128)) + 500 * exponential(128, (64, 64), 4.0) + knots(128, [(16, 16, 90.0)])
    mask = np.zeros(image.shape, bool)
    mask[100, 100] = True
    boxes = sky_boxes(plane_of(image, mask), 64, 64, 40)
    assert len(boxes) >= 4
    assert boxes.std(axis=(1, 2)) == pytest.approx(1, abs=0.3)
    assert boxes.mean(axis=(1, 2)) == pytest.approx(0, abs=1e-9)
    assert len(sky_boxes(plane_of(image, mask), 64, 64, 200)) == 0


@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_sky_is_refused():
    """Boxes are squares of finite numbers."""
    light = exponential(41, (20, 20), 3.0)
    with pytest.raises(InvalidValueError, match="sky: expected boxes of at least 4 x 4 pixels"):
        asymmetry(light, (20, 20), 10, sky=np.zeros(9))
    with pytest.raises(InvalidValueError, match="sky: expected finite numbers"):
        smoothness(light, (20, 20), 10, sky=np.full((9, 9), np.nan))
    with pytest.raises(InvalidValueError, match="search: expected True or False"):
        asymmetry(light, (20, 20), 10, search=1)
    with pytest.raises(InvalidValueError, match="noise: expected a finite number above 0"):
        mask_neighbours(light, (20, 20), noise=0.0)
    with pytest.raises(InvalidValueError, match="psf_fwhm"):
        fit_sersic(light, (20, 20), 10, psf_fwhm=-1.0)
