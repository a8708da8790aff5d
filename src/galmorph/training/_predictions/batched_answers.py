"""Answers of a network to stamps that come one after the other, in batches of one shape."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import numpy as np

from galmorph._progress import tqdm
from galmorph.data import Dataset
from galmorph.training._engine.predict import BATCH_SIZE
from galmorph.training._predictions.domain import Domain
from galmorph.training._predictions.prediction_table import Answers
from galmorph.training._predictions.prepared_stamps import Preparation, PreparedStamp, dataset_names
from galmorph.types import GalaxyImage

__all__ = ["Classify", "answer_dataset", "answer_images", "answer_stamps"]

#: Turns stamps, ``(n, size, size, channels)``, into the probabilities of their classes.
Classify = Callable[[np.ndarray], np.ndarray]

_AHEAD = 2  # batches that wait for the network
_CHUNK = 16 * BATCH_SIZE  # stamps of an array that are on their way at once


def answer_dataset(dataset: Dataset, classify: Classify, domain: Domain) -> Answers:
    """Classify the stamps of a data set, which may be memory-mapped; only a part of them is read at a time."""
    stamps = dataset.stamps
    least = min(BATCH_SIZE, len(stamps))
    parts = (stamps[start : start + _CHUNK] for start in range(0, len(stamps), _CHUNK))
    probabilities = np.concatenate([_classified(part, classify, least) for part in parts])
    return Answers(dataset_names(dataset), domain.doubts_of(dataset), None, probabilities)


def answer_images(
    images: list[str | GalaxyImage], preparation: Preparation, classify: Classify, *, columns: int, progress: bool
) -> Answers:
    """Classify image files and images in memory, while the next ones are prepared."""
    files = any(isinstance(image, str) for image in images)
    with closing(preparation(images)) as stamps:
        counted = iter(tqdm(stamps, total=len(images), unit="image", disable=not progress))
        return answer_stamps(counted, classify, columns=columns, paths=files)


def answer_stamps(
    prepared: Iterable[PreparedStamp], classify: Classify, *, columns: int, paths: bool, fill: bool = False
) -> Answers:
    """Classify stamps as they come: the next batch is gathered while the network works on the last ones.

    Parameters
    ----------
    prepared
        The stamps.
    classify
        Classifies a batch. It is called in a thread of its own.
    columns
        Number of columns that it gives for each galaxy: one for each class, say.
    paths
        Whether galaxies have files.
    fill
        Whether even a single incomplete batch is filled up to the full size.

    Returns
    -------
    Answers
        Those of all galaxies, in order.
    """
    names, notes, doubts, files, usable = [], [], [], [], []
    batch: list[np.ndarray] = []
    waiting: deque[Future[np.ndarray]] = deque()
    parts: list[np.ndarray] = []
    # A thread, because to wait for a batch must not keep the next one from being gathered.
    with ThreadPoolExecutor(1, thread_name_prefix="galmorph-network") as network:
        for each in prepared:
            stamp = each.stamp
            names.append(each.name)
            notes.append(each.note)
            doubts.append(each.doubt)
            files.append(each.path)
            usable.append(stamp is not None)
            if stamp is not None:
                batch.append(stamp)
            if len(batch) == BATCH_SIZE:
                waiting.append(network.submit(_classified, batch, classify, BATCH_SIZE))
                batch = []
            if len(waiting) > _AHEAD:
                parts.append(waiting.popleft().result())
        if batch:
            least = BATCH_SIZE if fill or waiting or parts else len(batch)
            waiting.append(network.submit(_classified, batch, classify, least))
        parts += [future.result() for future in waiting]
    probabilities = np.full((len(names), columns), np.nan, np.float32)
    if parts:
        probabilities[usable] = np.concatenate(parts)
    return Answers(names, notes, files if paths else None, probabilities, doubts)


def _classified(stamps: np.ndarray | list[np.ndarray], classify: Classify, least: int) -> np.ndarray:
    """Classify stamps; fewer than `least` are repeated, because another shape would be compiled again."""
    batch = np.asarray(stamps)
    if len(batch) < least:
        batch = batch[np.resize(np.arange(len(batch)), least)]
    return classify(batch)[: len(stamps)]
