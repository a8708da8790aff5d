"""Every galaxy once in each epoch, for all sizes, seeds, processes and interruptions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import Dataset, batches, epoch_order
from galmorph.errors import InvalidValueError

SIZES = st.tuples(st.integers(1, 200), st.integers(1, 64))


def dataset(galaxies: int) -> Dataset:
    """Make galaxies whose stamps and labels are their row."""
    rows = np.arange(galaxies)
    stamps = np.broadcast_to(rows.astype(np.uint8)[:, None, None, None], (galaxies, 4, 4, 1))
    return Dataset(stamps, rows % 3, ("a", "b", "c"))


@given(SIZES, st.none() | st.integers(0, 2**31), st.integers(0, 100))
def test_every_galaxy_comes_once(sizes, seed, epoch):
    """Valid rows are a permutation of all rows, in batches of one size, and only the last batch is filled up."""
    galaxies, batch_size = sizes
    order, valid = epoch_order(galaxies, batch_size, seed=seed, epoch=epoch)
    assert order.shape == valid.shape == (-(-galaxies // batch_size), batch_size)
    assert sorted(order[valid].tolist()) == list(range(galaxies))
    assert valid[:-1].all()
    assert ((order >= 0) & (order < galaxies)).all()


@given(SIZES, st.integers(0, 2**31))
def test_same_seed_same_order(sizes, seed):
    """A seed and an epoch fix the order."""
    first, again = (epoch_order(*sizes, seed=seed, epoch=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_epochs_and_seeds_differ():
    """Another epoch or another seed has another order; without a seed the rows stay in order."""
    orders = [epoch_order(100, 10, seed=seed, epoch=epoch)[0].tobytes() for seed, epoch in [(0, 0), (0, 1), (1, 0)]]
    assert len(set(orders)) == 3
    np.testing.assert_array_equal(epoch_order(100, 10)[0].ravel(), np.arange(100))


@given(st.integers(1, 60), st.sampled_from([(4, 1), (4, 2), (6, 3)]), st.integers(0, 5))
def test_processes_share_what_one_would_get(galaxies, shape, seed):
    """Joined over the processes, step by step, the batches are those of a single process."""
    batch_size, processes = shape
    data = dataset(galaxies)
    whole = list(batches(data, batch_size, seed=seed))
    parts = [list(batches(data, batch_size, seed=seed, process=p, processes=processes)) for p in range(processes)]
    for step, batch in enumerate(whole):
        for name in ("indices", "images", "labels", "valid"):
            joined = np.concatenate([getattr(part[step], name) for part in parts])
            np.testing.assert_array_equal(joined, getattr(batch, name))


@given(st.integers(1, 60), st.integers(1, 16), st.data())
def test_an_epoch_resumes_where_it_stopped(galaxies, batch_size, data):
    """Starting at step k gives what an uninterrupted epoch gives from step k on."""
    whole = list(batches(dataset(galaxies), batch_size, seed=1))
    start = data.draw(st.integers(0, len(whole)))
    rest = list(batches(dataset(galaxies), batch_size, seed=1, start=start))
    assert [batch.indices.tolist() for batch in rest] == [batch.indices.tolist() for batch in whole[start:]]


def test_batches_hold_the_stamps_of_their_rows(tmp_path):
    """Images and labels belong to the indices, in memory and memory-mapped."""
    data = dataset(50)
    data.save(tmp_path / "data")
    for source in (data, Dataset.load(tmp_path / "data")):
        for batch in batches(source, 16, seed=0):
            np.testing.assert_array_equal(batch.images[:, 0, 0, 0], batch.indices)
            np.testing.assert_array_equal(batch.labels, batch.indices % 3)


def test_an_abandoned_epoch_leaves_no_thread_behind():
    """Closing the iterator ends its reader."""
    import threading

    iterator = batches(dataset(50), 4, seed=0)
    next(iterator)
    iterator.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("galmorph-batches")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size: expected a whole number of at least 1, got 0"),
        ({"batch_size": 5, "processes": 2}, "got process 0 of 2 and batch size 5"),
        ({"batch_size": 4, "process": 2, "processes": 2}, "got process 2 of 2"),
        ({"batch_size": 4, "start": 4}, "start: expected a step from 0 to 3, got 4"),
    ],
)
def test_impossible_batches_are_refused(options, message):
    """Each argument that can't work is refused with what was expected."""
    with pytest.raises(InvalidValueError, match=message):
        batches(dataset(10), **options)


def test_balance_needs_all_labels():
    """Labels of other galaxies would balance nothing."""
    with pytest.raises(InvalidValueError, match="balance: expected one label for each of 10 galaxies, got 4"):
        epoch_order(10, 2, seed=0, balance=np.zeros(4, np.int32))


def test_balance_needs_a_seed():
    """Classes are balanced by random drawing."""
    with pytest.raises(InvalidValueError, match="balance: expected a seed with it, got none"):
        epoch_order(4, 2, balance=np.array([0, 1, 0, 1], np.int32))


def test_balanced_epochs_show_each_class_equally_often():
    """With 60, 30 and 10 galaxies, each class fills a third of an epoch of 100, all its galaxies in turn."""
    labels = np.repeat([0, 1, 2], [60, 30, 10]).astype(np.int32)
    seen = np.zeros(100, int)
    for epoch in range(6):
        order, valid = epoch_order(100, 16, seed=3, epoch=epoch, balance=labels)
        rows = order[valid]
        assert sorted(np.bincount(labels[rows])) == [33, 33, 34]
        seen += np.bincount(rows, minlength=100)
    for label in range(3):
        assert np.ptp(seen[labels == label]) <= 1
