"""Folders of flat images for the tests of loaders."""

from pathlib import Path

import pytest
from flat_images import save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images of two classes in sub-folders."""
    save(tmp_path / "spiral/b.png", 20)
    save(tmp_path / "spiral/a.png", 10)
    save(tmp_path / "elliptical/a.png", 30)
    return tmp_path


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Four images, not sorted by class."""
    for number, name in enumerate(["a", "b", "c", "d"]):
        save(tmp_path / f"{name}.png", 10 * number)
    return tmp_path
