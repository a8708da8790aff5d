"""JPEGs that are decoded without pillow, and those that are left to it."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from galmorph.data import read_image
from galmorph.data._images.jpeg import decode_jpeg
from galmorph.errors import UnreadableImageError, UnsuitableImageError

SKY = np.random.default_rng(3).integers(0, 256, (37, 54, 3), np.uint8)
MANY = 10**6


def jpeg(pixels: np.ndarray, mode: str = "RGB", **options: object) -> bytes:
    """Encode a JPEG."""
    with io.BytesIO() as file:
        Image.fromarray(pixels).convert(mode).save(file, "JPEG", **options)
        return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"quality": 30}, {"progressive": True}, {"subsampling": 0}, {"quality": 100}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_values_are_pillows(mode: str, options: dict[str, object]) -> None:
    """Colour and grey pictures, of any quality and order, have the values that pillow gives."""
    content = jpeg(SKY, mode, **options)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(image).reshape(37, 54, -1)
    pixels, warning = decode_jpeg(content, MANY)
    np.testing.assert_array_equal(pixels, expected)
    assert warning == ""


def test_read_image_keeps_bytes(tmp_path: Path) -> None:
    """A picture is stored as bytes, and its pixels are floats with the same values."""
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(SKY))
    image = read_image(path)
    assert image.stored_pixels.dtype == np.uint8
    assert image.pixels.dtype == np.float32
    np.testing.assert_array_equal(image.pixels, image.stored_pixels)
    assert (image.bands, image.linear, image.has_mask, image.metadata["mode"]) == (
        ("red", "green", "blue"), False, False, "RGB",
    )  # fmt: skip
    path.write_bytes(jpeg(SKY, "L"))
    assert (read_image(path).channels, read_image(path).bands) == (1, None)


def test_what_is_left_to_pillow(tmp_path: Path) -> None:
    """Four colours, several pictures in a file, too many pixels, and damage: pillow reads it, or says what is wrong."""
    four = jpeg(SKY, "CMYK")
    assert decode_jpeg(four, MANY) is None
    (tmp_path / "four.jpg").write_bytes(four)
    assert read_image(tmp_path / "four.jpg").channels == 3

    with io.BytesIO() as file:
        Image.fromarray(SKY).save(file, "MPO", save_all=True, append_images=[Image.fromarray(SKY[::-1])])
        several = file.getvalue()
    assert decode_jpeg(several, MANY) is None
    (tmp_path / "several.jpg").write_bytes(several)
    with pytest.raises(UnsuitableImageError, match="expected one picture, got 2"):
        read_image(tmp_path / "several.jpg")

    whole = jpeg(SKY)
    assert decode_jpeg(whole, SKY.size - 1) is None
    assert decode_jpeg(whole, SKY.size) is not None
    (tmp_path / "whole.jpg").write_bytes(whole)
    with pytest.raises(UnsuitableImageError, match="more than 5993"):
        read_image(tmp_path / "whole.jpg", max_pixels=SKY.size - 1)

    assert decode_jpeg(b"\xff\xd8\xff\xe0 no picture \xff\xd9", MANY) is None
    (tmp_path / "none.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture \xff\xd9")
    with pytest.raises(UnreadableImageError, match="damaged or cut-short JPEG"):
        read_image(tmp_path / "none.jpg")


def test_warning_of_libjpeg() -> None:
    """Of data with a gap, the pixels come with what libjpeg says."""
    whole = jpeg(SKY)
    cut = whole[: len(whole) // 2] + b"\xff\xd9"  # the end mark is there, half of the data is not
    pixels, warning = decode_jpeg(cut, MANY)
    assert warning == "Corrupt JPEG data: premature end of data segment"
    np.testing.assert_array_equal(pixels[:8, :16], decode_jpeg(whole, MANY)[0][:8, :16])
