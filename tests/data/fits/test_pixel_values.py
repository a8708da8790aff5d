"""Values of FITS pixels: Pan-STARRS's asinh scale, and files that lack their end."""

import math
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import read_image
from galmorph.data._fits.pixel_values import from_asinh
from galmorph.errors import UnreadableImageError, UnsuitableImageError

ALPHA = 2.5 * math.log10(math.e)  # 1.0857362047581296
RAMP = np.arange(60, dtype=np.int16).reshape(10, 6)


def test_asinh_by_hand(tmp_path: Path):
    """A pixel of 1.0857 ln 2 is offset + soften (2 - 1/2), one of 0 is the offset, and both are mirrored."""
    values = np.array([[0.0, ALPHA * math.log(2)], [-ALPHA * math.log(2), ALPHA * math.log(10)]])
    header = fits.Header({"BSOFTEN": 2.0, "BOFFSET": 10.0, "HIERARCH FPA.FILTERID": "r.00000"})
    fits.writeto(tmp_path / "a.fits", values, header)
    image = read_image(tmp_path / "a.fits")
    np.testing.assert_allclose(image.pixels[..., 0], [[10, 13], [7, 29.8]], rtol=1e-6)
    assert image.notes == ("pixels made linear (BSOFTEN, BOFFSET)",)
    assert (image.linear, image.bands) == (True, ("r",))


@given(st.floats(-1e5, 1e5), st.floats(1e-2, 1e3), st.floats(-1e3, 1e3))
def test_asinh_round_trip(flux: float, soften: float, offset: float):
    """It undoes what Pan-STARRS's software does: 1.0857 arsinh((flux - offset) / (2 soften))."""
    stored = ALPHA * np.arcsinh((np.array([flux]) - offset) / (2 * soften))
    assert from_asinh(stored, soften, offset)[0] == pytest.approx(flux, rel=1e-6, abs=1e-6 * (soften + abs(offset)))


def test_asinh_of_packed_integers(tmp_path: Path):
    """A stack as the archive keeps it, tile-compressed integers with BZERO and BSCALE, comes back to its rounding."""
    flux = np.linspace(-40, 9000, 4000).reshape(40, 100)
    hdu = fits.CompImageHDU((ALPHA * np.arcsinh((flux - 3) / 20)).astype(np.float32))
    hdu.scale("int16", bscale=3e-4, bzero=3.0)
    hdu.header.update({"BSOFTEN": 10.0, "BOFFSET": 3.0})
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "a.fits.fz")
    image = read_image(tmp_path / "a.fits.fz")
    np.testing.assert_allclose(image.pixels[..., 0], flux, rtol=2e-4, atol=4e-3)


def test_asinh_too_bright(tmp_path: Path):
    """What float32 can't hold after the conversion is masked."""
    fits.writeto(
        tmp_path / "a.fits", np.array([[1.0, 500.0], [2.0, 3.0]]), fits.Header({"BSOFTEN": 1.0, "BOFFSET": 0.0})
    )
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits").mask, [[False, True], [False, False]])


@pytest.mark.parametrize("soften", [0.0, -1.0])
def test_asinh_without_softening(tmp_path: Path, soften: float):
    """A scale that no arsinh can have made is refused."""
    fits.writeto(tmp_path / "a.fits", RAMP, fits.Header({"BSOFTEN": soften, "BOFFSET": 0.0}))
    with pytest.raises(UnsuitableImageError, match=r"a\.fits: expected BSOFTEN above 0, got "):
        read_image(tmp_path / "a.fits")


def packed(path: Path) -> bytes:
    """Write a tile-compressed image of two planes of noise and return the bytes of its file."""
    values = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    hdu = fits.CompImageHDU(values, compression_type="GZIP_2", quantize_level=0)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    np.testing.assert_array_equal(read_image(path).pixels[..., 0], values)
    return path.read_bytes()


def test_packed_file_without_padding(tmp_path: Path):
    """A tile-compressed file without the padding of its last block is whole; one byte of data less, and it is not."""
    path = tmp_path / "a.fits.fz"
    content = packed(path)
    whole = read_image(path).pixels
    with fits.open(path, disable_image_compression=True) as hdus:
        table, place = hdus[1].header, hdus[1].fileinfo()
    end = place["datLoc"] + table["NAXIS1"] * table["NAXIS2"] + table["PCOUNT"]
    assert end < len(content)
    path.write_bytes(content[:end])
    np.testing.assert_array_equal(read_image(path).pixels, whole)
    path.write_bytes(content[: end - 1])
    with pytest.raises(UnreadableImageError, match=f"cut short: {end - 1} of {end} bytes"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".fits", ".fits.fz"])
def test_cut_before_another_hdu(tmp_path: Path, suffix: str):
    """An image is whole if only a later HDU is cut, which is not read."""
    path = tmp_path / f"a{suffix}"
    image = fits.CompImageHDU(RAMP) if suffix == ".fits.fz" else fits.ImageHDU(RAMP)
    table = fits.BinTableHDU.from_columns([fits.Column("x", "E", array=np.ones(2000))])
    fits.HDUList([fits.PrimaryHDU(), image, table]).writeto(path)
    path.write_bytes(path.read_bytes()[:-2880])
    np.testing.assert_array_equal(read_image(path).pixels[..., 0], RAMP)
