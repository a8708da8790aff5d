"""FITS images: values, which HDU and axes, bands and pixel scales; what is refused."""

import io
from pathlib import Path

import astroquery
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galmorph.data import read_image
from galmorph.errors import ImageError, UnreadableImageError, UnsuitableImageError

PLATES = Path(__file__).parents[4] / "shared/data/ned/fits"
RECORDED = Path(astroquery.__file__).parent / "ipac/ned/tests/data/query_fits.read_fits"

RAMP = np.arange(60, dtype=np.int16).reshape(10, 6)

# Palomar plate E1560, field XE555: the plate solution of a scan that NED serves. Numbers only; 1.70 arcsec a pixel.
PLATE = {
    "PLTRAH": 12, "PLTRAM": 31, "PLTRAS": 23.36024, "PLTDECSN": "+", "PLTDECD": 5, "PLTDECM": 11, "PLTDECS": 54.90058,
    "EQUINOX": 2000.0, "PLTSCALE": 67.2, "CNPIX1": 7322, "CNPIX2": 12541, "XPIXELSZ": 25.28445, "YPIXELSZ": 25.28445,
    "PPO1": 0.0, "PPO2": 0.0, "PPO3": 177474.71555, "PPO4": 0.0, "PPO5": 0.0, "PPO6": 177474.71555,
    "AMDX1": 67.24913211724, "AMDX2": -0.1994434299976, "AMDX3": 36.7430648673, "AMDX4": 1.037e-05,
    "AMDY1": 67.26559008073, "AMDY2": 0.198077542151, "AMDY3": -242.4789282152, "AMDY4": -1.0561e-05,
} | {f"AMD{axis}{i}": 0.0 for axis in "XY" for i in range(5, 21)}  # fmt: skip


def sky(scale: float, **extra: object) -> fits.Header:
    """Build the header of a gnomonic projection with square pixels of a side in arcsec."""
    return fits.Header(
        {
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 187.4, "CRVAL2": 60.0, "CRPIX1": 3.0, "CRPIX2": 5.0,
            "CDELT1": -scale / 3600, "CDELT2": scale / 3600,
        }
        | extra
    )  # fmt: skip


def raw_fits(values: np.ndarray, **cards: float) -> bytes:
    """Build a FITS file of 16-bit integers as they are, with cards that astropy would apply or drop."""
    header = fits.PrimaryHDU(values).header
    header.update(cards)
    content = header.tostring().encode() + values.astype(">i2").tobytes()
    return content.ljust(-(-len(content) // 2880) * 2880, b"\0")


# Values


@pytest.mark.parametrize("dtype", ["u1", ">i2", ">i4", ">i8", ">f4", ">f8"])
@pytest.mark.parametrize("suffix", [".fits", ".fit", ".fits.gz"])
def test_fits_values(tmp_path: Path, dtype: str, suffix: str) -> None:
    """Each number type of FITS arrives as native float32, row by row as in the file."""
    path = tmp_path / f"NGC_1{suffix}"
    fits.writeto(path, RAMP.astype(dtype))
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels[..., 0], RAMP)
    assert image.pixels.dtype == np.dtype("=f4")
    assert (image.name, image.linear, image.pixel_scale, image.bands) == ("NGC_1", True, None, None)
    assert not image.mask.any()


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_2"])
def test_tile_compressed(tmp_path: Path, kind: str) -> None:
    """Lossless tile compression changes no pixel, even where the file is smaller than the image."""
    path = tmp_path / "a.fits.fz"
    values = np.repeat(RAMP, 500, axis=1)
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(values, compression_type=kind)]).writeto(path)
    assert path.stat().st_size < values.nbytes
    np.testing.assert_array_equal(read_image(path).pixels[..., 0], values)
    assert read_image(path).name == "a"


@pytest.mark.parametrize("blank", [0, 7, -1])
@pytest.mark.parametrize(("scale", "zero"), [(1, 0), (0.5, 100), (1, 32768)])
def test_blank(tmp_path: Path, blank: int, scale: float, zero: float) -> None:
    """Integers equal to BLANK, zero included, are masked; others are BZERO + BSCALE x integer (Standard, 4.4.2.5)."""
    path = tmp_path / "a.fits"
    raw = RAMP - 1
    path.write_bytes(raw_fits(raw, BLANK=blank, BSCALE=scale, BZERO=zero))
    image = read_image(path)
    np.testing.assert_array_equal(image.mask, raw == blank)
    np.testing.assert_allclose(image.pixels[..., 0], np.where(raw == blank, 0, zero + scale * raw.astype(float)))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=hnp.arrays(np.int16, (4, 3)),
    scale=st.floats(1e-6, 1e6),
    zero=st.floats(-1e6, 1e6),
)
def test_scaling_round_trip(tmp_path: Path, values: np.ndarray, scale: float, zero: float) -> None:
    """BZERO + BSCALE x integer comes back to float32 precision, whatever the three are."""
    path = tmp_path / "a.fits"
    path.write_bytes(raw_fits(values, BSCALE=scale, BZERO=zero))
    expected = zero + scale * values.astype(np.float64)
    np.testing.assert_allclose(read_image(path).pixels[..., 0], expected, rtol=1e-7, atol=1e-30)


def test_not_finite(tmp_path: Path) -> None:
    """NaN, infinite values and what float32 can't hold are masked and set to 0."""
    values = np.ones((4, 5))
    values[0, 0], values[1, 1], values[2, 2], values[3, 3] = np.nan, np.inf, -np.inf, 1e300
    fits.writeto(tmp_path / "a.fits", values)
    image = read_image(tmp_path / "a.fits")
    np.testing.assert_array_equal(image.mask, np.eye(4, 5, dtype=bool))
    np.testing.assert_array_equal(image.pixels[..., 0], ~image.mask)


# Which HDU, which axes


def test_empty_primary(tmp_path: Path) -> None:
    """The first HDU with an image is read, or the one that was named."""
    path = tmp_path / "a.fits"
    table = fits.BinTableHDU.from_columns([fits.Column("flux", "E", array=[1.0])], name="CATALOG")
    science, error = fits.ImageHDU(RAMP, name="SCI"), fits.ImageHDU(np.ones((3, 4)), name="ERR")
    fits.HDUList([fits.PrimaryHDU(), table, science, error]).writeto(path)
    assert read_image(path).pixels.shape == (10, 6, 1)
    assert read_image(path, hdu="ERR").pixels.shape == (3, 4, 1)
    assert read_image(path, hdu=3).pixels.shape == (3, 4, 1)
    with pytest.raises(UnsuitableImageError, match=r"no HDU 'DQ'; there are .*2 SCI \(10 x 6\), 3 ERR"):
        read_image(path, hdu="DQ")
    with pytest.raises(UnsuitableImageError, match="got a table in HDU 1"):
        read_image(path, hdu=1)
    with pytest.raises(UnsuitableImageError, match="got no data in HDU 0"):
        read_image(path, hdu=0)


@pytest.mark.parametrize(
    ("shape", "expected"), [((3, 10, 6), (10, 6, 3)), ((1, 1, 10, 6), (10, 6, 1)), ((2, 1, 10, 6), (10, 6, 2))]
)
def test_bands(tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """A stack of planes becomes channels, in order; axes of length 1 go."""
    planes = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    fits.writeto(tmp_path / "a.fits", planes)
    image = read_image(tmp_path / "a.fits")
    assert image.pixels.shape == expected
    np.testing.assert_array_equal(image.pixels, np.moveaxis(planes.reshape(-1, 10, 6), 0, -1))


@pytest.mark.parametrize(
    ("cards", "planes", "bands"),
    [
        ({"FILTER": "r "}, 1, ("r",)),
        ({"FILTER": " ", "BAND": 2}, 1, None),
        ({"SURVEY": "DSS2 Red"}, 1, ("DSS2 Red",)),
        ({"BANDS": "grz"}, 3, ("g", "r", "z")),
        ({"BANDS": "F435W, F814W"}, 2, ("F435W", "F814W")),
        ({"BANDS": "gr"}, 3, None),
        ({"FILTER": "r"}, 3, None),
    ],
)
def test_band_names(tmp_path: Path, cards: dict[str, str], planes: int, bands: tuple[str, ...] | None) -> None:
    """Bands are named by the header, or not at all where the names don't fit the planes."""
    fits.writeto(tmp_path / "a.fits", np.ones((planes, 4, 5)), fits.Header(cards))
    assert read_image(tmp_path / "a.fits").bands == bands


@pytest.mark.parametrize(
    ("shape", "cards", "match"),
    [
        ((300,), {"CTYPE1": "WAVE"}, r"got a spectrum or a single row \(300\)"),
        ((1, 300), {}, r"got a spectrum or a single row \(1 x 300\)"),
        ((4, 300), {"CTYPE1": "MULTISPE", "WAT0_001": "system=multispec"}, r"got spectra \(4 x 300\)"),
        ((4, 300), {"CTYPE1": "LINEAR", "WAT0_001": "system=equispec"}, r"got spectra \(4 x 300\)"),
        ((40, 300), {"CTYPE1": "AWAV"}, "got spectra"),
        ((17, 4, 5), {}, "got a cube of 17 planes"),
        ((3, 4, 5), {"CTYPE3": "VELO-LSR"}, "with an axis of VELO-LSR"),
        ((2, 3, 4, 5), {}, "got a hypercube"),
    ],
)
def test_no_image(tmp_path: Path, shape: tuple[int, ...], cards: dict[str, str], match: str) -> None:
    """Spectra and cubes are refused by what they are, with the file's name and its HDUs."""
    fits.writeto(tmp_path / "a.fits", np.ones(shape, np.float32), fits.Header(cards))
    with pytest.raises(UnsuitableImageError, match=f"a.fits: .*{match}.* HDU 0; .*hdu=.*0 PRIMARY"):
        read_image(tmp_path / "a.fits")


def test_table_only(tmp_path: Path) -> None:
    """A file with nothing but a table is refused, with a list of what there is."""
    fits.BinTableHDU.from_columns([fits.Column("flux", "E", array=[1.0])], name="SPEC").writeto(tmp_path / "a.fits")
    with pytest.raises(UnsuitableImageError, match=r"no HDU holds an image: 0 PRIMARY \(empty\), 1 SPEC \(table\)"):
        read_image(tmp_path / "a.fits")


def test_all_nan(tmp_path: Path) -> None:
    """An image without a single value is refused."""
    fits.writeto(tmp_path / "a.fits", np.full((4, 5), np.nan))
    with pytest.raises(UnsuitableImageError, match="no pixel holds a measurement"):
        read_image(tmp_path / "a.fits")


# Coordinates


SIP = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-5, "B_0_2": 1e-5}


@pytest.mark.parametrize(
    ("header", "scale"),
    [
        (sky(0.396), 0.396),
        (sky(0.396, **SIP), 0.396),
        (sky(0.396, **SIP, CRPIX1=-1000.0, CRPIX2=-1000.0), 0.396 * 1.0201),  # 1 + 2 x 1e-5 x 1004 pixels
        (sky(0.5, CDELT2=0.51 / 3600), (0.5 * 0.51) ** 0.5),
        (sky(0.5, CDELT2=0.6 / 3600), None),
        (sky(0.5, CTYPE1="LINEAR", CTYPE2="LINEAR"), None),
        (sky(0.5, CTYPE1="RA---XYZ"), None),
        (sky(0.5, CDELT1=0.0), None),
        (fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}), None),
        (
            fits.Header({"CD1_1": 0.0, "CD1_2": 1e-4, "CD2_1": 1e-4, "CD2_2": 0.0} | dict(list(sky(1.0).items())[:6])),
            0.36,
        ),
        (fits.Header(PLATE), 1.70),
    ],
    ids=[
        "cdelt",
        "sip",
        "far sip",
        "almost square",
        "oblong",
        "linear",
        "unknown",
        "degenerate",
        "no scale",
        "cd",
        "plate",
    ],
)
def test_pixel_scale(tmp_path: Path, header: fits.Header, scale: float | None) -> None:
    """The side of a pixel is that of the header, at any declination; none is made up where there is none."""
    fits.writeto(tmp_path / "a.fits", RAMP, header)
    found = read_image(tmp_path / "a.fits").pixel_scale
    assert found == (None if scale is None else pytest.approx(scale, rel=2e-3))


def test_pixel_scale_of_stack(tmp_path: Path) -> None:
    """A stack of bands has the pixel scale of its planes."""
    fits.writeto(tmp_path / "a.fits", np.ones((3, 10, 6)), sky(0.262, CTYPE3="BAND"))
    assert read_image(tmp_path / "a.fits").pixel_scale == pytest.approx(0.262, rel=1e-5)


@pytest.mark.skipif(not PLATES.is_dir(), reason="the FITS files from NED are not here")
@pytest.mark.parametrize("name", ["049", "051a", "051b", "058", "061", "063"])
def test_plates(name: str) -> None:
    """Scans of Palomar plates, with plate keywords only, have 1.70 arcsec a pixel: 25.28 um x 67.2 arcsec/mm."""
    path = PLATES / f"MESSIER {name}.fits"
    image = read_image(path)
    assert image.pixel_scale == pytest.approx(1.70, rel=0.02)
    assert image.metadata["OBJECT"] == f"MESSIER {name}"
    np.testing.assert_array_equal(image.pixels[..., 0], fits.getdata(path))


@pytest.mark.skipif(not RECORDED.is_file(), reason="this astroquery ships no recorded image")
def test_recorded_ned_answer() -> None:
    """The image that astroquery recorded from NED is a plate scan, too."""
    assert read_image(RECORDED).pixel_scale == pytest.approx(1.70, rel=0.02)


# Damaged files


@pytest.mark.parametrize("suffix", [".fits", ".fits.gz", ".fits.fz"])
def test_truncated_fits(tmp_path: Path, suffix: str) -> None:
    """A FITS file with fewer bytes than its header says is refused, packed or not."""
    path = tmp_path / f"a{suffix}"
    values = np.random.default_rng(0).normal(size=(64, 64))
    image = fits.CompImageHDU(values, compression_type="GZIP_1") if suffix == ".fits.fz" else fits.ImageHDU(values)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(UnreadableImageError, match=r"cut short|ended before"):
        read_image(path)


def test_missing_padding(tmp_path: Path) -> None:
    """A FITS file that lacks nothing but the padding of its last block is complete."""
    fits.writeto(tmp_path / "a.fits", RAMP)
    content = (tmp_path / "a.fits").read_bytes()
    (tmp_path / "a.fits").write_bytes(content[: 2880 + RAMP.nbytes])
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits").pixels[..., 0], RAMP)


def test_tile_bomb(tmp_path: Path) -> None:
    """A tile larger than the limit is refused, however small the image."""
    path = tmp_path / "a.fits.fz"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(RAMP)]).writeto(path)
    content = path.read_bytes()
    start = content.index(b"ZTILE1  =") + 10
    path.write_bytes(content[:start] + b"2000000000".rjust(20) + content[start + 20 :])
    with pytest.raises(UnsuitableImageError, match="more than 100000000"):
        read_image(path)


SOUND = io.BytesIO()
fits.PrimaryHDU(RAMP, sky(1.0, FILTER="r")).writeto(SOUND)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, len(SOUND.getvalue()) - 1), junk=st.binary(min_size=1, max_size=20))
def test_damaged_fits(tmp_path: Path, position: int, junk: bytes) -> None:
    """A FITS file with bytes overwritten anywhere gives a finite image or an ImageError."""
    content = bytearray(SOUND.getvalue())
    content[position : position + len(junk)] = junk
    (tmp_path / "a.fits").write_bytes(content)
    try:
        image = read_image(tmp_path / "a.fits", max_pixels=10_000)
    except ImageError:
        return
    assert np.isfinite(image.pixels).all()


# Headers and stacks that are not as they should be


def test_unquoted_card(tmp_path: Path) -> None:
    """A text without quotes, as in FILTER = r, is understood."""
    fits.writeto(tmp_path / "a.fits", np.ones((10, 6)), fits.Header({"FILTER": "r"}))
    content = (tmp_path / "a.fits").read_bytes()
    assert content.count(b"'r       '") == 1
    (tmp_path / "a.fits").write_bytes(content.replace(b"'r       '", b"r         "))
    assert read_image(tmp_path / "a.fits").bands == ("r",)


def test_empty_band_is_left_out(tmp_path: Path) -> None:
    """A band of a stack without any measurement is left out, with a note; without names, the file is refused."""
    stack = np.arange(180, dtype=np.float32).reshape(3, 10, 6)
    stack[1] = np.nan
    fits.writeto(tmp_path / "a.fits", stack, fits.Header({"BANDS": "grz"}))
    image = read_image(tmp_path / "a.fits")
    assert (image.bands, image.has_mask) == (("g", "z"), False)
    assert image.notes == ("band r left out: no pixel holds a measurement",)
    np.testing.assert_array_equal(image.pixels, np.moveaxis(stack[[0, 2]], 0, -1))
    assert read_image(tmp_path / "a.fits", bands=("i", "j", "k")).bands == ("i", "k")
    fits.writeto(tmp_path / "b.fits", stack)
    with pytest.raises(UnsuitableImageError, match="no pixel of plane 2 of 3 holds a measurement; name the planes"):
        read_image(tmp_path / "b.fits")


@pytest.mark.parametrize("unit", ["mag", "mag/arcsec^2", "ABmag", "Magnitude", "mag(AB)"])
def test_magnitudes_are_noted(tmp_path: Path, unit: str) -> None:
    """Values in magnitudes are dark where the galaxy is bright."""
    fits.writeto(tmp_path / "a.fits", np.ones((10, 6)), fits.Header({"BUNIT": unit}))
    assert read_image(tmp_path / "a.fits").notes[0].startswith(f"values are magnitudes (unit {unit})")


@pytest.mark.parametrize("unit", ["nanomaggy", "nanomaggies", "MJy/sr", "maggies", "DN"])
def test_fluxes_are_not_noted(tmp_path: Path, unit: str) -> None:
    """A maggy is no magnitude."""
    fits.writeto(tmp_path / "a.fits", np.ones((10, 6)), fits.Header({"BUNIT": unit}))
    assert read_image(tmp_path / "a.fits").notes == ()


@pytest.mark.parametrize("value", [1e31, -3e38, 1e40, -1e300])
def test_huge_values_are_masked(tmp_path: Path, value: float) -> None:
    """Values beyond 1e30 fill pixels without a measurement; sums of them would overflow."""
    pixels = np.ones((10, 6))
    pixels[0, 0] = value
    fits.writeto(tmp_path / "a.fits", pixels)
    image = read_image(tmp_path / "a.fits")
    assert (image.mask.sum(), image.mask[0, 0], image.pixels[0, 0, 0]) == (1, True, 0)
