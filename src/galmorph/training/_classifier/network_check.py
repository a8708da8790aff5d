"""Checks of a network: that it is one of Flax NNX, and that it ends in logits."""

from flax import linen, nnx
from jax.extend.core import Jaxpr, JaxprEqn, Var

from galmorph._checks import check

__all__ = ["check_network", "ends_in_probabilities"]


def check_network(model: object) -> None:
    """Raise `InvalidValueError` unless an argument is a network of Flax NNX, not a class or one of Flax Linen."""
    if isinstance(model, type):
        got, hint = f"the class {model.__name__}", f"; make an instance, {model.__name__}(...)"
    elif isinstance(model, linen.Module):
        got, hint = f"the Linen module {type(model).__name__}", "; wrap it with flax.nnx.bridge.ToNNX and lazy_init"
    else:
        got, hint = f"a {type(model).__name__}", ""
    check(isinstance(model, nnx.Module), f"model: expected a flax.nnx.Module, got {got}{hint}")


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
