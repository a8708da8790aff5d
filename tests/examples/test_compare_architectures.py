"""The main example runs as a user would run it, small."""

import runpy

import numpy as np
import pytest
from astropy.table import Table
from PIL import Image

from galmorph.data import GALAXY_ZOO_2_CLASSES
from galmorph.training import Classifier


@pytest.fixture
def run(run_example, tmp_path):
    """Run the example in an empty folder with a small network, for an epoch."""
    options = ("--epochs", 1, "--architectures", "lenet5")
    return lambda *arguments: run_example("compare_architectures.py", *options, *arguments, cwd=tmp_path)


def test_simulated_galaxies_by_default(run, tmp_path):
    """It prints the table, and leaves a report, tables, figures, answers and a classifier; again, it trains nothing."""
    done = run("--galaxies", 60, "--output", "here")
    assert "lenet5, fold 1 of 1, seed 0" in done.stderr
    written = {path.name for path in (tmp_path / "here").iterdir()}
    tables = {"comparison.ecsv", "comparison.tex", "predictions.ecsv", "plan.json", "report.html", "runs"}
    figures = ("ranking", "learning_curves", "confusion", "reliability", "quality_against_cost")
    assert tables | {f"{name}.png" for name in figures} <= written
    (classifier,) = (tmp_path / "here" / "runs").glob("*.galmorph")
    assert Classifier.load(classifier).architecture == "lenet5"
    assert "12 test galaxies: completely_round_smooth" in done.stdout
    assert list(Table.read(tmp_path / "here" / "comparison.ecsv")["architecture"]) == ["lenet5"]
    assert len(Table.read(tmp_path / "here" / "predictions.ecsv")) == 12
    assert "--galaxies 60 --output here" in (tmp_path / "here" / "report.html").read_text()

    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "here" / "runs").iterdir()}
    again = run("--galaxies", 60, "--output", "here")
    assert again.stdout == done.stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.fixture
def load(repository, monkeypatch):
    """Load the galaxies that the example would compare."""

    def load(*arguments):
        example = runpy.run_path(str(repository / "examples" / "compare_architectures.py"))
        monkeypatch.setattr("sys.argv", ["compare_architectures.py", *map(str, arguments)])
        return example["load_galaxies"](example["read_arguments"]())

    return load


def test_images_of_ones_own(load, tmp_path):
    """A folder of pictures with a CSV of name and class has its own classes."""
    y, x = np.indices((50, 50)) - 24.5
    lines = ["name,class"]
    for row in range(4):
        light = 220 * np.exp(-np.hypot(x, y / (0.3 if row % 2 else 0.9)) / 7) + 10
        Image.fromarray(light.astype(np.uint8)).save(tmp_path / f"g{row}.png")
        lines.append(f"g{row},{'disc' if row % 2 else 'round'}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    galaxies = load("--images", tmp_path, "--labels", tmp_path / "labels.csv")
    assert galaxies.class_counts() == {"disc": 2, "round": 2}
    assert list(galaxies.table["name"]) == ["g0", "g1", "g2", "g3"]


def test_galaxy_zoo_files(load, shared_data, tmp_path):
    """Galaxy Zoo's votes are turned into its five classes."""
    zoo = shared_data / "galaxy_zoo_2"
    lines = (zoo / "votes.csv").read_text().splitlines()[:161]
    (tmp_path / "votes.csv").write_text("\n".join(lines))
    galaxies = load("--images", zoo / "images", "--labels", tmp_path / "votes.csv")
    assert galaxies.classes == GALAXY_ZOO_2_CLASSES
    assert 50 < len(galaxies) < 160  # the others are of no class, or were not shown to enough people
