"""Dice: random numbers for many galaxies, so that each galaxy's depend on its own key alone."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from jaxtyping import Array, Bool, Float, Float32, Key

__all__ = ["Dice"]

PerGalaxy = Float32[Array, "galaxies"]
Parameter = Float[Array, "galaxies"] | float

# One call makes all numbers of a galaxy, for each call of a generator takes its time to compile.
MOST_ROLLS = 64


class Dice:
    """Draws one number for each galaxy at a time.

    Parameters
    ----------
    keys
        A key for each galaxy; the same keys give the same numbers in the same order.
    """

    def __init__(self, keys: Key[Array, "galaxies"]) -> None:
        self._normals = jax.vmap(lambda key: jax.random.normal(key, (MOST_ROLLS,)))(keys).T
        self._rolls = ndtr(self._normals)
        self._next = 0

    def again(self) -> "Dice":
        """Dice with the same rolls, from the first: for kinds of which a galaxy is only one."""
        dice = object.__new__(Dice)
        dice._normals, dice._rolls, dice._next = self._normals, self._rolls, 0
        return dice

    def uniform(self, low: Parameter = 0.0, high: Parameter = 1.0) -> PerGalaxy:
        """Draw from a range."""
        return low + (high - low) * self._rolls[self._turn()]

    def normal(self, mean: Parameter, scatter: Parameter) -> PerGalaxy:
        """Draw from a normal distribution."""
        return mean + scatter * self._normals[self._turn()]

    def lognormal(self, median: Parameter, scatter: Parameter) -> PerGalaxy:
        """Draw numbers whose logarithms are normal with that scatter."""
        return median * jnp.exp(scatter * self._normals[self._turn()])

    def chance(self, probability: Parameter) -> Bool[Array, "galaxies"]:
        """Draw whether something is there."""
        return self.uniform() < probability

    def choice(self, values: tuple[float, ...], chances: tuple[float, ...]) -> PerGalaxy:
        """Draw one of several values."""
        borders = jnp.asarray(np.cumsum(chances)[:-1] / np.sum(chances), jnp.float32)
        return jnp.asarray(values, jnp.float32)[jnp.searchsorted(borders, self.uniform(), side="right")]

    def _turn(self) -> int:
        """Return the number of the next roll; JAX would give the last one again where there are no more."""
        if self._next >= MOST_ROLLS:
            raise IndexError(f"expected at most {MOST_ROLLS} rolls for a galaxy; raise MOST_ROLLS")
        self._next += 1
        return self._next - 1
