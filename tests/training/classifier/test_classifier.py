"""Classifiers: one file that runs no code, and predictions on raw files that lose none."""

import json
import pickle
import struct
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import jax.numpy as jnp
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from small_networks import Linear, Tiny, quick

from galmorph.data import Dataset, read_image
from galmorph.errors import DatasetError, FileFormatError, InvalidValueError, MismatchWarning, SkippedImagesWarning
from galmorph.preprocessing import FractionCrop, Recipe, Stretch
from galmorph.training import Classifier, Domain, TrainResult, evaluate, saliency, train


@pytest.mark.slow
def test_load_gives_back_what_was_saved(tmp_path, classifier, blobs):
    """A round trip through the file keeps every answer, bit for bit, and everything else."""
    classifier.save(tmp_path / "lenet5.galmorph")
    loaded = Classifier.load(tmp_path / "lenet5.galmorph")
    np.testing.assert_array_equal(loaded.logits(blobs.stamps), classifier.logits(blobs.stamps))
    for name in ("classes", "recipe", "scaling", "channels", "architecture", "domain"):
        assert getattr(loaded, name) == getattr(classifier, name)
    assert loaded.notes["config"]["epochs"] == 1
    assert repr(loaded) == "Classifier(lenet5: 32 x 32 x 1 -> round, long)"
    assert [path.name for path in tmp_path.iterdir()] == ["lenet5.galmorph"]


@pytest.mark.usefixtures("unchecked_shapes")
def test_batch_norm_survives_the_file(tmp_path, blobs):
    """A model of one's own, running statistics included, comes back when a model of its kind is given."""
    trained = train(Tiny(seed=7), blobs, config=quick(), progress=False).classifier
    trained.save(tmp_path / "mine.galmorph")
    with pytest.raises(InvalidValueError, match="pass one of the same architecture as model="):
        Classifier.load(tmp_path / "mine.galmorph")
    with pytest.raises(InvalidValueError, match=r"model: expected a flax.nnx.Module, got the class Tiny; make an inst"):
        Classifier.load(tmp_path / "mine.galmorph", model=Tiny)
    loaded = Classifier.load(tmp_path / "mine.galmorph", model=Tiny(seed=7))
    np.testing.assert_array_equal(loaded.logits(blobs.stamps), trained.logits(blobs.stamps))


class Bent(Tiny):
    """The weights of another network, and another function between them."""

    def __call__(self, images):
        """Turn images into logits."""
        return self.dense(jnp.tanh(self.norm(self.conv(images))).mean(axis=(1, 2)))


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_changed_code_is_noticed(tmp_path, blobs, precision):
    """A file has the weights of a network, and its answers to a pattern tell whether its code is the same."""
    trained = train(Tiny(seed=7), blobs, config=quick(), progress=False).classifier
    trained.save(tmp_path / "mine.galmorph", precision=precision)
    Classifier.load(tmp_path / "mine.galmorph", model=Tiny(seed=1))
    with pytest.warns(MismatchWarning, match="Bent answers a test pattern differently .* its code has changed"):
        Classifier.load(tmp_path / "mine.galmorph", model=Bent(seed=7))


@given(st.integers(0, 2**31), st.integers(1, 255))
def test_a_damaged_header_is_refused_or_harmless(tmp_path_factory, classifier, position, flip):
    """Whatever single byte of the header is wrong: a typed error, or a classifier, never anything else."""
    path = tmp_path_factory.mktemp("damage") / "lenet5.galmorph"
    classifier.save(path)
    content = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    content[position % (8 + length)] ^= flip
    path.write_bytes(content)
    try:
        loaded = Classifier.load(path)
    except (FileFormatError, InvalidValueError):
        return
    assert isinstance(loaded, Classifier)
    assert len(loaded.classes) == len(classifier.classes)


@pytest.mark.parametrize("part", [0, 4, 0.01, 0.5, 0.999])
def test_a_file_cut_short_is_refused(tmp_path, classifier, part):
    """A file that ends too early is never taken for a classifier."""
    path = tmp_path / "lenet5.galmorph"
    classifier.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part if part in (0, 4) else part * len(content))])
    with pytest.raises(FileFormatError, match=r"lenet5\.galmorph: "):
        Classifier.load(path)


def rewrite(path, change):
    """Change the header of a saved classifier."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    inner = json.loads(header["__metadata__"]["galmorph"])
    del inner["sha256"]  # as in files of earlier versions
    header["__metadata__"]["galmorph"] = json.dumps(inner | change)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "expected 'galmorph classifier' version 1"),
        ({"classes": ["a", "b", "c"]}, "1 differ|2 differ, the first is dense3.bias: expected shape"),
        ({"architecture": "alexnet"}, "differ, the first is"),
        ({"architecture": "vgg"}, "name: expected one of"),
        ({"recipe": {"size": 32}}, "recipe|entr"),
        ({"scaling": None}, "the header is incomplete or damaged"),
        ({"probe": [[0.1, 0.2], [0.3]]}, "probe: expected a finite number for each of 2 classes"),
    ],
    ids=["version", "classes", "architecture", "unknown", "recipe", "scaling", "probe"],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path, classifier, change, message):
    """Header and weights must fit each other, and are compared before weights are read."""
    path = tmp_path / "lenet5.galmorph"
    classifier.save(path)
    rewrite(path, change)
    with pytest.raises((FileFormatError, InvalidValueError), match=message):
        Classifier.load(path)


def test_other_files_are_refused(tmp_path):
    """A missing file, a text and a pickle are no classifiers."""
    (tmp_path / "text").write_text("import os")
    (tmp_path / "pickle").write_bytes(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.")
    for name in ("missing", "text", "pickle"):
        with pytest.raises(FileFormatError, match=f"{name}: expected a classifier written by Classifier.save"):
            Classifier.load(tmp_path / name)


def test_what_is_not_there_is_not_called_damaged(tmp_path, monkeypatch):
    """A missing file, a folder, and the name of a classifier of the package each get a message of their own."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileFormatError, match=r"nope: expected .*Classifier.save, but there is no file of this name$"):
        Classifier.load("nope")
    with pytest.raises(FileFormatError, match=r"expected .*Classifier.save, but there is a folder$"):
        Classifier.load(tmp_path)
    with pytest.raises(FileFormatError, match=r"no such file; Classifier.pretrained\('galaxy-zoo-2'\) loads"):
        Classifier.load("galaxy-zoo-2")


def test_saving_makes_folders(tmp_path, classifier):
    """As other functions do."""
    classifier.save(tmp_path / "runs" / "first" / "lenet5.galmorph")
    assert Classifier.load(tmp_path / "runs" / "first" / "lenet5.galmorph").classes == classifier.classes


@pytest.fixture
def files(tmp_path):
    """Write a FITS image, a colour JPEG, a file with brackets in its name, and a broken one."""
    y, x = np.indices((64, 64)) - 31.5
    light = 1000 * np.exp(-np.hypot(x, y / 0.6) / 6) + np.random.default_rng(0).normal(0, 2, (64, 64))
    fits.writeto(tmp_path / "NGC_1.fits", light.astype(np.float32))
    fits.writeto(tmp_path / "[TH2002] 433.fits", light.astype(np.float32))
    Image.fromarray(np.clip(light[..., None] / 4 + [0, 5, 9], 0, 255).astype(np.uint8)).save(tmp_path / "NGC_2.jpg")
    (tmp_path / "broken.fits").write_bytes(b"SIMPLE  =")
    return tmp_path


def test_raw_files_in_a_table_out(files, classifier):
    """Files, patterns and names with brackets give a row each, in order, with probabilities that sum to one."""
    names = [files / "[TH2002] 433.fits", str(files / "NGC_*.fits")]
    table = classifier.predict(names)
    assert table.colnames == ["name", "class", "probability", "note", "path", "p_round", "p_long"]
    assert list(table["name"]) == ["[TH2002] 433", "NGC_1"]
    np.testing.assert_allclose(table["p_round"] + table["p_long"], 1, rtol=1e-5)
    np.testing.assert_allclose(table["probability"], np.maximum(table["p_round"], table["p_long"]))
    assert set(table["class"]) <= {"round", "long"}
    with ThreadPoolExecutor(2) as threads:
        assert classifier.predict(names, workers=threads).pformat() == table.pformat()


def test_a_file_that_can_not_be_used_keeps_its_row(files, classifier):
    """A broken file is masked, with its reason, and there is a warning; the others are classified."""
    with pytest.warns(SkippedImagesWarning, match="1 of 2 images can't be classified, the first: .*broken.fits"):
        table = classifier.predict([files / "broken.fits", files / "NGC_1.fits"])
    assert table["class"].mask.tolist() == [True, False]
    assert table["probability"].mask.tolist() == [True, False]
    assert "broken.fits" in table["note"][0]
    with pytest.warns(SkippedImagesWarning, match="1 of 1 images"):
        assert classifier.predict(files / "broken.fits")["class"].mask.all()


def test_a_pattern_without_files_is_an_error(files, classifier):
    """Nothing to classify is said, not answered with an empty table."""
    with pytest.raises(InvalidValueError, match="matches none in"):
        classifier.predict(files / "M*.fits")
    with pytest.raises(InvalidValueError, match="expected at least one image file"):
        classifier.predict([])


def test_a_folder_stands_for_its_images(files, classifier):
    """All images in it and below it, as if they were listed; a folder without any is an error."""
    (files / "broken.fits").unlink()
    (files / "more").mkdir()
    (files / "NGC_2.jpg").rename(files / "more" / "NGC_2.jpg")
    (files / "notes.txt").write_text("no image")
    (files / "empty").mkdir()
    assert list(classifier.predict(files)["name"]) == ["NGC_1", "[TH2002] 433", "NGC_2"]
    assert list(classifier.predict([files / "NGC_1.fits", files / "more"])["name"]) == ["NGC_1", "NGC_2"]
    with pytest.raises(DatasetError, match=r"empty: expected images \(\.fits, .*\), found none"):
        classifier.predict(files / "empty")


def test_images_of_another_kind_are_classified_with_a_note(files, classifier):
    """A colour image for a network that learned from grey ones is averaged; its note says so, and no warning."""
    table = classifier.predict([files / "NGC_1.fits", files / "NGC_2.jpg"])
    assert list(table["note"]) == ["", "3 channels averaged to make one"]


def test_a_stamp_that_shows_nothing_has_no_answer(files, blobs):
    """Fluxes far above the white level of the recipe are all white: nothing to classify. Another recipe helps."""
    grey_values = Recipe(
        size=32,
        channels=1,
        crop=FractionCrop(0.9),
        background=False,
        stretch=Stretch(curve="linear", black=0.0, white=5.0),
    )
    dataset = Dataset(blobs.stamps, blobs.labels, blobs.classes, recipe=grey_values.to_dict())
    classifier = train("lenet5", dataset, config=quick(epochs=1), progress=False).classifier
    fits.writeto(files / "bright.fits", fits.getdata(files / "NGC_1.fits") + 5000)
    with pytest.warns(SkippedImagesWarning, match="nearly the whole stamp is white: the recipe's levels don't fit"):
        table = classifier.predict(files / "bright.fits")
    assert table["class"].mask[0]
    assert table["p_round"].mask[0]
    assert classifier.predict(files / "bright.fits", recipe=Recipe(size=32))["note"][0] == ""
    with pytest.raises(InvalidValueError, match=r"stamps: expected shape \(n, 32, 32, 1\)"):
        classifier.predict(files / "bright.fits", recipe=Recipe(size=48))


def test_files_are_rounded_as_the_stamps_of_the_training(files, classifier):
    """A file's answer is that of its stamp in bytes, as a data set would hold it."""
    stamp = classifier.recipe(read_image(files / "NGC_1.fits")).pixels
    table = classifier.predict(files / "NGC_1.fits")
    expected = classifier.probabilities(np.rint(255 * stamp).astype(np.uint8)[None])
    np.testing.assert_array_equal(table["p_round"], expected[:, 0])


def test_a_data_set_is_predicted_too(classifier, blobs):
    """The stamps of a data set are answered in order, without a path."""
    table = classifier.predict(blobs)
    assert "path" not in table.colnames
    np.testing.assert_allclose(table["p_long"], classifier.probabilities(blobs.stamps)[:, 1])


def test_stamps_of_another_shape_are_refused(classifier):
    """Size and channels must be those of the training."""
    with pytest.raises(InvalidValueError, match=r"stamps: expected shape \(n, 32, 32, 1\), got \(1, 32, 32, 3\)"):
        classifier.logits(np.zeros((1, 32, 32, 3), np.uint8))


@pytest.mark.usefixtures("unchecked_shapes")
def test_stamps_of_another_range_are_refused(classifier, blobs):
    """Grey values as floats or as large integers would be taken for white; NaN for some class. Doubles are floats."""
    unit = blobs.stamps[:2] / 255
    np.testing.assert_allclose(classifier.logits(unit), classifier.logits(blobs.stamps[:2]), rtol=1e-4, atol=1e-5)
    for stamps, message in [
        (255 * unit, r"expected floats from 0 \(black\) to 1 \(white\), got 0 to 255; divide by 255"),
        (np.where(unit > 0.9, np.nan, unit), "expected floats .*, got nan to nan"),
        (blobs.stamps[:2].astype(int), r"expected uint8 .* or floats .*, got int64; write stamps.astype\(np.uint8\)"),
        (blobs.stamps[:0], "expected at least one, got none"),
    ]:
        with pytest.raises(InvalidValueError, match=f"stamps: {message}"):
            classifier.logits(stamps)


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_is_no_classifier_is_refused(classifier, blobs):
    """The result of a training, and the name of a file, are not the classifier itself."""
    result = TrainResult(classifier, Table({"epoch": [1]}), 1, 0.0)
    for use in (lambda given: evaluate(given, blobs), lambda given: saliency(given, blobs.stamps)):
        with pytest.raises(InvalidValueError, match="expected a Classifier, got a TrainResult; pass its classifier"):
            use(result)
        with pytest.raises(InvalidValueError, match=r"got a str; load a file with Classifier.load"):
            use("lenet5.galmorph")
    for use in (lambda given: evaluate(classifier, given), classifier.calibrate):
        with pytest.raises(InvalidValueError, match="expected a Dataset, got 'folder'; load a folder of images with"):
            use("folder")


@pytest.mark.usefixtures("unchecked_shapes")
def test_the_network_has_an_output_for_each_class(classifier):
    """A classifier put together by hand: its network is an instance, of NNX, with as many outputs as classes."""
    stamps = np.zeros((3, 32, 32, 1), np.uint8)
    with pytest.raises(InvalidValueError, match=r"model: expected logits of shape \(3, 2\), .*, got \(3, 5\); make a"):
        replace(classifier, model=Linear(classes=5)).logits(stamps)
    with pytest.raises(InvalidValueError, match=r"expected a flax.nnx.Module, got the class Linear; make an instance"):
        replace(classifier, model=Linear)


def test_logits_are_finite(classifier):
    """Weights that are not finite would answer the first class to all galaxies."""
    broken = Linear()
    broken.dense.kernel[0, 0] = np.nan
    with pytest.raises(
        InvalidValueError, match=r"logits: expected finite numbers, got NaN or infinity for 2 of 2 stamps"
    ):
        replace(classifier, model=broken).logits(np.zeros((2, 32, 32, 1), np.uint8))


def test_bands_of_a_data_set_are_compared(classifier, blobs):
    """As for files: a note where a galaxy is of another kind, and a warning; scores warn if most galaxies are."""
    known = replace(classifier, domain=Domain(bands=(("r",),), pixel_scales=(0.4, 0.4)))
    galaxies = blobs[:3]
    galaxies.table["bands"], galaxies.table["pixel_scale"] = ["r", "B", ""], [0.4, np.nan, 1.0]
    with pytest.warns(MismatchWarning, match="2 of 3 images have a note, the first: bands B"):
        notes = known.predict(galaxies)["note"]
    assert list(notes) == ["", "bands B, learned from r", "1 arcsec/pixel, learned from 0.4 to 0.4"]
    with pytest.warns(MismatchWarning, match="2 of 3 images differ from the training images, the first: bands B"):
        evaluate(known, galaxies)
    evaluate(known, galaxies[:2])


@pytest.mark.slow
def test_classifiers_go_to_other_processes(classifier, blobs):
    """A process pool takes one, and gets the same answers; everything else that it holds arrives too."""
    again = pickle.loads(pickle.dumps(classifier))  # noqa: S301 (our own)
    for name in ("classes", "recipe", "scaling", "channels", "architecture", "domain", "notes", "temperature"):
        assert getattr(again, name) == getattr(classifier, name)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(classifier.logits, blobs.stamps[:5]).result()
    np.testing.assert_allclose(there, classifier.logits(blobs.stamps[:5]), rtol=1e-4, atol=1e-5)


def test_a_fingerprint_is_that_of_the_answers(tmp_path, classifier):
    """It survives the file and ignores notes; weights, temperature and recipe change it."""
    classifier.save(tmp_path / "saved")
    same = [Classifier.load(tmp_path / "saved"), replace(classifier, notes={}), replace(classifier)]
    assert {each.fingerprint() for each in same} == {classifier.fingerprint()}
    rounded = tmp_path / "rounded"
    classifier.save(rounded, precision="float16")
    others = [
        Classifier.load(rounded),
        replace(classifier, temperature=2.0),
        replace(classifier, classes=("long", "round")),
        replace(classifier, recipe=replace(classifier.recipe, background=False)),
    ]
    assert len({each.fingerprint() for each in [classifier, *others]}) == 5


def test_the_recipe_of_the_data_set_goes_with_the_classifier(blobs):
    """What made the stamps for training makes those for prediction."""
    recipe = Recipe(size=32, channels=1, crop=FractionCrop(0.5), background=False)
    dataset = Dataset(blobs.stamps, blobs.labels, blobs.classes, recipe=recipe.to_dict())
    assert train("lenet5", dataset, config=quick(epochs=1), progress=False).classifier.recipe == recipe


def test_the_six_dss_plates_can_be_classified(shared_data, classifier):
    """Real FITS files as NED serves them give an answer each."""
    with pytest.warns(MismatchWarning, match="1 of 6 images"):  # NGC 5195 beside M51
        table = classifier.predict(sorted((shared_data / "ned" / "fits").glob("*.fits")))
    assert len(table) == 6
    assert not table["class"].mask.any()
    assert [bool(note) for note in table["note"]] == [False, False, True, False, False, False]
