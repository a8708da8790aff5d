"""Fractions as texts."""

import pytest

from galmorph.data._fits.percent import percent


@pytest.mark.parametrize(
    ("share", "text"), [(1, "100 %"), (0.996, "100 %"), (0.994, "99 %"), (0.5, "50 %"), (0.0012, "0.12 %"), (0, "0 %")]
)
def test_percent(share: float, text: str):
    """Two digits, and no power of ten for all."""
    assert percent(share) == text
