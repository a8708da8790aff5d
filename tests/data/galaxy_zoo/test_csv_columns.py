"""Columns of large CSV files: the same as the csv module reads, and nothing else."""

import csv
import gzip
import io
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galmorph.data._galaxy_zoo.csv_columns import read_columns, read_header
from galmorph.errors import DatasetError

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[CELLS] * 4), min_size=1), st.booleans(), st.booleans())
def test_the_same_as_the_csv_module(tmp_path, rows, gzipped, quoted):
    """Cells with commas and quotes too, whether the file is gzipped or not, and in any order of columns."""
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(text, quoting=quoting).writerows([("a", "b", "c", "d"), *rows])
    content = text.getvalue().encode()
    path = tmp_path / "table.csv"
    path.write_bytes(gzip.compress(content) if gzipped else content)
    assert read_header(path) == ["a", "b", "c", "d"]
    assert list(read_columns(path, ["d", "b"])) == [(row[3], row[1]) for row in rows]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", r"expected one column 'a', got 0"),
        (b"a,b,a\n1,2,3\n", "expected one column 'a', got 2"),
        (b"a,b,c\n1,2,3\n4,5\n", "expected 3 columns as in the header, got 2 in line 3; the file may be cut short"),
        (b"a,b,c\n1,2,3,4\n", "got 4 in line 2"),
        (b'a,b,c\n1,"2,3\n', "expected a readable CSV file .* in line 2"),
        (b"a,b\n\xff,2\n", "in UTF-8, plain or gzipped .*decode"),
        (b"a,b\n" + b"1" * 300_000, "a line 2 of more than 262144 bytes"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 100)[:-9], "plain or gzipped .*ended before the end-of-stream"),
        (b"\x1f\x8bnothing", "plain or gzipped .*; fetch a damaged one again"),
    ],
    ids=["empty", "twice", "short", "long", "quote", "latin", "endless", "cut", "no-gzip"],
)
def test_damaged_tables(tmp_path, content, match):
    """Rows of another length, files cut short and bytes that are no text are refused, with the place."""
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=match):
        list(read_columns(tmp_path / "table.csv", ["a", "b"]))


def test_empty_lines_and_a_byte_order_mark(tmp_path):
    """Windows' line ends, its mark at the start, blanks and empty lines are no cells."""
    (tmp_path / "table.csv").write_bytes(b"\xef\xbb\xbfa, b\r\n\r\n1 , 2\r\n\r\n")
    assert list(read_columns(tmp_path / "table.csv", ["a", "b"])) == [("1", "2")]


def test_memory_is_bounded(tmp_path):
    """A gzipped table of 20 MiB, which is some kilobytes on the disk, takes less than 6 MiB."""
    path = tmp_path / "table.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"a,b" + b"".join(b",c%d" % number for number in range(1019)) + b"\n")
        for _ in range(5):
            file.write((b"587722981740000000,E" + b",0.5" * 1019 + b"\n") * 1024)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_columns(path, ["a", "b"])) == 5 * 1024
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()
