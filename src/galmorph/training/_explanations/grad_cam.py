"""Grad-CAM: where in a stamp a network sees what speaks for a class."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Float32, Int

from galmorph._checks import check, check_choice
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._engine.state import Parts, Scaling, as_unit_floats, take_apart
from galmorph.training._explanations.explain import Classes, Stamps, choose_classes, map_all, scaled, sum_of_logits
from galmorph.training._explanations.feature_maps import MapLayer, at_layer, map_layers, places

__all__ = ["choose_layer", "grad_cam"]

# Selvaraju et al. (2017) take the last convolution of networks for 224 pixels, whose maps have 14 x 14 or 7 x 7 pixels.
_FEWEST_PIXELS = 7


def grad_cam(
    classifier: Classifier,
    stamps: Stamps,
    classes: Classes = None,
    *,
    layer: str | None = None,
    orientations: bool = False,
) -> Float32[np.ndarray, "galaxies size size"]:
    """Show where in a stamp a network sees what speaks for a class.

    The maps of a layer are added up with weights, and what is below zero is left out (Grad-CAM: Selvaraju et al. 2017,
    arXiv:1610.02391, equations 1 and 2). The weight of a map is the mean gradient of the logit of the class with
    respect to it. Maps that the network rectifies before it uses them are rectified here too; the gradients tell it.

    Maps are smaller than stamps. Between the places on the stamp at which their pixels look, values are interpolated
    linearly, as in the paper, and beyond the outermost they stay the same. Each pixel of a deep layer has seen a large
    part of the stamp around its place.

    Parameters
    ----------
    classifier
        A classifier whose network has layers that make maps.
    stamps
        Uint8 (0 to 255) or floats (0 to 1) of shape ``(galaxies, size, size, channels)``.
    classes
        What is to be explained: a class for each galaxy as an index, such as the labels; the name of one class for
        all; or None for the answer to each.
    layer
        Name of the layer or block, such as ``"conv2"`` or ``"blocks.2"``, named as in `galmorph.models.summary`. By
        default the last one whose maps have at least 7 x 7 pixels, or else the last one that makes maps; layers within
        blocks only where there are no others.
    orientations
        Whether to average the maps over the eight orientations of each stamp, turned back, which explains the answers
        of ``Classifier.predict(..., orientations=True)``. What depends on how a galaxy lies goes.

    Returns
    -------
    maps
        Float32 of shape ``(galaxies, size, size)``, from 0 to 1: the largest value of each is 1, unless nothing speaks
        for the class and all are 0. Values of different galaxies don't compare.

    Raises
    ------
    InvalidValueError
        If the stamps don't fit the classifier, a class or a layer is unknown, or the network makes no maps.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import Classifier, grad_cam
    >>> classifier = Classifier.pretrained("galaxy-zoo-2")
    >>> galaxies = simulate_galaxies(2, size=classifier.recipe.size)
    >>> grad_cam(classifier, galaxies.stamps, classes="spiral").shape == galaxies.stamps.shape[:3]
    True
    """
    chosen = choose_classes(classifier, stamps, classes, orientations=orientations)
    parts, scaling = take_apart(classifier.model), classifier.scaling.as_arrays()
    size = classifier.recipe.size
    shape = (size, size, classifier.channels)
    source = choose_layer(map_layers(parts, shape), layer)
    down, across = (_interpolation(centres, size) for centres in places(parts, source, shape))

    def maps(stamps: np.ndarray | Array, chosen: Int[np.ndarray, "batch"], _step: int) -> np.ndarray:
        heat = _heat(parts, scaling, stamps, chosen, layer=source)
        return down @ np.asarray(heat) @ across.T

    return scaled(map_all(maps, stamps, chosen, orientations=orientations))


def choose_layer(layers: dict[str, MapLayer], name: str | None) -> MapLayer:
    """Take the layer of a name, or the last one whose maps are fine enough."""
    check(bool(layers), "classifier: expected a network with layers that make maps, got none; use saliency instead")
    if name is not None:
        check_choice("layer", name, layers)
        return layers[name]
    fine = [layer for layer in layers.values() if min(layer.shape[:2]) >= _FEWEST_PIXELS] or list(layers.values())
    # A block that halves maps has layers before that step, which don't see what goes around the block.
    shallowest = min(layer.depth for layer in fine)
    return [layer for layer in fine if layer.depth == shallowest][-1]


# Compiled once for each kind of network, whatever its weights and its scaling.
@partial(jax.jit, static_argnames="layer")
def _heat(parts: Parts, scaling: Scaling, stamps: Array, chosen: Array, *, layer: MapLayer) -> Array:
    """Where the maps of a layer speak for the chosen classes, at the resolution of the maps."""

    def score(added: Array) -> tuple[Array, Array]:
        network = nnx.merge(*parts, copy=True)
        heard: list[Array] = []

        def add(maps: Array) -> Array:
            heard.append(maps)
            return maps + added

        at_layer(network, layer, add)
        return sum_of_logits(network(scaling(as_unit_floats(stamps))), chosen), heard[0]

    gradients, maps = jax.grad(score, has_aux=True)(jnp.zeros((len(stamps), *layer.shape)))
    # Compilers that see that maps are rectified already spend a second on a sum of nothing.
    maps = jax.lax.optimization_barrier(maps)
    rectified = ~jnp.any((maps < 0) & (gradients != 0), axis=(1, 2, 3), keepdims=True)
    maps = jnp.where(rectified, nnx.relu(maps), maps)
    weights = gradients.mean(axis=(1, 2))  # equation 1
    return nnx.relu(jnp.einsum("nhwf,nf->nhw", maps, weights))  # equation 2


def _interpolation(centres: Float[np.ndarray, "side"], size: int) -> Float32[np.ndarray, "size side"]:
    """Weights of the values at the centres for each pixel from 0 to size - 1: linear, and constant beyond them."""
    return np.stack([np.interp(np.arange(size), centres, one) for one in np.eye(len(centres))], axis=1).astype(
        np.float32
    )
