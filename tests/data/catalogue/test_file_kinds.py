"""Shortcuts: kinds of files that tell the class of a galaxy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from flat_images import load
from PIL import Image

from galmorph.data import Dataset
from galmorph.errors import ImplausibleWarning


def dataset(labels: list[int], **columns: list[Any]) -> Dataset:
    """Make a data set of black stamps with columns."""
    stamps = np.zeros((len(labels), 4, 4, 1), np.uint8)
    return Dataset(stamps, labels, tuple("abc")[: max(labels) + 1], table=Table(columns))


def test_a_class_of_pictures(tmp_path: Path) -> None:
    """Linear FITS images of one class and pictures of the other are warned of where they are loaded."""
    rng = np.random.default_rng(0)
    for name in ("elliptical", "spiral"):
        (tmp_path / name).mkdir()
    for number in range(12):
        pixels = rng.integers(20, 250, (6, 6), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "spiral" / f"{number}.png")
        fits.writeto(tmp_path / "elliptical" / f"{number}.fits", pixels[::-1].astype(np.float32))
    with pytest.warns(
        ImplausibleWarning,
        match=r"tells whether a galaxy is 'elliptical' or 'spiral' \(format, linear or a picture; right for 100 %\): a "
        "network can learn the kind of file",
    ) as caught:
        loaded = load(tmp_path)
    assert len(caught) == 1
    assert loaded.cautions == (str(caught[0].message),)
    assert loaded[:14].cautions == ()  # two galaxies of one class say nothing


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"linear": [True] * 20 + [False] * 20}, True),
        ({"linear": [True] * 20 + [False] * 19 + [True]}, True),  # 95 %
        ({"linear": [True] * 20 + [False] * 18 + [True] * 2}, False),
        ({"linear": [True] * 40}, False),
        ({"bands": ["g", "r"] * 20}, False),
        ({"bands": ["g"] * 20 + ["r", "i"] * 10}, True),
        ({"pixel_scale": [0.2] * 20 + [0.4] * 20}, True),
        ({"pixel_scale": [0.2] * 20 + [0.201] * 20}, False),
        ({"pixel_scale": [float("nan")] * 20 + [0.4] * 20}, True),
        ({"pixel_scale": [1.5**number for number in range(40)]}, False),  # each galaxy its own
        ({"width": [256] * 20 + [424] * 20}, True),
        ({"redshift": [0.1] * 20 + [0.2] * 20}, False),  # a property of the galaxy
    ],
)
def test_rule(columns: dict[str, list[Any]], told: bool) -> None:
    """A property tells a class if it is right for 95 % of its galaxies and 95 % of the others."""
    assert bool(dataset([0] * 20 + [1] * 20, **columns).cautions) == told


def test_one_class_of_several() -> None:
    """The class that the files tell is named, and not those that they don't tell."""
    (said,) = dataset([0] * 10 + [1] * 10 + [2] * 10, channels=[1] * 10 + [3] * 20).cautions
    assert "whether a galaxy is 'a' (number of channels; right for 100 %)" in said


def test_one_large_class_is_no_shortcut() -> None:
    """Of files of one kind, 96 % are of one class: that is no property of the files."""
    assert dataset([0] * 480 + [1] * 20, format=["FITS"] * 499 + ["PNG"]).cautions == ()


def test_a_table_without_columns() -> None:
    """Nothing is known of the files."""
    assert dataset([0] * 20 + [1] * 20).cautions == ()
