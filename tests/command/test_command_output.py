"""Tables on the screen and in a pipe, and files that are not replaced."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph._command.output import check_new_file, tab_lines, table_lines, terminal_width

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


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_a_pipe_gets_a_line_for_each_row(rows):
    """Whatever texts contain, each row has its line and each column its place."""
    lines = list(tab_lines(["name", "note"], rows))
    assert [line.count("\t") for line in lines] == [1] * (len(rows) + 1)
    assert all(line.replace("\t", "").isprintable() for line in lines)


def test_the_width_is_that_of_a_terminal(terminal, monkeypatch):
    """``COLUMNS`` sets another, of at least 40; a pipe has none."""
    assert terminal_width() == 80
    monkeypatch.setenv("COLUMNS", "3")
    assert terminal_width() == 40
    monkeypatch.undo()
    assert terminal_width() is None
    assert terminal.readouterr() == ("", "")


def test_files_are_not_replaced_unasked(tmp_path):
    """A file that exists needs ``--overwrite``, and a folder is refused with an example."""
    file = tmp_path / "a.csv"
    check_new_file(file, overwrite=False)
    file.touch()
    check_new_file(file, overwrite=True)
    with pytest.raises(FileExistsError, match="exists; add --overwrite to replace it"):
        check_new_file(file, overwrite=False)
    with pytest.raises(IsADirectoryError, match=re.escape(f"is a folder; give the name of a file, such as {tmp_path}")):
        check_new_file(tmp_path, overwrite=True)
