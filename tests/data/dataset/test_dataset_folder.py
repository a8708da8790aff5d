"""Folders of data sets: damage is noticed, and whoever reads gets one version, whenever a writer is killed."""

import json
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from galmorph._folder_lock import folder_lock
from galmorph.data import Dataset, batches, leak_report
from galmorph.data._dataset import dataset_folder
from galmorph.errors import DatasetError, FileFormatError

SIDE = 256  # 64 kB a stamp, 64 in a block of 4 MiB


def make(number: int, value: int = 1, *, side: int = 4) -> Dataset:
    """Make a data set whose labels, groups, stamps and table all tell the value."""
    stamps = np.full((number, side, side, 1), value, np.uint8)
    table = Table({"name": [f"{value}"] * number})
    return Dataset(stamps, [value % 2] * number, ("a", "b"), table=table, groups=[value] * number)


def flip(path: Path, place: int) -> None:
    """Flip a bit."""
    content = bytearray(path.read_bytes())
    content[place] ^= 8
    path.write_bytes(content)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """Save three blocks of stamps, and damage a byte of the second."""
    folder = tmp_path_factory.mktemp("blocks") / "galaxies"
    make(150, side=SIDE).save(folder)
    flip(folder / "stamps.npy", 128 + 70 * SIDE**2)
    return folder


def test_stamps_are_checked_when_they_are_used(saved):
    """To open a data set reads no stamps; rows of whole blocks come out, and those of a damaged one don't."""
    loaded = Dataset.load(saved)
    assert isinstance(loaded.stamps, np.memmap)
    assert loaded[:64][np.arange(64)].stamps.sum() == 64 * SIDE**2
    assert loaded[149][1] == 1
    loaded.verify(np.array([0, 63, 128, -1]))
    message = r"stamps\.npy: damaged: stamps 64 to 127 are not those that were written; copy the folder again"
    for use in (
        lambda: loaded[64],
        lambda: loaded[[3, 127]],
        lambda: loaded[60:70][np.arange(10)],
        lambda: loaded[::-1][np.arange(50)],
        lambda: loaded.verify(),
        lambda: loaded.fingerprint(),
        lambda: loaded.save(saved.parent / "copy"),
        lambda: Dataset.concatenate([loaded[:5], loaded]),
        lambda: pickle.dumps(loaded),
        lambda: list(batches(loaded, 50)),
        lambda: leak_report(loaded[:3], loaded[3:]),
        lambda: loaded.group_copies(),
    ):
        with pytest.raises(FileFormatError, match=message):
            use()
    assert not (saved.parent / "copy").exists()


@pytest.mark.parametrize("name", ["labels.npy", "groups.npy", "table.ecsv", "dataset.json"])
def test_other_files_are_checked_at_once(tmp_path, name):
    """A flipped bit in any of them, and a missing one, is noticed when the data set is opened."""
    make(6).save(tmp_path / "galaxies")
    path = tmp_path / "galaxies" / name
    flip(path, path.stat().st_size - 3)
    with pytest.raises(FileFormatError, match=r"expected a data set written by Dataset\.save, but it can't be read"):
        Dataset.load(tmp_path / "galaxies")
    path.unlink()
    with pytest.raises(FileFormatError, match=f"there is no file {name}|No such file.*{name}"):
        Dataset.load(tmp_path / "galaxies")


def test_stamps_of_another_type_are_refused(tmp_path):
    """The same bytes, read as another type or shape, are other stamps."""
    make(6).save(tmp_path / "galaxies")
    np.save(tmp_path / "galaxies" / "stamps.npy", np.ones((3, 4, 4, 2), np.uint8))
    with pytest.raises(FileFormatError, match=r"stamps.npy: expected \|u1 of shape \(6, 4, 4, 1\)"):
        Dataset.load(tmp_path / "galaxies")


def test_data_sets_of_earlier_versions_are_opened(tmp_path):
    """They have no hashes, so there is nothing to compare."""
    make(6).save(tmp_path / "galaxies")
    header = json.loads((tmp_path / "galaxies" / "dataset.json").read_text())
    del header["files"], header["sha256"]
    (tmp_path / "galaxies" / "dataset.json").write_text(json.dumps(header))
    flip(tmp_path / "galaxies" / "stamps.npy", 130)
    loaded = Dataset.load(tmp_path / "galaxies")
    loaded.verify()
    assert loaded[0][0].sum() == 15 + 9
    loaded.save(tmp_path / "galaxies", overwrite=True)
    assert Dataset.load(tmp_path / "galaxies").fingerprint() == loaded.fingerprint()


def test_versions_take_turns(tmp_path):
    """A data set is replaced as often as wanted, also by itself; files of others in the folder stay."""
    folder = tmp_path / "galaxies"
    make(6).save(folder)
    (folder / "notes.txt").write_text("mine")
    for value in (2, 3, 4):
        before = Dataset.load(folder)
        make(value, value).save(folder, overwrite=True)
        assert before.stamps[0, 0, 0, 0] == value - 1  # still mapped from the file that was removed
        Dataset.load(folder).save(folder, overwrite=True)
        loaded = Dataset.load(folder)
        assert (len(loaded), loaded.stamps.max(), loaded.table["name"][0]) == (value, value, str(value))
        assert len(list(folder.iterdir())) == 6
    flip(folder / "dataset.json", 10)
    make(6).save(folder, overwrite=True)
    assert Dataset.load(folder).fingerprint() == make(6).fingerprint()


# Saves over a data set, and kills itself or is interrupted before the n-th change of the file system, for each n, in
# processes of their own; what is left is loaded after each. As in new processes, each looks for what others left.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
import numpy as np
from galmorph import _atomic_files
from galmorph.data import Dataset

def make(value):
    return Dataset(np.full((5, 4, 4, 1), value, np.uint8), [value] * 5, ("a", "b", "c"), groups=[value] * 5)

CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}
folder, end, exists = Path(sys.argv[1]) / "galaxies", False, bool(int(sys.argv[2]))
seen, n = set(), 0
make(2).fingerprint(), np.save(folder.parent / "imports.npy", [0])
if exists:
    make(1).save(folder)
while not end:
    n += 1
    process = os.fork()
    if process == 0:
        left = n
        def hook(event, arguments):
            global left
            writes = event in CHANGES and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR))
            left -= bool(writes)
            if writes and left == 0:
                if sys.argv[3] == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise KeyboardInterrupt
        sys.addaudithook(hook)
        try:
            make(2).save(folder, overwrite=True)
        except KeyboardInterrupt:
            os._exit(1)
        os._exit(0)
    end = os.waitpid(process, 0)[1] == 0
    _atomic_files._looked_through.clear()
    _atomic_files._remove_abandoned(folder.parent)
    if folder.exists():
        loaded = Dataset.load(folder)
        [value] = {*loaded.stamps.flat, *loaded.labels, *loaded.groups}
        seen.add(int(value))
    else:
        assert not exists
    if exists:
        make(1).save(folder, overwrite=True)
        assert len(list(folder.iterdir())) == 4, list(folder.iterdir())
    else:
        shutil.rmtree(folder, ignore_errors=True)
make(2).save(folder, overwrite=exists)
left = sorted(path.name for path in folder.parent.iterdir())
print(n, sorted(seen), left)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize(("exists", "values"), [(1, "[1, 2]"), (0, "[2]")])
@pytest.mark.parametrize("how", ["kill", "Ctrl-C"])
def test_stopped_at_any_moment(tmp_path, exists, values, how):
    """The old data set or the new one is there, whole, and the next writer removes what was left."""
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(exists), how]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    number, _, rest = answer.strip().partition(" ")
    assert int(number) >= 8
    assert rest == f"{values} ['galaxies', 'imports.npy']"


def test_a_full_disk_is_told_and_leaves_the_old_version(tmp_path, monkeypatch):
    """If the header of a new version can't be written, the error is raised and the old version stays as it was."""
    folder = tmp_path / "galaxies"
    make(3, 1).save(folder)
    files = sorted(path.name for path in folder.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset_folder, "_write_header", full)
    with pytest.raises(OSError, match="No space left on device"):
        make(4, 2).save(folder, overwrite=True)
    assert Dataset.load(folder).stamps[:, 0, 0, 0].tolist() == [1, 1, 1]
    assert sorted(path.name for path in folder.iterdir()) == files


def test_a_reader_opens_one_version(tmp_path):
    """While another thread replaces the data set all the time, labels, groups, stamps and table are of one version."""
    folder = tmp_path / "galaxies"
    versions = [make(3 + value, value) for value in range(2)]
    versions[0].save(folder)
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            for version in versions:
                version.save(folder, overwrite=True)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = set()
        for _ in range(40):
            loaded = Dataset.load(folder)
            loaded.verify()
            [value] = {*loaded.stamps.flat, *loaded.labels, *loaded.groups, *map(int, loaded.table["name"])}
            assert len(loaded) == 3 + value
            seen.add(int(value))
    finally:
        done.set()
        writer.join()
    assert seen == {0, 1}


def test_two_writers_are_told(tmp_path):
    """Who replaces a data set that another process replaces gets an error, and the data set stays."""
    folder = tmp_path / "galaxies"
    make(6).save(folder)
    with (
        folder_lock(folder, who="x"),
        pytest.raises(BlockingIOError, match=r"another Dataset\.save is working here; wait until it ends"),
    ):
        make(3).save(folder, overwrite=True)
    assert len(Dataset.load(folder)) == 6


def test_a_table_that_no_file_can_hold_is_refused(tmp_path):
    """A name that is not UTF-8 is named when the data set is made, or at the latest when it is saved."""
    table = Table({"path": ["a", "b\udcff.png", "c"]})
    stamps = make(3).stamps
    with pytest.raises(DatasetError, match=r"table: path: expected text that UTF-8 can hold, got 'b\\udcff.png'"):
        Dataset(stamps, [0, 0, 1], ("a", "b"), table=table)
    table["path"][1] = "b"
    table.meta["from"] = "b\udcff"  # in a header, YAML writes it with an escape
    Dataset(stamps, [0, 0, 1], ("a", "b"), table=table).save(tmp_path / "galaxies")
    assert Dataset.load(tmp_path / "galaxies").table.meta["from"] == "b\udcff"
    with pytest.raises(DatasetError, match=r"classes: expected text that UTF-8 can hold, got 'b\\ud800'; rename"):
        Dataset(stamps, [0, 0, 1], ("a", "b\ud800"))
