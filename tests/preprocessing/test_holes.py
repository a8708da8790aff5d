"""Holes in a frame, and their interpolation."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from galmorph.errors import PoorImageError
from galmorph.preprocessing import FractionCrop, Recipe
from galmorph.preprocessing._holes import fill_holes, find_holes
from galmorph.types import GalaxyImage

SHAPE = (14, 17)
masks = arrays(np.bool_, SHAPE)
slopes = st.floats(-100, 100)


def filled(pixels: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the image without holes and the holes; masked pixels hold nonsense before."""
    holes = find_holes(mask)
    assert holes is not None
    damaged = np.where(mask[..., np.newaxis], np.float32(-1e6), pixels)
    return fill_holes(damaged, mask, holes), holes


def disc(radius: float, side: int = 120) -> np.ndarray:
    """True within a circle in the middle of a square frame."""
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    return np.hypot(rows, columns) <= radius


@given(mask=masks)
def test_holes_lie_between_measured_pixels(mask: np.ndarray) -> None:
    """A masked pixel with measured ones on both sides is a hole; so is what no walk from the edge reaches."""
    frame = np.zeros(SHAPE, bool)
    frame[[0, -1]] = frame[:, [0, -1]] = True
    inside = mask & ~ndimage.binary_propagation(mask & frame, mask=mask)
    expected = np.zeros_like(mask)
    for row, column in np.argwhere(mask):
        for line, place in ((~mask[row], column), (~mask[:, column], row)):
            expected[row, column] |= line[:place].any() and line[place:].any()
    found = find_holes(mask)
    holes = np.zeros_like(mask) if found is None else found
    np.testing.assert_array_equal(holes, expected)
    assert not (inside & ~holes).any()


@given(mask=masks, down=slopes, right=slopes, level=slopes)
def test_ramps_are_continued(mask: np.ndarray, down: float, right: float, level: float) -> None:
    """A linear ramp is harmonic, so holes of any shape get exactly what was there; nothing else changes."""
    mask[[0, -1]] = mask[:, [0, -1]] = False  # a ramp ends at the frame
    if find_holes(mask) is None:
        return
    rows, columns = np.indices(SHAPE)
    pixels = np.stack([level + down * rows + right * columns, 1.0 * rows], axis=-1).astype(np.float32)
    result, holes = filled(pixels, mask)
    scale = np.abs(pixels).max() + 1
    np.testing.assert_allclose(result[holes], pixels[holes], atol=1e-5 * scale)
    np.testing.assert_array_equal(result[~mask], pixels[~mask])


@given(mask=masks, values=arrays(np.float32, (*SHAPE, 1), elements=st.floats(-1e3, 1e3, width=32)))
def test_no_value_beyond_the_rim(mask: np.ndarray, values: np.ndarray) -> None:
    """Each hole stays between the extremes of the measured pixels around it."""
    if find_holes(mask) is None:
        return
    result, holes = filled(values, mask)
    labels, count = ndimage.label(holes)
    for hole in range(1, count + 1):
        rim = values[ndimage.binary_dilation(labels == hole) & ~mask]
        inside = result[labels == hole]
        assert inside.min() >= rim.min() - 1e-3
        assert inside.max() <= rim.max() + 1e-3


def test_one_pixel_by_hand() -> None:
    """A single pixel becomes the mean of its four neighbours."""
    pixels = np.zeros((3, 3, 1), np.float32)
    pixels[0, 1], pixels[1, 0], pixels[1, 2], pixels[2, 1] = 1, 2, 3, 10
    mask = np.zeros((3, 3), bool)
    mask[1, 1] = True
    assert filled(pixels, mask)[0][1, 1, 0] == 4


def test_large_holes_are_quick() -> None:
    """A hole of 300 000 pixels is interpolated on a coarser grid, in much less than a second, and near to the ramp."""
    mask = disc(310, side=800)
    rows, columns = np.indices(mask.shape)
    pixels = (rows + 2 * columns)[..., np.newaxis].astype(np.float32)
    start = time.process_time()
    result, holes = filled(pixels, mask)
    assert time.process_time() - start < 3
    assert np.abs(result - pixels)[holes].max() < 20
    assert result[holes].min() >= pixels[~mask].min()
    assert result[holes].max() <= pixels[~mask].max()


def test_half_a_frame_is_no_hole() -> None:
    """A mask that reaches the edge of the frame is left as it is."""
    mask = np.zeros((50, 50), bool)
    mask[:25] = True
    assert find_holes(mask) is None


def galaxy_with(mask: np.ndarray, *, linear: bool = True) -> GalaxyImage:
    """A galaxy whose masked pixels are NaN, as a saturated nucleus is."""
    rows, columns = np.indices(mask.shape) - (mask.shape[0] - 1) / 2
    light = 200 * np.exp(-np.hypot(columns, rows / 0.8) / 8)
    pixels = (light + np.random.default_rng(0).normal(10, 1, mask.shape)).astype(np.float32)
    pixels[mask] = np.nan
    return GalaxyImage(pixels=pixels[..., np.newaxis], mask=mask, name="NGC 1", linear=linear)


@pytest.mark.parametrize("linear", [True, False])
def test_saturated_nucleus(linear: bool) -> None:
    """A nucleus without measurement is as bright as what surrounds it, is noted, and counts as bad."""
    hole = disc(4)
    whole = Recipe()(galaxy_with(np.zeros_like(hole), linear=linear))
    stamp = Recipe()(galaxy_with(hole, linear=linear))
    assert stamp.notes == (f"{hole.sum()} pixels without measurement interpolated",)
    assert stamp.pixels[32, 32, 0] > 0.7
    assert stamp.galaxy.x == pytest.approx(whole.galaxy.x, abs=0.5)
    assert stamp.galaxy.radius == pytest.approx(whole.galaxy.radius, rel=0.25)
    assert whole.quality.bad_fraction == 0
    assert stamp.window is not None
    assert stamp.quality.bad_fraction == pytest.approx(hole.sum() / stamp.window[2] ** 2, abs=1e-6)


@pytest.mark.parametrize("turned", [False, True])
def test_a_gap_through_the_frame(turned: bool) -> None:
    """The gap between two detectors, through the nucleus, is no black bar: the galaxy keeps its shape."""
    gap = np.zeros((120, 120), bool)
    gap[:, 57:63] = True
    gap = gap.T if turned else gap
    whole, stamp = Recipe()(galaxy_with(np.zeros_like(gap))), Recipe()(galaxy_with(gap))
    assert stamp.notes == ("720 pixels without measurement interpolated",)
    assert stamp.pixels[30:34, 30:34].min() > 0.5
    assert stamp.galaxy.axis_ratio == pytest.approx(whole.galaxy.axis_ratio, abs=0.12)
    with pytest.raises(PoorImageError, match="of the galaxy is a hole"):
        Recipe()(galaxy_with(np.abs(np.indices((120, 120))[int(not turned)] - 59.5) < 13))


def test_corners_are_no_holes() -> None:
    """The corners outside of a round field of view, and of a frame that was turned, stay without measurement."""
    assert find_holes(~disc(60)) is None
    rows, columns = np.indices((120, 120)) - 59.5
    assert find_holes(np.abs(rows) + np.abs(columns) > 70) is None


def test_one_pixel_is_no_plural() -> None:
    """The note of a single bad pixel."""
    mask = np.zeros((120, 120), bool)
    mask[50, 60] = True
    assert Recipe()(galaxy_with(mask)).notes == ("1 pixel without measurement interpolated",)


def test_holes_beside_masked_borders() -> None:
    """A border that is masked stays unmeasured, while a hole in the galaxy is interpolated."""
    mask = disc(3)
    mask[:, :20] = True
    stamp = Recipe(crop=FractionCrop(1.0))(galaxy_with(mask))
    assert stamp.notes == (f"{disc(3).sum()} pixels without measurement interpolated",)
    assert stamp.pixels[:, :9].max() == 0
    assert stamp.pixels[31:33, 31:33].min() > 0.7


def test_too_large_a_hole() -> None:
    """A galaxy of which more than a quarter is a hole is refused, with the fraction."""
    with pytest.raises(PoorImageError, match=r"NGC 1: \d\d% of the galaxy is a hole .* at most 25% can be .* leave"):
        Recipe()(galaxy_with(disc(24)))
