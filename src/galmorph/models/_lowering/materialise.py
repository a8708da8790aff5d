"""A barrier that XLA respects on CPUs."""

from jax import lax
from jaxtyping import Array

__all__ = ["materialise"]


def materialise(values: Array) -> Array:
    """Values as they are, computed once.

    XLA fuses what comes before into all that comes after, and computes it anew for each use: the random turns of a
    stamp, say, for each patch that a pixel is in. On CPUs it drops a `jax.lax.optimization_barrier` before it fuses. It
    can't see through a condition that depends on the values, though (only a number equals itself), nor that both
    branches give the same.
    """
    first = values[(0,) * values.ndim]
    return lax.cond(lax.eq(first, first), lambda x: x, lambda x: lax.sign(x) * lax.abs(x), values)
