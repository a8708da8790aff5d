"""Surveys of many telescopes: mixtures, grey ones, automatic levels."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from clean_survey import CLEAN

from galmorph.errors import InvalidValueError
from galmorph.simulation import (
    DSS,
    HST,
    JWST,
    KIDS,
    LEGACY_SURVEY,
    MANY_TELESCOPES,
    PAN_STARRS,
    SDSS,
    UKIDSS,
    simulate_galaxies,
)
from galmorph.simulation._observe import _white, is_plain

NAMED = (LEGACY_SURVEY, KIDS, PAN_STARRS, UKIDSS, DSS, HST, JWST)


@pytest.fixture(scope="module")
def mixture():
    """Simulate a hundred galaxies, each seen by one of the surveys or by SDSS."""
    return simulate_galaxies(100, seed=4, class_counts=[20] * 5, survey=[SDSS, *MANY_TELESCOPES])


@pytest.mark.slow
def test_each_galaxy_has_a_survey(mixture):
    """The table names the survey of each galaxy; of 14, no more than two are missing among 100 galaxies by chance."""
    names = {survey.name for survey in (SDSS, *MANY_TELESCOPES)}
    assert set(mixture.table["survey"]) <= names
    assert len(set(mixture.table["survey"])) >= len(names) - 2


@pytest.mark.slow
def test_a_galaxy_does_not_depend_on_the_other_surveys(mixture):
    """Galaxies that SDSS observes in a mixture are those that it observes alone, but for rounding."""
    alone = simulate_galaxies(100, seed=4, class_counts=[20] * 5)
    here = np.asarray(mixture.table["survey"]) == SDSS.name
    assert here.any()
    np.testing.assert_array_equal(mixture.table["psf_fwhm"][here], alone.table["psf_fwhm"][here])
    assert abs(mixture.stamps[here].astype(int) - alone.stamps[here]).max() <= 1


def test_surveys_of_one_band_are_grey(mixture):
    """Plates, and infrared images of one band, have three equal channels, but for rounding in the JPEG's colours."""
    names = np.asarray(mixture.table["survey"])
    grey = mixture.stamps[np.isin(names, [DSS.name, JWST.name])].astype(int)
    assert abs(grey - grey[..., :1]).max() <= 1
    colour = mixture.stamps[names == HST.name].astype(int)
    assert abs(colour - colour[..., :1]).max() > 20


def test_same_seed_same_mixture(mixture):
    """The same seed gives the same surveys and the same bits."""
    again = simulate_galaxies(100, seed=4, class_counts=[20] * 5, survey=[SDSS, *MANY_TELESCOPES])
    np.testing.assert_array_equal(again.table["survey"], mixture.table["survey"])
    np.testing.assert_array_equal(again.stamps, mixture.stamps)


@pytest.mark.parametrize("survey", NAMED, ids=lambda survey: survey.name)
def test_published_pixels_resolve_the_seeing(survey):
    """Each survey's description is JSON; its pixels sample the point-spread function, and it is not made as SDSS is."""
    assert json.loads(json.dumps(survey.to_dict()))["name"] == survey.name
    assert survey.psf_fwhm[0] > 1.5 * survey.pixel_scale
    assert not is_plain(survey)


def test_white_is_the_percentile():
    """Half a percent of the pixels of each stamp, not of its margin, are brighter than white."""
    light = np.random.default_rng(0).lognormal(0, 1.5, (4, 72, 72)).astype(np.float32)
    native = np.array([72, 60, 40, 32], np.int32)
    found = np.asarray(_white(jnp.asarray(light), jnp.asarray(native)))
    expected = [np.percentile(image[:side, :side], 99.5) for image, side in zip(light, native, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=0.06)


@pytest.mark.parametrize(
    ("surveys", "message"),
    [
        ([], r"survey: expected at least one, got none"),
        ([SDSS, CLEAN], r"survey: expected surveys with the same number of bands, got 1, 3; give a survey of one band"),
    ],
)
def test_surveys_that_do_not_mix_are_refused(surveys, message):
    """No survey, or surveys of different numbers of channels, are refused."""
    with pytest.raises(InvalidValueError, match=message):
        simulate_galaxies(5, survey=surveys)
