"""Maps appended to maps: a concatenation that XLA computes only once.

In a dense block each layer reads all maps before it, so its input is a concatenation of a concatenation, and so on. On
CPUs XLA fuses this chain into each of its uses, forward and backward, and computes it there again for each pixel: the
training step of DenseNet-121 was not compiled after ten minutes. Here, on CPUs, each concatenation and each sum of
gradients is computed behind a branch, across which XLA can't fuse (`materialise`).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from galmorph.models._lowering.materialise import materialise

__all__ = ["append_maps"]

Maps = Float[Array, "batch height width _"]


def append_maps(
    maps: Float[Array, "batch height width channels"], new: Float[Array, "batch height width features"]
) -> Float[Array, "batch height width _"]:
    """Concatenate maps along their last axis.

    Parameters
    ----------
    maps
        Of shape ``(batch, height, width, channels)``.
    new
        Of shape ``(batch, height, width, features)``.

    Returns
    -------
    maps
        Of shape ``(batch, height, width, channels + features)``, the new ones last.
    """
    return lax.platform_dependent(maps, new, cpu=partial(_append, maps.shape[-1]), default=_concatenate)


def _concatenate(maps: Maps, new: Maps) -> Maps:
    return jnp.concatenate([maps, new], axis=-1)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _append(channels: int, maps: Maps, new: Maps) -> Maps:  # noqa: ARG001 (for the gradient)
    # As in `materialise`, but the concatenation is in the branch: else XLA would write it twice.
    first = new[(0,) * new.ndim]

    def same(maps: Maps, new: Maps) -> Maps:
        return _concatenate(maps, lax.sign(new) * lax.abs(new))

    return lax.cond(lax.eq(first, first), _concatenate, same, maps, new)


def _forward(channels: int, maps: Maps, new: Maps) -> tuple[Maps, None]:
    return _append(channels, maps, new), None


def _backward(channels: int, residuals: None, cotangent: Maps) -> tuple[Maps, Maps]:  # noqa: ARG001 (JAX passes them)
    cotangent = materialise(cotangent)
    return cotangent[..., :channels], cotangent[..., channels:]


_append.defvjp(_forward, _backward)
