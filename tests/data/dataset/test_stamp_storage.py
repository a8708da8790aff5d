"""Where stamps are kept: in memory, or in a file that NumPy can open."""

from pathlib import Path

import numpy as np
import pytest

from galmorph.data._dataset.stamp_file import stamp_file
from galmorph.data._dataset.stamp_storage import StampStorage
from galmorph.errors import DatasetError

STAMPS = np.arange(5 * 4 * 4 * 3, dtype=np.uint8).reshape(5, 4, 4, 3)


@pytest.mark.parametrize("stored", [1, 5])
@pytest.mark.parametrize("path", [None, "stamps.npy"])
def test_stored_stamps_come_back(tmp_path: Path, stored: int, path: str | None) -> None:
    """Stamps come back as they were stored, from memory and from both kinds of file; fewer may come than planned."""
    with stamp_file(tmp_path, None if path is None else tmp_path / path) as opener:
        in_memory = StampStorage(5, "uint8", most_bytes=STAMPS.nbytes, file=opener)
        in_file = StampStorage(5, "uint8", most_bytes=STAMPS.nbytes - 1, file=opener)
        for storage in (in_memory, in_file):
            for stamp in STAMPS[:stored]:
                storage.append(stamp)
        kept, mapped = in_memory.finish(), in_file.finish()
    np.testing.assert_array_equal(kept, STAMPS[:stored], strict=True)
    np.testing.assert_array_equal(mapped, STAMPS[:stored], strict=True)
    assert isinstance(mapped, np.memmap)
    assert not isinstance(kept, np.memmap)
    assert [entry.name for entry in tmp_path.iterdir()] == ([] if path is None else [path])
    if path is not None:
        np.testing.assert_array_equal(np.load(tmp_path / path), STAMPS[:stored], strict=True)


@pytest.mark.parametrize("most_bytes", [STAMPS.nbytes, 0], ids=["memory", "file"])
def test_stamps_of_another_shape_are_refused(tmp_path: Path, most_bytes: int) -> None:
    """All stamps have the shape of the first; the error begins with the name of the other one."""
    message = r"^b\.png: got a stamp of shape \(4, 4, 1\), but earlier ones have \(4, 4, 3\); set the recipe's channels"
    with stamp_file(tmp_path, None) as opener:
        storage = StampStorage(5, "uint8", most_bytes=most_bytes, file=opener)
        storage.append(STAMPS[0])
        with pytest.raises(DatasetError, match=message):
            storage.append(STAMPS[1, :, :, :1], of="b.png")
        storage.append(STAMPS[2])
        np.testing.assert_array_equal(storage.finish(), STAMPS[[0, 2]])


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    """A file gets its name only if no error was raised while it was written."""
    path = tmp_path / "stamps.npy"
    with pytest.raises(KeyError, match="stop"), stamp_file(tmp_path, path) as opener:  # noqa: PT012
        StampStorage(5, "uint8", most_bytes=0, file=opener).append(STAMPS[0])
        raise KeyError("stop")
    assert list(tmp_path.iterdir()) == []


def test_files_are_not_replaced(tmp_path: Path) -> None:
    """A file of this name is kept."""
    path = tmp_path / "stamps.npy"
    path.touch()
    with pytest.raises(FileExistsError, match=r"stamps\.npy: exists; delete it"), stamp_file(tmp_path, path):
        pass
