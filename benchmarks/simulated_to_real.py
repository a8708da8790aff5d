"""Accuracy on real galaxies of networks that were trained on simulated ones.

    python benchmarks/simulated_to_real.py --real DIR --output DIR [--rows ...] [--seeds 0 1 2] [--half odd]

Trains on simulated galaxies, and in some rows of the table then on real ones of the even half of Galaxy Zoo 2 (by the
parity of GalaxyID). Then every real galaxy of the odd half is classified once, without averaging over orientations. For
calibration, use ``--half even``: it never opens an image of the odd half, and rows with real training galaxies split
the even half again. ``--ablate`` trains the small network on simulations without one of their parts, instead.
``--start galaxy-zoo-2`` takes that classifier (or a file) and its recipe instead of learning from simulated galaxies.

Results are appended to ``results.jsonl`` in the output folder. A result with the same settings and the same simulation
is not computed again; delete its line to repeat it. ``--save`` also keeps classifiers and checkpoints, so that a killed
training can be resumed. ``--report`` only prints the table of existing results.
"""

import argparse
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _machine import describe, keep_compiled
from _real_galaxies import HALVES, galaxy_ids, real_galaxies
from sklearn.model_selection import train_test_split

import galmorph as gm
from galmorph.simulation import SDSS, simulate_galaxies
from galmorph.simulation._galaxy_zoo import GALAXY_ZOO_2
from galmorph.simulation._simulate import POPULATIONS

SMALL = "small_resnet"
LARGE = "resnet18"
FEW = 200  # real galaxies in the row that has few

OTHER_SEEDS = 1000  # difference between the seeds of the simulated galaxies of one epoch and the next

# Shares of the classes in the simulated training sets.
SHARES = {
    "completely_round_smooth": 0.24,
    "in_between_smooth": 0.23,
    "cigar_shaped_smooth": 0.05,
    "edge_on": 0.13,
    "spiral": 0.35,
}


class Row(NamedTuple):
    """A row of the table: a network, and the galaxies of its training, first simulated and then real."""

    label: str
    network: str
    simulated: bool = True
    real: int | str = 0  # number of real training galaxies, or "all"


ROWS = {
    "small": Row("small ResNet, simulated", SMALL),
    "lenet": Row("LeNet-5, simulated", "lenet5"),
    "small-few": Row(f"small ResNet, simulated, then {FEW} real", SMALL, real=FEW),
    "small-all": Row("small ResNet, simulated, then all real", SMALL, real="all"),
    "large": Row("ResNet-18, simulated", LARGE),
    "few": Row(f"ResNet-18, simulated, then {FEW} real", LARGE, real=FEW),
    "all": Row("ResNet-18, simulated, then all real", LARGE, real="all"),
    "real-few": Row(f"ResNet-18, {FEW} real", LARGE, simulated=False, real=FEW),
    "real": Row("ResNet-18, all real", LARGE, simulated=False, real="all"),
}


def _survey(**changes: Any) -> dict[str, Any]:
    """Arguments of `simulate_galaxies` for SDSS with changes."""
    return {"survey": replace(SDSS, **changes)}


# Parts of the simulation to leave out: a name, and a function that returns arguments of `simulate_galaxies`.
ABLATIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "nothing": dict,
    "noise": partial(_survey, noise=(0.0, 0.0)),
    "blur": partial(_survey, psf_fwhm=(0.0, 0.0), psf_wing=(0.0, 1.0)),
    "JPEG": partial(_survey, jpeg=None),
    "neighbours": partial(_survey, neighbours=(0.0, 0.0)),
    "sky": partial(_survey, sky=(0.0, 0.0), glow=0.0),
    "discs among the smooth": lambda: {"scheme": "without discs"},
}
POPULATIONS["without discs"] = replace(GALAXY_ZOO_2, draw=partial(GALAXY_ZOO_2.draw, discs=0.0))


def main() -> None:
    """Compute missing results, and print the table."""
    options = arguments()
    store = Store(options.output / "results.jsonl")
    if not options.report:
        print(describe(), flush=True)
        work = Work(options, store)
        for seed in options.seeds:
            for name in options.rows:
                work.do(name, seed, without="nothing")
            for without in options.ablate:
                work.do("small", seed, without=without)
                work.forget()
            work.forget()
    print_table(store.results, half=options.half)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--real", type=Path, required=True, help="folder with images/ and labels.csv")
    add("--output", type=Path, required=True, help="folder for results, predictions and kept stamps")
    add("--rows", nargs="*", choices=ROWS, default=list(ROWS), help="what to train")
    add("--ablate", nargs="*", choices=ABLATIONS, default=[], help="what to leave out of the simulation, in turn")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2])
    add("--half", choices=HALVES, default="odd", help="which real galaxies are classified; even to calibrate")
    add("--size", type=int, default=80, help="side of a stamp")
    add("--save", action="store_true", help="keep classifiers and checkpoints")
    add("--report", action="store_true", help="only print the table")
    add("--start", help="pretrained classifier, or a file, that takes the place of a training on simulated galaxies")
    simulated = parser.add_argument_group("learning from simulated galaxies")
    simulated.add_argument("--n", type=int, default=7200, help="galaxies in an epoch; each epoch has others")
    simulated.add_argument("--shares", nargs=5, type=float, default=list(SHARES.values()), help="of the classes")
    simulated.add_argument("--epochs", type=int, default=6)
    simulated.add_argument("--batch-size", type=int, default=64)
    simulated.add_argument("--learning-rate", type=float, default=2e-3)
    simulated.add_argument("--weight-decay", type=float, default=1e-2)
    simulated.add_argument("--shift", type=int, default=4, help="largest shift in pixels")
    simulated.add_argument("--label-smoothing", type=float, default=0.05)
    simulated.add_argument("--weight-average", type=float, default=0.99)
    real = parser.add_argument_group("learning from real galaxies")
    real.add_argument("--real-steps", type=int, default=1300, help="steps of fine-tuning on all real galaxies")
    real.add_argument("--few-steps", type=int, default=300, help="steps of fine-tuning on few")
    real.add_argument("--fine-rate", type=float, default=3e-4, help="learning rate of fine-tuning")
    real.add_argument("--alone-epochs", type=int, default=40, help="epochs on real galaxies alone")
    real.add_argument("--alone-rate", type=float, default=1e-3, help="learning rate on real galaxies alone")
    real.add_argument("--real-batch", type=int, default=32)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    keep_compiled(options.output / "compiled")
    return options


class Store:
    """Results so far, one a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.results = [json.loads(line) for line in lines]

    def has(self, settings: dict[str, Any]) -> bool:
        """Whether there is a result with these settings."""
        return any(result["settings"] == settings for result in self.results)

    def add(self, result: dict[str, Any]) -> None:
        """Store a result."""
        self.results.append(result)
        with self.path.open("a") as file:
            file.write(json.dumps(result) + "\n")


class Work:
    """Trainings of one seed after another; data and classifiers that several rows need are made once."""

    def __init__(self, options: argparse.Namespace, store: Store) -> None:
        self.options = options
        self.store = store
        self._begin = time.perf_counter()
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._worlds: dict[str, str] = {}
        self.start = _start(options.start)
        others = [name for name in options.rows if self.start and ROWS[name].network != self.start.architecture]
        if others:
            raise SystemExit(
                f"--start {options.start} is a {self.start.architecture}; leave out --rows {' '.join(others)}"
            )

    def do(self, name: str, seed: int, *, without: str) -> None:
        """Train for one row and seed, classify, and store the result, unless it exists."""
        row = ROWS[name]
        settings = {**self.settings(row, seed, without), "half": self.options.half}
        if self.store.has(settings):
            return
        begin = time.perf_counter()
        classifier = self.classifier(row, seed, without)
        trained = time.perf_counter() - begin
        judged = self.real_parts()[1 if row.real else 2]
        # Simulated galaxies have no recipe; a classifier that learned from them alone gets the default one.
        scores = gm.training.evaluate(classifier, judged, allow_other_recipe=True)
        result = {
            "settings": settings,
            "row": name,
            "without": without,
            "seed": seed,
            "half": self.options.half,
            "galaxies": len(scores),
            "accuracy": scores.accuracy,
            "balanced": scores.balanced_accuracy,
            "recall": scores.recall(),
            "confusion": scores.confusion.tolist(),
            "seconds": trained,
        }
        stem = f"{_slug(name, without)}-{self.options.half}-{seed}"
        np.savez(
            self.options.output / f"{stem}.npz",
            galaxy_id=galaxy_ids(judged),
            labels=scores.labels,
            logits=scores.logits,
        )
        self.store.add(result)
        recalls = " ".join(f"{value:.3f}" for value in result["recall"].values())
        self.say(
            f"{row.label}{_lacking(without)}, seed {seed}: accuracy {scores.accuracy:.4f}, balanced "
            f"{scores.balanced_accuracy:.4f}, recalls {recalls}, trained in {trained:.0f} s"
        )

    def say(self, text: str) -> None:
        """Print a line with the time since the start."""
        print(f"[{time.perf_counter() - self._begin:6.0f} s] {text}", flush=True)

    def forget(self) -> None:
        """Free everything that belongs to a seed."""
        self._kept = {key: value for key, value in self._kept.items() if key[0] == "real"}

    def _once(self, *key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    # Training galaxies

    def simulated(self, seed: int, without: str) -> gm.data.Dataset:
        """Simulated training galaxies."""
        return self._once("simulated", seed, without, make=partial(self._simulate, seed, without))

    def _simulate(self, seed: int, without: str) -> gm.data.Dataset:
        begin = time.perf_counter()
        galaxies = self._few_simulated(self.options.n, seed, without)
        self.say(f"{galaxies} simulated in {time.perf_counter() - begin:.1f} s")
        return galaxies

    def _few_simulated(self, n: int, seed: int, without: str) -> gm.data.Dataset:
        counts = shared_out(n, self.options.shares)
        return simulate_galaxies(n, size=self.options.size, seed=seed, class_counts=counts, **ABLATIONS[without]())

    def real_parts(self) -> tuple[gm.data.Dataset, gm.data.Dataset, gm.data.Dataset]:
        """Real galaxies for training, for tests of networks trained on real ones, and for tests of the others."""
        return self._once("real", make=self._part_real)

    def _part_real(self) -> tuple[gm.data.Dataset, gm.data.Dataset, gm.data.Dataset]:
        begin = time.perf_counter()
        recipe = self.start and self.start.recipe
        read = partial(real_galaxies, self.options.real, size=self.size, keep=self.options.output, recipe=recipe)
        even = read("even")
        if self.options.half == "odd":
            odd = read("odd")
            parts = even, odd, odd
        else:
            first = galaxy_ids(even) // 2 % 2 == 0
            parts = even[first], even[~first], even
        self.say(f"real galaxies read in {time.perf_counter() - begin:.1f} s: {', '.join(map(repr, parts[:2]))}")
        return parts

    def real(self, row: Row, seed: int) -> gm.data.Dataset:
        """Real training galaxies."""
        learn = self.real_parts()[0]
        if row.real == "all":
            return learn
        rows, _ = train_test_split(np.arange(len(learn)), train_size=row.real, stratify=learn.labels, random_state=seed)
        return learn[np.sort(rows)]

    # Training

    def classifier(self, row: Row, seed: int, without: str) -> gm.training.Classifier:
        """Train one classifier."""
        start: str | gm.training.Classifier = row.network
        if row.simulated:
            start = self._once(row.network, seed, without, make=partial(self._on_simulated, row, seed, without))
        if not row.real:
            return start
        galaxies = self.real(row, seed)
        return self._train(
            start, galaxies, self.real_config(row, seed, len(galaxies)), self.settings(row, seed, without)
        )

    @property
    def size(self) -> int:
        """Side of a stamp."""
        return self.options.size if self.start is None else self.start.recipe.size

    def _on_simulated(self, row: Row, seed: int, without: str) -> gm.training.Classifier:
        if self.start is not None:
            return self.start
        alone = Row("", row.network)
        config, settings = self.simulated_config(seed), self.settings(alone, seed, without)

        def fresh(epoch: int) -> gm.data.Dataset:
            return self._few_simulated(self.options.n, seed + OTHER_SEEDS * epoch, without)

        return self._train(row.network, self.simulated(seed, without), config, settings, fresh=fresh)

    def _train(
        self,
        start: str | gm.training.Classifier,
        galaxies: gm.data.Dataset,
        config: gm.training.TrainConfig,
        settings: dict[str, Any],
        *,
        fresh: Callable[[int], gm.data.Dataset] | None = None,
    ) -> gm.training.Classifier:
        tuned = not isinstance(start, str)
        name = start.architecture if tuned else start
        stem = f"{name}{'-tuned' if tuned else ''}-{config.seed}-{digest(settings)}"
        path = self.options.output / "classifiers" / f"{stem}.galmorph"
        if path.exists():
            return gm.training.Classifier.load(path)
        checkpoints = self.options.output / "checkpoints" / stem if self.options.save else None
        result = gm.training.train(start, galaxies, fresh=fresh, config=config, checkpoints=checkpoints, progress=False)
        if checkpoints is not None:
            path.parent.mkdir(exist_ok=True)
            result.classifier.save(path)
            shutil.rmtree(checkpoints)
        last = result.history[-1]
        self.say(
            f"{name} {'went on with' if tuned else 'learned from'} {len(galaxies)} galaxies for {len(result.history)} "
            f"epochs, {result.seconds:.0f} s: loss {last['loss']:.3f}, accuracy {last['accuracy']:.3f} in training"
        )
        return result.classifier

    def simulated_config(self, seed: int) -> gm.training.TrainConfig:
        """Configuration of trainings on simulated galaxies."""
        options = self.options
        return gm.training.TrainConfig(
            epochs=options.epochs,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            weight_decay=options.weight_decay,
            label_smoothing=options.label_smoothing,
            weight_average=options.weight_average,
            augmentation=gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=options.shift),
            seed=seed,
        )

    def real_config(self, row: Row, seed: int, galaxies: int) -> gm.training.TrainConfig:
        """Configuration of trainings on real galaxies, with a similar number of steps for few and for all galaxies."""
        options = self.options
        epochs, rate = options.alone_epochs, options.alone_rate
        if row.simulated:
            steps = options.real_steps if row.real == "all" else options.few_steps
            epochs, rate = max(1, round(steps * options.real_batch / galaxies)), options.fine_rate
        elif row.real != "all":
            epochs = round(epochs * len(self.real_parts()[0]) / galaxies / 2)
        return gm.training.TrainConfig(
            epochs=epochs,
            batch_size=options.real_batch,
            learning_rate=rate,
            weight_decay=options.weight_decay,
            label_smoothing=options.label_smoothing,
            augmentation=gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=options.shift),
            seed=seed,
        )

    def settings(self, row: Row, seed: int, without: str) -> dict[str, Any]:
        """Everything that determines the result, in values that JSON can store."""
        chosen: dict[str, Any] = {"network": row.network, "size": self.size}
        if row.simulated and self.start is not None:
            chosen |= {"network": self.start.architecture, "start": self.options.start}
        elif row.simulated:
            chosen |= {
                "n": self.options.n,
                "shares": self.options.shares,
                "other galaxies in each epoch": True,
                "config": self.simulated_config(seed).to_dict(),
                "world": self.world(without),
            }
        if row.real:
            galaxies = FEW if row.real == FEW else len(self.real_parts()[0])
            chosen |= {
                "real": galaxies,
                "real half": self.options.half,
                "real config": self.real_config(row, seed, galaxies).to_dict(),
            }
        return json.loads(json.dumps({**chosen, "seed": seed, "without": without}))

    def world(self, without: str) -> str:
        """Digest of a few simulated galaxies, which changes with the simulation."""
        if without not in self._worlds:
            stamps = self._few_simulated(25, 0, without).stamps
            self._worlds[without] = hashlib.sha256(np.ascontiguousarray(stamps).data).hexdigest()[:12]
        return self._worlds[without]


def _start(name: str | None) -> gm.training.Classifier | None:
    if name is None:
        return None
    return gm.training.Classifier.load(name) if Path(name).exists() else gm.training.Classifier.pretrained(name)


def shared_out(n: int, shares: list[float]) -> list[int]:
    """Whole numbers that sum to n, in proportion to shares, by the method of largest remainders."""
    exact = n * np.array(shares) / sum(shares)
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return counts.tolist()


def digest(settings: dict[str, Any]) -> str:
    """Short name of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:10]


def _slug(name: str, without: str) -> str:
    return "-".join(part for part in (name, "" if without == "nothing" else f"without {without}") if part).replace(
        " ", "_"
    )


def _lacking(without: str) -> str:
    return "" if without == "nothing" else f" without {without}"


def print_table(results: list[dict[str, Any]], *, half: str) -> None:
    """Mean and standard deviation over the seeds of the newest settings of each row, as Markdown."""
    names = [name.replace("_", " ") for name in gm.data.GALAXY_ZOO_2_CLASSES]
    header = ["training and network", "seeds", "accuracy", "balanced", *(f"recall: {name}" for name in names)]
    print(f"\nReal galaxies of the {half} half; mean ± standard deviation over seeds\n")
    print("| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|")
    shown = {}
    for result in results:
        if result["half"] == half:
            # Groups of runs whose settings differ only by the seed; the last group is shown.
            key = result["row"], result["without"]
            same = json.dumps(_without_seed(result["settings"]), sort_keys=True)
            group = shown.setdefault(key, {}).setdefault(same, [])
            group.append(result)
            shown[key] = {**{each: runs for each, runs in shown[key].items() if each != same}, same: group}
    for (name, without), settings in sorted(
        shown.items(), key=lambda item: (item[0][1] != "nothing", *_place(item[0]))
    ):
        runs = list(settings.values())[-1]
        columns = [[run["accuracy"] for run in runs], [run["balanced"] for run in runs]]
        columns += [[run["recall"][each] for run in runs] for each in gm.data.GALAXY_ZOO_2_CLASSES]
        seeds = ", ".join(str(run["seed"]) for run in runs)
        print(f"| {ROWS[name].label}{_lacking(without)} | {seeds} | " + " | ".join(map(_spread, columns)) + " |")


def _place(key: tuple[str, str]) -> tuple[int, int]:
    name, without = key
    return list(ROWS).index(name), list(ABLATIONS).index(without) if without in ABLATIONS else len(ABLATIONS)


def _without_seed(settings: Any) -> Any:
    if isinstance(settings, dict):
        return {name: _without_seed(value) for name, value in settings.items() if name != "seed"}
    return settings


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
