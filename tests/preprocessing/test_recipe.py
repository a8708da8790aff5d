"""Recipes: from images to stamps, and to JSON and back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from galmorph.errors import FileFormatError, InvalidValueError, PoorImageError, UnsuitableImageError
from galmorph.preprocessing import (
    DAI_TONG,
    AngularCrop,
    FractionCrop,
    GalaxyCrop,
    QualityLimits,
    Recipe,
    Stretch,
    locate,
    measure_quality,
    resample,
)
from galmorph.types import GalaxyImage

FLAT = Stretch(curve="linear", black=0.0, white=1.0)


def image_of(pixels: np.ndarray, **options: Any) -> GalaxyImage:
    """An image without masked pixels."""
    return GalaxyImage(pixels=pixels, mask=np.zeros(pixels.shape[:2], bool), name="NGC 1", **options)


def disc(x: float = 66.0, y: float = 57.0, shape: tuple[int, int] = (120, 130), channels: int = 1) -> np.ndarray:
    """An inclined exponential disc above a noisy sky of 100."""
    rows, columns = np.indices(shape)
    light = 200 * np.exp(-np.hypot(columns - x, (rows - y) / 0.6) / 6)
    noise = np.random.default_rng(0).normal(100, 1, (*shape, channels))
    return (light[..., np.newaxis] + noise).astype(np.float32)


positive = st.floats(0.01, 1e3)


@given(
    size=st.integers(1, 512),
    channels=st.sampled_from([None, 1, 3]),
    background=st.booleans(),
    crop=st.sampled_from([GalaxyCrop, AngularCrop, FractionCrop]),
    width=st.floats(0.01, 1),
    curve=st.sampled_from(["linear", "asinh", "log"]),
    softening=positive,
    black=st.none() | st.floats(-10, 0),
    white=st.none() | positive,
    signal_to_noise=st.none() | positive,
)
def test_round_trip(
    size: int,
    channels: int | None,
    background: bool,
    crop: type,
    width: float,
    curve: str,
    softening: float,
    black: float | None,
    white: float | None,
    signal_to_noise: float | None,
) -> None:
    """Every recipe comes back from JSON equal to itself, with the same hash."""
    recipe = Recipe(
        size=size,
        channels=channels,
        background=background,
        crop=crop(width),
        stretch=Stretch(curve=curve, softening=softening, black=black, white=white),
        limits=None if signal_to_noise is None else QualityLimits(signal_to_noise=signal_to_noise),
    )
    back = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert back == recipe
    assert hash(back) == hash(recipe)


def test_repr() -> None:
    """A recipe prints on one short line."""
    assert repr(Recipe()) == "Recipe(64 x 64, GalaxyCrop(radii=3.0), asinh)"
    other = Recipe(size=80, channels=1, background=False, crop=AngularCrop(90.0), limits=QualityLimits())
    assert repr(other) == "Recipe(80 x 80 x 1, AngularCrop(arcsec=90.0), asinh, sky kept, with limits)"


def test_galaxy_is_in_the_middle_of_the_stamp() -> None:
    """The default stamp of a galaxy beside the middle of the frame has it in the middle, filling two thirds."""
    stamp = Recipe(size=65)(image_of(disc()))
    inner = locate(stamp.pixels)
    assert (stamp.galaxy.x, stamp.galaxy.y) == pytest.approx((66, 57), abs=0.5)
    assert (inner.x, inner.y) == pytest.approx((32, 32), abs=1)
    assert stamp.pixels.dtype == np.float32
    assert stamp.pixels.min() == 0
    assert stamp.pixels.max() == pytest.approx(1)
    assert np.median(stamp.pixels[:5]) < 0.05


def test_stamps_do_not_depend_on_the_frame() -> None:
    """Two frames of different width around one galaxy yield nearly the same stamp: the frame leaks nothing."""
    wide = disc(shape=(190, 191), x=95.0, y=95.0)
    narrow = wide[35:155, 30:160]
    first, second = (Recipe()(image_of(np.ascontiguousarray(pixels))) for pixels in (wide, narrow))
    assert first.galaxy.radius == pytest.approx(second.galaxy.radius, rel=0.05)
    assert np.abs(first.pixels - second.pixels).mean() < 0.02


def test_angular_crop() -> None:
    """A window of 20 arcsec at half an arcsec a pixel is 40 pixels wide, centred on the galaxy."""
    pixels = disc()
    stamp = Recipe(
        size=40, background=False, crop=AngularCrop(20.0), stretch=Stretch(curve="linear", black=0.0, white=1e3)
    )(image_of(pixels, pixel_scale=0.5))
    expected = resample(pixels, stamp.galaxy.x, stamp.galaxy.y, 40.0, 40) / 1000
    np.testing.assert_allclose(stamp.pixels, expected, atol=1e-6)


def test_angular_crop_needs_the_pixel_scale() -> None:
    """Without a pixel scale, an angle can't be cut."""
    with pytest.raises(UnsuitableImageError, match=r"NGC 1: AngularCrop\(arcsec=20.0\) needs the pixel scale"):
        Recipe(crop=AngularCrop(20.0))(image_of(disc()))


def test_absurd_pixel_scales_are_refused() -> None:
    """A pixel scale that would need billions of pixels is refused as a mistake."""
    image = image_of(disc(), pixel_scale=1e-9)
    with pytest.raises(UnsuitableImageError, match=r"at 1e-09 arcsec/pixel, in a frame of .*; check the pixel scale"):
        Recipe(crop=AngularCrop(30.0))(image)


def test_fraction_crop_is_of_the_shorter_side() -> None:
    """Half of a frame of 40 by 60 is the 20 by 20 pixels in its middle; the galaxy's circle fills it."""
    pixels = np.random.default_rng(1).random((40, 60, 1)).astype(np.float32)
    stamp = Recipe(size=20, background=False, crop=FractionCrop(0.5), stretch=FLAT)(image_of(pixels))
    np.testing.assert_allclose(stamp.pixels, pixels[10:30, 20:40], atol=1e-6)
    assert (stamp.galaxy.x, stamp.galaxy.y, stamp.galaxy.radius) == (29.5, 19.5, 10)


def test_no_galaxy() -> None:
    """A constant image becomes a dark stamp if the crop needs no galaxy; otherwise the error names the image."""
    blank = image_of(np.full((50, 50, 1), 9, np.float32), pixel_scale=1.0)
    for crop in [FractionCrop(1.0), AngularCrop(30.0)]:
        stamp = Recipe(crop=crop)(blank)
        assert stamp.pixels.max() < 1e-4
        assert stamp.galaxy.x == 24.5
        assert np.isnan(stamp.quality.signal_to_noise)
    with pytest.raises(PoorImageError, match="NGC 1: no galaxy: nothing rises above the sky"):
        Recipe()(blank)


def test_sky_without_noise() -> None:
    """A model without noise misses the limits, which says why; a picture on black has the noise of its rounding."""
    light = disc()[..., :1] - 100
    light[light < 8] = 0
    with pytest.raises(PoorImageError, match="NGC 1: the sky has no noise, so signal_to_noise is unknown, at least 1"):
        Recipe(limits=QualityLimits())(image_of(light))
    picture = np.clip(light, 0, 255)
    for pixels in [picture.astype(np.uint8), np.floor(picture), np.floor(picture) / np.float32(255)]:
        quality = Recipe(limits=QualityLimits())(image_of(pixels, linear=False)).quality
        assert quality.signal_to_noise == pytest.approx(quality_of(picture) * np.sqrt(12), rel=0.02)


def quality_of(pixels: np.ndarray) -> float:
    """Signal to noise of a picture with a noise of one grey level."""
    galaxy = locate(np.floor(pixels))
    window = (galaxy.x, galaxy.y, 3 * galaxy.radius)
    return measure_quality(np.floor(pixels), galaxy, sky=0.0, noise=1.0, window=window).signal_to_noise


def test_nothing_measured() -> None:
    """A completely masked image has no stamp, whatever the crop."""
    image = GalaxyImage(pixels=np.full((9, 9, 1), np.nan, np.float32), mask=np.ones((9, 9), bool), name="NGC 1")
    with pytest.raises(PoorImageError, match="NGC 1: the image has no measured pixel"):
        DAI_TONG(image)


def test_limits() -> None:
    """An image below the limits is refused, with its name and all limits that it misses."""
    limits = QualityLimits(signal_to_noise=1e6, diameter=1e4)
    with pytest.raises(PoorImageError, match=r"NGC 1: signal_to_noise is .*; diameter is .*, at least 10000"):
        Recipe(limits=limits)(image_of(disc()))
    assert Recipe(limits=QualityLimits())(image_of(disc())).quality.signal_to_noise > 1


def test_masked_corner_becomes_sky() -> None:
    """A masked corner of NaN is dark in the stamp and counts as bad."""
    pixels = disc()
    mask = np.zeros(pixels.shape[:2], bool)
    mask[:40, :45] = True
    pixels[mask] = np.nan
    stamp = Recipe(crop=FractionCrop(1.0))(GalaxyImage(pixels=pixels, mask=mask, name="NGC 1"))
    assert np.isfinite(stamp.pixels).all()
    assert stamp.pixels[:18, :18].max() == 0
    assert stamp.quality.bad_fraction == pytest.approx(40 * 40 / 120**2)


def test_channels() -> None:
    """One channel is the mean, three from grey are equal, None keeps the channels, and two can't become three."""
    colour, grey = image_of(disc(channels=3)), image_of(disc())
    assert Recipe()(colour).pixels.shape == (64, 64, 3)
    assert Recipe(channels=1)(colour).pixels.shape == (64, 64, 1)
    repeated = Recipe(channels=3)(grey).pixels
    np.testing.assert_allclose(repeated, np.repeat(Recipe()(grey).pixels, 3, axis=-1), atol=1e-6)
    with pytest.raises(UnsuitableImageError, match="NGC 1: expected 1 or 3 channels to make 3 of, got 2"):
        Recipe(channels=3)(image_of(disc(channels=2)))


def test_stretched_images_are_not_stretched_again() -> None:
    """The curve of the recipe is used with ``linear=True``, and ignored with ``linear=False``."""
    curves = {linear: [] for linear in (True, False)}
    for linear, shown in curves.items():
        for curve in ["linear", "asinh"]:
            shown.append(Recipe(stretch=Stretch(curve=curve))(image_of(disc(), linear=linear)).pixels)
    np.testing.assert_array_equal(*curves[False])
    assert curves[True][1].mean() > 1.5 * curves[True][0].mean()


def test_sky_of_each_channel_is_subtracted() -> None:
    """A coloured sky becomes black, so that only the galaxy has a colour."""
    pixels = disc(channels=3) + np.array([0, 50, 100], np.float32)
    stamp = Recipe()(image_of(pixels, linear=False)).pixels
    assert np.median(stamp[:8], axis=(0, 1)) == pytest.approx(0, abs=0.03)


def test_white_below_the_sky() -> None:
    """A given white level that is darker than the sky is refused with both numbers."""
    with pytest.raises(PoorImageError, match=r"NGC 1: the sky, [\d.]+, is not darker than the recipe's white level, 5"):
        Recipe(background=False, stretch=Stretch(white=5.0))(image_of(disc()))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"colour": 1}, FileFormatError, "recipe: unknown colour; expected size, channels"),
        ({"crop": {"kind": "round"}}, FileFormatError, "crop: expected a kind among galaxy, angular, fraction"),
        ({"crop": 3.0}, FileFormatError, "crop: expected a kind among .*, got 3.0"),
        ({"crop": {"kind": "galaxy"}}, FileFormatError, "recipe: crop: missing radii"),
        ({"crop": {"kind": "galaxy", "radii": -1.0}}, InvalidValueError, "crop: radii: expected .* above 0, got -1.0"),
        ({"crop": {"kind": "galaxy", "radii": "3"}}, InvalidValueError, "recipe: crop: .*'3'"),
        ({"stretch": [1]}, FileFormatError, r"recipe: stretch: expected a mapping with curve, .*, got \[1\]"),
        ({"stretch": {"gamma": 1.0}}, FileFormatError, "recipe: stretch: missing black, curve, softening, white"),
        ({"limits": {}}, FileFormatError, "recipe: limits: missing bad_fraction"),
        ({"size": 0}, InvalidValueError, "recipe: size: expected a whole number of at least 1, got 0"),
        ({"channels": 2}, InvalidValueError, "recipe: channels: expected None, 1 or 3, got 2"),
    ],
)
def test_damaged_descriptions(change: dict[str, Any], error: type[Exception], text: str) -> None:
    """A damaged description is refused, and the message says where it is damaged."""
    with pytest.raises(error, match=f"(?s){text}"):
        Recipe.from_dict({**Recipe().to_dict(), **change})


def test_missing_entry() -> None:
    """A missing entry is an error: no default replaces it."""
    description = Recipe().to_dict()
    del description["background"]
    with pytest.raises(FileFormatError, match=r"recipe: missing background; .* another version"):
        Recipe.from_dict(description)


@pytest.mark.parametrize("values", [{"size": 0}, {"channels": 2}])
def test_wrong_values(values: dict[str, int]) -> None:
    """Wrong values are refused when the recipe is made."""
    with pytest.raises(InvalidValueError, match=f"{next(iter(values))}: expected"):
        Recipe(**values)


def test_dai_tong_is_one_resampling() -> None:
    """The central 220 of 424 pixels brought to 80, then the central 64, is the central 176 brought to 64."""
    rows, columns = np.indices((424, 424))
    smooth = 120 + 60 * np.sin(columns / 17) + 60 * np.cos(rows / 23)
    image = image_of(np.repeat(smooth[..., np.newaxis], 3, axis=-1).astype(np.float32), linear=False)
    two_steps = resample(image.pixels, 211.5, 211.5, 220.0, 80)[8:72, 8:72] / 255
    np.testing.assert_allclose(DAI_TONG(image).pixels, two_steps, atol=1e-6)


def test_dss_plates(shared_data: Path) -> None:
    """A plate becomes a stamp that is neither black nor overexposed, with the galaxy brightest in the middle."""
    for path in sorted((shared_data / "ned" / "fits").glob("*.fits")):
        pixels = fits.getdata(path).astype(np.float32)[..., np.newaxis]
        stamp = Recipe()(image_of(pixels)).pixels
        assert 0.02 < np.median(stamp) < 0.5
        assert (stamp > 0.99).mean() < 0.05
        assert stamp[24:40, 24:40].mean() > 2 * stamp.mean()


def test_sdss_images(shared_data: Path) -> None:
    """SDSS images become stamps in colour that are neither black nor overexposed."""
    for path in sorted((shared_data / "galaxy_zoo_2" / "images").glob("*.jpg"))[::100]:
        image = image_of(np.asarray(Image.open(path)).astype(np.float32), linear=False)
        stamp = Recipe()(image)
        assert stamp.pixels.shape == DAI_TONG(image).pixels.shape == (64, 64, 3)
        assert (stamp.pixels > 0.99).mean() < 0.05
        assert stamp.pixels[24:40, 24:40].mean() > 1.5 * stamp.pixels.mean()


@pytest.mark.parametrize("recipe", [DAI_TONG, Recipe(channels=3), Recipe(channels=1, crop=FractionCrop(1.0))])
@pytest.mark.parametrize("masked", [False, True])
def test_bytes_and_floats_agree(recipe: Recipe, masked: bool) -> None:
    """A picture of bytes gives the stamp, the galaxy and the quality of the same picture in floats."""
    pixels = np.clip(disc(shape=(424, 424), x=215.0, y=208.0, channels=3) - 60, 0, 255).astype(np.uint8)
    mask = np.zeros((424, 424), bool)
    if masked:
        mask[100:120, 90:300] = mask[:30] = True
    options: dict[str, Any] = {"mask": mask, "name": "NGC 1", "linear": False}
    stored = recipe(GalaxyImage(pixels=pixels, **options))
    floats = recipe(GalaxyImage(pixels=pixels.astype(np.float32), **options))
    np.testing.assert_allclose(stored.pixels, floats.pixels, atol=1e-6)
    assert vars(stored.galaxy) == pytest.approx(vars(floats.galaxy))
    assert vars(stored.quality) == pytest.approx(vars(floats.quality), rel=1e-5)
