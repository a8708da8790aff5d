"""``galmorph types``: what is read in a type."""

import pytest

from galmorph._command.main import main


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("SAB(rs)bc", ["stage T  4", "family   AB (weak bar)", "variety  rs"]),
        ("E/S0", ["stage T       -3.5 +/- 1.5", "alternatives  E, S0"]),
        ("E0 + S0", ["objects  E0, S0", "classes  none (several objects)"]),
        ("what", ["outcome  unparsed", "classes  none (unparsed)"]),
        ("SA(s)c:;HII", ["notation  SA(s)c?; HII", "in doubt  type", "activity  HII"]),
    ],
)
def test_fields_of_a_type(capsys, text, lines):
    """Stages are those of RC3; what was not read is said."""
    assert main(["types", text]) == 0
    found = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert found[0] == text
    assert [line for line in lines if line not in found] == []


def test_each_type_has_a_block(capsys):
    """Blocks are separated by an empty line."""
    main(["types", "E0", "S0"])
    first, second = capsys.readouterr().out.split("\n\n")
    assert (first.split()[0], second.split()[0]) == ("E0", "S0")
