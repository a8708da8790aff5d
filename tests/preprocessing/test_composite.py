"""Composites: which bands become red, green and blue, and how bright."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.visualization import make_lupton_rgb
from hypothesis import given, settings
from hypothesis import strategies as st

from galmorph.errors import FileFormatError, InvalidValueError, UnsuitableImageError
from galmorph.preprocessing import (
    LEGACY_SURVEY,
    PAN_STARRS,
    SDSS,
    Composite,
    FractionCrop,
    Recipe,
    Stretch,
    stretch,
)
from galmorph.types import GalaxyImage, Stamp

SIDE = 96
WHOLE = FractionCrop(1.0)


def galaxy(*fluxes: float, noise: float | tuple[float, ...] = 1.0) -> np.ndarray:
    """A disc in the middle of the frame, with a flux and a noise for each band."""
    rows, columns = np.indices((SIDE, SIDE))
    light = np.exp(-np.hypot(columns - 48, (rows - 47) / 0.7) / 6)
    sky = np.random.default_rng(0).normal(0, 1, (SIDE, SIDE, len(fluxes))) * noise
    return (light[..., np.newaxis] * np.array(fluxes) + sky).astype(np.float32)


def image_of(pixels: np.ndarray, bands: tuple[str, ...] | None, **options: Any) -> GalaxyImage:
    """A linear image with names of its bands."""
    return GalaxyImage(pixels=pixels, bands=bands, name="NGC 1", **options)


def colour(stamp: Stamp) -> np.ndarray:
    """Light of red, green and blue in the middle of a stamp, relative to their mean."""
    middle = stamp.pixels[24:40, 24:40].sum(axis=(0, 1))
    return middle / middle.mean()


def test_stretch_of_the_legacy_surveys() -> None:
    """Composite and stretch give the picture that the surveys' viewer computes, where no pixel is saturated."""
    g, r, z = np.random.default_rng(1).uniform(-0.01, 0.3, (3, 20, 20)).astype(np.float32)
    scaled = [np.maximum(0, band * factor + 0.03) for band, factor in [(z, 2.2), (r, 3.4), (g, 6.0)]]
    intensity = sum(scaled) / 3
    picture = np.stack(scaled, axis=-1) * (np.arcsinh(20 * intensity) / np.sqrt(20) / intensity)[..., np.newaxis]
    unsaturated = picture.max(axis=-1) < 1
    assert unsaturated.mean() > 0.2
    recipe = Recipe(
        size=20, composite=LEGACY_SURVEY, stretch=Stretch.legacy_survey(), background=False, crop=FractionCrop(1.0)
    )
    shown = recipe(image_of(np.stack([g, r, z], axis=-1), ("g", "r", "z"))).pixels
    np.testing.assert_allclose(shown[unsaturated], picture[unsaturated], atol=1e-5)


@pytest.mark.parametrize(("width", "q", "minimum"), [(5.0, 8.0, 0.0), (0.5, 8.0, 0.1), (20.0, 3.0, -2.0)])
def test_stretch_of_astropy(width: float, q: float, minimum: float) -> None:
    """``Stretch.lupton`` is astropy's stretch with the same arguments, where no pixel is saturated."""
    planes = np.random.default_rng(2).uniform(0.2, 10, (3, 12, 12)).astype(np.float32)
    theirs = make_lupton_rgb(*planes, minimum=minimum, stretch=width, Q=q, output_dtype=float)
    chosen = Stretch.lupton(stretch=width, Q=q, minimum=minimum)
    assert chosen.black is not None
    assert chosen.white is not None
    ours = stretch(
        np.moveaxis(planes, 0, -1),
        black=chosen.black,
        white=chosen.white,
        curve=chosen.curve,
        softening=chosen.softening,
    )
    dark = theirs.max(axis=-1) < 1
    assert dark.any()
    np.testing.assert_allclose(ours[dark], theirs[dark], atol=2e-5)


def test_stretches_refuse_curves_that_are_none() -> None:
    """A softening of 0 has no curve."""
    with pytest.raises(InvalidValueError, match=r"Q: expected a finite number above 0, got 0.0"):
        Stretch.lupton(Q=0.0)
    with pytest.raises(InvalidValueError, match=r"Q: expected a finite number above 0, got -1.0"):
        Stretch.legacy_survey(Q=-1.0)


@pytest.mark.parametrize("composite", [None, SDSS])
@pytest.mark.parametrize("bands", [("g", "r", "i"), ("u", "g", "r", "i", "z")])
def test_order_of_the_planes(composite: Composite | None, bands: tuple[str, ...]) -> None:
    """A stamp does not depend on the order of the planes in the file."""
    pixels = galaxy(*(50.0 + 20 * band for band in range(len(bands))))
    recipe = Recipe(channels=3, crop=WHOLE, composite=composite)
    expected = recipe(image_of(pixels, bands))
    for order in list(permutations(range(len(bands))))[1::17]:
        mixed = image_of(np.ascontiguousarray(pixels[..., list(order)]), tuple(bands[place] for place in order))
        stamp = recipe(mixed)
        np.testing.assert_array_equal(stamp.pixels, expected.pixels)
        assert stamp.notes == expected.notes


@settings(max_examples=8)
@given(factor=st.floats(1e-8, 1e8))
def test_one_factor_for_all_bands(factor: float) -> None:
    """The unit of the flux does not matter: the levels follow it."""
    for bands in [("g", "r", "z"), ("J", "H", "Ks")]:
        pixels = galaxy(60.0, 90.0, 120.0)
        expected = Recipe()(image_of(pixels, bands))
        stamp = Recipe()(image_of(pixels * np.float32(factor), bands))
        np.testing.assert_allclose(stamp.pixels, expected.pixels, atol=1e-3)
        assert stamp.galaxy.x == pytest.approx(expected.galaxy.x, abs=0.01)
        assert stamp.galaxy.radius == pytest.approx(expected.galaxy.radius, rel=1e-3)


@settings(max_examples=12)
@given(factors=st.tuples(*3 * [st.floats(1e-6, 1e6)]))
def test_a_factor_for_each_band(factors: tuple[float, float, float]) -> None:
    """Bands without scales of a survey may be in any units: a band of large numbers has no more weight."""
    pixels = galaxy(60.0, 90.0, 120.0)
    bands = ("F115W", "F277W", "F444W")
    expected = Recipe()(image_of(pixels, bands))
    stamp = Recipe()(image_of(pixels * np.array(factors, np.float32), bands))
    np.testing.assert_allclose(stamp.pixels, expected.pixels, atol=1e-3)
    assert stamp.galaxy.radius == pytest.approx(expected.galaxy.radius, rel=1e-3)


def test_reddest_band_is_red() -> None:
    """Light that is in z only is red, in r only green, in g only blue, in whatever order the file has them."""
    for name, channel in [("z", 0), ("r", 1), ("g", 2)]:
        bands = ("g", "r", "z")
        fluxes = [100.0 if band == name else 0.0 for band in bands]
        stamp = Recipe(crop=WHOLE)(image_of(galaxy(*fluxes), bands))
        assert np.argmax(colour(stamp)) == channel
        others = " and ".join(band for band in ("z", "r", "g") if band != name)
        assert stamp.notes == ("z/r/g shown as red/green/blue", f"no light in {others}")


def test_a_band_without_data_is_left_out() -> None:
    """Of four bands, three make the picture. If one of SDSS's is empty, those of the Legacy Surveys do."""
    image = image_of(galaxy(60.0, 90.0, 0.0, 120.0), ("g", "r", "i", "z"))
    image.pixels[..., 2] = 0
    assert Recipe(crop=WHOLE, channels=3)(image).notes == ("z/r/g shown as red/green/blue",)


@pytest.mark.parametrize(("survey", "bands"), [(SDSS, ("g", "r", "i")), (LEGACY_SURVEY, ("g", "r", "z"))])
def test_scales_of_the_surveys_are_the_default(survey: Composite, bands: tuple[str, str, str]) -> None:
    """The bands of SDSS and of the Legacy Surveys are scaled as in their own pictures."""
    image = image_of(galaxy(60.0, 90.0, 120.0), bands)
    stamp, own = Recipe(crop=WHOLE)(image), Recipe(crop=WHOLE, composite=survey)(image)
    np.testing.assert_allclose(stamp.pixels, own.pixels, atol=1e-5)
    assert own.notes == ()
    factors = dict(zip(survey.bands, survey.scales, strict=True))
    expected = np.array([factors[band] * flux for band, flux in zip(bands, (60, 90, 120), strict=True)])[::-1]
    np.testing.assert_allclose(colour(stamp), expected / expected.mean(), rtol=0.03)


def test_other_bands_are_shown_at_equal_light() -> None:
    """A galaxy is grey, whatever the units of J, H and K, and of g, r and i if these obviously differ."""
    for bands, fluxes in [(("J", "H", "Ks"), (50.0, 80.0, 110.0)), (("g", "r", "i"), (1e4, 50.0, 2e6))]:
        noise = tuple(flux / 60 for flux in fluxes)
        stamp = Recipe(crop=WHOLE)(image_of(galaxy(*fluxes, noise=noise), bands))
        np.testing.assert_allclose(colour(stamp), 1, atol=0.05)
        shown = "/".join(reversed(bands))
        assert stamp.notes == (f"{shown} shown as red/green/blue, at equal light",)


def test_noise_of_a_faint_band_stays_dark() -> None:
    """A band with a fifth of the signal-to-noise of the others is not raised to their light: its noise is bounded."""
    image = image_of(galaxy(20.0, 100.0, 100.0), ("J", "H", "Ks"))
    stamp = Recipe(crop=WHOLE, stretch=Stretch(curve="linear"))(image)
    red, green, blue = colour(stamp)
    assert red == pytest.approx(green, rel=0.05)
    assert blue == pytest.approx(0.4 * green, rel=0.1)
    planes = stamp.pixels[:10].std(axis=(0, 1))
    assert planes[2] < 2.5 * planes[1]


def test_middle_of_many_bands_is_green() -> None:
    """Of seven bands, red is the longest, green the fourth, and blue the shortest."""
    bands = ("F115W", "F150W", "F200W", "F277W", "F356W", "F410M", "F444W")
    stamp = Recipe(channels=3)(image_of(galaxy(*7 * [90.0]), bands))
    assert stamp.notes == ("F444W/F277W/F115W shown as red/green/blue, at equal light",)
    assert Recipe(channels=1)(image_of(galaxy(*7 * [90.0]), bands)).pixels.shape == (64, 64, 1)
    assert Recipe()(image_of(galaxy(*7 * [90.0]), bands)).pixels.shape == (64, 64, 7)


def test_two_bands() -> None:
    """Of two bands, the longer is red, the shorter blue, and green is their mean."""
    image = image_of(galaxy(30.0, 90.0, noise=(0.3, 0.9)), ("B", "I"))
    stamp = Recipe(channels=3, crop=WHOLE, stretch=Stretch(curve="linear"))(image)
    dim = stamp.pixels.max(axis=-1) < 0.9
    positive = stamp.pixels.min(axis=-1) > 0
    faint = stamp.pixels[dim & positive]
    np.testing.assert_allclose(faint[:, 1], (faint[:, 0] + faint[:, 2]) / 2, atol=1e-3)
    np.testing.assert_allclose(colour(stamp), 1, atol=0.05)
    assert stamp.notes == ("I, their mean and B shown as red, green and blue, at equal light",)


def test_one_band() -> None:
    """An image of one band is shown grey by a recipe of colour, and says so; a recipe of grey has nothing to say."""
    image = image_of(galaxy(90.0), ("r",))
    for recipe in [Recipe(channels=3), Recipe(composite=SDSS), Recipe(channels=3, composite=SDSS)]:
        stamp = recipe(image)
        assert stamp.pixels.shape == (64, 64, 3)
        assert np.ptp(stamp.pixels, axis=-1).max() < 1e-6
        assert stamp.notes == ("one band (r), shown grey",)
    assert Recipe()(image).notes == Recipe(channels=1)(image).notes == ()
    assert Recipe(channels=3)(image_of(galaxy(90.0), None)).notes == ("one band, shown grey",)


def test_unknown_bands() -> None:
    """Three planes without names are shown in the order of the file, with a note; of five, none can be chosen."""
    stamp = Recipe()(image_of(galaxy(0.0, 0.0, 90.0), None))
    assert np.argmax(colour(stamp)) == 2
    assert stamp.notes == ("bands unknown: shown as red, green and blue in the order of the file",)
    with pytest.raises(UnsuitableImageError, match=r"NGC 1: expected 1 or 3 channels .* got 5 whose bands are unknown"):
        Recipe(channels=3)(image_of(galaxy(*5 * [90.0]), None))


def test_missing_band() -> None:
    """An image that lacks a band of the composite is refused; the message lists both, and what to do."""
    image = image_of(galaxy(90.0, 90.0), ("g", "r"))
    with pytest.raises(UnsuitableImageError, match=r"NGC 1: expected the bands i, r, g .* got only g, r, so i is miss"):
        Recipe(composite=SDSS)(image)
    with pytest.raises(UnsuitableImageError, match=r"got 3 bands without names, so y, i, g are missing; name the band"):
        Recipe(composite=PAN_STARRS)(image_of(galaxy(90.0, 90.0, 90.0), None))


def test_pictures_are_composites_already() -> None:
    """The composite of a recipe changes nothing in a picture, nor does the name of its planes."""
    pixels = np.clip(galaxy(90.0, 60.0, 30.0) + 20, 0, 255).astype(np.uint8)
    picture = image_of(pixels, ("red", "green", "blue"), linear=False)
    stamps = [recipe(picture) for recipe in (Recipe(), Recipe(composite=SDSS), Recipe(channels=3))]
    for stamp in stamps:
        np.testing.assert_array_equal(stamp.pixels, stamps[0].pixels)
        assert stamp.notes == ()
    floats = Recipe()(image_of(pixels.astype(np.float32), ("red", "green", "blue")))
    np.testing.assert_allclose(colour(floats), colour(Recipe()(image_of(pixels[..., ::-1], ("blue", "green", "red")))))


def test_round_trip() -> None:
    """A composite comes back from JSON; a description from before composites existed means None."""
    recipe = Recipe(channels=3, composite=Composite(("I", "V", "B"), scales=(1.0, 1.5, 2.0)))
    back = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert (back, hash(back)) == (recipe, hash(recipe))
    plain = Recipe().to_dict()
    assert "composite" not in plain
    assert Recipe.from_dict(plain) == Recipe.from_dict({**plain, "composite": None}) == Recipe()


@pytest.mark.parametrize(
    ("composite", "error", "text"),
    [
        ({"bands": ["i", "r", "g"]}, FileFormatError, "recipe: composite: missing scales"),
        (["i", "r", "g"], FileFormatError, "recipe: composite: expected a mapping with bands, scales"),
        ({"bands": ["i", "r"], "scales": [1, 1, 1]}, InvalidValueError, "recipe: composite: .*bands"),
        ({"bands": ["i", "r", "g"], "scales": [1, 1]}, InvalidValueError, "recipe: composite: .*scales"),
        (
            {"bands": ["i", "r", "g"], "scales": [1, 1, 0]},
            InvalidValueError,
            "recipe: composite: scales: expected .* above 0, got 0",
        ),
    ],
)
def test_damaged_descriptions(composite: Any, error: type[Exception], text: str) -> None:
    """A damaged description of a composite is refused, and the message says where it is damaged."""
    with pytest.raises(error, match=f"(?s){text}"):
        Recipe.from_dict({**Recipe().to_dict(), "composite": composite})


def test_wrong_factors() -> None:
    """A factor of 0 would make a channel black."""
    with pytest.raises(InvalidValueError, match=r"scales: expected a finite number above 0, got 0.0"):
        Composite(("i", "r", "g"), scales=(1.0, 0.0, 1.0))


def test_decals_in_the_colours_of_the_viewer(shared_data: Path) -> None:
    """Stacks of g, r and z have the hues of the Legacy Surveys' viewer: one is reddish, one bluish."""
    balance = {}
    for letter in "abce":
        planes = fits.getdata(shared_data / "fits" / f"decals_test_examples_example_{letter}.fits")
        pixels = np.ascontiguousarray(np.moveaxis(planes, 0, -1)).astype(np.float32)
        stamp = Recipe()(image_of(pixels, ("g", "r", "z")))
        assert stamp.notes == ("z/r/g shown as red/green/blue",)
        # A ring around the nucleus, whose colours no stretch clips.
        rows, columns = np.indices(pixels.shape[:2])
        distance = np.hypot(columns - stamp.galaxy.x, rows - stamp.galaxy.y) / stamp.galaxy.radius
        g, _, z = pixels[(distance > 0.2) & (distance < 0.4)].sum(axis=0)
        rows, columns = np.indices((64, 64)) - 31.5
        distance = np.hypot(columns, rows) / (64 / 3)
        red, _, blue = stamp.pixels[(distance > 0.2) & (distance < 0.4)].sum(axis=0)
        balance[letter] = float(red / blue)
        assert balance[letter] == pytest.approx(2.2 * float(z) / (6.0 * float(g)), rel=0.1)
    assert balance["a"] > 1.2
    assert balance["b"] < 0.9


def test_damaged_bands_do_not_overflow() -> None:
    """If one band of a damaged image is 10³⁰ times as bright as the others, the stamp is finite, without a warning."""
    pixels = galaxy(300, 300, 300)
    pixels[40:56, 40:56, 0] = -1e30
    pixels[:, :, 1] *= 1e-6
    stamp = Recipe(size=32, channels=3, crop=WHOLE)(image_of(pixels, ("g", "r", "z")))
    assert np.isfinite(stamp.pixels).all()
