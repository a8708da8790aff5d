"""Grad-CAM: where in a stamp a network finds evidence for a class."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Float32, Int

from galmorph._checks import check, check_choice
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
from galmorph.training._explanations.feature_maps import (
    FeatureLayer,
    change_feature_maps,
    feature_layers,
    feature_map_centres,
)

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
    """Show where in a stamp a network finds evidence for a class.

    The result is a weighted sum of the feature maps of a layer, with negative values set to 0 (Grad-CAM: Selvaraju et
    al. 2017, arXiv:1610.02391, equations 1 and 2). The weight of a feature map is the mean gradient of the logit of the
    class with respect to it. Feature maps that the network rectifies before it uses them are rectified here too; the
    gradients show whether it does.

    Feature maps are smaller than stamps. Between the centres of their pixels on the stamp, values are interpolated
    linearly, as in the paper; beyond the outermost centres they stay constant. Each pixel of a deep layer depends on a
    large part of the stamp around its centre.

    Parameters
    ----------
    classifier
        A classifier whose network has layers that make feature maps.
    stamps
        Uint8 (0 to 255) or floats (0 to 1) of shape ``(galaxies, size, size, channels)``.
    classes
        Classes to explain: an index for each galaxy, such as its label; the name of one class for all galaxies; or
        None for the answer to each galaxy.
    layer
        Name of the layer or block, such as ``"conv2"`` or ``"blocks.2"``, as in `galmorph.models.summary`. By default
        the last one whose feature maps have at least 7 x 7 pixels, or else the last one that makes feature maps. Layers
        inside blocks are the default only if there are no others.
    orientations
        Whether to average the maps over the eight orientations of each stamp, each map turned back. This explains the
        answers of ``Classifier.predict(..., orientations=True)``, and removes what depends on the orientation.

    Returns
    -------
    maps
        Float32 of shape ``(galaxies, size, size)``, from 0 to 1: the largest value of each is 1, unless there
        is no evidence for the class and all values are 0. Values of different galaxies can't be compared.

    Raises
    ------
    InvalidValueError
        If the stamps don't fit the classifier, a class or a layer is unknown, or the network makes no feature maps.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import Classifier, grad_cam
    >>> classifier = Classifier.pretrained("galaxy-zoo-2")
    >>> galaxies = simulate_galaxies(2, size=classifier.recipe.size)
    >>> grad_cam(classifier, galaxies.stamps, classes="spiral").shape == galaxies.stamps.shape[:3]
    True
    """
    chosen = classes_to_explain(classifier, stamps, classes, orientations=orientations)
    parts, scaling = split_model(classifier.model), classifier.scaling.as_arrays()
    size = classifier.recipe.size
    shape = (size, size, classifier.channels)
    source = choose_layer(feature_layers(parts, shape), layer)
    down, across = (_interpolation(centres, size) for centres in feature_map_centres(parts, source, shape))

    def explain(stamps: np.ndarray | Array, chosen: Int[np.ndarray, "batch"], _step: int) -> np.ndarray:
        evidence = _weighted_sum(parts, scaling, stamps, chosen, layer=source)
        return down @ np.asarray(evidence) @ across.T

    return scale_to_maximum(explain_in_batches(explain, stamps, chosen, orientations=orientations))


def choose_layer(layers: dict[str, FeatureLayer], name: str | None) -> FeatureLayer:
    """Choose the layer with a name, or the last one whose feature maps are fine enough."""
    check(
        bool(layers),
        "classifier: expected a network with layers that make feature maps, got none; use saliency instead",
    )
    if name is not None:
        check_choice("layer", name, layers)
        return layers[name]
    fine = [layer for layer in layers.values() if min(layer.shape[:2]) >= _FEWEST_PIXELS] or list(layers.values())
    # In a block that halves its maps, the layers before that step have fine maps, but miss what the shortcut carries
    # around them. So a layer outside of blocks, or a whole block, comes first.
    shallowest = min(layer.depth for layer in fine)
    return [layer for layer in fine if layer.depth == shallowest][-1]


# Weights and scaling are arguments: all networks of one structure share one compiled function.
@partial(jax.jit, static_argnames="layer")
def _weighted_sum(parts: ModelParts, scaling: Scaling, stamps: Array, chosen: Array, *, layer: FeatureLayer) -> Array:
    """Grad-CAM for the chosen classes, at the resolution of the feature maps."""

    def score(added: Array) -> tuple[Array, Array]:
        network = nnx.merge(*parts, copy=True)
        captured: list[Array] = []

        def add(maps: Array) -> Array:
            captured.append(maps)
            return maps + added

        change_feature_maps(network, layer, add)
        return sum_of_chosen_logits(network(scaling(to_unit_floats(stamps))), chosen), captured[0]

    gradients, maps = jax.grad(score, has_aux=True)(jnp.zeros((len(stamps), *layer.shape)))
    # Without the barrier, XLA sees that the maps of a rectified layer have no negative values, and spends a second on
    # simplifying the next line.
    maps = jax.lax.optimization_barrier(maps)
    rectified = ~jnp.any((maps < 0) & (gradients != 0), axis=(1, 2, 3), keepdims=True)
    maps = jnp.where(rectified, nnx.relu(maps), maps)
    weights = gradients.mean(axis=(1, 2))  # equation 1
    return nnx.relu(jnp.einsum("nhwf,nf->nhw", maps, weights))  # equation 2


def _interpolation(centres: Float[np.ndarray, "side"], size: int) -> Float32[np.ndarray, "size side"]:
    """Weights of linear interpolation from the centres to pixels 0 to size - 1, constant beyond the outermost."""
    return np.stack([np.interp(np.arange(size), centres, one) for one in np.eye(len(centres))], axis=1).astype(
        np.float32
    )
