"""Checks of a network: that it is one of Flax NNX, and works as galmorph calls it."""

import inspect

from flax import linen, nnx
from jax.extend.core import Jaxpr, JaxprEqn, Var

from galmorph._checks import check

__all__ = ["check_network", "ends_in_probabilities", "initial_statistics", "mode_arguments"]

# Arguments by which networks are told to train or to evaluate, in Flax Linen and elsewhere.
_MODES = ("train", "training", "is_training", "deterministic", "use_running_average", "inference", "eval")


def check_network(model: object) -> None:
    """Raise `InvalidValueError` unless an argument is a network of Flax NNX, not a class or one of Flax Linen."""
    if isinstance(model, type):
        got, hint = f"the class {model.__name__}", f"; make an instance, {model.__name__}(...)"
    elif isinstance(model, linen.Module):
        got, hint = f"the Linen module {type(model).__name__}", "; wrap it with flax.nnx.bridge.ToNNX and lazy_init"
    else:
        got, hint = f"a {type(model).__name__}", ""
    check(isinstance(model, nnx.Module), f"model: expected a flax.nnx.Module, got {got}{hint}")


def mode_arguments(model: nnx.Module) -> list[str]:
    """Names of the arguments that tell a network to train or to evaluate. galmorph passes stamps alone."""
    return [name for name in inspect.signature(type(model).__call__).parameters if name in _MODES]


def initial_statistics(model: nnx.Module, steps: int) -> tuple[str, float, float]:
    """Find the batch norm whose running statistics have learned least after so many steps.

    Returns
    -------
    layer
        Its name; empty if there is none.
    momentum
        Its momentum.
    left
        Weight that its initial values, 0 and 1, still have: the momentum to the power of the steps.
    """
    norms = [(path, node) for path, node in nnx.iter_graph(model) if isinstance(node, nnx.BatchNorm)]
    if not norms:
        return "", 0.0, 0.0
    path, norm = max(norms, key=lambda found: float(found[1].momentum))
    return ".".join(map(str, path)), float(norm.momentum), float(norm.momentum) ** steps


def ends_in_probabilities(jaxpr: Jaxpr) -> bool:
    """Whether the last operation of a network is a sigmoid, or the division of a softmax."""
    last = _source(jaxpr, jaxpr.outvars[0])
    if last is None:
        return False
    for inner in ("jaxpr", "call_jaxpr"):  # a function within: of jit, or with its own derivative
        if inner in last.params:
            within = last.params[inner]
            return ends_in_probabilities(getattr(within, "jaxpr", within))
    if last.primitive.name == "div":
        numerator = _source(jaxpr, last.invars[0])
        return numerator is not None and numerator.primitive.name == "exp"
    return last.primitive.name == "logistic"


def _source(jaxpr: Jaxpr, value: object) -> JaxprEqn | None:
    """Find the operation that gives a value; None for an argument or a constant."""
    if not isinstance(value, Var):
        return None
    return next((step for step in jaxpr.eqns if value in step.outvars), None)
