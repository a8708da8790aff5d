"""The tuning fork from the votes of the challenge: question by question, the answer with most votes counts."""

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from flat_images import Corner, save

from galmorph.data import TUNING_FORK_CLASSES, load_galaxy_zoo_2
from galmorph.data._galaxy_zoo.tuning_fork import TUNING_FORK_ANSWERS
from galmorph.errors import DatasetError

# Products down the tree: an edge-on disk has votes for a bar, too, and a star for everything.
VOTES = {
    "E": (0.6, 0.4, 0.0, 0.3, 0.1, 0.08, 0.02),
    "edge-on": (0.3, 0.7, 0.0, 0.4, 0.3, 0.2, 0.1),
    "S": (0.3, 0.6, 0.1, 0.1, 0.5, 0.2, 0.3),
    "SB": (0.3, 0.6, 0.1, 0.1, 0.5, 0.3, 0.2),
    "": (0.2, 0.3, 0.5, 0.2, 0.1, 0.08, 0.02),
}


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Votes for a galaxy of each class and a star, whose images are in the folder."""
    for number in range(len(VOTES)):
        save(tmp_path / f"{number}.png", 10 + 10 * number, (6, 5, 3))
    columns = dict(zip(TUNING_FORK_ANSWERS, np.array(list(VOTES.values())).T, strict=True))
    return Table({"GalaxyID": np.arange(len(VOTES))} | columns)


def test_answers_with_most_votes(tmp_path: Path, table: Table) -> None:
    """Each galaxy has the class of its majority, the star has none, and the votes stay in the table."""
    galaxies = load_galaxy_zoo_2(tmp_path, table, recipe=Corner(), scheme="tuning-fork", progress=False)
    assert galaxies.classes == TUNING_FORK_CLASSES
    assert [galaxies.classes[label] for label in galaxies.labels] == list(VOTES)[:4]
    assert galaxies.table["Class3.1"].tolist() == [0.08, 0.2, 0.2, 0.3]
    assert galaxies.table.meta["no_class"] == 1


def test_what_is_missing_or_no_fraction_is_said(tmp_path: Path, table: Table) -> None:
    """A question that is not there, or votes in per cent."""
    options = {"recipe": Corner(), "scheme": "tuning-fork", "progress": False}
    with pytest.raises(DatasetError, match=r"Class3\.2 are missing"):
        load_galaxy_zoo_2(tmp_path, table[table.colnames[:-1]], **options)
    table["Class2.1"] *= 100
    with pytest.raises(DatasetError, match=r"expected fractions from 0 to 1, got 10.0 to 40.0 in Class2\.1"):
        load_galaxy_zoo_2(tmp_path, table, **options)
