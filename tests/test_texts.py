"""What a newcomer reads first: listed settings are those of the code, and the README says what the index says."""

import re
from ast import literal_eval
from dataclasses import fields

import pytest

import galmorph as gm

TABLES = {
    "The recipe": gm.preprocessing.Recipe,
    "The training": gm.training.TrainConfig,
    "The plan": gm.comparison.ComparisonPlan,
}
OBJECTS = {
    "Augmentation()": gm.preprocessing.Augmentation(),
    "GalaxyCrop(radii=3.0)": gm.preprocessing.GalaxyCrop(radii=3.0),
    'Stretch(curve="asinh")': gm.preprocessing.Stretch(curve="asinh"),
}


def section(text: str, heading: str) -> str:
    """Text below a heading, up to the next one of its level."""
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]


def rows(text: str) -> list[list[str]]:
    """Cells of the rows of the first table, without its head."""
    lines = re.findall(r"^\|(.+)\|$", text, re.M)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines[2:]]


@pytest.mark.parametrize(("heading", "cls"), TABLES.items())
def test_listed_defaults_are_those_of_the_code(repository, heading, cls):
    """Each setting in docs/settings.md exists, with the default that is given."""
    value = cls(architectures=("lenet5",)) if cls is gm.comparison.ComparisonPlan else cls()
    checked = 0
    for setting, default, *_ in rows(section((repository / "docs" / "settings.md").read_text(), heading)):
        names, defaults = re.findall(r"`(\w+)`", setting), re.findall(r"`([^`]+)`", default)
        if not setting.startswith("`"):
            continue  # not a setting, but an argument in words
        for name, written in zip(names, defaults, strict=True):
            assert name in {field.name for field in fields(cls)}
            assert getattr(value, name) == (OBJECTS[written] if written in OBJECTS else literal_eval(written))
            checked += 1
    assert checked > 5


def test_readme_and_index_call_the_same(repository):
    """For what both list, the README and the first page of the documentation say the same call."""
    readme = rows(section((repository / "README.md").read_text(), "What do you have?"))
    index = rows(section((repository / "docs" / "index.md").read_text(), "What do you have?"))
    assert [row[:2] for row in readme] == [row[:2] for row in index]


def test_readme_links_lead_to_files(repository):
    """Each relative link of the README, and each picture, is a file."""
    links = re.findall(r"\]\(([^)#]+)\)", (repository / "README.md").read_text())
    local = [link for link in links if not link.startswith("http")]
    assert len(local) > 10
    assert [link for link in local if not (repository / link).is_file()] == []
