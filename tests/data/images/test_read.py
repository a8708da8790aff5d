"""read_image: which format a file has, how large it may be, and what is said of broken files."""

import bz2
import gzip
import io
import os
import struct
import zlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from galmorph.data import image_files, read_image
from galmorph.errors import ImageError, InvalidValueError, UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

RAMP = np.arange(60, dtype=np.int16).reshape(10, 6)
RGB = np.arange(8 * 5 * 3, dtype=np.uint8).reshape(8, 5, 3)


def png(width: int, height: int) -> bytes:
    """Build a grey PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def empty_fits(*axes: int) -> bytes:
    """Build a FITS file that claims axes and holds one block."""
    header = fits.Header([("SIMPLE", True), ("BITPIX", -64), ("NAXIS", len(axes))])
    for number, length in enumerate(axes, start=1):
        header[f"NAXIS{number}"] = length
    return header.tostring().encode() + bytes(2880)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "the file is empty"),
        (b"<html>Not Found</html>", "got a file that begins with b'<html>"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (gzip.compress(b"text", mtime=0), "begins with b'text'"),
        (bz2.compress(b""), "the file is empty"),
        (bz2.compress(b"text"), "begins with b'text'"),
        (b"BZh9 no bzip2", "Invalid data stream"),
        (bz2.compress(bytes(9999))[:-9], "ended before the end-of-stream marker"),
        (b"GIF89a" + bytes(50), "expected a FITS, JPEG, PNG or TIFF"),
        (b"SIMPLE  = oops", "damaged FITS file"),
        (empty_fits(100, -100), "damaged FITS file"),
        (png(0, 5), "damaged or cut-short PNG"),
        (png(50, 50), "damaged or cut-short PNG"),
    ],
)
def test_broken(tmp_path: Path, content: bytes, match: str) -> None:
    """What is no image is refused, with the file's name, for what it is."""
    (tmp_path / "a.fits").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=f"a.fits: .*{match}"):
        read_image(tmp_path / "a.fits")


def test_content_rules(tmp_path: Path) -> None:
    """The format is told from the content: a PNG with the name of a FITS file is read as a PNG."""
    Image.fromarray(RGB).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.fits")
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits").pixels, RGB)


@pytest.mark.parametrize(("name", "cause"), [("missing.fits", FileNotFoundError), ("", OSError), ("a\0b", ValueError)])
def test_no_file(tmp_path: Path, name: str, cause: type[Exception]) -> None:
    """A missing file, a folder and an impossible name are unreadable; the original error stays at hand."""
    with pytest.raises(UnreadableImageError, match="expected a readable image file") as raised:
        read_image(str(tmp_path / name))
    assert isinstance(raised.value.__cause__, cause)


# Large files


@pytest.mark.parametrize("content", [empty_fits(100_000, 100_000), png(12_000, 9_000), png(50_000, 50_000)])
def test_too_large(tmp_path: Path, content: bytes) -> None:
    """The size is looked at before memory is taken."""
    (tmp_path / "a.fits").write_bytes(content)
    with pytest.raises(UnsuitableImageError, match="cut out the galaxy"):
        read_image(tmp_path / "a.fits")


def test_max_pixels(tmp_path: Path) -> None:
    """Pixels of all channels count, in FITS as in pictures, up to the limit and no further."""
    fits.writeto(tmp_path / "a.fits", np.ones((3, 10, 6)))
    Image.fromarray(RGB).save(tmp_path / "a.png")
    for name, size in [("a.fits", 180), ("a.png", 120)]:
        assert read_image(tmp_path / name, max_pixels=size).pixels.size == size
        with pytest.raises(UnsuitableImageError, match=f"more than {size - 1}; .*max_pixels"):
            read_image(tmp_path / name, max_pixels=size - 1)
    with pytest.raises(InvalidValueError, match="max_pixels: expected a whole number of at least 1, got 0"):
        read_image(tmp_path / "a.fits", max_pixels=0)


@pytest.mark.parametrize(("suffix", "module"), [(".gz", gzip), (".bz2", bz2)])
def test_packed_bomb(tmp_path: Path, suffix: str, module: ModuleType) -> None:
    """A small file that unpacks to a large one is given up on the way."""
    path = tmp_path / f"a.fits{suffix}"
    path.write_bytes(40 * module.compress(bytes(1 << 20)))  # packed files may be joined
    with pytest.raises(UnsuitableImageError, match="unpacks to more than 33555432 bytes"):
        read_image(path, max_pixels=125)


@pytest.mark.parametrize("suffix", [".fits.gz", ".fits.bz2", ".fit.bz2", ".FITS.BZ2"])
def test_packed(tmp_path: Path, suffix: str) -> None:
    """A packed file holds the same image, and its two extensions are no part of the name."""
    path = tmp_path / f"NGC_1{suffix}"
    content = io.BytesIO()
    fits.PrimaryHDU(RAMP).writeto(content)
    path.write_bytes((gzip if suffix.endswith("gz") else bz2).compress(content.getvalue()))
    np.testing.assert_array_equal(read_image(path).pixels[..., 0], RAMP)
    assert read_image(path).name == "NGC_1"
    assert image_files(tmp_path) == [path]


# Bands that are given


def test_given_bands(tmp_path: Path) -> None:
    """The names that are given count, not those of the header; their number must be that of the planes."""
    fits.writeto(tmp_path / "a.fits", np.ones((3, 10, 6)), fits.Header({"BANDS": "grz"}))
    assert read_image(tmp_path / "a.fits").bands == ("g", "r", "z")
    assert read_image(tmp_path / "a.fits", bands=("i", "r", "g")).bands == ("i", "r", "g")
    assert read_image(tmp_path / "a.fits", bands=["i", "r", "g"]).bands == ("i", "r", "g")
    match = r"a\.fits: expected 2 planes for bands=\('g', 'r'\), the file has 3 \(g, r, z\)"
    with pytest.raises(UnsuitableImageError, match=match):
        read_image(tmp_path / "a.fits", bands=("g", "r"))
    fits.writeto(tmp_path / "b.fits", np.ones((10, 6)))
    assert read_image(tmp_path / "b.fits", bands=("r",)).bands == ("r",)
    with pytest.raises(UnsuitableImageError, match=r"expected 3 planes .*, the file has 1;"):
        read_image(tmp_path / "b.fits", bands=("g", "r", "z"))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_bands_of_a_picture(tmp_path: Path, suffix: str) -> None:
    """The channels of a picture have names already."""
    path = tmp_path / f"a{suffix}"
    Image.fromarray(RGB).save(path)
    with pytest.raises(
        UnsuitableImageError, match=r"got bands=\('i', 'r', 'g'\) for a .* picture, .*; leave bands out"
    ):
        read_image(path, bands=("i", "r", "g"))


@pytest.mark.parametrize("bands", [(), ("g", "g"), ("g", ""), "grz", ["g", "g"]])
@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_bands(tmp_path: Path, bands: object) -> None:
    """Bands are different names."""
    fits.writeto(tmp_path / "a.fits", np.ones((3, 10, 6)))
    with pytest.raises(InvalidValueError, match=r"bands: expected different names, .*, got "):
        read_image(tmp_path / "a.fits", bands=bands)


# Any bytes

SOUND = io.BytesIO()
fits.PrimaryHDU(RAMP).writeto(SOUND)
STARTS = [
    b"",
    b"SIMPLE  =",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"II*\0",
    b"\x1f\x8b\x08",
    b"BZh9",
    SOUND.getvalue()[:2880],
]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS),
    rest=st.binary(max_size=300),
    suffix=st.sampled_from([".fits", ".fits.gz", ".fits.bz2", ".fits.fz", ".jpg", ".png", ".tif"]),
)
@example(start=b"II*\0", rest=b"\x08\0\0\0" + b"\xff" * 100, suffix=".tif")
def test_arbitrary_bytes(tmp_path: Path, start: bytes, rest: bytes, suffix: str) -> None:
    """Whatever the bytes, there is an image or an ImageError, and nothing else."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(start + rest)
    try:
        image = read_image(path)
    except ImageError:
        return
    assert isinstance(image, GalaxyImage)


def test_pipe(tmp_path: Path):
    """A pipe, whose opening would wait for a writer, is refused."""
    os.mkfifo(tmp_path / "a.fits")
    with pytest.raises(UnreadableImageError, match="a pipe, socket or device"):
        read_image(tmp_path / "a.fits")
