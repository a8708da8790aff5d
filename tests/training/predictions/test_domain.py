"""The domain of a classifier: images of another kind than those of the training are named, others are not."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.table import MaskedColumn

from galmorph.preprocessing import DAI_TONG, Recipe
from galmorph.training import Domain
from galmorph.training._predictions.domain import ImageKind

GRI = ("g", "r", "i")


def test_bands_and_pixel_scales_are_compared():
    """An image is doubted if its bands were not seen, or its pixels are smaller or larger by half than any seen."""
    domain = Domain(bands=(GRI,), pixel_scales=(0.3, 0.5))
    assert domain.doubts(ImageKind(bands=GRI, pixel_scale=0.7)) == []
    assert domain.doubts(ImageKind()) == []
    assert domain.doubts(ImageKind(bands=("B",), pixel_scale=1.7)) == [
        "bands B, learned from g/r/i",
        "1.7 arcsec/pixel, learned from 0.3 to 0.5",
    ]
    assert domain.doubts(ImageKind(pixel_scale=0.19)) == ["0.19 arcsec/pixel, learned from 0.3 to 0.5"]
    assert Domain().doubts(ImageKind(bands=("B",), linear=True, pixel_scale=1.7, radius=3.0)) == []


@pytest.mark.parametrize(
    ("learned", "seen", "doubt"),
    [
        (False, True, ["a linear image, learned from pictures"]),
        (True, False, ["a picture, learned from linear images"]),
        (True, True, []),
        (None, True, []),
        (False, None, []),
    ],
)
def test_pictures_are_told_from_linear_images(learned, seen, doubt):
    """Where both are known, a stretched image is not of the kind of one that is proportional to flux."""
    assert Domain(linear=learned).doubts(ImageKind(linear=seen)) == doubt


def test_the_resolution_counts_and_not_the_angle():
    """With radii known, the pixels across a galaxy are compared: a far galaxy and a near one may have equal stamps."""
    domain = Domain(pixel_scales=(0.4, 0.4), radii=(12.0, 80.0))
    assert domain.doubts(ImageKind(pixel_scale=0.02, radius=50.0)) == []
    assert domain.doubts(ImageKind(pixel_scale=0.4, radius=7.9)) == ["radius of 7.9 pixels, learned from 12 to 80"]
    assert domain.doubts(ImageKind(pixel_scale=0.4, radius=8.1)) == []
    assert domain.doubts(ImageKind(radius=121.0)) == ["radius of 121 pixels, learned from 12 to 80"]
    assert domain.doubts(ImageKind(pixel_scale=1.0)) == ["1 arcsec/pixel, learned from 0.4 to 0.4"]


def test_the_domain_is_read_off_the_table(blobs):
    """Everything comes from the columns of the data set, unknown values left out."""
    dataset = blobs[:3]
    dataset.table["bands"] = ["g/r/i", "", "g/r/i"]
    dataset.table["pixel_scale"] = [0.4, np.nan, 0.3]
    assert Domain.of(dataset) == Domain(bands=(GRI,), pixel_scales=(0.3, 0.4))
    dataset.table["linear"] = [True, True, True]
    assert Domain.of(dataset).linear is True
    dataset.table["linear"] = MaskedColumn([True, True, True], mask=[False, True, False])
    assert Domain.of(dataset).linear is None  # one is not known
    dataset.table["linear"] = [True, False, True]
    assert Domain.of(dataset).linear is None
    assert Domain.of(blobs) == Domain()


def test_radii_are_those_that_were_measured(blobs):
    """Only a `GalaxyCrop` needs the radius. For other crops, it is half the width of the window."""
    dataset = blobs[:3]
    dataset.table["radius"] = [10.0, 20.0, 15.0]
    assert Domain.of(dataset).radii is None
    for recipe, radii in [(Recipe(size=32), (10.0, 20.0)), (replace(DAI_TONG, size=32), None)]:
        assert Domain.of(replace_recipe(dataset, recipe)).radii == radii


def replace_recipe(dataset, recipe):
    """Give a data set another recipe."""
    return type(dataset)(dataset.stamps, dataset.labels, dataset.classes, table=dataset.table, recipe=recipe.to_dict())
