"""Comparison: what its methods add to the findings."""

from fabricated import fabricate_comparison


def test_repr_is_short():
    """A line with the ranking."""
    comparison = fabricate_comparison({"poor": 0.3, "good": 2.5}, seeds=(0,))
    assert repr(comparison).startswith("Comparison(")
    assert "210 tested galaxies" in repr(comparison)
