"""Interception of the layers of a network: a hook sees what goes into each of them and what comes out."""

from collections.abc import Callable
from typing import Any

from flax import nnx

__all__ = ["intercept", "layer_name"]


def layer_name(path: tuple[Any, ...]) -> str:
    """Name a layer by its place: ``"blocks.0.conv1"`` is ``model.blocks[0].conv1``."""
    return ".".join(map(str, path))


def intercept(network: nnx.Module, hook: Callable[[str, tuple[Any, ...], Any], Any]) -> None:
    """Pass each call of a layer through ``hook(name, inputs, output)``, and continue with what it returns.

    Parameters
    ----------
    network
        The network; it is changed.
    hook
        Called for each layer but the network itself, in the order in which they return.
    """
    modules = dict(nnx.iter_modules(network))
    for path, module in modules.items():
        if path and callable(module):
            parent, name = modules[path[:-1]], path[-1]
            hooked = _hooked(layer_name(path), module, hook)
            if isinstance(parent, nnx.List) and isinstance(name, int):
                parent[name] = hooked
            else:
                setattr(parent, str(name), hooked)


def _hooked(
    name: str, layer: Callable[..., Any], hook: Callable[[str, tuple[Any, ...], Any], Any]
) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        return hook(name, args, layer(*args, **options))

    return call
