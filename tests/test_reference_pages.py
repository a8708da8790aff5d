"""The reference: each public name stands once on the page of its room, under a subject."""

import re
from importlib import import_module

import pytest

import galmorph

ROOMS = [name for name in galmorph.__all__ if name not in ("__version__", "show_versions")]


@pytest.mark.parametrize("room", ROOMS)
def test_each_name_stands_once_on_the_page_of_its_room(room, repository):
    """In a table of names, or described by hand; pages that list all members need no names."""
    text = (repository / "docs" / "api" / f"{room}.md").read_text()
    if re.search(rf"automodule:: galmorph\.{room}\n +:members:", text):
        return
    listed = re.findall(r"^ {3}([A-Za-z]\w*)$", text, re.M) + re.findall(r"py:data:: (\w+)", text)
    assert sorted(set(listed)) == sorted(listed)
    public = set(import_module(f"galmorph.{room}").__all__)
    assert set(listed) <= public
    missing = public - set(listed)
    assert not missing, f"docs/api/{room}.md lacks {', '.join(sorted(missing))}"
