"""Answers to stamps as they come: bounded memory, one shape, and a network that does not wait."""

import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from galmorph.data import Dataset
from galmorph.training import Domain
from galmorph.training._predictions.batched_answers import answer_dataset, answer_stamps
from galmorph.training._predictions.prepared_stamps import PreparedStamp


def stamps(number: int) -> Iterator[PreparedStamp]:
    """Make stamps that hold their number; each seventh can't be used."""
    for row in range(number):
        stamp = None if row % 7 == 3 else np.full((2, 2, 1), row, np.float32)
        yield PreparedStamp(f"NGC {row}", "broken" * (stamp is None), stamp)


class Echo:
    """Classify stamps by the number that they hold, and note the shapes."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Answer."""
        self.lengths.append(len(batch))
        return np.stack([batch[:, 0, 0, 0], -batch[:, 0, 0, 0]], axis=1)


@pytest.mark.parametrize("number", [1, 20, 64, 75, 76, 500])
def test_answers_are_in_order(number):
    """Each galaxy gets the answer to its own stamp, and those without one NaN."""
    made = answer_stamps(stamps(number), Echo(), columns=2, paths=False)
    usable = np.arange(number) % 7 != 3
    np.testing.assert_array_equal(made.unknown, ~usable)
    np.testing.assert_array_equal(made.probabilities[usable, 0], np.flatnonzero(usable))
    assert made.names == [f"NGC {row}" for row in range(number)]
    assert made.notes == ["" if used else "broken" for used in usable]
    assert made.paths is None


def test_all_batches_have_one_shape():
    """The last batch is filled up; only if there is no other, its shape is its own, unless it shall be filled too."""
    for number, fill, expected in [(500, False, {64}), (20, False, {17}), (20, True, {64}), (64, False, {55})]:
        echo = Echo()
        answer_stamps(stamps(number), echo, columns=2, paths=False, fill=fill)
        assert set(echo.lengths) == expected


def test_few_stamps_are_in_memory():
    """Of thousands of stamps, only a few batches are alive at any time."""
    alive, most = 0, 0

    def forget() -> None:
        nonlocal alive
        alive -= 1

    def counted() -> Iterator[PreparedStamp]:
        nonlocal alive, most
        for row in range(3000):
            stamp = np.full((2, 2, 1), row, np.float32)
            weakref.finalize(stamp, forget)
            alive += 1
            most = max(most, alive)
            yield PreparedStamp("", "", stamp)

    answer_stamps(counted(), Echo(), columns=2, paths=False)
    assert 64 <= most <= 6 * 64


def test_stamps_come_while_the_network_works():
    """The network answers the first batch only after the next one was gathered: nobody waits for the other."""
    gathered = threading.Event()

    def slow(batch: np.ndarray) -> np.ndarray:
        assert gathered.wait(10)
        return Echo()(batch)

    def watched() -> Iterator[PreparedStamp]:
        for row, stamp in enumerate(stamps(400)):
            if row == 150:
                gathered.set()
            yield stamp

    assert len(answer_stamps(watched(), slow, columns=2, paths=False).names) == 400


def test_an_error_of_the_network_is_raised():
    """As it is, from the thread in which the network works."""

    def wrong(batch: np.ndarray) -> np.ndarray:
        raise ValueError(f"no answer to {len(batch)}")

    with pytest.raises(ValueError, match="no answer to 64"):
        answer_stamps(stamps(1000), wrong, columns=2, paths=False)


@pytest.mark.parametrize("number", [5, 64, 1030, 2100])
def test_a_data_set_is_read_in_pieces(tmp_path, number):
    """Of memory-mapped stamps at most 1024 are classified at once, each of them once, in order."""
    values = np.arange(number, dtype=np.float32) / number
    np.save(tmp_path / "stamps.npy", np.broadcast_to(values[:, None, None, None], (number, 2, 2, 1)))
    dataset = Dataset(np.load(tmp_path / "stamps.npy", mmap_mode="r"), np.zeros(number, int), ("a", "b"))
    echo = Echo()
    made = answer_dataset(dataset, echo, Domain())
    np.testing.assert_array_equal(made.probabilities[:, 0], values)
    assert max(echo.lengths) <= 1024
    assert min(echo.lengths) >= min(64, number)
