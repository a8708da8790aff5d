"""Entries of a comparison: learned weights and features compete with networks that start at random."""

from dataclasses import replace

import numpy as np
import pytest
from flax import nnx
from tiny import MODELS, ONE_TRAINING, colours, make_tiny

from galmorph.comparison import ComparisonPlan, compare
from galmorph.comparison._compare import _entries
from galmorph.comparison._report.page import _protocol
from galmorph.comparison._report.tables import fill_tables
from galmorph.errors import FileFormatError, GalmorphWarning, InvalidValueError
from galmorph.models import create_model
from galmorph.preprocessing import Recipe
from galmorph.training import Classifier, Scaling

PLAN = replace(ONE_TRAINING, architectures=("tiny", "learned", "features"))


def learned(seed: int = 0) -> Classifier:
    """Make a LeNet-5 for three other classes."""
    return Classifier(
        model=create_model("lenet5", classes=3, channels=3, size=32, seed=seed),
        classes=("output 0", "output 1", "output 2"),
        recipe=Recipe(size=32),
        scaling=Scaling((0.4, 0.4, 0.4), (0.2, 0.2, 0.2)),
        channels=3,
        architecture="lenet5",
    )


def features() -> np.ndarray:
    """Mean colours in other units, and a feature that is always the same."""
    means = colours().stamps.mean(axis=(1, 2))
    return np.concatenate([1000 * means - 7, np.full((len(means), 1), 3.0)], axis=1)


def models(**others):
    """Make the entries of the plan."""
    return {"tiny": make_tiny, "learned": learned(), "features": features()} | others


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A comparison of all three, and its folder. The first convolution of what has learned is frozen."""
    folder = tmp_path_factory.mktemp("entries")
    config = replace(PLAN.config, frozen=("conv1",), kept_rate=0.5, epochs=6, learning_rate=0.05)
    plan = replace(PLAN, config=config)
    return folder, plan, compare(plan, colours(), models=models(), folder=folder, progress=False)


@pytest.mark.slow
def test_all_entries_are_tested_on_the_same_galaxies(kept):
    """Folds, rows and labels are the same, and features that tell the colours apart are as good as the stamps."""
    _, plan, comparison = kept
    _, _, test = plan.splits(colours())[0, 0].parts
    for result in comparison.results:
        np.testing.assert_array_equal(result.runs[0].rows, test)
        np.testing.assert_array_equal(result.runs[0].scores.labels, colours().labels[test])
        assert len(result.runs[0].history) == 6
    assert comparison["features"].accuracy.value > 0.8
    assert comparison["features"].cost.parameters == 4 * 2 + 2


def test_what_is_frozen_stays_in_learned_entries_alone(kept):
    """The frozen layer of the classifier has the same bits after its training; other networks have no such layer."""
    tuned = kept[2]["learned"].runs[0].classifier
    np.testing.assert_array_equal(tuned.model.conv1.kernel[...], learned().model.conv1.kernel[...])
    assert not np.array_equal(tuned.model.conv2.kernel[...], learned().model.conv2.kernel[...])
    assert tuned.classes == ("red", "blue")


def test_weights_and_features_are_part_of_the_plan(kept):
    """The plan that was done says what each entry is, with hashes, and can be written down and read again."""
    folder, plan, comparison = kept
    described = dict(comparison.plan.entries)
    assert described.keys() == {"learned", "features"}
    assert described["learned"] == f"lenet5 that starts from learned weights; SHA-256 {learned().fingerprint()}"
    assert described["features"].startswith("a linear layer on 4 features of each galaxy")
    assert comparison.plan.hash != plan.hash
    assert ComparisonPlan.from_dict(comparison.plan.to_dict()) == comparison.plan
    with pytest.raises(InvalidValueError, match="models: expected those of the plan, but learned differ; pass"):
        compare(comparison.plan, colours(), models=models(learned=learned(1)), folder=folder, progress=False)


def test_a_comparison_goes_on_with_the_same_entries_alone(kept, monkeypatch):
    """What is done is read, with its classifiers; other weights or features under the same name are refused."""
    folder, plan, comparison = kept

    def stop(*_arguments, **_options):
        raise AssertionError("nothing is left to train")

    monkeypatch.setattr("galmorph.comparison._runs.trainings.train", stop)
    again = compare(plan, colours(), models=models(), folder=folder, progress=False)
    for name in PLAN.architectures:
        one, two = comparison[name].runs[0], again[name].runs[0]
        np.testing.assert_array_equal(one.scores.logits, two.scores.logits)
        assert one.classifier.fingerprint() == two.classifier.fingerprint()
    for other in ({"learned": learned(1)}, {"features": features() + 1}, {"features": make_tiny}):
        with pytest.raises(FileFormatError, match=rf"{next(iter(other))} was another network: expected .*, got .* SHA"):
            compare(plan, colours(), models=models(**other), folder=folder, progress=False)
    thawed = replace(plan, config=replace(plan.config, frozen=()))
    with pytest.raises(FileFormatError, match=r"config.frozen \['conv1'\], not None"):
        compare(thawed, colours(), models=models(), folder=folder, progress=False)


def test_the_report_says_what_they_are(kept):
    """Protocol and methods name weights and features; features have no row among the orientations."""
    comparison = kept[2]
    facts = dict(_protocol(comparison))
    assert facts["features"].startswith("a linear layer on 4 features of each galaxy, which have no orientations")
    assert facts["Learned weights"].startswith("the layers conv1 were frozen and the learning rate")
    assert [row[0] for row in fill_tables(comparison)["orientation"].rows].count("features") == 0
    assert "the layers conv1 were frozen and the learning rate of all layers but a new last one" in comparison.methods
    assert "learned (lenet5 that starts from learned weights [say from which data it learned" in comparison.methods
    assert "Features were not augmented." in comparison.methods
    table = comparison.to_table()
    assert np.isnan(table["turn_changes"][table["architecture"] == "features"]).all()
    assert not np.isnan(table["turn_changes"][table["architecture"] == "tiny"]).any()


def damaged(row: int) -> np.ndarray:
    """Features of which one is NaN."""
    values = features()
    values[row, 1] = np.nan
    return values


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (features()[:-1], r"models\['features'\]: expected a row of features for each of 128 galaxies, .* got 127"),
        (damaged(5), "expected finite features, but 1 of 128 galaxies have NaN or infinity, the first in row 5"),
        (features()[0], r"expected features as numbers of shape \(galaxies, features\), got shape \(4,\)"),
        (np.full((128, 2), "a"), "expected features as numbers"),
        (replace(learned(), recipe=Recipe(size=64)), "stamps of 32 x 32 x 3, as in the data set, got one for 64 x 64"),
        (
            replace(learned(), architecture=None),
            "expected the classes .* of the data set, as its network",
        ),
        (
            nnx.Linear(2, 2, rngs=nnx.Rngs(0)),
            "returns a flax.nnx.Module, a Classifier, an array of features, an estimator",
        ),
    ],
)
def test_entries_that_do_not_fit_are_refused(entry, message):
    """Before anything is trained."""
    with pytest.raises(InvalidValueError, match=message):
        compare(PLAN, colours(), models=models(features=entry), progress=False)


def test_layers_are_checked_before_anything_is_trained():
    """A frozen layer that the classifier has not is an error; with nothing to freeze, a warning."""
    plan = replace(PLAN, config=replace(PLAN.config, frozen=("stem",)))
    with pytest.raises(InvalidValueError, match="frozen: expected layers of this LeNet5, which are conv1, conv2,"):
        compare(plan, colours(), models=models(), progress=False)
    plan = replace(ONE_TRAINING, config=replace(PLAN.config, kept_rate=0.1))
    with pytest.warns(GalmorphWarning, match="frozen and kept_rate have no effect, because nothing in models is a"):
        compare(plan, colours(), models=MODELS, progress=False)


def test_plans_without_entries_keep_their_hashes():
    """Entries are described only where there are some; a name that is not compared is refused."""
    assert "entries" not in ONE_TRAINING.to_dict()
    with pytest.raises(InvalidValueError, match="entries: expected names in architectures, got other"):
        replace(ONE_TRAINING, entries=(("other", "features"),))


def test_a_classifier_of_your_own_is_fine_tuned(tmp_path):
    """It needs no name of galmorph's: its runs are kept, and read into a copy of its network."""
    mine = Classifier(
        model=make_tiny(classes=2, channels=3, size=32, seed=5),
        classes=colours().classes,
        recipe=Recipe(size=32),
        scaling=Scaling((0.4, 0.4, 0.4), (0.2, 0.2, 0.2)),
        channels=3,
    )
    plan = replace(ONE_TRAINING, architectures=("mine",))
    first, again = (compare(plan, colours(), models={"mine": mine}, folder=tmp_path, progress=False) for _ in range(2))
    np.testing.assert_array_equal(first["mine"].probabilities, again["mine"].probabilities)
    stamps = colours().stamps[:4]
    np.testing.assert_array_equal(
        again["mine"].runs[0].classifier.logits(stamps), first["mine"].runs[0].classifier.logits(stamps)
    )


def test_models_and_plan_name_each_other():
    """A name without a model is refused, and a model without a name in the plan is said."""
    with pytest.raises(InvalidValueError, match=r"architectures, galmorph's or yours in models=.*got 'mine'"):
        compare(["mine"], colours(), progress=False)
    with pytest.warns(GalmorphWarning, match=r"models: the plan names none of mine, .*; name \['lenet5', 'mine'\]"):
        _entries(ComparisonPlan(architectures=("lenet5",)), {"mine": make_tiny}, colours())
