"""Gaussian random fields, which make galaxies irregular: displaced light, bent arms, knots."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32

__all__ = ["FIELD_NORMALS", "random_fields"]

# Points a side of the coarse grids that fields are interpolated from: the fewer points, the smoother the field.
SLOW, FAST = 6, 32
FIELD_NORMALS = 3 * SLOW**2 + FAST**2  # numbers that the fields of one galaxy take


@partial(jax.jit, static_argnames="size")
def random_fields(normals: Float32[Array, "galaxies numbers"], size: int) -> Float32[Array, "galaxies 4 size size"]:
    """Make four Gaussian random fields of unit variance for each galaxy: three slow ones, then a fast one.

    Parameters
    ----------
    normals
        Standard normal numbers, `FIELD_NORMALS` for each galaxy.
    size
        Side of the fields in pixels.

    Returns
    -------
    Float32
        Of shape ``(galaxies, 4, size, size)``.
    """
    slow, fast = jnp.split(normals, [3 * SLOW**2], axis=1)
    fields = _spread(slow.reshape(-1, 3, SLOW, SLOW), size), _spread(fast.reshape(-1, 1, FAST, FAST), size)
    return jnp.concatenate(fields, axis=1)


def _spread(
    field: Float32[Array, "galaxies fields rough rough"], size: int
) -> Float32[Array, "galaxies fields size size"]:
    """Interpolate a coarse grid of independent numbers with Gaussian weights.

    The squares of the weights of each point sum to one, so its variance is that of the grid.
    """
    rough = field.shape[-1]
    points = np.linspace(0, rough - 1, size, dtype=np.float32)[:, None]
    weights = np.exp(-((points - np.arange(rough, dtype=np.float32)) ** 2))
    spread = jnp.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))
    return spread @ field @ spread.T
