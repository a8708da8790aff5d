"""From a file of ImageNet's weights to a galaxy classifier. The weights are random; no PyTorch is needed."""

import hashlib

import jax
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import save_file
from small_networks import quick
from torch_weights import random_state_dict

from galmorph.data import Dataset
from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.models import load_torch_weights
from galmorph.training import Classifier, Scaling, train

pytestmark = pytest.mark.slow

FROZEN = ("conv", "norm", "blocks")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file of a small ResNet with ImageNet's 1,000 classes."""
    path = tmp_path_factory.mktemp("torch") / "imagenet.safetensors"
    save_file(random_state_dict("small_resnet", classes=1000), path)
    return path


@pytest.fixture(scope="module")
def galaxies():
    """Dark and bright stamps."""
    labels = np.arange(32) % 2
    stamps = np.random.default_rng(0).integers(0, 60, (32, 32, 32, 3)) + 100 * labels[:, None, None, None]
    return Dataset(stamps.astype(np.uint8), labels, ("dark", "bright"))


@pytest.fixture(scope="module")
def imagenet(path):
    """The classifier of the file."""
    return Classifier.from_torch(path, "small_resnet", size=32)


def test_stamps_are_scaled_as_the_images_that_it_learned_from(imagenet, path, galaxies):
    """The logits are those of torchvision's recipe: a picture from 0 to 1, minus the mean, over the deviation."""
    images = galaxies.stamps[:3].astype(np.float32) / 255
    images = (images - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
    network = nnx.view(load_torch_weights(path, "small_resnet"), use_running_average=True)
    expected = jax.jit(lambda images: network(images))(images)
    assert expected.shape == (3, 1000)
    np.testing.assert_allclose(imagenet.logits(galaxies.stamps[:3]), expected, rtol=1e-4, atol=1e-4)
    assert imagenet.notes["weights"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert imagenet.notes["weights"]["file"] == "imagenet.safetensors"


def test_it_is_fine_tuned_to_galaxies(imagenet, path, galaxies, tmp_path):
    """A new last layer for the classes of the galaxies learns; what is frozen keeps the bits of the file."""
    config = quick(epochs=8, batch_size=8, optimizer="adamw", learning_rate=0.03, frozen=FROZEN)
    tuned = train(imagenet, galaxies, config=config, progress=False).classifier
    assert (tuned.classes, tuned.scaling, tuned.architecture) == (galaxies.classes, imagenet.scaling, "small_resnet")
    assert np.mean(tuned.logits(galaxies.stamps).argmax(axis=1) == galaxies.labels) > 0.9
    there = load_torch_weights(path, "small_resnet")
    for name in FROZEN:
        one, two = (jax.tree.leaves(nnx.state(getattr(model, name))) for model in (there, tuned.model))
        assert [np.asarray(leaf).tobytes() for leaf in one] == [np.asarray(leaf).tobytes() for leaf in two]
    assert tuned.notes["before"]["weights"]["file"] == "imagenet.safetensors"
    tuned.save(tmp_path / "galaxies.safetensors")
    again = Classifier.load(tmp_path / "galaxies.safetensors")
    np.testing.assert_array_equal(again.logits(galaxies.stamps), tuned.logits(galaxies.stamps))


@pytest.mark.usefixtures("unchecked_shapes")
def test_mistakes_are_explained(path, tmp_path):
    """Classes and scaling must fit the weights; a pickle is refused."""
    with pytest.raises(InvalidValueError, match=r"classes: expected 1000 different names, .* got 2; leave them out"):
        Classifier.from_torch(path, "small_resnet", size=32, classes=("a", "b"))
    with pytest.raises(InvalidValueError, match="scaling: expected a mean for each of the 3 channels"):
        Classifier.from_torch(path, "small_resnet", size=32, scaling=Scaling((0.5,), (0.5,)))
    (tmp_path / "resnet18.pth").write_bytes(b"PK\x03\x04")
    with pytest.raises(FileFormatError, match="got a pickle, which can run code"):
        Classifier.from_torch(tmp_path / "resnet18.pth", "resnet18", size=32)


def test_channels_and_classes_are_those_of_the_file(tmp_path):
    """Weights of one channel and three classes, with names and a scaling of one's own."""
    path = tmp_path / "grey.safetensors"
    save_file(random_state_dict("small_resnet", classes=3, channels=1), path)
    options = {"classes": ("E", "S", "Irr"), "scaling": Scaling((0.1,), (0.2,))}
    classifier = Classifier.from_torch(path, "small_resnet", size=40, **options)
    assert (classifier.channels, classifier.classes, classifier.recipe.size) == (1, ("E", "S", "Irr"), 40)
    assert classifier.recipe.channels == 1
