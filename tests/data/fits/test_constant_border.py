"""Borders of constant value: which are masked, and which images stay as they are."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from scipy import ndimage

from galmorph.data import read_image
from galmorph.data._fits.constant_border import constant_border

SIDE = 100
y, x = np.mgrid[:SIDE, :SIDE]
NOTHING = np.zeros((SIDE, SIDE), bool)
GALAXY = 200 * np.exp(-np.hypot(x - 48.3, y - 51.9) / 8)
NOISE = np.random.default_rng(0).normal(size=(SIDE, SIDE))


def rows(number: int) -> np.ndarray:
    """Border of the lowest rows."""
    return y < number


TILTED = np.abs(x - 50) + np.abs(y - 50) > 70  # the corners of a frame that drizzling has rotated

SKIES = {
    "white noise": NOISE,
    "noise with a PSF": 3 * ndimage.gaussian_filter(NOISE, 2),
    "counts": np.round(1000 + 30 * NOISE),
    "few counts": np.round(3 * NOISE),
    "tiny units": 1e-20 * NOISE,
}
BORDERS = {"rows": rows(10), "frame": (rows(4) | (SIDE - y <= 4) | (x < 4) | (SIDE - x <= 4)), "corners": TILTED}


def found(image: np.ndarray, mask: np.ndarray = NOTHING) -> np.ndarray | None:
    """Border that is found in an image of one or more planes."""
    return constant_border(np.atleast_3d(image).astype(np.float32), mask)


@pytest.mark.parametrize("border", BORDERS.values(), ids=BORDERS)
@pytest.mark.parametrize("value", [0.0, -99.0])
@pytest.mark.parametrize("sky", SKIES.values(), ids=SKIES)
def test_borders(sky: np.ndarray, value: float, border: np.ndarray):
    """Filled rows, frames and corners beside a noisy sky are found, whatever the noise, the units and the value."""
    image = sky + GALAXY * np.abs(sky).max() / 20
    result = found(np.where(border, value, image))
    assert result is not None
    # Pixels of the sky beside the border may have its value by chance, if they are counts.
    assert (result & border).sum() == border.sum()
    assert (result & ~border).sum() <= 0.05 * border.sum()


@pytest.mark.parametrize("factor", [2, 2.6, 3])
def test_enlarged(factor: float):
    """Noise whose pixels are repeated, as those of enlarged cut-outs are, is still noise."""
    nearest = (np.arange(SIDE) / factor).astype(int)
    np.testing.assert_array_equal(found(np.where(rows(10), 0, NOISE[np.ix_(nearest, nearest)])), rows(10))


def disc(scale: float, x0: float, y0: float) -> np.ndarray:
    """Exponential disc without noise, as float32: it underflows to 0 about 100 scale lengths from its centre."""
    return np.exp(-np.hypot(x - x0, y - y0).astype(np.float32) / np.float32(scale))


@pytest.mark.parametrize("sky", [0, 100, 1e4])
@pytest.mark.parametrize(
    ("scale", "x0", "y0"), [(0.6, 50, 50), (0.6, 48.3, 51.9), (0.5, 60.2, 40.7), (0.62, 5, 5), (4, 50, 50)]
)
def test_models_stay(scale: float, x0: float, y0: float, sky: float):
    """A disc without noise, which fades to a constant sky, keeps it, for any part of the frame that the sky takes."""
    model = disc(scale, x0, y0)
    assert found(1000 * model + np.float32(sky)) is None
    assert found(np.round(1e6 * model + sky)) is None
    assert found(np.round(1e6 * disc(4, x0, y0) + sky)) is None


@pytest.mark.parametrize("axis_ratio", [0.2, 0.5])
def test_inclined_models_stay(axis_ratio: float):
    """The same for discs seen from the side, two of them in one frame, and for steep ones."""
    radius = np.hypot(0.8 * (x - 40) + 0.6 * (y - 52), (0.8 * (y - 52) - 0.6 * (x - 40)) / axis_ratio)
    for model in (np.exp(-radius / 0.9), np.exp(-(radius**0.5)), np.exp(-((radius / 5) ** 2))):
        for image in (model, model + 0.3 * disc(0.5, 75, 60), np.round(3e4 * model), np.maximum(model - 1e-3, 0)):
            assert found(image) is None


def test_a_sky_without_noise_stays():
    """A constant region of more than half of the frame is a sky, even if the rest is noisy."""
    assert found(np.where(rows(51), 0, NOISE)) is None
    assert found(np.where(rows(50), 0, NOISE)) is not None


@pytest.mark.parametrize(
    "region",
    [
        rows(1) & (x < 90),
        (y < 9) & (x < 9),  # a saturated star
        (np.abs(x - 50) < 10) & (np.abs(y - 50) < 10),
        rows(10) & (y > 0),
    ],
    ids=["part of a row", "a corner", "the middle", "beside the edge"],
)
def test_small_and_inner_regions_stay(region: np.ndarray):
    """A few pixels are no border, nor is a region that does not reach the edge of the frame."""
    assert found(np.where(region, 7, NOISE)) is None


def test_a_hole_is_no_border():
    """Pixels in the middle that have the border's value by chance, or are saturated like it, are not part of it."""
    hole = (np.abs(x - 50) < 10) & (np.abs(y - 50) < 10)
    np.testing.assert_array_equal(found(np.where(rows(10) | hole, 7, NOISE)), rows(10))


def test_photons_on_a_dark_sky_stay():
    """Pixels without a photon surround the others; they are measured, and no border."""
    for level in (0.5, 0.8, 1.2):
        assert found(np.random.default_rng(1).poisson(level + GALAXY / 100)) is None


def test_a_border_is_one_in_all_bands():
    """Each band may be filled with a value of its own; a band that is measured there has no border."""
    sky = np.stack([NOISE, NOISE[::-1], NOISE[:, ::-1]], axis=-1)
    border = rows(10)
    filled = np.where(border[..., None], [0.0, -1.0, 5.0], sky)
    np.testing.assert_array_equal(found(filled), border)
    filled[..., 1] = sky[..., 1]
    assert found(filled) is None


def test_empty_band(tmp_path: Path):
    """A band that is empty where others are not is not masked, for the others' sake, but noted."""
    sky = np.stack([NOISE, NOISE[::-1], NOISE[:, ::-1]]).astype(np.float32)
    sky[1, :75] = 0
    fits.writeto(tmp_path / "a.fits", sky, fits.Header({"BANDS": "grz"}))
    image = read_image(tmp_path / "a.fits")
    assert image.notes == ("75 % of the pixels of band r have one value, but not in other bands",)
    assert not image.has_mask
    sky[:, :75] = 0
    fits.writeto(tmp_path / "b.fits", sky)
    assert read_image(tmp_path / "b.fits").notes == ()


def test_masked_pixels_are_no_border():
    """What is masked already (and set to 0) is not found again."""
    assert found(np.where(rows(10), 0, NOISE), rows(10)) is None


def test_noted(tmp_path: Path):
    """In a file, integers or floats, the border is masked, keeps its values and has a note; noise alone has none."""
    for name, values in [("f", NOISE.astype(np.float32)), ("i", np.round(1000 + 30 * NOISE).astype(np.int16))]:
        fits.writeto(tmp_path / f"{name}.fits", np.where(rows(10), 0, values).astype(values.dtype))
        image = read_image(tmp_path / f"{name}.fits")
        np.testing.assert_array_equal(image.mask, rows(10))
        assert image.notes == ("10 % of the pixels masked: a border of constant value",)
        fits.writeto(tmp_path / f"{name}0.fits", values)
        assert read_image(tmp_path / f"{name}0.fits").notes == ()


def test_border_of_a_linear_image(tmp_path: Path):
    """A border that fills Pan-STARRS's asinh pixels is found after they were made linear."""
    header = fits.Header({"BSOFTEN": 10.0, "BOFFSET": 3.0})
    fits.writeto(tmp_path / "a.fits", np.where(rows(10), 0, NOISE).astype(np.float32), header)
    image = read_image(tmp_path / "a.fits")
    np.testing.assert_array_equal(image.mask, rows(10))
    assert len(image.notes) == 2
