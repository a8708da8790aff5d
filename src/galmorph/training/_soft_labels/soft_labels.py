"""Soft labels: which columns of a data set's table hold the votes for its classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from galmorph._checks import check, check_choice
from galmorph._warnings import warn
from galmorph.data import Dataset
from galmorph.errors import DatasetWarning

__all__ = ["KINDS", "SoftLabels"]

KINDS = ("fractions", "counts")

_ROUNDING = 1e-3  # by which the sum of fractions may differ from 1
_CONTRADICTED = 0.1  # of the galaxies; more labels that are not the majority are doubtful


@dataclass(frozen=True)
class SoftLabels:
    """Votes to learn from, in columns of the data set's table: one for each class.

    Columns stay with their galaxies when a data set is split, sliced, saved or compared. `SoftLabels.add` puts an array
    into them.

    Parameters
    ----------
    columns
        Name of the column of each class, in the order of the classes.
    kind
        ``"fractions"``: of the votes, from 0 to 1, which sum to 1 for each galaxy. The loss is the cross entropy with
        them. ``"counts"``: numbers of votes, at least one for each galaxy. The loss is minus the logarithm of the
        Dirichlet-multinomial likelihood of the counts (Walmsley et al. 2022, MNRAS 509, 3966, equation 6), so galaxies
        with more votes count more. (The binomial likelihood of Walmsley et al. 2020, MNRAS 491, 1554, is its limit
        without scatter for two answers.) The network then learns, besides the expected fractions, how much the
        fractions of such galaxies scatter: its concentrations are the exponentials of its logits, with a sum of at most
        1,000, so that the softmax of the logits is the expected fraction.

    Raises
    ------
    InvalidValueError
        If the columns are not at least two different names, or the kind is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import SoftLabels, TrainConfig, train
    >>> galaxies = simulate_galaxies(60, seed=0)
    >>> fractions = np.full((60, len(galaxies.classes)), 0.1 / (len(galaxies.classes) - 1))
    >>> fractions[np.arange(60), galaxies.labels] = 0.9
    >>> galaxies, votes = SoftLabels.add(galaxies, fractions)
    >>> result = train("lenet5", galaxies, config=TrainConfig(epochs=1, soft_labels=votes), progress=False)
    """

    columns: Sequence[str]
    kind: str = "fractions"

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        names: object = self.columns
        check(
            isinstance(names, list | tuple) and all(isinstance(name, str) for name in names),
            f"columns: expected a name for each class, in their order, got {names!r}",
        )
        check(
            len(set(self.columns)) == len(self.columns) >= 2,
            f"columns: expected a different name for each of at least two classes, got {self.columns!r}",
        )
        object.__setattr__(self, "columns", tuple(self.columns))

    @classmethod
    def add(
        cls, dataset: Dataset, votes: Float[np.ndarray, "galaxies classes"], *, kind: str = "fractions"
    ) -> tuple[Dataset, "SoftLabels"]:
        """Put votes into the table of a copy of a data set.

        Parameters
        ----------
        dataset
            The galaxies. Their labels stay as they are; usually they are the majority.
        votes
            Fractions or counts of shape ``(galaxies, classes)``, in the order of the galaxies and of the classes.
        kind
            Which of both.

        Returns
        -------
        dataset
            The galaxies, with columns such as ``votes_spiral``.
        soft_labels
            The names of these columns, for ``TrainConfig(soft_labels=...)`` and `evaluate_fractions`.

        Raises
        ------
        InvalidValueError
            If there is not one number for each class of each galaxy, or the numbers are not of this kind.
        """
        expected = (len(dataset), len(dataset.classes))
        values = np.asarray(votes)
        check(
            values.shape == expected and values.dtype.kind in "fiu",
            f"votes: expected numbers of shape {expected}, one for each class of each galaxy, got shape "
            f"{values.shape} of {values.dtype}",
        )
        soft = cls(tuple(f"votes_{name}" for name in dataset.classes), kind)
        table = dataset.table.copy() if dataset.table.colnames else type(dataset.table)()
        for number, column in enumerate(soft.columns):
            table[column] = values[:, number]
        made = Dataset(
            dataset.stamps, dataset.labels, dataset.classes, table=table, groups=dataset.groups, recipe=dataset.recipe
        )
        soft.of(made)
        return made, soft

    def of(self, dataset: Dataset, *, name: str = "dataset") -> Float32[np.ndarray, "galaxies classes"]:
        """Read the votes of a data set from its table.

        Parameters
        ----------
        dataset
            The galaxies.
        name
            What errors call it.

        Returns
        -------
        votes
            Float32 of shape ``(galaxies, classes)``, in the order of the classes; fractions sum to 1 exactly.

        Raises
        ------
        InvalidValueError
            If a column is missing or holds no numbers, a value is missing or not finite or below 0, fractions don't sum
            to 1 (within 0.001), or a galaxy has no votes.

        Warns
        -----
        DatasetWarning
            If the class with most votes is not the label of more than a tenth of the galaxies, as happens if the
            columns are in another order than the classes.
        """
        names = self.columns
        check(
            len(names) == len(dataset.classes),
            f"columns: expected one for each of the {len(dataset.classes)} classes {', '.join(dataset.classes)}, got "
            f"{len(names)}: {', '.join(names)}",
        )
        missing = [column for column in names if column not in dataset.table.colnames]
        check(
            not missing,
            f"{name}: expected a column of votes for each class in its table, but {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not there; it has {', '.join(dataset.table.colnames) or 'none'}",
        )
        votes = np.stack([_numbers(dataset, column, name) for column in names], axis=1)
        bad = ~(np.isfinite(votes).all(axis=1) & (votes >= 0).all(axis=1))
        check(
            not bad.any(),
            f"{name}: expected votes that are finite and not below 0, but those of {np.count_nonzero(bad)} of "
            f"{len(votes)} galaxies are not, the first in row {int(bad.argmax())}; leave these galaxies out",
        )
        total = votes.sum(axis=1)
        if self.kind == "fractions":
            off = np.abs(total - 1) > _ROUNDING
            check(
                not off.any(),
                f"{name}: expected fractions that sum to 1, but those of {np.count_nonzero(off)} of {len(votes)} "
                f"galaxies don't; those of row {int(off.argmax())} sum to {total[off.argmax()]:.4g}. Divide them by "
                'their sum, or pass kind="counts" if they are counts',
            )
            votes = votes / total[:, np.newaxis]
        else:
            none = total < 1
            check(
                not none.any(),
                f"{name}: expected at least one vote for each galaxy, but {np.count_nonzero(none)} of {len(votes)} "
                f"have less, the first is row {int(none.argmax())}; leave these galaxies out",
            )
        contradicted = np.count_nonzero(votes[np.arange(len(votes)), dataset.labels] < votes.max(axis=1))
        if contradicted > _CONTRADICTED * len(votes):
            message = (
                f"{name}: the label of {contradicted} of {len(votes)} galaxies is not the class with most votes; are "
                "the columns in the order of the classes?"
            )
            warn(message, DatasetWarning)
        return votes.astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Describe the soft labels in values that JSON can store."""
        return {"columns": list(self.columns), "kind": self.kind}


def _numbers(dataset: Dataset, column: str, name: str) -> Float[np.ndarray, "galaxies"]:
    """Read a column; what is masked becomes NaN."""
    values = np.ma.asarray(dataset.table[column])
    check(
        values.ndim == 1 and values.dtype.kind in "fiu",
        f"{name}: expected numbers in the column {column!r}, got {values.dtype} of shape {values.shape}",
    )
    filled: np.ndarray = np.ma.filled(values.astype(np.float64), np.nan)
    return filled
