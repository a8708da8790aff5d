"""Augmentation: exact if possible, seeded, and centred."""

import json
from dataclasses import replace
from functools import partial

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
        ({"fill": "black"}, "fill: expected one of 'edge', 'reflect', got 'black'"),
        ({"zoom": 0.8}, r"zoom: expected the smallest and the largest value, got 0.8; write zoom=\(0.8, 1.25\)"),
        ({"zoom": (0.0, 1.0)}, "zoom: expected a finite number above 0, got 0.0"),
        ({"zoom": (1.25, 0.8)}, r"zoom: expected the smallest value before the largest, got \(1.25, 0.8\)"),
        ({"contrast": (0.5, np.inf)}, "contrast: expected a finite number above 0, got inf"),
        ({"colour": (0.9, 1.0, 1.1)}, r"colour: expected the smallest and the largest value, got \(0.9, 1.0, 1.1\)"),
        ({"brightness": ("a", "b")}, "brightness: expected a finite number above 0, got 'a'"),
        ({"blur": (-1, 1)}, "blur: expected a finite number of at least 0, got -1"),
        ({"noise": "ab"}, r"noise: expected the smallest and the largest value, got 'ab'; write noise=\(0, 0.05\)"),
        ({"extra": "gamma"}, "extra: expected a function of stamps and keys that can be hashed, or None, got 'gamma'"),
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_augmentations_are_refused(options, message):
    """Impossible options are refused, and the message says what was expected."""
    with pytest.raises(InvalidValueError, match=message):
        Augmentation(**options)


def gamma(stamps, keys):
    """A hook: a random power of each stamp."""
    return stamps ** jax.vmap(lambda key: jax.random.uniform(key, (1, 1, 1), minval=0.5, maxval=2.0))(keys)


ALL = Augmentation(
    rotation="any",
    shift=2,
    zoom=(0.8, 1.25),
    fill="reflect",
    blur=(0, 1),
    colour=(0.9, 1.1),
    contrast=(0.8, 1.25),
    brightness=(0.8, 1.25),
    noise=(0, 0.05),
    extra=gamma,
)
CHANGES = {
    "zoom": (0.8, 1.25),
    "blur": (0.5, 1),
    "colour": (0.5, 1.1),
    "contrast": (0.8, 1.25),
    "brightness": (0.5, 1.25),
    "noise": (0.01, 0.05),
    "extra": gamma,
}


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize("rotation", ["any", "quarter", "none"])
def test_options_of_earlier_versions_give_the_same_bits(rotation, shift):
    """With nothing new turned on, stamps are those of version 1, whose draws and operations are written out here."""
    flip_key, turn_key, shift_key = jax.random.split(jax.random.key(5), 3)
    flipped = np.asarray(jax.random.bernoulli(flip_key, shape=(64,)))
    expected = np.where(flipped[:, None, None, None], np.asarray(STAMPS)[:, :, ::-1], STAMPS)
    if rotation == "any":
        angles = jax.random.uniform(turn_key, (64,), maxval=2 * np.pi)
        shifts = jax.random.uniform(shift_key, (64, 2), minval=-1.0, maxval=1.0) * shift
        expected = jax.jit(jax.vmap(turn_in_version_1))(expected, angles, shifts)
    else:
        half, quarter = np.asarray(jax.random.bernoulli(turn_key, shape=(2, 64))) & (rotation == "quarter")
        expected = [np.rot90(stamp, 2 * h + q) for stamp, h, q in zip(expected, half, quarter, strict=True)]
        if shift:
            shifts = np.asarray(jax.random.randint(shift_key, (64, 2), -shift, shift + 1))
            padded = np.pad(np.stack(expected), ((0,), (2,), (2,), (0,)), mode="edge")
            expected = [stamp[2 - y : 9 - y, 2 - x : 9 - x] for stamp, (y, x) in zip(padded, shifts, strict=True)]
    result = compiled(STAMPS, jax.random.key(5), Augmentation(rotation=rotation, shift=shift))
    np.testing.assert_array_equal(result, np.stack(expected))


def turn_in_version_1(stamp, angle, shift):
    """Turn by any angle as version 1 does, with interpolation by JAX."""
    y, x = jnp.meshgrid(jnp.arange(7) - 3.0, jnp.arange(7) - 3.0, indexing="ij")
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    source = [cos * y - sin * x + 3.0 - shift[0], sin * y + cos * x + 3.0 - shift[1]]
    interpolated = partial(jax.scipy.ndimage.map_coordinates, coordinates=source, order=1, mode="nearest")
    return jnp.stack([interpolated(stamp[..., channel]) for channel in range(2)], axis=-1)


@pytest.mark.slow
def test_a_stamp_does_not_depend_on_its_batch():
    """Other neighbours change nothing in a stamp; its place in the batch does."""
    key = jax.random.key(1)
    whole = np.asarray(compiled(STAMPS, key, ALL))
    others = np.asarray(compiled(STAMPS.at[8:].set(0), key, ALL))
    np.testing.assert_array_equal(others[:8], whole[:8])
    same = np.asarray(compiled(jnp.broadcast_to(STAMPS[0], STAMPS.shape), key, ALL))
    assert len(np.unique(same, axis=0)) == 64


@pytest.mark.parametrize("name", ["zoom", *(pytest.param(name, marks=pytest.mark.slow) for name in [*CHANGES][1:])])
def test_an_option_changes_no_draw_of_another(name):
    """Each option alone changes all stamps, which stay between 0 and 1; flips, turns and shifts are as without it."""
    options = {"rotation": "none", "flip": True, "fill": "reflect"}
    stamps = jnp.broadcast_to(jnp.asarray([0.0, 0.5, 1.0, 0.5, 0.0, 0.0, 0.0])[None, None, :, None], (64, 7, 7, 2))
    before = np.asarray(compiled(stamps, jax.random.key(2), Augmentation(**options)))
    result = np.asarray(compiled(stamps, jax.random.key(2), Augmentation(**options, **{name: CHANGES[name]})))
    assert (result != before).any(axis=(1, 2, 3)).all()
    assert result.min() >= 0
    assert result.max() <= 1
    left = result[:, :, :2].mean(axis=(1, 2, 3)) > result[:, :, 5:].mean(axis=(1, 2, 3))
    np.testing.assert_array_equal(left, before[:, :, 1].mean(axis=(1, 2)) > 0)


@pytest.mark.parametrize("name", ["brightness", "zoom"])
def test_factors_are_log_uniform(name):
    """Half of the factors from 1/4 to 4 are below 1; the logarithms have the mean and deviation of a uniform draw."""
    row = 0.01 + 0.001 * np.arange(-3, 4)
    stamps = jnp.asarray(np.broadcast_to(row[:, None], (2000, 7, 7, 1)), jnp.float32)
    options = Augmentation(rotation="none", flip=False, **{name: (0.25, 4.0)})
    result = np.asarray(compiled(stamps, jax.random.key(0), options))[..., 0]
    centre, slope = result[:, 3, 3] / 0.01, (result[:, 3, 4] - result[:, 3, 3]) / 0.001
    inside = np.log(centre if name == "brightness" else 1 / slope) / np.log(4)
    assert np.abs(inside).max() < 1.01
    np.testing.assert_allclose([inside.mean(), inside.std()], [0, 3**-0.5], atol=0.06)


def test_a_range_without_width_is_a_number():
    """Equal ends are always that value: brightness 2 doubles, and what exceeds 1 is clipped."""
    stamps = jnp.full((4, 7, 7, 2), 0.3).at[:, 0].set(0.7)
    result = compiled(stamps, jax.random.key(0), Augmentation(rotation="none", flip=False, brightness=(2, 2)))
    np.testing.assert_array_equal(result, jnp.full((4, 7, 7, 2), 0.6).at[:, 0].set(1))


def test_the_hook_gets_stamps_and_keys_and_is_traced_once():
    """It gets clipped stamps and different keys, is called once for each compilation, and its result is clipped."""
    calls = []

    def add_one(stamps, keys):
        calls.append((stamps.shape, stamps.dtype, keys.shape))
        return stamps + jax.vmap(jax.random.uniform)(keys)[:, None, None, None]

    options = Augmentation(rotation="none", flip=False, extra=add_one)
    results = [np.asarray(compiled(jnp.zeros((64, 7, 7, 2)), jax.random.key(seed), options)) for seed in range(3)]
    assert calls == [((64, 7, 7, 2), jnp.float32, (64,))]
    assert len(np.unique(results[0])) == 64
    assert not np.array_equal(results[0], results[1])
    assert (compiled(jnp.ones((64, 7, 7, 2)), jax.random.key(0), options) == 1).all()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (lambda stamps, _: stamps.mean(axis=-1), r"extra: expected stamps .*\(64, 7, 7, 2\) back, .*\(64, 7, 7\)"),
        (lambda stamps, _: stamps > 0, "extra: expected stamps of dtype float32 .* got .* of dtype bool"),
        (lambda *_: None, "extra: expected stamps .* got NoneType of dtype None"),
    ],
)
def test_a_hook_must_return_stamps(extra, message):
    """Another shape or dtype, or nothing at all, is refused."""
    with pytest.raises(InvalidValueError, match=message):
        augment(STAMPS, jax.random.key(0), Augmentation(extra=extra))


def test_descriptions_of_earlier_versions_stay_the_same():
    """Options that are off are not described; what JSON keeps makes the same augmentation."""
    assert Augmentation(rotation="any", shift=2).to_dict() == {"rotation": "any", "flip": True, "shift": 2}
    options = replace(ALL, extra=None, zoom=(1.0, np.float64(2)))
    assert Augmentation(**json.loads(json.dumps(options.to_dict()))) == options
    assert ALL.to_dict()["extra"] == "gamma"
    assert hash(replace(ALL, zoom=[0.8, 1.25])) == hash(ALL)
