"""Predictions to a file: killed and resumed without a difference, and the same answers as in memory."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from fetch_process import Memory, names

from galmorph.data import Dataset, fetch_images
from galmorph.errors import InvalidValueError, MismatchWarning, SkippedImagesWarning
from galmorph.training import Classifier, Domain

PROCESS = Path(__file__).with_name("prediction_process.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write eleven images, one of them broken, into the sub-folder ``images``."""
    (tmp_path / "images").mkdir()
    y, x = np.indices((40, 40)) - 19.5
    rng = np.random.default_rng(0)
    for row in range(11):
        light = 1000 * np.exp(-np.hypot(x, y / (0.4 + row / 20)) / 5) + rng.normal(0, 2, x.shape)
        fits.writeto(tmp_path / "images" / f"NGC_{row:02}.fits", light.astype(np.float32))
    (tmp_path / "images" / "NGC_04.fits").write_bytes(b"SIMPLE  =")
    return tmp_path


def predict_to(classifier: Classifier, galaxies, path: Path, **options) -> Table:
    """Predict to a file, without the warnings, and read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier.predict_to(galaxies, path, progress=False, **options)
    return Table.read(path)


def values(table: Table) -> np.ndarray:
    """Probabilities of both classes, with -1 where there are none."""
    return np.stack([np.ma.filled(np.ma.asarray(table[name]).astype(np.float32), -1) for name in ("p_round", "p_long")])


class Interrupted:
    """A classifier that counts its stamps, and stops after some batches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, batches: int = 1000) -> None:
        self.batches = 0
        whole = Classifier.probabilities

        def counted(classifier: Classifier, stamps: np.ndarray, *, orientations: bool = False) -> np.ndarray:
            self.batches += 1
            if self.batches > batches:
                raise KeyboardInterrupt
            return whole(classifier, stamps, orientations=orientations)

        monkeypatch.setattr(Classifier, "probabilities", counted)


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch, classifier: Classifier, folder: Path) -> Path:
    """Interrupt a prediction of the folder after two parts of three galaxies; give its file."""
    path = folder / "answers.ecsv"
    with monkeypatch.context() as patched:
        Interrupted(patched, batches=2)
        with pytest.raises(KeyboardInterrupt):
            classifier.predict_to(folder / "images", path, part=3, progress=False)
    assert sorted(each.name for each in (folder / "answers.ecsv.parts").glob("part*")) == [
        "part-0000000.npz",
        "part-0000001.npz",
    ]
    assert not path.exists()
    return path


@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_bytes(folder, classifier):
    """Killed in a part, before the file gets its name, and in cleaning up: no part is computed twice, none is lost."""
    classifier.save(folder / "images" / "saved")
    # A new run renames the description and four parts; then the file gets its name.
    arguments = [folder / "images" / "saved", folder, "answers.parquet", 4, 3, -1, 0]
    command = [sys.executable, PROCESS, *map(str, arguments)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    states = [json.loads(line) for line in said.splitlines()]
    assert [state["ended"] for state in states] == ["killed", "killed", "killed", "whole"]
    parts = [
        {Path(name).name: identity for name, identity in state["files"].items() if Path(name).name.startswith("part-")}
        for state in states
    ]
    assert [len(found) for found in parts] == [2, 4, 4, 0]
    assert parts[0].items() <= parts[1].items() == parts[2].items()
    assert ["answers.parquet" in state["files"] for state in states] == [False, False, True, True]
    assert [path.name for path in folder.iterdir() if path.name != "images"] == ["answers.parquet"]
    predict_to(classifier, folder / "images", folder / "whole.parquet", part=3)
    assert (folder / "whole.parquet").read_bytes() == (folder / "answers.parquet").read_bytes()


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "fits", "parquet"])
def test_a_file_holds_what_predict_returns(folder, classifier, suffix):
    """Bit for bit, whatever the parts; a broken image has a row with the reason, and there is one warning."""
    with pytest.warns(SkippedImagesWarning, match="1 of 11 images can't be classified, the first: .*NGC_04.fits"):
        expected = classifier.predict(folder / "images")
    with pytest.warns(SkippedImagesWarning, match="1 of 11 images can't be classified, the first: .*NGC_04.fits"):
        classifier.predict_to(folder / "images", folder / f"answers.{suffix}", part=64, progress=False)
    found = Table.read(folder / f"answers.{suffix}")
    assert found.colnames == expected.colnames
    np.testing.assert_array_equal(np.nan_to_num(values(found), nan=-1), values(expected))
    for name in ("name", "class", "note", "path"):
        texts = ["" if text is np.ma.masked else str(text) for text in found[name]]
        assert texts == ["" if text is np.ma.masked else text for text in expected[name]]


def test_only_missing_parts_are_classified(interrupted, folder, classifier, monkeypatch):
    """A run that goes on after two of four parts classifies two, and one whose parts were deleted those alone."""
    (folder / "answers.ecsv.parts" / "part-0000000.npz").unlink()
    with monkeypatch.context() as patched:
        count = Interrupted(patched)
        predict_to(classifier, folder / "images", interrupted, part=3)
    assert count.batches == 3
    predict_to(classifier, folder / "images", folder / "whole.ecsv", part=3)
    assert interrupted.read_bytes() == (folder / "whole.ecsv").read_bytes()
    assert not (folder / "answers.ecsv.parts").exists()


def test_another_classifier_is_refused(interrupted, folder, classifier):
    """Answers of two classifiers are never mixed; the error names what differs, and what to do."""
    refused = {
        "classifier was": (replace(classifier, temperature=2.0), {}),
        "orientations was false, not true": (classifier, {"orientations": True}),
        "recipe was": (classifier, {"recipe": replace(classifier.recipe, background=False)}),
        "part was 3, not 4": (classifier, {"part": 4}),
    }
    for message, (other, options) in refused.items():
        with pytest.raises(
            InvalidValueError, match=rf"holds answers of another run, whose .*{message}.* delete .*parts"
        ):
            predict_to(other, folder / "images", interrupted, **{"part": 3, "overwrite": True} | options)
    again = replace(classifier, notes={"card": "other notes are not another classifier"})
    assert len(predict_to(again, folder / "images", interrupted, part=3)) == 11


def test_other_galaxies_are_refused(interrupted, folder, classifier):
    """A new image makes another list; an image that was written again makes another part."""
    fits.writeto(folder / "images" / "NGC_11.fits", np.zeros((40, 40), np.float32))
    with pytest.raises(InvalidValueError, match=r'galaxies was \{"files": 11, .*, not \{"files": 12'):
        predict_to(classifier, folder / "images", interrupted, part=3)
    (folder / "images" / "NGC_11.fits").unlink()
    image = folder / "images" / "NGC_05.fits"
    image.write_bytes(image.read_bytes() + bytes(2880))
    with pytest.raises(InvalidValueError, match=r"part-0000001.npz: these galaxies have changed .*; delete this file"):
        predict_to(classifier, folder / "images", interrupted, part=3)
    (folder / "answers.ecsv.parts" / "part-0000001.npz").unlink()
    assert len(predict_to(classifier, folder / "images", interrupted, part=3)) == 11


def pairs(blobs: Dataset, number: int = 60) -> Iterator[tuple[str, np.ndarray]]:
    """Generate names and stamps."""
    return ((f"blob {row}", blobs.stamps[row]) for row in range(number))


def test_stamps_come_from_a_generator(tmp_path, classifier, blobs, monkeypatch):
    """An interrupted run takes the stamps again but does not classify them again; others, or fewer, are refused."""
    whole = predict_to(classifier, pairs(blobs), tmp_path / "whole.csv", part=20)
    np.testing.assert_allclose(values(whole), classifier.probabilities(blobs.stamps).T, rtol=1e-5)
    assert whole.colnames == ["name", "class", "probability", "note", "p_round", "p_long"]
    assert list(whole["name"][:2]) == ["blob 0", "blob 1"]
    path = tmp_path / "answers.csv"
    with monkeypatch.context() as patched:
        Interrupted(patched, batches=2)
        with pytest.raises(KeyboardInterrupt):
            predict_to(classifier, pairs(blobs), path, part=20)
    with pytest.raises(InvalidValueError, match=r"part-0000000.npz: these galaxies have changed"):
        predict_to(classifier, ((name, stamp[::-1]) for name, stamp in pairs(blobs)), path, part=20)
    with pytest.raises(InvalidValueError, match="holds 2 parts, but the galaxies fill only 1"):
        predict_to(classifier, pairs(blobs, 20), path, part=20)
    with monkeypatch.context() as patched:
        count = Interrupted(patched)
        predict_to(classifier, pairs(blobs), path, part=20)
    assert count.batches == 1
    assert path.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_data_set_is_predicted_in_parts(tmp_path, classifier, blobs):
    """With its names, and with notes on images of another kind."""
    known = replace(classifier, domain=Domain(bands=(("r",),)))
    galaxies = blobs[:50]
    galaxies.table["name"], galaxies.table["bands"] = [f"NGC {row}" for row in range(50)], ["r"] * 49 + ["B"]
    with pytest.warns(MismatchWarning, match="1 of 50 images has a note, the first: bands B"):
        known.predict_to(galaxies, tmp_path / "answers.ecsv", part=64, progress=False)
    found = Table.read(tmp_path / "answers.ecsv")
    with pytest.warns(MismatchWarning, match="1 of 50 images has a note"):
        expected = known.predict(galaxies)
    np.testing.assert_array_equal(values(found), values(expected))
    assert list(found["name"]) == list(expected["name"])
    assert found["note"][49] == "bands B, learned from r"


def test_a_text_file_lists_images(folder, classifier, monkeypatch):
    """One path in each line, from the current folder; what a generator of paths gives is the same."""
    monkeypatch.chdir(folder)
    paths = [f"images/NGC_{row:02}.fits" for row in (3, 1)] + ["images/missing.fits"]
    Path("list.txt").write_text("\n".join([paths[0], "", *paths[1:]]) + "\n")
    listed = predict_to(classifier, "list.txt", folder / "listed.ecsv")
    assert list(listed["path"]) == paths
    assert listed["class"].mask.tolist() == [False, False, True]
    given = predict_to(classifier, (Path(path) for path in paths), folder / "given.ecsv")
    assert (folder / "given.ecsv").read_bytes() == (folder / "listed.ecsv").read_bytes()
    assert len(given) == 3
    Path("list.txt").write_text("\n\n")
    with pytest.raises(InvalidValueError, match=r"list.txt: expected one path of an image file in each line, got none"):
        classifier.predict_to("list.txt", folder / "none.ecsv")


def test_a_manifest_lists_images(tmp_path, classifier):
    """Galaxies keep their names in the catalogue, and those that were not fetched have the reason."""
    fetched = fetch_images(Table({"name": names(5)}), Memory(5), tmp_path / "images", progress=False)
    table = predict_to(classifier, tmp_path / "images" / "manifest.sqlite", tmp_path / "answers.ecsv")
    assert list(table["name"]) == list(fetched["name"])
    assert [Path(path).name for path in table["path"].filled("")] == list(fetched["file"])
    assert table["class"].mask.tolist() == [False, False, False, True, False]
    assert table["note"][3] == f"not fetched: {fetched['reason'][3]}"


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_is_no_galaxy_is_refused(tmp_path, classifier, blobs):
    """Each error says what was given; nothing is left on the disk by those that are found at once."""
    path = tmp_path / "answers.csv"
    with pytest.raises(InvalidValueError, match="galaxies: expected at least one, got none"):
        classifier.predict_to(iter(()), path)
    with pytest.raises(InvalidValueError, match=r"expected image files, or pairs .*, got a Row; predict\(\) takes"):
        classifier.predict_to(Table({"name": ["NGC 1"]}), path)
    with pytest.raises(InvalidValueError, match="path: expected a file name that ends in"):
        classifier.predict_to(blobs, tmp_path / "answers.hdf5")
    with pytest.raises(InvalidValueError, match="part: expected a whole number of at least 1, got 0"):
        classifier.predict_to(blobs, path, part=0)
    assert list(tmp_path.iterdir()) == []
    wrong = [("a", blobs.stamps[0]), ("b", blobs.stamps[0] / np.float32(255))]
    with pytest.raises(InvalidValueError, match="b: expected a stamp of uint8, as the first one, got float32"):
        classifier.predict_to(wrong, path, progress=False)
    with pytest.raises(InvalidValueError, match=r"stamps: expected shape \(n, 32, 32, 1\), got \(1, 16, 16, 1\)"):
        classifier.predict_to([("a", blobs.stamps[0, :16, :16])], path, progress=False)
    with pytest.raises(InvalidValueError, match=r"galaxies: expected pairs \(name, stamp\), got a str"):
        classifier.predict_to([("a", blobs.stamps[0]), "b"], path, progress=False)


def test_a_bar_shows_rate_and_time_left(folder, classifier, blobs, capsys):
    """One bar over all galaxies, those of finished parts included."""
    classifier.predict_to(blobs, folder / "answers.csv", part=16)
    bars = capsys.readouterr().err
    assert "60/60" in bars
    assert "galaxy/s]" in bars


def test_workers_change_nothing(folder, classifier):
    """A thread alone, or an executor of one's own, give the same bytes."""
    predict_to(classifier, folder / "images", folder / "one.csv", workers=1)
    with ThreadPoolExecutor(3) as threads:
        predict_to(classifier, folder / "images", folder / "three.csv", workers=threads)
    assert (folder / "one.csv").read_bytes() == (folder / "three.csv").read_bytes()
