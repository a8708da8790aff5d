"""Style: an architecture has the same look in all figures."""

from galmorph.comparison._figures.style import look_of


def test_an_architecture_looks_the_same_everywhere(comparison):
    """Colour and marker go with the place in the plan, not with the rank, and no two share them."""
    plots = comparison.plots
    looks = [look_of(comparison, name) for name in comparison.plan.architectures]
    assert len({look.colour for look in looks}) == len({look.marker for look in looks}) == 3
    by_label = {line.get_label(): line.get_color() for line in plots.learning_curves().get_legend().get_lines()}
    assert by_label["poor"] == looks[0].colour
    assert by_label["fair one"] == looks[2].colour
