"""The example that lists galaxies of NED runs as a user would run it, against a server on the loopback."""

import csv
from pathlib import Path

import pytest
from astropy.table import Table
from ned_server import NedServer, Row

pytestmark = pytest.mark.slow

# The class under which NED lists a galaxy, and its type.
TYPES = (("E", "E1"), ("E", "E4:"), ("S0", "S0^0^ sp"), ("A", "SA(s)b: sp"), ("B", "(R')SB(rs)bc pec"))


@pytest.fixture
def listed(ned_server: NedServer) -> NedServer:
    """Fifty galaxies of five types on a server, among a group, a component and an elliptical."""
    for number in range(50):
        name = f"UGC {number + 1:05d}" if number else "[TH2002] 433"
        requested, type_ = TYPES[number % len(TYPES)]
        classes = [requested, "S0"] if number % 7 == 0 and requested != "S0" else [requested]
        for each in classes:
            ned_server.add(each, [Row(name, legacy_type=type_)])
    ned_server.add(
        "E", [Row("HCG 001", object_type="GGroup"), Row("UGC 00003 NED01"), Row("UGC 99999", legacy_type="E")]
    )
    return ned_server


def test_the_catalogue_of_ned(run_example, run_example_here, listed, tmp_path, monkeypatch):
    """The CSV table has one row for each galaxy and class, the ECSV table one for each galaxy, with all columns."""
    monkeypatch.chdir(tmp_path)
    options = ("--base-url", listed.url, "--pace", 0, "--output", "NED_list.csv")
    plan = run_example_here("ned_catalogue.py", *options, "--dry-run")
    assert "0 requests to send (6 answers are in the cache)" in plan
    printed = run_example("ned_catalogue.py", *options).stdout
    assert "53 galaxies in NED_list.csv and NED_list.ecsv" in printed
    assert len(listed.requests) == 6  # each page once, whatever ran twice
    with Path("NED_list.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Name", "Redshift", "Classification", "Requested"]
    assert len(rows) == 1 + sum(map(len, listed.listings.values()))
    richer = Table.read("NED_list.ecsv")
    assert len(richer) == 53
    assert {"ra", "dec", "object_type", "legacy_type", "requested"} <= set(richer.colnames)
