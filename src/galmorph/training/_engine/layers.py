"""Layers by name: ``"blocks.0"`` is ``model.blocks[0]``, with everything in it, as in `galmorph.models.summary`."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import jax
from flax import nnx

from galmorph._checks import check

__all__ = ["check_frozen", "in_layers", "use_running_statistics"]


def in_layers(tree: Any, layers: Iterable[str]) -> Any:
    """Say for each array of a network's state whether it is in one of the layers.

    Parameters
    ----------
    tree
        State of a network, such as its weights.
    layers
        Names of layers.

    Returns
    -------
    inside
        The same structure, with True or False for each array.
    """
    chosen = [_parts(name) for name in layers]
    return jax.tree_util.tree_map_with_path(lambda path, _: _is_in(tuple(map(_key, path)), chosen), tree)


def use_running_statistics(view: nnx.Module, layers: Iterable[str]) -> None:
    """Make the batch norms in some layers of a training view use their running statistics, and not change them."""
    chosen = [_parts(name) for name in layers]
    for path, module in nnx.iter_modules(view):
        if isinstance(module, nnx.BatchNorm) and _is_in(tuple(map(str, path)), chosen):
            module.use_running_average = True


def check_frozen(model: nnx.Module, frozen: Sequence[str], new: Sequence[str]) -> None:
    """Check that ``TrainConfig.frozen`` names layers of a network, and leaves something to learn.

    Parameters
    ----------
    model
        The network.
    frozen
        Names of layers that are frozen.
    new
        Names of layers that were made for this training.

    Raises
    ------
    InvalidValueError
        If a name is no layer with weights, a new layer would be frozen, or all layers are.
    """
    paths = [tuple(map(str, path)) for path, _ in nnx.to_flat_state(nnx.state(model, nnx.Param))]
    chosen = [_parts(name) for name in frozen]
    unknown = [name for name in frozen if not any(_is_in(path, [_parts(name)]) for path in paths)]
    check(
        not unknown,
        f"frozen: expected layers of this {type(model).__name__}, which are {_listed(paths)}, got {', '.join(unknown)}",
    )
    random = [name for name in new if any(_is_in(_parts(name), [one]) or _is_in(one, [_parts(name)]) for one in chosen)]
    check(
        not random,
        f"frozen: expected layers that have learned, got {', '.join(random)}, which is new for these classes and "
        "starts at random; leave it out",
    )
    check(
        not all(_is_in(path, chosen) for path in paths),
        f"frozen: expected some of the layers {_listed(paths)}, got all of them; leave out what should learn",
    )


def _parts(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _is_in(path: tuple[str, ...], layers: Iterable[tuple[str, ...]]) -> bool:
    return any(path[: len(layer)] == layer for layer in layers)


def _key(entry: Any) -> str:
    return str(next(getattr(entry, name) for name in ("key", "idx", "name") if hasattr(entry, name)))


def _listed(paths: Sequence[tuple[str, ...]]) -> str:
    """List the attributes of a network that have weights, and for lists the first and the last place."""
    names = []
    for top, group in groupby(sorted({path[:2] for path in paths}), key=lambda path: path[0]):
        places = sorted(int(path[1]) for path in group if len(path) > 1 and path[1].isdigit())
        names.append(f"{top}.{places[0]} to {top}.{places[-1]}" if len(places) > 1 else top)
    return ", ".join(names)
