"""Features: the last layer turns them into the logits, whatever the network and however galaxies are given."""

import jax.numpy as jnp
import numpy as np
import pytest
from explained_networks import NETWORKS, STAMPS, classifier_of, square
from flax import nnx
from PIL import Image

from galmorph.data import Dataset, read_image
from galmorph.errors import InvalidValueError, MismatchWarning, SkippedImagesWarning
from galmorph.models import create_model
from galmorph.preprocessing import FractionCrop, Recipe, in_orientations
from galmorph.training import Scaling
from galmorph.training._features.extractor import FeatureExtractor


def dataset(stamps=STAMPS) -> Dataset:
    """Give stamps without a recipe."""
    return Dataset(stamps, np.zeros(len(stamps), int), ("a", "b", "c"))


@pytest.mark.parametrize(
    "name", [name if name == "own" else pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS]
)
def test_the_last_layer_makes_logits_of_features(name):
    """Features times the kernel of the last layer, plus its bias, are the logits."""
    classifier = classifier_of(NETWORKS[name](), classes=3)
    features = classifier.features(dataset())
    last = getattr(classifier.model, "dense3", None) or classifier.model.dense
    expected = features @ np.asarray(last.kernel[...]) + np.asarray(last.bias[...])
    assert features.dtype == np.float32
    np.testing.assert_allclose(classifier.logits(STAMPS), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "width"),
    [
        ("lenet5", 84),
        ("alexnet", 4096),
        ("vgg16", 4096),
        ("small_resnet", 64),
        ("resnet18", 512),
        ("resnet50", 2048),
        ("resnet26_dai_tong", 4096),
        ("densenet121", 1024),
    ],
)
def test_every_architecture_has_features(architecture, width):
    """As many as its paper's last dense layer has inputs; nothing is computed."""
    model = nnx.eval_shape(lambda: create_model(architecture, classes=5, channels=3, size=64))
    assert FeatureExtractor(model, Scaling(), (64, 64, 3)).width == width


def test_a_named_layer_gives_the_means_of_its_maps():
    """A convolution that averages over 4 x 4 pixels keeps the mean of the stamp."""

    class Mean(nnx.Module):
        def __init__(self):
            self.conv = square(4, strides=4)
            self.unused = nnx.Linear(2, 2, rngs=nnx.Rngs(0))

        def __call__(self, images):
            return jnp.tile(self.conv(images).mean(axis=(1, 2)), 2)

    classifier = classifier_of(Mean())
    features = classifier.features(dataset(), layer="conv")
    np.testing.assert_allclose(features, STAMPS.mean(axis=(1, 2)), rtol=1e-5)
    with pytest.raises(InvalidValueError, match=r"Linear that returns the logits, but Mean ends otherwise; choose"):
        classifier.features(dataset())
    with pytest.raises(InvalidValueError, match="layer: expected one of 'conv', 'unused', got 'convo'; did you mean"):
        classifier.features(dataset(), layer="convo")
    with pytest.raises(InvalidValueError, match="'unused' is never called"):
        classifier.features(dataset(), layer="unused")


def test_a_layer_without_features_is_refused():
    """A block that returns a pair has no outputs that could be features."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    with pytest.raises(InvalidValueError, match="'both' returns a tuple"):
        classifier.features(dataset(), layer="both")


def test_images_are_prepared_as_for_predictions(classifier, tmp_path):
    """Features of files are those of the stamps that the recipe makes; an unreadable file has a row of NaN."""
    rng = np.random.default_rng(0)
    y, x = np.indices((64, 64)) - 31.5
    paths = [tmp_path / name for name in ("0.png", "broken.png", "1.png")]
    for path, flattening in zip(paths, (0.4, 0.6, 0.9), strict=True):
        light = 240 * np.exp(-np.hypot(x, y / flattening) / 9) + rng.integers(0, 9, x.shape)
        Image.fromarray(light.astype(np.uint8)).save(path)
    paths[1].write_bytes(b"nothing")
    recipe = Recipe(size=32, crop=FractionCrop(1.0), channels=1)
    with pytest.warns((SkippedImagesWarning, MismatchWarning), match="1 of 3 images can't be classified|have a note"):
        features = classifier.features(paths, recipe=recipe, workers=1)
    assert np.isnan(features[1]).all()
    stamps = np.stack([np.round(255 * recipe(read_image(path)).pixels).astype(np.uint8) for path in paths[::2]])
    expected = classifier.features(Dataset(stamps, [0, 1], classifier.classes))
    np.testing.assert_allclose(features[[0, 2]], expected, atol=1e-5)


def test_orientations_do_not_matter_for_their_mean(classifier, blobs):
    """A turned galaxy has the same features, if they are averaged over all orientations."""
    few = blobs[:3]
    turned = Dataset(next(turn for turn in list(in_orientations(few.stamps))[1:]), few.labels, few.classes)
    one, other = (classifier.features(given, orientations=True) for given in (few, turned))
    np.testing.assert_allclose(one, other, atol=1e-5)
    assert not np.allclose(classifier.features(few), classifier.features(turned), atol=1e-3)


def test_batches_do_not_matter(classifier, blobs):
    """More stamps than a batch holds give the same features as a few of them."""
    many = Dataset(np.concatenate([blobs.stamps, blobs.stamps]), np.tile(blobs.labels, 2), blobs.classes)
    features = classifier.features(many)
    assert features.shape == (120, 84)
    np.testing.assert_allclose(features[:60], features[60:], atol=1e-5)


def test_stamps_of_another_recipe_are_refused(classifier, blobs):
    """As predictions refuse them."""
    other = Dataset(blobs.stamps, blobs.labels, blobs.classes, recipe=Recipe(size=32, crop=FractionCrop(0.5)).to_dict())
    with pytest.raises(InvalidValueError, match="galaxies: expected stamps made with the recipe of the classifier"):
        classifier.features(other)
