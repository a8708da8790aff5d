"""Checkpoints: a training that was interrupted ends with the bits of one that was not."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from galmorph.data import Dataset
from galmorph.errors import FileFormatError
from galmorph.training import TrainConfig, train
from galmorph.training._engine.history import check_finite


def config(**options) -> TrainConfig:
    """Few steps with everything that keeps a state: moments, and a moving average."""
    return TrainConfig(**{"epochs": 3, "batch_size": 16, "weight_average": 0.9, "gradient_clip": 1.0} | options)


def answers(result, dataset) -> np.ndarray:
    """What the classifier says to a data set, and its history without times."""
    return result.classifier.logits(dataset.stamps)


def history(result) -> list[list[float]]:
    """The history of a training, without the times."""
    return [list(row) for row in result.history[[name for name in result.history.colnames if name != "seconds"]]]


class StopAfter:
    """Let a training take so many looks at its progress, then stop it like Ctrl-C."""

    def __init__(self, monkeypatch, looks: int) -> None:
        self.looks = looks

        def check(*arguments):
            check_finite(*arguments)
            self.looks -= 1
            if self.looks < 0:
                raise KeyboardInterrupt

        monkeypatch.setattr("galmorph.training._engine.loop.check_finite", check)
        monkeypatch.setattr("galmorph.training._engine.loop.PAUSE", 0.0)  # a look at every step


@pytest.fixture(scope="module")
def arguments(blobs):
    """Give the arguments of one training."""
    learn, validation = blobs.split((0.7, 0.3), seed=0)
    return {"model": "lenet5", "dataset": learn, "validation": validation, "config": config(), "progress": False}


@pytest.fixture(scope="module")
def whole(arguments):
    """Train without disturbance."""
    return train(**arguments)


@pytest.mark.parametrize("looks", [0, 2, 5])
def test_an_interrupted_training_goes_on(blobs, arguments, whole, tmp_path, monkeypatch, looks):
    """Stopped after a few looks, then started again: weights and history are those of an undisturbed training."""
    with monkeypatch.context() as patch:
        StopAfter(patch, looks)
        with pytest.raises(KeyboardInterrupt):
            train(**arguments, checkpoints=tmp_path / "run", checkpoint_seconds=0.0)
    resumed = train(**arguments, checkpoints=tmp_path / "run", checkpoint_seconds=0.0)
    np.testing.assert_array_equal(answers(resumed, blobs), answers(whole, blobs))
    assert history(resumed) == history(whole)
    assert resumed.best_epoch == whole.best_epoch
    assert len(list((tmp_path / "run").iterdir())) == 2


def test_a_finished_training_is_not_repeated(blobs, tmp_path, monkeypatch):
    """Started again after its end, it gives the same classifier without a step."""
    often = {"config": config(), "checkpoints": tmp_path, "checkpoint_seconds": 0.0, "progress": False}
    first = train("lenet5", blobs, **often)
    StopAfter(monkeypatch, looks=0)
    again = train("lenet5", blobs, **often)
    np.testing.assert_array_equal(answers(again, blobs), answers(first, blobs))


def test_short_trainings_leave_no_checkpoint(arguments, tmp_path):
    """A training that is over before the first checkpoint is due writes none, not even at its end."""
    train(**arguments, checkpoints=tmp_path / "run", checkpoint_seconds=1e6)
    assert not (tmp_path / "run").exists()


def test_a_broken_checkpoint_is_passed_over(blobs, tmp_path):
    """If the newest file is damaged, the one before is used, and the end is the same."""
    often = {"config": config(), "checkpoints": tmp_path, "checkpoint_seconds": 0.0, "progress": False}
    first = train("lenet5", blobs, **often)
    _before, newest = sorted(tmp_path.iterdir())
    newest.write_bytes(newest.read_bytes()[:1000])
    (tmp_path / ".step-000000099.safetensors.x1").write_bytes(b"half-written")
    (tmp_path / "step-99.safetensors").write_bytes(b"not ours")
    again = train("lenet5", blobs, **often)
    np.testing.assert_array_equal(answers(again, blobs), answers(first, blobs))


@pytest.mark.parametrize("change", ["config", "labels", "stamps", "model"])
def test_checkpoints_of_another_training_are_refused(blobs, tmp_path, change):
    """Other options, galaxies or weights are another training; it does not go on silently with either."""
    train("lenet5", blobs, config=config(epochs=1), checkpoints=tmp_path, checkpoint_seconds=0.0, progress=False)
    labels = 1 - blobs.labels if change == "labels" else blobs.labels
    stamps = 255 - blobs.stamps if change == "stamps" else blobs.stamps
    options = config(epochs=1, **({"learning_rate": 0.01} if change == "config" else {}))
    model = "lenet5"
    if change == "model":
        from galmorph.models import create_model

        model = create_model("lenet5", classes=2, channels=1, size=32, seed=99)
    with pytest.raises(FileFormatError, match="belongs to another training: model, data or configuration differ"):
        train(model, Dataset(stamps, labels, blobs.classes), config=options, checkpoints=tmp_path, progress=False)


SCRIPT = """
import sys
import numpy as np
from galmorph.data import Dataset
from galmorph.training import TrainConfig, train

folder, epochs = sys.argv[1], int(sys.argv[2])
blobs = Dataset.load(folder + "/blobs")
config = TrainConfig(epochs=epochs, batch_size=4, weight_average=0.9)
print("ready", flush=True)
result = train("lenet5", blobs, config=config, checkpoints=folder + "/run", checkpoint_seconds=0.0, progress=False)
result.classifier.save(folder + "/lenet5.galmorph")
np.save(folder + "/logits.npy", result.classifier.logits(blobs.stamps))
"""


def kill_at_random(folder, epochs: int, kills: int) -> int:
    """Run the training, kill it so often at random moments, then let it come to its end; count the kills."""
    rng = np.random.default_rng(kills)
    done = 0
    while not (folder / "logits.npy").exists():
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder), str(epochs)], stdout=subprocess.PIPE)
        with process:
            assert process.stdout is not None
            process.stdout.readline()
            if done < kills:
                time.sleep(rng.uniform(0, 5))
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                    done += 1
            assert process.wait(120) in (0, -signal.SIGKILL)
    return done


@pytest.mark.parametrize(("epochs", "kills"), [(30, 1), pytest.param(400, 20, marks=pytest.mark.trial)])
def test_killed_at_any_moment(blobs, tmp_path, epochs, kills):
    """SIGKILL at random moments, then again from the same folder: the same bits, and no file but whole ones."""
    for name in ("calm", "killed"):
        (tmp_path / name).mkdir()
        blobs.save(tmp_path / name / "blobs")
    assert kill_at_random(tmp_path / "calm", epochs, kills=0) == 0
    assert kill_at_random(tmp_path / "killed", epochs, kills) == kills
    calm, killed = (np.load(tmp_path / name / "logits.npy") for name in ("calm", "killed"))
    np.testing.assert_array_equal(killed, calm)
    assert (tmp_path / "calm" / "lenet5.galmorph").read_bytes() == (
        tmp_path / "killed" / "lenet5.galmorph"
    ).read_bytes()
