"""Pictures of stamps, for contact sheets."""

import numpy as np
import pytest

from galmorph._drawing.pictures import rows_to_show, strip_of

COLOURS = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)


def test_a_strip_holds_the_stamps_as_they_are():
    """At their own size, stamps keep each pixel, with white between them."""
    strip = strip_of(COLOURS, side=32)
    assert strip.shape == (32, 3 * 32 + 2 * 1, 3)
    np.testing.assert_array_equal(strip[:, :32], COLOURS[0])
    np.testing.assert_array_equal(strip[:, 66:], COLOURS[2])
    assert (strip[:, 32] == 255).all()


def test_small_stamps_are_enlarged_without_smoothing():
    """Each pixel becomes a square."""
    strip = strip_of(COLOURS[:1], side=64)
    np.testing.assert_array_equal(strip, COLOURS[0].repeat(2, axis=0).repeat(2, axis=1))


def test_float_and_grey_stamps_are_shown():
    """A stamp of floats from 0 to 1 with one channel is grey; what is not finite is black."""
    stamp = np.full((1, 4, 4, 1), 0.5, np.float32)
    stamp[0, 0, 0] = np.nan
    strip = strip_of(stamp, side=4)
    assert strip[0, 0].tolist() == [0, 0, 0]
    assert strip[1, 1].tolist() == [128, 128, 128]


@pytest.mark.parametrize("most", [1, 3, 10])
def test_rows_are_of_their_class(most):
    """At most so many of each class, none twice, in order; the same for the same seed."""
    labels = np.array([0, 2, 0, 2, 2, 0, 2])
    shown = rows_to_show(labels, 3, most=most, seed=1)
    assert [len(rows) for rows in shown] == [min(most, count) for count in (3, 0, 4)]
    for label, rows in enumerate(shown):
        assert (labels[rows] == label).all()
        assert (np.diff(rows) > 0).all()
    assert all(np.array_equal(*pair) for pair in zip(shown, rows_to_show(labels, 3, most=most, seed=1), strict=True))
