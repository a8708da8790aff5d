"""TrainConfig: everything that training does, in one frozen value."""

from dataclasses import dataclass, field

import jax
import optax

from galmorph._checks import check, check_between, check_positive, check_positive_int
from galmorph.preprocessing import Augmentation

__all__ = ["TrainConfig"]


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a network learns: AdamW, a learning rate that warms up and falls as a cosine, augmentation on the device.

    Parameters
    ----------
    epochs
        How often each galaxy is seen.
    batch_size
        Galaxies in a step.
    learning_rate
        Largest step size of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).
    warmup
        Part of the training over which the learning rate rises from zero; afterwards it falls to zero as half a cosine
        (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts).
    weight_decay
        Strength of AdamW's decay, on kernels alone: biases and the scales of norms are left as they are.
    label_smoothing
        Part of the target that is spread over all classes (Szegedy et al. 2016, arXiv:1512.00567, section 7).
    augmentation
        What may happen to a stamp when it is seen.
    keep_best
        Where there is a validation set: keep the weights of the epoch with the lowest validation loss, not the last.
    seed
        The same seed on the same machine gives the same weights, bit for bit.

    Raises
    ------
    InvalidValueError
        If a number is out of range.
    """

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup: float = 0.1
    weight_decay: float = 1e-2
    label_smoothing: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    keep_best: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        check_positive_int("epochs", self.epochs)
        check_positive_int("batch_size", self.batch_size)
        check_positive("learning_rate", self.learning_rate)
        check_between("warmup", self.warmup, 0, 0.9)
        check(self.weight_decay >= 0, f"weight_decay: expected 0 or more, got {self.weight_decay!r}")
        check_between("label_smoothing", self.label_smoothing, 0, 0.9)
        check(self.seed >= 0, f"seed: expected 0 or more, got {self.seed!r}")

    def schedule(self, steps: int) -> optax.Schedule:
        """Learning rate as a function of the step, for a training of so many steps in all."""
        return optax.warmup_cosine_decay_schedule(
            init_value=0.0 if self.warmup else self.learning_rate,
            peak_value=self.learning_rate,
            warmup_steps=round(self.warmup * steps),
            decay_steps=max(steps, 1),
        )

    def optimizer(self, steps: int) -> optax.GradientTransformation:
        """AdamW with the schedule, for a training of so many steps in all."""
        return optax.adamw(self.schedule(steps), weight_decay=self.weight_decay, mask=_is_kernel)


def _is_kernel(params: optax.Params) -> optax.Params:
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)
