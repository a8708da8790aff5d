"""Files whose names are not UTF-8: a folder lists them among the bad ones, and the data set can be saved."""

import os
import sys

import numpy as np
import pytest
from PIL import Image

from galmorph.data import Dataset, load_image_folder
from galmorph.errors import SkippedImagesWarning
from galmorph.preprocessing import Recipe


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf8_is_left_out(tmp_path):
    """The warning names the file, with its bytes as escapes; others are loaded, saved and loaded again."""
    y, x = np.indices((40, 40)) - 20
    for label in ("smooth", "spiral"):
        (tmp_path / label).mkdir()
        for number in range(3):
            picture = 200 * np.exp(-(x**2 + y**2) / (30 + 10 * number + 5 * (label == "spiral")))
            Image.fromarray(picture.astype(np.uint8)).save(tmp_path / label / f"{label}{number}.png")
    odd = os.fsencode(tmp_path / "spiral") + b"/\xff.png"
    (tmp_path / "spiral" / "spiral0.png").rename(os.fsdecode(odd))
    with pytest.warns(
        SkippedImagesWarning, match=r"\\udcff\.png: the name of this file or its folder is not UTF-8; re"
    ):
        galaxies = load_image_folder(tmp_path, recipe=Recipe(size=32, channels=1, limits=None), progress=False)
    assert galaxies.class_counts() == {"smooth": 3, "spiral": 2}
    galaxies.save(tmp_path / "saved")
    assert "\\udcff" in Dataset.load(tmp_path / "saved").table.meta["skipped"][0]["reason"]
