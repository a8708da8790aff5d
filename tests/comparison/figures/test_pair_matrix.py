"""Figure of the pairs: differences, intervals, and frames around distinguishable pairs."""

import pytest
from fabricated import fabricate_comparison
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from galmorph.errors import InvalidValueError


def test_pairs_shade_what_is_distinguishable(comparison):
    """Each pair has its difference and interval; as many cells are shaded as pairs are distinguishable."""
    axes = comparison.plots.pairs()
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(cells) == 3
    shaded = [patch for patch in cells if patch.get_facecolor()[3] > 0]
    assert 0 < len(shaded) < 3
    assert len(shaded) == sum(pair.distinguishable for pair in comparison.pairs)
    written = [each.get_text() for each in axes.findobj(Text) if each.get_text()]
    for pair in comparison.pairs:
        assert f"{100 * pair.difference:+.1f}" in written or pair.difference == 0
        assert any(text.endswith(f"to {100 * pair.interval[1]:+.1f}") for text in written)


def test_pairs_need_two():
    """One architecture has nothing to differ from."""
    with pytest.raises(InvalidValueError, match="at least two architectures, got \\['alone'\\]"):
        fabricate_comparison({"alone": 1.0}, seeds=(0,)).plots.pairs()
