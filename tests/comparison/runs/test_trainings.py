"""Trainings: learning rates are tried, and the progress bar covers all trainings."""

import warnings
from dataclasses import replace

import pytest
from tiny import MODELS, ONE_TRAINING, PLAN, colours, make_tiny

from galmorph.comparison import ComparisonPlan, compare
from galmorph.errors import FewGalaxiesWarning
from galmorph.training import train


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_bar_ends_at_its_total(capfd):
    """Where warnings are errors, tqdm does not complain that the parts sum up to more than all; no time is negative."""
    config = replace(PLAN.config, epochs=3)
    plan = ComparisonPlan(architectures=("tiny",), seeds=(0, 1, 2), tested_folds=2, config=config)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", FewGalaxiesWarning)
        compare(plan, colours(), models=MODELS)
    shown = capfd.readouterr().err
    assert "100 %" in shown.split("\r")[-1]
    assert "-" not in shown


def test_time_left_follows_from_what_is_done_here(tmp_path, capfd):
    """Half of the work found in a checkpoint, and half of it found trained: nothing is known of the other half yet."""
    plan = ONE_TRAINING
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
