"""Batches: every galaxy once in each epoch, in an order that depends on the seed."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from jaxtyping import Bool, Int, Int32

from galmorph._checks import check, check_positive_int
from galmorph.data._dataset.dataset import Dataset
from galmorph.types import Batch

__all__ = ["batches", "epoch_order"]

AHEAD = 2  # batches that are read while one is in use


def epoch_order(
    galaxies: int,
    batch_size: int,
    *,
    seed: int | None = None,
    epoch: int = 0,
    balance: Int[np.ndarray, "galaxies"] | None = None,
) -> tuple[Int32[np.ndarray, "steps batch"], Bool[np.ndarray, "steps batch"]]:
    """Decide which galaxies are in which batch of an epoch.

    Every galaxy comes once. All batches have the same size. The last one is filled up with galaxies from the start of
    the epoch: real images, so that they don't distort the statistics of batch norm. The mask excludes them from sums.

    Parameters
    ----------
    galaxies
        Number of galaxies.
    batch_size
        Galaxies in a batch.
    seed
        Seed of the shuffling, or None to keep the order.
    epoch
        Number of the epoch; each has its own order.
    balance
        Labels, if each class shall have an equal share of the epoch. Its galaxies are then repeated or left out as
        needed, in turn over the epochs. None to have every galaxy once.

    Returns
    -------
    order
        Row of each galaxy, of shape ``(steps, batch)``.
    valid
        True where a galaxy counts, of shape ``(steps, batch)``.

    Raises
    ------
    InvalidValueError
        If a number is below 1, or `balance` is given without a seed or has another length.

    Examples
    --------
    >>> from galmorph.data import epoch_order
    >>> order, valid = epoch_order(5, 2)
    >>> order.tolist()
    [[0, 1], [2, 3], [4, 0]]
    >>> valid.tolist()
    [[True, True], [True, True], [True, False]]
    """
    check_positive_int("galaxies", galaxies)
    check_positive_int("batch_size", batch_size)
    rows = np.arange(galaxies, dtype=np.int32)
    if balance is not None:
        check(seed is not None, "balance: expected a seed with it, got none; classes are balanced by random drawing")
        check(
            len(balance) == galaxies, f"balance: expected one label for each of {galaxies} galaxies, got {len(balance)}"
        )
        rows = _balanced_rows(balance, seed or 0, epoch)
    if seed is not None:
        rows = np.random.default_rng([seed, epoch]).permutation(rows)
    steps = -(-galaxies // batch_size)
    order = np.resize(rows, (steps, batch_size))  # repeats the rows from the start
    return order, np.arange(steps * batch_size).reshape(steps, batch_size) < galaxies


def batches(
    dataset: Dataset,
    batch_size: int,
    *,
    seed: int | None = None,
    epoch: int = 0,
    balanced: bool = False,
    start: int = 0,
    process: int = 0,
    processes: int = 1,
) -> Iterator[Batch]:
    """Go through a data set once, in batches of a fixed size; a thread reads ahead.

    Parameters
    ----------
    dataset
        Stamps and labels; may be memory-mapped.
    batch_size
        Galaxies in a batch, over all processes together.
    seed
        Seed of the shuffling, or None to keep the order.
    epoch
        Number of the epoch; each has its own order.
    balanced
        Whether each class has an equal share of the epoch (see `epoch_order`).
    start
        First step to deliver, so that an interrupted epoch can be resumed.
    process, processes
        Number of this process and of all processes. Each gets its own part of every batch; together the parts are the
        batch of a single process.

    Yields
    ------
    batch
        Stamps, labels and mask, ``batch_size / processes`` of each.

    Raises
    ------
    InvalidValueError
        If a number is out of range, or the processes can't divide a batch equally.

    Examples
    --------
    >>> from galmorph.data import batches
    >>> from galmorph.simulation import simulate_galaxies
    >>> for batch in batches(simulate_galaxies(10, seed=0), 4, seed=0):
    ...     print(batch.images.shape, batch.valid.sum())
    (4, 64, 64, 3) 4
    (4, 64, 64, 3) 4
    (4, 64, 64, 3) 2
    """
    balance = dataset.labels if balanced else None
    order, valid = epoch_order(len(dataset), batch_size, seed=seed, epoch=epoch, balance=balance)
    check(
        processes >= 1 and 0 <= process < processes and batch_size % processes == 0,
        f"expected a process below the number of processes and a batch size that is their multiple, got process "
        f"{process} of {processes} and batch size {batch_size}",
    )
    check(0 <= start <= len(order), f"start: expected a step from 0 to {len(order)}, got {start}")
    own = slice(process * batch_size // processes, (process + 1) * batch_size // processes)
    return _read_ahead(dataset, order[start:, own], valid[start:, own])


def _balanced_rows(labels: Int[np.ndarray, "galaxies"], seed: int, epoch: int) -> Int32[np.ndarray, "galaxies"]:
    """Give as many rows as there are galaxies, with an equal number of each class; epochs take its members in turn."""
    classes = np.unique(labels)
    quotas = np.full(len(classes), len(labels) // len(classes))
    quotas[: len(labels) % len(classes)] += 1
    chosen = []
    for label, quota in zip(classes, quotas, strict=True):
        members = np.random.default_rng([seed, int(label)]).permutation(np.flatnonzero(labels == label))
        chosen.append(members[(epoch * quota + np.arange(quota)) % len(members)])
    return np.concatenate(chosen).astype(np.int32)


def _read_ahead(
    dataset: Dataset, order: Int32[np.ndarray, "steps batch"], valid: Bool[np.ndarray, "steps batch"]
) -> Iterator[Batch]:
    def read(step: int) -> Batch:
        rows = order[step]
        dataset.verify(rows)
        return Batch(rows, dataset.stamps[rows], dataset.labels[rows], valid[step])

    with ThreadPoolExecutor(1, thread_name_prefix="galmorph-batches") as thread:
        coming: deque[Future[Batch]] = deque()
        for step in range(len(order)):
            coming.append(thread.submit(read, step))
            if len(coming) > AHEAD:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
