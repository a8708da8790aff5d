"""Files that exist completely or not at all."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from galmorph._atomic_files import give_folder_name, give_name, scratch_file, scratch_folder, write_atomically

# Writes a file and a folder, and waits for its end.
WRITE = """
import sys
from pathlib import Path
from galmorph._atomic_files import scratch_file, scratch_folder

folder = Path(sys.argv[1])
with scratch_file(folder, prefix=".a.txt.") as file, scratch_folder(folder, prefix=".b.") as scratch:
    (scratch / "half").write_text("half")
    print("written", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def umask() -> Iterator[None]:
    """Keep others from reading and writing new files, as on machines that many share."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_file_is_replaced(tmp_path: Path):
    """The new content takes the place of the old one; others may read it, and no scratch file stays."""
    path = tmp_path / "a.txt"
    for content in (b"old", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
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


@pytest.mark.usefixtures("umask")
def test_permissions_are_those_of_the_umask(tmp_path: Path):
    """Of files and folders, new ones and replaced ones."""
    for _ in range(2):
        write_atomically(tmp_path / "a.txt", b"content")
        assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640
    with scratch_folder(tmp_path, prefix=".b.") as scratch:
        give_folder_name(scratch, tmp_path / "b")
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o750
    assert list((tmp_path / "b").iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By the next writer in the folder, but not while the process lives; other hidden files stay."""
    (tmp_path / ".mine").write_text("mine")
    command = [sys.executable, "-c", WRITE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        write_atomically(tmp_path / "c.txt", b"content")
        assert len(list(tmp_path.iterdir())) == 4  # with the file and the folder of the other process
        process.send_signal(signal.SIGKILL)
        process.wait()
    monkeypatch.setattr("galmorph._atomic_files._looked_through", set())  # as in a new process
    write_atomically(tmp_path / "c.txt", b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine", "c.txt"]


def test_a_folder_does_not_replace_another(tmp_path: Path):
    """Who made a folder of this name meanwhile keeps it, and the scratch folder is gone."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "theirs").touch()
    with (
        scratch_folder(tmp_path, prefix=".b.") as scratch,
        pytest.raises(FileExistsError, match="exists by now; choose another name"),
    ):
        give_folder_name(scratch, tmp_path / "b")
    assert [path.name for path in tmp_path.rglob("*")] == ["b", "theirs"]


def test_long_names_are_written(tmp_path: Path):
    """A name may be as long as the file system allows, although scratch files are longer."""
    name = "a" * 255
    write_atomically(tmp_path / name, b"content")
    assert [path.name for path in tmp_path.iterdir()] == [name]
