"""load_galaxy_zoo_2: images with a table of votes or of classes."""

import csv
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from flat_images import Corner, save

from galmorph.data import GALAXY_ZOO_2_CLASSES, load_galaxy_zoo_2
from galmorph.errors import DatasetError, DatasetWarning

USED = ["Class1.1", "Class1.2", "Class2.1", "Class2.2", "Class4.1", "Class7.1", "Class7.2", "Class7.3"]
# Votes for an edge-on galaxy, for none of the classes, and for a completely round smooth galaxy.
VOTES = [{"Class1.2": 0.9, "Class2.1": 0.8}, {}, {"Class1.1": 0.9, "Class7.1": 0.8}]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three images named by GalaxyID."""
    for number in (1, 2, 3):
        save(tmp_path / f"images/{number}.png", 10 * number, (6, 5, 3))
    return tmp_path / "images"


def test_two_tables(images: Path, tmp_path: Path) -> None:
    """Votes and classes are told apart by their header and give the same data set."""
    with (tmp_path / "votes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["GalaxyID", *USED])
        writer.writerows([number, *(row.get(name, 0.0) for name in USED)] for number, row in enumerate(VOTES, start=1))
    (tmp_path / "labels.csv").write_text("GalaxyID,class\n1,edge_on\n3,completely_round_smooth\n")
    with pytest.warns(
        DatasetWarning, match="no galaxy of the classes 'in_between_smooth', 'cigar_shaped_smooth', 'spiral'"
    ):
        voted = load_galaxy_zoo_2(images, tmp_path / "votes.csv", recipe=Corner(), progress=False)
    with pytest.warns(DatasetWarning, match="no galaxy of the classes"):
        labelled = load_galaxy_zoo_2(images, tmp_path / "labels.csv", recipe=Corner(), progress=False)
    for dataset in (voted, labelled):
        assert dataset.classes == GALAXY_ZOO_2_CLASSES
        np.testing.assert_array_equal(dataset.labels, [3, 0])
        assert list(dataset.table["name"]) == ["1", "3"]
    assert voted.table.meta == {"skipped": [], "left_out": {"no class": 1}, "unlabelled": 0, "no_class": 1}
    assert labelled.table.meta == {"skipped": [], "left_out": {}, "unlabelled": 1, "no_class": 0}


@pytest.mark.filterwarnings("ignore:no galaxy of the classes:galmorph.errors.DatasetWarning")
def test_tables_in_memory(images: Path) -> None:
    """Votes may be a table whose columns stand in any order, and classes a mapping."""
    votes = Table({"row": [7, 8, 9], "GalaxyID": [1, 2, 3]})
    for name in USED[::-1]:
        votes[name] = [row.get(name, 0.0) for row in VOTES]
    for labels in (votes, {1: "edge_on", 3: "completely_round_smooth"}):
        dataset = load_galaxy_zoo_2(images, labels, recipe=Corner(), progress=False)
        assert list(dataset.table["name"]) == ["1", "3"]
        np.testing.assert_array_equal(dataset.labels, [3, 0])
    votes.rename_column("GalaxyID", "picture")
    dataset = load_galaxy_zoo_2(images, votes, name_column="picture", recipe=Corner(), progress=False)
    assert list(dataset.table["name"]) == ["1", "3"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("GalaxyID,class\n1,round\n", "expected the classes completely_round_smooth, .*; got round too"),
        ("GalaxyID,Class1.1,Class1.2\n1,0.5,0.5\n", r"Class2\.1, .* are missing"),
        (f"GalaxyID,{','.join(USED)}\n1{',x' * 8}\n", "could not convert string to float"),
        (f"GalaxyID,{','.join(USED)}\n1{',2' * 8}\n", "expected fractions from 0 to 1"),
        (f"GalaxyID,{','.join(USED)}\n1{',0' * 8}\n1{',0' * 8}\n", "expected each GalaxyID once, got 1 more than once"),
    ],
)
def test_bad_tables(images: Path, tmp_path: Path, text: str, match: str) -> None:
    """Tables of other classes, other columns, or of values that are not fractions, are refused with the file's name."""
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=match):
        load_galaxy_zoo_2(images, tmp_path / "labels.csv", recipe=Corner(), progress=False)


@pytest.mark.filterwarnings("ignore:.* are nearly black or white")  # the corners of images are sky
def test_real_images(shared_data: Path) -> None:
    """Every real image that has a class becomes a stamp."""
    real = shared_data / "galaxy_zoo_2"
    dataset = load_galaxy_zoo_2(real / "images", real / "votes.csv", recipe=Corner(100), progress=False)
    assert dataset.class_counts()["spiral"] == 65
    assert dataset.table.meta == {
        "skipped": [],
        "left_out": {"no class": 479 - 234},
        "unlabelled": 2870 - 479,
        "no_class": 479 - 234,
    }
