"""The ensemble: several classifiers whose probabilities are averaged."""

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table
from flax import nnx
from jaxtyping import Array, Float, Float32, UInt8
from scipy.special import log_softmax

from galmorph._checks import check, check_choice, check_positive
from galmorph._metrics import mean_logits
from galmorph.data import Dataset, Images
from galmorph.preprocessing import Recipe, in_orientations
from galmorph.training._classifier.classifier import Classifier, check_classifier
from galmorph.training._classifier.dataset_checks import recipe_differences
from galmorph.training._classifier.temperature import fit_with_warnings, with_temperature
from galmorph.training._ensemble.agreement import disagreement
from galmorph.training._ensemble.ensemble_file import load_members, save_members
from galmorph.training._predictions.domain import Domain
from galmorph.training._predictions.prediction_table import Answers, prediction_table

__all__ = ["Ensemble"]


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble:
    """Several classifiers that answer together: the mean of their probabilities.

    The members may be of different seeds or architectures (Lakshminarayanan, Pritzel & Blundell 2017,
    arXiv:1612.01474). They must have the same classes in the same order, and take the same stamps: their recipes,
    channels and types of stamps are equal, so each image is prepared once. Their scalings and weights are their own.

    Each member's probabilities are those at its own temperature. So a member that was calibrated counts as it is
    calibrated, and one that was not with its overconfidence. `calibrate` fits a temperature to the mean.

    Parameters
    ----------
    members
        At least two classifiers.
    temperature
        Number by which the logarithms of the mean probabilities are divided before they are normalised again; 1 leaves
        the mean as it is.

    Raises
    ------
    InvalidValueError
        If there are fewer than two classifiers, their classes or stamps differ, or the temperature is not above 0.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import Ensemble, TrainConfig, evaluate, train_seeds
    >>> learn, test = simulate_galaxies(60, seed=0).split((0.8, 0.2), seed=0)
    >>> results = train_seeds("lenet5", learn, (0, 1), config=TrainConfig(epochs=1), progress=False)
    >>> ensemble = Ensemble([result.classifier for result in results])
    >>> len(evaluate(ensemble, test))
    12
    >>> "disagreement" in ensemble.predict(test).colnames
    True
    """

    members: Sequence[Classifier]
    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        given: object = self.members
        check(
            isinstance(given, Iterable) and not isinstance(given, str | bytes | Classifier),
            f"members: expected several classifiers, got a {type(given).__name__}",
        )
        object.__setattr__(self, "members", tuple(self.members))
        for member in self.members:
            check_classifier(member)
        check(len(self.members) >= 2, f"members: expected at least two classifiers, got {len(self.members)}")
        first = self.members[0]
        for number, member in enumerate(self.members[1:], start=2):
            _check_alike(first, member, number)
        domain = _joined([member.domain for member in self.members])
        object.__setattr__(self, "_front", replace(first, domain=domain))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.members[0].classes

    @property
    def recipe(self) -> Recipe:
        """Recipe that turns an image into a stamp, the same for all members."""
        return self.members[0].recipe

    @property
    def channels(self) -> int:
        """Number of channels of a stamp."""
        return self.members[0].channels

    @property
    def domain(self) -> Domain:
        """Kind of the training images: an image is doubtful if it differs from those of every member."""
        return self._front.domain  # type: ignore[attr-defined]  # set above

    def logits(
        self, stamps: UInt8[np.ndarray, "n size size channels"] | Float[np.ndarray, "n size size channels"] | Array
    ) -> Float32[np.ndarray, "n classes"]:
        """Logarithms of the mean probabilities, before the temperature of the ensemble.

        Parameters
        ----------
        stamps
            As for ``Classifier.logits``.

        Returns
        -------
        logits
            Float32 of shape ``(n, classes)``.

        Raises
        ------
        InvalidValueError
            If the stamps have another size or number of channels than the training stamps.
        """
        return mean_logits(self._logs(stamps))

    def probabilities(
        self,
        stamps: UInt8[np.ndarray, "n size size channels"] | Float[np.ndarray, "n size size channels"] | Array,
        *,
        orientations: bool = False,
    ) -> Float32[np.ndarray, "n classes"]:
        """Mean probability of each class over the members, at the temperature of the ensemble.

        Parameters
        ----------
        stamps, orientations
            As for ``Classifier.probabilities``.

        Returns
        -------
        probabilities
            Float32 of shape ``(n, classes)``.

        Raises
        ------
        InvalidValueError
            If the stamps have another size or number of channels than the training stamps.
        """
        return self._answers_of(stamps, orientations=orientations)[:, :-1]

    def member_probabilities(
        self, stamps: UInt8[np.ndarray, "n size size channels"] | Float[np.ndarray, "n size size channels"] | Array
    ) -> Float32[np.ndarray, "members n classes"]:
        """Probability of each class according to each member, at its own temperature.

        Parameters
        ----------
        stamps
            As for ``Classifier.probabilities``.

        Returns
        -------
        probabilities
            Float32 of shape ``(members, n, classes)``.

        Raises
        ------
        InvalidValueError
            If the stamps have another size or number of channels than the training stamps.
        """
        return np.stack([member.probabilities(stamps) for member in self.members])

    def predict(
        self,
        galaxies: Dataset | Images,
        *,
        recipe: Recipe | None = None,
        hdu: int | str | tuple[str, int] | None = None,
        bands: Sequence[str] | None = None,
        orientations: bool | None = None,
        workers: int | Executor | None = None,
        progress: bool = False,
        allow_other_recipe: bool = False,
    ) -> Table:
        """Classify galaxies, as ``Classifier.predict`` does.

        Parameters
        ----------
        galaxies, recipe, hdu, bands, orientations, workers, progress, allow_other_recipe
            As for ``Classifier.predict``.

        Returns
        -------
        table
            That of ``Classifier.predict``, and the column ``disagreement`` (`disagreement`, in nats, float32), masked
            where there is no answer. With `orientations`, it is the mean over the orientations.

        Raises
        ------
        InvalidValueError, DatasetError, WorkerError
            As for ``Classifier.predict``.

        Warns
        -----
        MismatchWarning, SkippedImagesWarning
            As for ``Classifier.predict``.
        """
        front: Classifier = self._front  # type: ignore[attr-defined]  # set above
        answers = front._answers(
            galaxies,
            partial(self._answers_of, orientations=front._averages(orientations)),
            len(self.classes) + 1,
            preparation=front._preparation(recipe, hdu, bands, workers),
            progress=progress,
            allow_other_recipe=allow_other_recipe,
        )
        return self._table(answers)

    def predict_to(
        self,
        galaxies: Dataset | str | Path | Iterable[str | Path] | Iterable[tuple[str, np.ndarray]],
        path: str | Path,
        *,
        recipe: Recipe | None = None,
        hdu: int | str | tuple[str, int] | None = None,
        bands: Sequence[str] | None = None,
        orientations: bool | None = None,
        workers: int | Executor | None = None,
        part: int = 4096,
        overwrite: bool = False,
        progress: bool = True,
        allow_other_recipe: bool = False,
    ) -> None:
        """Classify any number of galaxies, and write the table to a file, as ``Classifier.predict_to`` does.

        Parameters
        ----------
        galaxies, path, recipe, hdu, bands, orientations, workers, part, overwrite, progress, allow_other_recipe
            As for ``Classifier.predict_to``.

        Raises
        ------
        InvalidValueError, DatasetError, FileFormatError, WorkerError, FileExistsError, BlockingIOError, ImportError
            As for ``Classifier.predict_to``.

        Warns
        -----
        MismatchWarning, SkippedImagesWarning
            As for ``Classifier.predict``, once at the end.
        """
        front: Classifier = self._front  # type: ignore[attr-defined]  # set above
        averages = front._averages(orientations)
        front._answers_to(
            galaxies,
            Path(path),
            partial(self._answers_of, orientations=averages),
            len(self.classes) + 1,
            table=self._table,
            settings={"ensemble": self.fingerprint(), "own recipe": recipe is not None, "orientations": averages},
            preparation=front._preparation(recipe, hdu, bands, workers),
            part=part,
            overwrite=overwrite,
            progress=progress,
            allow_other_recipe=allow_other_recipe,
        )

    def _table(self, answers: Answers) -> Table:
        """Put answers into a table, whose last column is the disagreement."""
        table = prediction_table(answers._replace(probabilities=answers.probabilities[:, :-1]), self.classes)
        table["disagreement"] = MaskedColumn(
            answers.probabilities[:, -1],
            mask=answers.unknown,
            description="mutual information between class and member, in nats",
        )
        return table

    def calibrate(self, validation: Dataset, *, allow_other_recipe: bool = False) -> "Ensemble":
        """Fit the temperature of the ensemble to galaxies that no member was trained on.

        The answers stay the same, and so do the temperatures of the members.

        Parameters
        ----------
        validation, allow_other_recipe
            As for ``Classifier.calibrate``.

        Returns
        -------
        ensemble
            A new ensemble with the same members.

        Raises
        ------
        InvalidValueError
            As for ``Classifier.calibrate``.

        Warns
        -----
        MismatchWarning, FewGalaxiesWarning, GalmorphWarning
            As for ``Classifier.calibrate``.
        """
        self.check_labelled("validation", validation, allow_other_recipe=allow_other_recipe)
        return replace(self, temperature=fit_with_warnings(self.logits(validation.stamps), validation.labels))

    def check_stamps(self, stamps: np.ndarray | Array) -> None:
        """Raise `InvalidValueError` unless stamps have the size, the channels and the range of the training stamps."""
        self.members[0].check_stamps(stamps)

    def check_dataset(self, name: str, dataset: Dataset, *, allow_other_recipe: bool = False) -> None:
        """Check a data set as ``Classifier.check_dataset`` does."""
        self.members[0].check_dataset(name, dataset, allow_other_recipe=allow_other_recipe)

    def check_labelled(self, name: str, dataset: Dataset, *, allow_other_recipe: bool = False) -> None:
        """Check a data set as ``Classifier.check_labelled`` does, with the images of all members as those it knows."""
        front: Classifier = self._front  # type: ignore[attr-defined]  # set above
        front.check_labelled(name, dataset, allow_other_recipe=allow_other_recipe)

    def save(self, path: str | Path, *, precision: str = "float32") -> None:
        """Write all members to one safetensors file, with everything but the weights in its JSON header.

        The same ensemble always gives the same bytes. The header has a hash of everything.

        Parameters
        ----------
        path, precision
            As for ``Classifier.save``.

        Raises
        ------
        InvalidValueError
            If the precision is unknown, or a kernel is too large for float16.
        """
        check_choice("precision", precision, ("float32", "float16"))
        save_members(path, [member.__getstate__() for member in self.members], self.temperature, precision=precision)

    @classmethod
    def load(cls, path: str | Path, *, models: Sequence[nnx.Module | None] | None = None) -> "Ensemble":
        """Read an ensemble that `save` wrote, on any device.

        Parameters
        ----------
        path
            The file.
        models
            For networks of your own: for each member a network of the same architecture, whose weights are replaced, or
            None for one of galmorph's.

        Raises
        ------
        FileFormatError
            If the file is missing, damaged, incomplete, not an ensemble, or from another version.
        InvalidValueError
            If the file holds a network of your own and `models` has none for it.
        """
        fields, temperature = load_members(path, models)
        return cls([Classifier(**each) for each in fields], temperature)

    def fingerprint(self) -> str:
        """SHA-256 of everything on which the answers depend, in hexadecimal."""
        parts = [member.fingerprint() for member in self.members]
        return hashlib.sha256(" ".join([*parts, repr(self.temperature)]).encode()).hexdigest()

    def _logs(self, stamps: np.ndarray | Array) -> Float[np.ndarray, "members n classes"]:
        return np.stack(
            [log_softmax(np.float64(member.logits(stamps)) / member.temperature, axis=1) for member in self.members]
        )

    def _answers_of(self, stamps: np.ndarray | Array, *, orientations: bool) -> Float32[np.ndarray, "n columns"]:
        """Probabilities of the classes, and the disagreement in a last column."""
        if orientations:  # one after another, because eight copies of the stamps may not fit into memory
            turns = in_orientations(np.asarray(stamps))
            return np.mean([self._answers_of(turned, orientations=False) for turned in turns], axis=0)
        logs = self._logs(stamps)
        mean: Any = with_temperature(mean_logits(logs), self.temperature)
        return np.column_stack([mean, disagreement(np.exp(logs))])

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        names = [member.architecture or type(member.model).__name__ for member in self.members]
        counts = ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))
        shape = f"{self.recipe.size} x {self.recipe.size} x {self.channels}"
        return f"Ensemble({counts}: {shape} -> {', '.join(self.classes)})"


def _check_alike(first: Classifier, member: Classifier, number: int) -> None:
    """Check that a member has the classes, and takes the stamps, of the first one."""
    where = f"members: expected {{}} of the first one in member {number}"
    check(member.classes == first.classes, f"{where.format('the classes')}, {first.classes}, got {member.classes}")
    for name in ("channels", "dtype"):
        one, other = getattr(first, name), getattr(member, name)
        check(one == other, f"{where.format(f'the {name}')}, {one}, got {other}; train both on the same data set")
    found = recipe_differences(first.recipe.to_dict(), member.recipe.to_dict())
    check(
        not found,
        f"{where.format('the recipe')}, but they differ: {'; '.join(found)}; train both on stamps of one recipe",
    )
    check(
        first.domain.linear == member.domain.linear,
        f"{where.format('the kind of images')}, got pictures and linear images, which are not prepared in the same way",
    )


def _joined(domains: Sequence[Domain]) -> Domain:
    """Kind of the images that at least one of the members knows."""

    def hull(ranges: list[tuple[float, float] | None]) -> tuple[float, float] | None:
        known = [limits for limits in ranges if limits is not None]
        whole = len(known) == len(ranges)  # a member that does not know its limits has no doubts
        return (min(low for low, _ in known), max(high for _, high in known)) if whole else None

    bands = [domain.bands for domain in domains]
    return Domain(
        bands=tuple(sorted({one for each in bands for one in each})) if all(bands) else (),
        linear=domains[0].linear,
        pixel_scales=hull([domain.pixel_scales for domain in domains]),
        radii=hull([domain.radii for domain in domains]),
    )
