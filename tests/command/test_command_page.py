"""The page about the command: all that it tells people to type works."""

import re
import shlex

import pytest

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
def test_its_commands_run(page, tmp_path, monkeypatch, capsys):
    """In the order of the page, in an empty folder; ``types`` prints what the page shows."""
    monkeypatch.chdir(tmp_path)
    lines = "".join(re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)).splitlines()
    assert {line.split()[1] for line in lines} == {"classify", "compare", "simulate", "types", "versions"}
    printed = {}
    for line in lines:
        command = line.removeprefix("galmorph ")
        assert main(SHORTER.get(command, shlex.split(command))) == 0, line
        printed[command] = capsys.readouterr().out
    (shown,) = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert printed['types "SB(s)b pec" "E/S0"'] == shown
    assert (tmp_path / "answers.ecsv").is_file()
    report = (tmp_path / "comparison-simulated" / "report.html").read_text(encoding="utf-8")
    assert "galmorph compare simulated" in report
    assert "report: comparison-simulated/report.html" in printed["compare simulated --quick"]
