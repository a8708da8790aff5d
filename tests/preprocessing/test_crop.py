"""Crops: windows that make no sense are refused."""

import pytest

from galmorph.errors import InvalidValueError
from galmorph.preprocessing import AngularCrop, FractionCrop, GalaxyCrop


@pytest.mark.parametrize("crop", [GalaxyCrop, AngularCrop, FractionCrop])
def test_windows_without_extent_are_refused(crop: type) -> None:
    """The side of a window is above 0."""
    with pytest.raises(InvalidValueError, match=r"expected a finite number above 0, got 0\.0"):
        crop(0.0)


def test_fraction_is_at_most_the_frame() -> None:
    """A fraction above 1 is refused."""
    with pytest.raises(InvalidValueError, match=r"fraction: expected at most 1, the whole frame, got 1.5"):
        FractionCrop(1.5)
