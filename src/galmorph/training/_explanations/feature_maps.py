"""Maps: what the layers of a network make of a stamp on its way, and where on the stamp each of their pixels looks."""

from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from galmorph.training._engine.state import Parts

__all__ = ["MapLayer", "at_layer", "map_layers", "places"]


class MapLayer(NamedTuple):
    """A layer, or a block of layers, that makes maps.

    Parameters
    ----------
    name
        Where it is in the model: ``"blocks.0.conv1"`` is ``model.blocks[0].conv1``.
    shape
        Of its maps of one stamp: ``(height, width, features)``.
    calls
        How often a stamp passes it. The last time counts.
    depth
        Number of blocks that it is a part of.
    """

    name: str
    shape: tuple[int, int, int]
    calls: int
    depth: int


class _Reached(Exception):  # noqa: N818 (no error: it ends a trace early)
    """The layer has answered, and the rest of the network does not matter."""


def map_layers(parts: Parts, shape: tuple[int, int, int]) -> dict[str, MapLayer]:
    """List the layers that make maps of a stamp ``(size, size, channels)``, in the order in which they are done."""
    shapes: dict[str, list[tuple[int, int, int]]] = {}
    depths: dict[str, int] = {}

    def hear(name: str, output: Any) -> Any:
        if _is_maps(output):
            shapes[name] = [*shapes.pop(name, []), output.shape[1:]]
        return output

    def predict(stamps: Array) -> Array:
        network = nnx.merge(*parts, copy=True)
        depths.update(_depths(network))
        _listen(network, hear)
        return network(stamps)

    jax.eval_shape(predict, jax.ShapeDtypeStruct((1, *shape), jnp.float32))
    return {name: MapLayer(name, each[-1], len(each), depths[name]) for name, each in shapes.items()}


def at_layer(network: nnx.Module, layer: MapLayer, change: Callable[[Array], Array]) -> None:
    """Let a network pass on what a function makes of the maps of a layer."""
    calls = 0

    def hear(name: str, output: Any) -> Any:
        nonlocal calls
        if name == layer.name and _is_maps(output):
            calls += 1
            return change(output) if calls == layer.calls else output
        return output

    _listen(network, hear)


def places(
    parts: Parts, layer: MapLayer, shape: tuple[int, int, int]
) -> tuple[Float[np.ndarray, "height"], Float[np.ndarray, "width"]]:
    """Find where on a stamp the rows and columns of maps have their centres, in pixels of the stamp.

    Spreading a map over the stamp would shift and stretch it, by half a stamp in the worst case: maps of a network
    with strides begin at the first pixel of the stamp, those without padding leave out its margin. Only the sizes of
    maps are needed to know better. The smallest stamp that has a map of N rows is covered evenly by them, so that the
    middle of the map is its middle; and the smallest stamp that has one row more is larger by their spacing. Larger
    stamps show the network the same first pixels.

    This holds for layers that pad the same on both sides. Where the sizes tell nothing, because the network takes
    stamps of one size only, the map is spread over the stamp.
    """
    size, _, channels = shape

    @cache
    def sides(size: int) -> tuple[int, int] | None:
        sides: tuple[int, int] | None = None

        def stop(maps: Array) -> Array:
            nonlocal sides
            sides = maps.shape[1], maps.shape[2]
            raise _Reached

        def predict(stamps: Array) -> Array:
            network = nnx.merge(*parts, copy=True)
            at_layer(network, layer, stop)
            return network(stamps)

        try:
            jax.eval_shape(predict, jax.ShapeDtypeStruct((1, size, size, channels), jnp.float32))
        except Exception:
            # Either the layer was reached, or the network takes no stamps of this size, for any reason of its own.
            return sides
        return sides

    def along(axis: int) -> Float[np.ndarray, "side"]:
        count = layer.shape[axis]
        reach = 2 * -(-size // count)
        smaller, larger = range(max(size - reach, 1), size + 1), range(size + 1, size + reach + 1)
        first = bisect_left(smaller, count, key=lambda size: (sides(size) or (0, 0))[axis])
        after = bisect_left(larger, count + 1, key=lambda size: (sides(size) or (count + 2, count + 2))[axis])
        row = np.arange(count)
        if first == 0 or after == len(larger) or (sides(larger[after]) or (0, 0))[axis] != count + 1:
            return (row + 0.5) * size / count - 0.5
        spacing = larger[after] - smaller[first]
        return (smaller[first] - 1) / 2 + spacing * (row - (count - 1) / 2)

    return along(0), along(1)


def _is_maps(output: Any) -> bool:
    return isinstance(output, jax.Array) and output.ndim == 4


def _name(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def _depths(network: nnx.Module) -> dict[str, int]:
    """Count for each module the blocks around it. Lists and sequences of layers are no blocks, nor is the network."""
    modules = dict(nnx.iter_modules(network))
    blocks = {path for path, module in modules.items() if callable(module) and not isinstance(module, nnx.Sequential)}
    return {_name(path): sum(path[:end] in blocks for end in range(1, len(path))) for path in modules}


def _listen(network: nnx.Module, hear: Callable[[str, Any], Any]) -> None:
    """Replace each layer by a function that calls it and returns what `hear` makes of its name and its output."""
    modules = dict(nnx.iter_modules(network))
    for path, module in modules.items():
        if path and callable(module):
            parent, name = modules[path[:-1]], path[-1]
            heard = _heard(_name(path), module, hear)
            if isinstance(parent, nnx.List) and isinstance(name, int):
                parent[name] = heard
            else:
                setattr(parent, str(name), heard)


def _heard(name: str, layer: Callable[..., Any], hear: Callable[[str, Any], Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        return hear(name, layer(*args, **options))

    return call
