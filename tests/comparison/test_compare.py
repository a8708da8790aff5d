"""compare: the same galaxies and budget for all; what is done is kept, and what was killed resumes."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from tiny import MODELS, ONE_TRAINING, PLAN, Tiny, colours, make_tiny

from galmorph.comparison import ComparisonPlan, compare
from galmorph.errors import FewGalaxiesWarning, FileFormatError, InvalidValueError
from galmorph.training import SoftLabels, TrainConfig


def test_all_learn_from_the_same_galaxies(kept):
    """Every architecture and seed was tested on the same rows of each fold, and validated with the same."""
    _, comparison = kept
    splits = PLAN.splits(colours())
    for result in comparison.results:
        assert len(result.runs) == 4
        for run in result.runs:
            _, validation, test = splits[run.repeat, run.fold].parts
            np.testing.assert_array_equal(run.rows, test)
            np.testing.assert_array_equal(run.validation.labels, colours().labels[validation])
            assert len(run.history) == 2
    assert comparison.best.accuracy.value > 0.8


def test_names_alone_make_a_plan():
    """A list of names is compared on one split, 70 to 10 to 20; seeds may be a number or a list."""
    comparison = compare(["tiny"], colours(400), models=MODELS, seeds=[3], config=TrainConfig(epochs=1), progress=False)
    assert comparison.plan == ComparisonPlan(architectures=("tiny",), seeds=(3,), config=TrainConfig(epochs=1))
    assert len(comparison.test) == 80
    assert comparison["tiny"].runs[0].classifier.classes == ("red", "blue")


def test_small_classes_give_a_warning(monkeypatch):
    """Nine tested galaxies of each class are few, which is said at the user's line before anything is trained."""

    def stop(*_args, **_options):
        raise InterruptedError

    monkeypatch.setattr("galmorph.comparison._runs.trainings.train", stop)
    with (
        pytest.warns(FewGalaxiesWarning, match="expected at least 30 .*, got 'red' 9 and 'blue' 9;") as caught,
        pytest.raises(InterruptedError),
    ):
        compare(["tiny"], colours(90), models=MODELS, progress=False)
    assert [warning.filename for warning in caught] == [__file__]


def test_wrong_calls_are_refused():
    """Unknown names, taken names, and options beside a plan."""
    with pytest.raises(
        InvalidValueError, match=r"architectures, .* in models=.*: expected one of 'lenet5', .*, got 'vgg19'"
    ):
        compare(["lenet5", "vgg19"], colours(), progress=False)
    with pytest.raises(InvalidValueError, match="models: expected new names, but galmorph already has lenet5"):
        compare(["lenet5"], colours(), models={"lenet5": make_tiny}, progress=False)
    with pytest.raises(InvalidValueError, match="seeds, config: expected none with a plan"):
        compare(PLAN, colours(), models=MODELS, seeds=2, progress=False)
    with pytest.raises(InvalidValueError, match=r"got 'ResNet_18'; did you mean 'resnet18'\?"):
        compare(["ResNet_18"], colours(), progress=False)


def make_class(**_sizes: int) -> type:
    """Make a class, not a network."""
    return Tiny


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.filterwarnings("ignore::galmorph.errors.FewGalaxiesWarning")
@pytest.mark.parametrize(
    ("plan", "dataset", "options", "message"),
    [
        (
            "lenet5",
            colours(),
            {},
            r"plan: expected a ComparisonPlan or a list of names, got 'lenet5'; write \['lenet5'",
        ),
        (["lenet5"], "images", {}, r"dataset: expected a Dataset, got 'images'; .*load_image_folder"),
        (["lenet5"], colours()[::2], {}, r"dataset: expected at least two classes with galaxies, got \['red'\]"),
        (["lenet5"], colours(), {"seeds": 0}, "seeds: expected a whole number of at least 1, got 0"),
        (["lenet5"], colours(), {"seeds": 1.5}, r"seeds: expected a list or tuple, got 1.5; write seeds=\(0, 1, 2\)"),
        (["lenet5"], colours(), {"config": {"epochs": 3}}, "config: expected a TrainConfig, got {'epochs': 3}; write"),
        (["lenet5"], colours(), {"on_run": 3}, "on_run: expected a function, got 3"),
        ({"lenet5", "alexnet"}, colours(), {}, "plan: expected a list or tuple, got {"),
        (["lenet5"], colours(), {"progress": print}, "progress: expected True or False, got <built-in function print>"),
        (["mine"], colours(), {"models": [make_tiny]}, "models: expected functions by their names, as a dict, got"),
        (["mine"], colours(), {"models": {"mine": Tiny(2, 3, rngs=nnx.Rngs(0))}}, r"models\['mine'\]: expected a fun"),
        (
            replace(ONE_TRAINING, architectures=("mine",)),
            colours(),
            {"models": {"mine": make_class}},
            "that returns a flax.nnx.Module, but it returned <class",
        ),
    ],
)
def test_mistaken_types_are_explained(plan, dataset, options, message):
    """A name for a list, a folder for galaxies, a network for its maker: before anything is trained."""
    with pytest.raises(InvalidValueError, match=message):
        compare(plan, dataset, **{"progress": False} | options)


@pytest.mark.trial
def test_a_killed_comparison_goes_on(tmp_path):
    """Killed twenty times at any moment, it ends with the same answers, to the bit, as one that was left alone."""
    script = Path(__file__).with_name("comparison_process.py")
    command = [sys.executable, str(script)]
    subprocess.run([*command, str(tmp_path / "alone")], check=True)
    rng = np.random.default_rng(0)
    for _ in range(20):
        process = subprocess.Popen([*command, str(tmp_path / "killed")])
        time.sleep(rng.uniform(4, 14))
        process.kill()
        process.wait()
    subprocess.run([*command, str(tmp_path / "killed")], check=True)
    for path in sorted((tmp_path / "alone" / "runs").glob("*.npz")):
        with np.load(path) as alone, np.load(tmp_path / "killed" / "runs" / path.name) as killed:
            for name in alone.files:
                np.testing.assert_array_equal(alone[name], killed[name])


def test_each_epoch_can_be_logged():
    """The function gets the training and its numbers."""
    seen = []
    compare(ONE_TRAINING, colours(), models=MODELS, progress=False, on_epoch=lambda job, row: seen.append((job, row)))
    assert [(job.architecture, job.seed, row.epoch) for job, row in seen] == [("tiny", 0, 1), ("tiny", 0, 2)]


def test_soft_labels_are_part_of_the_folder(tmp_path):
    """Networks and features learn from votes; other votes are other galaxies."""
    galaxies = colours()
    votes = np.full((128, 2), 0.2)
    votes[np.arange(128), galaxies.labels] = 0.8
    softened, soft = SoftLabels.add(galaxies, votes)
    config = replace(ONE_TRAINING.config, soft_labels=soft)
    plan = replace(ONE_TRAINING, architectures=("tiny", "means"), config=config)
    assert ComparisonPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    models = MODELS | {"means": galaxies.stamps.mean(axis=(1, 2))}
    comparison = compare(plan, softened, models=models, folder=tmp_path, progress=False)
    assert len(comparison.results) == 2
    others, _ = SoftLabels.add(galaxies, 0.5 + (votes - 0.5) / 2)
    with pytest.raises(FileFormatError, match="other galaxies"):
        compare(plan, others, models=models, folder=tmp_path, progress=False)


def test_an_ensemble_of_seeds_is_a_classifier(kept):
    """The classifiers of all seeds of a fold, which answer together as the comparison says."""
    result = kept[1]["tiny"]
    ensemble = result.ensemble(fold=1)
    run = next(run for run in result.runs if run.fold == 1)
    rows = np.isin(result.rows, run.rows)
    stamps = colours().stamps[run.rows]
    np.testing.assert_allclose(ensemble.probabilities(stamps), result.ensemble_probabilities[0][rows], atol=1e-6)
    with pytest.raises(InvalidValueError, match="repeat, fold: expected those of a training, got 0, 7"):
        result.ensemble(fold=7)


def test_an_ensemble_needs_several_seeds():
    """With one, the message says how to get more; and an array of JAX is an array of features."""
    galaxies = colours()
    plan = replace(ONE_TRAINING, architectures=("means",))
    comparison = compare(plan, galaxies, models={"means": jnp.asarray(galaxies.stamps.mean((1, 2)))}, progress=False)
    with pytest.raises(InvalidValueError, match=r"ensemble: expected several seeds, got one; compare\(..., seeds=3\)"):
        comparison["means"].ensemble()
