"""load_galaxy_zoo_2: images with a table of votes or of classes."""

import csv
import gzip
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from flat_images import Corner, save

from galmorph.data import GALAXY_ZOO_2_CLASSES, TUNING_FORK_CLASSES, Dataset, load_galaxy_zoo_2
from galmorph.errors import DatasetError, DatasetWarning, InvalidValueError, SkippedImagesWarning

USED = ["Class1.1", "Class1.2", "Class2.1", "Class2.2", "Class4.1", "Class7.1", "Class7.2", "Class7.3"]
# Votes for an edge-on galaxy, for none of the classes, and for a completely round smooth galaxy.
VOTES = [{"Class1.2": 0.9, "Class2.1": 0.8}, {}, {"Class1.1": 0.9, "Class7.1": 0.8}]
ANSWERS = {
    "smooth": "t01_smooth_or_features_a01_smooth",
    "disk": "t01_smooth_or_features_a02_features_or_disk",
    "edge-on": "t02_edgeon_a04_yes",
    "face-on": "t02_edgeon_a05_no",
    "spiral": "t04_spiral_a08_spiral",
    "round": "t07_rounded_a16_completely_round",
    "between": "t07_rounded_a17_in_between",
    "cigar": "t07_rounded_a18_cigar_shaped",
}
# Identifiers that differ in the last digit only: as floats they would all be one.
IDS = [str(587722981748375814 + number) for number in range(6)]
# Classes of Dai & Tong by hand: products of fractions down the tree against their thresholds.
PUBLISHED = [
    ("SBc2m(r)", {"disk": 0.9, "face-on": 0.9, "spiral": 0.8}),  # 0.9 * 0.9 * 0.8 = 0.648 >= 0.619: spiral
    ("Sc?t", {"disk": 0.9, "face-on": 0.9, "spiral": 0.7}),  # 0.567: none
    ("Er", {"smooth": 0.8, "round": 0.7}),  # 0.56 >= 0.5: completely round
    ("Sen", {"disk": 0.8, "edge-on": 0.8}),  # 0.64 >= 0.602: edge-on
    ("A", {}),
    ("Ei", {"smooth": 0.9, "between": 0.9}),  # without an image
]


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


def published_table() -> Table:
    """A table as published, with columns that nobody needs."""
    table = Table({"dr7objid": IDS, "ra": [10.0, 10.0, 20, 30, 40, 50], "dec": [0.0, 20 / 3600, 0, 0, 0, 0]})
    table["rastring"] = "10:41:02.9"
    table["sample"] = "original"
    table["gz2_class"] = [gz2_class for gz2_class, _ in PUBLISHED]
    for answer, column in ANSWERS.items():
        table[f"{column}_count"] = 3
        table[f"{column}_debiased"] = [votes.get(answer, 0.0) for _, votes in PUBLISHED]
    return table


@pytest.fixture
def hart(tmp_path: Path) -> dict[str, Path]:
    """The three things that people download, made small."""
    (tmp_path / "images_gz2").mkdir()
    for level, asset in enumerate((58957, 193641, 55934, 158501, 7), start=1):
        save(tmp_path / f"images_gz2/images/{asset}.png", 20 * level, (6, 5, 3))
    published_table().write(tmp_path / "gz2_hart16.csv")
    rows = zip(IDS, [58957, 193641, 55934, 158501, 7, 99], strict=True)
    lines = [f"{objid},original,{asset}" for objid, asset in rows]
    # An object that was shown twice, once from deeper images; and one that the table does not have.
    lines += [f"{IDS[0]},stripe82_coadd_1,7", "588000000000000000,extra,7"]
    (tmp_path / "gz2_filename_mapping.csv").write_text("\n".join(["objid,sample,asset_id", *lines]) + "\n")
    return {
        "images": tmp_path / "images_gz2",
        "labels": tmp_path / "gz2_hart16.csv",
        "mapping": tmp_path / "gz2_filename_mapping.csv",
    }


def load_published(hart: dict[str, Any], **options: Any) -> Dataset:
    """Load without a progress bar."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no galaxy of the class|only one class|all galaxies", DatasetWarning)
        return load_galaxy_zoo_2(**hart | {"recipe": Corner(), "progress": False} | options)


def test_published_table(hart: dict[str, Path]) -> None:
    """Classes follow from the debiased fractions as in the challenge; votes stay; rows without an image count."""
    galaxies = load_published(hart)
    assert galaxies.classes == GALAXY_ZOO_2_CLASSES
    assert galaxies.table["name"].tolist() == ["58957", "55934", "158501"]
    assert [galaxies.classes[label] for label in galaxies.labels] == ["spiral", "completely_round_smooth", "edge_on"]
    assert galaxies.table["dr7objid"].tolist() == [IDS[0], IDS[2], IDS[3]]
    assert galaxies.table["gz2_class"].tolist() == ["SBc2m(r)", "Er", "Sen"]
    assert galaxies.table["t04_spiral_a08_spiral_debiased"].tolist() == [0.8, 0, 0]
    assert galaxies.stamps[:, 0, 0, 0].tolist() == [20, 60, 80]
    assert galaxies.table.meta["left_out"] == {"no class": 2, "no image": 1}
    assert galaxies.table.meta["skipped"] == []


def test_tuning_fork(hart: dict[str, Path]) -> None:
    """The four classes follow from gz2_class; galaxies that overlap on the sky share a group."""
    galaxies = load_published(hart, scheme="tuning-fork")
    assert galaxies.classes == TUNING_FORK_CLASSES
    assert [galaxies.classes[label] for label in galaxies.labels] == ["SB", "S", "E", "edge-on"]
    assert galaxies.groups.tolist() == [0, 0, 2, 3]  # the first two are 20 arcsec apart
    assert load_published(hart, scheme="tuning-fork", radius=5.0).groups.tolist() == [0, 1, 2, 3]


def test_other_forms_of_the_table(hart: dict[str, Path]) -> None:
    """Gzipped, in memory, joined to the mapping by the user, or with images named by the object: all the same."""
    expected = load_published(hart)
    gzipped = {name: hart[name].with_name(hart[name].name + ".gz") for name in ("labels", "mapping")}
    for name, path in gzipped.items():
        path.write_bytes(gzip.compress(hart[name].read_bytes()))
    joined = published_table()
    joined["asset_id"] = [58957.0, 193641.0, 55934.0, 158501.0, 7.0, np.nan]  # as pandas writes whole numbers with gaps
    for changed in (gzipped, {"labels": published_table()}, {"labels": joined, "mapping": None}):
        assert load_published(hart | changed).fingerprint() == expected.fingerprint()
    for objid, asset in zip(IDS, (58957, 193641, 55934, 158501, 7), strict=False):
        (hart["images"] / "images" / f"{asset}.png").rename(hart["images"] / "images" / f"{objid}.png")
    named = load_published(hart, mapping=None)
    assert named.table["name"].tolist() == [IDS[0], IDS[2], IDS[3]]
    np.testing.assert_array_equal(named.stamps, expected.stamps)


def test_missing_fractions(hart: dict[str, Path]) -> None:
    """Where nobody was asked, no threshold is reached, and the column has NaN."""
    table = published_table()
    table["t04_spiral_a08_spiral_debiased"] = ["", "0.99", "nan", "", "", ""]
    galaxies = load_published(hart, labels=table)
    assert galaxies.table["gz2_class"].tolist() == ["Sc?t", "Er", "Sen"]
    assert np.isnan(galaxies.table["t04_spiral_a08_spiral_debiased"]).tolist() == [False, True, True]


def test_two_images_of_an_object(hart: dict[str, Path]) -> None:
    """If the sample does not say which image is meant, the galaxy is left out and counted."""
    table = published_table()
    table["sample"] = "stripe82"
    galaxies = load_published(hart, labels=table, scheme="tuning-fork")
    assert galaxies.table.meta["left_out"] == {"no class": 1, "no image": 1, "several images": 1}
    assert galaxies.table["gz2_class"].tolist() == ["Sc?t", "Er", "Sen"]


def test_unknown_classes(hart: dict[str, Path]) -> None:
    """A gz2_class that can't be read is no class, and a warning says why."""
    table = published_table()
    table["gz2_class"][1] = "Sc?x"
    with pytest.warns(SkippedImagesWarning, match="a gz2_class can't be read, .* got 'Sc.x', expected a winding"):
        galaxies = load_published(hart, labels=table, scheme="tuning-fork")
    assert galaxies.table["gz2_class"].tolist() == ["SBc2m(r)", "Er", "Sen"]


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (IDS[2], "5.87722981748e+17", "column 'dr7objid', got '5.87722981748e.17', a float: it holds 16 digits"),
        (IDS[2], IDS[2] + ".0", r"got '587722981748375816\.0', a float"),
        (IDS[2], "NGC 1", "expected identifiers of up to 20 digits in the column 'dr7objid', got 'NGC 1'$"),
        (IDS[2], IDS[1], "expected each galaxy once, got the image '193641' twice"),
        ("0.7", "1.7", "expected fractions from 0 to 1 in the column 't0"),
        ("0.7", "x", "of 58772298174837581.: expected a number, got 'x'"),
        ("t04_spiral_a08_spiral_debiased", "spirals", "expected the columns t04_spiral_a08_spiral_debiased, which"),
        ("dr7objid", "object", "expected the columns dr7objid, which are not there; name the column"),
    ],
)
def test_bad_published_tables(hart: dict[str, Path], old: str, new: str, match: str) -> None:
    """Identifiers that lost digits, repeated galaxies and columns without fractions are refused."""
    hart["labels"].write_text(hart["labels"].read_text().replace(old, new))
    with pytest.raises(DatasetError, match=match):
        load_published(hart)


def test_floats_in_the_mapping(hart: dict[str, Path]) -> None:
    """The mapping's identifiers must have all of their digits, too."""
    hart["mapping"].write_text(f"objid,sample,asset_id\n{float(IDS[0])!r},original,58957\n")
    with pytest.raises(DatasetError, match=r"gz2_filename_mapping.csv: .* a float: .*write the table again"):
        load_published(hart)


def test_no_image_matches(hart: dict[str, Path]) -> None:
    """If no row has an image, the error says what the folder and the mapping have."""
    with pytest.raises(
        DatasetError, match=r"no row of 6 has an image .*no image 6.*pass mapping='gz2_filename_mapping"
    ):
        load_published(hart, mapping=None)
    hart["mapping"].write_text("objid,sample,asset_id\n1,original,2\n")
    with pytest.raises(DatasetError, match="an image is '158501'; of 1 rows of the mapping, 0 name an image"):
        load_published(hart)
    hart["mapping"].write_text("id,asset\n1,2\n")
    with pytest.raises(DatasetError, match="expected the columns objid, asset_id, which are not there; pass gz2_file"):
        load_published(hart)


def test_options_that_need_a_published_table(images: Path) -> None:
    """A mapping means nothing for the votes of the challenge."""
    votes = Table({"GalaxyID": [1, 2, 3]} | {name: [row.get(name, 0.0) for row in VOTES] for name in USED})
    with pytest.raises(InvalidValueError, match="mapping: expected labels with dr7objid"):
        load_galaxy_zoo_2(images, votes, mapping=votes, recipe=Corner(), progress=False)
    with pytest.raises(InvalidValueError, match="scheme: expected one of 'galaxy-zoo-2', 'tuning-fork', got 'hubble'"):
        load_galaxy_zoo_2(images, votes, scheme="hubble", recipe=Corner(), progress=False)


@pytest.mark.filterwarnings("ignore:no galaxy of the classes:galmorph.errors.DatasetWarning")
def test_votes_of_the_challenge_stay(images: Path) -> None:
    """The fractions that decide are columns of the data set's table."""
    votes = Table({"GalaxyID": [1, 2, 3]} | {name: [row.get(name, 0.0) for row in VOTES] for name in USED})
    dataset = load_galaxy_zoo_2(images, votes, recipe=Corner(), progress=False)
    assert dataset.table["Class1.2"].tolist() == [0.9, 0.0]
    assert dataset.table["Class7.1"].tolist() == [0.0, 0.8]


MEASURE = """
import resource, sys, time
from flat_images import Corner
from galmorph.data import load_galaxy_zoo_2
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
galaxies = load_galaxy_zoo_2(sys.argv[1], sys.argv[2], mapping=sys.argv[3], recipe=Corner(), progress=False, workers=1)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(galaxies.table["name"].tolist(), after - before, round(time.process_time() - start, 1))
"""


@pytest.mark.trial
def test_a_million_rows(hart: dict[str, Path]) -> None:
    """A table of 231 columns and a million rows, 1.5 GB, is read in the memory of the few rows that have an image."""
    table = published_table()
    for number in range(231 - len(table.colnames)):
        table[f"t{number:02}_fraction"] = 0.1234
    table.write(hart["labels"], overwrite=True)
    header, *rows = hart["labels"].read_text().splitlines(keepends=True)
    with hart["labels"].open("w") as file:
        file.writelines([header, *rows])
        _, rest = rows[-1].split(",", 1)
        for start in range(0, 1_000_000, 1000):
            file.write("".join(f"{589000000000000000 + row},{rest}" for row in range(start, start + 1000)))
    assert hart["labels"].stat().st_size > 1.2e9
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        MEASURE,
        *(str(hart[name]) for name in ("images", "labels", "mapping")),
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    names, kilobytes = answer.stdout.split("]")[0], int(answer.stdout.split("]")[1].split()[0])
    assert names == "['58957', '55934', '158501'"
    assert kilobytes < 100_000
