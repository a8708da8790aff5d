"""Lists that a command is given: files of paths, standard input, and what is named twice."""

import io
import sys

import pytest

from galmorph._command.inputs import image_paths, listed_lines, user_path
from galmorph.errors import InvalidValueError


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """The current folder, with the empty pictures ``a.png`` to ``c.png``."""
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.png").touch()
    return tmp_path


def give(monkeypatch, text: str) -> None:
    """Put a text on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize("source", ["list.txt", "-"])
def test_a_list_has_a_path_in_each_line(pictures, monkeypatch, source):
    """Empty lines, comments, the mark of UTF-8 and the line ends of Windows are no part of it; spaces in names are."""
    text = "\ufeff# mine\nb.png\r\n\n  \na b.png\n#c.png\nc.png"
    (pictures / "list.txt").write_bytes(text.encode())
    give(monkeypatch, text)
    assert image_paths([source]) == ["b.png", "a b.png", "c.png"]


def test_lists_mix_with_files_folders_and_patterns(pictures, monkeypatch):
    """In the order of the arguments; a list may hold patterns, too, and a folder may end in .txt."""
    (pictures / "folder.txt").mkdir()
    (pictures / "folder.txt" / "d.png").touch()
    (pictures / "list.txt").write_text("[ab].png\n")
    give(monkeypatch, "e.png\n")
    assert image_paths(["c.png", "list.txt", "-", "folder.txt"]) == [
        "c.png",
        "a.png",
        "b.png",
        "e.png",
        "folder.txt/d.png",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"expected the path of an image in each line, got an empty list"),
        (b"# only this\n\n", r"expected the path of an image in each line, got an empty list"),
        (b"SIMPLE\0\0", r"expected a text with the path of an image in each line, got zero bytes"),
    ],
)
def test_an_empty_list_is_an_error(pictures, monkeypatch, content, message):
    """It names the list: a file or standard input."""
    (pictures / "list.txt").write_bytes(content)
    with pytest.raises(InvalidValueError, match=rf"list\.txt: {message}"):
        image_paths(["list.txt"])
    give(monkeypatch, content.decode())
    with pytest.raises(InvalidValueError, match=f"standard input: {message}"):
        image_paths(["-"])
    with pytest.raises(FileNotFoundError, match=r"none\.txt"):
        image_paths(["none.txt"])


@pytest.mark.usefixtures("pictures")
def test_names_of_any_bytes_are_read(tmp_path, monkeypatch):
    """File names on Linux need not be UTF-8."""
    (tmp_path / "list.txt").write_bytes(b"\xff.png\n")
    with io.TextIOWrapper(io.BytesIO(b"\xff.png\n"), encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert listed_lines("-", "a path") == listed_lines("list.txt", "a path") == ["\udcff.png"]


def test_what_is_given_twice_counts_once(pictures, capsys):
    """By its place, however it is written; standard error says which."""
    assert image_paths(["a.png", "b.png", "./a.png"]) == ["a.png", "b.png"]
    assert capsys.readouterr().err == "galmorph: a.png is given more than once, and classified once\n"
    assert image_paths(["b.png", ".", str(pictures / "a.png")]) == ["b.png", "a.png", "c.png"]
    assert "2 files, the first b.png, are given more than once" in capsys.readouterr().err


def test_the_home_folder_is_found_in_quotation_marks(pictures, monkeypatch):
    """In arguments and in lists; a user who does not exist is a name of a file."""
    monkeypatch.setenv("HOME", str(pictures))
    monkeypatch.setenv("USERPROFILE", str(pictures))
    (pictures / "list.txt").write_text("~/b.png\n")
    assert image_paths(["~/[a].png", "~/list.txt"]) == [str(pictures / "a.png"), str(pictures / "b.png")]
    assert user_path("~/out.csv") == pictures / "out.csv"
    assert str(user_path("~nobody-of-this-name/out.csv")) == "~nobody-of-this-name/out.csv"
