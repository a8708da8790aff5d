"""Ensembles compete: means of what other entries answer, in every part of a comparison, and nothing is trained."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tiny import MODELS, PLAN, colours

from galmorph.comparison import compare
from galmorph.errors import InvalidValueError
from galmorph.training import Ensemble

PAIR = replace(PLAN, architectures=("both", "tiny", "other"), sizes=(20, None))
TOGETHER = MODELS | {"both": ["tiny", "other"]}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Two networks and their ensemble, with their folder."""
    folder = tmp_path_factory.mktemp("both")
    external = {"others": colours(60)}
    return folder, compare(PAIR, colours(), models=TOGETHER, external=external, folder=folder, progress=False)


def test_it_answers_as_an_ensemble_of_the_classifiers(kept):
    """In each fold, seed and size, on tested, validation, turned and external galaxies; costs are sums."""
    _, comparison = kept
    members = {run.stem.partition("-")[2]: [run] for run in comparison["tiny"].runs}
    for run in comparison["other"].runs:
        members[run.stem.partition("-")[2]].append(run)
    assert len(comparison["both"].runs) == 4
    for run in comparison["both"].runs:
        runs = members[run.stem.partition("-")[2]]
        ensemble = Ensemble([each.classifier for each in runs])
        stamps = colours().stamps[run.rows]
        np.testing.assert_allclose(run.scores.probabilities, ensemble.probabilities(stamps), atol=1e-5)
        np.testing.assert_allclose(run.orientations[0], run.scores.probabilities, atol=1e-5)
        outside = run.external["others"]
        np.testing.assert_allclose(outside.probabilities, ensemble.probabilities(colours(60).stamps), atol=1e-5)
        assert run.parameters == sum(each.parameters for each in runs)
        assert 1 / run.rate == pytest.approx(sum(1 / each.rate for each in runs))
    assert len(comparison.smaller[20]) == 3
    with pytest.raises(InvalidValueError, match="both is an ensemble; make one of the classifiers of tiny, other"):
        _ = comparison["both"].runs[0].classifier


def test_the_plan_and_the_texts_say_what_it_is(kept, tmp_path):
    """It is no training; methods, report and figures have it."""
    folder, comparison = kept
    assert comparison.plan.ensembles == {"both"}
    assert comparison.plan.trainings == 16
    assert not list(folder.glob("runs/both*"))
    assert "both (the mean probabilities of tiny, other, each trained with the same seed;" in comparison.methods
    comparison.write_report(tmp_path / "report.html")
    assert "the mean probabilities of tiny, other" in (tmp_path / "report.html").read_text()
    labels = [text.get_text() for text in comparison.plots.learning_curves().get_legend().get_texts()]
    assert "both" not in labels


def test_what_is_done_is_read_again(kept, monkeypatch):
    """A second comparison trains nothing, and ends with the same."""
    folder, comparison = kept
    monkeypatch.setattr("galmorph.comparison._runs.trainings.train", lambda *_, **__: pytest.fail("trained again"))
    again = compare(PAIR, colours(), models=TOGETHER, external={"others": colours(60)}, folder=folder, progress=True)
    assert str(again) == str(comparison)


@pytest.mark.filterwarnings("ignore::galmorph.errors.FewGalaxiesWarning")
def test_members_may_be_of_any_kind():
    """A network and an estimator of scikit-learn, say."""
    features = colours().stamps.mean(axis=(1, 2))
    plan = replace(PLAN, architectures=("tiny", "line", "both"), seeds=(0,), tested_folds=1)
    models = MODELS | {"line": (LogisticRegression(), features), "both": ("tiny", "line")}
    comparison = compare(plan, colours(), models=models, progress=False)
    expected = np.mean([comparison[name].probabilities for name in ("tiny", "line")], axis=0)
    np.testing.assert_allclose(comparison["both"].probabilities, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (["tiny"], r"models\['both'\]: expected the names of two entries or more, got \['tiny'\]"),
        (["tiny", "tiny"], "two entries or more"),
        (["tiny", "resnet18"], "expected members that the plan trains, got resnet18; name them in the plan's"),
        (["tiny", "both"], "got both"),
    ],
)
def test_what_is_no_ensemble_is_refused(members, message):
    """Before anything is trained."""
    with pytest.raises(InvalidValueError, match=message):
        compare(PAIR, colours(), models=MODELS | {"both": members}, progress=False)
