"""Trials of recipes: stamp, reason, notes and words."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from galmorph.comparison._figures.recipe_trial import try_recipe
from galmorph.errors import InvalidValueError
from galmorph.preprocessing import DAI_TONG, AngularCrop, FractionCrop, QualityLimits, Recipe, Stretch
from galmorph.types import GalaxyImage


def disc(**options: Any) -> GalaxyImage:
    """A disc with a scale length of 6 pixels, axis ratio 0.5, at (130, 90)."""
    y, x = np.indices((180, 240), dtype=np.float32)
    light = 500 * np.exp(-np.hypot(x - 130, (y - 90) / 0.5) / 6)
    pixels = (light + np.random.default_rng(0).normal(100, 1, light.shape))[..., np.newaxis].astype(np.float32)
    return GalaxyImage(**{"pixels": pixels, "name": "disc"} | options)


def test_words_say_what_was_measured():
    """Size, scale, bands, radius in pixels and arcsec, shape and quality stand in the details."""
    image = disc(pixel_scale=0.5, bands=("r",), notes=("borders masked",))
    recipe = Recipe(size=32)
    stamp = recipe(image)
    trial = try_recipe(image, recipe, side=100)
    words = "\n".join(trial.details())
    radius, quality = stamp.galaxy.radius, stamp.quality
    assert words.startswith("frame: 180 rows, 240 columns, 1 channel (bands r), 0.5 arcsec/pixel\n")
    assert f"Petrosian radius {radius:.1f} pixels ({radius / 2:.3g} arcsec)" in words
    assert f"axis ratio {stamp.galaxy.axis_ratio:.2f}, angle" in words
    assert f"S/N {quality.signal_to_noise:.3g}, bad fraction 0, truncation 0" in words
    assert f"window: {3 * radius:.1f} pixels" in words
    assert words.endswith("\nnote: borders masked")
    assert trial.caption()[0] == "disc"
    assert trial.caption()[1].startswith(f"radius {radius:.3g} px, axis ratio 0.5")
    assert trial.caption()[2] == "borders masked"
    assert trial.reason == ""
    np.testing.assert_array_equal(trial.stamp.pixels, stamp.pixels)


def test_a_masked_picture_without_scale():
    """Unknown things are called so, and masked pixels are counted."""
    mask = np.zeros((180, 240), bool)
    mask[:18] = True
    [line, *_] = try_recipe(disc(mask=mask, linear=False), Recipe(), side=100).details()
    assert line.endswith("1 channel (bands not named), unknown scale, already stretched, 0.1 masked")


def test_a_circle_is_no_galaxy():
    """Recipes that don't search, or don't find, a galaxy take a circle for it, which is called so."""
    image = disc(pixel_scale=0.5)
    sky = GalaxyImage(pixels=np.full((50, 60, 1), 3.0, np.float32), name="sky", pixel_scale=0.5)
    for each, recipe in [(image, Recipe(crop=FractionCrop(0.5))), (sky, Recipe(crop=AngularCrop(20.0)))]:
        trial = try_recipe(each, recipe, side=100)
        assert not trial.galaxy_found
        assert "not measured; the largest circle in the window" in "\n".join(trial.details())
        assert trial.caption()[1].startswith("galaxy not measured, S/N")
    assert try_recipe(image, Recipe(crop=AngularCrop(20.0)), side=100).galaxy_found


def test_a_blank_frame_has_a_reason():
    """Without a galaxy there is no stamp, and the reason does not repeat the name."""
    blank = GalaxyImage(pixels=np.zeros((50, 60, 1), np.float32), name="blank")
    trial = try_recipe(blank, Recipe(), side=100)
    assert trial.stamp is None
    assert trial.reason.startswith("no galaxy: nothing rises above the sky")
    assert trial.caption() == ["blank"]
    assert trial.frame is not None


def test_what_misses_a_limit_is_still_measured():
    """An image below a limit is refused with the reason; galaxy and window are those without limits."""
    recipe = Recipe(size=32, limits=QualityLimits(diameter=1000.0))
    trial = try_recipe(disc(), recipe, side=100)
    assert trial.reason.startswith("diameter is ")
    assert "at least 1000 is needed" in trial.reason
    stamp = replace(recipe, limits=None)(disc())
    assert trial.stamp is not None
    assert trial.stamp.galaxy == stamp.galaxy
    assert trial.stamp.window == stamp.window
    # Something else than a limit stays a reason without a stamp.
    assert try_recipe(disc(), replace(recipe, crop=AngularCrop(5.0)), side=100).stamp is None


def test_files_are_read_or_give_the_reason(tmp_path):
    """A sound file is an image; a broken one gives its name, its path and why it can't be read."""
    image = disc()
    fits.writeto(tmp_path / "M51.fits", image.pixels[..., 0])
    (tmp_path / "broken.fits").write_bytes((tmp_path / "M51.fits").read_bytes()[:10_000])
    assert try_recipe(tmp_path / "M51.fits", Recipe(), side=100).name == "M51"
    broken = try_recipe(str(tmp_path / "broken.fits"), Recipe(), side=100)
    assert (broken.frame, broken.stamp) == (None, None)
    assert broken.name == "broken.fits"
    assert broken.reason.startswith("the file is cut short")
    assert broken.details() == [f"file: {tmp_path / 'broken.fits'}"]


def test_blank_stamps_are_noted():
    """If the levels don't fit the image, the first note says so."""
    image = disc(notes=("resampled",))
    recipe = Recipe(crop=FractionCrop(0.3), stretch=Stretch(curve="linear", black=1e6, white=2e6))
    trial = try_recipe(image, recipe, side=100)
    assert trial.notes[0] == "the stamp is nearly all black: the recipe's levels don't fit the image"
    assert trial.notes.count("resampled") == 1


def test_notes_of_image_and_stamp_are_joined_without_copies():
    """The notes of the image come first, and one that the stamp repeats stands once."""

    class Noted:
        def __call__(self, image: GalaxyImage) -> Any:
            stamp = Recipe(size=16)(image)
            return replace(stamp, notes=("one", "two"), window=None)

        def to_dict(self) -> dict[str, Any]:
            return {}

    trial = try_recipe(disc(notes=("zero", "one")), Noted(), side=100)
    assert trial.notes == ("zero", "one", "two")
    assert trial.patches is None
    assert trial.galaxy_found
    assert not any(line.startswith("window") for line in trial.details())


def test_a_recipe_makes_stamps():
    """A function that returns something else is an error of its own, not of the drawing."""

    class Wrong:
        def __call__(self, image: GalaxyImage) -> Any:
            return image.pixels

        def to_dict(self) -> dict[str, Any]:
            return {}

    with pytest.raises(InvalidValueError, match="recipe: expected a function that makes a Stamp, got a ndarray"):
        try_recipe(disc(), Wrong(), side=100)


def test_sky_patches_are_those_of_the_frame():
    """A recipe's patches lie in the frame; they are the same whatever its crop."""
    trials = [try_recipe(disc(), recipe, side=100) for recipe in (Recipe(), DAI_TONG)]
    for trial in trials:
        assert trial.patches is not None
        assert trial.patches.shape == (16, 4)
        assert trial.patches.min() == 0
        assert trial.patches.max(axis=0)[2:].tolist() == [239, 179]
