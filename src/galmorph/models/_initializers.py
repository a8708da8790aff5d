"""Random initial weights, drawn by one compiled function for all shapes."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import random
from jaxtyping import Array, Float

__all__ = ["he_normal"]

# Weights are drawn in chunks of one size, because compiling a draw for each shape in a network takes seconds.
CHUNK = 2**18


def he_normal(fan: Literal["in", "out"]) -> Callable[..., Array]:
    """Initial weights of He et al. (2015, arXiv:1502.01852): normal, with variance 2 / fan.

    Parameters
    ----------
    fan
        ``"in"`` keeps the variance of activations from layer to layer: the fan is the number of inputs of each output
        (rows x columns x channels). ``"out"`` keeps that of gradients: the fan is the number of outputs that depend on
        each input.

    Returns
    -------
    init
        Function ``init(key, shape, dtype)``, which Flax takes as ``kernel_init``.
    """

    def init(key: Array, shape: Any, dtype: Any = jnp.float32) -> Array:
        width = shape[-2] if fan == "in" else shape[-1]
        scale = math.sqrt(2 / (math.prod(shape[:-2]) * width))
        pieces = [_draw(key, i) for i in range(math.ceil(math.prod(shape) / CHUNK))]
        return _assemble(pieces, scale, tuple(shape), dtype)

    return init


@jax.jit
def _draw(key: Array, i: int | Array) -> Float[Array, "chunk"]:
    return random.normal(random.fold_in(key, i), (CHUNK,))


@partial(jax.jit, static_argnames=("shape", "dtype"))
def _assemble(pieces: list[Array], scale: float | Array, shape: tuple[int, ...], dtype: Any) -> Array:
    drawn = jnp.concatenate(pieces)[: math.prod(shape)]
    return (scale * drawn).reshape(shape).astype(dtype)
