"""ComparisonPlan: all settings of a comparison, fixed before anything is trained."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from galmorph._checks import check, check_between, check_positive, check_positive_int, check_seed
from galmorph.data import Dataset, Split, plan_folds
from galmorph.errors import InvalidValueError
from galmorph.preprocessing import Augmentation
from galmorph.training import SoftLabels, TrainConfig

__all__ = ["MEAN_OF", "ON_FEATURES", "ComparisonPlan", "as_tuple"]

# So say the descriptions of entries that take features, and of ensembles.
ON_FEATURES = "features of each galaxy"
MEAN_OF = "the mean probabilities of"


@dataclass(frozen=True, kw_only=True)
class ComparisonPlan:
    """What is compared, and how: the same galaxies, recipe, augmentation, budget and number of trials for all.

    The galaxies are split into `folds`. `tested_folds` of them are tested in turn, by networks trained on the other
    folds. If all folds are tested, every galaxy is tested once (cross-validation); with one tested fold there is one
    split. A fraction of the galaxies outside the tested fold is used for validation: it selects the epoch, the learning
    rate if several are tried, and the temperature. Nothing is selected on the tested galaxies.

    Parameters
    ----------
    architectures
        Names of architectures for `galmorph.models.create_model`, or of models of your own. Names consist of letters,
        digits, ``_``, ``-`` and ``.``.
    seeds
        Seeds of the trainings: each architecture is trained once with each seed for each tested fold.
    folds
        Number of parts of equal size into which the galaxies are split, at least 2; stratified by class. Groups are
        kept together.
    tested_folds
        Number of folds that are tested; None means all.
    repeats
        How often the whole comparison is made, each time with new folds. More than 1 requires that all folds are
        tested.
    validation
        Fraction of the galaxies outside the tested fold that is used for validation: one over a whole number.
    split_seed
        Random seed of the folds; repeat ``r`` uses ``split_seed + r``.
    config
        Configuration of all trainings; its seed is replaced by `seeds`.
    learning_rates
        Learning rates that each architecture tries for each tested fold, with the first seed. The one with the lowest
        log loss on the validation galaxies is used for all seeds. If empty, the learning rate of `config` is used.
    sizes
        Numbers of training galaxies, to learn how many are needed: each architecture is trained with each number, on
        nested subsets of the training galaxies, and tested on the same galaxies. None means all of them. The ranking
        is that of the largest size. Validation galaxies become fewer in the same proportion. If empty, all are used.
    entries
        What those of the `architectures` are that start from learned weights, take features, or are ensembles, with a
        hash of weights and features; `compare` fills it in.

    Raises
    ------
    InvalidValueError
        If a number is out of range, or a name or seed is given twice.

    Examples
    --------
    >>> from galmorph.comparison import ComparisonPlan
    >>> plan = ComparisonPlan(architectures=("lenet5", "resnet18"), tested_folds=5, seeds=(0, 1, 2))
    >>> plan.trainings
    30
    >>> plan == ComparisonPlan.from_dict(plan.to_dict())
    True
    """

    architectures: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    folds: int = 5
    tested_folds: int | None = 1
    repeats: int = 1
    validation: float = 0.125
    split_seed: int = 0
    config: TrainConfig = field(default_factory=TrainConfig)
    learning_rates: tuple[float, ...] = ()
    sizes: tuple[int | None, ...] = ()
    entries: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        examples = {
            "architectures": '["lenet5"]',
            "seeds": "(0, 1, 2)",
            "learning_rates": "(1e-3,)",
            "sizes": "(100, 300, None)",
        }
        for name, example in examples.items():
            object.__setattr__(self, name, as_tuple(name, getattr(self, name), example))
        check_positive_int("folds", self.folds)
        if self.tested_folds is None:
            object.__setattr__(self, "tested_folds", self.folds)
        check_positive_int("tested_folds", self._tested)
        check_positive_int("repeats", self.repeats)
        check(self.folds >= 2, f"folds: expected at least 2, got {self.folds}; one is tested, the others train")
        check(
            self._tested <= self.folds,
            f"tested_folds: expected at most {self.folds} folds, got {self.tested_folds}",
        )
        check(
            self.repeats == 1 or self.tested_folds == self.folds,
            f"repeats: expected 1 if only {self.tested_folds} of {self.folds} folds are tested, got {self.repeats}; "
            "test all folds with tested_folds=None",
        )
        check_between("validation", self.validation, 0.01, 0.5)
        check_seed("split_seed", self.split_seed)
        check_seed("split_seed + repeats - 1", self.split_seed + self.repeats - 1)
        check(
            isinstance(self.config, TrainConfig),
            f"config: expected a TrainConfig, got {self.config!r}; write TrainConfig(epochs=10, ...)",
        )
        # The seed of the configuration is not used, and must not make the hashes of equal plans differ.
        object.__setattr__(self, "config", replace(self.config, seed=0))
        _check_different("architectures", self.architectures)
        for name in self.architectures:
            check(
                isinstance(name, str) and re.fullmatch(r"\w[\w.-]*", name, re.ASCII) is not None,
                f"architectures: expected names of letters, digits, '_', '-' and '.', got {name!r}",
            )
        _check_different("seeds", self.seeds)
        for seed in self.seeds:
            check_seed("seeds", seed)
        try:
            described = {str(name): str(text) for name, text in dict(self.entries).items()}
        except (TypeError, ValueError) as error:
            raise InvalidValueError(f"entries: expected pairs of a name and a text, got {self.entries!r}") from error
        object.__setattr__(self, "entries", tuple(sorted(described.items())))
        unknown = sorted(described.keys() - set(self.architectures))
        check(not unknown, f"entries: expected names in architectures, got {', '.join(unknown)}")
        if self.learning_rates:
            _check_different("learning_rates", self.learning_rates)
        for rate in self.learning_rates:
            check_positive("learning_rates", rate)
        if self.sizes:
            _check_different("sizes", self.sizes)
        numbers = [size for size in self.sizes if size is not None]
        for size in numbers:
            check_positive_int("sizes", size)
        object.__setattr__(self, "sizes", (*sorted(numbers), *([None] if None in self.sizes else [])))

    @property
    def _tested(self) -> int:
        """`tested_folds`, which `__post_init__` has made a number, for the type checker."""
        return self.folds if self.tested_folds is None else self.tested_folds

    @property
    def on_features(self) -> frozenset[str]:
        """Names of the entries that take features of the galaxies, which have no orientations."""
        return frozenset(name for name, text in self.entries if ON_FEATURES in text)

    @property
    def ensembles(self) -> frozenset[str]:
        """Names of the entries that are means of other entries, and are not trained."""
        return frozenset(name for name, text in self.entries if text.startswith(MEAN_OF))

    @property
    def passes(self) -> int:
        """How often each architecture classifies each tested galaxy: once for each repeat and seed."""
        return self.repeats * len(self.seeds)

    @property
    def trials(self) -> int:
        """Number of learning rates that each architecture tries for each tested fold, at least 1."""
        return max(1, len(self.learning_rates))

    @property
    def trainings(self) -> int:
        """Total number of trainings, including trials."""
        on_a_fold = len(self.seeds) + self.trials - 1
        trained = len(self.architectures) - len(self.ensembles)
        return trained * self.repeats * self._tested * on_a_fold * len(self.all_sizes)

    @property
    def all_sizes(self) -> tuple[int | None, ...]:
        """Numbers of training galaxies, the largest last; None means all."""
        return self.sizes or (None,)

    @property
    def hash(self) -> str:
        """SHA-256 of the plan, in hexadecimal; equal plans have equal hashes on every machine."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def splits(self, dataset: Dataset) -> dict[tuple[int, int], Split]:
        """Split the galaxies into training, validation and test sets, for each repeat and each tested fold.

        Raises
        ------
        DatasetError
            If there are too few galaxies for the number of folds.
        """
        splits: dict[tuple[int, int], Split] = {}
        for repeat in range(self.repeats):
            folds = plan_folds(dataset, self.folds, validation=self.validation, seed=self.split_seed + repeat)
            splits |= {(repeat, fold): folds[fold] for fold in range(self._tested)}
        return splits

    def to_dict(self) -> dict[str, Any]:
        """Describe the plan by values that can be written to JSON; without `entries` and `sizes` if there are none."""
        described = {**vars(self), "config": self.config.to_dict(), "entries": dict(self.entries)}
        for name in ("entries", "sizes"):
            if not described[name]:
                del described[name]  # as in earlier versions, so plans keep their hashes
        return described

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> "ComparisonPlan":
        """Make a plan from the description by `to_dict`.

        Raises
        ------
        InvalidValueError
            If a name is unknown or missing, a value is out of range, the optimiser is not one of galmorph's, or the
            augmentation has a function of your own.
        """
        expected = "plan: expected a description by ComparisonPlan.to_dict"
        check(isinstance(described, Mapping), f"{expected}, got {described!r}")
        try:
            config = dict(described["config"])
            config["augmentation"] = Augmentation(**config["augmentation"])
            config["frozen"] = tuple(config.get("frozen", ()))
            if "soft_labels" in config:
                config["soft_labels"] = SoftLabels(**config["soft_labels"])
            values = {**described, "config": TrainConfig(**config)}
            values["sizes"] = described.get("sizes", ())
            for name in ("architectures", "seeds", "learning_rates", "sizes"):
                values[name] = tuple(values[name])
            values["entries"] = tuple(dict(described.get("entries", {})).items())
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise InvalidValueError(f"{expected}, got {dict(described)!r} ({error!r})") from error


def as_tuple(name: str, values: Any, example: str) -> tuple[Any, ...]:
    """Make a tuple of several values, with Python's numbers in place of NumPy's, which JSON can't hold."""
    # The order counts, and sets have none.
    several = isinstance(values, Iterable) and not isinstance(values, str | bytes | Set | Mapping)
    check(several, f"{name}: expected a list or tuple, got {values!r}; write {name}={example}")
    return tuple(value.item() if isinstance(value, np.generic) else value for value in values)


def _check_different(name: str, values: Iterable[Any]) -> None:
    listed = list(values)
    check(
        bool(listed) and len(set(listed)) == len(listed), f"{name}: expected at least one, all different, got {listed}"
    )
