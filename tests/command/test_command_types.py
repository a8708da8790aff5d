"""``galmorph types``: what is read in a type, on a screen, in a pipe, or in a file."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from astropy.table import Table

from galmorph._command.main import main
from galmorph._command.type_classes import types_in_table
from galmorph.data import SCHEMES
from galmorph.errors import DatasetError

TYPES = ["SB(s)b pec", "E/S0", "S0\u207b"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("SAB(rs)bc", ["stage T  4", "family   AB (weak bar)", "variety  rs"]),
        ("E/S0", ["stage T       -3.5 +/- 1.5", "alternatives  E, S0"]),
        ("E0 + S0", ["objects  E0, S0", "classes  none (several objects)"]),
        ("what", ["outcome  unparsed", "classes  none (unparsed)"]),
        ("3.0", ["outcome  unparsed (a number; stages T are not read)"]),
        ("SA(s)c:;HII", ["notation  SA(s)c?; HII", "in doubt  type", "activity  HII"]),
    ],
)
def test_fields_of_a_type(terminal, text, lines):
    """Stages are those of RC3; what was not read is said, and ends with status 1."""
    assert main(["types", text]) == (text in ("what", "3.0"))
    found = [line.strip() for line in terminal.readouterr().out.splitlines()]
    assert found[0] == text
    assert [line for line in lines if line not in found] == []


def test_each_type_has_a_block(terminal):
    """Blocks are separated by an empty line."""
    main(["types", "E0", "S0"])
    first, second = terminal.readouterr().out.split("\n\n")
    assert (first.split()[0], second.split()[0]) == ("E0", "S0")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has terminals that a program can make")
def test_a_real_terminal_has_blocks_and_a_pipe_has_lines():
    """The same command, with its output on a terminal and in a pipe."""
    command = [sys.executable, "-m", "galmorph", "types", "E0"]
    ours, theirs = os.openpty()
    with open(ours, "rb", buffering=0) as screen:  # noqa: PTH123 (no path)
        subprocess.run(command, stdout=theirs, check=True)
        os.close(theirs)
        assert screen.read(4096).startswith(b"E0\r\n  outcome")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert [line.split("\t")[:2] for line in done.stdout.splitlines()] == [["type", "outcome"], ["E0", "type"]]


def test_a_pipe_has_a_line_for_each_type(capsys, monkeypatch):
    """Lines of standard input and arguments keep their order; columns have names, and each scheme has one."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("# of RC3\n\nE/S0\nwhat\n"))
    assert main(["types", TYPES[0], "-"]) == 0
    head, *rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    first, second, third = (dict(zip(head, row, strict=True)) for row in rows)
    assert (first["type"], first["stage"], first["family"], first["marks"]) == ("SB(s)b pec", "3", "B", "peculiar")
    assert (second["stage"], second["spread"], second["alternatives"]) == ("-3.5", "1.5", "E, S0")
    assert (third["outcome"], third["stage"], third["hubble"]) == ("unparsed", "", "")
    assert {name: first[name.replace("-", "_")] for name in SCHEMES} == {
        "hubble": "S",
        "hubble-stages": "Sb",
        "bars": "B",
        "hubble-bars": "B",
        "early-late": "late",
    }


@pytest.mark.parametrize("suffix", [".csv", ".ecsv", ".fits"])
@pytest.mark.parametrize("source", [".csv", ".ecsv", ".fits"])
def test_a_table_in_and_a_table_out(tmp_path, capsys, suffix, source):
    """A row for each type, in each format; a type that is masked is empty, and a file is replaced on request only."""
    given, to = tmp_path / f"given{source}", tmp_path / f"types{suffix}"
    ascii_only = [*TYPES[:2], "S0^-"] if source == ".fits" else TYPES
    table = Table({"id": [1, 2, 3, 4], "kind": np.ma.MaskedArray([*ascii_only, "x"], [0, 0, 0, 1])}, masked=True)
    table.write(given, format={".csv": "ascii.csv", ".ecsv": "ascii.ecsv", ".fits": "fits"}[source])
    arguments = ["types", "--from", str(given), "--column", "kind", "--to", str(to)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"written to {to}\n"
    read = Table.read(to)
    assert list(read["type"].astype(str))[:2] == TYPES[:2]
    assert list(read["outcome"].astype(str)) == ["type", "alternatives", "type", "empty"]
    assert list(read["stage"][:3]) == [3.0, -3.5, -3.0]
    assert np.ma.is_masked(read["stage"][3])
    assert main(arguments) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0


def test_standard_output_gets_csv(capsys):
    """``--to -`` writes the table and nothing else."""
    assert main(["types", *TYPES, "--to", "-"]) == 0
    read = Table.read(capsys.readouterr().out, format="ascii.csv")
    assert list(read["type"]) == TYPES


def test_numbers_are_not_types(tmp_path, capsys):
    """Stages T of catalogues are not read; a warning and an error say so."""
    assert main(["types", "3.0", "-5", "Sb"]) == 0
    assert "2 of 3 types are numbers; stages T are not read, write types such as Sb" in capsys.readouterr().err
    Table({"T": [3.0, -5.0]}).write(tmp_path / "t.fits")
    with pytest.raises(
        DatasetError, match=r"--column: expected texts such as SAB\(rs\)bc, got numbers in 'T'; stages T"
    ):
        types_in_table(tmp_path / "t.fits", "T")


def test_the_column_of_types_is_found_or_asked_for(tmp_path):
    """As by ``compare``, in words of this command; a table may have one column."""
    file = tmp_path / "t.csv"
    file.write_text("name;type\na;Sb\nb;E3\n")
    assert types_in_table(file, None) == ["Sb", "E3"]
    with pytest.raises(DatasetError, match="--column: expected one of the columns name, type, got 'T'"):
        types_in_table(file, "T")
    file.write_text("a,b\nSb,Sb\nE3,E3\n")
    with pytest.raises(DatasetError, match=r"got 'a' and 'b' among a, b; name it with --column$"):
        types_in_table(file, None)
    file.write_text("RC3\nSb\nE3\n")
    assert types_in_table(file, None) == ["Sb", "E3"]
    with pytest.raises(DatasetError, match="no such file; expected a table of types"):
        types_in_table(tmp_path / "none.fits", None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("no.fits", "no table"),
        ("no.ecsv", "no table"),
        ("no.vot", "no table"),
        ("cut.vot", '<?xml version="1.0"?><VOTABLE version="1.3"><RESOURCE><TABLE><FIELD'),
    ],
)
def test_a_table_that_is_none_is_said(tmp_path, name, content):
    """Whatever the reader of its format raises, the error is short, and names the file."""
    (tmp_path / name).write_text(content)
    with pytest.raises(
        DatasetError, match=rf"{name}: expected a table that astropy reads .{{0,160}}; write it as CSV$"
    ):
        types_in_table(tmp_path / name, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "TYPE: expected at least one type, - for standard input, or --from FILE, got none"),
        (["--column", "T"], "--column: expected --from, too"),
        (["Sb", "--from", "t.csv"], "--from: expected no other types, got ['Sb']"),
        (
            ["Sb", "--to", "out.parquet"],
            "--to: expected a file name that ends in .csv, .ecsv, .fits, got 'out.parquet'",
        ),
        (["-"], "standard input: expected a type in each line, got an empty list"),
    ],
)
def test_wrong_arguments_are_said(monkeypatch, capsys, arguments, message):
    """In one line, with status 2."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["types", *arguments]) == 2
    assert message in capsys.readouterr().err
