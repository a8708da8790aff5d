"""Whether a downloaded file is an image that shows its galaxy."""

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from galmorph.data._fetch.check_image import check_image
from galmorph.data._fetch.image_source import Target
from galmorph.errors import UnsuitableImageError


def check(folder: Path, content: bytes, *, ra: float | None = None, dec: float | None = None) -> None:
    """Check a file with this content."""
    path = folder / "x.fits"
    path.write_bytes(content)
    check_image(path, Target(name="x", ra=ra, dec=dec), max_pixels=10**7)


def sky_image(ra: float, dec: float, **cards: object) -> bytes:
    """Write an image of 40 by 20 pixels of 3.6 arcsec around a position."""
    header = fits.Header(
        {
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": dec, "CRPIX1": 20.5, "CRPIX2": 10.5,
            "CDELT1": -1e-3, "CDELT2": 1e-3,
        }
        | cards
    )  # fmt: skip
    file = io.BytesIO()
    fits.PrimaryHDU(np.arange(800, dtype=np.float32).reshape(20, 40), header).writeto(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((10, 10), np.nan), "no pixel holds a measurement"),
        (
            np.where(np.arange(100).reshape(10, 10) < 60, np.nan, np.arange(100.0).reshape(10, 10)),
            "only 40% of the pixels",
        ),
        (np.zeros((10, 10)), "all pixels are equal"),
        (np.arange(100.0), "a spectrum or a single row"),
        (np.zeros((40, 10, 10)), "a cube of 40 planes"),
    ],
)
def test_images_that_show_nothing_are_unsuitable(tmp_path: Path, pixels: np.ndarray, reason: str):
    """A file that can be read, but shows no galaxy, is refused with the reason."""
    file = io.BytesIO()
    fits.PrimaryHDU(pixels).writeto(file)
    with pytest.raises(UnsuitableImageError, match=reason):
        check(tmp_path, file.getvalue())


@pytest.mark.parametrize(
    ("ra", "dec", "inside"),
    [
        (10.0, 60.0, True),
        (10.0, 60.0 + 9.5e-3, True),
        (10.0, 60.0 + 11e-3, False),
        (10.0 + 38e-3, 60.0, True),  # 19 pixels along the parallel: 38 thousandths of a degree of right ascension
        (10.0 + 42e-3, 60.0, False),
        (190.0, -60.0, False),
        (10.0, -30.0, False),
    ],
)
def test_the_galaxy_must_be_in_the_image(tmp_path: Path, ra: float, dec: float, inside: bool):
    """An image of 40 by 20 pixels of a thousandth of a degree, at declination 60, where cos(dec) is one half."""
    if inside:
        check(tmp_path, sky_image(10.0, 60.0), ra=ra, dec=dec)
        return
    with pytest.raises(UnsuitableImageError, match=r"x: the image does not show its position"):
        check(tmp_path, sky_image(10.0, 60.0), ra=ra, dec=dec)


def test_without_a_position_any_sound_image_will_do(tmp_path: Path):
    """Without a position, an image is accepted that would be refused for a position outside it."""
    check(tmp_path, sky_image(10.0, 60.0))
    with pytest.raises(UnsuitableImageError, match="does not show its position"):
        check(tmp_path, sky_image(10.0, 60.0), ra=12.0, dec=60.0)


def test_an_image_in_another_frame_is_understood(tmp_path: Path):
    """M31 in galactic coordinates (l = 121.17, b = -21.57) is M31."""
    galactic = sky_image(121.1743, -21.5733, CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN")
    check(tmp_path, galactic, ra=10.6847, dec=41.2688)
    with pytest.raises(UnsuitableImageError, match="does not show its position"):
        check(tmp_path, galactic, ra=121.1743, dec=-21.5733)


@pytest.mark.parametrize("cards", [{"CTYPE1": "NONSENSE"}, {"CDELT1": 0.0}, {"CTYPE1": "X", "CTYPE2": "Y"}])
def test_an_image_without_sound_coordinates_is_taken(tmp_path: Path, cards: dict):
    """If the header does not say where the image lies, the position is no reason to refuse it."""
    check(tmp_path, sky_image(10, 60, **cards), ra=200.0, dec=0.0)
    with pytest.raises(UnsuitableImageError, match="does not show its position"):
        check(tmp_path, sky_image(10, 60), ra=200.0, dec=0.0)


def test_plates_show_their_galaxies(tmp_path: Path, shared_data: Path):
    """The plate solution of real DSS scans: M49 lies on its plate, M51 does not."""
    plate = (shared_data / "ned/fits/MESSIER 049.fits").read_bytes()
    check(tmp_path, plate, ra=187.444992, dec=8.000411)
    with pytest.raises(UnsuitableImageError, match="does not show its position"):
        check(tmp_path, plate, ra=202.469575, dec=47.195258)
