"""Tables of labels: what a CSV file may look like, and what is refused."""

import gzip
from pathlib import Path

import pytest
from flat_images import load

from galmorph.data._load import label_files
from galmorph.errors import DatasetError, SkippedImagesWarning


def test_labels_table(flat: Path) -> None:
    """Names with or without extension, quotes, comments, more columns and a byte-order mark are read; order is kept."""
    labels = flat / "labels.csv"
    labels.write_text('\ufeffname,type,remark\n# a comment\nd,"dE0,N",x\n\na.png,SB,\nb,,no class\n', "utf-8")
    with pytest.warns(SkippedImagesWarning) as caught:
        dataset = load(flat, labels=labels)
    assert [str(each.message) for each in caught] == [
        "1 of 4 images have an empty class in the labels (nothing, nan, null ...) and are left out, the first: b.png",
        "1 of 4 images are not named in the labels and are left out, the first: c.png",
    ]
    assert dataset.classes == ("SB", "dE0,N")
    assert list(dataset.table["name"]) == ["d", "a"]
    assert list(dataset.table["class"]) == ["dE0,N", "SB"]
    assert dataset.table.meta == {"skipped": [], "left_out": {"no class": 1}, "unlabelled": 1, "no_class": 1}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "got 0 lines"),
        ("name,class\n", "got 1 lines with 2 columns"),
        ("name\na\n", "got 2 lines with 1 columns"),
        ("name,class\na,x\na,y\n", "'a' is given twice, as 'x' and as 'y'"),
        (
            "name,class\na,dE0,N\n",
            "expected 2 columns as in the header, separated by commas, got 3 in the row of 'a'; put .* in quotes",
        ),
        ("a.png,x\nb.png,y\n", "expected a header in the first line"),
        ('name,class\na,"x\n', "expected a readable CSV file"),
    ],
)
def test_bad_labels(flat: Path, text: str, match: str) -> None:
    """Tables without rows, columns or a header, and those that contradict themselves, are refused with the reason."""
    (flat / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=match):
        load(flat, labels=flat / "labels.csv")


def test_unreadable_labels(flat: Path) -> None:
    """A missing table and one that is not text are refused."""
    (flat / "labels.csv").write_bytes(b"name,class\n\xff\xfe,x\n")
    with pytest.raises(DatasetError, match=r"labels\.csv: expected a readable CSV file in UTF-8"):
        load(flat, labels=flat / "labels.csv")
    with pytest.raises(DatasetError, match="No such file"):
        load(flat, labels=flat / "none.csv")


def test_gzipped_tables(flat: Path) -> None:
    """A gzipped table is read like a plain one; one that is cut short is refused."""
    content = gzip.compress(b"name,class\r\na,x\r\nb,y\r\nc,y\r\nd,y\r\n")
    (flat / "labels.csv.gz").write_bytes(content)
    assert load(flat, labels=flat / "labels.csv.gz").class_counts() == {"x": 1, "y": 3}
    (flat / "labels.csv.gz").write_bytes(content[:-9])
    with pytest.raises(DatasetError, match=r"labels\.csv\.gz: expected a readable CSV file .*ended before"):
        load(flat, labels=flat / "labels.csv.gz")


def test_the_votes_of_all_galaxies(flat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of hundreds of megabytes is not split into cells; the error names the function that reads it."""
    monkeypatch.setattr(label_files, "_VOTES_OF_ALL", 50)
    (flat / "gz2_hart16.csv").write_text("dr7objid,gz2_class,t01_smooth_or_features_a01_smooth_debiased\n1,Er,0.5\n")
    with pytest.raises(DatasetError, match="got the votes of all galaxies; load this table with load_galaxy_zoo_2"):
        load(flat, labels=flat / "gz2_hart16.csv", class_column="gz2_class")
