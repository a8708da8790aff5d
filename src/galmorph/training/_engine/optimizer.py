"""Optimisers, and schedules of the learning rate."""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import optax

from galmorph.training._engine.layers import in_layers

__all__ = ["OPTIMIZERS", "SCHEDULES", "Optimizer", "by_layer", "cosine", "make_optimizer", "steps"]

#: Function of a schedule and the strength of the weight decay that returns an optimiser.
Optimizer = Callable[[optax.Schedule, float], optax.GradientTransformation]

MOMENTUM = 0.9
FALLS = (0.5, 0.75)  # fractions of the training at which the schedule "steps" falls
FACTOR = 0.1  # of each fall


def cosine(peak: float, total: int, warmup: int) -> optax.Schedule:
    """Rise from zero, then fall to zero as half a cosine.

    Loshchilov & Hutter (2017, arXiv:1608.03983), equation 5, without restarts; the rise follows Goyal et al. (2017,
    arXiv:1706.02677, section 2.2).
    """
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0 if warmup else peak, peak_value=peak, warmup_steps=warmup, decay_steps=max(total, 1)
    )


def steps(peak: float, total: int, warmup: int, every: int | None = None) -> optax.Schedule:
    """Rise from zero, then fall to a tenth: after half of the training and three quarters, or again and again."""
    falls = [round(fraction * total) for fraction in FALLS] if every is None else range(every, total, every)
    falling = optax.piecewise_constant_schedule(peak, {fall - warmup: FACTOR for fall in falls})
    return _after_warmup(falling, peak, warmup)


def constant(peak: float, total: int, warmup: int) -> optax.Schedule:  # noqa: ARG001 (all schedules know their length)
    """Rise from zero, then stay constant."""
    return _after_warmup(optax.constant_schedule(peak), peak, warmup)


def adamw(schedule: optax.Schedule, weight_decay: float) -> optax.GradientTransformation:
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) with the usual constants."""
    return optax.adamw(schedule, weight_decay=weight_decay, mask=_is_kernel)


def sgd(schedule: optax.Schedule, weight_decay: float) -> optax.GradientTransformation:
    """Gradient descent with Nesterov's momentum of 0.9 (Sutskever et al. 2013, ICML); the decay joins the gradient."""
    return optax.chain(
        optax.add_decayed_weights(weight_decay, mask=_is_kernel), optax.sgd(schedule, MOMENTUM, nesterov=True)
    )


SCHEDULES: dict[str, Callable[..., optax.Schedule]] = {"cosine": cosine, "steps": steps, "constant": constant}
OPTIMIZERS = {"adamw": adamw, "sgd": sgd}


def make_optimizer(
    optimizer: str | Optimizer, schedule: optax.Schedule, *, weight_decay: float, gradient_clip: float | None
) -> optax.GradientTransformation:
    """Make the optimiser of a `galmorph.training.TrainConfig`; the norm of all gradients is clipped first."""
    make = OPTIMIZERS[optimizer] if isinstance(optimizer, str) else optimizer
    update = make(schedule, weight_decay)
    return update if gradient_clip is None else optax.chain(optax.clip_by_global_norm(gradient_clip), update)


def by_layer(
    optimizer: optax.GradientTransformation, *, frozen: Iterable[str], new: Iterable[str] | None, kept_rate: float
) -> optax.GradientTransformation:
    """Let an optimiser leave frozen layers alone, of which it then keeps no moments, and change kept layers slowly.

    Parameters
    ----------
    optimizer
        The optimiser.
    frozen
        Names of layers whose updates are zero.
    new
        Names of layers with the full learning rate; None for all.
    kept_rate
        Factor of the updates of the others.
    """
    frozen = tuple(frozen)
    if frozen:
        learn = optax.masked(optimizer, lambda params: _negated(in_layers(params, frozen)))
        optimizer = optax.chain(learn, optax.masked(optax.set_to_zero(), lambda params: in_layers(params, frozen)))
    if new is not None and kept_rate != 1:
        whole = tuple(new)
        slow = optax.masked(optax.scale(kept_rate), lambda params: _negated(in_layers(params, whole)))
        optimizer = optax.chain(optimizer, slow)
    return optimizer


def _negated(tree: Any) -> Any:
    return jax.tree.map(lambda value: not value, tree)


def _after_warmup(schedule: optax.Schedule, peak: float, warmup: int) -> optax.Schedule:
    return optax.join_schedules([optax.linear_schedule(0.0, peak, warmup), schedule], [warmup]) if warmup else schedule


def _is_kernel(params: optax.Params) -> optax.Params:
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)
