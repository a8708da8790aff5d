"""Style: an architecture has the same look in all figures, and a figure belongs to pyplot only if it is whole."""

import pytest
from matplotlib import pyplot as plt

from galmorph.comparison._figures.style import look_of, paper_figure


def test_a_figure_that_fails_is_closed():
    """What was drawn before an error is not left to ``plt.show()``."""
    with paper_figure(1, 1) as figure:
        assert plt.gcf() is figure
    plt.close(figure)
    with pytest.raises(InterruptedError), paper_figure(1, 1):
        raise InterruptedError
    assert plt.get_fignums() == []


def test_an_architecture_looks_the_same_everywhere(comparison):
    """Colour and marker go with the place in the plan, not with the rank, and no two share them."""
    plots = comparison.plots
    looks = [look_of(comparison, name) for name in comparison.plan.architectures]
    assert len({look.colour for look in looks}) == len({look.marker for look in looks}) == 3
    by_label = {line.get_label(): line.get_color() for line in plots.learning_curves().get_legend().get_lines()}
    assert by_label["poor"] == looks[0].colour
    assert by_label["fair_one"] == looks[2].colour
