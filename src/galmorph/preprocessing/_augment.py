"""Augmentation: random rotations, flips and shifts of stamps, which do not change the class of a galaxy.

This is the only module of `galmorph.preprocessing` that imports JAX: it runs on the device, in the compiled training
step.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from galmorph._checks import check_choice, check_flag, check_not_negative

__all__ = ["Augmentation", "augment"]


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes that training makes to each stamp, each time it uses the stamp.

    Parameters
    ----------
    rotation
        ``"any"`` angle (bilinear interpolation), ``"quarter"`` turns (exact) or ``"none"``.
    flip
        Whether stamps are mirrored, with a probability of one half.
    shift
        Largest shift along each axis, in pixels: whole pixels, unless the rotation is ``"any"``. Pixels that enter at
        an edge repeat the edge.

    Raises
    ------
    InvalidValueError
        If the rotation is unknown, or another option is of the wrong type or negative.
    """

    rotation: str = "quarter"
    flip: bool = True
    shift: int = 0

    def __post_init__(self) -> None:
        check_choice("rotation", self.rotation, ("any", "quarter", "none"))
        check_flag("flip", self.flip)
        check_not_negative("shift", self.shift)


def augment(
    stamps: Float[Array, "batch size size channels"], key: Key[Array, ""], augmentation: Augmentation
) -> Float[Array, "batch size size channels"]:
    """Turn, mirror and shift each stamp at random.

    Parameters
    ----------
    stamps
        Square stamps of shape ``(batch, size, size, channels)``.
    key
        A JAX random key; the same key makes the same changes.
    augmentation
        The random changes to make.

    Returns
    -------
    stamps
        Changed stamps, of the same shape.

    Examples
    --------
    >>> import jax
    >>> import jax.numpy as jnp
    >>> from galmorph.preprocessing import Augmentation, augment
    >>> stamp = jnp.arange(4.0).reshape(1, 2, 2, 1)
    >>> turned = augment(stamp, jax.random.key(1), Augmentation(rotation="quarter", flip=True))
    >>> sorted(turned.ravel().tolist())
    [0.0, 1.0, 2.0, 3.0]
    """
    batch = len(stamps)
    flip_key, turn_key, shift_key = jax.random.split(key, 3)
    if augmentation.flip:
        stamps = _where(jax.random.bernoulli(flip_key, shape=(batch,)), stamps[:, :, ::-1], stamps)
    if augmentation.rotation == "any":
        angles = jax.random.uniform(turn_key, (batch,), maxval=2 * np.pi)
        shifts = jax.random.uniform(shift_key, (batch, 2), minval=-1.0, maxval=1.0) * augmentation.shift
        return jax.vmap(_rotate_and_shift)(stamps, angles, shifts)
    if augmentation.rotation == "quarter":
        half_turn, quarter_turn = jax.random.bernoulli(turn_key, shape=(2, batch))
        stamps = _where(half_turn, stamps[:, ::-1, ::-1], stamps)
        stamps = _where(quarter_turn, stamps.transpose(0, 2, 1, 3)[:, ::-1], stamps)
    if augmentation.shift:
        shifts = jax.random.randint(shift_key, (batch, 2), -augmentation.shift, augmentation.shift + 1)
        stamps = jax.vmap(_shift)(stamps, shifts)
    return stamps


def _where(chosen: Array, stamps: Array, others: Array) -> Array:
    return jnp.where(chosen[:, None, None, None], stamps, others)


def _shift(stamp: Array, shift: Array) -> Array:
    pixels = jnp.arange(stamp.shape[0])
    rows, columns = (jnp.clip(pixels - shift[axis], 0, len(pixels) - 1) for axis in range(2))
    return stamp[rows][:, columns]


def _rotate_and_shift(stamp: Array, angle: Array, shift: Array) -> Array:
    # For each new pixel, find where it was: turn it back about the centre of the stamp, then shift it back.
    centre = (stamp.shape[0] - 1) / 2
    y, x = jnp.meshgrid(*(jnp.arange(side) - centre for side in stamp.shape[:2]), indexing="ij")
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    source = [cos * y - sin * x + centre - shift[0], sin * y + cos * x + centre - shift[1]]
    planes = [
        jax.scipy.ndimage.map_coordinates(stamp[..., channel], source, order=1, mode="nearest")
        for channel in range(stamp.shape[-1])
    ]
    return jnp.stack(planes, axis=-1)
