"""Feature maps of a network: which layers make them, and where on the stamp each of their pixels is centred."""

from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from galmorph.training._engine.state import ModelParts
from galmorph.training._features.intercept import intercept, layer_name

__all__ = ["FeatureLayer", "change_feature_maps", "feature_layers", "feature_map_centres"]


class FeatureLayer(NamedTuple):
    """A layer, or a block of layers, that makes feature maps.

    Parameters
    ----------
    name
        Its place in the network: ``"blocks.0.conv1"`` is ``model.blocks[0].conv1``.
    shape
        Shape of its feature maps of one stamp: ``(height, width, features)``.
    calls
        How often it is called for one stamp. Its feature maps are those of the last call.
    depth
        Number of blocks that contain it.
    """

    name: str
    shape: tuple[int, int, int]
    calls: int
    depth: int


class _LayerReached(Exception):  # noqa: N818 (not an error: it ends a trace early)
    """The layer was called; the rest of the network is not needed."""


def feature_layers(parts: ModelParts, shape: tuple[int, int, int]) -> dict[str, FeatureLayer]:
    """List the layers that make feature maps of a stamp ``(size, size, channels)``, in the order of their calls."""
    shapes: dict[str, list[tuple[int, int, int]]] = {}
    depths: dict[str, int] = {}

    def note_shape(name: str, _inputs: Any, output: Any) -> Any:
        if _are_feature_maps(output):
            shapes[name] = [*shapes.pop(name, []), output.shape[1:]]
        return output

    def predict(stamps: Array) -> Array:
        network = nnx.merge(*parts, copy=True)
        depths.update(_depths(network))
        intercept(network, note_shape)
        return network(stamps)

    jax.eval_shape(predict, jax.ShapeDtypeStruct((1, *shape), jnp.float32))
    return {name: FeatureLayer(name, each[-1], len(each), depths[name]) for name, each in shapes.items()}


def change_feature_maps(network: nnx.Module, layer: FeatureLayer, change: Callable[[Array], Array]) -> None:
    """Make a network continue with `change` of the feature maps of a layer instead of these."""
    calls = 0

    def change_last(name: str, _inputs: Any, output: Any) -> Any:
        nonlocal calls
        if name == layer.name and _are_feature_maps(output):
            calls += 1
            return change(output) if calls == layer.calls else output
        return output

    intercept(network, change_last)


def feature_map_centres(
    parts: ModelParts, layer: FeatureLayer, shape: tuple[int, int, int]
) -> tuple[Float[np.ndarray, "height"], Float[np.ndarray, "width"]]:
    """Find the centres of the rows and columns of feature maps, in pixels of the stamp.

    To stretch a map over the stamp would be wrong by up to half a stamp. In a network with strides, maps begin at the
    first pixel of the stamp; in one without padding, they leave out its margin. The right places follow from the sizes
    of maps alone:

    - The smallest stamp whose map has N rows is covered evenly by them: the middle of the map is the middle of the
      stamp.
    - The smallest stamp whose map has N + 1 rows is larger by the spacing of the rows.
    - On larger stamps the rows stay where they are, counted from the first pixel.

    This holds for layers with the same padding on both sides. If a network takes stamps of one size only, the sizes say
    nothing, and the map is stretched over the stamp.
    """
    size, _, channels = shape

    @cache
    def map_sides(size: int) -> tuple[int, int] | None:
        """Height and width of the maps of a stamp of another size; None if the network can't take it."""
        sides: tuple[int, int] | None = None

        def stop(maps: Array) -> Array:
            nonlocal sides
            sides = maps.shape[1], maps.shape[2]
            raise _LayerReached

        def predict(stamps: Array) -> Array:
            network = nnx.merge(*parts, copy=True)
            change_feature_maps(network, layer, stop)
            return network(stamps)

        try:
            jax.eval_shape(predict, jax.ShapeDtypeStruct((1, size, size, channels), jnp.float32))
        except Exception:
            # Either the layer was reached, or the network refused this size, with any exception it likes.
            return sides
        return sides

    def along(axis: int) -> Float[np.ndarray, "side"]:
        count = layer.shape[axis]
        reach = 2 * -(-size // count)  # two spacings are enough to see one row less and one more
        smaller, larger = range(max(size - reach, 1), size + 1), range(size + 1, size + reach + 1)
        first = bisect_left(smaller, count, key=lambda size: (map_sides(size) or (0, 0))[axis])
        after = bisect_left(larger, count + 1, key=lambda size: (map_sides(size) or (count + 2, count + 2))[axis])
        row = np.arange(count)
        if first == 0 or after == len(larger) or (map_sides(larger[after]) or (0, 0))[axis] != count + 1:
            return (row + 0.5) * size / count - 0.5
        spacing = larger[after] - smaller[first]
        return (smaller[first] - 1) / 2 + spacing * (row - (count - 1) / 2)

    return along(0), along(1)


def _are_feature_maps(output: Any) -> bool:
    return isinstance(output, jax.Array) and output.ndim == 4


def _depths(network: nnx.Module) -> dict[str, int]:
    """Count the blocks around each module. Lists, sequences of layers and the network itself are not blocks."""
    modules = dict(nnx.iter_modules(network))
    blocks = {path for path, module in modules.items() if callable(module) and not isinstance(module, nnx.Sequential)}
    return {layer_name(path): sum(path[:end] in blocks for end in range(1, len(path))) for path in modules}
