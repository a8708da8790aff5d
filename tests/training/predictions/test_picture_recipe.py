"""Linear images for a network that learned from pictures: they become pictures, and are said to be."""

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData
from PIL import Image

from galmorph.errors import InvalidValueError, MismatchWarning, SkippedImagesWarning
from galmorph.preprocessing import DAI_TONG, GalaxyCrop, Recipe
from galmorph.training import Classifier, Domain, PictureRecipe
from galmorph.types import GalaxyImage

RECIPE = replace(DAI_TONG, size=32, channels=1, crop=GalaxyCrop(2.4))


def disc(flux=1.0, sky=0.0, noise=0.01):
    """Draw an exponential disc of this central brightness, with noise."""
    y, x = np.indices((120, 130), dtype=np.float32)
    light = np.exp(-np.hypot(x - 66, (y - 58) / 0.6) / 8)
    return (sky + flux * (light + np.random.default_rng(0).normal(0, noise, light.shape))).astype(np.float32)


@pytest.fixture
def of_pictures(classifier) -> Classifier:
    """A classifier that learned from pictures, with levels of 0 to 255."""
    return replace(classifier, recipe=RECIPE, domain=Domain(linear=False))


def test_a_picture_goes_through_the_recipe():
    """Nothing changes for the kind of image that the recipe was made for."""
    picture = GalaxyImage(pixels=200 * disc()[..., np.newaxis], name="a", linear=False)
    np.testing.assert_array_equal(PictureRecipe(RECIPE)(picture).pixels, RECIPE(picture).pixels)
    assert PictureRecipe(RECIPE)(picture).notes == ()
    assert PictureRecipe(RECIPE).to_dict() == RECIPE.to_dict()


@pytest.mark.parametrize(("flux", "sky"), [(1.0, 0.0), (1e-9, 0.0), (3e4, 1200.0)])
def test_units_do_not_matter(flux, sky):
    """Janskys, counts on a sky, nanomaggies: the stamp is the same, as bright as that of a picture, its sky black."""
    expected = PictureRecipe(RECIPE)(GalaxyImage(pixels=disc()[..., np.newaxis], name="a"))
    stamp = PictureRecipe(RECIPE)(GalaxyImage(pixels=disc(flux, sky)[..., np.newaxis], name="a"))
    np.testing.assert_allclose(stamp.pixels, expected.pixels, atol=2e-3)
    assert stamp.notes[0] == "linear image, stretched as pictures are (asinh)"
    assert 0.7 < np.percentile(stamp.pixels, 99.5) <= 0.75
    assert np.median(stamp.pixels[:3]) < 0.1


def test_predictions_stretch_linear_images(tmp_path, of_pictures):
    """A FITS file is answered as the picture that it becomes, with a note and without a warning.

    A recipe of one's own is taken as it is.
    """
    fits.writeto(tmp_path / "a.fits", disc(1e-9))
    table = of_pictures.predict(tmp_path / "a.fits", workers=1)
    assert table["note"][0] == "linear image, stretched as pictures are (asinh)"
    stamp = of_pictures.stamp_maker(GalaxyImage(pixels=disc(1e-9)[..., np.newaxis], name="a")).pixels
    expected = of_pictures.probabilities(np.rint(255 * stamp).astype(np.uint8)[np.newaxis])
    np.testing.assert_array_equal(table["p_round"], expected[:, 0])
    with pytest.warns(SkippedImagesWarning, match="nearly the whole stamp is black: the recipe's levels don't fit"):
        table = of_pictures.predict(tmp_path / "a.fits", recipe=RECIPE, workers=1)
    assert table["class"].mask[0]


def write_deep_colours(path, values):
    """Write a PNG of 16-bit colours, which pillow can't."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    content = b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


@pytest.mark.parametrize("largest", [4000, 15000, 60000])
def test_deep_pictures_are_answered_as_fits(tmp_path, of_pictures, largest):
    """16 bits of a camera have the answer of the FITS file, grey or in colours, whatever part of the range they use."""
    flux = disc(0.9, 0.05)
    counts = np.rint(flux * largest).astype(np.uint16)
    fits.writeto(tmp_path / "a.fits", flux)
    Image.fromarray(counts).save(tmp_path / "b.png")
    Image.fromarray(counts).save(tmp_path / "c.tif")
    write_deep_colours(tmp_path / "d.png", np.repeat(counts[..., np.newaxis], 3, axis=-1))
    table = of_pictures.predict(tmp_path, workers=1)
    np.testing.assert_allclose(table["p_round"], table["p_round"][0], atol=2e-3)
    kinds = (
        "",
        "grey picture of 16 bits, taken as linear",
        "grey picture",
        "colour picture of 16 bits, taken as linear",
    )
    for note, kind in zip(table["note"], kinds, strict=True):
        assert kind in note
        assert "linear image, stretched as pictures are (asinh)" in note
        assert "dark" not in note
        assert ("save it with 8 bits" in note) == (largest == 60000 and kind != "")


def test_bytes_in_deep_pictures_are_answered_as_bytes(tmp_path, of_pictures):
    """An export of a picture with 16 bits has the answer and the note of the picture."""
    bytes_ = np.rint(disc(200, 0.1)).clip(0, 255).astype(np.uint8)
    colours = np.repeat(bytes_[..., np.newaxis], 3, axis=-1)
    Image.fromarray(bytes_).save(tmp_path / "grey_8.png")
    Image.fromarray(colours).save(tmp_path / "rgb_8.png")
    for factor in (256, 257):
        Image.fromarray(bytes_ * np.uint16(factor)).save(tmp_path / f"grey_{factor}.png")
        write_deep_colours(tmp_path / f"rgb_{factor}.png", colours * np.uint16(factor))
    table = of_pictures.predict(tmp_path, workers=1)
    for colour in ("grey", "rgb"):
        rows = [row for row in table if row["name"].startswith(colour)]
        assert len({row["p_round"] for row in rows}) == len({row["note"] for row in rows}) == 1


def test_inverted_pictures_are_said_to_be(tmp_path, of_pictures):
    """A negative is no galaxy; if no galaxy need be found, its answer is doubted."""
    Image.fromarray(255 - np.rint(disc(200, 0.1)).clip(0, 255).astype(np.uint8)).save(tmp_path / "a.png")
    with pytest.warns(SkippedImagesWarning, match=r"the middle is darker than the sky: an inverted picture\?"):
        assert of_pictures.predict(tmp_path / "a.png", workers=1)["class"].mask[0]
    fixed = replace(of_pictures, recipe=replace(RECIPE, crop=DAI_TONG.crop))
    with pytest.warns(MismatchWarning, match="the middle is darker than the sky"):
        (note,) = fixed.predict(tmp_path / "a.png", workers=1)["note"]
    assert note.startswith("the middle is darker than the sky: an inverted picture?")


def test_nothing_flat_is_answered(tmp_path, of_pictures):
    """A constant picture shows nothing. Its row says so, and has no answer."""
    Image.fromarray(np.rint(disc(200)).clip(0, 255).astype(np.uint8)).save(tmp_path / "galaxy.png")
    flat = replace(of_pictures, recipe=replace(RECIPE, crop=DAI_TONG.crop))
    Image.fromarray(np.zeros((120, 120), np.uint8)).save(tmp_path / "nothing.png")
    with pytest.warns(SkippedImagesWarning, match="1 of 2 images can't be classified, the first: nearly the whole"):
        table = flat.predict([tmp_path / "galaxy.png", tmp_path / "nothing.png"], workers=1)
    assert table["class"].mask.tolist() == [False, True]
    assert table["note"][1].startswith("nearly the whole stamp is black")


@pytest.mark.usefixtures("unchecked_shapes")
def test_images_in_memory_are_predicted(of_pictures):
    """Arrays, CCDData and cut-outs around positions have rows of their own, without a path unless one is a file."""
    image = disc()
    table = of_pictures.predict([image, CCDData(image, unit="adu"), (image, (66, 58))], workers=1)
    assert list(table["name"]) == ["0", "1", "2"]
    assert "path" not in table.colnames
    assert table["p_round"][0] == table["p_round"][1]
    with pytest.raises(InvalidValueError, match=r"predict\(\) takes images"):
        of_pictures.predict_to([image], "answers.csv")


def test_bands_in_several_files_are_predicted(tmp_path, of_pictures):
    """Galaxies with one file a band have one row each; one that lacks a band has the reason."""
    for name in ("M51_g", "M51_r", "M51_z", "M81_g", "M81_r"):
        fits.writeto(tmp_path / f"{name}.fits", disc())
    with pytest.warns(SkippedImagesWarning):
        table = of_pictures.predict(tmp_path / "{name}_{band}.fits", workers=1)
    assert list(table["name"]) == ["M51", "M81"]
    assert table["class"].mask.tolist() == [False, True]
    assert table["note"][1] == "missing bands: there is no file of z"


def test_hdus_and_bands_are_chosen(tmp_path, of_pictures):
    """`hdu` and `bands` reach the files."""
    planes = np.stack([disc(), disc(2.0), disc(3.0)])
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(disc(), name="A"), fits.ImageHDU(planes, name="B")]).writeto(
        tmp_path / "two.fits"
    )
    table = of_pictures.predict(tmp_path / "two.fits", hdu="B", bands=("g", "r", "z"), workers=1)
    assert "3 channels averaged to make one" in table["note"][0]
    with pytest.warns(SkippedImagesWarning, match="no HDU 'C'"):
        of_pictures.predict(tmp_path / "two.fits", hdu="C", workers=1)


def test_a_recipe_without_channels_is_not_adapted(tmp_path, classifier):
    """A classifier of linear images doubts other bands, also if its recipe leaves the channels open."""
    learned = replace(classifier, recipe=Recipe(size=32), domain=Domain(bands=(("r",),), linear=True))
    fits.writeto(tmp_path / "a.fits", disc(), fits.Header({"FILTER": "g"}))
    with pytest.warns(MismatchWarning, match="the first: bands g, learned from r"):
        learned.predict(tmp_path / "a.fits", workers=1)
