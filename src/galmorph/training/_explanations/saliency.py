"""Saliency: which pixels of a stamp decide an answer."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float32, Int

from galmorph._checks import check, check_positive
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._engine.scaling import Scaling, to_unit_floats
from galmorph.training._engine.state import ModelParts, split_model
from galmorph.training._explanations.explain import (
    Classes,
    Stamps,
    classes_to_explain,
    explain_in_batches,
    scale_to_maximum,
    sum_of_chosen_logits,
)

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
    """Show the pixels where a small change changes an answer most.

    The map is the gradient of the logit of a class with respect to the stamp: for each pixel, the largest absolute
    value over the channels (Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034, section 3.1). It has the resolution of
    the stamp, and is grainy. With `samples`, gradients are averaged over that many noisy copies of the stamp
    (SmoothGrad: Smilkov et al. 2017, arXiv:1706.03825, section 3). Such maps are easier to read, and take `samples`
    times as long.

    Parameters
    ----------
    classifier
        A classifier with any network.
    stamps
        Uint8 (0 to 255) or floats (0 to 1) of shape ``(galaxies, size, size, channels)``.
    classes
        Classes to explain: an index for each galaxy, such as its label; the name of one class for all galaxies; or
        None for the answer to each galaxy.
    samples
        Number of noisy copies; 0 for the gradient at the stamp itself. The paper finds little gain beyond 50.
    noise
        Standard deviation of the noise, as a fraction of the range of values in each stamp; 0.1 to 0.2 in the paper.
    seed
        Random seed of the noise.
    orientations
        Whether to average the maps over the eight orientations of each stamp, each map turned back. This explains the
        answers of ``Classifier.predict(..., orientations=True)``, and removes what depends on the orientation.

    Returns
    -------
    maps
        Float32 of shape ``(galaxies, size, size)``, from 0 to 1: the largest value of each is 1, unless no pixel
        matters and all values are 0. Values of different galaxies can't be compared.

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
    chosen = classes_to_explain(classifier, stamps, classes, orientations=orientations)
    parts, scaling = split_model(classifier.model), classifier.scaling.as_arrays()

    def explain(stamps: np.ndarray | Array, chosen: Int[np.ndarray, "batch"], step: int) -> Array:
        key = jax.random.fold_in(jax.random.key(seed), step)
        return _largest_gradients(parts, scaling, stamps, chosen, noise, key, samples=samples)

    return scale_to_maximum(explain_in_batches(explain, stamps, chosen, orientations=orientations))


# Weights and scaling are arguments: all networks of one structure share one compiled function.
@partial(jax.jit, static_argnames="samples")
def _largest_gradients(
    parts: ModelParts, scaling: Scaling, stamps: Array, chosen: Array, noise: Array | float, key: Array, *, samples: int
) -> Array:
    """For each pixel, the largest gradient over the channels of the logit of the chosen class."""
    stamps = to_unit_floats(stamps)
    gradient = jax.grad(lambda stamps: sum_of_chosen_logits(nnx.merge(*parts, copy=True)(scaling(stamps)), chosen))
    if samples == 0:
        return jnp.abs(gradient(stamps)).max(axis=-1)
    spread = noise * jnp.ptp(stamps, axis=(1, 2, 3), keepdims=True)

    def add(total: Array, key: Array) -> tuple[Array, None]:
        return total + gradient(stamps + spread * jax.random.normal(key, stamps.shape)), None

    total, _ = jax.lax.scan(add, jnp.zeros_like(stamps), jax.random.split(key, samples))
    return jnp.abs(total).max(axis=-1)
