"""Pixel scales from the coordinates in a header, of which few keywords are read."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS, FITSFixedWarning

from galmorph.data import read_image
from galmorph.data._fits.coordinates import celestial_wcs, pixel_scale
from galmorph.data._fits.quiet import quiet

SKY = {"CRVAL1": 187.4, "CRVAL2": 60.0, "CRPIX1": 3.0, "CRPIX2": 5.0, "CDELT1": -1e-4, "CDELT2": 1e-4}
NORTH = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
SIP = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "A_2_0": 1e-3, "B_ORDER": 2, "B_0_2": 1e-3}
CD = {"CD1_1": -1e-4, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-4}


@pytest.mark.parametrize(
    ("cards", "scale"),
    [
        (SKY | NORTH, 0.36),
        # The second axis of the image points north, whichever coordinate is named first.
        (SKY | {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": 60.0, "CRVAL2": 187.4}, 0.36),
        (SKY | {"CTYPE1": "GLON-CAR", "CTYPE2": "GLAT-CAR", "CRVAL2": 0.0}, 0.36),
        (SKY | NORTH | {"CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 0.0, "CRVAL2": 0.0, "CDELT1": -2.0,
                        "CDELT2": 2.0}, 2.0),
        # A distortion that is a table in another HDU (HST) is left out; a third axis matters neither.
        (SKY | NORTH | {"CPDIS1": "LOOKUP", "CPDIS2": "LOOKUP", "NAXIS": 3, "CTYPE3": "STOKES", "CDELT3": 1.0}, 0.36),
        # SIP at 50 pixels from the reference: 1 + 2 x 1e-3 x 50 = 1.1, also in a stack.
        (SKY | SIP | {"CRPIX1": -47.5, "CRPIX2": -47.5}, 0.396),
        (SKY | SIP | {"CRPIX1": -47.5, "CRPIX2": -47.5, "NAXIS": 3, "WCSAXES": 3, "CTYPE3": "BAND"}, 0.396),
        # TPV: both axes 1.1 times as large.
        (SKY | CD | {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "PV1_1": 1.1, "PV2_1": 1.1}, 0.396),
        # IRAF's TNX, whose polynomials astropy leaves out.
        (SKY | CD | {"CTYPE1": "RA---TNX", "CTYPE2": "DEC--TNX", "WAT0_001": "system=image",
                     "WAT1_001": 'wtype=tnx axtype=ra lngcor = "3. 2. 2. 0. -1. 1. -1. 1. 0. 0.1 0. "'}, 0.36),
        ({"CDELT1": 1.0, "CDELT2": 1.0}, None),
    ],
    ids=["ra dec", "dec ra", "galactic", "arcsec", "lookup", "sip", "sip stack", "tpv", "tnx", "no sky"],
)  # fmt: skip
def test_scales(cards: dict[str, object], scale: float | None):
    """The scale is that of the first two axes at the centre, for each kind of coordinates."""
    with quiet(AstropyUserWarning, FITSFixedWarning):
        found = pixel_scale(fits.Header(cards), 6, 6)
    assert found == (None if scale is None else pytest.approx(scale, rel=2e-3))


def test_few_keywords_are_enough(shared_data: Path):
    """On real headers, the coordinates of few keywords are those of all."""
    paths = sorted([*shared_data.glob("fits/*.fit*"), *shared_data.glob("ned/fits/*.fits")])[::4]
    assert len(paths) > 10
    with quiet(AstropyUserWarning, FITSFixedWarning):
        for path in paths:
            header = fits.getheader(path)
            corners = np.array([[0, 0], [header["NAXIS1"], 0], [0, header["NAXIS2"]]])
            whole = WCS(header)
            if whole.has_celestial:
                expected = whole.celestial.all_pix2world(corners, 0)
                np.testing.assert_array_equal(celestial_wcs(header).all_pix2world(corners, 0), expected, str(path))


def test_real_scales(shared_data: Path):
    """Pixels of real images have the size that their telescopes' documentation gives, in arcsec."""
    scales = {
        "GALFITS_examples_40_f115w.fits": 0.0129,  # an enlarged cut-out
        "GALFITS_examples_40_40_F115Wsci.fits": 0.02,
        "GALFITS_examples_40_40_F444Wsci.fits": 0.04,
        "imfit_tests_n3073rss_small.fits": 0.396,  # SDSS
        "imfit_tests_n5419f555w_pc_derot_cutout.fits": 0.0455,  # PC of WFPC2
        "GALFITools_tests_ngc3344J.mge2galfit.fits": 1.0,  # 2MASS
        "ProFit_KiDS_G266035fitim.fits": None,
    }
    found = {name: read_image(shared_data / "fits" / name).pixel_scale for name in scales}
    assert found == {name: scale and pytest.approx(scale, rel=0.01) for name, scale in scales.items()}


def test_real_bands(shared_data: Path):
    """Stacks of the Legacy Surveys are g, r, z in this order; single bands are found in two kinds of headers."""
    bands = {
        "decals_test_examples_example_a.fits": ("g", "r", "z"),
        "imfit_tests_n5419f555w_pc_derot_cutout.fits": ("F555W",),
        "GALFITools_tests_ngc4342.sky.fits": ("F814W",),
        "imfit_tests_n3073rss_small.fits": ("r",),
        "GALFITS_examples_40_f115w.fits": None,
    }
    assert {name: read_image(shared_data / "fits" / name).bands for name in bands} == bands


def test_real_defect(shared_data: Path):
    """A stack of which two bands are mostly empty says so; a sound one has no notes."""
    notes = read_image(shared_data / "fits" / "decals_test_examples_example_bad_pix.fits").notes
    assert [note.partition(" have ")[0] for note in notes] == [
        "76 % of the pixels of band g", "73 % of the pixels of band r"
    ]  # fmt: skip
    assert read_image(shared_data / "fits" / "decals_test_examples_example_a.fits").notes == ()
