"""Saliency: which pixels of a stamp an answer hangs on."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float32, Int

from galmorph._checks import check, check_positive
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._engine.state import Parts, Scaling, as_unit_floats, take_apart
from galmorph.training._explanations.explain import Classes, Stamps, choose_classes, map_all, scaled, sum_of_logits

__all__ = ["saliency"]


def saliency(
    classifier: Classifier,
    stamps: Stamps,
    classes: Classes = None,
    *,
    samples: int = 0,
    noise: float = 0.1,
    seed: int = 0,
    orientations: bool = False,
) -> Float32[np.ndarray, "galaxies size size"]:
    """Show which pixels change an answer most when they change a little.

    The map is the gradient of the logit of a class with respect to the stamp, the largest absolute value over the
    channels (Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034, section 3.1). It has the resolution of the stamp, and
    is grainy. With `samples`, gradients are averaged over copies of the stamp with noise (SmoothGrad: Smilkov et al.
    2017, arXiv:1706.03825, section 3), which is easier to read and takes as many times as long.

    Parameters
    ----------
    classifier
        A classifier with any network.
    stamps
        Uint8 (0 to 255) or floats (0 to 1) of shape ``(galaxies, size, size, channels)``.
    classes
        What is to be explained: a class for each galaxy as an index, such as the labels; the name of one class for
        all; or None for the answer to each.
    samples
        Number of noisy copies; 0 for the gradient at the stamp itself. The paper finds little gain beyond 50.
    noise
        Standard deviation of the noise, as a part of the range of values in each stamp; 0.1 to 0.2 in the paper.
    seed
        The same seed makes the same noise.
    orientations
        Whether to average the maps over the eight orientations of each stamp, turned back, which explains the answers
        of ``Classifier.predict(..., orientations=True)``. What depends on how a galaxy lies goes.

    Returns
    -------
    maps
        Float32 of shape ``(galaxies, size, size)``, from 0 to 1: the largest value of each is 1, unless no pixel
        matters and all are 0. Values of different galaxies don't compare.

    Raises
    ------
    InvalidValueError
        If the stamps don't fit the classifier, a class is unknown, or an option is out of range.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import Classifier, saliency
    >>> classifier = Classifier.pretrained("galaxy-zoo-2")
    >>> galaxies = simulate_galaxies(2, size=classifier.recipe.size)
    >>> maps = saliency(classifier, galaxies.stamps)
    >>> maps.shape == galaxies.stamps.shape[:3], maps.min() >= 0, maps.max()
    (True, np.True_, np.float32(1.0))
    """
    check(
        isinstance(samples, int) and samples >= 0,
        f"samples: expected a whole number, 0 for none, got {samples!r}",
    )
    check_positive("noise", noise)
    chosen = choose_classes(classifier, stamps, classes, orientations=orientations)
    parts, scaling = take_apart(classifier.model), classifier.scaling.as_arrays()

    def maps(stamps: np.ndarray | Array, chosen: Int[np.ndarray, "batch"], step: int) -> Array:
        key = jax.random.fold_in(jax.random.key(seed), step)
        return _slopes(parts, scaling, stamps, chosen, noise, key, samples=samples)

    return scaled(map_all(maps, stamps, chosen, orientations=orientations))


# Compiled once for each kind of network, whatever its weights and its scaling.
@partial(jax.jit, static_argnames="samples")
def _slopes(
    parts: Parts, scaling: Scaling, stamps: Array, chosen: Array, noise: Array | float, key: Array, *, samples: int
) -> Array:
    """Largest slope over the channels of the logits of the chosen classes, for each pixel."""
    stamps = as_unit_floats(stamps)
    slope = jax.grad(lambda stamps: sum_of_logits(nnx.merge(*parts, copy=True)(scaling(stamps)), chosen))
    if samples == 0:
        return jnp.abs(slope(stamps)).max(axis=-1)
    spread = noise * jnp.ptp(stamps, axis=(1, 2, 3), keepdims=True)

    def add(total: Array, key: Array) -> tuple[Array, None]:
        return total + slope(stamps + spread * jax.random.normal(key, stamps.shape)), None

    total, _ = jax.lax.scan(add, jnp.zeros_like(stamps), jax.random.split(key, samples))
    return jnp.abs(total).max(axis=-1)
