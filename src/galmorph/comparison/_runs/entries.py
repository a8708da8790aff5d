"""What a comparison holds besides galmorph's architectures: a user's own networks, classifiers, features, ensembles."""

import hashlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from galmorph._checks import check
from galmorph.comparison._runs.ensembles import EnsembleEntry
from galmorph.comparison._runs.estimators import EstimatorEntry
from galmorph.comparison._runs.plan import ON_FEATURES, ComparisonPlan
from galmorph.comparison._runs.run import Run
from galmorph.data import Dataset
from galmorph.errors import FileFormatError, InvalidValueError, MismatchWarning
from galmorph.models import ARCHITECTURES, ModelSummary, create_model, summary
from galmorph.preprocessing import Augmentation, Recipe
from galmorph.training import Classifier, Scaling, TrainConfig

__all__ = ["Entry", "FeatureEntry", "LearnedEntry", "MakeModel", "NetworkEntry", "TrainedEntry", "make_entry"]

# The loss of a single layer is convex. At the learning rate of a deep network it would need hundreds of epochs, and
# until then look worse than it is.
LEAST_RATE = 0.01

MakeModel = Callable[..., nnx.Module]
"""A function that makes a model from ``classes``, ``channels``, ``size`` and ``seed``."""


@dataclass(frozen=True, eq=False)
class NetworkEntry:
    """A network that starts at random.

    Parameters
    ----------
    name
        Name in the plan.
    make
        Function that makes it.
    galaxies
        Stamps and labels.
    """

    name: str
    make: MakeModel
    galaxies: Dataset
    described = ""
    _known: list[str] = field(default_factory=list)  # runs whose network is that of `make`

    def start(self, seed: int, learn: np.ndarray) -> str | nnx.Module:  # noqa: ARG002 (all entries have these)
        """What a training starts from, with a seed and the rows of the training set."""
        return self.name if self.name in ARCHITECTURES else self._made(seed)

    def config(self, config: TrainConfig) -> TrainConfig:
        """Configuration of the training: nothing is frozen, because nothing has learned before."""
        return replace(config, frozen=(), kept_rate=1.0)

    def blank(self) -> nnx.Module | None:
        """Make a network for the weights of a file; None for galmorph's own, which the file names."""
        return None if self.name in ARCHITECTURES else self._made(0)

    def flops(self) -> int:
        """Operations for one answer."""
        return self._summary.flops

    def check_same(self, run: Run) -> None:
        """Raise `FileFormatError` if a run that was kept is that of another network of the same name."""
        if self.name in ARCHITECTURES:
            return
        now = self._summary
        remedy = "give the new network another name, or use another folder"
        if (run.parameters, run.flops) != (now.parameters, now.flops):
            raise FileFormatError(
                f"{run.stem}: holds another network of the name {self.name}: expected {now.parameters:,} weights and "
                f"{now.flops:,} operations, got {run.parameters:,} and {run.flops:,}; {remedy}"
            )
        if not self._known:
            with warnings.catch_warnings():
                warnings.simplefilter("error", MismatchWarning)
                try:
                    run.load()
                except MismatchWarning as warning:
                    raise FileFormatError(
                        f"{run.stem}: holds another network of the name {self.name}, whose answers differ with the "
                        f"same weights; {remedy}"
                    ) from warning
            self._known.append(run.stem)

    @cached_property
    def _summary(self) -> ModelSummary:
        model = nnx.eval_shape(lambda: self._made(0))
        return summary(model, size=self.galaxies.size, channels=self.galaxies.channels)

    def _made(self, seed: int) -> nnx.Module:
        dataset = self.galaxies
        return self.make(classes=len(dataset.classes), channels=dataset.channels, size=dataset.size, seed=seed)


@dataclass(frozen=True, eq=False)
class LearnedEntry:
    """A classifier that is fine-tuned.

    Parameters
    ----------
    classifier
        The classifier.
    galaxies
        Stamps and labels.
    """

    classifier: Classifier
    galaxies: Dataset

    @property
    def described(self) -> str:
        """What it is, and the hash of its weights."""
        digest = self.classifier.fingerprint()
        network = self.classifier.architecture or type(self.classifier.model).__name__
        return f"{network} that starts from learned weights; SHA-256 {digest}"

    def start(self, seed: int, learn: np.ndarray) -> Classifier:  # noqa: ARG002
        """What a training starts from."""
        return self.classifier

    def config(self, config: TrainConfig) -> TrainConfig:
        """Configuration of the training."""
        return config

    def blank(self) -> nnx.Module | None:
        """Make a network for the weights of a file; None for galmorph's own, which the file names."""
        return None if self.classifier.architecture else nnx.clone(self.classifier.model)

    def flops(self) -> int:
        """Operations for one answer."""
        return summary(self.classifier.model, size=self.galaxies.size, channels=self.galaxies.channels).flops


class FeatureLayer(nnx.Module):
    """A dense layer on the features of a galaxy, which it gets as a stamp of one pixel."""

    def __init__(self, features: int, classes: int, *, seed: int) -> None:
        self.dense = nnx.Linear(features, classes, rngs=nnx.Rngs(seed))

    def __call__(self, images: Float[Array, "batch 1 1 features"]) -> Float[Array, "batch classes"]:
        """Turn features into logits."""
        return self.dense(images[:, 0, 0])


@dataclass(frozen=True, eq=False)
class FeatureEntry:
    """A linear layer on features of the galaxies, which another network has made.

    Parameters
    ----------
    galaxies
        The features as stamps of one pixel, each brought to 0 to 1, with the labels.
    digest
        SHA-256 of the features.
    """

    galaxies: Dataset
    digest: str

    @classmethod
    def of(cls, name: str, features: np.ndarray, dataset: Dataset) -> "FeatureEntry":
        """Check features, and bring each to the range of a stamp; the scaling of the training undoes that.

        Raises
        ------
        InvalidValueError
            If there is not one row of finite numbers for each galaxy.
        """
        check_features(name, features, dataset)
        digest = hashlib.sha256(f"{features.dtype.str} {features.shape}".encode() + features.tobytes()).hexdigest()
        values = features.astype(np.float64)
        low, high = values.min(axis=0), values.max(axis=0)
        stamps = ((values - low) / np.where(high > low, high - low, 1)).astype(np.float32)
        galaxies = Dataset(
            stamps[:, np.newaxis, np.newaxis],
            dataset.labels,
            dataset.classes,
            table=dataset.table if dataset.table.colnames else None,  # which may hold soft labels
            groups=dataset.groups,
        )
        return cls(galaxies, digest)

    @property
    def described(self) -> str:
        """What it is, and the hash of the features."""
        return (
            f"a linear layer on {self.galaxies.channels} {ON_FEATURES}, which have no orientations and whose cost is "
            f"not counted; the learning rate is at least {LEAST_RATE:g}; SHA-256 {self.digest}"
        )

    def start(self, seed: int, learn: np.ndarray) -> Classifier:
        """What a training starts from: a random layer, with the scaling of the training set."""
        values = self.galaxies.stamps[learn][:, 0, 0].astype(np.float64)
        std = values.std(axis=0)
        return Classifier(
            model=self._made(seed),
            classes=self.galaxies.classes,
            recipe=Recipe(size=1),
            scaling=Scaling(tuple(map(float, values.mean(axis=0))), tuple(np.where(std > 0, std, 1).tolist())),
            channels=self.galaxies.channels,
            dtype="float32",
        )

    def config(self, config: TrainConfig) -> TrainConfig:
        """Configuration of the training: features can't be augmented, and one layer learns at a high rate."""
        still = Augmentation(rotation="none", flip=False)
        rate = max(config.learning_rate, LEAST_RATE)
        return replace(config, frozen=(), kept_rate=1.0, scaling="dataset", augmentation=still, learning_rate=rate)

    def blank(self) -> nnx.Module:
        """Make a network for the weights of a file."""
        return self._made(0)

    def flops(self) -> int:
        """Operations for one answer."""
        return summary(self._made(0), size=1, channels=self.galaxies.channels).flops

    def _made(self, seed: int) -> nnx.Module:
        return FeatureLayer(self.galaxies.channels, len(self.galaxies.classes), seed=seed)


def check_features(name: str, features: np.ndarray, dataset: Dataset) -> None:
    """Raise `InvalidValueError` unless there is one row of finite numbers for each galaxy."""
    check(
        features.ndim == 2 and features.shape[1] > 0 and features.dtype.kind in "fiu",
        f"models[{name!r}]: expected features as numbers of shape (galaxies, features), got shape {features.shape} "
        f"of {features.dtype}",
    )
    check(
        len(features) == len(dataset),
        f"models[{name!r}]: expected a row of features for each of {len(dataset)} galaxies, in their order, got "
        f"{len(features)}",
    )
    sound = np.isfinite(features).all(axis=1)
    check(
        bool(sound.all()),
        f"models[{name!r}]: expected finite features, but {np.count_nonzero(~sound)} of {len(features)} galaxies "
        f"have NaN or infinity, the first in row {int(sound.argmin())}; leave these galaxies out of the data set",
    )


TrainedEntry = NetworkEntry | LearnedEntry | FeatureEntry
"""What the training loop trains."""

Entry = TrainedEntry | EstimatorEntry | EnsembleEntry


def make_entry(name: str, models: Mapping[str, Any], dataset: Dataset, plan: ComparisonPlan) -> Entry:
    """Make the entry of a name in the plan, which is galmorph's or in `models`.

    Raises
    ------
    InvalidValueError
        If a value in `models` can't be trained on these galaxies.
    """
    if name in ARCHITECTURES:
        return NetworkEntry(name, partial(create_model, name), dataset)
    value = models[name]
    if _are_names(value):
        trained = [other for other in plan.architectures if not _are_names(models.get(other))]
        return EnsembleEntry.of(name, value, trained)
    if isinstance(value, np.ndarray | jax.Array):
        return FeatureEntry.of(name, np.asarray(value), dataset)
    if isinstance(value, tuple):
        check(
            len(value) == 2 and isinstance(value[1], np.ndarray),
            f"models[{name!r}]: expected an estimator and an array of features, such as (RandomForestClassifier(), "
            f"features), got a tuple of {', '.join(type(each).__name__ for each in value) or 'nothing'}",
        )
        estimator, features = value
        check_features(name, features, dataset)
        return EstimatorEntry.of(name, estimator, features, dataset)
    if isinstance(value, Classifier):
        _check_classifier(name, value, dataset)
        return LearnedEntry(value, dataset)
    return NetworkEntry(name, _checked(name, value), dataset)


def _are_names(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(isinstance(each, str) for each in value)


def _check_classifier(name: str, classifier: Classifier, dataset: Dataset) -> None:
    check(
        classifier.architecture is not None or classifier.classes == dataset.classes,
        f"models[{name!r}]: expected the classes {', '.join(dataset.classes)} of the data set, as its network is your "
        f"own, and its last layer stays as it is, got {', '.join(classifier.classes)}",
    )
    wanted = (classifier.recipe.size, classifier.recipe.size, classifier.channels)
    check(
        dataset.stamps.shape[1:] == wanted,
        f"models[{name!r}]: expected a classifier for stamps of {' x '.join(map(str, dataset.stamps.shape[1:]))}, as "
        f"in the data set, got one for {' x '.join(map(str, wanted))}",
    )


def _described(value: object) -> str:
    """Say what a value is; the repr of a network or of numbers has dozens of lines."""
    return f"a {type(value).__name__}" if isinstance(value, nnx.Module | list) else repr(value)


def _checked(name: str, make: MakeModel) -> MakeModel:
    """Check that a model of the user's own is a function that makes networks."""
    expected = "a function of classes, channels, size and seed that returns a flax.nnx.Module"
    check(
        callable(make) and not isinstance(make, nnx.Module),
        f"models[{name!r}]: expected {expected}, a Classifier, an array of features, an estimator with one, or names "
        f"of other entries, got {_described(make)}",
    )

    def checked(**sizes: int) -> nnx.Module:
        try:
            made = make(**sizes)
        except TypeError as error:
            raise InvalidValueError(f"models[{name!r}]: expected {expected}, but calling it raised: {error}") from error
        check(isinstance(made, nnx.Module), f"models[{name!r}]: expected {expected}, but it returned {made!r}")
        return made

    return checked
