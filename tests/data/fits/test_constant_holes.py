"""Regions of constant value in an image: which are masked, and which images stay as they are."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from galmorph.data import read_image
from galmorph.data._fits.constant_holes import constant_holes

SIDE = 100
y, x = np.mgrid[:SIDE, :SIDE]
NOTHING = np.zeros((SIDE, SIDE), bool)
NOISE = np.random.default_rng(0).normal(size=(SIDE, SIDE))
GALAXY = 200 * np.exp(-np.hypot(x - 48.3, y - 51.9) / 8)
HOLES = {
    "nucleus": np.hypot(x - 48, y - 52) < 4,
    "square": (np.abs(x - 20) < 3) & (np.abs(y - 70) < 2),
    "gap": np.abs(x - 30) < 4,
}
SKIES = {"floats": NOISE, "counts": np.round(1000 + 30 * NOISE), "tiny units": 1e-20 * NOISE}


def found(image: np.ndarray, mask: np.ndarray = NOTHING) -> dict[str, np.ndarray]:
    """Holes that are found in an image of one or more planes."""
    return constant_holes(np.atleast_3d(image).astype(np.float32), mask)


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
@pytest.mark.parametrize("value", [0.0, -99.0])
@pytest.mark.parametrize("sky", SKIES.values(), ids=SKIES)
def test_holes(sky: np.ndarray, value: float, hole: np.ndarray):
    """Nuclei, stars and gaps that are filled with a value are found, whatever the noise and the units."""
    holes = found(np.where(hole, value, sky + np.abs(sky).max() / 20 * GALAXY))
    assert list(holes) == ["one constant value in the midst of noise"]
    np.testing.assert_array_equal(*holes.values(), hole)


@pytest.mark.parametrize("sky", SKIES.values(), ids=SKIES)
def test_saturated(sky: np.ndarray):
    """A plateau at the highest value is said to be saturated."""
    image = sky + np.abs(sky).max() / 20 * GALAXY
    limit = image.astype(np.float32).max() / 2
    holes = found(np.minimum(image, limit))
    assert list(holes) == ["saturated, with one value that is the highest"]
    np.testing.assert_array_equal(*holes.values(), image.astype(np.float32) >= limit)


def test_twelve_pixels():
    """Twelve pixels are a hole, eleven are not."""
    square = (np.abs(x - 50.5) < 2) & (np.abs(y - 50) < 2)
    assert square.sum() == 12
    assert found(np.where(square, 0, NOISE))
    assert not found(np.where(square & ((x != 49) | (y != 49)), 0, NOISE))


@pytest.mark.parametrize("level", [0.05, 0.3, 0.6, 1, 3, 10])
@pytest.mark.parametrize("exposure", [1, 1700.0])
def test_few_photons_stay(level: float, exposure: float):
    """Counts of few photons, as integers or rates, have many equal pixels, all of which are measured."""
    counts = np.random.default_rng(1).poisson(level + GALAXY / 100)
    assert not found(counts / exposure)


@pytest.mark.parametrize("sky", [0, 100])
def test_models_stay(sky: float):
    """Models without noise keep their plateaus: a core, a faded sky, and rounded values."""
    for model in (np.minimum(GALAXY, 100), np.exp(-np.hypot(x - 50, y - 50) / 0.6), np.round(GALAXY)):
        assert not found(model + np.float32(sky))


def test_enlarged_stay():
    """Pixels that are repeated four times are no holes."""
    nearest = np.arange(SIDE) // 4
    assert not found((NOISE + GALAXY)[np.ix_(nearest, nearest)])


def test_noise_stays():
    """Noise alone has no holes, nor what is masked already."""
    assert not found(NOISE)
    assert not found(np.round(6 * NOISE))
    assert not found(np.where(HOLES["nucleus"], 0, NOISE), HOLES["nucleus"])


def test_any_band():
    """A hole in one band masks it for all, and two bands may have different holes."""
    stack = np.stack([np.where(HOLES["nucleus"], 0, NOISE), np.where(HOLES["square"], 5, NOISE.T), NOISE[::-1]], -1)
    (hidden,) = [sum(found(stack).values())]
    np.testing.assert_array_equal(hidden > 0, HOLES["nucleus"] | HOLES["square"])


def test_noted(tmp_path: Path):
    """In a file, holes are masked, keep their values and have a note; a picture with white in it stays."""
    image = np.where(HOLES["nucleus"], 0, NOISE + GALAXY).astype(np.float32)
    fits.writeto(tmp_path / "a.fits", image)
    read = read_image(tmp_path / "a.fits")
    np.testing.assert_array_equal(read.mask, HOLES["nucleus"])
    assert read.notes == ("0.45 % of the pixels masked: one constant value in the midst of noise",)
    np.testing.assert_array_equal(read.pixels[..., 0], image)
    white = np.clip(20 * NOISE + 100 + 2 * GALAXY, 0, 255).astype(np.uint8)
    fits.writeto(tmp_path / "b.fits", white)
    assert not read_image(tmp_path / "b.fits").has_mask
    fits.writeto(tmp_path / "c.fits", white.astype(np.int16))
    assert "saturated" in read_image(tmp_path / "c.fits").notes[0]
