"""Bands from FITS headers: one plane, and stacks."""

import pytest
from astropy.io import fits

from galmorph.data._fits.header_bands import image_band, stack_bands


@pytest.mark.parametrize(
    ("cards", "band"),
    [
        ({"FILTER": "r "}, "r"),
        ({"FILTER": "HSC-R"}, "r"),
        ({"FILTER": "u", "SURVEY": "SDSS"}, "u"),
        ({"FILTNAM1": "F814W", "FILTER1": 38, "FILTER2": 0}, "F814W"),  # WFPC2
        ({"FILTER1": 38, "FILTER2": 0}, None),
        ({"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, "F814W"),  # ACS
        ({"FILTER1": "F606W", "FILTER2": "CLEAR2L"}, "F606W"),
        ({"HIERARCH FPA.FILTERID": "r.00000"}, "r"),  # Pan-STARRS
        ({"HIERARCH ESO INS FILT1 NAME": "r_SDSS"}, "r"),  # VST
        ({"FILTER": "F150W2", "PUPIL": "F162M"}, "F162M"),  # NIRCam
        ({"FILTER": "F444W", "PUPIL": "F470N"}, "F470N"),
        ({"FILTER": "F200W", "PUPIL": "CLEAR"}, "F200W"),
        ({"FILTER": "F090W", "PUPIL": "GRISMR"}, "F090W"),
        ({"FILTER": "CLEAR", "PUPIL": "F150W"}, "F150W"),  # NIRISS
        ({"FILTER": "F277W", "PUPIL": "CLEARP"}, "F277W"),
        ({"FILTER": "None", "BAND": "z"}, "z"),
        ({"FILTER": None, "BAND": "z"}, "z"),
        ({"SURVEY": "DSS2 Red"}, "DSS2 Red"),
        ({"FILTER": "CLEAR"}, None),
        ({"BAND": 1, "TELESCOP": "WISE"}, "W1"),
        ({"BAND": 4, "ORIGIN": "WISE Science Center"}, "W4"),
        ({"BAND": 1, "TELESCOP": "GALEX"}, "NUV"),
        ({"BAND": 2, "TELESCOP": "GALEX", "INSTRUME": "PHOTOMETER"}, "FUV"),
        ({"BAND": 5, "TELESCOP": "WISE"}, None),
        ({"BAND": 1}, None),
        ({"FILTER": 3}, None),
        ({"BAND": True}, None),
        ({"FILTER": False, "SURVEY": "SDSSr"}, "r"),
        ({"FILTER": "rp"}, "r"),  # LCO
        ({"BANDS": "g", "SURVEY": "LegacySurvey"}, "g"),
        ({"BAND0": "z", "SURVEY": "LegacySurvey"}, "z"),
        ({}, None),
    ],
)
def test_band_of_one_plane(cards: dict[str, object], band: str | None):
    """Each telescope's keyword is found; wheels without a filter name no band."""
    assert image_band([fits.Header(cards)]) == band


def test_band_from_the_primary_header():
    """What the header of the image does not say, the next one does; the image's own header counts first."""
    primary = fits.Header({"FILTER": "F606W"})
    assert image_band([fits.Header(), primary]) == "F606W"
    assert image_band([fits.Header({"FILTER": "F814W"}), primary]) == "F814W"


@pytest.mark.parametrize(
    ("cards", "planes", "bands"),
    [
        ({"BANDS": "grz"}, 3, ("g", "r", "z")),
        ({"BANDS": "g,r,z"}, 3, ("g", "r", "z")),
        ({"BANDS": "g r z"}, 3, ("g", "r", "z")),
        ({"BANDS": "F435W, F814W"}, 2, ("F435W", "F814W")),
        ({"BAND0": "g", "BAND1": "r", "BAND2": "z"}, 3, ("g", "r", "z")),
        ({"BAND1": "i", "BAND2": "r", "BAND3": "g"}, 3, ("i", "r", "g")),
        ({"FILTER0": "HSC-G", "FILTER1": "HSC-R"}, 2, ("g", "r")),
        ({"FILTER1": "F606W", "FILTER2": "F814W"}, 2, ("F606W", "F814W")),
        ({"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, 2, None),
        ({"FILTER1": "r", "FILTER2": "r"}, 2, None),
        ({"SURVEY": "DECaLS"}, 3, ("g", "r", "z")),
        ({"SURVEY": "LegacySurvey"}, 4, ("g", "r", "i", "z")),
        ({"SURVEY": "Legacy Survey DR10"}, 3, ("g", "r", "z")),
        ({"SURVEY": "DECaLS"}, 2, None),
        ({"SURVEY": "SDSS"}, 3, None),
        ({"BANDS": "gr"}, 3, None),
        ({"BANDS": "G,R,Z"}, 3, ("g", "r", "z")),
        ({"BANDS": "GRZ"}, 3, ("g", "r", "z")),
        ({"BANDS": "U,B,V"}, 3, ("U", "B", "V")),
        ({"BAND1": 1, "BAND2": 2}, 2, None),
        ({"BANDS": "grz", "BAND0": "i", "BAND1": "r", "BAND2": "g"}, 3, ("g", "r", "z")),
    ],
)
def test_bands_of_a_stack(cards: dict[str, object], planes: int, bands: tuple[str, ...] | None):
    """Names are taken if there is one for each plane and none twice; else nothing is made up."""
    assert stack_bands(fits.Header(cards), planes) == bands
