"""Augmentation: exact if possible, seeded, and centred."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.errors import InvalidValueError
from galmorph.preprocessing import Augmentation, augment

compiled = jax.jit(augment, static_argnums=2)
STAMPS = jnp.asarray(np.random.default_rng(0).random((64, 7, 7, 2)), jnp.float32)


def orientations(stamp):
    """All eight quarter turns and mirror images of a stamp."""
    turned = [np.rot90(stamp, turns) for turns in range(4)]
    return turned + [image[:, ::-1] for image in turned]


@given(st.integers(0, 2**31))
def test_quarter_turns_and_flips_are_exact(seed):
    """Each stamp becomes one of its eight orientations, pixel for pixel."""
    result = np.asarray(compiled(STAMPS, jax.random.key(seed), Augmentation(rotation="quarter", flip=True)))
    for stamp, turned in zip(np.asarray(STAMPS), result, strict=True):
        assert any(np.array_equal(turned, orientation) for orientation in orientations(stamp))


def test_all_eight_orientations_are_equally_frequent():
    """Of 8,000 stamps, each orientation gets 1,000 within five standard deviations."""
    stamp = jnp.broadcast_to(STAMPS[0], (8000, 7, 7, 2))
    result = np.asarray(compiled(stamp, jax.random.key(0), Augmentation(rotation="quarter", flip=True)))
    counts = [(result == orientation).all(axis=(1, 2, 3)).sum() for orientation in orientations(np.asarray(STAMPS[0]))]
    assert sum(counts) == 8000
    np.testing.assert_allclose(counts, 1000, atol=5 * np.sqrt(8000 * 1 / 8 * 7 / 8))


def test_same_key_same_stamps():
    """The same key makes the same changes, another key others."""
    augmentation = Augmentation(rotation="any", shift=2)
    first, again, other = (compiled(STAMPS, jax.random.key(seed), augmentation) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_options_stamps_do_not_change():
    """Without rotation, flip and shift, stamps do not change."""
    np.testing.assert_array_equal(augment(STAMPS, jax.random.key(0), Augmentation(rotation="none", flip=False)), STAMPS)


def test_shifts_are_whole_pixels_that_repeat_the_edge():
    """Each stamp is a window into itself with repeated edges, at most two pixels off; all 25 shifts occur."""
    result = np.asarray(compiled(STAMPS, jax.random.key(0), Augmentation(rotation="none", flip=False, shift=2)))
    padded = np.pad(STAMPS, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    windows = {(dy, dx): padded[:, dy : dy + 7, dx : dx + 7] for dy in range(5) for dx in range(5)}
    found = [[key for key, window in windows.items() if np.array_equal(window[row], result[row])] for row in range(64)]
    assert all(found)
    assert len({keys[0] for keys in found}) > 15


def test_any_angle_turns_about_the_centre():
    """A round blob at the centre does not change; one beside it moves on a circle, through all angles."""
    y, x = np.indices((33, 33)) - 16.0
    centred = np.exp(-(x**2 + y**2) / 18)[..., None]
    beside = np.exp(-((x - 6) ** 2 + y**2) / 8)[..., None]  # five sigma from the edge
    stamps = jnp.asarray(np.stack([centred] * 50 + [beside] * 50), jnp.float32)
    result = np.asarray(compiled(stamps, jax.random.key(0), Augmentation(rotation="any", flip=False)))[..., 0]
    # Linear interpolation is off by at most an eighth of the second derivative along each axis, here 1 / 9 at the peak.
    inner = (slice(None, 50), slice(4, -4), slice(4, -4))
    np.testing.assert_allclose(result[inner], np.broadcast_to(centred[4:-4, 4:-4, 0], (50, 25, 25)), atol=2 / 8 / 9)
    flux = result[50:].sum(axis=(1, 2))
    cx, cy = ((result[50:] * axis).sum(axis=(1, 2)) / flux for axis in (x, y))
    np.testing.assert_allclose(np.hypot(cx, cy), 6, atol=0.05)
    assert np.histogram(np.arctan2(cy, cx), bins=4, range=(-np.pi, np.pi))[0].min() >= 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rotation": "some"}, "rotation: expected one of 'any', 'quarter', 'none', got 'some'"),
        ({"shift": -1}, "shift: expected a finite number of at least 0, got -1"),
    ],
)
def test_impossible_augmentations_are_refused(options, message):
    """Impossible options are refused, and the message says what was expected."""
    with pytest.raises(InvalidValueError, match=message):
        Augmentation(**options)
