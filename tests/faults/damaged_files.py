"""Damage saved files at random, load them, and report each outcome on a line: kind of file, damage, outcome, detail.

Run by `test_damaged_files.py` as a script of its own, because a file might kill the process or never end:
``python damaged_files.py SEED FIRST COUNT``.
"""

import json
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
from fabricated import fabricate_galaxies, fabricate_runs
from small_networks import Linear

from galmorph.comparison import ComparisonPlan
from galmorph.comparison._runs.run import Job
from galmorph.comparison._runs.store import Store
from galmorph.data import Answer, AnswerCache, Dataset, Request, Split, plan_split
from galmorph.data._load.shards import StoredStamp, WantedStamp, in_shards
from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.preprocessing import Recipe
from galmorph.training import Classifier, TrainConfig
from galmorph.training._engine.checkpoint import Checkpoints
from galmorph.training._engine.progress import Progress
from galmorph.training._engine.scaling import Scaling
from galmorph.training._engine.state import State
from galmorph.training._predictions.answer_parts import AnswerParts
from galmorph.training._predictions.prediction_table import Answers

SECONDS = 5  # for one file
MEMORY = 8 << 30  # bytes of address space; JAX takes most of it

Content = dict[str, Any]
Target = tuple[str, list[str], Callable[[Path], Any]]  # kind, its files, and what loads them

NASTY = [
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 10**400, 0.5, -1e300, float("nan"), float("inf")),
    *("", "x", "\ud800", "0" * 5000, [], {}, [[]], [None], {"": 0}, [1, [2, [3]]]),
]


def make_files(folder: Path) -> list[Target]:
    """Write one file of each kind, and say how they are loaded."""
    galaxies = fabricate_galaxies((6, 6, 6, 6, 6), channels=1)
    galaxies.recipe = Recipe(size=32, channels=1).to_dict()
    galaxies.save(folder / "dataset")
    split = plan_split(galaxies, (0.5, 0.5))
    split.save(folder / "split.json")
    classifier = Classifier(
        model=Linear(classes=5),
        classes=galaxies.classes,
        recipe=Recipe(size=32, channels=1),
        scaling=Scaling((0.5,), (0.2,)),
        channels=1,
        notes={"a": [1.5]},
    )
    classifier.save(folder / "classifier.galmorph")
    weights = {"w": np.arange(60, dtype=np.float32)}
    beginning = Progress.beginning(State(weights, {}, {"m": weights["w"] * 2}, None))
    row = {"epoch": 1, "learning_rate": 0.1, "loss": 0.5, "accuracy": 0.5}
    Checkpoints(folder / "checkpoints", "f" * 64).save(
        beginning.end_epoch(row, seconds=1.0, config=TrainConfig())._replace(step=2), 5
    )
    plan = ComparisonPlan(architectures=("tiny",), folds=2, validation=0.5)
    [run] = fabricate_runs(plan, galaxies, {"tiny": 1.0})
    store = Store(folder / "comparison", plan, galaxies, lambda _name: Linear(classes=5))
    store.write(replace(run, load=lambda: classifier), np.arange(len(run.validation)))
    job = Job(**{name: getattr(run, name) for name in Job.__dataclass_fields__})
    stem = f"comparison/runs/{run.stem}"
    answers = Answers(["a", "b"], ["", "x"], None, np.array([[0.25, 0.75]] * 2, np.float32))
    parts = {"classifier": "abc", "paths": False}
    with AnswerParts(folder / "answers.csv", parts, overwrite=False) as opened:
        opened.write(0, "digest", answers)
    wanted = [WantedStamp(0, folder / "a.fits", "a.fits", "x")]
    stamp = StoredStamp(np.zeros((4, 4, 1), np.uint8), "a", "r", (1.0, 2.0), "", "note", "")
    shards = lambda path: list(  # noqa: E731
        in_shards(
            path / "shards", wanted, {"recipe": {"size": 4}, "dtype": "uint8"}, lambda files: (stamp for _ in files)
        )
    )
    shards(folder)
    cache, request = AnswerCache(folder / "cache"), Request(url="https://a.org/b")
    cache.put(request, Answer(url="https://a.org/b", content=b"<html>" * 9, content_type="text/html"))
    [cached] = [str(path.relative_to(folder)) for path in (folder / "cache").rglob("*") if path.is_file()]

    def load_dataset(path: Path) -> Any:
        loaded = Dataset.load(path / "dataset")
        return loaded.fingerprint(), loaded.recipe, loaded.table.pformat(), loaded.classes

    def load_classifier(path: Path) -> Any:
        loaded = Classifier.load(path / "classifier.galmorph", model=Linear(classes=5))
        loaded.probabilities(galaxies.stamps[:2])
        return loaded.fingerprint(), loaded.notes

    def load_checkpoint(path: Path) -> Any:
        found = Checkpoints(path / "checkpoints", "f" * 64).latest(beginning)
        if found is None:
            raise FileFormatError("begins again")
        return [leaf.tobytes() for leaf in map(np.asarray, jax.tree.leaves(found[:2]))], found[2:]

    def load_run(path: Path) -> Any:
        kept = Store(path / "comparison", plan, galaxies, lambda _name: Linear(classes=5)).read(job)
        if kept is None:
            raise FileFormatError("trained again")
        arrays = (kept.rows, kept.scores.logits, kept.validation.logits, kept.orientations)
        known = (kept.history.pformat(), kept.versions, kept.seconds, kept.flops, kept.best_epoch, kept.memory)
        return [array.tobytes() for array in arrays], known, kept.classifier.fingerprint()

    def load_answers(path: Path) -> Any:
        with AnswerParts(path / "answers.csv", parts, overwrite=False) as opened:
            opened.check(0, "digest")
            [kept] = opened
            return kept.names, kept.notes, kept.probabilities.tobytes()

    def load_cached(path: Path) -> Any:
        found = AnswerCache(path / "cache").get(request)
        if found is None:
            raise FileFormatError("treated as missing")
        return found

    return [
        ("data set", [f"dataset/{name}" for name in ("dataset.json", "table.ecsv")], load_dataset),
        ("stamps", [f"dataset/{name}.npy" for name in ("stamps", "labels", "groups")], load_dataset),
        ("split", ["split.json"], lambda path: Split.load(path / "split.json").hash),
        ("classifier", ["classifier.galmorph"], load_classifier),
        ("checkpoint", ["checkpoints/step-000000005.safetensors"], load_checkpoint),
        ("stored run", [f"{stem}.json", f"{stem}.npz", f"{stem}.galmorph", "comparison/plan.json"], load_run),
        ("answers", ["answers.csv.parts/run.json", "answers.csv.parts/part-0000000.npz"], load_answers),
        ("shard", ["shards/shards.json", "shards/000000.json", "shards/000000.npy"], lambda p: repr(shards(p))),
        ("cached answer", [cached], load_cached),
    ]


def damage(rng: random.Random, path: Path) -> str:
    """Damage a file, and say how."""
    content = path.read_bytes()
    if content[8:9] == b"{" and rng.random() < 0.5:
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length])
        inner = json.loads(header["__metadata__"]["galmorph"])
        how = _damage_json(rng, inner)
        header["__metadata__"]["galmorph"] = _deep(rng, json.dumps(inner))
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
        return how
    if content[:1] == b"{" and rng.random() < 0.6:
        first, line, rest = content.partition(b"\n") if b"\n<html>" in content else (content, b"", b"")
        value = json.loads(first)
        how = _damage_json(rng, value)
        path.write_bytes(_deep(rng, json.dumps(value)).encode() + line + rest)
        return how
    data = bytearray(content)
    at = rng.randrange(min(len(data), rng.choice((64, 400, len(data)))))
    end = min(len(data), at + rng.choice((1, 2, 8, 100, 5000)))
    kind = rng.choice(("flip a bit", "set a byte", "cut", "leave out", "repeat", "zeros", "noise", "missing", "empty"))
    if kind == "flip a bit":
        data[at] ^= 1 << rng.randrange(8)
    elif kind == "set a byte":
        data[at] = rng.choice(b'\x00\xff "[]{}:,0-9eE')
    elif kind == "cut":
        del data[at:]
    elif kind == "leave out":
        del data[at:end]
    elif kind == "repeat":
        data[at:at] = data[at:end] * rng.choice((1, 2, 50))
    elif kind == "zeros":
        data[at:end] = bytes(end - at)
    elif kind == "noise":
        data[at:end] = rng.randbytes(end - at)
    path.write_bytes(b"" if kind == "empty" else bytes(data))
    if kind == "missing":
        path.unlink()
    return kind


def _damage_json(rng: random.Random, value: Content) -> str:
    """Replace or remove an entry; in half of the cases the hash, too, as in files of earlier versions."""
    old = rng.random() < 0.5
    if old:
        sealed = {
            "state": ["notes_sha256"],
            "url": ["header"],
        }  # those of shards and cached answers are not of the header
        for name in next((sealed[each] for each in sealed if each in value), ["sha256", "files", "arrays"]):
            value.pop(name, None)
    here: Any = value
    while True:
        name = rng.choice(list(here) if isinstance(here, dict) else range(len(here)))
        if isinstance(here[name], dict | list) and here[name] and rng.random() < 0.7:
            here = here[name]
            continue
        break
    if rng.random() < 0.15:
        del here[name]
    else:
        here[name] = "DEEP" if rng.random() < 0.08 else rng.choice(NASTY)
    return f"entry{' without hash' * old}"


def _deep(rng: random.Random, text: str) -> str:
    return text.replace(
        '"DEEP"', rng.choice(("[" * 100 + "]" * 100, "[" * 20_000 + "]" * 20_000, '{"a":' * 900 + "1" + "}" * 900))
    )


def outcome(load: Callable[[Path], Any], path: Path, right: Any) -> tuple[str, str]:
    """Load a damaged file."""
    signal.alarm(SECONDS)
    try:
        loaded = load(path)
    except (FileFormatError, InvalidValueError) as error:  # the second: of another run
        str(error).encode("utf-8")
        return "typed error", str(error)[-80:]
    except Exception as error:
        return "raw error", f"{type(error).__name__}: {error}"[:300]
    finally:
        signal.alarm(0)
    return ("right", "") if repr(loaded) == right else ("other content", repr(loaded)[:80])


def main(seed: int, first: int, count: int) -> None:
    """Go through the cases; the same seed and number make the same case."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a file that takes too long ends the process
    with tempfile.TemporaryDirectory() as scratch:
        folder, work = Path(scratch) / "files", Path(scratch) / "work"
        folder.mkdir()
        targets = make_files(folder)
        right = {kind: repr(load(folder)) for kind, _, load in targets}
        taken = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY + _address_space(), taken))
        for number in range(first, first + count):
            rng = random.Random(f"{seed} {number}")  # noqa: S311 (no cryptography)
            kind, files, load = rng.choice(targets)
            shutil.copytree(folder, work)
            name = rng.choice(files)
            how = damage(rng, work / name)
            print(json.dumps([number, kind, f"{name}: {how}"]), flush=True)
            print(json.dumps([number, *outcome(load, work, right[kind])]), flush=True)
            shutil.rmtree(work)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
