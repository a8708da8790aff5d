"""Data sets as sequences of galaxies: what loops, PyTorch's DataLoader and grain need of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pytest

from galmorph.data import Dataset, leak_report
from galmorph.errors import InvalidValueError


def make(galaxies: int = 6) -> Dataset:
    """Make galaxies with random stamps."""
    stamps = np.random.default_rng(galaxies).integers(0, 256, (galaxies, 8, 8, 3), np.uint8)
    return Dataset(stamps, np.arange(galaxies) % 2, ("smooth", "spiral"))


def test_a_galaxy_is_a_stamp_and_its_label() -> None:
    """A row counts from either end, and may be a number of NumPy; the label is a whole number of Python."""
    galaxies = make(6)
    for row in (0, 5, -1, -6, np.int64(3), np.int32(2)):
        stamp, label = galaxies[row]
        np.testing.assert_array_equal(stamp, galaxies.stamps[row], strict=True)
        assert label == galaxies.labels[row]
        assert type(label) is int
    for row in (6, -7):
        with pytest.raises(IndexError, match=f"index {row} is out of bounds"):
            galaxies[row]


def test_a_galaxy_can_be_changed_and_its_data_set_not(tmp_path: Path) -> None:
    """A stamp is a plain array of its own, also if the data set is mapped from a file that can't be written to."""
    make().save(tmp_path / "galaxies")
    galaxies = Dataset.load(tmp_path / "galaxies")
    stamp, _ = galaxies[1]
    assert type(stamp) is np.ndarray
    stamp[:] = 0  # PyTorch warns of arrays that can't be written to
    np.testing.assert_array_equal(galaxies.stamps, make().stamps)


def test_a_loop_sees_every_galaxy_once_and_in_order() -> None:
    """Loops, lists and reversed order agree with the arrays."""
    galaxies = make(5)
    stamps, labels = zip(*galaxies, strict=True)
    np.testing.assert_array_equal(np.stack(stamps), galaxies.stamps)
    assert list(labels) == galaxies.labels.tolist()
    assert [label for _, label in reversed(galaxies)] == galaxies.labels[::-1].tolist()


@pytest.mark.usefixtures("unchecked_shapes")
def test_unpacking_a_data_set_instead_of_its_split_is_told() -> None:
    """``train, test = galaxies`` fails; of two galaxies each would be one, which nothing takes for a data set."""
    with pytest.raises(ValueError, match="too many values to unpack"):
        _, _ = make(6)
    learned, tested = make(2)
    with pytest.raises(InvalidValueError, match="parts: expected data sets, got "):
        leak_report(learned, tested)


# What follows does what torch.utils.data.DataLoader and its default_collate do with a data set that has a length and
# numbered items: `_MapDatasetFetcher.fetch`, `RandomSampler`, `SequentialSampler` (torch 2.6).


def torch_batches(dataset: Any, batch_size: int, *, shuffle: bool) -> Iterator[list[np.ndarray]]:
    """Go through a data set as PyTorch's loader does, with NumPy's arrays instead of tensors."""
    rows: Sequence[int] = range(len(dataset))
    if shuffle:
        rows = np.random.default_rng(0).permutation(len(dataset)).tolist()
    for start in range(0, len(rows), batch_size):
        assert not hasattr(dataset, "__getitems__")  # which PyTorch would prefer
        fields = zip(*[dataset[row] for row in rows[start : start + batch_size]], strict=True)
        yield [np.stack(field) if isinstance(field[0], np.ndarray) else np.array(field) for field in fields]


@pytest.mark.parametrize("shuffle", [False, True])
def test_pytorch_gets_batches_of_stamps_and_labels(shuffle: bool) -> None:
    """Each galaxy is in one batch; whole numbers of Python become int64, PyTorch's type of labels."""
    galaxies = make(7)
    batches = list(torch_batches(galaxies, 3, shuffle=shuffle))
    assert [stamps.shape for stamps, _ in batches] == [(3, 8, 8, 3), (3, 8, 8, 3), (1, 8, 8, 3)]
    assert {labels.dtype for _, labels in batches} == {np.dtype(np.int64)}
    seen = sorted(
        (stamp.tobytes(), int(label)) for stamps, labels in batches for stamp, label in zip(stamps, labels, strict=True)
    )
    assert seen == sorted((stamp.tobytes(), label) for stamp, label in galaxies)


@runtime_checkable
class RandomAccessDataSource(Protocol):
    """What grain asks of a source (grain.RandomAccessDataSource)."""

    def __len__(self) -> int: ...

    def __getitem__(self, record_key: int, /) -> Any: ...


def test_grain_takes_it_as_a_source() -> None:
    """A data set is a grain source, and its items survive the trip to a worker process."""
    galaxies = make(4)
    assert isinstance(galaxies, RandomAccessDataSource)
    stamp, label = galaxies[2]
    np.testing.assert_array_equal(np.asarray(stamp), galaxies.stamps[2])
    assert label == 0
