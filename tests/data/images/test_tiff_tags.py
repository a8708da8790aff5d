"""TIFF files that pillow does not read, or reads wrongly: the refusal says what they hold."""

from pathlib import Path

import numpy as np
import pytest

from galmorph.data import read_image
from galmorph.errors import UnreadableImageError, UnsuitableImageError

RAMP = np.arange(8 * 5 * 3).reshape(8, 5, 3)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RAMP.astype(np.float32), "3 channels of floats of 32 bits"),
        (RAMP[..., 0].astype(np.float64), "1 channel of floats of 64 bits"),
        (RAMP[..., 0].astype(np.float16), "1 channel of floats of 16 bits"),
        (RAMP.astype(np.uint32), "3 channels of unsigned integers of 32 bits"),
        (RAMP[..., 0].astype(np.complex64), "1 channel of complex numbers of 64 bits"),
    ],
)
def test_other_kinds(tmp_path: Path, write_tiff, values: np.ndarray, kind: str):
    """A sound file of another kind is not called damaged."""
    with pytest.raises(UnsuitableImageError, match=f"a TIFF of {kind} is not read; save it as FITS"):
        read_image(write_tiff(tmp_path / "a.tif", values))


@pytest.mark.parametrize("packed", [False, True])
def test_planes(tmp_path: Path, write_tiff, packed: bool):
    """Colours of 16 bits in separate planes are refused; those of 8 bits are read."""
    with pytest.raises(
        UnsuitableImageError, match="16-bit colours in separate planes is not read; save it interleaved"
    ):
        read_image(write_tiff(tmp_path / "a.tif", RAMP.astype(np.uint16) * 300, planes=2, packed=packed))
    image = read_image(write_tiff(tmp_path / "b.tif", RAMP.astype(np.uint8), planes=2, packed=packed))
    np.testing.assert_array_equal(image.pixels, RAMP)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero(tmp_path: Path, write_tiff, dtype: type):
    """A file that declares 0 to be white is inverted, with 8 bits (by pillow) and with 16."""
    largest = np.iinfo(dtype).max
    values = (largest - 3 * RAMP[..., 0] % 255).astype(dtype)
    image = read_image(write_tiff(tmp_path / "a.tif", values, colours=0))
    np.testing.assert_array_equal(image.pixels[..., 0], 3 * RAMP[..., 0] % 255)


def test_damaged_directories(tmp_path: Path, write_tiff):
    """If the tags can't be read either, the file is damaged."""
    content = write_tiff(tmp_path / "a.tif", RAMP.astype(np.float32)).read_bytes()
    for length in (8, 40, len(content) // 2, len(content) - 60):
        (tmp_path / "a.tif").write_bytes(content[:length])
        with pytest.raises(UnreadableImageError, match=r"a\.tif: damaged or cut-short TIFF file .*; fetch it again"):
            read_image(tmp_path / "a.tif")
