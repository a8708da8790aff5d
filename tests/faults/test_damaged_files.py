"""Saved files that were damaged at random: each is loaded as it was, or refused with an error of galmorph."""

from collections import Counter

import pytest
from fault_cases import CASES, run_cases

LEGACY = "without hash"  # damage to a file as earlier versions wrote it, which can't always be noticed


@pytest.mark.trial
def test_damaged_files_are_refused():
    """Nothing but the right content or a typed error comes out of any damage, and the process lives."""
    cases = run_cases("damaged_files.py", CASES)
    counts = Counter((kind, outcome) for kind, _, outcome, _ in cases)
    print(*(f"{kind:14} {outcome:14} {count}" for (kind, outcome), count in sorted(counts.items())), sep="\n")
    wrong = [
        case
        for case in cases
        if case[2] not in ("right", "typed error") and not (case[2] == "other content" and LEGACY in case[1])
    ]
    assert wrong == []
    assert len(cases) == CASES
