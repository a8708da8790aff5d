"""Files that exist completely or not at all."""

import re
from pathlib import Path

import pytest

from galmorph._atomic_files import give_name, scratch_file, write_atomically


def test_a_file_is_replaced(tmp_path: Path):
    """The new content takes the place of the old one; others may read it, and no scratch file stays."""
    path = tmp_path / "a.txt"
    for content in (b"old", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file(tmp_path: Path):
    """Before it gets its name, a scratch file is hidden; after an error it is gone, and the old file stays."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def fail() -> None:
        with scratch_file(tmp_path, prefix=".a.") as file:
            file.write(b"half")
            file.flush()
            assert [each.read_bytes() for each in tmp_path.glob(".a.*")] == [b"half"]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_a_scratch_file_stays_only_with_a_name(tmp_path: Path):
    """It is deleted at the end unless it got a name."""
    with scratch_file(tmp_path, prefix=".x") as file:
        file.write(b"content")
        give_name(file, tmp_path / "x")
    with scratch_file(tmp_path, prefix=".y") as file:
        file.write(b"content")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x": b"content"}


def test_missing_folders_are_made(tmp_path: Path):
    """The folder need not exist, nor its own folder."""
    write_atomically(tmp_path / "new" / "one" / "a.txt", b"content")
    assert (tmp_path / "new" / "one" / "a.txt").read_bytes() == b"content"


@pytest.mark.parametrize(
    ("path", "error", "reason"),
    [
        ("folder", IsADirectoryError, "Is a directory"),
        ("file/a.txt", NotADirectoryError, "Not a directory"),
        ("file/new/a.txt", NotADirectoryError, "Not a directory"),
        ("a" * 300, OSError, "File name too long"),
        ("folder/\0", ValueError, "null"),
    ],
)
def test_the_error_names_the_file(tmp_path: Path, path: str, error: type[Exception], reason: str):
    """Where no file can be written, the message names what was asked for, not a scratch file, and says what to do."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(error, match=reason) as caught:
        write_atomically(tmp_path / path, b"content")
    if error is not ValueError:
        assert re.search(r"can't write this file \(.*\); choose a file name in a folder that", str(caught.value))
        assert str(caught.value).endswith(f"{str(tmp_path / path)!r}")
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["file", "folder"]
