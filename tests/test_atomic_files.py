"""Files that exist completely or not at all."""

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


def test_a_missing_folder_is_an_error(tmp_path: Path):
    """The folder must exist."""
    with pytest.raises(FileNotFoundError, match="new"):
        write_atomically(tmp_path / "new" / "a.txt", b"")
