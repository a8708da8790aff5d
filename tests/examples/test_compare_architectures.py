"""The main example runs as a user would run it, with a small network and few galaxies."""

import runpy
import warnings

import numpy as np
import pytest
from astropy.table import Table
from PIL import Image

from galmorph.data import GALAXY_ZOO_2_CLASSES
from galmorph.errors import DatasetWarning
from galmorph.training import Classifier

pytestmark = pytest.mark.slow

OPTIONS = ("--epochs", 1, "--architectures", "lenet5")


@pytest.fixture
def run_here(repository, monkeypatch, tmp_path, capsys):
    """Run the example in this process, which has started already, in an empty folder; return what it printed.

    Its figures are made, but not rendered, which takes seconds.
    """

    def run(*arguments):
        example = runpy.run_path(str(repository / "examples" / "compare_architectures.py"))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["compare_architectures.py", *map(str, (*OPTIONS, *arguments))])
        monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *_args, **_options: None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DatasetWarning)  # there are few galaxies
            example["main"]()
        return capsys.readouterr().out

    return run


def test_simulated_galaxies_by_default(run_example, run_here, tmp_path):
    """It prints the table, and leaves a report, tables, figures, answers and a classifier; again, it trains nothing."""
    galaxies = ("--galaxies", 60, "--output", "here")
    done = run_example("compare_architectures.py", *OPTIONS, *galaxies, cwd=tmp_path)
    assert "lenet5, fold 1 of 1, seed 0" in done.stderr
    written = {path.name for path in (tmp_path / "here").iterdir()}
    tables = {"comparison.ecsv", "comparison.tex", "predictions.ecsv", "plan.json", "report.html", "runs"}
    figures = ("ranking", "learning_curves", "confusion", "reliability", "quality_against_cost")
    assert tables | {f"{name}.png" for name in figures} <= written
    (classifier,) = (tmp_path / "here" / "runs").glob("*.galmorph")
    assert Classifier.load(classifier).architecture == "lenet5"
    assert "12 tested galaxies: completely_round_smooth" in done.stdout
    assert list(Table.read(tmp_path / "here" / "comparison.ecsv")["architecture"]) == ["lenet5"]
    assert len(Table.read(tmp_path / "here" / "predictions.ecsv")) == 12
    assert "--galaxies 60 --output here" in (tmp_path / "here" / "report.html").read_text()

    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "here" / "runs").iterdir()}
    assert run_here(*galaxies) == done.stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_images_of_ones_own(run_here, tmp_path):
    """A folder of pictures with a CSV of name and class is compared with its own classes."""
    rng = np.random.default_rng(0)
    y, x = np.indices((50, 50)) - 24.5
    (tmp_path / "images").mkdir()
    lines = ["name,class"]
    for row in range(40):
        flat = 0.3 if row % 2 else 0.9
        light = 220 * np.exp(-np.hypot(x, y / flat) / 7) + rng.normal(10, 2, (50, 50))
        Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).save(tmp_path / "images" / f"g{row}.png")
        lines.append(f"g{row},{'disc' if row % 2 else 'round'}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    assert "8 tested galaxies: disc 4, round 4" in run_here("--images", "images", "--labels", "labels.csv")
    assert (tmp_path / "comparison-images" / "report.html").stat().st_size > 10_000


def test_galaxy_zoo_files(run_here, shared_data, tmp_path):
    """Galaxy Zoo's votes are turned into its five classes."""
    zoo = shared_data / "galaxy_zoo_2"
    lines = (zoo / "votes.csv").read_text().splitlines()[:161]
    (tmp_path / "votes.csv").write_text("\n".join(lines))
    printed = run_here("--images", zoo / "images", "--labels", "votes.csv")
    assert all(name in printed for name in GALAXY_ZOO_2_CLASSES)
