"""Image files that were damaged at random: each gives finite stamps, or an error of galmorph."""

from collections import Counter
from pathlib import Path

import pytest
from fault_cases import CASES, run_cases


def wrong_among(cases: list[list[str]]) -> list[list[str]]:
    """Print a table of outcomes, and return the cases that are neither right nor a typed error."""
    counts = Counter((name, outcome) for name, _, outcome, _ in cases)
    print(*(f"{name:20} {outcome:14} {count}" for (name, outcome), count in sorted(counts.items())), sep="\n")
    return [case for case in cases if case[2] not in ("right", "typed error")]


@pytest.mark.trial
def test_damaged_images_are_refused():
    """No damage gives an error or warning of another library, takes 1 GiB or two seconds, or ends the process."""
    cases = run_cases("damaged_images.py", CASES)
    assert wrong_among(cases) == []
    assert len(cases) == CASES


@pytest.mark.trial
def test_damaged_real_images_are_refused(shared_data: Path):
    """The same for real images, whose headers are longer and stranger."""
    cases = run_cases("damaged_images.py", CASES, str(shared_data / "fits"))
    assert wrong_among(cases) == []
    assert len(cases) == CASES


@pytest.mark.slow
def test_some_damaged_images_are_refused():
    """A hundred of these cases, on every change; about half of them damage something that matters."""
    cases = run_cases("damaged_images.py", 100, seed=0)
    assert wrong_among(cases) == []
    assert 10 < sum(case[2] == "typed error" for case in cases) < 90
