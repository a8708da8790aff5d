"""Labels in all their forms give the same data set, and what is no class is refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from astropy.table import MaskedColumn, Table
from flat_images import load, save

from galmorph.errors import DatasetError, ImplausibleWarning, SkippedImagesWarning

IDS = list(range(100, 124))
RA = [10 + number / 10 for number in range(24)]
CLASSES = ["ES"[number % 2] for number in range(24)]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two dozen images named by numbers, half of them in a sub-folder."""
    folder = tmp_path_factory.mktemp("images")
    for number, name in enumerate(IDS):
        save(folder / f"{'deep/' * (number % 2)}{name}.png", 40 + number)
    return folder


def csv(separator: str, *columns: tuple[str, list[Any]]) -> str:
    """Write a table."""
    header = separator.join(name for name, _ in columns)
    rows = zip(*(values for _, values in columns), strict=True)
    return "\n".join([header, *(separator.join(map(str, row)) for row in rows)]) + "\n"


INDEX, ID, SKY, CLASS = ("", list(range(24))), ("GalaxyID", IDS), ("ra", RA), ("class", CLASSES)


@pytest.mark.parametrize(
    "text",
    [
        csv(",", ID, SKY, CLASS),
        csv(",", CLASS, ID),
        csv(",", INDEX, SKY, CLASS, ID),
        csv(",", ("", IDS), CLASS, SKY),
        csv(";", ID, SKY, CLASS),
        csv("\t", CLASS, SKY, ID),
        csv(" | ", ID, CLASS),
        csv("   ", SKY, ID, CLASS),
        "\ufeff" + csv(",", ("name", [f"N {number}" for number in IDS]), ("file", IDS), CLASS),
        csv(",", ID, ("T-Type", CLASSES)),
        csv(",", ("my images", IDS), ("Hubble_Type", CLASSES)),
        csv(",", ("dr7objid", [f"5877{number}" for number in IDS]), ("asset_id", IDS), ("gz2_class", CLASSES)),
        csv(",", ("type", RA), ID, CLASS),
        csv(",", ("id", [f"{number}.0" for number in IDS]), CLASS),
    ],
    ids=[
        "ra second", "class first", "index first", "index is the name", "semicolons", "tabs", "bars", "blanks",
        "byte-order mark", "two columns", "one known header", "two kinds of names", "class and type", "floats",
    ],
)  # fmt: skip
def test_files(images: Path, tmp_path: Path, text: str) -> None:
    """Columns are found by their headers, in any order, whatever separates them."""
    path = tmp_path / "labels.csv"
    path.write_text(text, "utf-8")
    dataset = load(images, labels=path)
    assert dataset.class_counts() == {"E": 12, "S": 12}
    assert list(dataset.table["name"]) == list(map(str, IDS))


@pytest.mark.parametrize(
    "labels",
    [
        Table({"GalaxyID": IDS, "ra": RA, "class": CLASSES}),
        Table({"objid": IDS, "class": np.array(CLASSES, "S1")}),
        Table({"objid": IDS, "class": MaskedColumn(CLASSES)}),
        np.array(list(zip(RA, IDS, CLASSES, strict=True)), [("ra", float), ("name", int), ("type", "U1")]),
        dict(zip(IDS, CLASSES, strict=True)),
        dict(zip(np.array(IDS), np.array(CLASSES), strict=True)),
    ],
    ids=["table", "bytes", "masked", "structured array", "mapping", "mapping of numpy values"],
)
def test_tables_and_mappings(images: Path, labels: Any) -> None:
    """A table, a structured array and a mapping do as well; names may be whole numbers."""
    dataset = load(images, labels=labels)
    assert dataset.class_counts() == {"E": 12, "S": 12}
    assert list(dataset.table["name"]) == list(map(str, IDS))


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame,
        lambda frame: frame.set_index("GalaxyID"),
        lambda frame: frame.set_index("GalaxyID")["class"],
        lambda frame: frame.astype({"GalaxyID": float}),
        lambda frame: frame.astype({"GalaxyID": str, "class": "category"}),
    ],
    ids=["columns", "index", "series", "floats", "categories"],
)
def test_pandas(images: Path, change: Callable[[Any], Any]) -> None:
    """A pandas data frame does as well, with the names in a column or as its index, and so does a series."""
    frame = pd.DataFrame({"GalaxyID": IDS, "ra": RA, "class": CLASSES})
    dataset = load(images, labels=change(frame))
    assert dataset.class_counts() == {"E": 12, "S": 12}
    assert list(dataset.table["name"]) == list(map(str, IDS))


def test_named_columns(images: Path) -> None:
    """Columns that are named win over those that their headers tell."""
    labels = Table({"name": IDS, "other": CLASSES, "class": RA, "key": IDS})
    dataset = load(images, labels=labels, name_column="key", class_column="other")
    assert dataset.class_counts() == {"E": 12, "S": 12}


def test_missing_classes(images: Path) -> None:
    """Masked cells, None and NaN are no class; a class may have any other name."""
    labels = {name: CLASSES[row] for row, name in enumerate(IDS)} | {100: None, 101: float("nan"), 102: "none"}
    with pytest.warns(SkippedImagesWarning, match=r"^2 of 24 images have an empty class .* the first: 100\.png$"):
        dataset = load(images, labels=labels)
    assert dataset.class_counts() == {"E": 10, "S": 11, "none": 1}
    assert dataset.table.meta["no_class"] == 2
    table = Table({"name": IDS, "class": MaskedColumn(CLASSES, mask=[row < 10 for row in range(24)])})
    with pytest.warns(SkippedImagesWarning, match="^10 of 24 images have an empty class"):
        assert load(images, labels=table).table.meta["no_class"] == 10


@pytest.mark.parametrize("name", ["-99", "?", "-", "N/A", "-999.0", "#N/A"])
def test_classes_that_mean_unknown(images: Path, name: str) -> None:
    """What tables write for an unknown class is said to be taken for one, unless the class is asked for."""
    labels = {each: CLASSES[row] for row, each in enumerate(IDS)} | {100: name, 101: name}
    with pytest.warns(
        ImplausibleWarning,
        match=rf"labels: '{re.escape(name)}', of 2 images, is taken for a class \(the first: 100\); .*leave these",
    ):
        dataset = load(images, labels=labels)
    assert dataset.class_counts()[name] == 2
    assert load(images, labels=labels, classes=[name, "E", "S"]).class_counts()[name] == 2


def test_classes_that_are_numbers(images: Path) -> None:
    """Whole numbers are classes, sorted by value; other programs may have written them as floats."""
    labels = Table({"name": IDS, "class": [float(row % 11) for row in range(24)]})
    assert load(images, labels=labels).classes == tuple(map(str, range(11)))


VOTES = Table({"GalaxyID": IDS, "Class1.1": np.linspace(0, 1, 24), "Class1.2": np.linspace(1, 0, 24)})
TYPES = ["E"] * 13 + [f"SAB(r){stage}" for stage in ("a", "ab", "b", "bc", "c", "cd", "d", "dm", "m", "0/a", "0")]


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (
            {"GalaxyID": IDS, "ra": RA},
            r"labels, column 'ra': expected classes, got numbers with fractions \(10\.0, 10\.1, .*with class_column=",
        ),
        ({"GalaxyID": IDS, "p_spiral": np.linspace(0, 1, 24)}, "if they are votes, load them with load_galaxy_zoo_2"),
        (VOTES, r"got a table of votes \(GalaxyID, Class1\.1, Class1\.2\); load it with load_galaxy_zoo_2"),
        ({"GalaxyID": IDS, "class": IDS}, "got 24 different ones for 24 images .*; name the column of classes"),
        ({"id": IDS, "type": TYPES}, "if they are types, make classes of them with get_scheme"),
        (
            {"GalaxyID": IDS, "ra": RA, "T": CLASSES},
            "classes .*got none among GalaxyID, ra, T; name it with class_column=",
        ),
        (
            {"GalaxyID": IDS, "class": CLASSES, "label": CLASSES},
            "one column of classes .*, got 'class' and 'label' among",
        ),
        ({"star": IDS, "ra": RA, "class": CLASSES}, "names of images .*, got none among star, .* with name_column="),
        ({"id": RA, "name": RA, "class": CLASSES}, "one column of names of images .*, got 'id' and 'name' among"),
        ({"a": IDS, "name": IDS[::-1], "file": IDS, "class": CLASSES}, "got 'name' and 'file' among"),
    ],
    ids=[
        "numbers",
        "fractions",
        "votes",
        "all different",
        "types",
        "no class",
        "two classes",
        "no name",
        "two names",
        "names that disagree",
    ],
)
def test_refused(images: Path, tmp_path: Path, labels: Any, match: str) -> None:
    """What is no class, and columns that are not clear, are refused, with what to do, in a table and in a file."""
    path = tmp_path / "labels"
    Table(labels).write(path, format="ascii.csv")
    for form in (Table(labels), path):
        with pytest.raises(DatasetError, match=match):
            load(images, labels=form)


def test_rounded_names(images: Path) -> None:
    """Identifiers of SDSS have 18 digits, of which a float keeps 16."""
    labels = Table({"name": np.array(IDS) + 5.877e17, "class": CLASSES})
    with pytest.raises(
        DatasetError, match=r"column 'name', got floats as large as 5.877e.17, which have lost their last"
    ):
        load(images, labels=labels)


def test_wrong_options(images: Path) -> None:
    """A column that is not there, columns of a mapping and other kinds of labels are refused."""
    with pytest.raises(
        DatasetError, match=r"class_column: expected one of the columns GalaxyID, Class1\.1, .* got 'type'"
    ):
        load(images, labels=VOTES, class_column="type")
    with pytest.raises(DatasetError, match="a mapping; leave them out"):
        load(images, labels={100: "E"}, class_column="type")
    with pytest.raises(DatasetError, match=r"expected the path of a CSV file, an astropy Table, .* got list"):
        load(images, labels=CLASSES)
    with pytest.raises(DatasetError, match=r"'100' is given twice, as 'E' and as 'S'"):
        load(images, labels={100: "E", "100": "S"})


def test_classes_on_request(images: Path) -> None:
    """Who lists the classes may have as many as images."""
    labels = dict(zip(IDS, map(str, IDS), strict=True))
    assert len(load(images, labels=labels, classes=list(map(str, IDS))).classes) == 24


def test_no_image_of_these_names(images: Path) -> None:
    """If no name is that of an image, the error shows how an image is named."""
    labels = {f"NGC {row}": each for row, each in enumerate(CLASSES)}
    with pytest.raises(DatasetError, match=r"no image is left; .* \(an image is '100\.png'\)"):
        load(images, labels=labels)
