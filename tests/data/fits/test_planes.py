"""Masks, weights and errors in the file of an image."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from galmorph.data import read_image

IMAGE = np.random.default_rng(0).normal(size=(10, 10)).astype(np.float32)
NONE = np.zeros((10, 10), np.int32)
# The first pixels of the first row are the ones to hide.
SPOTS = np.zeros((10, 10), bool)
SPOTS[0, :4] = True


def write(path: Path, plane: np.ndarray, name: str, telescope: str = "HST", **cards: int) -> Path:
    """Write an image and one plane."""
    hdus = [fits.PrimaryHDU(header=fits.Header({"TELESCOP": telescope})), fits.ImageHDU(IMAGE, name="SCI")]
    fits.HDUList([*hdus, fits.ImageHDU(plane, fits.Header(cards), name=name)]).writeto(path)
    return path


def first_row(*values: float, rest: float) -> np.ndarray:
    """Build a plane that has these values in its first row."""
    plane = np.full((10, 10), rest, np.float64)
    plane[0, : len(values)] = values
    return plane


@pytest.mark.parametrize(
    ("plane", "name"),
    [
        (first_row(0, -1, np.nan, np.inf, rest=2.5), "WHT"),
        (first_row(0, -1, np.nan, np.inf, rest=2.5).astype(np.float32), "IVAR"),
        (first_row(0, -1, np.nan, np.inf, rest=2.5), "ERR"),
        (first_row(0, -1, np.nan, -np.inf, rest=2.5), "VARIANCE"),
        (first_row(1, 2, 4096, -1, rest=0).astype(np.int32), "DQ"),
        (first_row(1, 2, 128, 255, rest=0).astype(np.uint8), "MASK"),
        (first_row(1, 2, 32768, 65535, rest=0).astype(np.uint16), "FLAGS"),
        (first_row(1, 0.5, np.nan, -1, rest=0), "MASK"),
        # Squares of fluxes in erg/s/cm2/A are below and above what float32 holds.
        (first_row(0, -1, np.nan, np.inf, rest=1e-50), "VAR"),
        (first_row(0, -1, np.nan, np.inf, rest=1e50), "IVAR"),
    ],
)
def test_what_planes_hide(tmp_path: Path, plane: np.ndarray, name: str):
    """Weights and errors hide pixels where they are not above 0 or not finite, masks where they are not 0."""
    image = read_image(write(tmp_path / "a.fits", plane, name))
    np.testing.assert_array_equal(image.mask, SPOTS)
    assert image.notes == (f"4 % of the pixels masked by HDU 2 {name}",)
    np.testing.assert_array_equal(image.pixels[..., 0], IMAGE)


@pytest.mark.parametrize(("plane", "name"), [(NONE, "DQ"), (NONE + 1, "WHT")])
def test_planes_that_hide_nothing(tmp_path: Path, plane: np.ndarray, name: str):
    """If all pixels are good, there is nothing to note."""
    image = read_image(write(tmp_path / "a.fits", plane, name))
    assert (image.has_mask, image.notes) == (False, ())


LSST = {"MP_BAD": 0, "MP_SAT": 1, "MP_INTRP": 2, "MP_CR": 3, "HIERARCH MP_DETECTED": 5, "HIERARCH MP_NO_DATA": 8}


def test_lsst_mask(tmp_path: Path):
    """Of LSST's mask planes, those count that leave no measurement; which bit each has, the header says."""
    bits = [1 << bit for bit in (0, 1, 3, 8)]
    harmless = [1 << 2, 1 << 5, (1 << 2) | (1 << 5)]
    plane = first_row(*bits, *harmless, rest=1 << 5).astype(np.int32)
    image = read_image(write(tmp_path / "a.fits", plane, "MASK", **LSST))
    np.testing.assert_array_equal(image.mask, SPOTS)
    moved = LSST | {"HIERARCH MP_DETECTED": 0, "MP_BAD": 5}
    image = read_image(write(tmp_path / "b.fits", np.where(SPOTS, 1 << 5, 1).astype(np.int32), "MASK", **moved))
    np.testing.assert_array_equal(image.mask, SPOTS)


def test_lsst_nan_plane(tmp_path: Path):
    """The long name of a plane is a HIERARCH keyword."""
    cards = LSST | {"HIERARCH MP_UNMASKEDNAN": 11}
    plane = np.where(SPOTS, 1 << 11, 1 << 5).astype(np.int32)
    hdus = [
        fits.PrimaryHDU(),
        fits.ImageHDU(IMAGE, name="IMAGE"),
        fits.ImageHDU(plane, fits.Header(cards), name="MASK"),
    ]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits").mask, SPOTS)


def test_jwst_mask(tmp_path: Path):
    """Of JWST's flags, DO_NOT_USE (1) counts; jumps (4) and others are corrected. The plane has 32 bits, unsigned."""
    plane = first_row(1, 3, 5, 2**31 + 1, 2, 4, 2**31, rest=4).astype(np.uint32)
    image = read_image(write(tmp_path / "a.fits", plane, "DQ", telescope="JWST"))
    np.testing.assert_array_equal(image.mask, SPOTS)


@pytest.mark.parametrize(
    ("plane", "name", "share"),
    [
        (np.ones((10, 10), np.uint8), "MASK", "100 %"),
        (np.repeat([1, 0], [60, 40]).reshape(10, 10), "DQ", "60 %"),
        (np.repeat([0.0, 1.0], [60, 40]).reshape(10, 10), "ERR", "60 %"),
        (np.zeros((10, 10)), "WHT", "100 %"),
    ],
)
def test_planes_that_hide_most(tmp_path: Path, plane: np.ndarray, name: str, share: str):
    """A plane that would leave less than half of an image (weights: nothing) is not used, and a note says so."""
    image = read_image(write(tmp_path / "a.fits", plane, name))
    assert not image.has_mask
    assert image.notes == (f"HDU 2 {name} not used as a mask: it would hide {share} of the pixels",)


def test_half_empty_frame(tmp_path: Path):
    """A weight may hide most of a frame, as drizzled ones do; a mask may hide half."""
    plane = np.repeat([0.0, 1.0], [60, 40]).reshape(10, 10)
    assert read_image(write(tmp_path / "a.fits", plane, "WHT")).mask.mean() == pytest.approx(0.6)
    plane = np.repeat([1, 0], [50, 50]).reshape(10, 10)
    assert read_image(write(tmp_path / "b.fits", plane, "DQ")).mask.mean() == pytest.approx(0.5)


def test_blank_pixels_are_not_counted_twice(tmp_path: Path):
    """What a plane hides is a share of the pixels that the image itself measures."""
    pixels = IMAGE.copy()
    pixels[:5] = np.nan
    plane = np.zeros((10, 10), np.uint8)
    plane[:6] = 1
    fits.HDUList([fits.PrimaryHDU(pixels), fits.ImageHDU(plane, name="MASK")]).writeto(tmp_path / "a.fits")
    image = read_image(tmp_path / "a.fits")
    assert image.notes == ("20 % of the pixels masked by HDU 1 MASK",)
    assert image.mask.mean() == pytest.approx(0.6)


@pytest.mark.parametrize(("shape", "ver"), [((10, 9), 1), ((10, 10), 2), ((10,), 1), ((2, 10, 10), 1)])
def test_planes_of_other_images(tmp_path: Path, shape: tuple[int, ...], ver: int):
    """A plane of another shape or version belongs to another image."""
    plane = fits.ImageHDU(np.ones(shape, np.uint8), name="DQ", ver=ver)
    fits.HDUList([fits.PrimaryHDU(IMAGE), plane]).writeto(tmp_path / "a.fits")
    image = read_image(tmp_path / "a.fits")
    assert (image.has_mask, image.notes) == (False, ())


@pytest.mark.parametrize("planes", [1, 3])
def test_masks_of_a_stack(tmp_path: Path, planes: int):
    """A stack of bands has one mask for all, or one for each, which are joined."""
    mask = np.zeros((planes, 10, 10), np.uint8)
    for number in range(planes):
        mask[number, 0, number] = 1
    hdus = [fits.PrimaryHDU(np.stack([IMAGE] * 3)), fits.ImageHDU(mask, name="MASK")]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits").mask, mask.any(axis=0))
