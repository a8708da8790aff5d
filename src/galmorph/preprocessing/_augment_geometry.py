"""Flips, turns, zooms and shifts of stamps, with one interpolation for all of them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

__all__ = ["FILLS", "change_geometry", "interpolate"]

FILLS = ("edge", "reflect")
REFLECTED = 4  # A quarter of a stamp is reflected, at most.
GRID = 2**12  # steps between two pixels


def change_geometry(
    stamps: Float[Array, "batch size size channels"],
    keys: Key[Array, "3"],
    zooms: Float[Array, "batch"] | None,
    *,
    rotation: str,
    flip: bool,
    shift: int,
    fill: str,
) -> Float[Array, "batch size size channels"]:
    """Mirror, turn, zoom and shift each stamp about its centre.

    Flips, quarter turns and shifts by whole pixels are exact. An angle or a zoom takes one bilinear interpolation,
    which also makes the shift.

    Parameters
    ----------
    stamps
        Square stamps of shape ``(batch, size, size, channels)``.
    keys
        Random keys of the flips, the turns and the shifts, each for the whole batch.
    zooms
        By which factor each stamp is enlarged; None for no zoom.
    rotation, flip, shift, fill
        As for `Augmentation`.

    Returns
    -------
    stamps
        Changed stamps, of the same shape.
    """
    batch = len(stamps)
    flip_key, turn_key, shift_key = keys
    if flip:
        stamps = _where(jax.random.bernoulli(flip_key, shape=(batch,)), stamps[:, :, ::-1], stamps)
    if rotation == "quarter":
        half_turn, quarter_turn = jax.random.bernoulli(turn_key, shape=(2, batch))
        stamps = _where(half_turn, stamps[:, ::-1, ::-1], stamps)
        stamps = _where(quarter_turn, stamps.transpose(0, 2, 1, 3)[:, ::-1], stamps)
    if rotation == "any" or zooms is not None:
        angles = jax.random.uniform(turn_key, (batch,), maxval=2 * np.pi) if rotation == "any" else jnp.zeros(batch)
        shifts = jax.random.uniform(shift_key, (batch, 2), minval=-1.0, maxval=1.0) * shift
        if zooms is None and fill == "edge":
            return jax.vmap(_rotate_and_shift)(stamps, angles, shifts)
        return jax.vmap(partial(interpolate, fill=fill))(stamps, angles, shifts, zooms)
    if shift:
        whole = jax.random.randint(shift_key, (batch, 2), -shift, shift + 1)
        stamps = jax.vmap(partial(_shift, fill=fill))(stamps, whole)
    return stamps


def _where(chosen: Bool[Array, "batch"], stamps: Array, others: Array) -> Array:
    return jnp.where(chosen[:, None, None, None], stamps, others)


def _shift(stamp: Array, shift: Int[Array, "2"], *, fill: str) -> Array:
    pixels = jnp.arange(stamp.shape[0])
    rows, columns = (_inside(pixels - shift[axis], len(pixels), fill) for axis in range(2))
    return stamp[rows][:, columns]


def _rotate_and_shift(stamp: Array, angle: Array, shift: Array) -> Array:
    # What `interpolate` does without zoom. It is kept so that trainings give the same bits as they always did. On CPUs
    # it is slower, and one value in a million is wrong, for the reason that `_rounded` gives.
    centre = (stamp.shape[0] - 1) / 2
    y, x = jnp.meshgrid(*(jnp.arange(side) - centre for side in stamp.shape[:2]), indexing="ij")
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    source = [cos * y - sin * x + centre - shift[0], sin * y + cos * x + centre - shift[1]]
    planes = [
        jax.scipy.ndimage.map_coordinates(stamp[..., channel], source, order=1, mode="nearest")
        for channel in range(stamp.shape[-1])
    ]
    return jnp.stack(planes, axis=-1)


def interpolate(
    stamp: Float[Array, "size size channels"],
    angle: Float[Array, ""],
    shift: Float[Array, "2"],
    zoom: Float[Array, ""] | None,
    *,
    fill: str,
) -> Float[Array, "size size channels"]:
    """Shift, turn and enlarge a stamp about its centre, with one bilinear interpolation.

    Parameters
    ----------
    stamp
        A square stamp of shape ``(size, size, channels)``.
    angle
        By which the stamp is turned from the x axis to the y axis, in radians.
    shift
        Shift along y and x in new pixels, made before the turn.
    zoom
        By which factor the stamp is enlarged; None for no zoom.
    fill
        As for `Augmentation`.

    Returns
    -------
    stamp
        The changed stamp, of the same shape.
    """
    # For each new pixel, find where it was: turn it back about the centre of the stamp, then shift it back.
    size = stamp.shape[0]
    centre = (size - 1) / 2
    scale = 1.0 if zoom is None else 1 / zoom
    cos, sin, down, right = (_rounded(each * scale) for each in (jnp.cos(angle), jnp.sin(angle), *shift))
    y, x = jnp.meshgrid(jnp.arange(size) - centre, jnp.arange(size) - centre, indexing="ij")
    source = [cos * y - sin * x + (centre - down), sin * y + cos * x + (centre - right)]
    lower = [jnp.floor(axis) for axis in source]
    part_y, part_x = (axis - below for axis, below in zip(source, lower, strict=True))
    row, column = (below.astype(jnp.int32) for below in lower)
    # All channels of a pixel are read at once, which is 4 times as fast on CPUs as `map_coordinates` for each of them.
    corners = [
        (weight_y * weight_x)[..., None]
        * stamp.at[_inside(i, size, fill), _inside(j, size, fill)].get(mode="promise_in_bounds")
        for i, weight_y in ((row, 1 - part_y), (row + 1, part_y))
        for j, weight_x in ((column, 1 - part_x), (column + 1, part_x))
    ]
    return sum(corners[1:], corners[0])


def _rounded(coefficient: Array) -> Array:
    """Round so that coordinates are exact in float32, for stamps of up to 512 pixels and zooms of at least 1/4.

    XLA may compute a coordinate twice: for its floor and for the fraction above it. If it fuses products and sums in
    one of them only, the results differ by rounding, and a pixel is now and then read beside its place. Exact results
    can't differ. The edges of a stamp move by less than a hundredth of a pixel for each 80 pixels of its size.
    """
    return jnp.round(coefficient * GRID) / GRID


def _inside(index: Int[Array, "*shape"], size: int, fill: str) -> Int[Array, "*shape"]:
    """Indices of the pixels that stand for those outside of a stamp.

    The border is reflected to and fro between the edge and a quarter of the stamp, never deeper: a galaxy in the middle
    has no copies.
    """
    if fill == "edge":
        return jnp.clip(index, 0, size - 1)
    depth = max(1, size // REFLECTED)
    steps = jnp.where(index < 0, -1 - index, index - size)  # beyond the edge
    # The remainder by way of floats: CPUs divide whole numbers one by one, which takes longer than all else here.
    steps = steps - 2 * depth * jnp.floor((steps + 0.5) * (0.5 / depth)).astype(steps.dtype)
    steps = jnp.minimum(steps, 2 * depth - 1 - steps)
    return jnp.where(index < 0, steps, jnp.where(index < size, index, size - 1 - steps))
