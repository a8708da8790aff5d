"""compare: the same galaxies and budget for all; what is done is kept; what was killed goes on."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flax import nnx

from galmorph.comparison import ComparisonPlan, compare
from galmorph.comparison._runs.versions import versions
from galmorph.data import Dataset
from galmorph.errors import FewGalaxiesWarning, FileFormatError, InvalidValueError
from galmorph.training import TrainConfig, evaluate, train

PLAN = ComparisonPlan(
    architectures=("tiny", "other"),
    folds=2,
    tested_folds=None,
    validation=0.25,
    seeds=(0, 1),
    config=TrainConfig(epochs=2, batch_size=16, learning_rate=0.01),
)


class Tiny(nnx.Module):
    """A dense layer on the mean of each channel."""

    def __init__(self, classes: int, channels: int, *, rngs: nnx.Rngs) -> None:
        self.dense = nnx.Linear(channels, classes, rngs=rngs)

    def __call__(self, images):
        """Turn mean colours into logits."""
        return self.dense(images.mean(axis=(1, 2)))


def make_tiny(*, classes, channels, size, seed):
    """Make one, as `create_model` does."""
    assert size == 32
    return Tiny(classes, channels, rngs=nnx.Rngs(seed))


MODELS = {"tiny": make_tiny, "other": lambda **options: make_tiny(**{**options, "seed": options["seed"] + 100})}


def colours(galaxies: int = 128) -> Dataset:
    """Make red and blue stamps, some of them mislabelled."""
    rng = np.random.default_rng(0)
    labels = np.arange(galaxies) % 2
    shown = np.where(rng.random(galaxies) < 0.1, 1 - labels, labels)
    stamps = rng.integers(0, 60, (galaxies, 32, 32, 3))
    stamps[np.arange(galaxies), :, :, 2 * shown] += 60
    return Dataset(stamps.astype(np.uint8), labels, ("red", "blue"))


def logits_of(comparison) -> np.ndarray:
    """All answers, in the order of the runs."""
    return np.stack([run.scores.logits for name in PLAN.architectures for run in comparison[name].runs])


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> tuple[Path, object]:
    """A comparison in a folder."""
    folder = tmp_path_factory.mktemp("comparison")
    return folder, compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)


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


def test_answers_are_those_of_the_classifier(kept):
    """The classifier that was kept gives the answers that were kept, and turned stamps the turned ones."""
    _, comparison = kept
    galaxies = colours()
    run = comparison["tiny"].runs[2]
    classifier = run.classifier
    np.testing.assert_array_equal(evaluate(classifier, galaxies[run.rows]).logits, run.scores.logits)
    turned = np.ascontiguousarray(np.rot90(galaxies[run.rows].stamps, axes=(1, 2)))
    np.testing.assert_allclose(classifier.probabilities(turned), run.orientations[1], rtol=1e-6)
    assert (run.parameters, run.flops) == (8, 12)
    assert run.memory > 0
    assert run.rate > 0
    assert run.versions == versions()


def test_a_comparison_that_is_done_is_read(kept, monkeypatch):
    """Nothing is trained again, answers are the same to the bit, and runs are reported as before."""
    folder, comparison = kept
    monkeypatch.setattr("galmorph.comparison._runs.trainings.train", lambda *_, **__: pytest.fail("trained again"))
    seen = []
    again = compare(PLAN, colours(), models=MODELS, folder=folder, progress=False, on_run=seen.append)
    np.testing.assert_array_equal(logits_of(again), logits_of(comparison))
    assert len(seen) == 8
    assert str(again) == str(comparison)


def test_only_what_is_missing_is_trained(kept):
    """Without one of its runs the folder makes the same comparison again, training that run alone."""
    folder, comparison = kept
    gone = next(folder.glob("runs/tiny-*fold1-seed1*.json"))
    before = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*")}
    gone.unlink()
    again = compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)
    changed = {path.stem for path in folder.glob("runs/*") if path.stat().st_mtime_ns != before[path]}
    assert changed == {gone.stem}
    np.testing.assert_array_equal(logits_of(again), logits_of(comparison))


def test_a_comparison_can_be_gone_on_with(kept, tmp_path):
    """With another architecture and seed, only what is missing is trained; the plans that were given are told."""
    smaller = replace(PLAN, architectures=("tiny",), seeds=(0,))
    compare(smaller, colours(), models=MODELS, folder=tmp_path, progress=False)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*")}
    comparison = compare(PLAN, colours(), models=MODELS, folder=tmp_path, progress=False)
    assert len(before) == 2 * 3
    assert {path: path.stat().st_mtime_ns for path in before} == before
    np.testing.assert_array_equal(logits_of(comparison), logits_of(kept[1]))
    described = json.loads((tmp_path / "plan.json").read_text())
    assert [given["hash"] for given in described["plans"]] == [smaller.hash, PLAN.hash]
    assert [ComparisonPlan.from_dict(given["plan"]) for given in described["plans"]] == [smaller, PLAN]


def test_a_folder_of_another_comparison_is_refused(kept):
    """Trainings of another kind or other galaxies don't mix with what is there."""
    folder, _ = kept
    before = (folder / "plan.json").read_bytes()
    longer = replace(PLAN, validation=0.5, config=replace(PLAN.config, epochs=3))
    told = r"other trainings: validation 0\.25, not 0\.5; config\.epochs 2, not 3\. Architectures"
    with pytest.raises(FileFormatError, match=told):
        compare(longer, colours(), models=MODELS, folder=folder, progress=False)
    other = Dataset(255 - colours().stamps, colours().labels, colours().classes)
    with pytest.raises(FileFormatError, match="holds a comparison with other galaxies"):
        compare(PLAN, other, models=MODELS, folder=folder, progress=False)
    assert (folder / "plan.json").read_bytes() == before


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_damaged_run_is_told(kept, ending):
    """A file that was cut short is named, with what to do."""
    folder, _ = kept
    path = sorted(folder.glob(f"runs/*.{ending}"))[0]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileFormatError, match=r"expected a run that compare wrote.*delete it"):
        compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)
    path.write_bytes(content)


def test_a_damaged_plan_is_told(tmp_path):
    """A folder whose plan can't be read, or is of another version, is refused."""
    header = {"format": "galmorph comparison", "version": 1, "galaxies": ""}
    hashless = {**header, "plans": [{"plan": PLAN.to_dict()}]}
    for content in ("{", json.dumps({**header, "plans": []}), json.dumps(hashless)):
        (tmp_path / "plan.json").write_text(content)
        with pytest.raises(FileFormatError, match="expected the plan of a comparison"):
            compare(PLAN, colours(), models=MODELS, folder=tmp_path, progress=False)
    (tmp_path / "plan.json").write_text('{"format": "galmorph comparison", "version": 99}')
    with pytest.raises(FileFormatError, match="expected 'galmorph comparison' version 1"):
        compare(PLAN, colours(), models=MODELS, folder=tmp_path, progress=False)


def test_each_architecture_tries_every_rate():
    """Of three rates that with the lowest validation loss is taken, by all seeds, and others are not reported."""
    plan = replace(PLAN, architectures=("tiny",), tested_folds=1, learning_rates=(1e-6, 0.05, 1e-5))
    comparison = compare(plan, colours(), models=MODELS, progress=False)
    assert [(run.seed, run.learning_rate) for run in comparison["tiny"].runs] == [(0, 0.05), (1, 0.05)]


def test_progress_is_over_all_trainings(capfd):
    """One bar goes from nothing to all, with the time left, and names what is trained."""
    compare(replace(PLAN, tested_folds=1), colours(), models=MODELS)
    shown = capfd.readouterr().err.split("\r")
    assert "  0 %" in shown[1] or "  0 %" in shown[0]
    assert "100 %" in shown[-1]
    assert "left" in shown[-1]
    assert any("other, fold 1 of 1, seed 1" in line for line in shown)


def test_time_left_follows_from_what_is_done_here(tmp_path, capfd):
    """Half of the work found in a checkpoint, and half of it found trained: nothing is known of the other half yet."""
    plan = replace(PLAN, architectures=("tiny",), seeds=(0,), tested_folds=1)
    learn, validation, _ = plan.splits(colours())[0, 0].parts

    def stop(part: float) -> None:
        if part > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):  # as if the comparison had been killed in the second of two epochs
        train(
            make_tiny(classes=2, channels=3, size=32, seed=0),
            colours()[learn],
            validation=colours()[validation],
            config=plan.config,
            checkpoints=tmp_path / "checkpoints" / "tiny-repeat0-fold0-seed0-rate0.01",
            checkpoint_seconds=0.0,
            progress=stop,
        )
    for again in (plan, replace(plan, tested_folds=2)):
        capfd.readouterr()
        compare(again, colours(), models=MODELS, folder=tmp_path)
        shown = capfd.readouterr().err.split("\r")
        assert "? left" in next(line for line in shown if " 50 %" in line)
        assert "00:00 left" in shown[-1]


def test_names_alone_make_a_plan():
    """A list of names is compared on one split, 70 to 10 to 20; seeds may be a number or a list."""
    comparison = compare(["tiny"], colours(400), models=MODELS, seeds=[3], config=TrainConfig(epochs=1), progress=False)
    assert comparison.plan == ComparisonPlan(architectures=("tiny",), seeds=(3,), config=TrainConfig(epochs=1))
    assert len(comparison.test) == 80
    assert comparison["tiny"].runs[0].classifier.classes == ("red", "blue")


def test_small_classes_give_warnings():
    """Nine test galaxies of each class are too few to say much."""
    with pytest.warns(FewGalaxiesWarning, match="expected at least 30 test galaxies, got 9") as caught:
        compare(["tiny"], colours(90), models=MODELS, config=TrainConfig(epochs=1), progress=False)
    assert [str(warning.message).split(":")[0] for warning in caught] == ["class 'red'", "class 'blue'"]


def test_wrong_calls_are_refused():
    """Unknown names, taken names, and options beside a plan."""
    with pytest.raises(InvalidValueError, match=r"architectures: expected names out of lenet5, .*, got vgg16"):
        compare(["lenet5", "vgg16"], colours(), progress=False)
    with pytest.raises(InvalidValueError, match="models: expected names of your own, but galmorph has lenet5"):
        compare(["lenet5"], colours(), models={"lenet5": make_tiny}, progress=False)
    with pytest.raises(InvalidValueError, match="seeds, config: the plan has its own"):
        compare(PLAN, colours(), models=MODELS, seeds=2, progress=False)


@pytest.mark.trial
def test_a_killed_comparison_goes_on(tmp_path):
    """Killed five times at any moment, it ends with the same answers, to the bit, as one that was left alone."""
    script = Path(__file__).with_name("comparison_process.py")
    command = [sys.executable, str(script)]
    subprocess.run([*command, str(tmp_path / "alone")], check=True)
    rng = np.random.default_rng(0)
    for _ in range(5):
        process = subprocess.Popen([*command, str(tmp_path / "killed")])
        time.sleep(rng.uniform(5, 15))
        process.kill()
        process.wait()
    subprocess.run([*command, str(tmp_path / "killed")], check=True)
    for path in sorted((tmp_path / "alone" / "runs").glob("*.npz")):
        with np.load(path) as alone, np.load(tmp_path / "killed" / "runs" / path.name) as killed:
            for name in alone.files:
                np.testing.assert_array_equal(alone[name], killed[name])
