"""The `Dataset`: stamps with their labels, and a table of everything else."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from astropy.table import Table
from jaxtyping import Bool, Int

from galmorph._checks import check, check_between
from galmorph.data._catalogue.columns import positions_of
from galmorph.data._catalogue.file_kinds import file_kind_cautions
from galmorph.data._catalogue.groups import connect
from galmorph.data._dataset.checks import (
    check_labels,
    check_lengths,
    check_stamps,
    check_texts,
    chosen_rows,
    class_names,
    whole_numbers,
)
from galmorph.data._dataset.class_warnings import warn_of_contradictions, warn_of_spellings
from galmorph.data._dataset.concatenate import Joined
from galmorph.data._dataset.copies import copies_among
from galmorph.data._dataset.dataset_folder import StampBlocks, read_folder, write_folder
from galmorph.data._dataset.duplicates import repeated_stamps
from galmorph.data._dataset.sheet import plot_sheet, sheet_html
from galmorph.data._dataset.split import plan_split
from galmorph.errors import DatasetError, FileFormatError, InvalidValueError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Dataset"]

_SHOWN = 10  # classes that the text form lists


class Dataset:
    """Stamps, labels and classes, with a table of everything else that is known.

    A data set does not change: slicing makes a new one. ``galaxies[3]`` is a stamp with its label, and
    ``for stamp, label in galaxies`` goes through them; ``galaxies[:100]`` is a data set.

    Parameters
    ----------
    stamps
        Uint8 (0 to 255), float16 or float32 (0 to 1), as they are stored on disk and on the device, of shape
        ``(galaxies, size, size, channels)``. May be memory-mapped.
    labels
        Whole numbers of shape ``(galaxies,)``: indices into `classes`.
    classes
        The names of the classes.
    table
        One row for each galaxy with everything else that is known (name, path, type string, truth of a simulation). No
        column is required.
    groups
        Whole numbers of shape ``(galaxies,)``: rows that may show the same sky share one, and no split
        separates them. By default each row has its own group.
    recipe
        The recipe of the stamps, as described by ``to_dict`` of a `galmorph.preprocessing.Recipe`, or None.

    Raises
    ------
    DatasetError
        If lengths differ, stamps are not square images of a known dtype, a label is not an index into the classes, a
        class name is repeated, or there are no galaxies. If labels or groups are texts, fractions, masked or larger
        than 64 bits, stamps of float16 or float32 are not from 0 to 1, the table is none of astropy, or a text is no
        UTF-8.

    Warns
    -----
    DatasetWarning
        If two classes differ in spelling only.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data import Dataset
    >>> Dataset(np.zeros((4, 32, 32, 1), np.uint8), [0, 1, 1, 1], ("smooth", "spiral"))
    Dataset(4 galaxies of 32 x 32 x 1 uint8: smooth 1, spiral 3)
    """

    def __init__(
        self,
        stamps: np.ndarray,  # shape and dtype are checked below, also without run-time checks of types
        labels: Int[np.ndarray, "galaxies"] | Sequence[int],
        classes: Sequence[str],
        *,
        table: Table | None = None,
        groups: Int[np.ndarray, "galaxies"] | Sequence[int] | None = None,
        recipe: Mapping[str, Any] | None = None,
    ) -> None:
        self.stamps = stamps if isinstance(stamps, np.ndarray) else np.asarray(stamps)
        self.classes = class_names(classes)
        self.labels = whole_numbers("labels", labels, self.classes)
        self.table = Table() if table is None else table
        self.groups = np.arange(len(stamps)) if groups is None else whole_numbers("groups", groups)
        self.recipe = None if recipe is None else dict(recipe)
        self._blocks: StampBlocks | None = None  # checks stamps that are mapped from a file
        self._rows = np.arange(0)  # rows of the file
        check_stamps(self.stamps)
        check_lengths(self)
        check_labels(self.labels, self.classes)
        self.labels = self.labels.astype(np.int32)
        check_texts(self.table)
        warn_of_spellings(self.classes)

    @property
    def size(self) -> int:
        """Side of a stamp in pixels."""
        return self.stamps.shape[1]

    @property
    def channels(self) -> int:
        """Channels of a stamp."""
        return self.stamps.shape[3]

    def fingerprint(self) -> str:
        """SHA-256 of stamps, labels, classes and groups, in hexadecimal. It is the same on every machine."""
        self.verify()
        digest = hashlib.sha256(f"{self.classes} {self.stamps.shape} {self.stamps.dtype}".encode())
        digest.update(self.labels.astype("<i4").tobytes() + self.groups.astype("<i8").tobytes())
        for start in range(0, len(self), 1024):
            digest.update(np.ascontiguousarray(self.stamps[start : start + 1024]).data)
        return digest.hexdigest()

    def class_counts(self) -> dict[str, int]:
        """Number of galaxies of each class, in the order of the classes."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return {name: int(count) for name, count in zip(self.classes, counts, strict=True)}

    def copies_of(self, other: "Dataset") -> Bool[np.ndarray, "galaxies"]:
        """Whether each galaxy has the same pixels as one of another data set, also if it is turned or mirrored.

        Such a galaxy, in a validation set or a test, was seen in the training. Stamps that another recipe made of the
        same images have other pixels, and are not found; nor are blank ones.

        Parameters
        ----------
        other
            The other data set, such as the training set.

        Returns
        -------
        copies
            Bool of shape ``(galaxies,)``.

        Examples
        --------
        >>> from galmorph.simulation import simulate_galaxies
        >>> galaxies = simulate_galaxies(10, seed=0)
        >>> galaxies[:4].copies_of(galaxies[2:]).tolist()
        [False, False, True, True]
        """
        return copies_among(self.stamps, other.stamps)

    @property
    def has_position(self) -> Bool[np.ndarray, "galaxies"]:
        """Whether each galaxy's place on the sky is known: numbers of degrees in the columns ``ra`` and ``dec``."""
        try:
            return np.isfinite(np.add(*positions_of(self.table))) if self.table.colnames else np.zeros(len(self), bool)
        except InvalidValueError:  # texts such as "12 34 56.7"
            return np.zeros(len(self), bool)

    @property
    def cautions(self) -> tuple[str, ...]:
        """Sentences about what is implausible in the data set; empty if there are none.

        One says if the kind of its image file (format, linear or a picture, bands, number of channels, pixel scale,
        width, height; columns of the table) tells the class of a galaxy: a network can learn the kind of file instead
        of the galaxy. A property tells a class if it is right for at least 95 % of its galaxies and 95 % of the others,
        each judged by the other galaxies. Classes of fewer than 10 galaxies are not judged.

        References
        ----------
        Geirhos et al. (2020), Nature Machine Intelligence 2, 665: such shortcuts in deep networks.
        """
        return file_kind_cautions(self.table, self.labels, self.classes)

    @overload
    def __getitem__(self, rows: int | np.int32 | np.int64) -> tuple[np.ndarray, int]: ...

    @overload
    def __getitem__(
        self, rows: slice | Int[np.ndarray, "rows"] | Bool[np.ndarray, "galaxies"] | Sequence[int]
    ) -> "Dataset": ...

    def __getitem__(
        self,
        rows: int
        | np.int32
        | np.int64
        | slice
        | Int[np.ndarray, "rows"]
        | Bool[np.ndarray, "galaxies"]
        | Sequence[int],
    ) -> "Dataset | tuple[np.ndarray, int]":
        """Take one galaxy, or make a data set of several.

        A number gives the stamp of this row (a copy, as it is stored) and its label, so that PyTorch's ``DataLoader``
        and grain's ``MapDataset.source`` take a data set as it is. A slice, indices or a mask give a data set with the
        same classes and recipe.

        Raises
        ------
        DatasetError
            If no row is left.
        IndexError
            If an index is out of range, or a mask has another length.
        InvalidValueError
            If `rows` is nothing of this.

        Examples
        --------
        >>> from galmorph.simulation import simulate_galaxies
        >>> galaxies = simulate_galaxies(10, seed=0)
        >>> stamp, label = galaxies[3]
        >>> stamp.shape, galaxies.classes[label]
        ((64, 64, 3), 'spiral')
        >>> len(galaxies[:4])
        4
        """
        if not isinstance(rows, slice):
            rows = chosen_rows(rows)
            if rows.ndim == 0:
                stamp, label = np.array(self.stamps[int(rows)]), int(self.labels[int(rows)])
                self.verify(rows.reshape(1))
                return stamp, label
        chosen = np.arange(len(self))[rows]
        if not len(chosen):
            raise DatasetError("rows: expected at least one galaxy, got none")
        part = copy(self)  # what was checked once is not checked again
        if isinstance(rows, slice):
            part.stamps, part._rows = self.stamps[rows], self._rows[rows]
        else:
            self.verify(chosen)
            part.stamps, part._blocks = self.stamps[chosen], None
        part.labels, part.groups = self.labels[chosen], self.groups[chosen]
        part.table = self.table[chosen] if self.table.colnames else Table()
        return part

    def __iter__(self) -> Iterator[tuple[np.ndarray, int]]:
        """Go through the galaxies one by one: a stamp and its label each. `galmorph.data.batches` gives batches."""
        return (self[row] for row in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Refuse to become an array, which could be that of the stamps or that of the labels.

        Raises
        ------
        InvalidValueError
            Always; it says what to use instead.
        """
        raise InvalidValueError("a Dataset is not one array; use galaxies.stamps or galaxies.labels")

    @classmethod
    def concatenate(cls, datasets: Iterable["Dataset"], *, stamps: str | os.PathLike[str] | None = None) -> "Dataset":
        """Join data sets, such as those of several folders or shards, into one.

        Parameters
        ----------
        datasets
            Data sets with the same classes, recipe, shape and dtype of stamps. An iterator is gone through once.
        stamps
            A ``.npy`` file to write the stamps to, which the data set then maps into memory. Not more than one data set
            is then in memory at a time. It appears when it is complete, and must stay for as long as the data set is
            used. By default, the stamps are kept in memory.

        Returns
        -------
        Dataset
            All galaxies, in order. Rows share a group if they did before, or if their stamps are in different data sets
            and the same byte for byte; groups of different data sets are otherwise different, whatever their numbers.
            The table has all columns; values of a column that a data set does not have are masked, and units are those
            of the first data set with the column. In its ``meta``, lists and counts of galaxies that were left out are
            added up; of other values that differ, a list of all is kept.

        Raises
        ------
        InvalidValueError
            If `datasets` are not data sets.
        DatasetError
            If there are none, if they differ in classes, recipe, shape or dtype, or if columns of one name can't be
            joined; the message says how they differ.
        FileExistsError
            If the file `stamps` already exists.

        Warns
        -----
        DatasetWarning
            If equal stamps have different classes.

        Notes
        -----
        Overlaps on the sky between the data sets are not looked for: `galmorph.data.leak_report` finds them, and
        `galmorph.data.sky_groups` groups the rows of the joined table.

        Examples
        --------
        >>> from galmorph.data import Dataset
        >>> from galmorph.simulation import simulate_shards
        >>> Dataset.concatenate(simulate_shards(20, shard=8, size=32)).stamps.shape
        (20, 32, 32, 3)
        """
        check(not isinstance(datasets, Dataset), "datasets: expected several data sets, got one; put it in a list")
        joined = Joined(map(_checked, datasets), stamps)
        dataset = cls(
            joined.stamps,
            joined.labels,
            joined.classes,
            table=joined.table,
            groups=joined.groups,
            recipe=joined.recipe,
        )
        warn_of_contradictions(dataset, joined.copies, [f"row {row}" for row in range(len(dataset))])
        return dataset

    def group_copies(self, *, correlation: float = 0.999) -> "Dataset":
        """Group the galaxies whose stamps show the same picture, so that no split separates them.

        Stamps are compared with each other as by `galmorph.data.leak_report`: by their correlation over all pixels, in
        all eight orientations (quarter turns and mirror images). The loaders group stamps that are the same byte for
        byte; a data set that is made by hand has only the groups that it is given.

        Parameters
        ----------
        correlation
            Smallest correlation, from 0.9 to 1, at which stamps count as the same.

        Returns
        -------
        Dataset
            The same galaxies, whose groups unite the groups of before with those of the copies.

        Raises
        ------
        InvalidValueError
            If `correlation` is out of range.

        Warns
        -----
        DatasetWarning
            If copies have different classes.

        Notes
        -----
        The time grows with the square of the number of galaxies: ten thousand take seconds, a hundred thousand minutes.

        Examples
        --------
        >>> import numpy as np
        >>> from galmorph.data import Dataset
        >>> stamps = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 1), np.uint8)
        >>> stamps[2] = np.rot90(stamps[0])
        >>> Dataset(stamps, [0, 1, 0], ("smooth", "spiral")).group_copies().groups
        array([0, 1, 0])
        """
        check_between("correlation", correlation, 0.9, 1)
        self.verify()
        first, later, _ = repeated_stamps(self.stamps, correlation)
        grouped = copy(self)
        grouped.groups = connect(self.groups, first, later)
        copies = np.arange(len(self))
        copies[later] = first
        warn_of_contradictions(self, copies, [f"row {row}" for row in range(len(self))])
        return grouped

    def split(self, fractions: Sequence[float] = (0.7, 0.1, 0.2), *, seed: int = 0) -> tuple["Dataset", ...]:
        """Split into data sets of about these fractions, stratified by class, with groups kept whole.

        Short for ``plan_split(...).apply(...)``; use `galmorph.data.plan_split` if you want to save the split.

        Parameters
        ----------
        fractions
            Fractions of the whole, in (0, 1), that sum to 1.
        seed
            The same seed makes the same split.

        Returns
        -------
        parts
            One data set for each fraction, with the rows in their order.

        Raises
        ------
        InvalidValueError
            If the fractions are out of range or don't sum to 1.
        DatasetError
            If there are too few galaxies or groups for this split.

        Examples
        --------
        >>> from galmorph.simulation import simulate_galaxies
        >>> train, test = simulate_galaxies(50, seed=0).split((0.8, 0.2), seed=1)
        >>> len(train), len(test)
        (40, 10)
        """
        return plan_split(self, fractions, seed=seed).apply(self)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the data set into a folder: ``.npy`` arrays, an ECSV table, and ``dataset.json``.

        A new folder gets its name after everything in it is written. A data set that is replaced stays until the new
        one is complete: whoever loads it meanwhile, or after the writer was killed, gets one or the other.

        Parameters
        ----------
        folder
            Folder to create.
        overwrite
            Replace a data set that already exists.

        Raises
        ------
        FileExistsError
            If the folder exists and `overwrite` is False, or if it holds no data set.
        BlockingIOError
            If another process replaces this data set.
        DatasetError
            If the table holds text that is no UTF-8, such as the name of a file.
        FileFormatError
            If the stamps are those of a damaged file.
        """
        self.verify()
        write_folder(Path(folder), self, overwrite=overwrite)

    @classmethod
    def load(cls, folder: str | Path) -> "Dataset":
        """Open a saved data set. Stamps stay on disk and are read when they are used (memory-mapped).

        Everything but the stamps is compared with its hash at once, and stamps when they are used; see `verify`.

        Parameters
        ----------
        folder
            A folder that `save` wrote.

        Raises
        ------
        FileFormatError
            If a file is missing or damaged, or another version wrote it.
        """
        saved = read_folder(Path(folder))
        try:
            dataset = cls(
                saved.stamps, saved.labels, saved.classes, table=saved.table, groups=saved.groups, recipe=saved.recipe
            )
        except DatasetError as error:
            raise FileFormatError(f"{folder}: expected a data set written by Dataset.save, but its {error}") from error
        dataset._blocks, dataset._rows = saved.blocks, np.arange(len(dataset))
        return dataset

    def verify(self, rows: Int[np.ndarray, "rows"] | None = None) -> None:
        """Compare the stamps of a loaded data set with the hashes that were saved with them.

        Blocks of 4 MiB have a hash each, and are read once. Whatever takes a `Dataset` does this by itself for the
        stamps that it uses: indexing, `batches`, training, evaluation, prediction, saving. The array ``stamps`` is
        mapped from its file, and can't: call `verify` before you use it directly. Data sets in memory, and those saved
        before hashes were, have nothing to compare.

        Parameters
        ----------
        rows
            The rows to verify; by default all.

        Raises
        ------
        FileFormatError
            If stamps are not those that were saved.
        """
        if self._blocks is not None:
            self._blocks.check(self._rows if rows is None else self._rows[rows])

    def __copy__(self) -> "Dataset":
        """Share everything; `copy.copy` would verify all stamps, because it asks for what goes to another process."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Give what goes to another process: stamps are copied there, after they were verified."""
        self.verify()
        return {**vars(self), "_blocks": None}

    def plot(self, *, columns: int = 8, seed: int = 0) -> "Figure":
        """Show stamps of each class, a class in each row.

        Parameters
        ----------
        columns
            Maximum number of stamps of a class.
        seed
            Random seed of the selection.

        Returns
        -------
        matplotlib.figure.Figure
            The figure. It belongs to pyplot if that was imported, and in notebooks.

        Raises
        ------
        InvalidValueError
            If a number is not whole, or `columns` is not from 1 to 50.
        """
        return plot_sheet(self.stamps, self.labels, self.class_counts(), columns=columns, seed=seed)

    def _repr_html_(self) -> str:
        return sheet_html(self.stamps, self.labels, self.class_counts(), self.table.meta)

    def __len__(self) -> int:
        return len(self.stamps)

    def __repr__(self) -> str:
        counts = [f"{name} {count}" for name, count in self.class_counts().items()]
        if len(counts) > _SHOWN:
            counts = [*counts[:_SHOWN], f"... ({len(counts)} classes)"]
        shape = " x ".join(map(str, self.stamps.shape[1:]))
        return f"Dataset({len(self)} galaxies of {shape} {self.stamps.dtype}: {', '.join(counts)})"


def _checked(value: Any) -> Dataset:
    check(isinstance(value, Dataset), f"datasets: expected data sets, got a {type(value).__name__}")
    return value
