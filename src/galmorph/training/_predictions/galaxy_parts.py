"""Galaxies that are classified in parts: a list of files, or stamps that come one after the other."""

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import chain, count, islice, starmap
from typing import Any, NamedTuple

import numpy as np

from galmorph._checks import check
from galmorph.data import Dataset, files_of
from galmorph.training._predictions.answer_parts import AnswerParts
from galmorph.training._predictions.domain import Domain
from galmorph.training._predictions.prepared_stamps import Preparation, PreparedStamp, dataset_names

__all__ = ["FileList", "GalaxyParts", "Part", "StampSeries"]


class Part(NamedTuple):
    """Galaxies that are classified together.

    Parameters
    ----------
    number
        Number of the part, from 0.
    stamps
        Their stamps.
    digest
        Gives a hash of the galaxies, in hexadecimal, after all stamps were taken.
    """

    number: int
    stamps: Iterator[PreparedStamp]
    digest: Callable[[], str]


class FileList:
    """A list of image files.

    Parameters
    ----------
    paths
        The files; empty where there is none.
    preparation
        Makes stamps of them.
    names
        Names of the galaxies, or None for the names of the files.
    reasons
        Why a galaxy has no file, by its place in the list.

    Attributes
    ----------
    total
        Number of galaxies.
    have_files
        Whether they are files.
    """

    have_files = True

    def __init__(
        self,
        paths: Sequence[str],
        preparation: Preparation,
        *,
        names: Sequence[str] | None = None,
        reasons: Mapping[int, str] | None = None,
    ) -> None:
        self.total: int | None = len(paths)
        self._paths = paths
        self._preparation = preparation
        self._names = names
        self._reasons = reasons or {}

    def describe(self) -> dict[str, Any]:
        """Describe them by a hash of their paths."""
        digest = hashlib.sha256()
        for row, path in enumerate(self._paths):
            name = self._names[row] if self._names else ""
            digest.update(_bytes(path, name, self._reasons.get(row, "")))
        return {"files": len(self._paths), "sha256": digest.hexdigest()}

    def parts(self, size: int, finished: AnswerParts) -> Generator[Part]:
        """Give the parts that are not finished; their files are prepared in one stream, ahead of the network."""
        parts = [range(start, min(start + size, len(self._paths))) for start in range(0, len(self._paths), size)]
        for index, rows in enumerate(parts):
            if index in finished:
                finished.check(index, self._digest(rows))
        missing = {index: rows for index, rows in enumerate(parts) if index not in finished}
        with closing(self._stamps(list(missing.values()))) as stamps:
            for index, rows in missing.items():
                yield Part(index, islice(stamps, len(rows)), partial(str, self._digest(rows)))

    def _stamps(self, parts: list[range]) -> Generator[PreparedStamp]:
        paths = [self._paths[row] for row in chain.from_iterable(parts) if row not in self._reasons]
        with closing(self._preparation(paths)) as prepared:
            for row in chain.from_iterable(parts):
                reason = self._reasons.get(row)
                stamp = next(prepared) if reason is None else PreparedStamp("", reason, None)
                yield stamp._replace(name=self._names[row]) if self._names else stamp

    def _digest(self, rows: range) -> str:
        """Hash the sizes and the times of change of files; their paths are in the description."""
        digest = hashlib.sha256()
        for row in rows:
            for file in files_of(self._paths[row]):
                try:
                    status = file.stat()
                except (OSError, ValueError):  # the row will say what is wrong
                    digest.update(b"none;")
                else:
                    digest.update(f"{status.st_size} {status.st_mtime_ns};".encode())
        return digest.hexdigest()


class StampSeries:
    """Stamps that come one after the other, from a data set or from a generator.

    Parameters
    ----------
    stamps
        The stamps.
    described
        Describes them.
    total
        Their number, or None if it is not known.

    Attributes
    ----------
    have_files
        Whether they are files.
    """

    have_files = False

    def __init__(self, stamps: Iterable[PreparedStamp], described: Mapping[str, Any], total: int | None) -> None:
        self.total = total
        self._stamps = iter(stamps)
        self._described = dict(described)

    @classmethod
    def of_dataset(cls, dataset: Dataset, domain: Domain) -> "StampSeries":
        """Give the stamps of a data set; each is read when its turn comes."""
        described = {"data set": len(dataset), "shape": dataset.stamps.shape[1:], "dtype": str(dataset.stamps.dtype)}
        entries = zip(dataset_names(dataset), domain.doubts_of(dataset), dataset.stamps, strict=True)
        return cls(starmap(PreparedStamp, entries), described, len(dataset))

    @classmethod
    def of_pairs(cls, pairs: Iterable[Any], check_stamp: Callable[[np.ndarray], None]) -> "StampSeries":
        """Give the stamps of pairs of a name and a stamp, after a check."""
        return cls(_checked(pairs, check_stamp), {"pairs": True}, None)

    def describe(self) -> dict[str, Any]:
        """Describe them by what is known before the first one comes."""
        return self._described

    def parts(self, size: int, finished: AnswerParts) -> Generator[Part]:
        """Give the parts that are not finished; the stamps of the others are taken and compared, but not classified."""
        for index in count():
            first = next(self._stamps, None)
            if first is None:
                finished.check_end(index)
                return
            digest = hashlib.sha256()
            stamps = _hashed(chain([first], islice(self._stamps, size - 1)), digest)
            if index in finished:
                deque(stamps, maxlen=0)
                finished.check(index, digest.hexdigest())
            else:
                yield Part(index, stamps, digest.hexdigest)


#: Galaxies that can be classified in parts.
GalaxyParts = FileList | StampSeries


def _hashed(stamps: Iterable[PreparedStamp], digest: "hashlib._Hash") -> Iterator[PreparedStamp]:
    for each in stamps:
        digest.update(_bytes(each.name, each.note))
        digest.update(np.ascontiguousarray(each.stamp).data)
        yield each


def _checked(pairs: Iterable[Any], check_stamp: Callable[[np.ndarray], None]) -> Iterator[PreparedStamp]:
    first: np.dtype | None = None
    for pair in pairs:
        check(
            isinstance(pair, tuple) and len(pair) == 2,
            f"galaxies: expected pairs (name, stamp), got a {type(pair).__name__}",
        )
        name, stamp = str(pair[0]), np.asarray(pair[1])
        check_stamp(stamp[np.newaxis])
        first = stamp.dtype if first is None else first
        check(stamp.dtype == first, f"{name}: expected a stamp of {first}, as the first one, got {stamp.dtype}")
        yield PreparedStamp(name, "", stamp)


def _bytes(*texts: str) -> bytes:
    return "".join(f"{text}\0" for text in texts).encode("utf-8", "surrogatepass")
