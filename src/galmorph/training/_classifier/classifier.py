"""Classifier: a trained network with all that is needed to use it on raw files."""

import glob
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import jax
import numpy as np
from astropy.table import Column, MaskedColumn, Table
from flax import nnx
from jaxtyping import Array, Float, Float32, UInt8

from galmorph._checks import check, check_choice, check_positive
from galmorph.data import Dataset, FileStamp, stamps_from_files
from galmorph.errors import (
    FileFormatError,
    GalmorphWarning,
    ImageError,
    InvalidValueError,
    MismatchWarning,
    SkippedImagesWarning,
)
from galmorph.models import create_model
from galmorph.preprocessing import Recipe, in_orientations
from galmorph.training._classifier.domain import Domain
from galmorph.training._classifier.pretrained import PRETRAINED, pretrained_file
from galmorph.training._classifier.storage import load_weights, read_header, save_weights
from galmorph.training._classifier.temperature import fit_temperature, with_temperature
from galmorph.training._engine.predict import Predictor
from galmorph.training._engine.state import EvalWeights, Scaling, as_at_rest, take_apart, training_view

__all__ = ["Classifier"]

LEAST_CONTRAST = 0.02  # five grey values of 255


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Classifier:
    """A trained network, its classes, and the recipe that made the stamps it learned from.

    The recipe is a part of the classifier: raw files are prepared for prediction exactly as they were for training.

    Parameters
    ----------
    model
        Any `flax.nnx.Module` that turns images into logits.
    classes
        Names of the classes.
    recipe
        What turns an image into a stamp.
    scaling
        What brings stamps to zero mean and unit variance.
    channels
        Channels of a stamp.
    dtype
        Type of the stamps that it learned from, ``"uint8"``, ``"float16"`` or ``"float32"``: stamps of files are
        rounded alike.
    architecture
        Name of the model in `galmorph.models.create_model`, or None for a model of your own.
    domain
        The kind of images that it learned from.
    notes
        How it was trained, in values that JSON can hold.
    temperature
        What logits are divided by before they become probabilities; `calibrate` finds it.

    Raises
    ------
    InvalidValueError
        If the temperature is not above 0.
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
        object.__setattr__(self, "model", training_view(self.model, training=False))
        parts = take_apart(self.model)
        object.__setattr__(self, "_judged", EvalWeights(parts.params, parts.statistics))
        object.__setattr__(self, "_predict", Predictor(self.model, self.scaling))

    def logits(
        self, stamps: UInt8[np.ndarray, "n size size channels"] | Float[np.ndarray, "n size size channels"] | Array
    ) -> Float32[np.ndarray, "n classes"]:
        """Unscaled scores of stamps that the recipe made.

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
            If the stamps have another size or number of channels than those that the classifier learned from.
        """
        self.check_stamps(stamps)
        return self._predict(self._judged, stamps)  # type: ignore[attr-defined]  # set above

    def check_stamps(self, stamps: np.ndarray | Array) -> None:
        """Raise `InvalidValueError` unless stamps have the size and channels that the classifier learned from."""
        expected = (self.recipe.size, self.recipe.size, self.channels)
        check(
            stamps.ndim == 4 and stamps.shape[1:] == expected,
            f"stamps: expected shape (n, {', '.join(map(str, expected))}), got {stamps.shape}; "
            "make them with the classifier's recipe",
        )

    def probabilities(
        self,
        stamps: UInt8[np.ndarray, "n size size channels"] | Float[np.ndarray, "n size size channels"] | Array,
        *,
        orientations: bool = False,
    ) -> Float32[np.ndarray, "n classes"]:
        """Probability of each class: the softmax of `logits` at the classifier's temperature.

        Parameters
        ----------
        stamps
            Uint8 (0 to 255) or floats (0 to 1) of shape ``(n, size, size, channels)``.
        orientations
            Whether to average the probabilities over the eight orientations of each stamp
            (`galmorph.preprocessing.in_orientations`), as Dieleman, Willett & Dambre (2015, MNRAS 450, 1441) do. They
            are then the same however a galaxy lies, mostly a little better, and take eight times as long.

        Returns
        -------
        probabilities
            Float32 of shape ``(n, classes)``.

        Raises
        ------
        InvalidValueError
            If the stamps have another size or number of channels than those that the classifier learned from.
        """
        if not orientations:
            return with_temperature(self.logits(stamps), self.temperature)
        # One after another: eight sets of answers are small, eight sets of stamps may not be.
        return np.mean([self.probabilities(turned) for turned in in_orientations(np.asarray(stamps))], axis=0)

    def calibrate(self, validation: Dataset) -> "Classifier":
        """Find the temperature that fits galaxies which the classifier has not learned from.

        Answers stay the same. Their probabilities then say more truly how often they are right, for galaxies like
        these (`fit_temperature`).

        Parameters
        ----------
        validation
            Stamps and labels, neither learned from nor needed for a test later: a few hundred will do.

        Returns
        -------
        classifier
            A new one with the same weights. An older temperature does not matter.

        Raises
        ------
        InvalidValueError
            If the classes differ, or the stamps don't fit the classifier.

        Examples
        --------
        >>> from galmorph.simulation import simulate_galaxies
        >>> from galmorph.training import Classifier, TrainConfig, train
        >>> learn, validation = simulate_galaxies(100, seed=0).split((0.6, 0.4), seed=0)
        >>> classifier = train("lenet5", learn, config=TrainConfig(epochs=1), progress=False).classifier
        >>> classifier.calibrate(validation).temperature != 1
        True
        """
        check(
            validation.classes == self.classes,
            f"classes: expected {self.classes}, got {validation.classes}; calibrate with the classes of the training",
        )
        return replace(self, temperature=fit_temperature(self.logits(validation.stamps), validation.labels))

    def predict(
        self,
        galaxies: Dataset | str | Path | Iterable[str | Path],
        *,
        recipe: Recipe | None = None,
        orientations: bool = False,
        executor: Executor | None = None,
        progress: bool = False,
    ) -> Table:
        """Classify galaxies: image files as they are, or the stamps of a data set.

        Parameters
        ----------
        galaxies
            A data set; or a file, a pattern such as ``"mine/*.fits"``, or several of these.
        recipe
            For files of another kind than those of the training: what makes stamps of them that look alike, of the same
            size and number of channels. By default the recipe of the training.
        orientations
            Whether to average over the eight orientations of each stamp, as in `probabilities`.
        executor
            What reads and prepares files in parallel; by default they are read one by one.
        progress
            Whether to show a progress bar over the files.

        Returns
        -------
        table
            One row a galaxy, in the order given, with the columns ``name``, ``class``, ``probability`` (of that class),
            one ``p(...)`` for each class, and ``note``: what speaks against trusting the answer. A file that can't be
            used has a row too, with masked values and the reason in its note. For files, ``path`` stands second.

        Raises
        ------
        InvalidValueError
            If a pattern matches no file, or the stamps of a data set or of a recipe don't fit the classifier.

        Warns
        -----
        MismatchWarning
            If images differ in kind (channels, bands, pixel scale) from those that the classifier learned from, or
            their stamps show nothing.
        SkippedImagesWarning
            If a file can't be used.
        """
        if isinstance(galaxies, Dataset):
            named = "name" in galaxies.table.colnames
            names = list(galaxies.table["name"]) if named else [str(row) for row in range(len(galaxies))]
            probabilities = self.probabilities(galaxies.stamps, orientations=orientations)
            return self._table(names, None, probabilities, [""] * len(galaxies))
        paths = _expand([galaxies] if isinstance(galaxies, str | Path) else galaxies)
        recipe = self.recipe if recipe is None else recipe
        if recipe.channels is None and self.channels in (1, 3):
            recipe = replace(recipe, channels=self.channels)
        names, stamps, notes, usable = [], [], [], []
        for path, made in zip(
            paths, stamps_from_files(paths, recipe, executor=executor, progress=progress), strict=True
        ):
            if isinstance(made, ImageError):
                names.append(path.stem)
                notes.append(str(made))
                usable.append(False)
            else:
                names.append(made.name)
                stamps.append(made.stamp.pixels)
                notes.append("; ".join(self._doubts(made)))
                usable.append(True)
        _warn_of(notes, usable)
        probabilities = np.full((len(paths), len(self.classes)), np.nan, np.float32)
        if stamps:
            at_rest = as_at_rest(np.stack(stamps), self.dtype)
            probabilities[usable] = self.probabilities(at_rest, orientations=orientations)
        return self._table(names, paths, probabilities, notes)

    def _doubts(self, made: FileStamp) -> list[str]:
        doubts = self.domain.doubts(made.bands, made.pixel_scale)
        if made.channels != self.channels:
            how = "repeated" if made.channels == 1 else "averaged"
            doubts.insert(0, f"{made.channels} channel(s) {how} to make {self.channels}")
        contrast = np.ptp(made.stamp.pixels)
        if contrast < LEAST_CONTRAST:
            shade = "black" if made.stamp.pixels.mean() < 0.5 else "white"
            doubts.insert(0, f"the stamp is all {shade}: the recipe's levels don't fit the image, pass recipe=")
        return doubts

    def _table(
        self,
        names: list[str],
        paths: list[Path] | None,
        probabilities: Float32[np.ndarray, "n classes"],
        notes: list[str],
    ) -> Table:
        unknown = np.isnan(probabilities).any(axis=1)
        best = np.where(unknown, 0, np.nan_to_num(probabilities).argmax(axis=1))
        table = Table()
        table["name"] = Column(names, dtype=str)
        if paths is not None:
            table["path"] = Column([str(path) for path in paths], dtype=str)
        table["class"] = MaskedColumn(np.asarray(self.classes)[best], mask=unknown)
        table["probability"] = MaskedColumn(probabilities[np.arange(len(best)), best], mask=unknown, format=".3f")
        for index, name in enumerate(self.classes):
            table[f"p({name})"] = MaskedColumn(probabilities[:, index], mask=unknown, format=".3f")
        table["note"] = Column(notes, dtype=str)
        return table

    @property
    def card(self) -> str:
        """What it learned from, how well it does, and what it is not fit for: Markdown, kept as ``notes["card"]``.

        Empty for a classifier of which nobody wrote any.
        """
        return str(self.notes.get("card", ""))

    def save(self, path: str | Path, *, precision: str = "float32") -> None:
        """Write the classifier to one file: safetensors, with everything but the weights in its JSON header.

        The same classifier makes the same bytes.

        Parameters
        ----------
        path
            The file; it appears only when it is complete, and replaces an older one.
        precision
            How kernels are kept: ``"float32"``, or ``"float16"``, which halves the file and rounds each of them by at
            most a part in two thousand. Biases, norms and running statistics are float32 always, and all are float32
            again once they are loaded.

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
            For a model of your own: one of the same architecture, whose weights are replaced.

        Raises
        ------
        FileFormatError
            If the file is damaged, incomplete, no classifier, or of another version.
        InvalidValueError
            If it holds a model of your own and `model` is missing.
        """
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
                raise InvalidValueError(f"{path}: holds a model of somebody's own; pass one of its kind as model=")
            model = nnx.eval_shape(
                lambda: create_model(architecture, classes=len(classes), channels=channels, size=recipe.size)
            )
            nnx.reseed(model, dropout=0)  # the file keeps no random streams, and shapes are none
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
        """Load a classifier that comes with galmorph; nothing is fetched.

        Parameters
        ----------
        name
            ``"galaxy-zoo-2"``: the five classes of Dai & Tong (2018), learned from simulated galaxies alone. Made for
            colour images like those of Galaxy Zoo 2, whatever their frame. The page "A trained classifier" says what it
            can do.

        Returns
        -------
        classifier
            The classifier; its `card` says what it learned from, how well it does, and what it is not fit for.

        Raises
        ------
        InvalidValueError
            If there is none of this name.

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


def _expand(patterns: Iterable[str | Path]) -> list[Path]:
    paths: list[Path] = []
    for pattern in patterns:
        # A name such as "[TH2002] 433.fits" looks like a pattern: what exists is taken as it is.
        if Path(pattern).exists() or not glob.has_magic(str(pattern)):
            paths.append(Path(pattern))
            continue
        found = sorted(glob.glob(str(pattern)))  # noqa: PTH207 (Path.glob takes no absolute pattern)
        check(bool(found), f"expected image files, but {str(pattern)!r} matches none in {Path.cwd()}")
        paths.extend(map(Path, found))
    check(bool(paths), "expected at least one image file, got none")
    return paths


def _warn_of(notes: list[str], usable: list[bool]) -> None:
    kinds: dict[type[GalmorphWarning], list[str]] = {
        SkippedImagesWarning: [note for note, fit in zip(notes, usable, strict=True) if not fit],
        MismatchWarning: [note for note, fit in zip(notes, usable, strict=True) if fit and note],
    }
    words: dict[type[GalmorphWarning], str] = {
        SkippedImagesWarning: "can't be classified",
        MismatchWarning: "differ from those it learned from",
    }
    for kind, texts in kinds.items():
        if texts:
            message = f"{len(texts)} of {len(notes)} images {words[kind]}, the first: {texts[0]}; see the column 'note'"
            warnings.warn(message, kind, stacklevel=3)
