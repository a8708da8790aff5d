"""Surveys: values that they refuse, and their description."""

import json
from dataclasses import replace

import pytest

from galmorph.errors import InvalidValueError
from galmorph.simulation import SDSS, Band, Survey

ONE_BAND = (Band("r", 1.0, 0.0),)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pixel_scale": 0.0}, r"pixel_scale: expected a finite number above 0, got 0\.0"),
        ({"noise": (0.2, 0.1)}, r"noise: expected a range from 0 up, got \(0\.2, 0\.1\)"),
        ({"noise": (-0.1, 0.1)}, r"noise: expected a range from 0 up, got \(-0\.1, 0\.1\)"),
        ({"noise_radius": 0.0}, r"noise_radius: expected .* above 0, got 0\.0"),
        ({"photons": -1.0}, r"photons: expected .* above 0, got -1\.0"),
        ({"noise_in_common": 1.1}, r"noise_in_common: expected a number from 0 to 1, got 1\.1"),
        ({"noise_smoothing": 0.6}, r"noise_smoothing: expected a number from 0 to 0\.5, got 0\.6"),
        ({"psf_fwhm": (-1.0, 0.0)}, r"psf_fwhm: expected numbers of at least 0, got \(-1\.0, 0\.0\)"),
        ({"psf_wing": (1.5, 2.0)}, r"psf_wing\[0\]: expected a number from 0 to 1, got 1\.5"),
        ({"neighbours": (1.0, -1.0)}, r"neighbours: expected numbers of at least 0, got \(1\.0, -1\.0\)"),
        ({"sky": (0.0, -1.0)}, r"sky: expected a scatter of at least 0, got -1\.0"),
        ({"channel_shift": -0.1}, r"channel_shift: expected at least 0, got -0\.1"),
        ({"glow": 2.0}, r"glow: expected a number from 0 to 1, got 2\.0"),
        ({"stretch": (0.0, 50.0)}, r"stretch: expected numbers above 0, got \(0\.0, 50\.0\)"),
        ({"psf_wing": (0.1, 0.5)}, r"psf_wing\[1\]: expected a wing at least as wide as the core, got 0\.5"),
        ({"jpeg": (0.0, 50.0)}, r"jpeg: expected qualities from 1 to 100, got \(0\.0, 50\.0\)"),
        ({"jpeg": (80.0, 101.0)}, r"jpeg: expected qualities from 1 to 100, got \(80\.0, 101\.0\)"),
        ({"bands": ()}, r"bands: expected at least one band, got none"),
        ({"bands": ONE_BAND}, r"jpeg: expected three bands, got 1; pass jpeg=None"),
    ],
)
def test_numbers_out_of_their_range_are_refused(changes, message):
    """An impossible survey is refused, with the name of the wrong value."""
    with pytest.raises(InvalidValueError, match=message):
        replace(SDSS, **changes)


def test_most_of_a_survey_can_be_left_out():
    """Pixel scale, seeing, noise, bands and stretch are enough: no sky, no neighbours, no JPEG, noise alike for all."""
    survey = Survey(
        name="mine", pixel_scale=0.2, psf_fwhm=(0.7, 0.1), noise=(0.1, 0.1), bands=ONE_BAND, stretch=(50.0, 50.0)
    )
    assert survey.jpeg is None
    assert survey.neighbours == survey.sky == (0.0, 0.0)


def test_equal_surveys_are_one_key():
    """Surveys are compared by value and can be hashed, so that equal ones are compiled once."""
    assert replace(SDSS) == SDSS
    assert len({SDSS, replace(SDSS), replace(SDSS, glow=0.0)}) == 2


def test_description_is_json():
    """The description can be written to JSON, with each band."""
    described = json.loads(json.dumps(SDSS.to_dict()))
    assert described["name"] == SDSS.name
    assert [band["name"] for band in described["bands"]] == [band.name for band in SDSS.bands]


def test_sdss_is_a_survey_of_three_bands():
    """The survey of Galaxy Zoo 2 has the pixel of SDSS, and i, r, g as red, green, blue."""
    assert SDSS.pixel_scale == 0.396
    assert [band.name for band in SDSS.bands] == ["i", "r", "g"]
