"""as_image: arrays and images of astropy as images, what is cut out of them, and what is refused."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import CCDData, Cutout2D, NDData
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import as_image
from galmorph.errors import InvalidValueError, UnsuitableImageError
from galmorph.types import GalaxyImage

FRAME = np.arange(60 * 80, dtype=np.float32).reshape(60, 80)


def coordinates(scale: float = 0.5) -> WCS:
    """Celestial coordinates whose reference position is the pixel (40, 30)."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = 150.0, 20.0
    wcs.wcs.crpix = 41, 31
    wcs.wcs.cdelt = -scale / 3600, scale / 3600
    return wcs


@pytest.mark.parametrize("kind", ["f2", "f4", ">f4", "f8", "i2", ">i4", "u2", "i8"])
def test_numbers(kind: str) -> None:
    """Numbers of any kind but bytes become float32, and are proportional to flux."""
    image = as_image((FRAME % 2000).astype(kind))
    assert image.pixels.dtype == np.float32
    np.testing.assert_array_equal(image.pixels[..., 0], FRAME % 2000)
    assert (image.linear, image.has_mask, image.bands, image.pixel_scale) == (True, False, None, None)
    assert image.name == "image"


def test_pictures() -> None:
    """Bytes are a picture: they stay bytes, are not linear, and three channels are red, green and blue."""
    picture = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    image = as_image(picture)
    assert image.stored_pixels.dtype == np.uint8
    assert (image.linear, image.bands) == (False, ("red", "green", "blue"))
    assert (as_image(picture, linear=True).linear, as_image(picture[..., 0]).bands) == (True, None)
    assert as_image(picture.astype(float)).bands is None


def test_masks() -> None:
    """NaN, infinity, what is too large for float32, masks of arrays and the argument mask are joined; all become 0."""
    data = np.ma.masked_equal(FRAME.astype(float), 7.0)
    data[0, 0], data[0, 1], data[0, 2] = np.nan, np.inf, 1e300
    more = np.zeros((60, 80), bool)
    more[59, 79] = True
    image = as_image(data, mask=more)
    assert np.argwhere(image.mask).tolist() == [[0, 0], [0, 1], [0, 2], [0, 7], [59, 79]]
    assert image.pixels[0, :3, 0].tolist() == [0, 0, 0]
    assert np.isnan(data[0, 0])  # the caller's array is as it was


def test_mask_of_one_channel() -> None:
    """A pixel that one channel lacks is masked."""
    colours = np.ma.masked_less(np.stack([FRAME, FRAME + 5], axis=-1), 3)
    assert np.argwhere(as_image(colours).mask).tolist() == [[0, 0], [0, 1], [0, 2]]


def test_ccd_data() -> None:
    """The mask, the unit, the band and the pixel scale of CCDData are those of the image."""
    mask = FRAME == 5
    data = CCDData(FRAME, unit="adu", mask=mask, wcs=coordinates(), meta={"FILTER": "r DECam SDSS c0002 6415.0 1480.0"})
    image = as_image(data, name="M51")
    np.testing.assert_array_equal(image.mask, mask)
    assert (image.name, image.bands, image.metadata["BUNIT"]) == ("M51", ("r",), "adu")
    assert image.pixel_scale == pytest.approx(0.5)
    assert as_image(data, bands=["i"], pixel_scale=0.7).pixel_scale == 0.7
    assert as_image(NDData(FRAME)).pixel_scale is None


def test_scale_of_pixels() -> None:
    """Pixels that are not square have no single scale."""
    wcs = coordinates()
    wcs.wcs.cdelt = -1e-4, 1.2e-4
    assert as_image(CCDData(FRAME, unit="adu", wcs=wcs)).pixel_scale is None


def test_quantity() -> None:
    """An array with a unit keeps its unit in the metadata."""
    image = as_image(FRAME * u.nJy)
    assert image.metadata["BUNIT"] == "nJy"
    np.testing.assert_array_equal(image.pixels[..., 0], FRAME)


def test_cutout() -> None:
    """A cut-out of astropy has its pixels and the scale of its coordinates."""
    image = as_image(Cutout2D(FRAME, (40, 30), 21, wcs=coordinates()))
    np.testing.assert_array_equal(image.pixels[..., 0], FRAME[20:41, 30:51])
    assert image.pixel_scale == pytest.approx(0.5)


def test_galaxy_image() -> None:
    """An image to which nothing is done is returned itself; otherwise what is not given stays."""
    image = GalaxyImage(pixels=FRAME[..., np.newaxis], name="a", pixel_scale=2.0, notes=("seen",), metadata={"k": "v"})
    assert as_image(image) is image
    cut = as_image(image, position=(10, 20), size=5)
    np.testing.assert_array_equal(cut.pixels[..., 0], FRAME[18:23, 8:13])
    assert (cut.name, cut.pixel_scale, cut.notes, cut.metadata["k"]) == ("a", 2.0, ("seen",), "v")
    assert (as_image(image, name="b").name, as_image(image, bands="g").bands) == ("b", ("g",))


@pytest.mark.parametrize("position", [(12.2, 30.4), (0, 0), (79.4, 59.4), (40, 30)])
@pytest.mark.parametrize("size", [1, 10, 11, 61])
def test_cut_out_as_astropy(position: tuple[float, float], size: int) -> None:
    """The square is that of Cutout2D, and what lies outside of the frame is masked."""
    expected = Cutout2D(FRAME, position, size, mode="partial", fill_value=np.nan).data
    image = as_image(FRAME, position=position, size=size)
    np.testing.assert_array_equal(image.mask, np.isnan(expected))
    np.testing.assert_array_equal(image.pixels[..., 0], np.nan_to_num(expected))
    outside = np.isnan(expected).mean()
    assert image.notes == ((f"{100 * outside:.0f} % of the cut-out lies outside of the frame",) if outside else ())


@given(st.floats(0, 79), st.floats(0, 59))
def test_largest_square(x: float, y: float) -> None:
    """Without a size, the square lies in the frame, with the galaxy in the middle, and a larger one would not fit."""
    image = as_image((FRAME, (x, y)))
    _, left, _, bottom, _, side = image.metadata["window"].split()
    assert image.height == image.width == int(side)
    assert not image.notes
    assert abs(int(left) + (image.width - 1) / 2 - x) <= 0.5
    assert abs(int(bottom) + (image.width - 1) / 2 - y) <= 0.5
    assert image.width + 1 > 2 * min(x, y, 79 - x, 59 - y)


def test_at_most_400_pixels() -> None:
    """In a large frame the square has 400 pixels, and only these are converted."""
    frame = np.broadcast_to(np.float64(1), (200_000, 200_000))
    assert as_image(frame, position=(1e5, 1e5)).pixels.shape == (400, 400, 1)


def test_position_on_the_sky() -> None:
    """A SkyCoord is found by the coordinates, in any frame; a size may be an angle."""
    place = coordinates().pixel_to_world(50, 20).galactic
    for data in (CCDData(FRAME, unit="adu", wcs=coordinates()), Cutout2D(FRAME, (40, 30), (60, 80), wcs=coordinates())):
        image = as_image((data, place), size=5.5 * u.arcsec)
        np.testing.assert_array_equal(image.pixels[..., 0], FRAME[15:26, 45:56])
    np.testing.assert_array_equal(
        as_image(FRAME, position=(50, 20), size=0.1 * u.arcmin, pixel_scale=2).pixels[..., 0], FRAME[19:22, 49:52]
    )


def test_middle() -> None:
    """A size without a position is cut out of the middle."""
    np.testing.assert_array_equal(as_image(FRAME[:59, :79], size=3).pixels[..., 0], FRAME[28:31, 38:41])


@pytest.mark.parametrize(
    ("data", "options", "match"),
    [
        (np.zeros((3, 60, 80)), {}, r"\(3, 60, 80\), with the channels first; pass np\.moveaxis\(data, 0, -1\)"),
        (np.zeros((60, 80, 5)), {}, "up to 4 channels, got shape"),
        (np.zeros(60), {}, r"got shape \(60,\)"),
        (np.zeros((0, 5)), {}, r"got shape \(0, 5\)"),
        (np.zeros((5, 5), bool), {}, "array of numbers, got one of bool"),
        (np.zeros((5, 5), complex), {}, "array of numbers, got one of complex"),
        (np.zeros((5, 5, 4), np.uint8), {}, r"transparent picture; pass data\[\.\.\., :3\]"),
        ("M51.fits", {}, r"got a path \(M51.fits\); read_image reads files, and CCDData.read"),
        ((Path("M51.fits"), (3, 4)), {}, r"got a path \(M51.fits\); read_image reads files, and CCDData.read"),
        ((FRAME, (1, 2), 3), {}, "got a tuple of 3"),
        ((FRAME, (1, 2)), {"position": (1, 2)}, "got a second one"),
        (FRAME, {"position": (80, 5)}, r"frame of 80 x 60 pixels, got x = 80\.0, y = 5\.0"),
        (FRAME, {"position": (5, float("nan"))}, "got x = 5.0, y = nan"),
        (FRAME, {"position": (5, 6, 7)}, r"expected \(x, y\) in pixels or a SkyCoord, got \(5, 6, 7\)"),
        (FRAME, {"position": SkyCoord(1, 2, unit="deg")}, "needs data with celestial coordinates"),
        (FRAME, {"size": 5 * u.arcsec}, "needs a pixel scale"),
        (FRAME, {"size": 5 * u.kg}, "expected an angle or a number of pixels"),
        (FRAME, {"size": -1}, "size: expected a finite number above 0"),
        (FRAME, {"size": 161}, "at most 160 pixels, twice the frame, got 161"),
        (FRAME, {"mask": np.zeros((80, 60), bool)}, r"mask: expected shape \(60, 80\), got \(80, 60\)"),
        (FRAME, {"bands": ("g", "r")}, "one name for each of 1 channels"),
        (FRAME, {"pixel_scale": 0}, "pixel_scale: expected a finite number above 0"),
        (FRAME, {"linear": "yes"}, "linear: expected True or False"),
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_refused(data: Any, options: dict[str, Any], match: str) -> None:
    """What is no image, and arguments that don't fit it, are refused with what to do."""
    with pytest.raises(InvalidValueError, match=match):
        as_image(data, **options)


def test_position_in_another_field() -> None:
    """A position on the sky that is not in the frame is refused, and written as astronomers do."""
    data = CCDData(FRAME, unit="adu", wcs=coordinates())
    with pytest.raises(InvalidValueError, match=r"y = 7230\.7 for 10h00m00\.0s \+21d00m00\.0s"):
        as_image(data, position=SkyCoord(150, 21, unit="deg"))
    with pytest.raises(InvalidValueError, match="expected one in the frame"):
        as_image(data, position=SkyCoord(330, -20, unit="deg"))
    with pytest.raises(InvalidValueError, match=r"expected one, got \(2,\)"):
        as_image(data, position=SkyCoord([150, 150], [20, 20], unit="deg"))


def test_nothing_measured() -> None:
    """An image without any measured pixel is refused, also if that is so for what is cut out only."""
    with pytest.raises(UnsuitableImageError, match="image: no pixel holds a measurement"):
        as_image(np.full((5, 5), np.nan))
    half = np.where(np.arange(80) < 40, np.nan, FRAME)
    with pytest.raises(UnsuitableImageError, match="no pixel holds a measurement"):
        as_image(half, position=(10, 10), size=5)


def test_no_warnings() -> None:
    """Coordinates that are not on the sky, and those that astropy repairs with a warning, are silent."""
    repaired = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CD1_1": -1e-4, "CD2_2": 1e-4, "CROTA2": 0.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(repaired)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_image(CCDData(FRAME, unit="adu", wcs=WCS(naxis=2))).pixel_scale is None
        assert as_image(CCDData(FRAME, unit="adu", wcs=wcs)).pixel_scale == pytest.approx(0.36)


@pytest.mark.parametrize("swapped", [False, True])
def test_position_where_declination_comes_first(swapped: bool) -> None:
    """The axes of the coordinates may be in either order: the pixel at the position is the same as astropy's."""
    wcs = coordinates()
    if swapped:
        wcs.wcs.ctype = "DEC--TAN", "RA---TAN"
        wcs.wcs.crval = 20.0, 150.0
    data = CCDData(FRAME, wcs=wcs, unit="adu")
    image = as_image(data, position=wcs.pixel_to_world(60, 12), size=1)
    assert image.pixels[0, 0, 0] == FRAME[12, 60]


@pytest.mark.parametrize(
    ("cards", "bands"),
    [
        ({"FILTER": "CLEAR", "PUPIL": "F150W"}, ("F150W",)),  # NIRISS
        ({"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, ("F814W",)),  # ACS
        ({"FILTER": "none", "BAND": "z"}, ("z",)),
        ({"FILTER": "none"}, None),
    ],
)
def test_band_of_ccddata(cards: dict[str, str], bands: tuple[str, ...] | None) -> None:
    """The band of a CCDData is that of the same header in a file."""
    for meta in (cards, fits.Header(cards)):
        assert as_image(CCDData(FRAME, unit="adu", meta=meta)).bands == bands


def test_magnitudes_and_huge_values() -> None:
    """A unit of magnitudes is noted, and values beyond 1e30 are masked, as in files."""
    assert as_image(FRAME * u.mag).notes[0].startswith("values are magnitudes (unit mag)")
    assert as_image(FRAME * u.Jy).notes == ()
    assert as_image(np.where(FRAME == 0, 1e31, FRAME)).mask.sum() == 1
