"""Scaling of stamps: from the stored type to floats, and on to zero mean and unit variance."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32

from galmorph._checks import check
from galmorph._warnings import warn
from galmorph.data import Dataset
from galmorph.errors import GalmorphWarning

__all__ = ["Scaling", "measure_scaling", "to_unit_floats"]

CHUNK = 1024  # stamps that are read at a time
LEAST_VARIANCE = 1e-12


class Scaling(NamedTuple):
    """Mean and standard deviation of each channel, measured once on the training set.

    Calling it brings stamps to zero mean and unit variance.

    Parameters
    ----------
    mean, std
        For each channel, on the scale from 0 (black) to 1 (white).
    """

    mean: tuple[float, ...] | Float32[Array, "channels"]
    std: tuple[float, ...] | Float32[Array, "channels"]

    def as_arrays(self) -> "Scaling":
        """Hold arrays instead of Python numbers, which would become constants of a compiled function."""
        return Scaling(*(jnp.asarray(values, jnp.float32) for values in self))

    def __call__(self, stamps: Float[Array, "*batch channels"]) -> Float[Array, "*batch channels"]:
        """Scale stamps between 0 and 1."""
        channels = (1,) * (stamps.ndim - 1) + (-1,)
        mean, std = (jnp.asarray(values, stamps.dtype).reshape(channels) for values in self)
        return (stamps - mean) / std


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
