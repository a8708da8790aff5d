"""The manifest of a folder of images: written rows stay, one run at a time, and damage is an error."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from galmorph.data._fetch.manifest import MANIFEST, Manifest, read_entries, read_manifest
from galmorph.data._fetch.manifest_db import ManifestRow
from galmorph.errors import DatasetError, FileFormatError

OPTIONS = {"source": {"survey": "DSS"}, "max_pixels": 100}
DONE = ManifestRow(name="M 31", file="M_31.fits", state="done", url="http://x/", bytes=5, sha256="00", retrieved="2026")


def write(directory: Path, *entries: ManifestRow) -> None:
    """Write entries as one run."""
    with Manifest(directory, OPTIONS) as manifest:
        for entry in entries:
            manifest.record(entry)


def alter(directory: Path, sql: str) -> None:
    """Change a manifest behind its back."""
    database = sqlite3.connect(directory / MANIFEST)
    database.execute(sql)
    database.commit()
    database.close()


def test_entries_come_back_in_the_order_in_which_they_came(tmp_path: Path):
    """A galaxy that is tried again keeps its place, and all columns their values and types."""
    write(tmp_path, ManifestRow(name="B", reason="gone"), DONE)
    write(tmp_path, ManifestRow(name="B", state="done", file="B.fits", bytes=2**40, seconds=1.5))
    table = read_manifest(tmp_path)
    assert list(table["name"]) == ["B", "M 31"]
    assert list(table["state"]) == ["done", "done"]
    assert list(table["reason"]) == ["", ""]
    assert table["bytes"].dtype == "int64"
    assert list(table["bytes"]) == [2**40, 5]
    assert table["seconds"][0] == 1.5
    assert table.meta["options"] == OPTIONS


@pytest.mark.parametrize("name", ["a\0b", "é", "'; DROP TABLE galaxies; --", "x" * 10_000])
def test_any_name_is_kept(tmp_path: Path, name: str):
    """Names are values, never a part of a command."""
    write(tmp_path, ManifestRow(name=name))
    with Manifest(tmp_path, OPTIONS) as manifest:
        assert list(manifest.entries()) == [name]


def test_an_empty_folder_has_no_entries(tmp_path: Path):
    """Before anything was fetched there is a clear error, and a plan finds nothing done."""
    assert read_entries(tmp_path, OPTIONS) == {}
    with pytest.raises(DatasetError, match=r"no such manifest; expected a directory that fetch_images filled"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).touch()  # as a run leaves it that is killed at once
    assert len(read_manifest(tmp_path)) == 0
    write(tmp_path, DONE)
    assert len(read_manifest(tmp_path)) == 1


def test_one_run_at_a_time(tmp_path: Path):
    """A second run is refused, from this process and from another; readers are not; afterwards the lock is free."""
    script = (
        "import sys; from pathlib import Path; from galmorph.data._fetch.manifest import Manifest\n"
        "try:\n    Manifest(Path(sys.argv[1]), {}).__enter__()\nexcept BlockingIOError as error: print(error)"
    )
    with Manifest(tmp_path, OPTIONS) as manifest:
        manifest.record(DONE)
        with pytest.raises(BlockingIOError, match="another fetch_images is working here; wait until it ends"):
            Manifest(tmp_path, OPTIONS).__enter__()
        other = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
        )
        assert "another fetch_images is working here" in other.stdout
        assert len(read_manifest(tmp_path)) == 1
    write(tmp_path)


def test_readers_and_a_run_wait_for_each_other(tmp_path: Path):
    """A manifest that is read all the time by others can be written all the same."""
    write(tmp_path)
    stop = threading.Event()
    sizes = []

    def read() -> None:
        while not stop.is_set():
            sizes.append(len(read_manifest(tmp_path)))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        write(tmp_path, *(ManifestRow(name=str(number)) for number in range(50)))
    finally:
        stop.set()
        reader.join()
    assert sizes == sorted(sizes)
    assert len(read_manifest(tmp_path)) == 50


def test_other_options_are_refused_once_there_are_images(tmp_path: Path):
    """A folder holds the images of one source with one set of options."""
    other = {"source": {"survey": "2MASS"}, "max_pixels": 100}
    write(tmp_path)
    with Manifest(tmp_path, other):
        pass
    write(tmp_path, DONE)
    with pytest.raises(DatasetError, match=r"options of the 1 galaxies in this folder, .*DSS.*; got .*2MASS.*choose"):
        Manifest(tmp_path, other).__enter__()
    with pytest.raises(DatasetError, match="choose another directory"):
        read_entries(tmp_path, other)
    with pytest.raises(DatasetError, match="choose another directory"):
        read_entries(tmp_path, {"source": other["source"]})
    assert list(read_entries(tmp_path, {"source": OPTIONS["source"]})) == ["M 31"]
    write(tmp_path)  # and the refused one let the lock go


def test_an_announcement_lasts_until_the_galaxy_is_recorded(tmp_path: Path):
    """A file that is about to get its name is known to the next run, and to no reader."""
    with Manifest(tmp_path, OPTIONS) as manifest:
        manifest.announce(DONE)
    assert len(read_manifest(tmp_path)) == 0
    with Manifest(tmp_path, OPTIONS) as manifest:
        assert manifest.arriving() == [DONE]
        manifest.record(DONE)
        assert manifest.arriving() == []
        manifest.announce(ManifestRow(name="x"))
        manifest.forget_arriving()
        assert manifest.arriving() == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE galaxies SET file = '../../etc/passwd'",
        "UPDATE galaxies SET file = '/etc/passwd'",
        "UPDATE galaxies SET file = '.hidden'",
        "UPDATE galaxies SET state = 'maybe'",
        "UPDATE galaxies SET bytes = 'many'",
        "UPDATE galaxies SET sha256 = x'00'",
        "DROP TABLE galaxies",
    ],
)
def test_a_manifest_that_was_tampered_with_is_refused(tmp_path: Path, sql: str):
    """Its rows become paths and numbers only after a look."""
    write(tmp_path, DONE)
    alter(tmp_path, sql)
    with pytest.raises(FileFormatError, match="damaged manifest"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE about SET value = '{'",
        "UPDATE about SET value = '[]'",
        "UPDATE about SET value = x'00'",
        "UPDATE about SET value = 7",
        "UPDATE about SET value = replace(hex(zeroblob(50000)), '0', '[')",
        "UPDATE about SET value = replace(hex(zeroblob(70)), '00', '{\"a\":') || '1' "
        "|| replace(hex(zeroblob(70)), '00', '}')",
    ],
    ids=range(6),
)
def test_options_that_are_no_json_are_refused(tmp_path: Path, sql: str):
    """They are read as JSON, must be an object, and not too deep."""
    write(tmp_path, DONE)
    alter(tmp_path, sql)
    for use in (read_manifest, write):
        with pytest.raises(
            FileFormatError, match=r"a manifest that fetch_images wrote, .*fetch into another directory"
        ):
            use(tmp_path)


def test_another_database_is_no_manifest(tmp_path: Path):
    """A later version, a database of something else, and a file that is not a database are not damaged rows."""
    write(tmp_path, DONE)
    alter(tmp_path, "PRAGMA user_version=2")
    for use in (read_manifest, write):
        with pytest.raises(FileFormatError, match=r"expected a manifest of fetch_images, version 1, got 0x67616c6d, 2"):
            use(tmp_path)
    (tmp_path / MANIFEST).unlink()
    alter(tmp_path, "CREATE TABLE other (x)")
    with pytest.raises(FileFormatError, match="expected a manifest of fetch_images"):
        write(tmp_path)
    (tmp_path / MANIFEST).write_bytes(b"no database at all, just some text that is longer than a header" * 20)
    for use in (read_manifest, write):
        with pytest.raises(FileFormatError, match="file is not a database"):
            use(tmp_path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that it forks")
def test_a_run_that_is_killed_in_a_transaction_leaves_what_was_before(tmp_path: Path):
    """The half-written transaction is undone by whoever opens the manifest next, a reader too."""
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from galmorph.data._fetch.manifest import Manifest; from galmorph.data._fetch.manifest_db import ManifestRow\n"
        "manifest = Manifest(Path(sys.argv[1]), {}).__enter__()\n"
        "manifest.record(ManifestRow(name='first'))\n"
        "database = manifest._database; database.execute('PRAGMA cache_size=1')\n"
        "database.execute('BEGIN IMMEDIATE')\n"
        "for i in range(2000): database.execute('INSERT INTO galaxies VALUES (?,?,?,?,?,?,?,?,?)',"
        " (f'n{i}', '', 'failed', 'x' * 100, '', 0, '', '', 0.0))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert (tmp_path / f"{MANIFEST}-journal").exists()
    assert list(read_manifest(tmp_path)["name"]) == ["first"]
    assert not (tmp_path / f"{MANIFEST}-journal").exists()
