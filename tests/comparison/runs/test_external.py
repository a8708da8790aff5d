"""External galaxies: each network answers them, answers are kept, and galaxies that don't fit are refused."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from tiny import MODELS, ONE_TRAINING, PLAN, colours

from galmorph.comparison import compare
from galmorph.comparison._runs.external import check_external
from galmorph.data import Dataset
from galmorph.errors import FileFormatError, ImplausibleWarning, InvalidValueError


@pytest.fixture(scope="module")
def elsewhere() -> Dataset:
    """Galaxies of another survey: darker ones."""
    galaxies = colours(40)
    return Dataset(galaxies.stamps // 2, galaxies.labels, galaxies.classes)


def test_networks_answer_external_galaxies(kept, elsewhere, tmp_path):
    """The answers are those of the classifiers of the runs; the second time, they are read."""
    folder = shutil.copytree(kept[0], tmp_path / "comparison")
    comparison = compare(PLAN, colours(), models=MODELS, external={"dark": elsewhere}, folder=folder, progress=False)
    for result in comparison:
        for run in result.runs:
            expected = run.classifier.logits(elsewhere.stamps)
            np.testing.assert_array_equal(run.external["dark"].logits, expected)
    files = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*external*")}
    assert len(files) == PLAN.trainings
    again = compare(PLAN, colours(), models=MODELS, external={"dark": elsewhere}, folder=folder, progress=False)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("runs/*external*")} == files
    assert str(again.transfers["dark"]) == str(comparison.transfers["dark"])

    damaged = next(iter(files))
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"answers to external galaxies .*delete this file"):
        compare(PLAN, colours(), models=MODELS, external={"dark": elsewhere}, folder=folder, progress=False)


def test_sizes_and_external_galaxies_go_together(elsewhere):
    """Networks of all sizes answer; the transfer is that of the largest."""
    plan = replace(ONE_TRAINING, sizes=(8, None))
    comparison = compare(plan, colours(), models=MODELS, external={"dark": elsewhere}, progress=False)
    assert list(comparison.by_size) == [8, 48]
    (small,) = comparison.smaller[8][0].runs
    assert set(small.external) == {"dark"}
    assert comparison.transfers["dark"].results[0].architecture == "tiny"


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("external", "message"),
    [
        ([colours(40)], "external: expected data sets by their names"),
        ({"": colours(40)}, "external: expected data sets by their names"),
        ({"there": "file"}, r"external\['there'\]: expected a Dataset, got 'file'"),
        ({"there": colours()}, "these are the galaxies of the comparison"),
        ({"there": Dataset(colours(8).stamps, colours(8).labels, ("blue", "red"))}, r"the classes \('red', 'blue'\)"),
        (
            {"there": Dataset(colours(8).stamps[:, :16, :16], colours(8).labels, ("red", "blue"))},
            "stamps of 32 x 32 x 3, as in the data set, got 16 x 16 x 3; load both with one recipe",
        ),
    ],
)
def test_galaxies_that_do_not_fit_are_refused(external, message):
    """Before anything is trained."""
    with pytest.raises(InvalidValueError, match=message):
        compare(PLAN, colours(), models=MODELS, external=external, progress=False)


def test_features_do_not_travel():
    """An entry that takes features can't answer stamps."""
    plan = replace(ONE_TRAINING, architectures=("features",))
    features = {"features": np.zeros((128, 3), np.float32)}
    with pytest.raises(InvalidValueError, match="features takes features, which external galaxies don't have"):
        compare(plan, colours(), models=features, external={"there": colours(40)}, progress=False)


def test_another_recipe_is_said():
    """A drop may then be that of the recipe."""
    galaxies = [
        Dataset(colours(n).stamps, colours(n).labels, ("red", "blue"), recipe={"size": size})
        for n, size in ((40, 1), (44, 2))
    ]
    with pytest.warns(ImplausibleWarning, match=r"external\['there'\]: made by another recipe"):
        check_external({"there": galaxies[1]}, galaxies[0], {})


def test_galaxies_of_the_comparison_are_said():
    """Some galaxies with the pixels of the data set, turned, make the accuracy elsewhere too good."""
    galaxies = colours()
    some = Dataset(np.rot90(galaxies.stamps[:10], axes=(1, 2)).copy(), galaxies.labels[:10], galaxies.classes)
    with pytest.warns(ImplausibleWarning, match=r"external\['own'\]: 10 of 10 galaxies are in the data set, too"):
        check_external({"own": some}, galaxies, {})
