"""Files of answers: written in parts, they are what astropy writes and reads in one piece."""

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from astropy.table import Table, vstack
from hypothesis import given, settings
from hypothesis import strategies as st

from galmorph.errors import InvalidValueError
from galmorph.training._predictions.answer_file import check_format, write_answer_file
from galmorph.training._predictions.prediction_table import Answers, prediction_table

CLASSES = ("spiral", "edge-on disc")
SUFFIXES = ["csv", "ecsv", "fits", "parquet"]


def part(names: list[str], *, seed: int = 0) -> Table:
    """Make a part; its last galaxy could not be classified, and the first answer is doubtful."""
    probabilities = np.random.default_rng(seed).dirichlet((0.1, 0.1), len(names)).astype(np.float32)
    probabilities[-1] = np.nan
    notes = ["3 channels, 'averaged'", *[""] * (len(names) - 2), "broken"]
    return prediction_table(Answers(names, notes, [f"{name}.fits" for name in names], probabilities), CLASSES)


PARTS = [part(["NGC 1", "[TH2002] 433", "M 31"]), part(["a much longer name", "b"], seed=1)]


def texts(column) -> list[str]:
    """Give the texts of a column that was read; formats read an empty text as a masked one."""
    return ["" if value is np.ma.masked else str(value) for value in column]


def written(path, parts=PARTS) -> Table:
    """Write parts to a file, and read it."""
    write_answer_file(path, lambda: iter(parts), scratch=path.parent)
    return Table.read(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_formats_keep_every_bit(tmp_path, suffix):
    """What is read has the columns, the texts, the masks and all bits of the parts; nothing else is left behind."""
    read, whole = written(tmp_path / f"answers.{suffix}"), vstack(PARTS)
    assert read.colnames == whole.colnames
    for name in whole.colnames:
        if whole[name].dtype.kind == "U":
            assert texts(read[name]) == texts(whole[name])
        else:
            found = np.ma.filled(np.ma.asarray(read[name]).astype(np.float32), np.nan)
            np.testing.assert_array_equal(found, whole[name].filled(np.nan))
    if suffix != "csv":
        assert [read[name].description for name in read.colnames] == [
            PARTS[0][name].description for name in whole.columns
        ]
        assert all(read[name].dtype.newbyteorder("=") == np.float32 for name in ("probability", "p_spiral"))
    assert [path.name for path in tmp_path.iterdir()] == [f"answers.{suffix}"]


def test_fits_has_the_bytes_of_astropy(tmp_path):
    """A FITS file that was written in parts is the one that astropy writes of the whole table."""
    written(tmp_path / "answers.fits")
    whole = vstack(PARTS)
    for name in whole.colnames:
        whole[name].description = PARTS[0][name].description
    whole.write(tmp_path / "whole.fits")
    assert (tmp_path / "answers.fits").read_bytes() == (tmp_path / "whole.fits").read_bytes()


NAMES = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["C"]), min_size=1))


@settings(max_examples=30)
@given(names=NAMES.filter(lambda names: len(names) >= 2), suffix=st.sampled_from(["ecsv", "parquet"]))
def test_names_may_hold_anything(tmp_path_factory, names, suffix):
    """Quotes, commas, hashes and letters of other languages come back."""
    assert texts(written(tmp_path_factory.mktemp("names") / f"answers.{suffix}", [part(names)])["name"]) == names


def test_fits_escapes_other_letters(tmp_path):
    """FITS has only ASCII; a reader can still tell the names apart."""
    assert texts(written(tmp_path / "answers.fits", [part(["Sérsic", "b"])])["name"]) == [r"S\xe9rsic", "b"]


def test_parquet_has_no_numbers_where_there_is_no_answer(tmp_path):
    """Other readers find null, and a group of rows for each part."""
    import pyarrow.parquet

    written(tmp_path / "answers.parquet")
    file = pyarrow.parquet.ParquetFile(tmp_path / "answers.parquet")
    assert file.num_row_groups == 2
    assert file.read(columns=["p_spiral"])["p_spiral"].null_count == 2
    assert file.schema_arrow.field("p_spiral").type == "float"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_leaves_no_file(tmp_path, suffix):
    """A file that could not be completed does not appear."""

    def parts() -> Iterator[Table]:
        yield PARTS[0]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        write_answer_file(tmp_path / f"answers.{suffix}", parts, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_formats_are_checked_first(tmp_path, monkeypatch):
    """Another suffix is refused, and so is Parquet without pyarrow; both errors say what to do."""
    check_format(tmp_path / "answers.CSV")
    with pytest.raises(InvalidValueError, match=r"ends in \.parquet, \.fits, \.ecsv, \.csv, got 'answers.xlsx'"):
        check_format(tmp_path / "answers.xlsx")
    check_format(tmp_path / "answers.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'pip install "galmorph-jax\[parquet\]", or choose another format'):
        check_format(tmp_path / "answers.parquet")
