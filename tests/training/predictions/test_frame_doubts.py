"""Doubts about what an image shows reach the note of a prediction and its warning: too small, too large, off centre."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from galmorph.errors import MismatchWarning
from galmorph.preprocessing import GalaxyCrop, QualityLimits, Recipe, Stretch
from galmorph.training import Classifier, Domain

OVERFILLED = "of the stamp is without data: does the galaxy overfill the frame?"
OFF_CENTRE = "off centre: the middle of the image is outside of the galaxy"


def scene(kind: str) -> np.ndarray:
    """Draw an exponential disc that is too large for its frame, or off centre, or ordinary; or a peak in noise."""
    side, scale, middle = {
        "ordinary": (120, 8, 60),
        "overfilled": (60, 60, 30),
        "off centre": (100, 12, 92),
        "peak": (120, 0, 0),
    }[kind]
    noise = np.random.default_rng(0).normal(0, 0.01, (side, side))
    y, x = np.indices((side, side))
    if kind == "peak":
        return noise + 0.08 * np.exp(-((x - 58) ** 2 + (y - 61) ** 2) / 4.5)
    return noise + np.exp(-np.hypot(x - middle, (y - middle) / 0.7) / scale)


@pytest.fixture
def of_pictures(classifier) -> Classifier:
    """A classifier of pictures that crops by the galaxy."""
    recipe = Recipe(size=32, channels=1, crop=GalaxyCrop(2.4))
    return replace(classifier, recipe=recipe, domain=Domain(linear=False))


@pytest.mark.parametrize("suffix", ["fits", "png"])
@pytest.mark.parametrize(
    ("kind", "doubt"),
    [("ordinary", ""), ("overfilled", OVERFILLED), ("off centre", OFF_CENTRE), ("peak", "at least 8 is needed")],
)
def test_doubts_come_first_and_warn(tmp_path, of_pictures, recwarn, kind, doubt, suffix):
    """In a picture as in a linear image; an ordinary galaxy has no doubt."""
    path, pixels = tmp_path / f"a.{suffix}", scene(kind)
    if suffix == "fits":
        fits.writeto(path, pixels.astype(np.float32))
    else:
        low = np.percentile(pixels, 5)
        grey = 10 + 235 * np.clip((pixels - low) / (pixels.max() - low), 0, 1)
        Image.fromarray(grey.astype(np.uint8)).save(path)
    (note,) = of_pictures.predict(path, workers=1)["note"]
    found, _, _ = note.partition("linear image")
    said = [str(warning.message) for warning in recwarn if warning.category is MismatchWarning]
    if doubt:
        assert doubt in found
        assert [text for text in said if doubt in text and "linear image" not in text] == said != []
    else:
        assert (found, said) == ("", [])


def test_files_of_answers_warn_of_doubts_alone(tmp_path, of_pictures):
    """The parts of a long run keep doubts apart from what was done to images."""
    for kind in ("off centre", "ordinary"):
        fits.writeto(tmp_path / f"{kind}.fits", scene(kind).astype(np.float32))
    paths = [tmp_path / "ordinary.fits", tmp_path / "off centre.fits"]
    with pytest.warns(MismatchWarning, match=r"1 of 2 images has a note, the first: .*off centre: [^;]*; see the"):
        of_pictures.predict_to(paths, tmp_path / "answers.ecsv", workers=1, part=1, progress=False)
    notes = list(Table.read(tmp_path / "answers.ecsv")["note"])
    assert [note.endswith("linear image, stretched as pictures are (asinh)") for note in notes] == [True, True]
    assert OFF_CENTRE in notes[1]


def test_limits_of_your_own_are_enough(tmp_path, of_pictures):
    """A recipe with limits leaves out what misses them, and nothing else is doubted."""
    loose = QualityLimits(bad_fraction=1.0, truncation=1.0)
    fits.writeto(tmp_path / "a.fits", scene("overfilled").astype(np.float32))
    own = replace(of_pictures, recipe=replace(of_pictures.recipe, limits=loose))
    assert OVERFILLED not in own.predict(tmp_path / "a.fits", workers=1)["note"][0]


def test_many_missing_bands_are_counted(tmp_path, of_pictures):
    """A pattern that also fits other files makes bands of them; the note stays a line without paths."""
    for number in range(20):
        fits.writeto(tmp_path / f"a_{number:02}.fits", scene("peak").astype(np.float32))
    fits.writeto(tmp_path / "b_r.fits", scene("peak").astype(np.float32))
    with pytest.warns(UserWarning, match="2 of 2 images can't be classified, the first: missing bands"):
        notes = of_pictures.predict(str(tmp_path / "{name}_{band}.fits"), workers=1)["note"]
    assert notes[0] == "missing bands: there is no file of r"
    assert notes[1] == "missing bands: there is no file of " + ", ".join(f"{n:02}" for n in range(8)) + " and 12 more"


@pytest.mark.parametrize("brightest", [40, 200])
def test_dark_pictures_are_doubted(tmp_path, of_pictures, recwarn, brightest):
    """A picture whose levels are those of another scale is nearly black; no picture of a galaxy is."""
    of_pictures = replace(of_pictures, recipe=replace(of_pictures.recipe, stretch=Stretch(black=0, white=255)))
    pixels = scene("ordinary")
    grey = brightest * np.clip((pixels + 0.1) / (pixels.max() + 0.1), 0, 1)
    Image.fromarray(grey.astype(np.uint8)).save(tmp_path / "a.png")
    (note,) = of_pictures.predict(tmp_path / "a.png", workers=1)["note"]
    assert ("dark: no pixel is brighter than" in note) == (brightest == 40)
    assert any(warning.category is MismatchWarning for warning in recwarn) == (brightest == 40)
