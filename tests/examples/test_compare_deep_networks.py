"""The comparison of deep networks on the tuning fork runs on folders of Galaxy Zoo 2, small, as a user would run it."""

import argparse
import itertools
import runpy
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.table import Table
from PIL import Image

from galmorph.data import TUNING_FORK_CLASSES
from galmorph.models import ARCHITECTURES
from galmorph.simulation import simulate_galaxies

pytestmark = pytest.mark.slow

# Fractions of the votes for Class1.1, 1.2, 1.3, 2.1, 2.2, 3.1 and 3.2, products down the tree, by class.
VOTES = {
    "E": (0.6, 0.4, 0.0, 0.3, 0.1, 0.08, 0.02),
    "edge-on": (0.3, 0.7, 0.0, 0.4, 0.3, 0.2, 0.1),
    "S": (0.3, 0.6, 0.1, 0.1, 0.5, 0.2, 0.3),
    "SB": (0.3, 0.6, 0.1, 0.1, 0.5, 0.3, 0.2),
    "": (0.2, 0.3, 0.5, 0.2, 0.1, 0.08, 0.02),
}
ANSWERS = ("1.1", "1.2", "1.3", "2.1", "2.2", "3.1", "3.2")


@pytest.fixture
def example(repository, monkeypatch):
    """Give the names of the example, which imports from those beside it."""
    monkeypatch.syspath_prepend(str(repository / "examples"))
    return runpy.run_path(str(repository / "examples" / "compare_deep_networks.py"))


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Write simulated galaxies in the layout of the challenge, with votes: 20 of each class, and a star."""
    folder = tmp_path_factory.mktemp("zoo")
    galaxies = simulate_galaxies(81, size=64, seed=0, class_counts=[20, 0, 0, 20, 41])
    kinds = np.array(["E", "", "", "edge-on", "S"])[galaxies.labels]
    spirals = np.flatnonzero(kinds == "S")
    kinds = kinds.astype("U7")
    kinds[spirals[:20]], kinds[spirals[20]] = "SB", ""
    (folder / "images" / "images").mkdir(parents=True)  # as those of the Galaxy Zoo team are unpacked
    for row, stamp in enumerate(galaxies.stamps):
        picture = Image.fromarray(stamp).resize((121, 121))  # of which the central 64 are taken
        picture.save(folder / "images" / "images" / f"{100_000 + row}.jpg", quality=90)
    columns = zip(*(VOTES[kind] for kind in kinds), strict=True)
    votes = {f"Class{answer}": column for answer, column in zip(ANSWERS, columns, strict=True)}
    Table({"GalaxyID": 100_000 + np.arange(81), **votes}).write(folder / "votes.csv")
    return folder


def test_the_estimate_by_hand(example, monkeypatch):
    """All operations over the measured speed, and a minute of compiling for each network; all ten networks exist."""
    assert set(example["FULL"]["architectures"]) < set(ARCHITECTURES)
    assert len(example["FULL"]["architectures"]) == 10
    counter = itertools.count()  # each look at the clock is a second after the one before
    monkeypatch.setitem(example["seconds"].__globals__, "time", SimpleNamespace(perf_counter=counter.__next__))
    options = {"architectures": ("resnet18", "alexnet"), "seeds": 3, "folds": 5, "tested_folds": 2, "epochs": 30}
    arguments = argparse.Namespace(size=112, batch_size=32, **options)
    plan = example["make_plan"](arguments)
    assert plan.trainings == 12
    learning = 10_000 * 0.7  # a fifth of the galaxies is tested, an eighth of the others is for validation
    operations = 6 * 2e9 * (1.81 + 0.71) / 4 * learning * 30
    expected = 9 * operations / (2 * 2048**3) + 2 * 60
    assert example["seconds"](arguments, plan, 10_000) == pytest.approx(expected)


def test_limit_draws_among_galaxies_with_an_image(example, zoo, tmp_path):
    """Of the published table, with its mapping, rows without an image are not drawn; the draw repeats itself."""
    objects = 587_722_981_736_120_347 + np.arange(200)
    Table({"dr7objid": objects, "gz2_class": ["Er"] * 200, "other": np.ones(200)}).write(tmp_path / "gz2.csv")
    Table({"objid": objects, "sample": ["original"] * 200, "asset_id": 100_000 + np.arange(200)}).write(
        tmp_path / "map.csv"
    )
    arguments = argparse.Namespace(
        images=zoo / "images", labels=tmp_path / "gz2.csv", mapping=tmp_path / "map.csv", limit=30
    )
    drawn = example["read_labels"](arguments)
    assert drawn.colnames == ["dr7objid", "gz2_class"]
    assert len(set(drawn["dr7objid"])) == 30
    assert set(drawn["dr7objid"]) <= set(objects[:81])
    assert list(example["read_labels"](arguments)["dr7objid"]) == list(drawn["dr7objid"])


def test_quick_on_votes(run_example_here, repository, monkeypatch, zoo, tmp_path):
    """It says how much there is to do, and leaves one report of the four classes; again, it trains nothing."""
    monkeypatch.syspath_prepend(str(repository / "examples"))
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *_args, **_options: None)  # takes seconds
    output = tmp_path / "here"
    command = ("compare_deep_networks.py", "--quick", "--images", zoo / "images", "--labels", zoo / "votes.csv")
    options = ("--limit", 70, "--epochs", 1, "--architectures", "lenet5", "--output", output)
    printed = run_example_here(*command, *options)
    assert "1 trainings of 1 epochs, roughly" in printed
    assert all(name in printed for name in TUNING_FORK_CLASSES)
    page = (output / "report.html").read_text()
    assert "learning curve" in page.lower()
    assert "confusion" in page.lower()
    before = {path: path.stat().st_mtime_ns for path in (output / "runs").iterdir()}
    run_example_here(*command, *options)
    assert {path: path.stat().st_mtime_ns for path in before} == before
