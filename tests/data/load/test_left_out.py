"""The list of galaxies that are left out of a data set."""

import pytest

from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.errors import PoorImageError, UnreadableImageError


def test_order_and_counts() -> None:
    """Entries come in the order of the names, whatever the order in which they are left out; reasons are counted."""
    left_out = LeftOutGalaxies(["a", "b", "c", "d"], "warn")
    left_out.skip_image(3, PoorImageError("too faint"))
    left_out.skip(0, "no class", "'S?'")
    left_out.skip_image(2, UnreadableImageError("c.fits: not there"), "image missing")
    left_out.skip_image(1, PoorImageError("too small"))
    assert left_out.entries() == [
        {"name": "a", "reason": "no class: 'S?'"},
        {"name": "b", "reason": "image too poor: too small"},
        {"name": "c", "reason": "image missing: c.fits: not there"},
        {"name": "d", "reason": "image too poor: too faint"},
    ]
    assert left_out.reasons() == ["no class", "image too poor", "image missing", "image too poor"]
    assert left_out.summary() == "image too poor 2, no class 1, image missing 1"
    assert left_out.summary(images=True) == "image too poor 2, image missing 1"
    assert left_out.images == 3
    assert left_out.rows == {0, 1, 2, 3}


def test_raise() -> None:
    """With "raise", an unsound image is an error; a galaxy that has no class is not."""
    left_out = LeftOutGalaxies(["a"], "raise")
    left_out.skip(0, "no class")
    with pytest.raises(PoorImageError, match="too faint"):
        left_out.skip_image(0, PoorImageError("too faint"))
