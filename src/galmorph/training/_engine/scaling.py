"""Scaling of stamps: from the stored type to floats, and on to zero mean and unit variance."""

import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32

from galmorph._checks import check
from galmorph._warnings import warn
from galmorph.data import Dataset
from galmorph.errors import GalmorphWarning

__all__ = ["SCALINGS", "Scaling", "choose_scaling", "measure_scaling", "to_unit_floats"]

SCALINGS = ("dataset", "stamp")

CHUNK = 1024  # stamps that are read at a time
LEAST_VARIANCE = 1e-12


class Scaling(NamedTuple):
    """Mean and standard deviation of each channel, measured once on the training set; or None, for each stamp its own.

    Calling it brings stamps to zero mean and unit variance: over the training set, or each stamp by itself, over its
    pixels and channels together. The standard deviation of a stamp counts as at least one level of a byte over the
    square root of its number of values, so a stamp without contrast stays finite.

    Parameters
    ----------
    mean, std
        For each channel, on the scale from 0 (black) to 1 (white); both None to scale each stamp by itself.
    """

    mean: tuple[float, ...] | Float32[Array, "channels"] | None = None
    std: tuple[float, ...] | Float32[Array, "channels"] | None = None

    def as_arrays(self) -> "Scaling":
        """Hold arrays instead of Python numbers, which would become constants of a compiled function."""
        return Scaling(*(None if values is None else jnp.asarray(values, jnp.float32) for values in self))

    def __call__(self, stamps: Float[Array, "*batch channels"]) -> Float[Array, "*batch channels"]:
        """Scale stamps between 0 and 1, of shape ``(batch, size, size, channels)`` or without the batch."""
        if self.mean is None or self.std is None:
            return _standardise(stamps)
        channels = (1,) * (stamps.ndim - 1) + (-1,)
        mean, std = (jnp.asarray(values, stamps.dtype).reshape(channels) for values in (self.mean, self.std))
        return (stamps - mean) / std


def _standardise(stamps: Float[Array, "*batch channels"]) -> Float[Array, "*batch channels"]:
    axes = (-3, -2, -1)
    least = 1 / (255 * math.sqrt(math.prod(stamps.shape[-3:])))
    centred = stamps - stamps.mean(axis=axes, keepdims=True)
    # Of the centred stamp: a difference of two means would round, and could be negative.
    variance = jnp.square(centred).mean(axis=axes, keepdims=True)
    return centred / jnp.sqrt(jnp.maximum(variance, least**2))


def choose_scaling(kind: str, dataset: Dataset) -> Scaling:
    """Make the scaling that ``TrainConfig.scaling`` names; `measure_scaling` warns and raises."""
    measured = measure_scaling(dataset)  # also for "stamp": it finds values that are not finite
    return measured if kind == "dataset" else Scaling()


def measure_scaling(dataset: Dataset) -> Scaling:
    """Mean and standard deviation of each channel over all pixels of a data set, between 0 and 1.

    Raises
    ------
    InvalidValueError
        If a stamp holds NaN or infinity.

    Warns
    -----
    GalmorphWarning
        If a channel has the same value in all pixels of all stamps.
    """
    unit = 255 if dataset.stamps.dtype == np.uint8 else 1
    count, total, squares = 0, np.zeros(dataset.channels), np.zeros(dataset.channels)
    for start in range(0, len(dataset), CHUNK):
        pixels = np.asarray(dataset.stamps[start : start + CHUNK], np.float64).reshape(-1, dataset.channels) / unit
        count += len(pixels)
        total += pixels.sum(axis=0)
        squares += np.square(pixels).sum(axis=0)
    mean = total / count
    check(bool(np.isfinite(squares).all()), "dataset: expected stamps of finite numbers, but some are NaN or infinite")
    variance = squares / count - mean**2
    for channel in np.flatnonzero(variance < LEAST_VARIANCE):
        message = f"channel {channel} is {mean[channel]:.3g} in all pixels of all stamps: a network can't learn from it"
        warn(message, GalmorphWarning)
    std = np.sqrt(np.maximum(variance, LEAST_VARIANCE))
    return Scaling(tuple(map(float, mean)), tuple(map(float, std)))


def to_unit_floats(stamps: Array) -> Float32[Array, "batch size size channels"]:
    """Turn stamps, which are stored as bytes or floats, into float32 between 0 and 1."""
    return stamps.astype(jnp.float32) / 255 if stamps.dtype == jnp.uint8 else stamps.astype(jnp.float32)
