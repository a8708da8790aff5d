"""Pictures of bytes in a larger type become bytes; counts don't."""

import numpy as np
import pytest

from galmorph.data._images.picture_bytes import without_scale

BYTES = np.array([[0, 7, 200, 255]], np.uint8)


@pytest.mark.parametrize(
    ("dtype", "factor"),
    [(np.uint16, 256), (np.uint16, 257), (np.uint32, 257), (np.uint32, 1 << 24), (np.uint32, 0x1010101)],
)
def test_enlarged(dtype: type, factor: int):
    """Bytes that were shifted, or repeated so that 255 becomes the largest number, come back without a note."""
    pixels, assumed = without_scale(BYTES.astype(dtype) * dtype(factor))
    assert (pixels.dtype, pixels.tolist(), assumed) == (np.uint8, BYTES.tolist(), "")


def test_small_numbers():
    """Values below 256 are a picture if they are as bright as one, which is said; fewer are counts."""
    pixels, assumed = without_scale(BYTES.astype(np.uint16))
    assert (pixels.dtype, assumed) == (np.uint8, "all values below 256, taken as a picture of 8 bits")
    assert without_scale(BYTES.astype(np.uint16) // 3)[0].dtype == np.uint16


@pytest.mark.parametrize(
    "pixels", [BYTES, BYTES * 1.5, BYTES.astype(np.int16) - 1, BYTES * np.uint16(255), np.zeros((2, 2), np.uint16)]
)
def test_others(pixels: np.ndarray):
    """Bytes, floats, negative numbers, other multiples and nothing but zeros stay as they are."""
    assert without_scale(pixels) == (pixels, "")
