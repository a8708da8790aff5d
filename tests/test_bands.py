"""Names and wavelengths of photometric bands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph._bands import band_name, lower_sloan, wavelength


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("r DECam SDSS c0002 6415.0 1480.0", "r"),
        ("HSC-R", "r"),
        ("HSC-I2", "i"),
        ("HSC-Y", "y"),
        ("W-S-Z+", "z"),
        ("r.MP9601", "r"),
        ("r.00000", "r"),
        ("SDSS r", "r"),
        ("SDSSr", "r"),
        ("OCAM_r_SDSS", "r"),
        ("ZTF_g", "g"),
        ("g'", "g"),
        ("g\u2032", "g"),
        ("gp", "g"),
        ("rp", "r"),
        ("ip", "i"),
        ("zs", "z"),
        ("rprime", "r"),
        ("SDSS gp", "g"),
        ("Rc", "R"),
        ("Bessell Ic", "I"),
        ("Kshort", "Ks"),
        ("r_G0303", "r"),
        ("CDS/P/DES-DR2/g", "g"),
        ("2MASS-J", "J"),
        ("Cousins R", "R"),
        ("Ks ", "Ks"),
        ("F814W ", "F814W"),
        ("f115w", "F115W"),
        ("WFPC2 F555W", "F555W"),
        # What is unknown, or means two bands, or a line, stays as it is.
        ("DSS2 Red", "DSS2 Red"),
        ("gri.MP9605", "gri.MP9605"),
        ("r+i", "r+i"),
        ("H alpha", "H alpha"),
        ("H-alpha", "H-alpha"),
        ("HSC-NB0921", "HSC-NB0921"),
        ("N708 DECam c0016 7080.0 400.0", "N708 DECam c0016 7080.0 400.0"),
        ("IC 342", "IC 342"),
        ("", ""),
    ],
)
def test_names_are_shortened(text: str, name: str):
    """What the headers of surveys say becomes the name that people use."""
    assert band_name(text) == name


@given(st.text(max_size=20))
def test_a_short_name_stays(text: str):
    """Whatever the text, shortening a name twice changes nothing more, and no name is lost."""
    name = band_name(text)
    assert band_name(name) == name
    assert bool(name) == bool(text.strip())


@pytest.mark.parametrize(
    ("band", "micrometres"),
    [
        # Pivot wavelengths of the handbooks of ACS, WFC3 and WFPC2 (HST) and of NIRCam, NIRISS and MIRI (JWST).
        ("F275W", 0.271),
        ("F300W", 0.299),
        ("F200LP", 0.487),
        ("F555W", 0.536),
        ("F606W", 0.592),
        ("F814W", 0.803),
        ("F850LP", 0.904),
        ("F1042M", 1.044),
        ("F098M", 0.986),
        ("F160W", 1.537),
        ("F125LP", 0.144),
        ("F070W", 0.704),
        ("F150W2", 1.671),
        ("F200W", 1.988),
        ("F322W2", 3.247),
        ("F380M", 3.828),
        ("F444W", 4.404),
        ("f444w", 4.404),
        ("F770W", 7.64),
        ("F2550W", 25.36),
        # Fukugita et al. (1996), Bessell (2005).
        ("r", 0.6231),
        ("V", 0.545),
        ("Ks", 2.15),
        ("gp", 0.477),
        ("Ic", 0.798),
    ],
)
def test_wavelengths(band: str, micrometres: float):
    """Wavelengths agree with published ones to 20 %, so that bands are ordered as they should be."""
    assert wavelength(band) == pytest.approx(1000 * micrometres, rel=0.2)


@pytest.mark.parametrize("band", ["", "white light", "F814", "CLEAR", "G", "F12W"])
def test_unknown_bands_have_no_wavelength(band: str):
    """No wavelength is made up."""
    assert wavelength(band) is None


@pytest.mark.parametrize(
    ("bands", "expected"),
    [("GRZ", "grz"), ("UGRIZY", "ugrizy"), ("GRJ", "grJ"), ("UBV", "UBV"), ("RI", "RI"), ("BGR", "BGR"), ("gR", "gR")],
)
def test_sloan_bands_in_capitals(bands: str, expected: str):
    """Beside G, which Johnson's and Cousins's systems don't have, R and Z are those of SDSS."""
    assert lower_sloan([*bands]) == tuple(expected)
