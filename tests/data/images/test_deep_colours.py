"""Colours of 16 bits: all their bits are read, whatever the file's order, packing and transparency."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from galmorph.data import read_image
from galmorph.errors import UnreadableImageError

COLOURS = np.random.default_rng(0).integers(1, 65536, (9, 7, 4)).astype(np.uint16)
COLOURS[2, 3, 3] = 0  # transparent
CLEAR = COLOURS[..., 3:] == 0


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png(tmp_path: Path, write_png, channels: int, interlaced: bool):
    """Grey and colours, with and without transparency, come back value for value, and are linear."""
    values = COLOURS[..., -channels:] if channels in (2, 4) else COLOURS[..., :channels]
    image = read_image(write_png(tmp_path / "a.png", values, interlaced=interlaced))
    colours = values[..., : 1 if channels < 3 else 3]
    expected = np.where(CLEAR, 0, colours) if channels in (2, 4) else colours
    np.testing.assert_array_equal(image.pixels, expected)
    assert image.linear is True
    np.testing.assert_array_equal(image.mask, CLEAR[..., 0] & (channels in (2, 4)))
    kind = "grey" if channels < 3 else "colour"
    assert image.notes[0].startswith(f"{kind} picture of 16 bits, taken as linear")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("rows", [99, 4])
@pytest.mark.parametrize("alpha", [None, 0, 1, 2], ids=["none", "unused", "premultiplied", "alpha"])
def test_tiff(tmp_path: Path, write_tiff, order: str, packed: bool, rows: int, alpha: int | None):
    """Byte order, packing, strips and an alpha channel make no difference; light that alpha reduced is restored."""
    values, tags = (COLOURS[..., :3], {}) if alpha is None else (COLOURS, {"alpha": alpha})
    if alpha == 1:
        opacity = np.where(CLEAR, 0, 65535) // np.array([1, 1, 5])[np.arange(7) % 3][:, np.newaxis]
        values = np.concatenate([np.rint(COLOURS[..., :3] * (opacity / 65535)), opacity], axis=-1).astype(np.uint16)
    path = write_tiff(tmp_path / "a.tif", values, order=order, packed=packed, rows=rows, **tags)
    image = read_image(path)
    hidden = CLEAR if alpha in (1, 2) else np.zeros_like(CLEAR)
    expected = np.where(hidden, 0, COLOURS[..., :3])
    np.testing.assert_allclose(image.pixels, expected, atol=3 if alpha == 1 else 0)
    np.testing.assert_array_equal(image.mask, hidden[..., 0])
    assert (image.bands, image.linear) == (("red", "green", "blue"), True)


@pytest.mark.parametrize("channels", [1, 3])
def test_one_transparent_colour(tmp_path: Path, write_png, channels: int):
    """All 16 bits of the colour that a PNG declares transparent count: its upper bytes alone mask nothing."""
    values = COLOURS[..., :channels].copy()
    clear = tuple(int(value) for value in values[4, 5])
    values[0, 0] = values[4, 5] ^ 1
    image = read_image(write_png(tmp_path / "a.png", values, clear=clear))
    assert np.argwhere(image.mask).tolist() == [[4, 5]]


@pytest.mark.parametrize("factor", [256, 257])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_bytes(tmp_path: Path, write_png, write_tiff, factor: int, suffix: str):
    """Colours of 8 bits that were saved with 16 are the picture of 8 bits, without a note."""
    colours = (COLOURS[..., :3] >> 8).astype(np.uint8)
    Image.fromarray(colours).save(tmp_path / "bytes.png")
    write = write_png if suffix == ".png" else write_tiff
    image = read_image(write(tmp_path / f"a{suffix}", colours.astype(np.uint16) * factor))
    np.testing.assert_array_equal(image.stored_pixels, read_image(tmp_path / "bytes.png").stored_pixels)
    assert (image.stored_pixels.dtype, image.linear, image.notes) == (np.uint8, False, ())


def test_damage(tmp_path: Path, write_png):
    """Deep colours that are cut short are refused as other pictures are."""
    content = write_png(tmp_path / "a.png", COLOURS).read_bytes()
    (tmp_path / "a.png").write_bytes(content[:-150] + b"IEND")
    with pytest.raises(UnreadableImageError, match="damaged or cut-short PNG"):
        read_image(tmp_path / "a.png")
