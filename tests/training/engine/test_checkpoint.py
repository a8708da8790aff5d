"""Checkpoints: a training that was interrupted ends with the bits of one that was not."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_networks import Tiny, quick

from galmorph.data import Dataset
from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.training import TrainConfig, train
from galmorph.training._engine.checkpoint import Checkpoints
from galmorph.training._engine.history import check_finite


def config(**options) -> TrainConfig:
    """Few steps with everything that keeps a state: moments, and a moving average."""
    state = {"optimizer": "adamw", "weight_average": 0.9, "gradient_clip": 1.0}
    return quick(**{"epochs": 3} | state | options)


def answers(result, dataset) -> np.ndarray:
    """What the classifier says to a data set, and its history without times."""
    return result.classifier.logits(dataset.stamps)


def history(result) -> list[list[float]]:
    """The history of a training, without the times."""
    return [list(row) for row in result.history[[name for name in result.history.colnames if name != "seconds"]]]


class StopAfter:
    """Let a training check its progress a few times, then stop it like Ctrl-C."""

    def __init__(self, monkeypatch, checks: int) -> None:
        self.checks = checks

        def check(*arguments):
            check_finite(*arguments)
            self.checks -= 1
            if self.checks < 0:
                raise KeyboardInterrupt

        monkeypatch.setattr("galmorph.training._engine.loop.check_finite", check)
        monkeypatch.setattr("galmorph.training._engine.loop.PAUSE", 0.0)  # a check after every step


@pytest.fixture(scope="module")
def arguments(blobs):
    """Give the arguments of one training."""
    learn, validation = blobs.split((0.7, 0.3), seed=0)
    return {"model": Tiny(), "dataset": learn, "validation": validation, "config": config(), "progress": False}


@pytest.fixture(scope="module")
def whole(arguments):
    """Train without disturbance."""
    return train(**arguments)


@pytest.mark.parametrize("checks", [0, 2, 5])
def test_an_interrupted_training_resumes(blobs, arguments, whole, tmp_path, monkeypatch, checks):
    """Stopped after a few steps, then started again: weights and history are those of an undisturbed training."""
    with monkeypatch.context() as patch:
        StopAfter(patch, checks)
        with pytest.raises(KeyboardInterrupt):
            train(**arguments, checkpoints=tmp_path / "run", checkpoint_seconds=0.0)
    resumed = train(**arguments, checkpoints=tmp_path / "run", checkpoint_seconds=0.0)
    np.testing.assert_array_equal(answers(resumed, blobs), answers(whole, blobs))
    assert history(resumed) == history(whole)
    assert resumed.best_epoch == whole.best_epoch
    assert len(list((tmp_path / "run").iterdir())) == 2


def test_a_finished_training_is_not_repeated(blobs, arguments, tmp_path, monkeypatch):
    """Started again after its end, it gives the same classifier without a step."""
    often = {**arguments, "checkpoints": tmp_path, "checkpoint_seconds": 0.0}
    first = train(**often)
    StopAfter(monkeypatch, checks=0)
    again = train(**often)
    np.testing.assert_array_equal(answers(again, blobs), answers(first, blobs))


def test_short_trainings_leave_no_checkpoint(arguments, tmp_path):
    """A training that is over before the first checkpoint is due writes none, not even at its end."""
    train(**arguments, checkpoints=tmp_path / "run", checkpoint_seconds=1e6)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_can_not_be_written_is_noticed_at_once(arguments, tmp_path):
    """Not when the first checkpoint is due: no step is taken."""
    (tmp_path / "file").write_text("in the way")
    reported = []
    for name in ("file/run", "file"):
        with pytest.raises(InvalidValueError, match=rf"checkpoints: can't write into .*{name} \(.*\); choose another"):
            train(**{**arguments, "progress": reported.append}, checkpoints=tmp_path / name)
    assert reported == []


def test_a_broken_checkpoint_is_ignored(blobs, arguments, tmp_path):
    """If the newest file is damaged, the one before is used, and the end is the same."""
    often = {**arguments, "checkpoints": tmp_path, "checkpoint_seconds": 0.0}
    first = train(**often)
    _before, newest = sorted(tmp_path.iterdir())
    newest.write_bytes(newest.read_bytes()[:1000])
    (tmp_path / ".step-000000099.safetensors.x1").write_bytes(b"half-written")
    (tmp_path / "step-99.safetensors").write_bytes(b"not ours")
    again = train(**often)
    np.testing.assert_array_equal(answers(again, blobs), answers(first, blobs))


@pytest.fixture(scope="module")
def trained(blobs, tmp_path_factory):
    """Give the folder with the checkpoints of one training."""
    folder = tmp_path_factory.mktemp("trained")
    train(Tiny(), blobs, config=config(), checkpoints=folder, checkpoint_seconds=0.0, progress=False)
    return folder


@pytest.mark.parametrize("change", ["config", "labels", "stamps", "model"])
def test_checkpoints_of_another_training_are_refused(blobs, trained, change):
    """Other options, galaxies or weights are another training; it does not resume silently with either."""
    labels = 1 - blobs.labels if change == "labels" else blobs.labels
    stamps = 255 - blobs.stamps if change == "stamps" else blobs.stamps
    options = config(**({"learning_rate": 0.01} if change == "config" else {}))
    model = Tiny(seed=99 if change == "model" else 0)
    with pytest.raises(FileFormatError, match="belongs to another training: model, data or configuration differ"):
        train(model, Dataset(stamps, labels, blobs.classes), config=options, checkpoints=trained, progress=False)


def train_lenet5(folder, epochs: int) -> None:
    """Train, and write down what came out."""
    blobs = Dataset.load(folder / "blobs")
    options = {"checkpoints": folder / "run", "checkpoint_seconds": 0.0, "progress": False}
    config = TrainConfig(epochs=epochs, batch_size=4, weight_average=0.9)
    result = train("lenet5", blobs, config=config, **options)
    result.classifier.save(folder / "lenet5.galmorph")
    np.save(folder / "logits.npy", result.classifier.logits(blobs.stamps))


# The same in a process of its own, which can be killed.
SCRIPT = """
import runpy, sys
from pathlib import Path

sys.path.append(sys.argv[2])
train_lenet5 = runpy.run_path(sys.argv[1])["train_lenet5"]
print("ready", flush=True)
train_lenet5(Path(sys.argv[3]), int(sys.argv[4]))
"""


def kill_at_random(folder, epochs: int, kills: int) -> int:
    """Start the training so often, and kill it each time at a random moment; count the kills."""
    rng = np.random.default_rng(kills)
    done = 0
    for _ in range(kills):
        helpers = Path(__file__).parents[1]
        command = [sys.executable, "-c", SCRIPT, __file__, str(helpers), str(folder), str(epochs)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        with process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.uniform(0, 5))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                done += 1
            assert process.wait(120) in (0, -signal.SIGKILL)
    return done


@pytest.mark.slow
@pytest.mark.parametrize(("epochs", "kills"), [(12, 1), pytest.param(400, 20, marks=pytest.mark.trial)])
def test_killed_at_any_moment(blobs, tmp_path, epochs, kills):
    """SIGKILL at random moments, then again from the same folder: the same bits, and no file but whole ones."""
    for name in ("calm", "killed"):
        (tmp_path / name).mkdir()
        blobs.save(tmp_path / name / "blobs")
    assert kill_at_random(tmp_path / "killed", epochs, kills) == kills
    for name in ("calm", "killed"):
        train_lenet5(tmp_path / name, epochs)
    calm, killed = (np.load(tmp_path / name / "logits.npy") for name in ("calm", "killed"))
    np.testing.assert_array_equal(killed, calm)
    assert (tmp_path / "calm" / "lenet5.galmorph").read_bytes() == (
        tmp_path / "killed" / "lenet5.galmorph"
    ).read_bytes()


def flip(path: Path) -> None:
    """Flip a bit of the weights."""
    content = bytearray(path.read_bytes())
    content[-5] ^= 4
    path.write_bytes(content)


def test_a_changed_checkpoint_is_not_used(blobs, arguments, tmp_path):
    """A flipped bit is noticed: the older file is used, with the same end; if none is whole, an error says so."""
    often = {**arguments, "checkpoints": tmp_path, "checkpoint_seconds": 0.0}
    first = train(**often)
    flip(max(tmp_path.iterdir()))
    again = train(**often)
    np.testing.assert_array_equal(answers(again, blobs), answers(first, blobs))
    for path in tmp_path.iterdir():
        flip(path)
    with pytest.raises(FileFormatError, match=r"does not match its hash.*no checkpoint here is whole: delete them to"):
        train(**often)


def test_two_trainings_do_not_share_a_folder(arguments, tmp_path):
    """Who comes second is told before the first step."""
    with (
        Checkpoints(tmp_path / "run", "").locked(),
        pytest.raises(BlockingIOError, match="another training is working here; wait until it ends"),
    ):
        train(**arguments, checkpoints=tmp_path / "run")
    assert not (tmp_path / "run").exists()
