"""Geometry of augmentation: one interpolation that is exact where it can be, and borders without streaks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
from hypothesis import example, given
from hypothesis import strategies as st

from galmorph.preprocessing import Augmentation, augment
from galmorph.preprocessing._augment_geometry import FILLS, interpolate

NOISE = np.random.default_rng(0).random((17, 17, 2), dtype=np.float32)
compiled = jax.jit(augment, static_argnums=2)
moved = jax.jit(interpolate, static_argnames="fill")


def move(stamp, angle=0.0, shift=(0.0, 0.0), zoom=1.0, fill="reflect"):
    """Interpolate one stamp; the compiler sees numbers as arrays, so that it compiles once for each shape."""
    arrays = (jnp.float32(angle), jnp.asarray(shift, jnp.float32), jnp.float32(zoom))
    return np.asarray(moved(jnp.asarray(stamp), *arrays, fill=fill))


def reflected(stamp, width, depth):
    """Surround a stamp with its border, reflected to and fro between the edge and a depth: by pads of NumPy."""
    for _ in range(width // depth):
        stamp = np.pad(stamp, ((depth,), (depth,), (0,)), mode="symmetric")
    return stamp


@pytest.mark.parametrize("fill", FILLS)
def test_no_turn_no_zoom_and_no_shift_change_nothing(fill):
    """Angle 0, zoom 1 and shift 0 give the stamp, bit for bit."""
    np.testing.assert_array_equal(move(NOISE, fill=fill), NOISE)


@pytest.mark.parametrize("turns", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [16, 17])
def test_quarters_of_a_turn_are_exact(turns, size):
    """A turn by 90 degrees from x to y, which is downwards, is NumPy's from y to x, pixel for pixel."""
    stamp = NOISE[:size, :size]
    np.testing.assert_array_equal(move(stamp, angle=turns * np.pi / 2), np.rot90(stamp, -turns))


def test_whole_shifts_are_exact():
    """A shift by 2 pixels down and 3 to the left moves each pixel, and reflects what enters."""
    around = np.pad(NOISE, ((3, 3), (3, 3), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(move(NOISE, shift=(2, -3)), around[1:18, 6:23])


@given(st.floats(-7, 7), st.floats(0.5, 2), st.floats(-3, 3), st.sampled_from(FILLS))
@example(1.0, 0.5, 3.0, "edge")
def test_scipy_interpolates_to_the_same_values(angle, zoom, shift, fill):
    """SciPy gives the same values, from a stamp that was continued by pads and turned in double precision."""
    around = 24  # a corner at zoom 0.5 and shift 3 is 8 sqrt(2) / 0.5 + 3 / 0.5 - 8 = 20.6 pixels outside
    padded = (
        reflected(NOISE, around, 4) if fill == "reflect" else np.pad(NOISE, ((around,), (around,), (0,)), mode="edge")
    )
    offsets = np.indices((17, 17)) - 8.0
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    y, x = cos * offsets[0] - sin * offsets[1] + 8 - shift / zoom, sin * offsets[0] + cos * offsets[1] + 8
    planes = [scipy.ndimage.map_coordinates(padded[..., c], [y + around, x + around], order=1) for c in range(2)]
    expected = np.stack(planes, axis=-1)
    # Coefficients are rounded to 2**-12, so a coordinate is off by at most 17 / 2**13, and a value by twice that.
    np.testing.assert_allclose(move(NOISE, angle, (shift, 0.0), zoom, fill), expected, atol=2 * 18 / 2**13)


@pytest.mark.parametrize("zoom", [0.75, 1.25, 2.0])
def test_a_zoom_widens_a_gaussian(zoom):
    """A centred Gaussian keeps its height and centre, and its sigma is multiplied by the zoom."""
    y, x = np.indices((65, 65)) - 32.0
    blob = np.exp(-(x**2 + y**2) / (2 * 5**2))[..., None].astype(np.float32)
    wider = move(blob, zoom=zoom)[..., 0]
    assert wider[32, 32] == 1
    np.testing.assert_allclose([(wider * y).sum(), (wider * x).sum()], 0, atol=0.01)
    # Linear interpolation adds up to a quarter of a pixel squared to the variance of old pixels.
    np.testing.assert_allclose((wider * x**2).sum() / wider.sum() / zoom**2, 25, atol=0.3)


def test_reflections_stay_out_of_the_middle():
    """However small a stamp becomes, its inner half appears once: the border is reflected by a quarter at most."""
    stamp = np.zeros((64, 64, 1), np.float32)
    stamp[16:48, 16:48] = 1
    np.testing.assert_allclose(move(stamp, zoom=0.25).sum(), (32 / 4) ** 2, rtol=0.01)


def test_a_turned_sky_has_no_streaks():
    """Beyond the edges, noise that was turned by 45 degrees varies as in the middle; a repeated edge is a streak."""
    sky = np.random.default_rng(1).normal(0.5, 0.1, (128, 128, 1)).astype(np.float32)
    inside, corner = slice(40, 88), slice(0, 12)
    reflect, edge = (move(sky, angle=np.pi / 4, fill=fill) for fill in ("reflect", "edge"))

    def outwards(stamp, part):
        """Standard deviation of differences along the diagonal, which runs from the centre into the corner."""
        return (stamp[part, part][1:, 1:] - stamp[part, part][:-1, :-1]).std()

    np.testing.assert_allclose(outwards(reflect, corner), outwards(reflect, inside), rtol=0.15)
    assert outwards(edge, corner) < 0.02 * outwards(edge, inside)


def test_shifts_by_whole_pixels_may_reflect():
    """Without angle and zoom, shifts are exact with either fill, and equal away from the edges."""
    stamps = jnp.asarray(np.broadcast_to(NOISE, (32, 17, 17, 2)))
    options = {"rotation": "none", "flip": False, "shift": 2}
    edge, reflect = (np.asarray(compiled(stamps, jax.random.key(0), Augmentation(fill=f, **options))) for f in FILLS)
    np.testing.assert_array_equal(edge[:, 2:-2, 2:-2], reflect[:, 2:-2, 2:-2])
    padded = np.pad(NOISE, ((2, 2), (2, 2), (0, 0)), mode="symmetric")
    windows = [padded[y : y + 17, x : x + 17] for y in range(5) for x in range(5)]
    assert all(any(np.array_equal(stamp, window) for window in windows) for stamp in reflect)
