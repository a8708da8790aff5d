"""JPEG, PNG and TIFF pictures: their values and masks; what is refused."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from galmorph.data import read_image
from galmorph.errors import UnreadableImageError, UnsuitableImageError

RGB = np.arange(8 * 5 * 3, dtype=np.uint8).reshape(8, 5, 3)
HINT = " (if it is stretched already, save it with 8 bits)"


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
    assert image.notes == ((f"grey picture of 16 bits, taken as linear{HINT}",) if deep else ())


@pytest.mark.parametrize("factor", [1, 256, 257])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_bytes_in_sixteen_bits(tmp_path: Path, factor: int, suffix: str) -> None:
    """A picture of bytes that was saved with 16 bits is the same picture, however the bytes were enlarged."""
    Image.fromarray(RGB[..., 0].astype(np.uint16) * factor).save(tmp_path / f"a{suffix}")
    image = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(image.pixels[..., 0], RGB[..., 0])
    assert image.linear is False
    assert image.notes == (("all values below 256, taken as a picture of 8 bits",) if factor == 1 else ())


@pytest.mark.parametrize(("largest", "hint"), [(4095, ""), (16383, ""), (40000, HINT), (65535, HINT)])
def test_bright_linear_pictures_get_a_hint(tmp_path: Path, largest: int, hint: str) -> None:
    """Values of 12 and 14 bits can't be a picture of 16; those that can are linear too, with a hint."""
    Image.fromarray((RGB[..., 0] * (largest / RGB[..., 0].max())).astype(np.uint16)).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert (image.linear, image.notes) == (True, (f"grey picture of 16 bits, taken as linear{hint}",))


@pytest.mark.parametrize(("white", "hint"), [(1.0, HINT), (7.0, ""), (1e-9, "")])
def test_floats_are_linear(tmp_path: Path, white: float, hint: str) -> None:
    """A TIFF of floats holds measurements; those that end at 1 may be a picture."""
    Image.fromarray(RGB[..., 0] * np.float32(white / RGB[..., 0].max())).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    assert (image.linear, image.notes) == (True, (f"grey picture of floats, taken as linear{hint}",))


def test_floats_without_values(tmp_path: Path) -> None:
    """NaN and infinity are masked, and an image of nothing else is refused."""
    values = RGB[..., 0].astype(np.float32)
    values[1, 2], values[3, 4] = np.nan, np.inf
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert np.argwhere(read_image(tmp_path / "a.tif").mask).tolist() == [[1, 2], [3, 4]]
    Image.fromarray(values * np.float32(np.nan)).save(tmp_path / "a.tif")
    with pytest.raises(UnsuitableImageError, match="no pixel holds a measurement"):
        read_image(tmp_path / "a.tif")


def test_thirty_two_bits(tmp_path: Path, write_tiff) -> None:
    """Unsigned numbers of 32 bits stay positive beyond the largest signed one; signed ones keep their sign."""
    values = np.linspace(0, 2**32 - 1, 40).astype(np.uint32).reshape(8, 5)
    image = read_image(write_tiff(tmp_path / "a.tif", values))
    np.testing.assert_array_equal(image.pixels[..., 0], values.astype(np.float32))
    assert image.notes == (f"grey picture of 32 bits, taken as linear{HINT}",)
    image = read_image(write_tiff(tmp_path / "a.tif", (values >> 1).astype(np.int32) - 9))
    assert (float(image.pixels.min()), image.linear) == (-9.0, True)


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
    image = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels[0, 0], [255, 0, 255])
    assert image.notes == ("CMYK colours, converted to red, green and blue of 8 bits",)


def test_jpegs_of_other_colours(tmp_path: Path) -> None:
    """A grey JPEG has one channel; one of CMYK, which libjpeg leaves to pillow, has three and a note."""
    Image.fromarray(RGB[..., 0]).save(tmp_path / "grey.jpg")
    Image.fromarray(np.full((8, 8, 4), 90, np.uint8), "CMYK").save(tmp_path / "cmyk.jpg")
    assert (read_image(tmp_path / "grey.jpg").channels, read_image(tmp_path / "grey.jpg").notes) == (1, ())
    image = read_image(tmp_path / "cmyk.jpg")
    assert (image.channels, image.notes) == (3, ("CMYK colours, converted to red, green and blue of 8 bits",))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_camera_orientation(tmp_path: Path, suffix: str) -> None:
    """The orientation that a camera noted is not applied: rows stay as in the file."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RGB).save(tmp_path / f"a{suffix}", exif=exif)
    Image.fromarray(RGB).save(tmp_path / f"b{suffix}")
    np.testing.assert_array_equal(
        read_image(tmp_path / f"a{suffix}").pixels, read_image(tmp_path / f"b{suffix}").pixels
    )


@pytest.mark.parametrize(("suffix", "format_"), [(".tif", "TIFF"), (".png", "PNG"), (".jpg", "MPO")])
def test_pages(tmp_path: Path, suffix: str, format_: str) -> None:
    """A TIFF of several pages, an animated PNG and a JPEG of several pictures are no one picture."""
    others = [Image.fromarray(255 - RGB)]
    Image.fromarray(RGB).save(tmp_path / f"a{suffix}", format=format_, save_all=True, append_images=others)
    with pytest.raises(UnsuitableImageError, match="expected one picture, got 2 pages or frames; save one of them"):
        read_image(tmp_path / f"a{suffix}")


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
