"""The check that an argument is a network of Flax NNX."""

from flax import linen, nnx

from galmorph._checks import check

__all__ = ["check_network"]


def check_network(model: object) -> None:
    """Raise `InvalidValueError` unless an argument is a network of Flax NNX, not a class or one of Flax Linen."""
    if isinstance(model, type):
        got, hint = f"the class {model.__name__}", f"; make an instance, {model.__name__}(...)"
    elif isinstance(model, linen.Module):
        got, hint = f"the Linen module {type(model).__name__}", "; wrap it with flax.nnx.bridge.ToNNX and lazy_init"
    else:
        got, hint = f"a {type(model).__name__}", ""
    check(isinstance(model, nnx.Module), f"model: expected a flax.nnx.Module, got {got}{hint}")
