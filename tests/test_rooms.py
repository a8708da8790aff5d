"""The folders inside the rooms: small, described, checked by import-linter, and where the documentation says."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import galmorph

PACKAGE = Path(galmorph.__file__).parent
FOLDERS = sorted(path.parent for path in PACKAGE.glob("*/_*/__init__.py"))


def modules(folder: Path) -> list[Path]:
    """Modules of a folder, without its ``__init__``."""
    return [path for path in folder.glob("*.py") if path.stem != "__init__"]


@pytest.mark.parametrize("folder", [PACKAGE, *(path.parent for path in PACKAGE.glob("*/__init__.py")), *FOLDERS])
def test_folders_are_small(folder):
    """No folder has more than sixteen modules."""
    assert len(modules(folder)) <= 16


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_folders_say_what_lives_there(folder):
    """Each folder has a docstring about its contents and its neighbours, and no code that hands names on."""
    tree = ast.parse((folder / "__init__.py").read_text())
    docstring = ast.get_docstring(tree)
    assert docstring is not None
    assert re.search("[Ii]mport", docstring)
    assert len(tree.body) == 1
    assert [path for path in modules(folder) if path.stem.startswith("_")] == []


def test_every_folder_has_a_place_in_the_order(repository):
    """Each room with folders has a contract that names all of them, and import-linter refuses what it doesn't name."""
    contracts = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {
        f"{contract['containers'][0].removeprefix('galmorph.')}/{name.strip()}"
        for contract in contracts
        if contract.get("exhaustive")
        for layer in contract["layers"]
        for name in layer.split("|")
    }
    assert {f"{folder.parent.name}/{folder.name}" for folder in FOLDERS} <= named


def test_the_design_names_files_that_exist(repository):
    """Each address in the design's table of questions is a file, and each folder is in its picture."""
    text = (repository / "docs" / "design.md").read_text()
    addresses = re.findall(r"\| `([a-z_/]+\.py)` \|", text)
    assert len(addresses) >= 10
    assert [address for address in addresses if not (PACKAGE / address).is_file()] == []
    picture = text.partition("## Folders inside the rooms")[2].partition("import-linter checks")[0]
    assert {folder.name for folder in FOLDERS} <= set(re.findall(r"_[a-z_]+", picture))
