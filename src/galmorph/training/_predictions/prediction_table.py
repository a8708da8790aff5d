"""Tables of predictions: one row for each galaxy, with its class, its probabilities and what makes them doubtful."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from astropy.table import Column, MaskedColumn, Table
from jaxtyping import Bool, Float32

from galmorph.errors import GalmorphWarning, MismatchWarning, SkippedImagesWarning

__all__ = ["Answers", "note_warnings", "prediction_table", "probability_columns"]

_LONGEST_NAME = 24  # characters of a name on a narrow screen


class Answers(NamedTuple):
    """What a classifier says about galaxies.

    Parameters
    ----------
    names, notes
        One for each galaxy: its name, and what makes its answer doubtful or why it has none, followed by what was done
        to its image; empty if there is nothing to say.
    paths
        File of each galaxy, or None if they have no files.
    probabilities
        Probability of each class for each galaxy; NaN if it could not be classified.
    doubts
        The part of each note that makes the answer doubtful or says why there is none. None if that is the whole note.
    """

    names: list[str]
    notes: list[str]
    paths: list[str] | None
    probabilities: Float32[np.ndarray, "galaxies classes"]
    doubts: list[str] | None = None

    @property
    def unknown(self) -> Bool[np.ndarray, "galaxies"]:
        """True for galaxies that could not be classified."""
        return np.isnan(self.probabilities).any(axis=1)


class PredictionTable(Table):  # type: ignore[misc]  # astropy has no types
    """A table of predictions. Printed on a narrow screen, it shortens long names rather than hide the answers."""

    def __str__(self) -> str:
        whole, answers = str(super().__str__()), ("name", "class", "probability")
        if not set(answers) <= set(self.colnames) or set(answers) <= set(whole.partition("\n")[0].split()):
            return whole
        short = Table(self[answers])
        short.replace_column("name", [_short(str(name)) for name in self["name"]])
        short["..."] = "..."  # as astropy marks columns that are left out
        return str(short)


def note_warnings(parts: Iterable[Answers]) -> list[tuple[str, type[GalmorphWarning]]]:
    """Messages and kinds of warnings of images that can't be used, and of those whose answers are doubtful.

    There is at most one of each kind, over all parts together. What was merely done to an image is no reason to warn.
    """
    galaxies = 0
    counts: Counter[type[GalmorphWarning]] = Counter()
    first: dict[type[GalmorphWarning], str] = {}
    for answers in parts:
        galaxies += len(answers.names)
        doubts = answers.notes if answers.doubts is None else answers.doubts
        for doubt, unknown in zip(doubts, answers.unknown, strict=True):
            if unknown or doubt:
                kind = SkippedImagesWarning if unknown else MismatchWarning
                counts[kind] += 1
                first.setdefault(kind, doubt)
    words = {
        SkippedImagesWarning: "can't be classified",
        MismatchWarning: "has a note" if counts[MismatchWarning] == 1 else "have a note",
    }
    return [
        (f"{counts[kind]} of {galaxies} images {says}, the first: {first[kind]}; see the column 'note'", kind)
        for kind, says in words.items()
        if counts[kind]
    ]


def probability_columns(classes: Sequence[str]) -> dict[str, str]:
    """Name the columns of probabilities in tables of predictions: ``p_spiral`` for the class ``spiral``.

    All formats keep these names, because they have only letters of ASCII, digits and underscores, and no two of them
    differ only in upper and lower case. Other characters become underscores, and letters lose their accents. A class
    whose column name is already taken gets a number.

    Parameters
    ----------
    classes
        Names of the classes.

    Returns
    -------
    dict
        The name of the column of each class, in the order of the classes.

    Examples
    --------
    >>> from galmorph.training import probability_columns
    >>> probability_columns(("spiral", "edge-on disc", "S0", "S0-"))
    {'spiral': 'p_spiral', 'edge-on disc': 'p_edge_on_disc', 'S0': 'p_S0', 'S0-': 'p_S0_2'}
    """
    columns: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(classes, key=lambda name: _safe(name) != name):  # names that stay as they are come first
        column = stem = f"p_{_safe(name)}"
        number = 1
        while column.lower() in taken:
            number += 1
            column = f"{stem}_{number}"
        taken.add(column.lower())
        columns[name] = column
    return {name: columns[name] for name in classes}


def prediction_table(answers: Answers, classes: tuple[str, ...]) -> Table:
    """Put answers into a table, and mask the rows of galaxies that could not be classified.

    The probabilities come last. When a table is too wide for a screen, astropy leaves out columns from its middle, and
    these are then the notes and the paths, which may be long.
    """
    unknown, probabilities = answers.unknown, answers.probabilities
    best = np.where(unknown, 0, np.nan_to_num(probabilities).argmax(axis=1))
    rows = np.arange(len(best))
    table = PredictionTable()
    table["name"] = Column(answers.names, dtype=str, description="name of the galaxy")
    table["class"] = MaskedColumn(np.array(classes)[best], mask=unknown, description="most probable class")
    table["probability"] = MaskedColumn(
        probabilities[rows, best], mask=unknown, description="probability of the most probable class"
    )
    description = "what makes the answer doubtful or why it is missing, and what was done to the image"
    table["note"] = Column(answers.notes, dtype=str, description=description)
    if answers.paths is not None:
        table["path"] = Column(answers.paths, dtype=str, description="image file")
    for index, (name, column) in enumerate(probability_columns(classes).items()):
        table[column] = MaskedColumn(probabilities[:, index], mask=unknown, description=f"probability of {name!r}")
    return table


def _short(name: str) -> str:
    """Take out the middle of a long name, because names often differ at their ends."""
    if len(name) <= _LONGEST_NAME:
        return name
    end = (_LONGEST_NAME - 1) // 2
    return f"{name[: _LONGEST_NAME - 1 - end]}\N{HORIZONTAL ELLIPSIS}{name[len(name) - end :]}"


def _safe(name: str) -> str:
    if re.fullmatch(r"\w+", name, re.ASCII):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_") or "class"
