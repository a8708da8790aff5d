"""Random numbers for many galaxies at once, in which each galaxy's numbers depend on its own key alone."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from jaxtyping import Array, Bool, Float, Float32, Int, Key

__all__ = ["RandomGenerator", "RandomTable", "random_table"]

PerGalaxy = Float32[Array, "galaxies"]
Parameter = Float[Array, "galaxies"] | float
RandomTable = tuple[Float32[Array, "draws galaxies"], Float32[Array, "draws galaxies"]]

# Every call of JAX's generator takes long to compile, so one call makes all numbers that a galaxy may need.
MOST_DRAWS = 64


@jax.jit
def random_table(keys: Key[Array, "galaxies"], use: Int[Array, ""] | int) -> RandomTable:
    """Make random numbers for each galaxy, as normal and as uniform ones; each `use` of the keys has its own."""
    keys = jax.vmap(jax.random.fold_in, (0, None))(keys, use)
    normals = jax.vmap(lambda key: jax.random.normal(key, (MOST_DRAWS,)))(keys).T
    # Here, not in the function that uses them: there, XLA would compute them again for each parameter.
    return normals, ndtr(normals)


class RandomGenerator:
    """Random generator whose methods draw one number for each galaxy.

    It looks like `numpy.random.Generator`, but it takes its numbers from a table, one row after the other. So what a
    galaxy draws depends on its own column and on the order of the calls, and on nothing else.

    Parameters
    ----------
    table
        Random numbers of shape ``(draws, galaxies)``, first as standard normal ones and then the same as uniform ones.
    """

    def __init__(self, table: RandomTable) -> None:
        self._normals, self._uniforms = table
        self._next = 0

    def restarted(self) -> "RandomGenerator":
        """Return a generator that draws the same numbers again, from the first.

        The classes of a scheme share one table in this way: parameters are drawn for all classes, but each galaxy keeps
        only those of its own class.
        """
        return RandomGenerator((self._normals, self._uniforms))

    def uniform(self, low: Parameter = 0.0, high: Parameter = 1.0) -> PerGalaxy:
        """Draw from a range."""
        return low + (high - low) * self._uniforms[self._row()]

    def normal(self, mean: Parameter, scatter: Parameter) -> PerGalaxy:
        """Draw from a normal distribution."""
        return mean + scatter * self._normals[self._row()]

    def lognormal(self, median: Parameter, scatter: Parameter) -> PerGalaxy:
        """Draw numbers whose logarithms are normal with that scatter."""
        return median * jnp.exp(scatter * self._normals[self._row()])

    def chance(self, probability: Parameter) -> Bool[Array, "galaxies"]:
        """Draw True with a probability."""
        return self.uniform() < probability

    def choice(self, values: tuple[float, ...], weights: tuple[float, ...]) -> PerGalaxy:
        """Draw one of several values, with probabilities in proportion to the weights."""
        borders = jnp.asarray(np.cumsum(weights)[:-1] / np.sum(weights), jnp.float32)
        return jnp.asarray(values, jnp.float32)[jnp.searchsorted(borders, self.uniform(), side="right")]

    def _row(self) -> int:
        """Return the next row of the table. Past the end, JAX would silently repeat the last row."""
        if self._next >= len(self._normals):
            raise IndexError(f"expected at most {len(self._normals)} draws for a galaxy; raise MOST_DRAWS")
        self._next += 1
        return self._next - 1
