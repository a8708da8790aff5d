"""Measures of many images as a table, and of tables as features."""

import math

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from light_profiles import exponential, knots, sersic
from PIL import Image

from galmorph.data import Dataset
from galmorph.errors import InvalidValueError, MismatchWarning, SkippedImagesWarning
from galmorph.measures import feature_array, measure_galaxies, measure_galaxy
from galmorph.types import GalaxyImage


@pytest.fixture(scope="module")
def disc() -> np.ndarray:
    """A disc on a sky of 500, with a bright star beside it."""
    light = 300 * exponential(141, (72, 69), 6.0) + knots(141, [(115, 30, 900.0)])
    return 500 + light + np.random.default_rng(0).normal(0, 1, light.shape)


def test_files_become_rows(tmp_path, disc):
    """FITS files are measured on their own sky, without neighbours; unreadable ones have a row with the reason."""
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": -1e-4, "CDELT2": 1e-4})
    fits.writeto(tmp_path / "disc.fits", disc.astype(np.float32), header)
    (tmp_path / "error.fits").write_text("<html>404</html>")
    with pytest.warns(SkippedImagesWarning, match=r"1 of 2 images can't be measured, the first: .*error\.fits"):
        table = measure_galaxies([tmp_path / "disc.fits", tmp_path / "error.fits"], workers=1)
    assert table["name"].tolist() == ["disc", "error.fits"]
    assert table["petrosian_radius"][0] / 6 == pytest.approx(3.63, abs=0.1)
    assert table["concentration"][0] == pytest.approx(2.73, abs=0.03)
    assert (table["x"][0], table["y"][0]) == pytest.approx((72, 69), abs=0.1)
    assert table["flags"][0] == ""
    assert "error.fits" in table["flags"][1]
    assert table["gini"].mask.tolist() == [False, True]
    assert table["r50"].unit == units.pix
    assert table["pixel_scale"][0] == pytest.approx(0.36)
    assert table["path"][0] == str(tmp_path / "disc.fits")
    assert all(table[name].description for name in table.colnames)
    table.write(tmp_path / "measures.ecsv")
    assert Table.read(tmp_path / "measures.ecsv")["gini"].mask.tolist() == [False, True]


def test_the_table_says_what_measure_galaxy_says(disc):
    """On an image whose sky is subtracted and without neighbours, both give the same."""
    light = disc - 500 - knots(141, [(115, 30, 900.0)])
    table = measure_galaxies(light.astype(np.float32), neighbours=False)
    alone = measure_galaxy(light, noise=1.0)
    for name in ("petrosian_radius", "concentration", "asymmetry", "gini", "m20", "sersic_index"):
        assert table[name][0] == pytest.approx(getattr(alone, name), rel=0.03, abs=0.01), name


def test_a_neighbour_that_is_not_masked_counts():
    """Without the masking of neighbours, a star beside a faint galaxy makes it asymmetric."""
    noise = np.random.default_rng(0).normal(0, 1, (141, 141))
    image = 20 * exponential(141, (70, 70), 6.0) + knots(141, [(100, 70, 60.0)]) + noise
    masked, whole = measure_galaxies([image], workers=1), measure_galaxies([image], neighbours=False, workers=1)
    assert whole["asymmetry"][0] > masked["asymmetry"][0] + 0.1


def test_bands(disc):
    """One band is measured if it is named, else the mean; an image without that band has a row with the reason."""
    pixels = np.stack([disc, disc[:, ::-1], disc], axis=-1).astype(np.float32)
    image = GalaxyImage(pixels=pixels, name="three", bands=("g", "r", "z"))
    green, red = (measure_galaxies(image, band=band, workers=1) for band in "gr")
    assert green["x"][0] == pytest.approx(140 - red["x"][0], abs=0.1)
    assert measure_galaxies(image, workers=1)["asymmetry"][0] > green["asymmetry"][0]
    with pytest.warns(SkippedImagesWarning, match="expected the band 'i', but the image has g, r, z"):
        assert measure_galaxies(image, band="i", workers=1)["x"].mask.all()


def test_pictures_and_stamps_are_flagged(tmp_path):
    """What is measured of a picture or of a stamp is no light, and its flag and a warning say so."""
    grey = np.clip(20 + 200 * exponential(100, (50, 50), 7.0), 0, 255).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "picture.png")
    with pytest.warns(MismatchWarning, match="1 of 1 images are stretched"):
        picture = measure_galaxies(str(tmp_path / "picture.png"), workers=1)
    stamps = np.stack([grey, grey])[..., np.newaxis]
    dataset = Dataset(stamps, [0, 1], ("a", "b"), table=Table({"name": ["first", "second"]}))
    with pytest.warns(MismatchWarning, match="2 of 2 images are stretched"):
        table = measure_galaxies(dataset, workers=1)
    assert table["name"].tolist() == ["first", "second"]
    assert "path" not in table.colnames
    assert all(flags.startswith("the image is stretched") for flags in [*table["flags"], *picture["flags"]])
    assert table["gini"][0] == picture["gini"][0]


@pytest.mark.filterwarnings("ignore::galmorph.errors.SkippedImagesWarning")
def test_odd_images_have_rows():
    """Images without a galaxy, of a few pixels or of one, have rows with flags; no other error or warning is given."""
    spot = np.zeros((40, 40))
    spot[20, 20] = 1
    strip = np.tile(exponential(41, (20, 20), 3.0)[20], (5, 1))
    odd = [-exponential(41, (20, 20), 3.0), np.ones((3, 3)), np.ones((1, 1)), np.arange(50.0)[np.newaxis], spot, strip]
    odd += [np.random.default_rng(0).normal(0, 1, (40, 40)), (1e29 * spot).astype(np.float32), spot.astype(int)]
    table = measure_galaxies(odd, workers=1)
    assert len(table) == len(odd)
    assert all(table["flags"])
    assert table["petrosian_radius"].mask[:4].all()


def test_early_types_are_more_concentrated():
    """Of simulated galaxies, concentration, Gini and M20 separate early from late types."""
    rng = np.random.default_rng(1)
    early = [40 * sersic(121, (60, 60), 4, 8.0, axis_ratio=q) + rng.normal(0, 1, (121, 121)) for q in (0.6, 0.9)]
    late = [200 * exponential(121, (60, 60), 5.0, axis_ratio=q) + rng.normal(0, 1, (121, 121)) for q in (0.6, 0.9)]
    table = measure_galaxies([*early, *late], workers=1)
    for name, sign in (("concentration", 1), ("gini", 1), ("m20", -1), ("sersic_index", 1)):
        values = sign * np.asarray(table[name])
        assert values[:2].min() > values[2:].max(), name


def test_real_galaxies(shared_data):
    """An early type of JWST is as concentrated as a de Vaucouleurs profile; G266035 looks alike in two surveys."""
    names = ("GALFITS_examples_40_f356w", "ProFit_KiDS_G266035fitim", "ProFit_SDSS_G266035fitim")
    table = measure_galaxies([shared_data / "fits" / f"{name}.fits" for name in names], workers=1)
    early, kids, sdss = table
    assert 4 < early["concentration"] < 5
    assert early["sersic_index"] > 3.5
    assert early["m20"] < -2
    for name, tolerance in (("concentration", 0.15), ("gini", 0.03), ("m20", 0.1), ("axis_ratio", 0.05)):
        assert kids[name] == pytest.approx(sdss[name], abs=tolerance), name
        assert abs(kids[name] - early[name]) > tolerance, name


@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_options_of_tables_are_refused(disc):
    """Options that are none of their values are refused before anything is measured."""
    with pytest.raises(InvalidValueError, match="workers"):
        measure_galaxies([disc], workers=0)
    with pytest.raises(InvalidValueError, match="neighbours: expected True or False"):
        measure_galaxies([disc], neighbours="mask")
    with pytest.raises(InvalidValueError, match="band: expected a name"):
        measure_galaxies([disc], band=3)
    with pytest.raises(InvalidValueError, match="expected at least one image"):
        measure_galaxies([])


# Features


def test_features_are_finite_or_refused():
    """Missing values are refused with their names, or set: to the median of the column, or to a given number."""
    table = Table({"name": ["a", "b", "c"], "gini": MaskedColumn([0.4, 0.5, 0.9], mask=[0, 0, 1]), "m20": [-2, -1, -1]})
    with pytest.raises(InvalidValueError, match=r"'gini' is missing for 1 of 3 galaxies \(c\); leave them out, or"):
        feature_array(table, ("gini", "m20"))
    features = feature_array(table, ("gini", "m20"), missing="median")
    assert features.dtype == np.float32
    assert features.tolist() == np.float32([[0.4, -2], [0.5, -1], [0.45, -1]]).tolist()
    assert feature_array(table, ("gini",), missing={"gini": 0.7})[2, 0] == np.float32(0.7)
    with pytest.raises(InvalidValueError, match="'gini' is missing"):
        feature_array(table, ("gini", "m20"), missing={"m20": 0.0})
    assert feature_array(table[:2], ("m20",)).shape == (2, 1)


@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_features_are_refused():
    """Unknown columns, texts, columns without any value and other choices are refused."""
    table = Table({"name": ["a", "b"], "gini": [math.nan, math.inf], "m20": [-1.0, -2.0]})
    with pytest.raises(InvalidValueError, match="did you mean 'm20'"):
        feature_array(table, ("M20",))
    with pytest.raises(InvalidValueError, match="expected numbers, but 'name'"):
        feature_array(table, ("name",))
    with pytest.raises(InvalidValueError, match="'gini' has no value in any row"):
        feature_array(table, ("gini",), missing="median")
    with pytest.raises(InvalidValueError, match=r"missing: expected one of 'raise', 'median', got 'mean'"):
        feature_array(table, ("m20",), missing="mean")
    with pytest.raises(InvalidValueError, match="missing: expected values for m20, got one for gini"):
        feature_array(table, ("m20",), missing={"gini": 1.0})
    with pytest.raises(InvalidValueError, match="expected a finite number, got nan"):
        feature_array(table, ("gini",), missing={"gini": math.nan})
    with pytest.raises(InvalidValueError, match="columns: expected several names, got 'm20'"):
        feature_array(table, "m20")
    with pytest.raises(InvalidValueError, match="expected at least one row"):
        feature_array(table[:0], ("m20",))
    with pytest.raises(InvalidValueError, match="expected the table of measure_galaxies, got a dict"):
        feature_array({"m20": [1.0]}, ("m20",))
