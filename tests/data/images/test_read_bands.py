"""read_bands: files of one galaxy on one grid, their values, masks and notes, and what is refused."""

import math
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import FK5, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from galmorph.data import read_bands, read_image
from galmorph.data._fits.align import Grid, pixel_map
from galmorph.errors import InvalidValueError, UnreadableImageError, UnsuitableImageError

RA, DEC = 202.47, 47.2  # degrees
OLD = SkyCoord(RA, DEC, unit="deg").transform_to(FK5(equinox="J1975"))
GALACTIC = SkyCoord(RA, DEC, unit="deg").galactic
FINE = 0.4  # arcsec
SIP = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 2e-5, "A_1_1": -1e-5, "B_0_2": 1e-5, "B_1_1": 3e-5}


def header(
    scale: float = FINE,
    *,
    size: int = 60,
    angle: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
    projection: str = "TAN",
    **cards: object,
) -> fits.Header:
    """Make a header whose reference position lies near the middle of the image, on the galaxy."""
    cos, sin = scale / 3600 * math.cos(math.radians(angle)), scale / 3600 * math.sin(math.radians(angle))
    return fits.Header(
        {
            "CTYPE1": f"RA---{projection}",
            "CTYPE2": f"DEC--{projection}",
            "CRVAL1": RA,
            "CRVAL2": DEC,
            "CRPIX1": (size + 1) / 2 + shift[0],
            "CRPIX2": (size + 1) / 2 + shift[1],
            "CD1_1": -cos,
            "CD1_2": sin,
            "CD2_1": sin,
            "CD2_2": cos,
            "RADESYS": "ICRS",
            **cards,
        }
    )


def galaxy(made: fits.Header, size: int = 60) -> np.ndarray:
    """Sample an inclined Gaussian of a brightness of 100 at (RA, DEC), from its formula on the sky."""
    y, x = np.indices((size, size))
    place = WCS(made).pixel_to_world(x, y).icrs
    east, north = (place.ra.deg - RA) * 3600 * math.cos(math.radians(DEC)), (place.dec.deg - DEC) * 3600
    return 100 * np.exp(-((east + north) ** 2) / 2 / 4.5**2 - (east - north) ** 2 / 2 / 3**2)


def write(path: Path, made: fits.Header, pixels: np.ndarray | None = None, size: int = 60) -> Path:
    """Write the galaxy, or other pixels, with a header."""
    fits.writeto(path, (galaxy(made, size) if pixels is None else pixels).astype(np.float32), made, overwrite=True)
    return path


def test_same_grid(tmp_path: Path) -> None:
    """Bands with the same pixels are stacked bit by bit, in the order of the mapping; keys name them."""
    pixels = np.random.default_rng(0).normal(size=(2, 60, 60)).astype(np.float32)
    files = {
        band: write(tmp_path / f"M51_{band}.fits", header(), each) for band, each in zip("zg", pixels, strict=True)
    }
    image = read_bands(files)
    np.testing.assert_array_equal(image.pixels, np.moveaxis(pixels, 0, -1))
    assert (image.name, image.bands, image.notes, image.has_mask) == ("M51", ("z", "g"), (), False)
    assert image.linear
    assert image.pixel_scale == pytest.approx(FINE)


@settings(max_examples=8)
@given(
    scale=st.floats(1, 2.5),
    angle=st.floats(0, 360),
    shift=st.tuples(st.floats(-4, 4), st.floats(-4, 4)),
)
def test_aligned_gives_the_formula(
    tmp_path_factory: pytest.TempPathFactory, scale: float, angle: float, shift: tuple[float, float]
) -> None:
    """A shifted, turned and coarser sampling of a galaxy has its analytic values on the fine grid, within 0.5 %."""
    folder = tmp_path_factory.mktemp("bands")
    made = header(FINE * scale, size=90, angle=angle, shift=shift)
    # An hundredth finer at least, or the first file would not be the finest.
    fine = header(FINE * 0.97)
    files = {"r": write(folder / "r.fits", made, size=90), "g": write(folder / "g.fits", fine)}
    image = read_bands(files)
    assert image.pixels.shape == (60, 60, 2)
    assert image.mask.mean() < 0.1
    seen = ~image.mask
    np.testing.assert_allclose(image.pixels[seen][:, 0], galaxy(fine)[seen], atol=0.5)
    np.testing.assert_array_equal(image.pixels[..., 1], galaxy(fine).astype(np.float32))
    assert "r interpolated onto the pixels of g" in image.notes


@pytest.mark.parametrize(
    "made",
    [
        header(0.8, projection="SIN"),
        header(0.8, projection="TAN-SIP", **SIP),
        header(0.8, CTYPE1="DEC--TAN", CTYPE2="RA---TAN", CRVAL1=DEC, CRVAL2=RA),
        header(0.8, RADESYS="FK5", EQUINOX=1975.0, CRVAL1=OLD.ra.deg, CRVAL2=OLD.dec.deg),
        header(0.8, CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN", CRVAL1=GALACTIC.l.deg, CRVAL2=GALACTIC.b.deg),
    ],
    ids=["SIN", "SIP", "swapped axes", "FK5 of 1975", "galactic"],
)
def test_coordinates(tmp_path: Path, made: fits.Header) -> None:
    """Any celestial coordinates that astropy reads lead to the analytic values: the formula is one of the sky."""
    fine = header(size=40)
    image = read_bands({"g": write(tmp_path / "g.fits", fine, size=40), "r": write(tmp_path / "r.fits", made)})
    assert not image.has_mask
    np.testing.assert_allclose(image.pixels[..., 1], galaxy(fine, 40), atol=0.5)


def test_map_of_pixels() -> None:
    """Positions between the computed points are right within a thousandth of a pixel, also with a distortion."""
    target, source = header(angle=30, size=100), header(0.5, projection="TAN-SIP", size=100, **SIP)
    y, x = np.indices((100, 77))
    expected_x, expected_y = WCS(source).world_to_pixel(WCS(target).pixel_to_world(x, y))
    places = pixel_map(Grid(WCS(target), 100, 77), Grid(WCS(source), 100, 100))
    np.testing.assert_allclose(places, [expected_y, expected_x], atol=2e-3)


def test_other_side_of_the_sky() -> None:
    """Positions that a projection does not have are NaN."""
    places = pixel_map(Grid(WCS(header()), 40, 40), Grid(WCS(header(CRVAL1=RA - 180, CRVAL2=-DEC)), 40, 40))
    assert np.isnan(places).all()


@pytest.mark.parametrize(
    "unit", ["nanomaggy", "count", "COUNTS", "DN", "electron/s", "ELECTRONS/S", "e-/s", "10 nJy", "erg/(s cm2 Hz)"]
)
def test_values_per_pixel(tmp_path: Path, unit: str) -> None:
    """Fluxes of pixels are scaled by the area of the pixels, so that the galaxy keeps its flux."""
    coarse = header(0.8, BUNIT=unit)
    per_pixel = galaxy(coarse) * 0.8**2
    image = read_bands({"g": write(tmp_path / "g.fits", header()), "r": write(tmp_path / "r.fits", coarse, per_pixel)})
    np.testing.assert_allclose(image.pixels[..., 1], galaxy(header()) * FINE**2, atol=0.5 * FINE**2)
    assert image.pixels[..., 1].sum() == pytest.approx(per_pixel.sum(), rel=1e-3)
    assert image.notes == ("r interpolated onto the pixels of g",)


@pytest.mark.parametrize(
    "unit",
    [
        *("MJy/sr", "MJy sr-1", "nJy / arcsec2", "nmgy arcsec^-2", "Jy/beam", "counts/(s arcsec**2)"),
        *("erg/(s cm2 Hz arcsec2)", "DN/(arcsec2*s)", "", "furlong"),
    ],
)
def test_surface_brightness(tmp_path: Path, unit: str) -> None:
    """Values per area are not scaled; those of unknown unit aren't either, and a note says so."""
    coarse = header(0.8, BUNIT=unit)
    image = read_bands({"g": write(tmp_path / "g.fits", header()), "r": write(tmp_path / "r.fits", coarse)})
    np.testing.assert_allclose(image.pixels[..., 1], galaxy(header()), atol=0.5)
    unknown = {"": "r", "furlong": "r 'furlong'"}
    expected = (f"unknown unit, not scaled to the pixel area: {unknown[unit]}",) if unit in unknown else ()
    assert image.notes == ("r interpolated onto the pixels of g", *expected)


def test_hole(tmp_path: Path) -> None:
    """A pixel without a measurement masks what lies less than one of its pixels away, and disturbs nothing else."""
    fine, coarse = header(), header(0.8)
    pixels = galaxy(coarse)
    pixels[29, 31] = np.nan
    image = read_bands({"g": write(tmp_path / "g.fits", fine), "r": write(tmp_path / "r.fits", coarse, pixels)})
    y, x = np.indices((60, 60))
    x, y = (x - 29.5) / 2 + 29.5, (y - 29.5) / 2 + 29.5
    np.testing.assert_array_equal(image.mask, (abs(x - 31) < 1) & (abs(y - 29) < 1))
    np.testing.assert_allclose(image.pixels[~image.mask][:, 1], galaxy(fine)[~image.mask], atol=2)


def test_masks_are_joined(tmp_path: Path) -> None:
    """A pixel that any band lacks is masked; the other bands keep their values there."""
    pixels = np.random.default_rng(0).normal(size=(2, 60, 60))
    pixels[0, 3, 4] = pixels[1, 10, 11] = np.nan
    files = {band: write(tmp_path / f"{band}.fits", header(), each) for band, each in zip("gr", pixels, strict=True)}
    image = read_bands(files)
    assert np.argwhere(image.mask).tolist() == [[3, 4], [10, 11]]
    assert image.pixels[10, 11, 0] == np.float32(pixels[0, 10, 11])


def test_half_coverage(tmp_path: Path) -> None:
    """Where a band does not reach, the image is masked, up to the edge of its last pixel; a note gives the fraction."""
    coarse = header(0.8, shift=(30, 0), BUNIT="MJy/sr")  # its right edge lies at the middle of the fine image
    image = read_bands({"g": write(tmp_path / "g.fits", header()), "r": write(tmp_path / "r.fits", coarse)})
    assert image.mask[:, 30:].all()
    assert not image.mask[:, :30].any()
    assert image.notes == ("r interpolated onto the pixels of g", "band r covers 50 % of the image")
    # The last column lies beyond the centres of the last pixels, whose values go on there.
    np.testing.assert_allclose(image.pixels[:, :28, 1], galaxy(header())[:, :28], atol=0.5)
    np.testing.assert_allclose(image.pixels[:, 28:30, 1], galaxy(header())[:, 28:30], atol=2)


def test_finest_is_the_first_of_equals(tmp_path: Path) -> None:
    """Of images with equal pixels, the first one gives the grid, whatever its size."""
    files = {
        "r": write(tmp_path / "r.fits", header(), size=60),
        "g": write(tmp_path / "g.fits", header(size=50), size=50),
    }
    assert read_bands(files).pixels.shape == (60, 60, 2)
    assert read_bands(dict(reversed(files.items()))).pixels.shape == (50, 50, 2)


def test_without_coordinates(tmp_path: Path) -> None:
    """Images without coordinates are stacked if they have one shape, with a note; other shapes are refused."""
    files = {band: tmp_path / f"a_{band}.fits" for band in "gri"}
    for band, shape in zip("gri", [(20, 30), (20, 30), (20, 31)], strict=True):
        fits.writeto(files[band], np.full(shape, ord(band), np.float32))
    image = read_bands({"g": files["g"], "r": files["r"]})
    assert image.notes == ("no celestial coordinates (g, r): bands stacked as they are",)
    assert image.pixels[5, 5].tolist() == [ord("g"), ord("r")]
    with pytest.raises(UnsuitableImageError, match="g, i has none, and the shapes are g 20 x 30, i 20 x 31"):
        read_bands({"g": files["g"], "i": files["i"]})


def test_some_coordinates(tmp_path: Path) -> None:
    """A band without coordinates is stacked with others that all have the same pixels, if its shape is theirs."""
    plain = tmp_path / "i.fits"
    fits.writeto(plain, np.ones((60, 60), np.float32))
    files = {"g": write(tmp_path / "g.fits", header()), "i": plain}
    assert read_bands(files).notes == ("no celestial coordinates (i): bands stacked as they are",)
    with pytest.raises(UnsuitableImageError, match="i has none"):
        read_bands({**files, "r": write(tmp_path / "r.fits", header(0.8))})


def test_no_overlap(tmp_path: Path) -> None:
    """Images of different parts of the sky are no galaxy."""
    far = write(tmp_path / "r.fits", header(shift=(70, 0)), np.ones((60, 60)))
    with pytest.raises(UnsuitableImageError, match=r"g\.fits, .*r\.fits: the images show different parts of the sky"):
        read_bands({"g": write(tmp_path / "g.fits", header()), "r": far})


def test_missing_files(tmp_path: Path) -> None:
    """All missing bands are named at once."""
    write(tmp_path / "M51_g.fits", header())
    with pytest.raises(UnreadableImageError, match=r"no file of r \(.*M51_r\.fits\), z \(.*M51_z\.fits\)"):
        read_bands({band: tmp_path / f"M51_{band}.fits" for band in "grz"})


def test_refused(tmp_path: Path) -> None:
    """Stacks, FITS files beside pictures, no files, and what is too large are refused."""
    good = write(tmp_path / "g.fits", header())
    fits.writeto(tmp_path / "stack.fits", np.ones((3, 60, 60), np.float32))
    Image.fromarray(np.zeros((60, 60), np.uint8)).save(tmp_path / "grey.png")
    with pytest.raises(UnsuitableImageError, match=r"stack\.fits: expected one plane, of band r, got 3"):
        read_bands({"g": good, "r": tmp_path / "stack.fits"})
    with pytest.raises(UnsuitableImageError, match="expected FITS files or pictures of all bands, got pictures of r"):
        read_bands({"g": good, "r": tmp_path / "grey.png"})
    with pytest.raises(InvalidValueError, match="at least one band"):
        read_bands({})
    with pytest.raises(UnsuitableImageError, match="with the bands before, 7200 pixels are more than 7199"):
        read_bands({"g": good, "r": good}, max_pixels=7199)


def test_too_large_on_the_fine_grid(tmp_path: Path) -> None:
    """The size of the result is checked before it is made."""
    files = {"g": write(tmp_path / "g.fits", header()), "r": write(tmp_path / "r.fits", header(4, size=10), size=10)}
    with pytest.raises(UnsuitableImageError, match="2 bands of 60 x 60 pixels are more than 3700"):
        read_bands(files, max_pixels=3700)


def test_pictures(tmp_path: Path) -> None:
    """Grey pictures of several bands are a picture, not linear."""
    for band, grey in (("g", 10), ("r", 200)):
        Image.fromarray(np.full((20, 30), grey, np.uint8)).save(tmp_path / f"a_{band}.png")
    image = read_bands({band: tmp_path / f"a_{band}.png" for band in "gr"})
    assert image.pixels[0, 0].tolist() == [10, 200]
    assert not image.linear


def test_band_of_the_header(tmp_path: Path) -> None:
    """A note tells of a file whose header names another band than its key; another way to write it is no other band."""
    files = {
        "g": write(tmp_path / "1.fits", header(FILTER="r")),
        "i": write(tmp_path / "2.fits", header(FILTER="I")),
        "sum": write(tmp_path / "3.fits", header(FILTER="z")),
    }
    assert read_bands(files).notes == ("the file of band g is of band r, says its header",)


def test_metadata_and_notes(tmp_path: Path) -> None:
    """What all bands have in common is kept as it is; what differs has the name of its band."""
    files = {
        "g": write(tmp_path / "g.fits", header(OBJECT="M51", EXPTIME=30.0)),
        "r": write(tmp_path / "r.fits", header(OBJECT="M51", EXPTIME=60.0)),
    }
    metadata = read_bands(files).metadata
    assert (metadata["OBJECT"], metadata["EXPTIME"]) == ("M51", "g: 30.0; r: 60.0")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("M51_g.fits", "M51_r.fits"), "M51"),
        (("galaxy_g.fits", "galaxy_r.fits"), "galaxy"),
        (("g/M51.fits", "r/M51.fits"), "M51"),
        (("M51/g.fits", "M51/r.fits"), "M51"),
        (("frame-G-7.fits", "frame-R-7.fits"), "frame-7"),
        (("M51_1.fits", "M51_2.fits"), "M51"),
        (("one.fits", "two.fits"), "one"),
    ],
)
def test_name(tmp_path: Path, files: tuple[str, str], expected: str) -> None:
    """The galaxy's name is what the names of the files have in common, without the band."""
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        write(tmp_path / file, header(size=20), size=20)
    paths = {band: tmp_path / file for band, file in zip("gr", files, strict=True)}
    assert read_bands(paths).name == expected
    assert read_bands(paths, name="mine").name == "mine"


def test_hdu(tmp_path: Path) -> None:
    """The HDU that is asked for gives the pixels and the coordinates; packed files have theirs too."""
    coarse = fits.ImageHDU(galaxy(header(0.8)).astype(np.float32), header(0.8), name="SCI")
    fits.HDUList([fits.PrimaryHDU(np.ones((5, 5))), coarse]).writeto(tmp_path / "r.fits.gz")
    fits.HDUList(
        [fits.PrimaryHDU(), fits.CompImageHDU(galaxy(header()).astype(np.float32), header(), name="SCI")]
    ).writeto(tmp_path / "g.fits.fz")
    image = read_bands({"g": tmp_path / "g.fits.fz", "r": tmp_path / "r.fits.gz"}, hdu="SCI")
    np.testing.assert_allclose(image.pixels[..., 1], galaxy(header()), atol=0.5)


def test_jwst(shared_data: Path) -> None:
    """Bands of JWST with 0.02 and 0.04 arcsec per pixel meet: what stands beside a galaxy stands there in all bands."""
    bands = ("F150W", "F277W", "F444W")
    files = {band: shared_data / f"fits/GALFITS_examples_40_40_{band}sci.fits" for band in bands}
    image = read_bands(files)
    assert image.pixels.shape == (*read_image(files["F150W"]).pixels.shape[:2], 3)
    assert image.notes == ("F277W, F444W interpolated onto the pixels of F150W",)
    middle = image.pixels[130:230, 150:250]
    y, x = np.indices((100, 100))
    light = middle * (middle > middle.max(axis=(0, 1)) / 10)
    centres = [[(light[..., c] * axis).sum() / light[..., c].sum() for axis in (y, x)] for c in range(3)]
    np.testing.assert_allclose(centres, np.mean(centres, axis=0, keepdims=True).repeat(3, 0), atol=0.3)


def test_path_with_braces(tmp_path: Path) -> None:
    """read_image reads such a path as one image, whose name is that of the galaxy; bands can't be given again."""
    for band, value in (("g", 1.0), ("r", 2.0)):
        write(tmp_path / f"M51_{band}.fits", header(), np.full((60, 60), value))
    path = tmp_path / "M51_{r,g}.fits"
    image = read_image(path)
    assert (image.name, image.bands, image.pixels[0, 0].tolist()) == ("M51", ("r", "g"), [2.0, 1.0])
    assert read_image(str(path), name="mine", bands=("r", "g")).name == "mine"
    with pytest.raises(UnsuitableImageError, match=r"leave bands= out, and write those that you want in .*: \{g,r\}"):
        read_image(path, bands=("g", "r"))
    with pytest.raises(UnreadableImageError, match=r"no file of i \(.*M51_i\.fits\)"):
        read_image(tmp_path / "M51_{g,i}.fits")
    with pytest.raises(UnsuitableImageError, match="7200 pixels are more than 7199"):
        read_image(path, max_pixels=7199)


@pytest.mark.parametrize("files", [["a.fits"], "a.fits", Path("a.fits")])
@pytest.mark.usefixtures("unchecked_shapes")
def test_files_without_bands(files: object) -> None:
    """A list or a path does not say which band is which."""
    with pytest.raises(
        InvalidValueError, match=r"files: expected the file of each band, .*; read_image reads one file"
    ):
        read_bands(files)
