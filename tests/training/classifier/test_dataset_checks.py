"""Stamps for use are made by the recipe of the stamps for learning."""

from dataclasses import replace

import numpy as np
import pytest
from small_networks import Linear, quick

from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.preprocessing import AngularCrop, FractionCrop, GalaxyCrop, QualityLimits, Recipe, Stretch
from galmorph.training import Scaling, evaluate, train, train_seeds
from galmorph.training._classifier.classifier import Classifier

RECIPE = Recipe(size=32, channels=1, crop=GalaxyCrop(2.5), stretch=Stretch(white=10.0))
OTHER = Recipe(size=32, channels=1, crop=FractionCrop(0.5), stretch=Stretch(curve="linear", white=10.0))
DIFFERENCE = "crop kind galaxy radii 2.5, here kind fraction fraction 0.5; stretch curve asinh, here curve linear"


def made_by(recipe: Recipe | None, blobs: Dataset) -> Dataset:
    """Give the blobs a recipe."""
    described = None if recipe is None else recipe.to_dict()
    return Dataset(blobs.stamps, blobs.labels, blobs.classes, recipe=described)


@pytest.fixture
def known() -> Classifier:
    """Give a classifier, untrained, that knows its recipe."""
    scaling = Scaling((0.2,), (0.3,))
    return Classifier(model=Linear(), classes=("round", "long"), recipe=RECIPE, scaling=scaling, channels=1)


USES = {
    "evaluate": lambda classifier, data, **options: evaluate(classifier, data, **options).logits,
    "predict": lambda classifier, data, **options: np.asarray(classifier.predict(data, **options)["p_long"]),
    "calibrate": lambda classifier, data, **options: classifier.calibrate(data, **options).temperature,
}


@pytest.mark.parametrize("use", USES)
def test_stamps_of_another_recipe_are_refused(known, blobs, use):
    """The error says field by field what differs, and what to do; whoever means it says so, and gets the same."""
    with pytest.raises(
        InvalidValueError, match=rf"the recipe of the classifier, .*: {DIFFERENCE}. Make them with recipe="
    ):
        USES[use](known, made_by(OTHER, blobs))
    allowed = USES[use](known, made_by(OTHER, blobs), allow_other_recipe=True)
    np.testing.assert_array_equal(allowed, USES[use](known, made_by(RECIPE, blobs)))


@pytest.mark.parametrize(
    "recipe", [None, RECIPE, replace(RECIPE, limits=QualityLimits()), replace(RECIPE, channels=None)]
)
def test_recipes_that_make_the_same_stamps_pass(known, blobs, recipe):
    """Stamps without a recipe can't be compared; limits and channels don't change how a stamp is made."""
    assert len(evaluate(known, made_by(recipe, blobs))) == len(blobs)


def test_another_size_is_a_difference(known, blobs):
    """Size and crop are named together, not only the shape that follows from them."""
    wide = Recipe(size=48, channels=1, crop=AngularCrop(30.0), stretch=Stretch(white=10.0))
    large = Dataset(np.zeros((3, 48, 48, 1), np.uint8), [0, 1, 0], blobs.classes, recipe=wide.to_dict())
    with pytest.raises(
        InvalidValueError, match=r"size 32, here 48; crop kind galaxy radii 2.5, here kind angular arcsec 30.0"
    ):
        evaluate(known, large)


def test_a_recipe_of_your_own_is_compared_too(known, blobs):
    """A description that is none of a `Recipe` differs from it in every field that one of them lacks."""
    own = Dataset(blobs.stamps, blobs.labels, blobs.classes, recipe={"corner": 4, "size": 32})
    with pytest.raises(InvalidValueError, match=r"background True, here missing; .*; corner missing, here 4"):
        evaluate(known, own)
    with pytest.raises(
        InvalidValueError, match=r"expected stamps made with a galmorph.preprocessing.Recipe, .*recipe=None"
    ):
        train(Linear(), own, config=quick(), progress=False)


def test_validation_has_the_recipe_of_the_training_set(blobs):
    """In one training and in several at once; it may differ if this is meant."""
    learn, validation = made_by(RECIPE, blobs[:40]), made_by(OTHER, blobs[40:])
    config = quick(epochs=1)
    message = (
        f"validation: .* recipe of the training set, .*: {DIFFERENCE}. Make both with one recipe, or pass allow_other"
    )
    with pytest.raises(InvalidValueError, match=message):
        train(Linear(), learn, validation=validation, config=config, progress=False)
    with pytest.raises(InvalidValueError, match=message):
        train_seeds("lenet5", learn, (0, 1), validation=validation, config=config, progress=False)
    options = {"config": config, "progress": False, "allow_other_recipe": True}
    assert train(Linear(), learn, validation=validation, **options).classifier.recipe == RECIPE


def test_fresh_galaxies_have_the_recipe_of_the_training_set(blobs):
    """They are looked at when they are made."""
    learn, other = made_by(RECIPE, blobs), made_by(OTHER, blobs)
    with pytest.raises(InvalidValueError, match=f"fresh: .* recipe of the training set, .*: {DIFFERENCE}"):
        train(Linear(), learn, fresh=lambda _epoch: other, config=quick(), progress=False)


def test_stamps_that_are_not_finite_are_named(blobs):
    """In a training, validation and fresh galaxies too; the error does not speak of the learning rate."""
    stamps = blobs.stamps.astype(np.float32) / 255
    sound, broken = (Dataset(stamps.copy(), blobs.labels, blobs.classes) for _ in range(2))
    broken.stamps[3, 0, 0] = np.nan
    message = "expected stamps of finite numbers, but some are NaN or infinite, the first in row 3; leave"
    for arguments in ({"dataset": broken}, {"dataset": sound, "validation": broken}):
        with pytest.raises(InvalidValueError, match=message):
            train(Linear(), **arguments, config=quick(), progress=False)
    with pytest.raises(InvalidValueError, match=f"fresh: {message}"):
        train(Linear(), sound, fresh=lambda _epoch: broken, config=quick(), progress=False)
