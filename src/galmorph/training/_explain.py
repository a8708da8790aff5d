"""Explanations: which pixels of a stamp an answer hangs on, and where a network sees what speaks for it.

What such maps show and what they don't: docs/explanations.md.
"""

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Float32, Int, UInt8

from galmorph._checks import check, check_choice, check_positive
from galmorph.data import epoch_order
from galmorph.preprocessing import in_orientations
from galmorph.training._classifier import Classifier
from galmorph.training._maps import MapLayer, at_layer, map_layers, places
from galmorph.training._predict import BATCH_SIZE
from galmorph.training._state import Parts, Scaling, as_unit_floats, take_apart

__all__ = ["choose_layer", "grad_cam", "saliency"]

# Selvaraju et al. (2017) take the last convolution of networks for 224 pixels, whose maps have 14 x 14 or 7 x 7 pixels.
_FEWEST_PIXELS = 7

Classes = str | Sequence[int] | Int[np.ndarray, "galaxies"] | None
Stamps = UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"] | Array


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
    chosen = _choose(classifier, stamps, classes, orientations=orientations)
    parts = take_apart(classifier.model)

    def maps(stamps: np.ndarray | Array, chosen: Int[np.ndarray, "batch"], step: int) -> Array:
        key = jax.random.fold_in(jax.random.key(seed), step)
        return _slopes(parts, stamps, chosen, noise, key, scaling=classifier.scaling, samples=samples)

    return _scaled(_map_all(maps, stamps, chosen, orientations=orientations))


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
    chosen = _choose(classifier, stamps, classes, orientations=orientations)
    parts = take_apart(classifier.model)
    size = classifier.recipe.size
    shape = (size, size, classifier.channels)
    source = choose_layer(map_layers(parts, shape), layer)
    down, across = (_interpolation(centres, size) for centres in places(parts, source, shape))

    def maps(stamps: np.ndarray | Array, chosen: Int[np.ndarray, "batch"], _step: int) -> np.ndarray:
        heat = _heat(parts, stamps, chosen, scaling=classifier.scaling, layer=source)
        return down @ np.asarray(heat) @ across.T

    return _scaled(_map_all(maps, stamps, chosen, orientations=orientations))


def _choose(
    classifier: Classifier, stamps: Stamps, classes: Classes, *, orientations: bool
) -> Int[np.ndarray, "galaxies"]:
    """Index of the class that is to be explained, for each galaxy; checks the stamps."""
    classifier.check_stamps(stamps)
    if classes is None:
        return classifier.probabilities(stamps, orientations=orientations).argmax(axis=1)
    if isinstance(classes, str):
        check_choice("classes", classes, classifier.classes)
        return np.full(len(stamps), classifier.classes.index(classes))
    chosen, last = np.asarray(classes), len(classifier.classes) - 1
    check(
        chosen.shape == (len(stamps),) and np.issubdtype(chosen.dtype, np.integer),
        f"classes: expected a name, or an index for each of {len(stamps)} galaxies, got {classes!r}",
    )
    check(
        bool(chosen.min(initial=0) >= 0 and chosen.max(initial=0) <= last),
        f"classes: expected indices from 0 to {last}, got {chosen.min(initial=0)} to {chosen.max(initial=0)}",
    )
    return chosen


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


# Compiled once for each kind of network, whatever its weights.


@partial(jax.jit, static_argnames=("scaling", "samples"))
def _slopes(
    parts: Parts, stamps: Array, chosen: Array, noise: Array | float, key: Array, *, scaling: Scaling, samples: int
) -> Array:
    """Largest slope over the channels of the logits of the chosen classes, for each pixel."""
    stamps = as_unit_floats(stamps)
    slope = jax.grad(lambda stamps: _scores(nnx.merge(*parts, copy=True)(scaling(stamps)), chosen))
    if samples == 0:
        return jnp.abs(slope(stamps)).max(axis=-1)
    spread = noise * jnp.ptp(stamps, axis=(1, 2, 3), keepdims=True)

    def add(total: Array, key: Array) -> tuple[Array, None]:
        return total + slope(stamps + spread * jax.random.normal(key, stamps.shape)), None

    total, _ = jax.lax.scan(add, jnp.zeros_like(stamps), jax.random.split(key, samples))
    return jnp.abs(total).max(axis=-1)


@partial(jax.jit, static_argnames=("scaling", "layer"))
def _heat(parts: Parts, stamps: Array, chosen: Array, *, scaling: Scaling, layer: MapLayer) -> Array:
    """Where the maps of a layer speak for the chosen classes, at the resolution of the maps."""

    def score(added: Array) -> tuple[Array, Array]:
        network = nnx.merge(*parts, copy=True)
        heard: list[Array] = []

        def add(maps: Array) -> Array:
            heard.append(maps)
            return maps + added

        at_layer(network, layer, add)
        return _scores(network(scaling(as_unit_floats(stamps))), chosen), heard[0]

    gradients, maps = jax.grad(score, has_aux=True)(jnp.zeros((len(stamps), *layer.shape)))
    # Compilers that see that maps are rectified already spend a second on a sum of nothing.
    maps = jax.lax.optimization_barrier(maps)
    rectified = ~jnp.any((maps < 0) & (gradients != 0), axis=(1, 2, 3), keepdims=True)
    maps = jnp.where(rectified, nnx.relu(maps), maps)
    weights = gradients.mean(axis=(1, 2))  # equation 1
    return nnx.relu(jnp.einsum("nhwf,nf->nhw", maps, weights))  # equation 2


def _scores(logits: Array, chosen: Array) -> Array:
    # Galaxies don't depend on each other, so the gradient of the sum holds that of each.
    return jnp.take_along_axis(logits, chosen[:, None], axis=1).sum()


def _map_all(
    maps: Callable[[np.ndarray | Array, Int[np.ndarray, "batch"], int], np.ndarray | Array],
    stamps: Stamps,
    chosen: Int[np.ndarray, "galaxies"],
    *,
    orientations: bool,
) -> Float32[np.ndarray, "galaxies size size"]:
    """Make the maps of all stamps, in batches of one shape: as they lie, or the mean over their orientations."""
    order, _ = epoch_order(len(stamps), min(BATCH_SIZE, len(stamps)))

    def of(stamps: Stamps) -> Float32[np.ndarray, "galaxies size size"]:
        made = [np.asarray(maps(stamps[rows], chosen[rows], step)) for step, rows in enumerate(order)]
        return np.concatenate(made)[: len(stamps)]

    if not orientations:
        return of(stamps)
    total = np.zeros(stamps.shape[:3], np.float32)
    for which, turned in enumerate(in_orientations(np.asarray(stamps))):
        mirrored, quarters = divmod(which, 4)
        back = np.rot90(of(turned), -quarters, axes=(1, 2))
        total += back[:, :, ::-1] if mirrored else back
    return total / 8


def _interpolation(centres: Float[np.ndarray, "side"], size: int) -> Float32[np.ndarray, "size side"]:
    """Weights of the values at the centres for each pixel from 0 to size - 1: linear, and constant beyond them."""
    return np.stack([np.interp(np.arange(size), centres, one) for one in np.eye(len(centres))], axis=1).astype(
        np.float32
    )


def _scaled(maps: Float32[np.ndarray, "galaxies size size"]) -> Float32[np.ndarray, "galaxies size size"]:
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
