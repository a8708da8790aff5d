"""The page about measures: its example runs, and it names every measure."""

import re

from galmorph.measures import Measures


def test_the_example_of_the_page_runs(repository, capsys):
    """The Python of ``docs/measures.md`` runs as it stands, and prints the measures."""
    page = (repository / "docs" / "measures.md").read_text("utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(code, "docs/measures.md", "exec"), {})  # noqa: S102
    assert "sersic_index" in capsys.readouterr().out


def test_the_page_explains_each_measure(repository):
    """Each field of `Measures` is on the page, except the position."""
    page = (repository / "docs" / "measures.md").read_text("utf-8")
    fields = set(Measures.__dataclass_fields__) - {"x", "y", "semi_major_axis"}
    assert {name for name in fields if f"`{name}`" not in page} == set()
