"""Light and area within circles and ellipses, by hand and by geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.measures._aperture import Apertures, disc_coverage, disc_weights
from galmorph.measures._plane import plane_of

number = st.floats(0.3, 12.0)


def test_a_pixel_is_cut_by_a_circle_as_by_hand():
    """A circle of radius 1/2 fills pi/4 of the pixel about it; one of 0.6 about a corner, a quarter of itself."""
    zero = np.zeros(1)
    assert disc_coverage(zero, zero, 0.5)[0] == pytest.approx(np.pi / 4)
    assert disc_coverage(zero + 0.5, zero + 0.5, 0.6)[0] == pytest.approx(np.pi * 0.36 / 4)
    assert disc_coverage(zero, zero, 0.8)[0] == pytest.approx(1.0)
    assert disc_coverage(zero + 5, zero, 3.0)[0] == 0


@given(
    radius=number,
    axis_ratio=st.floats(0.1, 1.0),
    angle=st.floats(-360, 360),
    x=st.floats(-0.5, 0.5),
    y=st.floats(-0.5, 0.5),
)
def test_the_parts_of_all_pixels_make_the_ellipse(radius, axis_ratio, angle, x, y):
    """The area of an ellipse is pi a² q, wherever its centre is in a pixel and however it is turned."""
    plane = plane_of(np.ones((31, 31)), None)
    apertures = Apertures(plane, 15 + x, 15 + y, axis_ratio=axis_ratio, angle=angle)
    light, area = apertures.sums(np.array([radius]))
    assert light[0] == pytest.approx(np.pi * radius**2 * axis_ratio, rel=1e-9)
    assert area[0] == light[0]
    assert apertures.full_area(np.array([radius]))[0] == pytest.approx(area[0])


def test_circles_on_grids_and_in_apertures_agree():
    """The weights of a grid are those of the sums."""
    image = np.random.default_rng(0).normal(size=(25, 31))
    weights = disc_weights(np.arange(31) - 14.3, np.arange(25) - 11.8, 7.7)
    light, area = Apertures(plane_of(image, None), 14.3, 11.8).sums(np.array([7.7]))
    assert light[0] == pytest.approx((weights * image).sum())
    assert area[0] == pytest.approx(weights.sum())


def test_masked_pixels_and_those_outside_have_no_area():
    """Half of a circle about the edge of the frame is measured, less a masked row."""
    mask = np.zeros((21, 21), bool)
    mask[10] = True
    light, area = Apertures(plane_of(np.full((21, 21), 2.0), mask), 10, -0.5).sums(np.array([0.0, 5.0, 30.0]))
    assert area.tolist() == pytest.approx([0, np.pi * 25 / 2, 21 * 20])
    assert light.tolist() == pytest.approx((2 * area).tolist())
