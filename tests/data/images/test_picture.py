"""JPEG, PNG and TIFF pictures: their values and masks; what is refused."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from galmorph.data import read_image
from galmorph.errors import UnreadableImageError, UnsuitableImageError

RGB = np.arange(8 * 5 * 3, dtype=np.uint8).reshape(8, 5, 3)


def test_jpeg(tmp_path: Path) -> None:
    """A JPEG gives what its decoder gives, from 0 to 255, top row first, and is not linear."""
    path = tmp_path / "100008.jpg"
    Image.fromarray(RGB).save(path)
    image = read_image(path, name="mine")
    with Image.open(path) as picture:
        np.testing.assert_array_equal(image.pixels, np.asarray(picture))
    assert (image.name, image.bands, image.linear) == ("mine", ("red", "green", "blue"), False)
    assert image.pixels.dtype == np.float32


@pytest.mark.parametrize(
    ("array", "mode"),
    [(RGB, None), (RGB[..., 0], None), (RGB[..., 0].astype(np.uint16) * 500, None), (RGB[..., 0] // 100 * 255, "1")],
    ids=["colour", "grey", "16 bits", "1 bit"],
)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_lossless(tmp_path: Path, array: np.ndarray, mode: str | None, suffix: str) -> None:
    """Lossless pictures come back value for value, with as many channels as they have."""
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(tmp_path / f"a{suffix}")
    image = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(image.pixels, array.reshape(8, 5, -1))
    deep = array.dtype == np.uint16
    assert image.linear == deep
    assert image.notes == (("grey picture of 16 bits, taken as linear",) if deep else ())


@pytest.mark.parametrize("factor", [1, 256, 257])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_bytes_in_sixteen_bits(tmp_path: Path, factor: int, suffix: str) -> None:
    """A picture of bytes that was saved with 16 bits is the same picture, however the bytes were enlarged."""
    Image.fromarray(RGB[..., 0].astype(np.uint16) * factor).save(tmp_path / f"a{suffix}")
    image = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(image.pixels[..., 0], RGB[..., 0])
    assert (image.linear, image.notes) == (False, ())


def test_floats_are_linear(tmp_path: Path) -> None:
    """A TIFF of floats holds measurements."""
    Image.fromarray(RGB[..., 0].astype(np.float32) / 7).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    assert (image.linear, image.notes) == (True, ("grey picture of floats, taken as linear",))


def test_colours_of_sixteen_bits(tmp_path: Path) -> None:
    """The upper halves are read, and a note says so."""
    colours = (RGB.astype(np.uint16) * 256 + 77).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in colours)
    pieces = [(b"IHDR", struct.pack(">IIBBBBB", 5, 8, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    content = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in pieces
    )
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image.pixels, RGB)
    assert image.notes == ("16-bit colours, of which the upper 8 bits were read, taken as a picture",)


def test_palette(tmp_path: Path) -> None:
    """A palette is looked up, and its transparent entry masked."""
    indices = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette([channel for i in range(6) for channel in (10 * i, 20 * i, 30 * i)])
    picture.save(tmp_path / "a.png", transparency=4)
    image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image.mask, indices == 4)
    expected = indices[..., None] * np.array([10, 20, 30])
    np.testing.assert_array_equal(image.pixels, np.where(image.mask[..., None], 0, expected))


@pytest.mark.parametrize("channels", [1, 3])
def test_alpha(tmp_path: Path, channels: int) -> None:
    """Fully transparent pixels are masked; half transparent ones stay as they are."""
    alpha = np.full((8, 5, 1), 128, np.uint8)
    alpha[2, 3] = 0
    Image.fromarray(np.concatenate([RGB[..., :channels], alpha], axis=-1)).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image.mask, alpha[..., 0] == 0)
    np.testing.assert_array_equal(image.pixels, np.where(alpha == 0, 0, RGB[..., :channels]))


def test_all_transparent(tmp_path: Path) -> None:
    """A picture without a single opaque pixel is refused."""
    Image.fromarray(np.zeros((4, 5, 4), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(UnsuitableImageError, match="no pixel holds a measurement"):
        read_image(tmp_path / "a.png")


def test_cmyk(tmp_path: Path) -> None:
    """A CMYK picture becomes red, green and blue: pure magenta ink is (255, 0, 255)."""
    inks = np.zeros((8, 8, 4), np.uint8)
    inks[..., 1] = 255
    Image.fromarray(inks, "CMYK").save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif").pixels[0, 0], [255, 0, 255])


def test_camera_orientation(tmp_path: Path) -> None:
    """The orientation that a camera noted is not applied: rows stay as in the file."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").pixels, RGB)


def test_pages(tmp_path: Path) -> None:
    """A TIFF of several pages is no one picture."""
    Image.fromarray(RGB).save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(RGB)])
    with pytest.raises(UnsuitableImageError, match="got 2 pages"):
        read_image(tmp_path / "a.tif")


# Truncated files


@pytest.mark.parametrize("fill", [False, True])
def test_truncated_jpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: bool) -> None:
    """A JPEG cut anywhere is refused, even where pillow has been told to fill the rest with grey."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", fill)
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)).save(whole, "JPEG")
    for length in range(20, len(whole.getvalue()) - 1, 50):
        (tmp_path / "a.jpg").write_bytes(whole.getvalue()[:length])
        with pytest.raises(UnreadableImageError, match=r"a\.jpg: the JPEG file is cut short"):
            read_image(tmp_path / "a.jpg")


def test_truncated_png(tmp_path: Path) -> None:
    """A PNG cut in the middle is refused."""
    whole = io.BytesIO()
    Image.fromarray(RGB).save(whole, "PNG")
    (tmp_path / "a.png").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    with pytest.raises(UnreadableImageError, match="the PNG file is cut short"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("shape", [(1, 40, 3), (40, 1), (1, 1)])
def test_one_row(tmp_path: Path, suffix: str, shape: tuple[int, ...]):
    """A single row of pixels is no picture of a galaxy."""
    Image.fromarray(np.full(shape, 7, np.uint8)).save(tmp_path / f"a{suffix}")
    with pytest.raises(UnsuitableImageError, match="expected a picture, got one row"):
        read_image(tmp_path / f"a{suffix}")


def test_jpeg_with_a_gap(tmp_path: Path):
    """A JPEG of which libjpeg decodes a part, and warns, says so in a note; pillow alone would say nothing."""
    path = tmp_path / "a.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000] + b"\xff\xd9")
    image = read_image(path)
    assert image.notes == ("may be damaged: Corrupt JPEG data: premature end of data segment",)
    with Image.open(path) as picture:
        np.testing.assert_array_equal(image.pixels, np.asarray(picture))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_damage_that_pillow_may_fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str):
    """If other code lets pillow fill up what is missing, damaged pictures are refused all the same."""
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[:2000] + content[6000:])  # its end is there
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(UnreadableImageError, match="damaged or cut-short"):
        read_image(path)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True
