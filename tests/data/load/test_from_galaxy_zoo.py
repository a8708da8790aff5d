"""Galaxy Zoo 2: classes from votes, and its two tables."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from galmorph.data import GALAXY_ZOO_2_CLASSES, galaxy_zoo_classes, load_galaxy_zoo_2
from galmorph.errors import DatasetError, InvalidValueError
from galmorph.types import Galaxy, GalaxyImage, Quality, Stamp

REAL = Path(__file__).parents[4] / "shared/data/galaxy_zoo_2"
needs_data = pytest.mark.skipif(not REAL.is_dir(), reason="the Galaxy Zoo 2 images are not here")

USED = ["Class1.1", "Class1.2", "Class2.1", "Class2.2", "Class4.1", "Class7.1", "Class7.2", "Class7.3"]


class Corner:
    """The upper left corner as a stamp."""

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Cut out 4 x 4 pixels."""
        galaxy = Galaxy(x=1.0, y=2.0, radius=3.0, axis_ratio=0.5, angle=30.0)
        quality = Quality(signal_to_noise=20.0, diameter=6.0, bad_fraction=0.0, truncation=0.0)
        return Stamp(pixels=image.pixels[:4, :4] / np.float32(255), galaxy=galaxy, quality=quality)

    def to_dict(self) -> dict[str, Any]:
        """Describe the cut."""
        return {"corner": 4}


def votes(**fractions: float) -> dict[str, np.ndarray]:
    """Build the votes of one galaxy; ``c1_1=0.5`` stands for Class1.1, and all others are 0."""
    given_ = {f"Class{name[1:].replace('_', '.')}": value for name, value in fractions.items()}
    return {name: np.array([given_.get(name, 0.0)]) for name in USED}


@pytest.mark.parametrize(
    ("fractions", "expected"),
    [
        ({"c1_1": 0.469, "c7_1": 0.50}, "completely_round_smooth"),
        ({"c1_1": 0.469, "c7_2": 0.50}, "in_between_smooth"),
        ({"c1_1": 0.469, "c7_3": 0.50}, "cigar_shaped_smooth"),
        ({"c1_2": 0.430, "c2_1": 0.602}, "edge_on"),
        ({"c1_2": 0.430, "c2_2": 0.715, "c4_1": 0.619}, "spiral"),
        ({"c1_1": 0.468, "c7_1": 0.50}, None),
        ({"c1_1": 0.469, "c7_1": 0.499}, None),
        ({"c1_2": 0.429, "c2_1": 0.602}, None),
        ({"c1_2": 0.430, "c2_1": 0.601}, None),
        ({"c1_2": 0.430, "c2_2": 0.714, "c4_1": 0.619}, None),
        ({"c1_2": 0.430, "c2_2": 0.715, "c4_1": 0.618}, None),
        ({}, None),
    ],
)
def test_thresholds(fractions: dict[str, float], expected: str | None) -> None:
    """Each threshold of Dai & Tong (2018) is met from its very value on."""
    [index] = galaxy_zoo_classes(votes(**fractions))
    assert (GALAXY_ZOO_2_CLASSES[index] if index >= 0 else None) == expected


def test_spiral_threshold() -> None:
    """The cut for spirals is the caller's to move; other classes don't move with it."""
    spiral = votes(c1_2=0.9, c2_2=0.9, c4_1=0.65)
    assert galaxy_zoo_classes(spiral)[0] == 4
    assert galaxy_zoo_classes(spiral, spiral_threshold=0.69)[0] == -1
    with pytest.raises(InvalidValueError, match="spiral_threshold: expected a number from 0 to 1, got 69"):
        galaxy_zoo_classes(spiral, spiral_threshold=69.0)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_exclusive(fractions: list[float]) -> None:
    """Votes that fall down the tree fit one class at most: raising the answers to the same question can't."""
    smooth, disk = fractions[0], (1 - fractions[0]) * fractions[1]
    edge_on, face_on = disk * fractions[2], disk * (1 - fractions[2])
    arms = face_on * fractions[3]
    round_, between = smooth * fractions[4], smooth * (1 - fractions[4]) * fractions[5]
    columns = dict(
        zip(USED, [smooth, disk, edge_on, face_on, arms, round_, between, smooth - round_ - between], strict=True)
    )
    met = [
        smooth >= 0.469 and round_ >= 0.5,
        smooth >= 0.469 and between >= 0.5,
        smooth >= 0.469 and columns["Class7.3"] > 0.5,
        disk >= 0.430 and edge_on >= 0.602,
        disk >= 0.430 and face_on >= 0.715 and arms >= 0.619,
    ]
    columns = {name: np.clip([value], 0, 1) for name, value in columns.items()}
    if sum(met) == 1:
        assert galaxy_zoo_classes(columns)[0] == met.index(True)
    if not any(met) and columns["Class7.3"][0] != 0.5:
        assert galaxy_zoo_classes(columns)[0] == -1


def test_table_of_votes() -> None:
    """A Table is as good as a mapping, and the answer has one int32 a row."""
    table = Table({name: np.tile(column, 3) for name, column in votes(c1_2=0.9, c2_1=0.8).items()})
    indices = galaxy_zoo_classes(table)
    assert indices.dtype == np.int32
    np.testing.assert_array_equal(indices, [3, 3, 3])


def test_bad_votes() -> None:
    """Missing columns and values that are no fractions are named."""
    columns = votes()
    del columns["Class4.1"]
    with pytest.raises(InvalidValueError, match=r"Class4\.1 are missing"):
        galaxy_zoo_classes(columns)
    for bad in (1.5, float("nan")):
        with pytest.raises(InvalidValueError, match=r"expected fractions from 0 to 1, got .* in Class1\.1"):
            galaxy_zoo_classes(votes(c1_1=bad))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three images named by GalaxyID."""
    (tmp_path / "images").mkdir()
    for number in (1, 2, 3):
        Image.fromarray(np.full((6, 5, 3), 10 * number, np.uint8)).save(tmp_path / f"images/{number}.png")
    return tmp_path / "images"


def test_two_tables(images: Path, tmp_path: Path) -> None:
    """Votes and classes are told apart by their header and give the same data set."""
    rows = [votes(c1_2=0.9, c2_1=0.8), votes(), votes(c1_1=0.9, c7_1=0.8)]
    with (tmp_path / "votes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["GalaxyID", *USED])
        writer.writerows([number, *(float(row[name][0]) for name in USED)] for number, row in enumerate(rows, start=1))
    (tmp_path / "labels.csv").write_text("GalaxyID,class\n1,edge_on\n3,completely_round_smooth\n")
    voted = load_galaxy_zoo_2(images, tmp_path / "votes.csv", recipe=Corner(), progress=False)
    labelled = load_galaxy_zoo_2(images, tmp_path / "labels.csv", recipe=Corner(), progress=False)
    for dataset in (voted, labelled):
        assert dataset.classes == GALAXY_ZOO_2_CLASSES
        np.testing.assert_array_equal(dataset.labels, [3, 0])
        assert list(dataset.table["name"]) == ["1", "3"]
    assert voted.table.meta == {"skipped": [], "unlabelled": 0, "no_class": 1}
    assert labelled.table.meta == {"skipped": [], "unlabelled": 1, "no_class": 0}


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
    """Tables of other classes, other columns or no fractions are refused with the file's name."""
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=match):
        load_galaxy_zoo_2(images, tmp_path / "labels.csv", recipe=Corner(), progress=False)


@needs_data
def test_published_sample() -> None:
    """The votes give the classes of the sample for all 225 galaxies in both tables, and nine more spirals.

    The sample was drawn with 0.69 votes for spiral arms; the nine lie between that and the paper's 0.619.
    """
    table = Table.read(REAL / "votes.csv", format="ascii.csv")
    with (REAL / "labels.csv").open(newline="") as file:
        labels = {row["GalaxyID"]: row["class"] for row in csv.DictReader(file)}
    indices = galaxy_zoo_classes(table)
    classes = {str(name): GALAXY_ZOO_2_CLASSES[i] for name, i in zip(table["GalaxyID"], indices, strict=True) if i >= 0}
    both = classes.keys() & labels.keys()
    assert len(both) == 225
    assert all(classes[name] == labels[name] for name in both)
    assert [classes[name] for name in classes.keys() - labels.keys()] == ["spiral"] * 9
    strict = galaxy_zoo_classes(table, spiral_threshold=0.69)
    assert (strict >= 0).sum() == 225


@needs_data
def test_real_images() -> None:
    """Every real image that has a class becomes a stamp."""
    dataset = load_galaxy_zoo_2(REAL / "images", REAL / "votes.csv", recipe=Corner(), progress=False)
    assert dataset.class_counts()["spiral"] == 65
    assert dataset.table.meta == {"skipped": [], "unlabelled": 2870 - 479, "no_class": 479 - 234}
