"""The images that an argument stands for: whatever an astronomer has at hand, and a clear error for the rest."""

from pathlib import Path

import numpy as np
import pytest
from astropy.nddata import CCDData, Cutout2D

from galmorph.data import list_images
from galmorph.errors import InvalidValueError
from galmorph.types import GalaxyImage

FRAME = np.arange(80 * 90, dtype=np.float32).reshape(80, 90)


def names(images):
    """Names of files without their folder, and of images."""
    return [Path(each).name if isinstance(each, str) else each.name for each in list_images(images)]


@pytest.fixture
def folder(tmp_path):
    """Three bands of one galaxy, two of another, and a picture in a sub-folder."""
    (tmp_path / "more").mkdir()
    for name in ("M51_g.fits", "M51_r.fits", "M51_z.fits", "M81_g.fits", "M81_r.fits", "more/M63.jpg"):
        (tmp_path / name).touch()
    return tmp_path


def test_files(folder):
    """Files, folders and patterns, alone or in a list, in their order."""
    assert names(folder / "M51_g.fits") == ["M51_g.fits"]
    assert names(str(folder / "*_r.fits")) == ["M51_r.fits", "M81_r.fits"]
    assert names([folder / "more", folder / "M81_g.fits"]) == ["M63.jpg", "M81_g.fits"]
    assert len(list_images(folder)) == 6


def test_bands(folder):
    """A pattern finds galaxies with one file a band; braces name the files of one, which need not exist yet."""
    assert names(folder / "{name}_{band}.fits") == ["M51_{g,r,z}.fits", "M81_{g,r,z}.fits"]
    assert names(folder / "{name}_{r,g}.fits") == ["M51_{r,g}.fits", "M81_{r,g}.fits"]
    assert names(folder / "*_{r,g}.fits") == ["M51_{r,g}.fits", "M81_{r,g}.fits"]
    assert names(folder / "[TH2002] 433_{g,r}.fits") == ["[TH2002] 433_{g,r}.fits"]


def test_files_come_before_patterns(folder):
    """A file whose name looks like a pattern is taken as it is."""
    for name in ("[TH2002] 433.fits", "a{g,r}.fits", "{name}_{band}.fits"):
        (folder / name).touch()
        assert names(folder / name) == [name]


def test_images_in_memory():
    """An array, a CCDData, a Cutout2D and a GalaxyImage are one image each; those without a name get a number."""
    known = GalaxyImage(pixels=FRAME[..., np.newaxis], name="M51")
    ccd, cutout = CCDData(FRAME, unit="adu"), Cutout2D(FRAME, (40, 40), 20)
    for image in (FRAME, ccd, cutout):
        assert names(image) == ["0"]
    assert names(known) == ["M51"]
    assert names([FRAME, known, ccd, cutout]) == ["0", "M51", "2", "3"]
    assert names((FRAME, ccd)) == ["0", "1"]  # two images, not an image and a position


def test_positions():
    """A pair of an image and a position is a cut-out around it."""
    for position in ((40, 30), np.array([40, 30])):
        (image,) = list_images((FRAME, position))
        assert image.pixels[image.height // 2, image.width // 2, 0] in FRAME[29:32, 39:42]
    images = list_images([(FRAME, (40, 30)), (FRAME, (50, 40))])
    assert [image.name for image in images] == ["0", "1"]


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_is_no_image(folder):
    """Nothing to do, no match, and things that are neither image nor path are said."""
    with pytest.raises(InvalidValueError, match="expected at least one image file or image, got none"):
        list_images([])
    with pytest.raises(InvalidValueError, match="matches none in"):
        list_images(folder / "N*.fits")
    with pytest.raises(InvalidValueError, match="expected image files or images, got a int"):
        list_images(3)
    with pytest.raises(InvalidValueError, match=r"got an array of shape \(2, 8, 8, 3\); put images in a list"):
        list_images(np.zeros((2, 8, 8, 3)))
