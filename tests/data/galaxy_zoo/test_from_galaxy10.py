"""load_galaxy10: the HDF5 files of Galaxy10, made small."""

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from flat_images import Corner

from galmorph.data import GALAXY10_CLASSES, Dataset, load_galaxy10
from galmorph.data._galaxy_zoo import galaxy10_file
from galmorph.errors import DatasetError, InvalidValueError, PoorImageError, SkippedImagesWarning

pytestmark = pytest.mark.filterwarnings(
    "ignore:no galaxy of the classes:galmorph.errors.DatasetWarning", "ignore:.* are nearly black or white"
)


def write(path: Path, side: int, **columns: Any) -> Path:
    """Write four images of levels 10, 20, 30 and 40."""
    images = np.broadcast_to(np.array([10, 20, 30, 40], np.uint8)[:, None, None, None], (4, side, side, 3))
    with h5py.File(path, "w") as file:
        for name, values in {"images": images, "ans": np.array([0, 3, 9, 3], np.uint8), **columns}.items():
            if values is not None:
                file.create_dataset(name, data=values)
    return path


def load(path: Path, **options: Any) -> Dataset:
    """Load a file without a progress bar."""
    return load_galaxy10(path, **{"recipe": Corner(), "progress": False, "workers": 1} | options)


def test_class_names():
    """There are ten names a version, in the order of the documentation of astroNN."""
    assert {version: len(set(names)) for version, names in GALAXY10_CLASSES.items()} == {"decals": 10, "sdss": 10}
    assert GALAXY10_CLASSES["decals"][8] == "Edge-on Galaxies without Bulge"
    assert GALAXY10_CLASSES["sdss"][5] == "Disk, Edge-on, Boxy Bulge"


def test_decals(tmp_path):
    """Labels, positions and pixel scales stay with their images; images that overlap on the sky share a group."""
    # Half of 256 pixels of 0.262 arcsec are 33.5 arcsec: circles 60 arcsec apart overlap, those 70 arcsec apart do not.
    dec = np.array([0.0, 60.0, 130.0, np.nan]) / 3600
    columns = {"ra": np.full(4, 150.0), "dec": dec, "redshift": [0.1, 0.2, np.nan, 0.4], "pxscale": np.full(4, 0.262)}
    galaxies = load(write(tmp_path / "Galaxy10_DECals.h5", 256, **columns))
    assert galaxies.classes == GALAXY10_CLASSES["decals"]
    assert galaxies.labels.tolist() == [0, 3, 9, 3]
    assert galaxies.stamps[:, 0, 0, 0].tolist() == [10, 20, 30, 40]
    assert galaxies.groups.tolist() == [0, 0, 2, 3]
    assert galaxies.table["name"].tolist() == ["0", "1", "2", "3"]
    assert galaxies.table["path"][1] == "Galaxy10_DECals.h5[1]"
    assert galaxies.table["pixel_scale"].tolist() == [0.262] * 4
    assert not galaxies.table["linear"].any()
    np.testing.assert_array_equal(galaxies.table["dec"], dec)
    np.testing.assert_array_equal(galaxies.table["redshift"], columns["redshift"])
    wider = load(write(tmp_path / "Galaxy10_DECals.h5", 256, **columns), radius=40.0)
    assert wider.groups.tolist() == [0, 0, 0, 3]


def test_sdss(tmp_path, monkeypatch):
    """Images of 69 pixels have the classes of SDSS; read one by one or all at once, they are the same."""
    path = write(tmp_path / "Galaxy10.h5", 69)
    galaxies = load(path)
    assert galaxies.classes == GALAXY10_CLASSES["sdss"]
    assert galaxies.groups.tolist() == [0, 1, 2, 3]
    assert "ra" not in galaxies.table.colnames
    assert np.isnan(galaxies.table["pixel_scale"]).all()
    monkeypatch.setattr(galaxy10_file, "_PIECE", 69 * 69 * 3)
    assert load(path, workers=2).fingerprint() == galaxies.fingerprint()


def test_other_sizes_need_a_version(tmp_path):
    """Reduced images do not say which classes they have."""
    path = write(tmp_path / "small.h5", 8)
    with pytest.raises(InvalidValueError, match=r"version: expected images of 256 x 256 .* got 8 x 8; say which"):
        load(path)
    assert load(path, version="decals").classes == GALAXY10_CLASSES["decals"]
    with pytest.raises(InvalidValueError, match="version: expected one of 'decals', 'sdss', got 'DECaLS'"):
        load(path, version="DECaLS")


def test_images_without_a_stamp(tmp_path):
    """An image that the recipe refuses is left out, with its row; on request it is an error."""
    images = np.full((4, 69, 69, 3), 10, np.uint8)
    images[1] = 255
    path = write(tmp_path / "Galaxy10.h5", 69, images=images, ra=np.arange(4.0), dec=np.zeros(4))
    with pytest.warns(SkippedImagesWarning, match="1 of 4 images left out: image too poor: too bright"):
        galaxies = load(path)
    assert galaxies.table["name"].tolist() == ["0", "2", "3"]
    assert galaxies.table["ra"].tolist() == [0, 2, 3]
    assert galaxies.table.meta["left_out"] == {"image too poor": 1}
    with pytest.raises(PoorImageError, match="too bright"):
        load(path, on_error="raise")


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"ans": None}, "expected 'ans' in the file, as in Galaxy10, got images"),
        ({"ans": np.array([0, 1, 2])}, r"expected 'ans' of shape \(4,\), got \(3,\)"),
        ({"ans": np.array([0, 1, 2, 10])}, "expected classes from 0 to 9 in 'ans', got 0 to 10"),
        ({"ans": np.zeros(4)}, "expected an array of numbers under the name 'ans', got float64"),
        (
            {"images": np.zeros((4, 69, 70, 3), np.uint8)},
            r"expected images of uint8 and shape .* got uint8 and \(4, 69",
        ),
        ({"images": np.zeros((4, 69, 69, 3), np.uint16)}, "expected images of uint8 .* got uint16"),
        ({"ra": np.zeros(3), "dec": np.zeros(4)}, r"expected 'ra' of shape \(4,\)"),
    ],
)
def test_other_files(tmp_path, columns, match):
    """A file with other contents is refused before an image is read."""
    with pytest.raises(DatasetError, match=match):
        load(write(tmp_path / "Galaxy10.h5", 69, **columns))


def test_sizes_are_checked_first(tmp_path):
    """A file of a few kilobytes that claims terabytes, or blocks of gigabytes, costs nothing."""
    path = write(tmp_path / "huge.h5", 69, images=None)
    for shape, chunks, match in [
        ((4, 60000, 60000, 3), (1, 100, 100, 3), "expected up to 10000000 images of up to 16 MiB"),
        ((10**9, 69, 69, 3), (1, 69, 69, 3), "expected up to 10000000 images"),
        ((10**6, 69, 69, 3), (10**5, 69, 69, 3), "expected 'images' in blocks of up to 256 MiB"),
    ]:
        with h5py.File(path, "a") as file:
            file.pop("images", None)
            file.create_dataset("images", shape, np.uint8, chunks=chunks)
        with pytest.raises(DatasetError, match=match):
            load(path)


def test_links_to_other_files(tmp_path):
    """A file from outside can't make us read another one."""
    other = write(tmp_path / "other.h5", 69)
    path = write(tmp_path / "Galaxy10.h5", 69, ans=None)
    with h5py.File(path, "a") as file:
        file["ans"] = h5py.ExternalLink(other.name, "ans")
    with pytest.raises(DatasetError, match="expected 'ans' in the file"):
        load(path)
    (tmp_path / "labels").write_bytes(bytes(4))
    with h5py.File(path, "a") as file:
        del file["ans"]
        file.create_dataset("ans", (4,), np.uint8, external=[("labels", 0, 4)])
    with pytest.raises(DatasetError, match="got a reference to another file"):
        load(path)


def test_damaged_files(tmp_path):
    """A file that is cut short, or is no HDF5, is refused with its name."""
    path = write(tmp_path / "Galaxy10.h5", 69)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DatasetError, match=r"Galaxy10.h5: expected an HDF5 file of Galaxy10 .*; if it was fetched"):
        load(path)
    with pytest.raises(DatasetError, match=r"missing\.h5: expected an HDF5 file"):
        load(tmp_path / "missing.h5")


def test_without_h5py(tmp_path, monkeypatch):
    """Without the optional package, the error says what to install."""
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "galmorph-jax\[hdf5\]"'):
        load(tmp_path / "Galaxy10.h5")
