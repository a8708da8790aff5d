"""The page about the command: all that it tells people to type works."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.table import Table

from galmorph._command.main import main

# Shorter than on the page: fewer galaxies, and a network that trains in a second. Later options win.
SHORTER = {
    "simulate 600 simulated": ["simulate", "60", "simulated", "--size", "32"],
    "compare simulated --quick": ["compare", "simulated", "--networks", "lenet5", "--epochs", "1", "--quiet"],
}


@pytest.fixture(scope="module")
def page(repository) -> str:
    """Text of the page."""
    return (repository / "docs" / "command.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the page has pipes of a POSIX shell")
def test_its_commands_run(page, tmp_path, monkeypatch, terminal):
    """In the order of the page, in an empty folder; ``types`` prints what the page shows in a terminal."""
    monkeypatch.chdir(tmp_path)
    lines = "".join(re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)).splitlines()
    simple = [line for line in lines if not set(line) & set("|<>")]
    assert {line.split()[1] for line in simple} == {"classify", "compare", "simulate", "types", "versions"}
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    printed = {}
    for line in lines:
        if line not in simple:
            done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
            assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
            printed[line] = done.stdout
            continue
        command = line.removeprefix("galmorph ")
        assert main(SHORTER.get(command, shlex.split(command))) == 0, line
        printed[command] = terminal.readouterr().out
    (shown,) = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert printed['types "SB(s)b pec" "E/S0"'] == shown
    assert (tmp_path / "answers.ecsv").is_file()
    assert len(Table.read(tmp_path / "answers.csv")) == 12
    assert len(printed['find pictures -name "*.png" | galmorph classify - --quiet'].splitlines()) == 13
    types = printed["galmorph types --from types.csv --column type | cut -f 1,17"]
    assert types == "type\thubble\nSB(s)b pec\tS\nE/S0\t\n"
    report = (tmp_path / "comparison-simulated" / "report.html").read_text(encoding="utf-8")
    assert "galmorph compare simulated" in report
    assert "report: comparison-simulated/report.html" in printed["compare simulated --quick"]
