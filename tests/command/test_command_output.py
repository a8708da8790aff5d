"""Tables on the screen."""

from hypothesis import given
from hypothesis import strategies as st

from galmorph._command.output import table_lines

TEXTS = st.text(max_size=120)


@given(st.lists(st.tuples(TEXTS, TEXTS.filter(lambda text: len(text) < 20), TEXTS), max_size=4), st.integers(70, 200))
def test_tables_fit_the_terminal(rows, width):
    """No line is longer than the terminal or holds a character that it obeys; each row has one, or more if wrapped."""
    head = ["name", "class", "note"]
    lines, wrapped = table_lines(head, rows, width), table_lines(head, rows, width, wrapped=True)
    assert max(map(len, lines + wrapped)) <= width
    assert all(line.isprintable() for line in lines + wrapped)
    assert len(lines) == len(rows) + 2 <= len(wrapped)


def test_long_names_keep_their_ends():
    """Names of a survey often differ at the end alone."""
    names = [f"SDSS_J{'1' * 60}_{number}" for number in range(2)]
    first, second = table_lines(["name", "note"], [[name, ""] for name in names], 80)[2:]
    assert (first[-1], second[-1]) == ("0", "1")
    assert first.startswith("SDSS_J1")
