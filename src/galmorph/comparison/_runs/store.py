"""Store: a folder that keeps the runs of a comparison, so that it can be resumed, extended and analysed later.

``plan.json`` holds the fingerprint of the galaxies and all plans that were used with the folder, the current one last.
To extend a comparison, plans may differ, but not in the settings on which a single training depends. Each run has three
files in ``runs``: its classifier (``.galmorph``), its answers (``.npz`` arrays, read without pickle), and everything
else (``.json``). The ``.json`` file is written last, so a run is complete if it exists. ``checkpoints`` holds the
checkpoints of the run in progress.
"""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from astropy.table import Table
from flax import nnx

from galmorph._atomic_files import write_atomically
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Job, Run
from galmorph.data import Dataset
from galmorph.errors import FileFormatError
from galmorph.training import Classifier, Scores

__all__ = ["Store"]

FORMAT = "galmorph comparison"
VERSION = 1

OTHERWISE = "use another folder, or delete this one"

ARRAYS = ("rows", "logits", "validation_rows", "validation_logits", "orientations")


class Store:
    """The folder of one comparison.

    Parameters
    ----------
    folder
        The folder; it is created if it does not exist.
    plan
        What is compared, and how.
    dataset
        The galaxies.
    make
        Makes a user's own model by its name, before its weights are read from a file; returns None for galmorph's own
        architectures.

    Raises
    ------
    FileFormatError
        If the folder holds trainings with other settings, or of other galaxies.
    """

    def __init__(
        self, folder: str | Path, plan: ComparisonPlan, dataset: Dataset, make: Callable[[str], nnx.Module | None]
    ) -> None:
        self._folder = Path(folder)
        self._dataset = dataset
        self._make = make
        (self._folder / "runs").mkdir(parents=True, exist_ok=True)
        path = self._folder / "plan.json"
        galaxies = dataset.fingerprint()
        plans: list[dict[str, Any]] = []
        if path.exists():
            theirs, plans, before = _read_plan_file(path)
            _check_same_galaxies(path, theirs, galaxies)
            _check_same_trainings(path, before, _training(plan.to_dict()))
        if not plans or plans[-1]["hash"] != plan.hash:
            plans.append({"hash": plan.hash, "plan": plan.to_dict()})
            described = {"format": FORMAT, "version": VERSION, "galaxies": galaxies, "plans": plans}
            write_atomically(path, json.dumps(described, indent=1).encode())

    def checkpoints(self, job: Job) -> Path:
        """Folder for the checkpoints of a run in progress."""
        return self._folder / "checkpoints" / job.stem

    def read(self, job: Job) -> Run | None:
        """Read a run; None if it is not complete yet.

        Raises
        ------
        FileFormatError
            If a file is damaged or missing.
        """
        path = self._path(job, "json")
        if not path.exists():
            return None
        try:
            notes = json.loads(path.read_text(encoding="utf-8"))
            with self._path(job, "npz").open("rb") as file, np.load(file, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in ARRAYS}
            history = Table(notes.pop("history"))
            run = Run(
                **vars(job),
                rows=arrays["rows"],
                scores=self._scores(arrays["rows"], arrays["logits"]),
                validation=self._scores(arrays["validation_rows"], arrays["validation_logits"]),
                orientations=arrays["orientations"],
                history=history,
                load=partial(self._load, job),
                **notes,
            )
        except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, BadZipFile) as error:
            raise FileFormatError(
                f"{path}: expected a run written by compare, but it can't be read ({error!r}); delete this file, and "
                "the run will be trained again"
            ) from error
        return run

    def write(self, run: Run, validation_rows: np.ndarray) -> Run:
        """Write a run; return it with a classifier that is read from its file on demand."""
        run.classifier.save(self._path(run, "galmorph"))
        arrays: dict[str, Any] = {
            "rows": run.rows,
            "logits": run.scores.logits,
            "validation_rows": validation_rows,
            "validation_logits": run.validation.logits,
            "orientations": run.orientations,
        }
        with io.BytesIO() as file:
            np.savez(file, **arrays)
            write_atomically(self._path(run, "npz"), file.getvalue())
        notes = {
            "history": {name: run.history[name].tolist() for name in run.history.colnames},
            "best_epoch": run.best_epoch,
            "seconds": run.seconds,
            "rate": run.rate,
            "memory": run.memory,
            "parameters": run.parameters,
            "flops": run.flops,
            "versions": dict(run.versions),
        }
        write_atomically(self._path(run, "json"), json.dumps(notes, indent=1).encode())
        shutil.rmtree(self.checkpoints(run), ignore_errors=True)
        return replace(run, load=partial(self._load, run))

    def _path(self, job: Job, ending: str) -> Path:
        return self._folder / "runs" / f"{job.stem}.{ending}"

    def _load(self, job: Job) -> Classifier:
        return Classifier.load(self._path(job, "galmorph"), model=self._make(job.architecture))

    def _scores(self, rows: np.ndarray, logits: np.ndarray) -> Scores:
        return Scores(logits, self._dataset.labels[rows], self._dataset.classes)


def _read_plan_file(path: Path) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    """Read ``plan.json``: fingerprint of the galaxies, plans with their hashes, and the last plan's training settings.

    Raises
    ------
    FileFormatError
        If it is damaged, or of another version.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = (found["format"], found["version"]) == (FORMAT, VERSION)
        if known:
            plans = [{name: each[name] for name in ("hash", "plan")} for each in found["plans"]]
            galaxies, training = str(found["galaxies"]), _training(plans[-1]["plan"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise FileFormatError(f"{path}: expected the plan of a comparison, but it can't be read ({error!r})") from error
    if not known:
        raise FileFormatError(f"{path}: expected {FORMAT!r} version {VERSION}; compare again with another folder")
    return galaxies, plans, training


def _check_same_galaxies(path: Path, there: str, here: str) -> None:
    """Raise `FileFormatError` unless the fingerprints of the galaxies are the same."""
    if there != here:
        raise FileFormatError(
            f"{path}: holds a comparison with other galaxies: expected {here[:12]}, got {there[:12]}; {OTHERWISE}"
        )


def _check_same_trainings(path: Path, there: dict[str, Any], here: dict[str, Any]) -> None:
    """Raise `FileFormatError` unless the training settings are the same."""
    differences = [f"{name} {there.get(name)!r}, not {here[name]!r}" for name in here if there.get(name) != here[name]]
    if differences:
        raise FileFormatError(
            f"{path}: holds a comparison with other trainings: {'; '.join(differences)}. Architectures, seeds, "
            f"tested folds, repeats and learning rates may differ; otherwise {OTHERWISE}"
        )


def _training(plan: dict[str, Any]) -> dict[str, Any]:
    """The settings of a plan on which a training depends, besides its architecture, seed, fold and learning rate."""
    config = {f"config.{name}": value for name, value in plan["config"].items()}
    return {**{name: plan[name] for name in ("folds", "validation", "split_seed")}, **config}
