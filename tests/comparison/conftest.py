"""What the tests of comparisons share."""

from pathlib import Path

import pytest
from tiny import MODELS, PLAN, colours

from galmorph.comparison import Comparison, compare


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Comparison]:
    """A comparison of tiny networks, and its folder; tests leave the folder as it was."""
    folder = tmp_path_factory.mktemp("comparison")
    return folder, compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)
