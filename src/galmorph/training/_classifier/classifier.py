"""The classifier: a trained network, with everything that is needed to use it on image files."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields, replace
from functools import partial
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import jax
import numpy as np
from astropy.table import Table
from flax import nnx
from jaxtyping import Array, Float, Float32, UInt8

from galmorph._checks import check, check_choice, check_flag, check_positive
from galmorph._warnings import warn
from galmorph.data import Dataset, Images, list_images
from galmorph.errors import MismatchWarning
from galmorph.preprocessing import Recipe, in_orientations
from galmorph.training._classifier.classifier_display import classifier_html
from galmorph.training._classifier.classifier_file import fields_hash, load_fields, save_fields
from galmorph.training._classifier.dataset_checks import (
    check_finite_stamps,
    check_is_dataset,
    check_logits,
    check_same_recipe,
    check_stamps,
)
from galmorph.training._classifier.network_check import check_network
from galmorph.training._classifier.pretrained import PRETRAINED, pretrained_file
from galmorph.training._classifier.probe import Probe, probe, same_answers
from galmorph.training._classifier.temperature import fit_with_warnings, with_temperature
from galmorph.training._classifier.torch_weights import IMAGENET, torch_fields
from galmorph.training._engine.predict import Predictor
from galmorph.training._engine.scaling import Scaling
from galmorph.training._engine.state import EvalWeights, prediction_view, split_model
from galmorph.training._features.extractor import FeatureExtractor
from galmorph.training._predictions.batched_answers import Classify, answer_dataset, answer_images
from galmorph.training._predictions.domain import Domain
from galmorph.training._predictions.galaxy_argument import galaxies_in_parts
from galmorph.training._predictions.picture_recipe import PictureRecipe
from galmorph.training._predictions.prediction_run import write_predictions
from galmorph.training._predictions.prediction_table import Answers, note_warnings, prediction_table
from galmorph.training._predictions.prepared_stamps import Preparation

__all__ = ["Classifier", "check_classifier", "check_network"]


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
    orientations
        Whether `predict` and `predict_to` average over the eight orientations of each stamp if they are not told. True
        for the classifiers that come with galmorph, and those fine-tuned from them.

    Raises
    ------
    InvalidValueError
        If the temperature is not above 0, orientations is not True or False, or the model is not a `flax.nnx.Module`.
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
    orientations: bool = False

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        check_flag("orientations", self.orientations)
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
        check_logits(logits, len(stamps), len(self.classes))
        return logits

    def check_stamps(self, stamps: np.ndarray | Array) -> None:
        """Raise `InvalidValueError` unless stamps have the size, the channels and the range of the training stamps."""
        check_stamps(stamps, self.recipe.size, self.channels)

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
        check_finite_stamps(name, dataset)
        self.check_stamps(dataset.stamps)

    def check_labelled(self, name: str, dataset: Dataset, *, allow_other_recipe: bool = False) -> None:
        """Check a data set whose labels count: its stamps (`check_dataset`), its classes, and the kind of its images.

        Parameters
        ----------
        name, dataset, allow_other_recipe
            As for `check_dataset`.

        Raises
        ------
        InvalidValueError
            As for `check_dataset`, or if its classes are not those of the training.

        Warns
        -----
        MismatchWarning
            If most images are of another kind (bands, pixel scale) than the training images.
        """
        self.check_dataset(name, dataset, allow_other_recipe=allow_other_recipe)
        check(
            dataset.classes == self.classes,
            f"{name}: expected the classes of the training, {self.classes}, in this order, got {dataset.classes}; load "
            "the galaxies with classes=classifier.classes",
        )
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
        self.check_labelled("validation", validation, allow_other_recipe=allow_other_recipe)
        temperature = fit_with_warnings(self.logits(validation.stamps), validation.labels)
        return replace(self, temperature=temperature)

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
        """Classify galaxies: image files without any preparation, or the stamps of a data set.

        Parameters
        ----------
        galaxies
            A data set; or a file, a folder of images, a pattern such as ``"mine/*.fits"``, or several of these.
            ``"mine/{name}_{band}.fits"`` finds the files of each galaxy, one a band, and ``"M51_{g,r,z}.fits"`` are
            those of one galaxy. Images in memory are taken, too: arrays, `galmorph.types.GalaxyImage`, ``CCDData``,
            ``Cutout2D``, and pairs of an image and a position in it, as for `galmorph.data.as_image`.
        recipe
            For images of another kind than the training images: a recipe that makes similar stamps of them, of the same
            size and number of channels. By default the recipe of the training; if its images were pictures, linear
            images (FITS) are stretched as pictures are, and the note says so.
        hdu, bands
            HDU of FITS files to read, and names of the planes of each, as for `galmorph.data.read_image`.
        orientations
            Whether to average over the eight orientations of each stamp, as in `probabilities`. By default as the
            classifier says: those that come with galmorph do.
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
            class, float32), ``note``, which says what was done to the image and why not to trust an answer, ``path``
            (for files), and the probability of each class, such as ``p_spiral`` (`probability_columns`). An image that
            can't be used, or whose stamp shows nothing, also has a row, with masked values and the reason in its note.

        Raises
        ------
        InvalidValueError
            If a pattern matches no file, the recipe of a data set differs, or the stamps of a data set or of a recipe
            don't fit the classifier.
        DatasetError
            If a folder has no images.
        WorkerError
            If a process that prepares images dies.

        Warns
        -----
        MismatchWarning
            If images differ in kind (channels, bands, stretch, scale) from the training images, or something else makes
            them doubtful.
        SkippedImagesWarning
            If an image can't be used, or its stamp shows nothing.
        """
        answers = self._answers(
            galaxies,
            partial(self.probabilities, orientations=self._averages(orientations)),
            len(self.classes),
            preparation=self._preparation(recipe, hdu, bands, workers),
            progress=progress,
            allow_other_recipe=allow_other_recipe,
        )
        return prediction_table(answers, self.classes)

    def features(
        self,
        galaxies: Dataset | Images,
        *,
        layer: str | None = None,
        recipe: Recipe | None = None,
        hdu: int | str | tuple[str, int] | None = None,
        bands: Sequence[str] | None = None,
        orientations: bool = False,
        workers: int | Executor | None = None,
        progress: bool = False,
        allow_other_recipe: bool = False,
    ) -> Float32[np.ndarray, "galaxies features"]:
        """Compute what the last layer of the network decides from: the activations of the layer before it.

        `nearest` finds galaxies with similar features, `most_unusual` those that are like no other, `plot_embedding`
        draws them, and ``compare(models={"features": features})`` trains a linear layer on them.

        Parameters
        ----------
        galaxies, recipe, hdu, bands, workers, progress, allow_other_recipe
            As for `predict`; images are prepared in the same way.
        layer
            Name of another layer, such as ``"blocks.2"``, as in `galmorph.models.summary`. Its outputs are the
            features; feature maps are averaged over their pixels.
        orientations
            Whether to average over the eight orientations of each stamp, as in `probabilities`.

        Returns
        -------
        features
            Float32 of shape ``(galaxies, features)``, in the order of the galaxies: 84 features of LeNet-5, 512 of
            ResNet-18 and -34, 2,048 of deeper ones, 4,096 of AlexNet, VGG-16 and Dai & Tong's network, 1,024 of
            DenseNet-121. NaN for an image that can't be used, or whose stamp shows nothing.

        Raises
        ------
        InvalidValueError
            As for `predict`; or if the layer is unknown or returns no features, or no layer is named and the network
            does not end with a `flax.nnx.Linear`.
        DatasetError, WorkerError
            As for `predict`.

        Warns
        -----
        MismatchWarning, SkippedImagesWarning
            As for `predict`.

        Examples
        --------
        >>> from galmorph.simulation import simulate_galaxies
        >>> from galmorph.training import Classifier, nearest
        >>> classifier = Classifier.pretrained("galaxy-zoo-2")
        >>> galaxies = simulate_galaxies(8, size=classifier.recipe.size, seed=0)
        >>> features = classifier.features(galaxies)
        >>> features.shape
        (8, 64)
        >>> len(nearest(features, of=0, k=3).rows)
        3
        """
        shape = (self.recipe.size, self.recipe.size, self.channels)
        extract = FeatureExtractor(self.model, self.scaling, shape, layer=layer)

        def compute(stamps: np.ndarray) -> Float32[np.ndarray, "n features"]:
            self.check_stamps(stamps)
            if not orientations:
                return extract(stamps)
            return np.mean([extract(turned) for turned in in_orientations(stamps)], axis=0)

        answers = self._answers(
            galaxies,
            compute,
            extract.width,
            preparation=self._preparation(recipe, hdu, bands, workers),
            progress=progress,
            allow_other_recipe=allow_other_recipe,
        )
        return answers.probabilities

    def _answers(
        self,
        galaxies: Dataset | Images,
        classify: Classify,
        columns: int,
        *,
        preparation: Preparation,
        progress: bool,
        allow_other_recipe: bool,
    ) -> Answers:
        """Prepare galaxies, apply a function of their stamps to them that gives some columns, and warn of the notes."""
        if isinstance(galaxies, Dataset):
            self.check_dataset("galaxies", galaxies, allow_other_recipe=allow_other_recipe)
            answers = answer_dataset(galaxies, classify, self.domain)
        else:
            answers = answer_images(list_images(galaxies), preparation, classify, columns=columns, progress=progress)
        for message, kind in note_warnings([answers]):
            warn(message, kind)
        return answers

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
        """Classify any number of galaxies, and write the table of `predict` to a file.

        If a run ends early (Ctrl-C, ``kill -9``, the end of a job), run the same lines again, and it continues. Answers
        are kept in parts, in a folder beside the file such as ``answers.parquet.parts``, which is removed at the end.
        The file appears when it is complete, and has the same bytes as without an interruption.

        Parameters
        ----------
        galaxies
            As for `predict`. Or a text file (``.txt``) with the path of an image in each line, relative to the current
            folder. Or the ``manifest.sqlite`` of a folder that `galmorph.data.fetch_images` filled: galaxies without an
            image then have a row with the reason. Or an iterator over pairs ``(name, stamp)``, with stamps as for
            `probabilities`.
        path
            The file. Its suffix decides the format: ``.parquet`` (needs pyarrow), ``.fits``, ``.ecsv`` or ``.csv``. All
            keep the full precision, and are written part by part, without the whole table in memory. FITS
            has ASCII texts, with escapes for other letters; Parquet has an empty text for a class that is masked.
        recipe, hdu, bands, orientations, workers, allow_other_recipe
            As for `predict`.
        part
            Galaxies in a part, which is the most that has to be classified again.
        overwrite
            Whether to replace the file if it exists.
        progress
            Whether to show a progress bar.

        Raises
        ------
        InvalidValueError
            As in `predict`; or if the classifier, the galaxies or the options are not those of the run that is resumed.
        DatasetError, FileFormatError, WorkerError
            If a folder has no images; if a part or a manifest is damaged; if a process that prepares images dies.
        FileExistsError, BlockingIOError
            If the file exists and `overwrite` is False; if another process is writing it.
        ImportError
            If pyarrow is needed and not installed.

        Warns
        -----
        MismatchWarning, SkippedImagesWarning
            As in `predict`, once at the end.

        Examples
        --------
        >>> from tempfile import mkdtemp
        >>> from astropy.table import Table
        >>> from galmorph.simulation import simulate_galaxies
        >>> from galmorph.training import Classifier
        >>> classifier = Classifier.pretrained("galaxy-zoo-2")
        >>> path = f"{mkdtemp()}/answers.ecsv"
        >>> classifier.predict_to(simulate_galaxies(3, size=classifier.recipe.size), path, progress=False)
        >>> len(Table.read(path))
        3
        """
        averages = self._averages(orientations)
        self._answers_to(
            galaxies,
            Path(path),
            partial(self.probabilities, orientations=averages),
            len(self.classes),
            table=partial(prediction_table, classes=self.classes),
            settings={"classifier": self.fingerprint(), "own recipe": recipe is not None, "orientations": averages},
            preparation=self._preparation(recipe, hdu, bands, workers),
            part=part,
            overwrite=overwrite,
            progress=progress,
            allow_other_recipe=allow_other_recipe,
        )

    def _averages(self, orientations: bool | None) -> bool:
        """Whether answers are means over the orientations of a stamp."""
        if orientations is None:
            return self.orientations
        check_flag("orientations", orientations)
        return orientations

    def _answers_to(
        self,
        galaxies: Dataset | str | Path | Iterable[str | Path] | Iterable[tuple[str, np.ndarray]],
        path: Path,
        classify: Classify,
        columns: int,
        *,
        table: Callable[[Answers], Table],
        settings: Mapping[str, Any],
        preparation: Preparation,
        part: int,
        overwrite: bool,
        progress: bool,
        allow_other_recipe: bool,
    ) -> None:
        """Do what `_answers` does in parts, and write the table that is made of each."""
        if isinstance(galaxies, Dataset):
            self.check_dataset("galaxies", galaxies, allow_other_recipe=allow_other_recipe)
        write_predictions(
            galaxies_in_parts(galaxies, preparation, self.check_stamps),
            path,
            classify=classify,
            columns=columns,
            table=table,
            settings={
                **settings,
                "classes": self.classes,
                "recipe": preparation.recipe.to_dict(),
                "hdu": preparation.hdu,
                "bands": preparation.bands,
            },
            part=part,
            overwrite=overwrite,
            progress=progress,
        )

    @property
    def stamp_maker(self) -> Recipe | PictureRecipe:
        """What `predict` turns images into stamps with: the recipe.

        If the classifier learned from pictures, linear images are stretched as pictures are.
        """
        recipe = self._with_channels(self.recipe)
        return PictureRecipe(recipe) if self.domain.linear is False else recipe

    def _with_channels(self, recipe: Recipe) -> Recipe:
        """Let a recipe make as many channels as the network takes, if it does not say how many."""
        unset = recipe.channels is None and self.channels in (1, 3)
        return replace(recipe, channels=self.channels) if unset else recipe

    def _preparation(
        self,
        recipe: Recipe | None,
        hdu: int | str | tuple[str, int] | None,
        bands: Sequence[str] | None,
        workers: int | Executor | None,
    ) -> Preparation:
        """How image files become stamps, by default with the recipe of the training."""
        return Preparation(
            # A recipe that the caller chose for these images is taken as it is.
            maker=self.stamp_maker if recipe is None else self._with_channels(recipe),
            channels=self.channels,
            dtype=self.dtype,
            domain=self.domain,
            workers=workers,
            hdu=hdu,
            bands=None if bands is None else tuple(bands),
        )

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
        answers = None if self.architecture else self._probe(precision)
        save_fields(path, self.__getstate__(), precision=precision, probe=answers)

    def _probe(self, precision: str = "float32") -> Probe | None:
        """Answers to a pattern, by which the code of a network of your own is known again; None if they aren't finite.

        They are those with the weights of a file of this precision, so that a file that is read and written again has
        the same bytes.
        """
        weights = self._weights  # type: ignore[attr-defined]  # set above
        if precision == "float16":
            weights = jax.tree.map(lambda each: each if each.ndim < 2 else each.astype(precision), weights)
            weights = jax.tree.map(lambda each: each.astype("float32"), weights)
        return probe(partial(self._predict, weights), size=self.recipe.size, channels=self.channels)  # type: ignore[attr-defined]

    def fingerprint(self) -> str:
        """SHA-256 of everything on which the answers depend (all but the notes), in hexadecimal."""
        return fields_hash(self.__getstate__())

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
            If the file holds a network of your own and `model` is missing, or `model` is no network.

        Warns
        -----
        MismatchWarning
            If a network of your own now answers a pattern of noise differently than when it was saved. A file holds its
            weights, and not its code.
        """
        fields, saved = load_fields(path, model)
        classifier = cls(**fields)
        if not same_answers(saved, None if saved is None else classifier._probe()):
            message = (
                f"{path}: {type(classifier.model).__name__} answers a test pattern differently than the network that "
                "was saved, with the same weights: its code has changed. Pass the network as it was"
            )
            warn(message, MismatchWarning)
        return classifier

    @classmethod
    def from_torch(
        cls,
        path: str | Path,
        architecture: str,
        *,
        size: int,
        classes: Sequence[str] | None = None,
        scaling: Scaling = IMAGENET,
    ) -> "Classifier":
        """Make a classifier of weights that were learned in PyTorch, such as torchvision's from ImageNet.

        `galmorph.training.train` fine-tunes it: it gets a new last layer for the classes of the galaxies, and keeps its
        scaling, so that the first layer sees stamps on the scale of the images that it learned from.

        Parameters
        ----------
        path
            A safetensors file with a state dict under torchvision's names (`galmorph.models.load_torch_weights`).
        architecture
            Name of the network in `galmorph.models.create_model`.
        size
            Side of the stamps in pixels that it is to classify; any size of at least 32.
        classes
            Names of its outputs, in order. By default ``"output 0"``, ``"output 1"``, ...
        scaling
            Mean and standard deviation of each channel with which the weights were learned, on the scale from 0 (black)
            to 1 (white). By default those of torchvision's ImageNet weights: means 0.485, 0.456, 0.406, standard
            deviations 0.229, 0.224, 0.225.

        Returns
        -------
        classifier
            The classifier. Its notes have the name of the file and its SHA-256.

        Raises
        ------
        FileFormatError
            If the file is missing, a pickle, damaged or no safetensors file, or if its weights are not finite numbers.
        InvalidValueError
            If the architecture is unknown, entries are missing, left over or of another shape, or the classes or the
            scaling don't fit the weights.
        """
        return cls(**torch_fields(path, architecture, size=size, classes=classes, scaling=scaling))

    @classmethod
    def pretrained(cls, name: str = "") -> "Classifier":
        """Load a classifier that comes with galmorph; nothing is downloaded.

        Both were trained on simulated galaxies alone. The page "Trained classifiers" describes them.

        Parameters
        ----------
        name
            ``"galaxy-zoo-2"``: the five classes of Dai & Tong (2018), for pictures of one galaxy, in colour or grey.
            ``"hubble"``: E, S0, S and Irr, for images of one band, such as those of NED; of colours, the mean is taken.
            Without a name, the error lists the names.

        Returns
        -------
        classifier
            The classifier; its `card` describes its training data, its performance and its limits.

        Raises
        ------
        InvalidValueError
            If the name is unknown or missing.

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

    def _repr_html_(self) -> str:
        return classifier_html(self)

    def __repr__(self) -> str:
        name = self.architecture or type(self.model).__name__
        shape = f"{self.recipe.size} x {self.recipe.size} x {self.channels}"
        return f"Classifier({name}: {shape} -> {', '.join(self.classes)})"


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
