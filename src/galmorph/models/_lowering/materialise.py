"""A barrier that XLA respects on CPUs."""

from jax import lax
from jaxtyping import Array

__all__ = ["materialise"]


def materialise(values: Array) -> Array:
    """Return the values unchanged, and make XLA compute them only once.

    XLA fuses an operation into each of its uses, and so computes it again for each: the random turn of a stamp, for
    example, for each patch that contains a pixel. An `jax.lax.optimization_barrier` does not help, because XLA drops it
    on CPUs before it fuses. But XLA can't fuse across a branch whose condition depends on the values. The condition
    here is whether the first value equals itself, which is true unless it is NaN; the branches differ in code, not in
    result.
    """
    first = values[(0,) * values.ndim]
    return lax.cond(lax.eq(first, first), lambda x: x, lambda x: lax.sign(x) * lax.abs(x), values)
