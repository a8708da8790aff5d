"""The examples about the classifier that comes with the package run as a user would run them, small."""

import hashlib
import runpy

import numpy as np
import pytest
from astropy.table import Table
from PIL import Image

from galmorph.data import GALAXY_ZOO_2_CLASSES
from galmorph.preprocessing import GalaxyCrop
from galmorph.simulation import simulate_galaxies
from galmorph.training import Classifier

pytestmark = pytest.mark.slow

SHORT = ("train_pretrained.py", "--galaxies", 40, "--epochs", 1, 1, "--size", 32)


@pytest.fixture(scope="module")
def stand_in(run_example, tmp_path_factory):
    """Train the classifier of the package, but for a moment only; give its file and what was printed."""
    path = tmp_path_factory.mktemp("package") / "galaxy-zoo-2.safetensors"
    return path, run_example(*SHORT, "--output", path).stdout


@pytest.fixture(scope="module")
def images(repository, tmp_path_factory):
    """Give ten images: real ones of Galaxy Zoo 2 where they are, simulated ones elsewhere."""
    real = repository.parent / "shared" / "data" / "galaxy_zoo_2" / "images"
    if real.is_dir():
        return sorted(real.glob("*.jpg"))[:10]
    folder = tmp_path_factory.mktemp("images")
    for row, stamp in enumerate(simulate_galaxies(10, size=128, seed=0).stamps):
        Image.fromarray(stamp).save(folder / f"{row}.jpg", quality=90)
    return sorted(folder.iterdir())


def test_the_training_repeats_itself(run_example_here, stand_in, tmp_path):
    """A run in another process writes the same bytes and prints their hash; kernels are in half precision."""
    path, printed = stand_in
    again = run_example_here(*SHORT, "--output", tmp_path / "again")
    content = path.read_bytes()
    assert (tmp_path / "again").read_bytes() == content
    digest = f"{len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}"
    assert digest in printed
    assert digest in again
    assert len(content) < 400_000
    classifier = Classifier.load(path)
    assert (classifier.architecture, classifier.classes) == ("small_resnet", GALAXY_ZOO_2_CLASSES)
    assert classifier.recipe.crop == GalaxyCrop(radii=2.4)


def test_any_architecture_may_start_from_simulated_galaxies(run_example_here, tmp_path):
    """The network and its learning rates are those that were asked for; the rest is as for the small network."""
    path = tmp_path / "lenet5.safetensors"
    options = ("--architecture", "lenet5", "--learning-rate", 3e-4, 1e-4, "--output", path)
    assert "lenet5.safetensors: " in run_example_here(*SHORT, *options)
    classifier = Classifier.load(path)
    assert (classifier.architecture, classifier.classes) == ("lenet5", GALAXY_ZOO_2_CLASSES)
    assert (classifier.recipe.size, classifier.recipe.crop) == (32, GalaxyCrop(radii=2.4))
    again = tmp_path / "again.safetensors"
    run_example_here(*SHORT, "--architecture", "lenet5", "--output", again)
    assert again.read_bytes() != path.read_bytes()  # other rates, other weights


def test_the_defaults_are_those_of_the_file_in_the_package(repository, monkeypatch):
    """Without arguments: the small network with its rates, epochs, size and number of galaxies."""
    example = runpy.run_path(str(repository / "examples" / "train_pretrained.py"))
    monkeypatch.setattr("sys.argv", ["train_pretrained.py"])
    arguments = example["read_arguments"]()
    assert (arguments.architecture, tuple(arguments.learning_rate)) == ("small_resnet", (2e-3, 1e-3))
    assert (arguments.galaxies, arguments.size, tuple(arguments.epochs), arguments.seed) == (12_000, 80, (6, 3), 0)


@pytest.mark.trial
def test_hubble_types_are_trained(run_example, tmp_path):
    """The classifier of Hubble's types takes one channel, and knows which radii it can't judge."""
    path = tmp_path / "hubble.safetensors"
    printed = run_example("train_hubble.py", "--galaxies", 40, "--epochs", 1, "--size", 32, "--output", path).stdout
    assert f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" in printed
    classifier = Classifier.load(path)
    assert (classifier.channels, classifier.classes) == (1, ("E", "S0", "S", "Irr"))
    assert (classifier.domain.linear, classifier.domain.bands) == (False, ())
    assert classifier.domain.radii[0] == 8


def test_files_are_classified(run_example_here, stand_in, images, tmp_path):
    """Every file has a row with a class; the table on disk has the probability of each class as well."""
    table = tmp_path / "classes.ecsv"
    printed = run_example_here("classify_images.py", *images, "--classifier", stand_in[0], "--output", table)
    assert all(path.stem in printed for path in images)
    rows = Table.read(table)
    assert [str(path) for path in images] == list(rows["path"])
    assert set(rows["class"]) <= set(GALAXY_ZOO_2_CLASSES)
    total = sum(np.asarray(rows[f"p_{name}"]) for name in GALAXY_ZOO_2_CLASSES)
    np.testing.assert_allclose(total, 1, atol=0.01)


def test_the_window_follows_the_galaxy_or_the_frame(run_example_here, stand_in, tmp_path):
    """A small galaxy beside the middle of a large frame is cut out; with --middle the frame is."""
    y, x = np.indices((300, 400))
    light = 200 * np.exp(-np.hypot(x - 220, (y - 140) / 0.7) / 8) + np.random.default_rng(0).normal(8, 2, x.shape)
    pixels = np.clip(light, 0, 255).astype(np.uint8)
    Image.fromarray(np.stack([pixels] * 3, axis=-1)).save(tmp_path / "small.png")
    arguments = (tmp_path / "small.png", "--classifier", stand_in[0])
    followed, framed = (run_example_here("classify_images.py", *arguments, *option) for option in ((), ("--middle",)))
    assert "small" in followed
    assert followed != framed  # other pixels, other probabilities


def test_simulated_galaxies_by_default(run_example_here):
    """Without arguments, the classifier of the package and simulated galaxies are taken."""
    printed = run_example_here("classify_images.py", "--card")
    assert "# galaxy-zoo-2" in printed
    assert "simulated" in printed
