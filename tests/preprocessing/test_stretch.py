"""Display values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from galmorph.errors import InvalidValueError
from galmorph.preprocessing import Stretch, levels, stretch

CURVES = ["linear", "asinh", "log"]
brightness = st.floats(-1e4, 1e4, width=32)


@pytest.mark.parametrize("curve", CURVES)
@given(values=arrays(np.float32, 20, elements=brightness), softening=st.floats(0.01, 1))
def test_monotone_and_bounded(curve: str, values: np.ndarray, softening: float) -> None:
    """Brighter grey pixels are never shown darker, and all lie between 0 and 1."""
    ramp = np.sort(values).reshape(1, 20, 1)
    shown = stretch(ramp, black=-100.0, white=3000.0, curve=curve, softening=softening).ravel()
    assert (np.diff(shown) >= -1e-6).all()
    assert shown.min() >= 0
    assert shown.max() <= 1


@pytest.mark.parametrize("curve", CURVES)
@given(colour=arrays(np.float32, 3, elements=st.floats(0, 100, width=32)), factor=st.floats(1, 100))
def test_brighter_in_all_channels(curve: str, colour: np.ndarray, factor: float) -> None:
    """A pixel whose channels all brighten by one factor darkens in none of them."""
    pair = np.stack([colour, colour * np.float32(factor)]).reshape(1, 2, 3)
    shown = stretch(pair, black=0.0, white=100.0, curve=curve)
    assert (shown[0, 1] >= shown[0, 0] - 1e-5).all()


@pytest.mark.parametrize("curve", CURVES)
@given(colour=arrays(np.float32, 3, elements=st.floats(1, 1000, width=32)))
def test_colour_is_kept(curve: str, colour: np.ndarray) -> None:
    """The ratios of the channels stay as they are, for faint pixels and for those above white."""
    shown = stretch(colour.reshape(1, 1, 3), black=0.0, white=100.0, curve=curve).ravel()
    np.testing.assert_allclose(shown / shown.max(), colour / colour.max(), rtol=1e-4)


@pytest.mark.parametrize("curve", CURVES)
def test_ends(curve: str) -> None:
    """Black becomes 0 and white 1, whatever the curve."""
    shown = stretch(np.array([5.0, 25.0], np.float32).reshape(1, 2, 1), black=5.0, white=25.0, curve=curve)
    np.testing.assert_allclose(shown.ravel(), [0, 1], atol=1e-6)


def test_curves_by_hand() -> None:
    """Half way, asinh with s = 1/2 is asinh(1) / asinh(2), and log is log(2) / log(3)."""
    half = np.full((1, 1, 1), 50, np.float32)
    assert stretch(half, black=0.0, white=100.0, curve="asinh", softening=0.5).item() == pytest.approx(
        np.arcsinh(1) / np.arcsinh(2)
    )
    assert stretch(half, black=0.0, white=100.0, curve="log", softening=0.5).item() == pytest.approx(
        np.log(2) / np.log(3)
    )


def test_levels_of_a_galaxy() -> None:
    """Black is the sky; one pixel in 200 may be above white."""
    pixels = np.arange(10_000, dtype=np.float32).reshape(100, 100, 1)
    black, white = levels(pixels, sky=10.0, noise=3.0)
    assert black == 10
    assert (pixels > white).mean() == pytest.approx(0.005, abs=1e-4)


def test_levels_of_an_empty_stamp() -> None:
    """Without a galaxy, white lies five times the noise above the sky; without noise, one unit above."""
    assert levels(np.zeros((9, 9, 1), np.float32), sky=0.0, noise=2.0) == (0.0, 10.0)
    assert levels(np.zeros((9, 9, 1), np.float32)) == (0.0, 1.0)


def test_wrong_values() -> None:
    """A white level below black, an unknown curve and a softening of 0 are refused, by `stretch` and `Stretch`."""
    with pytest.raises(InvalidValueError, match=r"white: .* black 2.0 and white 1.0"):
        stretch(np.zeros((1, 1, 1), np.float32), black=2.0, white=1.0)
    with pytest.raises(InvalidValueError, match=r"white: expected more than black 2.0, got 1.0"):
        Stretch(black=2.0, white=1.0)
    with pytest.raises(InvalidValueError, match="curve: expected one of 'linear', 'asinh', 'log', got 'square'"):
        Stretch(curve="square")
    with pytest.raises(InvalidValueError, match=r"softening: expected a finite number above 0, got 0.0"):
        Stretch(softening=0.0)
