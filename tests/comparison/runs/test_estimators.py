"""Estimators of scikit-learn compete with networks: same galaxies, probabilities, seeds, and no file that runs code."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from tiny import MODELS, PLAN, colours, make_tiny

from galmorph.comparison import compare
from galmorph.data import Dataset
from galmorph.errors import FileFormatError, InvalidValueError

FOREST = RandomForestClassifier(10)


def features() -> np.ndarray:
    """Mean colours."""
    return colours().stamps.mean(axis=(1, 2))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A network and a forest, with their folder."""
    folder = tmp_path_factory.mktemp("forest")
    plan = replace(PLAN, architectures=("tiny", "forest"))
    models = {"tiny": make_tiny, "forest": (FOREST, features())}
    return folder, plan, compare(plan, colours(), models=models, folder=folder, progress=False)


def test_a_forest_is_fitted_to_the_training_galaxies(kept):
    """Its answers are those of a forest that is fitted by hand, with the seed of the run."""
    _, plan, comparison = kept
    splits = plan.splits(colours())
    for run in comparison["forest"].runs:
        learn, _, test = splits[0, run.fold].parts
        by_hand = RandomForestClassifier(10, random_state=run.seed).fit(features()[learn], colours().labels[learn])
        expected = np.maximum(by_hand.predict_proba(features()[test]), 1 / (len(learn) + 1))
        np.testing.assert_array_equal(run.rows, test)
        np.testing.assert_allclose(np.exp(run.scores.logits), expected, rtol=1e-6)
    assert not hasattr(FOREST, "estimators_")  # the one given is not changed


def test_it_is_described_and_read_again(kept, monkeypatch):
    """The plan says what it is; a second comparison fits nothing; a changed forest is another comparison."""
    folder, plan, comparison = kept
    described = dict(comparison.plan.entries)["forest"]
    assert described.startswith("RandomForestClassifier(n_estimators=10) of scikit-learn on 3 features of each galaxy")
    assert comparison.plan.on_features == {"forest"}
    assert not list(folder.glob("runs/forest*.galmorph"))
    models = {"tiny": make_tiny, "forest": (FOREST, features())}
    with monkeypatch.context() as patch:
        patch.setattr("galmorph.comparison._runs.estimators.clone", lambda _: pytest.fail("fitted again"))
        again = compare(plan, colours(), models=models, folder=folder, progress=False)
    assert str(again) == str(comparison)
    models["forest"] = (RandomForestClassifier(11), features())
    with pytest.raises(FileFormatError, match="forest"):
        compare(plan, colours(), models=models, folder=folder, progress=False)
    with pytest.raises(InvalidValueError, match="run of a network, but this is one of a scikit-learn estimator"):
        _ = again["forest"].runs[0].classifier


def test_the_report_says_what_is_not_counted(kept, tmp_path):
    """A forest has no number of weights, and the page is written all the same."""
    _, _, comparison = kept
    comparison.write_report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "RandomForestClassifier(n_estimators=10) of scikit-learn" in page
    assert len(comparison.plots.quality_against_cost("parameters").containers) == 1


@pytest.mark.filterwarnings("ignore::galmorph.errors.FewGalaxiesWarning")
@pytest.mark.filterwarnings("ignore::galmorph.errors.DatasetWarning")  # of a class without galaxies
def test_a_class_that_it_never_saw_gets_the_least_probability():
    """The columns of the probabilities are those of the data set."""
    galaxies = colours()
    three = Dataset(galaxies.stamps, galaxies.labels, ("red", "blue", "green"))
    plan = replace(PLAN, architectures=("line",), seeds=(0,), tested_folds=1)
    line = make_pipeline(StandardScaler(), LogisticRegression())
    (run,) = compare(plan, three, models={"line": (line, features())}, progress=False)["line"].runs
    assert np.exp(run.scores.logits[:, 2]) == pytest.approx(1 / 49, rel=1e-6)
    assert run.scores.accuracy > 0.8


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ((LinearSVC(), features()), r"with predict_proba, such as RandomForestClassifier\(\), got LinearSVC\(\)"),
        ((RandomForestClassifier, features()), "with predict_proba"),
        ((features(), FOREST), "expected an estimator and an array of features"),
        ((FOREST,), r"got a tuple of RandomForestClassifier"),
        ((FOREST, features()[:5]), "a row of features for each of 128 galaxies"),
    ],
)
def test_what_is_no_estimator_is_refused(entry, message):
    """Before anything is trained."""
    plan = replace(PLAN, architectures=("tiny", "forest"))
    with pytest.raises(InvalidValueError, match=message):
        compare(plan, colours(), models=MODELS | {"forest": entry}, progress=False)
