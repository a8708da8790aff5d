"""Classifiers that come with the package, and the half precision in which they are kept."""

import hashlib
import json
import pickle
import struct
import warnings

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from PIL import Image
from safetensors.numpy import load_file

from galmorph.data import GALAXY_ZOO_2_CLASSES, Dataset, get_scheme
from galmorph.errors import InvalidValueError, MismatchWarning
from galmorph.models import SmallResNet, create_model
from galmorph.preprocessing import Recipe
from galmorph.simulation import simulate_galaxies
from galmorph.training import Classifier, Scaling
from galmorph.training._classifier.pretrained import PRETRAINED, pretrained_file
from galmorph.types import GalaxyImage


def small(**changes) -> Classifier:
    """Make a small residual classifier with random weights and running statistics."""
    model = SmallResNet(3, channels=1, width=(4, 4, 4, 4), rngs=nnx.Rngs(0))
    model.norm.var[...] = jnp.asarray([1e-9, 1.0, 1e6, 3.3e-4])  # beyond float16 at both ends
    options = {
        "model": model,
        "classes": ("a", "b", "c"),
        "recipe": Recipe(size=32, channels=1),
        "scaling": Scaling((0.1,), (0.2,)),
        "channels": 1,
    }
    return Classifier(**options | changes)


@pytest.mark.parametrize("name", PRETRAINED)
def test_they_average_over_orientations(name):
    """Their answers do not depend on how a galaxy is turned or mirrored."""
    classifier = Classifier.pretrained(name)
    stamps = np.random.default_rng(0).integers(0, 256, (2, *[classifier.recipe.size] * 2, classifier.channels))
    table = classifier.predict(Dataset(np.concatenate([stamps, stamps[:, ::-1]]).astype(np.uint8), [0] * 4, ("any",)))
    column = f"p_{classifier.classes[0]}"
    np.testing.assert_allclose(table[column][:2], table[column][2:], rtol=1e-4)


def test_half_precision_rounds_kernels_alone(tmp_path):
    """Kernels differ by a part in 2,048 at most; biases, norms and running statistics keep every bit."""
    classifier = small()
    classifier.save(tmp_path / "whole")
    classifier.save(tmp_path / "half", precision="float16")
    whole, half = (load_file(tmp_path / name) for name in ("whole", "half"))
    for name, array in whole.items():
        if array.ndim > 1:
            assert half[name].dtype == np.float16
            np.testing.assert_allclose(half[name].astype(np.float32), array, rtol=2**-11, atol=2**-25)
        else:
            np.testing.assert_array_equal(half[name], array)
    loaded = Classifier.load(tmp_path / "half", model=classifier.model)
    assert {leaf[...].dtype for _, leaf in nnx.to_flat_state(nnx.state(loaded.model))} == {jnp.dtype("float32")}
    np.testing.assert_array_equal(loaded.model.norm.var[...], classifier.model.norm.var[...])


def test_same_classifier_same_bytes(tmp_path):
    """Saved twice, or loaded and saved again, a file is the same to the last byte."""
    classifier = small(notes={"galaxies": {"a": 1, "b": 2}})
    for name in ("once", "twice"):
        classifier.save(tmp_path / name, precision="float16")
    loaded = Classifier.load(tmp_path / "once", model=small().model)
    loaded.save(tmp_path / "again", precision="float16")
    once, twice, again = ((tmp_path / name).read_bytes() for name in ("once", "twice", "again"))
    assert once == twice == again


@pytest.mark.parametrize("value", [7e4, np.inf, np.nan])
def test_what_float16_cannot_hold_is_refused(tmp_path, value):
    """A kernel beyond float16's 65,504 is an error that names it, not infinity; the file is not written."""
    classifier = small()
    classifier.model.blocks[0].conv1.kernel[0, 0, 0, 0] = value
    with pytest.raises(InvalidValueError, match=r"blocks\.0\.conv1\.kernel: expected weights up to 65504, .* got"):
        classifier.save(tmp_path / "large", precision="float16")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidValueError, match="precision: expected one of 'float32', 'float16', got 'half'"):
        classifier.save(tmp_path / "large", precision="half")


class Forgetful(nnx.Module):
    """A network with dropout, as AlexNet is, but tiny."""

    def __init__(self, *, rngs: nnx.Rngs) -> None:
        self.dropout = nnx.Dropout(0.5, rngs=rngs)
        self.dense = nnx.Linear(1024, 3, rngs=rngs)

    def __call__(self, images):
        """Turn images into logits."""
        return self.dense(self.dropout(images.reshape(len(images), -1)))


def test_networks_with_dropout_come_back(tmp_path, monkeypatch):
    """The file keeps no random streams; a network by name predicts after loading, and drops out in training again."""
    monkeypatch.setattr(
        "galmorph.training._classifier.classifier_file.create_model",
        lambda _name, **_size: Forgetful(rngs=nnx.Rngs(0, dropout=0)),
    )
    forgetful = small(model=Forgetful(rngs=nnx.Rngs(1, dropout=1)), architecture="forgetful")
    forgetful.save(tmp_path / "forgetful")
    loaded = Classifier.load(tmp_path / "forgetful")
    stamps = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 1), dtype=np.uint8)
    np.testing.assert_array_equal(loaded.logits(stamps), forgetful.logits(stamps))
    dropped = nnx.view(loaded.model, deterministic=False)(jnp.ones((2, 32, 32, 1)))
    assert not jnp.array_equal(dropped[0], dropped[1])


def test_the_card_travels_with_the_classifier(tmp_path):
    """Text in the notes is the card, before and after the file; without it the card is empty."""
    assert small().card == ""
    small(notes={"card": "# mine"}).save(tmp_path / "mine")
    assert Classifier.load(tmp_path / "mine", model=small().model).card == "# mine"


def test_a_file_of_the_package_is_loaded_with_its_card(tmp_path, monkeypatch):
    """`pretrained` takes weights and card from the same place, and both are kept when it is saved again."""
    model = create_model("lenet5", classes=3, channels=1, size=32)
    small(model=model, architecture="lenet5", notes={"epochs": 1}).save(tmp_path / "galaxy-zoo-2.safetensors")
    (tmp_path / "galaxy-zoo-2.md").write_text("# galaxy-zoo-2\n\nSérsic\n", encoding="utf-8")
    monkeypatch.setattr(
        "galmorph.training._classifier.classifier.pretrained_file", lambda name, suffix: tmp_path / f"{name}.{suffix}"
    )
    classifier = Classifier.pretrained("galaxy-zoo-2")
    assert classifier.notes == {"epochs": 1, "card": "# galaxy-zoo-2\n\nSérsic\n"}
    classifier.save(tmp_path / "copy")
    assert Classifier.load(tmp_path / "copy").card == classifier.card


def test_unknown_names_are_refused():
    """The error lists the names that there are, also if none is given."""
    known = "expected one of 'galaxy-zoo-2', 'hubble', got"
    with pytest.raises(InvalidValueError, match=f"{known} 'galaxy-zoo-3'; did you mean 'galaxy-zoo-2'"):
        Classifier.pretrained("galaxy-zoo-3")
    with pytest.raises(InvalidValueError, match=f"{known} ''"):
        Classifier.pretrained()


@pytest.mark.parametrize("name", PRETRAINED)
def test_every_card_has_its_sections(name):
    """A card is named like its classifier, and says what it learned from, how well it does, and what it is not for."""
    card = pretrained_file(name, "md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}\n")
    sections = [line[3:] for line in card.splitlines() if line.startswith("## ")]
    assert {"What it learned from", "How well it does", "What it is not fit for"} <= set(sections)


@pytest.mark.parametrize("name", PRETRAINED)
def test_pretrained_files_are_small_and_finished(name):
    """At most 2 MB with kernels in half precision, and a card without gaps."""
    content = pretrained_file(name, "safetensors").read_bytes()
    assert len(content) < 2e6
    (length,) = struct.unpack("<Q", content[:8])
    entries = json.loads(content[8 : 8 + length])
    entries.pop("__metadata__")
    assert {entry["dtype"] for entry in entries.values() if len(entry["shape"]) > 1} == {"F16"}
    assert "TODO" not in pretrained_file(name, "md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_simulated_galaxies_are_recognised(tmp_path):
    """At once and offline, it answers for stamps and files, mostly right on simulated galaxies that it has not seen."""
    classifier = Classifier.pretrained("galaxy-zoo-2")
    assert classifier.classes == GALAXY_ZOO_2_CLASSES
    galaxies = simulate_galaxies(100, size=classifier.recipe.size, seed=2**20)
    again = pickle.loads(pickle.dumps(classifier))  # noqa: S301 (a residual network, whose shortcuts are functions)
    np.testing.assert_array_equal(again.logits(galaxies.stamps), classifier.logits(galaxies.stamps))
    assert (classifier.predict(galaxies)["class"] == np.asarray(galaxies.classes)[galaxies.labels]).mean() > 0.8
    Image.fromarray(galaxies.stamps[0]).save(tmp_path / "my_galaxy.jpg")
    assert classifier.predict(tmp_path / "my_galaxy.jpg")["probability"][0] > 0.2


@pytest.mark.slow
def test_real_galaxies_are_recognised(shared_data):
    """Images of Galaxy Zoo 2 that the simulation was set by are mostly recognised."""
    zoo = shared_data / "galaxy_zoo_2"
    rows = [line.split(",") for line in (zoo / "labels.csv").read_text().split()[1:]]
    even = [(zoo / "images" / f"{galaxy}.jpg", name) for galaxy, name in rows if int(galaxy) % 2 == 0][:60]
    paths, names = zip(*even, strict=True)
    assert (Classifier.pretrained("galaxy-zoo-2").predict(paths)["class"] == np.asarray(names)).mean() > 0.8


@pytest.mark.slow
def test_hubble_types_of_simulated_galaxies():
    """It answers for grey stamps alone in E, S0, S and Irr, mostly right on simulated galaxies."""
    classifier = Classifier.pretrained("hubble")
    assert (classifier.classes, classifier.channels) == (get_scheme("hubble").classes, 1)
    galaxies = simulate_galaxies(100, scheme="hubble-types", size=classifier.recipe.size, seed=2**20)
    grey = np.round(galaxies.stamps.mean(axis=-1, keepdims=True)).astype(np.uint8)
    assert (classifier.probabilities(grey).argmax(axis=1) == galaxies.labels).mean() > 0.65
    with pytest.raises(InvalidValueError, match=r"expected shape \(n, 64, 64, 1\)"):
        classifier.probabilities(galaxies.stamps)


@pytest.mark.slow
def test_hubble_types_say_what_they_do_not_know(recwarn):
    """Linear images of one band are taken; a galaxy of few pixels has a note on its radius."""
    y, x = np.indices((64, 64))
    noise = np.random.default_rng(0).normal(0, 1, x.shape)
    images = []
    for scale in (5.0, 0.8):
        pixels = (1e3 * np.exp(-np.hypot(x - 32, y - 32) / scale) + noise).astype(np.float32)
        images.append(GalaxyImage(pixels=pixels[..., np.newaxis], name=f"scale of {scale}"))
    table = Classifier.pretrained("hubble").predict(images)
    assert "radius of" not in table["note"][0]
    assert "learned from 8 to" in table["note"][1]
    assert len(recwarn) > 0


@pytest.mark.slow
def test_hubble_types_of_real_galaxies(shared_data):
    """Early types are told from late ones in images of named galaxies that helped to choose the simulation."""
    folder = shared_data / "ngc_images"
    lines = [line.split(",") for line in (folder / "labels.csv").read_text().split("\n")[1:] if line]
    even = [row for row in lines if hashlib.sha256(row[0].encode()).digest()[0] % 2 == 0]
    early = np.array([row[1] in ("E", "E-S0", "S0", "S0-a") for row in even])
    paths = [folder / "images" / f"{row[0]}.png" for row in even]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MismatchWarning)  # two or three have doubtful radii
        found = Classifier.pretrained("hubble").predict(paths)["class"]
    assert (np.isin(np.ma.filled(found, ""), ("E", "S0")) == early).mean() > 0.8
