"""The classifier: a trained network, with everything that is needed to use it on image files."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields, replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from astropy.table import Table
from flax import linen, nnx
from jaxtyping import Array, Float, Float32, UInt8

from galmorph._checks import check, check_choice, check_positive
from galmorph._warnings import warn
from galmorph.data import Dataset
from galmorph.errors import FewGalaxiesWarning, FileFormatError, GalmorphWarning, InvalidValueError, MismatchWarning
from galmorph.models import create_model
from galmorph.preprocessing import Recipe, in_orientations
from galmorph.training._classifier.dataset_checks import check_is_dataset, check_same_recipe
from galmorph.training._classifier.domain import Domain
from galmorph.training._classifier.predict_files import expand_patterns, prediction_table, read_stamps, warn_of_notes
from galmorph.training._classifier.pretrained import PRETRAINED, pretrained_file
from galmorph.training._classifier.temperature import TEMPERATURE_LIMITS, fit_temperature, with_temperature
from galmorph.training._classifier.weights_file import load_weights, read_header, save_weights
from galmorph.training._engine.predict import Predictor
from galmorph.training._engine.scaling import Scaling, to_stored_type
from galmorph.training._engine.state import EvalWeights, prediction_view, split_model

__all__ = ["Classifier", "check_classifier", "check_network"]

_ROUNDING = 1e-3  # by which floats may be below 0 or above 1
_FEW = 30  # galaxies that say little about a temperature


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Classifier:
    """A trained network, its classes, and the recipe of its training stamps.

    The recipe belongs to the classifier: image files are prepared for prediction exactly as they were for training.

    Parameters
    ----------
    model
        Any `flax.nnx.Module` that turns images into logits.
    classes
        Names of the classes.
    recipe
        Recipe that turns an image into a stamp.
    scaling
        Mean and standard deviation of each channel of the training stamps.
    channels
        Number of channels of a stamp.
    dtype
        Type of the training stamps: ``"uint8"``, ``"float16"`` or ``"float32"``. Stamps of files are rounded to the
        same type.
    architecture
        Name of the model in `galmorph.models.create_model`, or None for a model of your own.
    domain
        Kind of the training images.
    notes
        How it was trained, in values that JSON can store.
    temperature
        Number by which logits are divided before the softmax; `calibrate` finds it.

    Raises
    ------
    InvalidValueError
        If the temperature is not above 0, or the model is not a `flax.nnx.Module`.
    """

    model: nnx.Module
    classes: tuple[str, ...]
    recipe: Recipe
    scaling: Scaling
    channels: int
    dtype: str = "uint8"
    architecture: str | None = None
    domain: Domain = field(default_factory=Domain)
    notes: Mapping[str, Any] = field(default_factory=dict)
    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        check_network(self.model)
        object.__setattr__(self, "model", prediction_view(self.model))
        parts = split_model(self.model)
        object.__setattr__(self, "_weights", EvalWeights(parts.params, parts.statistics))
        object.__setattr__(self, "_predict", Predictor(self.model, self.scaling))

    def __getstate__(self) -> dict[str, Any]:
        """Everything that another process needs; it compiles the network again."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def logits(
        self, stamps: UInt8[np.ndarray, "n size size channels"] | Float[np.ndarray, "n size size channels"] | Array
    ) -> Float32[np.ndarray, "n classes"]:
        """Logits of stamps that the recipe made.

        Parameters
        ----------
        stamps
            Uint8 (0 to 255) or floats (0 to 1) of shape ``(n, size, size, channels)``.

        Returns
        -------
        logits
            Float32 of shape ``(n, classes)``.

        Raises
        ------
        InvalidValueError
            If the stamps have another size or number of channels than the training stamps.
        """
        self.check_stamps(stamps)
        logits: np.ndarray = self._predict(self._weights, stamps)  # type: ignore[attr-defined]  # set above
        check(
            logits.shape == (len(stamps), len(self.classes)),
            f"model: expected logits of shape {(len(stamps), len(self.classes))}, one for each class, got "
            f"{logits.shape}; make a network of {len(self.classes)} outputs",
        )
        bad = np.count_nonzero(~np.isfinite(logits).all(axis=1))
        check(
            not bad,
            f"logits: expected finite numbers, got NaN or infinity for {bad} of {len(stamps)} stamps; did the training "
            "diverge?",
        )
        return logits

    def check_stamps(self, stamps: np.ndarray | Array) -> None:
        """Raise `InvalidValueError` unless stamps have the size, the channels and the range of the training stamps."""
        expected = (self.recipe.size, self.recipe.size, self.channels)
        check(
            stamps.ndim == 4 and stamps.shape[1:] == expected,
            f"stamps: expected shape (n, {', '.join(map(str, expected))}), got {stamps.shape}; "
            "make them with the classifier's recipe",
        )
        check(len(stamps) > 0, "stamps: expected at least one, got none")
        if stamps.dtype == np.uint8:
            return
        check(
            jnp.issubdtype(stamps.dtype, np.floating),
            f"stamps: expected uint8 (0 to 255) or floats (0 to 1), got {stamps.dtype}; write stamps.astype(np.uint8) "
            "if they are from 0 to 255",
        )
        low, high = float(stamps.min()), float(stamps.max())
        check(
            low >= -_ROUNDING and high <= 1 + _ROUNDING,
            f"stamps: expected floats from 0 (black) to 1 (white), got {low:g} to {high:g}; divide by 255 if they are "
            "grey values",
        )

    def check_dataset(self, name: str, dataset: Dataset, *, allow_other_recipe: bool = False) -> None:
        """Raise `InvalidValueError` unless an argument is a data set with stamps like those of the training.

        Parameters
        ----------
        name
            Name of the argument.
        dataset
            The data set.
        allow_other_recipe
            Whether its stamps may be made by another recipe.
        """
        check_is_dataset(name, dataset)
        if not allow_other_recipe:
            remedy = "Make them with recipe=classifier.recipe"
            check_same_recipe(name, dataset, self.recipe.to_dict(), of="the classifier", remedy=remedy)
        self.check_stamps(dataset.stamps)

    def warn_of_kind(self, dataset: Dataset) -> None:
        """Warn if most images of a data set are of another kind (bands, pixel scale) than the training images."""
        doubts = [doubt for doubt in self.domain.doubts_of(dataset) if doubt]
        if len(doubts) > len(dataset) / 2:
            message = f"{len(doubts)} of {len(dataset)} images differ from the training images, the first: {doubts[0]}"
            warn(message, MismatchWarning)

    def probabilities(
        self,
        stamps: UInt8[np.ndarray, "n size size channels"] | Float[np.ndarray, "n size size channels"] | Array,
        *,
        orientations: bool = False,
    ) -> Float32[np.ndarray, "n classes"]:
        """Probability of each class: the softmax of `logits` divided by the temperature.

        Parameters
        ----------
        stamps
            Uint8 (0 to 255) or floats (0 to 1) of shape ``(n, size, size, channels)``.
        orientations
            Whether to average the probabilities over the eight orientations of each stamp
            (`galmorph.preprocessing.in_orientations`), as Dieleman, Willett & Dambre (2015, MNRAS 450, 1441) do. This
            test-time augmentation makes them independent of the orientation of a galaxy, and mostly a little better.
            It takes eight times as long.

        Returns
        -------
        probabilities
            Float32 of shape ``(n, classes)``.

        Raises
        ------
        InvalidValueError
            If the stamps have another size or number of channels than the training stamps.
        """
        if not orientations:
            return with_temperature(self.logits(stamps), self.temperature)
        # One after another, because eight copies of the stamps may not fit into memory.
        return np.mean([self.probabilities(turned) for turned in in_orientations(np.asarray(stamps))], axis=0)

    def calibrate(self, validation: Dataset, *, allow_other_recipe: bool = False) -> "Classifier":
        """Fit the temperature to galaxies that the classifier was not trained on.

        The answers stay the same. For galaxies like these, the probabilities then agree better with how often the
        answers are right (`fit_temperature`).

        Parameters
        ----------
        validation
            Stamps and labels that are neither in the training set nor in a later test set. A few hundred are enough.
        allow_other_recipe
            Whether the stamps may be made by another recipe than the classifier's, as in `evaluate`.

        Returns
        -------
        classifier
            A new classifier with the same weights. A temperature that it already had does not matter.

        Raises
        ------
        InvalidValueError
            If the classes or the recipes differ, or the stamps don't fit the classifier.

        Warns
        -----
        MismatchWarning
            If most images differ in kind (bands, pixel scale) from the training images.
        FewGalaxiesWarning
            If there are fewer than 30 galaxies.
        GalmorphWarning
            If the temperature is at its limit of 0.05 or 20, which no network in use should need.

        Examples
        --------
        >>> from galmorph.simulation import simulate_galaxies
        >>> from galmorph.training import Classifier, TrainConfig, train
        >>> learn, validation = simulate_galaxies(100, seed=0).split((0.6, 0.4), seed=0)
        >>> classifier = train("lenet5", learn, config=TrainConfig(epochs=1), progress=False).classifier
        >>> classifier.calibrate(validation).temperature != 1
        True
        """
        self.check_dataset("validation", validation, allow_other_recipe=allow_other_recipe)
        check(
            validation.classes == self.classes,
            f"classes: expected {self.classes}, got {validation.classes}; calibrate with the classes of the training",
        )
        self.warn_of_kind(validation)
        if len(validation) < _FEW:
            message = f"calibrated on {len(validation)} galaxies, which say little; use a few hundred"
            warn(message, FewGalaxiesWarning)
        temperature = fit_temperature(self.logits(validation.stamps), validation.labels)
        if temperature in TEMPERATURE_LIMITS:
            message = (
                f"the temperature is {temperature:g}, the limit of the search: are the answers to all galaxies right, "
                "or no better than chance? Use more galaxies that the classifier has not learned from"
            )
            warn(message, GalmorphWarning)
        return replace(self, temperature=temperature)

    def predict(
        self,
        galaxies: Dataset | str | Path | Iterable[str | Path],
        *,
        recipe: Recipe | None = None,
        orientations: bool = False,
        workers: int | Executor | None = None,
        progress: bool = False,
        allow_other_recipe: bool = False,
    ) -> Table:
        """Classify galaxies: image files without any preparation, or the stamps of a data set.

        Parameters
        ----------
        galaxies
            A data set; or a file, a folder of images, a pattern such as ``"mine/*.fits"``, or several of these.
        recipe
            For images of another kind than the training images: a recipe that makes similar stamps of them, of the same
            size and number of channels. By default the recipe of the training.
        orientations
            Whether to average over the eight orientations of each stamp, as in `probabilities`.
        workers
            Who reads and prepares files: None for all cores, 1 for this thread alone, another number for so many
            workers, or any `concurrent.futures.Executor`, which stays open.
        progress
            Whether to show a progress bar over the files.
        allow_other_recipe
            Whether the stamps of a data set may be made by another recipe than the classifier's, as in `evaluate`.

        Returns
        -------
        table
            One row for each galaxy, in the order given, with the columns ``name``, ``class``, ``probability`` (of that
            class), one ``p(...)`` for each class, and ``note``, which says why not to trust an answer. A file that
            can't be used also has a row, with masked values and the reason in its note. For files, the second column is
            ``path``.

        Raises
        ------
        InvalidValueError
            If a pattern matches no file, the recipe of a data set differs, or the stamps of a data set or of a recipe
            don't fit the classifier.
        DatasetError
            If a folder has no images.

        Warns
        -----
        MismatchWarning
            If images differ in kind (channels, bands, pixel scale) from the training images, or their stamps show
            nothing.
        SkippedImagesWarning
            If a file can't be used.
        """
        if isinstance(galaxies, Dataset):
            self.check_dataset("galaxies", galaxies, allow_other_recipe=allow_other_recipe)
            named = "name" in galaxies.table.colnames
            names = list(galaxies.table["name"]) if named else [str(row) for row in range(len(galaxies))]
            probabilities = self.probabilities(galaxies.stamps, orientations=orientations)
            notes = self.domain.doubts_of(galaxies)
            warn_of_notes(notes, [True] * len(galaxies))
            return prediction_table(names, None, self.classes, probabilities, notes)
        paths = expand_patterns([galaxies] if isinstance(galaxies, str | Path) else galaxies)
        recipe = self.recipe if recipe is None else recipe
        if recipe.channels is None and self.channels in (1, 3):
            recipe = replace(recipe, channels=self.channels)
        read = read_stamps(
            paths, recipe, channels=self.channels, domain=self.domain, workers=workers, progress=progress
        )
        probabilities = np.full((len(paths), len(self.classes)), np.nan, np.float32)
        if read.pixels:
            stamps = to_stored_type(np.stack(read.pixels), self.dtype)
            probabilities[read.usable] = self.probabilities(stamps, orientations=orientations)
        return prediction_table(read.names, paths, self.classes, probabilities, read.notes)

    @property
    def card(self) -> str:
        """Markdown text on the training data, the performance and the limits, stored as ``notes["card"]``.

        Empty if the classifier has no card.
        """
        return str(self.notes.get("card", ""))

    def save(self, path: str | Path, *, precision: str = "float32") -> None:
        """Write the classifier to one safetensors file, with everything but the weights in its JSON header.

        The same classifier always gives the same bytes.

        Parameters
        ----------
        path
            The file. It appears only when it is complete, and replaces an older one. Missing folders are made.
        precision
            Type of the kernels in the file: ``"float32"``, or ``"float16"``, which halves the file and rounds each
            kernel by at most one part in two thousand. Biases, norms and running statistics are always float32.
            `load` returns float32 throughout.

        Raises
        ------
        InvalidValueError
            If the precision is unknown, or a kernel is too large for float16.
        """
        check_choice("precision", precision, ("float32", "float16"))
        header: dict[str, Any] = {
            "architecture": self.architecture,
            "classes": self.classes,
            "channels": self.channels,
            "dtype": self.dtype,
            "recipe": self.recipe.to_dict(),
            "scaling": self.scaling._asdict(),
            "domain": {"bands": self.domain.bands, "pixel_scales": self.domain.pixel_scales},
            "notes": dict(self.notes),
        }
        if self.temperature != 1:
            header["temperature"] = self.temperature
        save_weights(path, self.model, header, precision=precision)

    @classmethod
    def load(cls, path: str | Path, *, model: nnx.Module | None = None) -> "Classifier":
        """Read a classifier that `save` wrote, on any device.

        Parameters
        ----------
        path
            The file.
        model
            For a network of your own: a network of the same architecture, whose weights are replaced.

        Raises
        ------
        FileFormatError
            If the file is missing, damaged, incomplete, not a classifier, or from another version.
        InvalidValueError
            If the file holds a network of your own and `model` is missing.
        """
        if str(path) in PRETRAINED and not Path(path).exists():
            raise FileFormatError(f"{path}: no such file; Classifier.pretrained({str(path)!r}) loads that classifier")
        header = read_header(path)
        try:
            recipe, channels, dtype = Recipe.from_dict(header["recipe"]), header["channels"], header["dtype"]
            architecture, classes = header["architecture"], tuple(header["classes"])
            scaling = Scaling(*(tuple(header["scaling"][name]) for name in ("mean", "std")))
            scales = header["domain"]["pixel_scales"]
            domain = Domain(
                bands=tuple(tuple(bands) for bands in header["domain"]["bands"]),
                pixel_scales=None if scales is None else (scales[0], scales[1]),
            )
            notes, temperature = header["notes"], float(header.get("temperature", 1.0))
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"{path}: the header is incomplete or damaged ({error!r}); save it again") from error
        if model is None:
            if architecture is None:
                raise InvalidValueError(
                    f"{path}: its network is not one of galmorph's; pass one of the same architecture as model="
                )
            model = nnx.eval_shape(
                lambda: create_model(architecture, classes=len(classes), channels=channels, size=recipe.size)
            )
            nnx.reseed(model, dropout=0)  # the file has no random streams, and eval_shape made none
        return cls(
            model=jax.device_put(load_weights(path, model)),
            classes=classes,
            recipe=recipe,
            scaling=scaling,
            channels=channels,
            dtype=dtype,
            architecture=architecture,
            domain=domain,
            notes=notes,
            temperature=temperature,
        )

    @classmethod
    def pretrained(cls, name: str) -> "Classifier":
        """Load a classifier that comes with galmorph; nothing is downloaded.

        Parameters
        ----------
        name
            ``"galaxy-zoo-2"``: the five classes of Dai & Tong (2018), trained on simulated galaxies alone. It is made
            for colour images like those of Galaxy Zoo 2, with any frame. The page "A trained classifier" describes it.

        Returns
        -------
        classifier
            The classifier; its `card` describes its training data, its performance and its limits.

        Raises
        ------
        InvalidValueError
            If the name is unknown.

        Examples
        --------
        >>> from galmorph.simulation import simulate_galaxies
        >>> from galmorph.training import Classifier
        >>> classifier = Classifier.pretrained("galaxy-zoo-2")
        >>> galaxies = simulate_galaxies(3, size=classifier.recipe.size)
        >>> classifier.predict(galaxies).colnames[:3]
        ['name', 'class', 'probability']
        """
        check_choice("name", name, PRETRAINED)
        with as_file(pretrained_file(name, "safetensors")) as path:
            classifier = cls.load(path)
        card = pretrained_file(name, "md").read_text(encoding="utf-8")
        return replace(classifier, notes={**classifier.notes, "card": card})

    def __repr__(self) -> str:
        name = self.architecture or type(self.model).__name__
        shape = f"{self.recipe.size} x {self.recipe.size} x {self.channels}"
        return f"Classifier({name}: {shape} -> {', '.join(self.classes)})"


def check_network(model: object) -> None:
    """Raise `InvalidValueError` unless an argument is a network of Flax NNX, not a class or one of Flax Linen."""
    if isinstance(model, type):
        got, hint = f"the class {model.__name__}", f"; make an instance, {model.__name__}(...)"
    elif isinstance(model, linen.Module):
        got, hint = f"the Linen module {type(model).__name__}", "; wrap it with flax.nnx.bridge.ToNNX and lazy_init"
    else:
        got, hint = f"a {type(model).__name__}", ""
    check(isinstance(model, nnx.Module), f"model: expected a flax.nnx.Module, got {got}{hint}")


def check_classifier(classifier: object) -> None:
    """Raise `InvalidValueError` unless an argument is a `Classifier`."""
    hint = ""
    if isinstance(classifier, str | os.PathLike):
        hint = "; load a file with Classifier.load"
    elif hasattr(classifier, "classifier"):
        hint = "; pass its classifier"
    check(
        isinstance(classifier, Classifier),
        f"classifier: expected a Classifier, got a {type(classifier).__name__}{hint}",
    )
