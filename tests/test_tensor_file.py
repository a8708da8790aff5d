"""Files of tensors: every change of their content is noticed."""

import numpy as np
import pytest

from galmorph._tensor_file import read_tensors, saved_tensors

TENSORS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(7, np.int32), "c": np.zeros((0, 2))}
HEADER = {"format": "example", "rows": (1, 2.5)}


def test_what_was_saved_comes_back(tmp_path):
    """Tensors to the last bit, also without axes and without values; tuples as lists."""
    (tmp_path / "a").write_bytes(saved_tensors(TENSORS, HEADER))
    header, tensors = read_tensors(tmp_path / "a")
    assert (header["format"], header["rows"]) == ("example", [1, 2.5])
    for name, array in TENSORS.items():
        np.testing.assert_array_equal(tensors[name], array, strict=True)


def test_every_flipped_bit_is_noticed(tmp_path):
    """No bit of the file can change without `ValueError`, but those that say nothing: spaces that fill the header."""
    content = saved_tensors(TENSORS, HEADER)
    (tmp_path / "whole").write_bytes(content)
    before, _ = read_tensors(tmp_path / "whole")
    silent = 0
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        (tmp_path / "a").write_bytes(damaged)
        try:
            header, tensors = read_tensors(tmp_path / "a")
        except ValueError:
            continue
        silent += 1
        assert {**header, "sha256": ""} == {**before, "sha256": ""} or "sha256" not in header
        assert all(np.array_equal(tensors[name], array) for name, array in TENSORS.items())
    assert silent < 0.02 * 8 * len(content)  # the name "sha256" itself, and the filling


def test_a_file_without_hash_is_read(tmp_path):
    """Earlier versions wrote none."""
    content = saved_tensors(TENSORS, HEADER)
    (tmp_path / "a").write_bytes(content.replace(b'\\"sha256\\"', b'\\"sha255\\"'))
    header, _ = read_tensors(tmp_path / "a")
    assert "sha256" not in header


def test_text_is_no_file_of_tensors(tmp_path):
    """Its error is a `ValueError`, too."""
    (tmp_path / "a").write_text("text")
    with pytest.raises(ValueError, match="header"):
        read_tensors(tmp_path / "a")
