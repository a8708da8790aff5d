"""Store: a folder that keeps the runs of a comparison, so that it can be resumed, extended and analysed later.

``plan.json`` holds the fingerprint of the galaxies and all plans that were used with the folder, the current one last.
To extend a comparison, plans may differ, but not in the settings on which a single training depends. Each run has three
files in ``runs``: its classifier (``.galmorph``), its answers (``.npz`` arrays, read without pickle), and everything
else (``.json``). The ``.json`` file is written last, so a run is complete if it exists. ``checkpoints`` holds the
checkpoints of the run in progress. Answers to external galaxies have a file for each run and data set
(``.external-....safetensors``).
"""

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.table import Table
from flax import nnx

from galmorph._atomic_files import write_atomically
from galmorph._folder_lock import folder_lock
from galmorph._saved_json import check_seal, damaged_file, read_as, read_json, seal
from galmorph._tensor_file import read_tensors, saved_tensors
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Job, Run, no_classifier
from galmorph.data import Dataset
from galmorph.errors import FileFormatError
from galmorph.training import Classifier, Scores

__all__ = ["ExternalGalaxies", "Store", "open_store"]

FORMAT = "galmorph comparison"
EXTERNAL = "galmorph external answers"
VERSION = 1

OTHERWISE = "use another folder, or delete this one"

ARRAYS = ("rows", "logits", "validation_rows", "validation_logits", "orientations")


class ExternalGalaxies(NamedTuple):
    """Galaxies that are not part of the comparison, and their fingerprint, which takes a pass over all stamps."""

    galaxies: Dataset
    fingerprint: str


@dataclass(frozen=True)
class _Notes:
    """The ``.json`` file of a run. Earlier versions wrote no hash of the arrays."""

    history: dict[str, tuple[int | float, ...]]
    best_epoch: int
    seconds: float
    rate: float
    memory: int
    parameters: int
    flops: int
    versions: dict[str, str]
    arrays: str | None = None  # SHA-256 of the .npz file

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.history.values()}
        if len(lengths) != 1 or not 1 <= self.best_epoch <= max(lengths):
            raise ValueError(f"history: expected columns of one length, with the best epoch {self.best_epoch}")


@dataclass(frozen=True)
class _KeptPlan:
    """A plan that was used with the folder."""

    hash: str
    plan: dict[str, Any]

    def __post_init__(self) -> None:
        if hashlib.sha256(json.dumps(self.plan, sort_keys=True).encode()).hexdigest() != self.hash:
            raise ValueError("plans: a plan does not match its hash: it was damaged, or changed by hand")


@dataclass(frozen=True)
class _PlanFile:
    """``plan.json``."""

    galaxies: str
    plans: tuple[_KeptPlan, ...]

    def __post_init__(self) -> None:
        if not self.plans:
            raise ValueError("plans: expected at least one, got none")


@contextmanager
def open_store(
    folder: str | Path, plan: ComparisonPlan, dataset: Dataset, make: Callable[[str], nnx.Module | None]
) -> Iterator["Store"]:
    """Lock the folder of a comparison, which is created if it does not exist, and open it.

    Raises
    ------
    BlockingIOError
        If another comparison uses the folder.
    FileFormatError
        As for `Store`.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    with folder_lock(Path(folder), who="another comparison"):
        yield Store(folder, plan, dataset, make)


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
        galaxies = _fingerprint(dataset, plan)
        plans: list[dict[str, Any]] = []
        if path.exists():
            theirs, plans, before = _read_plan_file(path)
            _check_same_galaxies(path, theirs, galaxies)
            _check_same_trainings(path, before, _training(plan.to_dict()))
            for kept in plans:
                _check_same_entries(path, kept["plan"], plan)
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
        remedy = "delete this file, and the run will be trained again"
        with damaged_file(path, "a run written by compare", remedy):
            found = read_json(path)
            notes = read_as(_Notes, found)
            check_seal(found)
            arrays = _read_arrays(self._path(job, "npz"), notes.arrays)
            described = {name: value for name, value in vars(notes).items() if name not in ("history", "arrays")}
            return Run(
                **vars(job),
                rows=self._rows(arrays["rows"]),
                scores=self._scores(arrays["rows"], arrays["logits"]),
                validation=self._scores(self._rows(arrays["validation_rows"]), arrays["validation_logits"]),
                orientations=_orientations(arrays["orientations"], arrays["logits"].shape),
                history=Table({name: list(column) for name, column in notes.history.items()}),
                load=partial(self._load, job) if self._path(job, "galmorph").exists() else no_classifier,
                **described,
            )

    def write(self, run: Run, validation_rows: np.ndarray) -> Run:
        """Write a run; return it with a classifier that is read from its file on demand."""
        if run.load is not no_classifier:
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
            content = file.getvalue()
        write_atomically(self._path(run, "npz"), content)
        notes = _Notes(
            history={name: tuple(run.history[name].tolist()) for name in run.history.colnames},
            best_epoch=run.best_epoch,
            seconds=run.seconds,
            rate=run.rate,
            memory=run.memory,
            parameters=run.parameters,
            flops=run.flops,
            versions=dict(run.versions),
            arrays=hashlib.sha256(content).hexdigest(),
        )
        write_atomically(self._path(run, "json"), json.dumps(seal(asdict(notes)), indent=1).encode())
        shutil.rmtree(self.checkpoints(run), ignore_errors=True)
        return run if run.load is no_classifier else replace(run, load=partial(self._load, run))

    def read_external(self, job: Job, external: ExternalGalaxies) -> Scores | None:
        """Read the answers of a run to external galaxies; None if it was not asked yet.

        Raises
        ------
        FileFormatError
            If the file is damaged.
        """
        path, galaxies = self._external_path(job, external), external.galaxies
        if not path.exists():
            return None
        remedy = "delete this file, and the galaxies will be classified again"
        with damaged_file(path, "answers to external galaxies written by compare", remedy):
            header, tensors = read_tensors(path)
            if header["galaxies"] != external.fingerprint:
                raise ValueError("the answers are to other galaxies")
            return Scores(tensors["logits"], galaxies.labels, galaxies.classes)

    def write_external(self, job: Job, external: ExternalGalaxies, scores: Scores) -> None:
        """Write the answers of a run to external galaxies."""
        header = {"format": EXTERNAL, "version": VERSION, "galaxies": external.fingerprint}
        write_atomically(self._external_path(job, external), saved_tensors({"logits": scores.logits}, header))

    def _external_path(self, job: Job, external: ExternalGalaxies) -> Path:
        return self._path(job, f"external-{external.fingerprint[:16]}.safetensors")

    def _path(self, job: Job, ending: str) -> Path:
        return self._folder / "runs" / f"{job.stem}.{ending}"

    def _load(self, job: Job) -> Classifier:
        return Classifier.load(self._path(job, "galmorph"), model=self._make(job.architecture))

    def _rows(self, rows: np.ndarray) -> np.ndarray:
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or not (rows.min() >= 0 and rows.max() < len(self._dataset)):
            raise ValueError(f"rows: expected indices of {len(self._dataset)} galaxies")
        return rows

    def _scores(self, rows: np.ndarray, logits: np.ndarray) -> Scores:
        return Scores(logits, self._dataset.labels[rows], self._dataset.classes)


def _fingerprint(dataset: Dataset, plan: ComparisonPlan) -> str:
    """Hash of all that is learned of the galaxies: soft labels, which are in their table, belong to it."""
    soft = plan.config.soft_labels
    if soft is None:
        return dataset.fingerprint()
    return hashlib.sha256(dataset.fingerprint().encode() + soft.of(dataset).tobytes()).hexdigest()


def _read_plan_file(path: Path) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    """Read ``plan.json``: fingerprint of the galaxies, plans with their hashes, and the last plan's training settings.

    Raises
    ------
    FileFormatError
        If it is damaged, or of another version.
    """
    with damaged_file(path, "the plan of a comparison"):
        found = read_json(path)
        if (found["format"], found["version"]) != (FORMAT, VERSION):
            raise FileFormatError(f"{path}: expected {FORMAT!r} version {VERSION}; compare again with another folder")
        kept = read_as(_PlanFile, found)
        return kept.galaxies, [vars(each) for each in kept.plans], _training(kept.plans[-1].plan)


def _read_arrays(path: Path, digest: str | None) -> dict[str, np.ndarray]:
    content = path.read_bytes()
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{path.name}: does not match its hash: it was damaged, or changed by hand")
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        return {name: kept[name] for name in ARRAYS}


def _orientations(probabilities: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if probabilities.dtype != np.float32 or probabilities.shape != (8, *shape):
        raise ValueError(f"orientations: expected float32 of shape {(8, *shape)}, got {probabilities.shape}")
    return probabilities


def _check_same_galaxies(path: Path, there: str, here: str) -> None:
    """Raise `FileFormatError` unless the fingerprints of the galaxies are the same."""
    if there != here:
        raise FileFormatError(
            f"{path}: holds a comparison with other galaxies: expected {here[:12]}, got {there[:12]}; {OTHERWISE}"
        )


def _check_same_trainings(path: Path, there: dict[str, Any], here: dict[str, Any]) -> None:
    """Raise `FileFormatError` unless the training settings are the same."""
    # Options that were off may be missing on either side.
    differences = [
        f"{name} {there.get(name)!r}, not {here.get(name)!r}"
        for name in dict.fromkeys([*here, *there])
        if there.get(name) != here.get(name)
    ]
    if differences:
        raise FileFormatError(
            f"{path}: holds a comparison with other trainings: {'; '.join(differences)}. Architectures, seeds, "
            f"tested folds, repeats and learning rates may differ; otherwise {OTHERWISE}"
        )


def _check_same_entries(path: Path, there: dict[str, Any], here: ComparisonPlan) -> None:
    """Raise `FileFormatError` if a name stood for other weights or features."""
    before, now = there.get("entries", {}), dict(here.entries)
    for name in sorted(set(there["architectures"]) & set(here.architectures)):
        if before.get(name) != now.get(name):
            random = "a network that starts at random"
            raise FileFormatError(
                f"{path}: holds trainings in which {name} was another network: expected {now.get(name, random)}, got "
                f"{before.get(name, random)}; give it another name, or {OTHERWISE}"
            )


def _training(plan: dict[str, Any]) -> dict[str, Any]:
    """The settings of a plan on which a training depends, besides its architecture, seed, fold and learning rate."""
    config = {f"config.{name}": value for name, value in plan["config"].items()}
    return {**{name: plan[name] for name in ("folds", "validation", "split_seed")}, **config}
