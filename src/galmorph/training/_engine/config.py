"""TrainConfig: everything that training does, in one frozen value."""

from dataclasses import asdict, dataclass, field
from typing import Any

import optax

from galmorph._checks import check, check_between, check_choice, check_positive, check_positive_int
from galmorph.preprocessing import Augmentation
from galmorph.training._engine.optimizer import OPTIMIZERS, SCHEDULES, Optimizer, make_optimizer

__all__ = ["TrainConfig"]


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a network learns: by default AdamW, a learning rate that warms up and falls as a cosine, and augmentation.

    Parameters
    ----------
    epochs
        How often each galaxy is seen.
    batch_size
        Galaxies in a step, over all devices together.
    optimizer
        ``"adamw"`` (Loshchilov & Hutter 2019), ``"sgd"`` (with Nesterov's momentum of 0.9), or a function of your own
        that takes a schedule and the weight decay and returns an `optax.GradientTransformation`.
    learning_rate
        Largest step size.
    schedule
        How the learning rate goes on after warming up: ``"cosine"`` (to zero, as half a cosine), ``"steps"`` (to a
        tenth after half of the training and again after three quarters) or ``"constant"``.
    warmup
        Part of the training over which the learning rate rises from zero.
    weight_decay
        Strength of the decay, on kernels alone: biases and the scales of norms are left as they are.
    gradient_clip
        Largest norm of all gradients together, or None for no limit.
    label_smoothing
        Part of the target that is spread over all classes (Szegedy et al. 2016, arXiv:1512.00567, section 7).
    class_weighting
        Weigh each galaxy's loss by the inverse of its class's frequency, so that rare classes count as much as others.
        Probabilities are then those of a sample with equally frequent classes.
    balanced_sampling
        Show each class equally often, galaxies of rare classes repeatedly. The effect on probabilities is the same;
        both together count rare classes twice, which is warned of.
    mixup
        Strength alpha of mixup (Zhang et al. 2018, arXiv:1710.09412): pairs of stamps and targets are mixed with a
        weight from Beta(alpha, alpha). 0 is off.
    weight_average
        Decay per step of an exponential moving average of the weights, which then validates, is chosen and predicts.
        0 is off; 0.999 is usual in long trainings.
    precision
        What the network computes in while it learns: ``"float32"``, ``"bfloat16"``, or ``"auto"``, which is bfloat16 on
        accelerators and float32 on CPUs. Weights, sums, losses and batch norm's statistics are float32 always, and so
        are predictions.
    augmentation
        What may happen to a stamp when it is seen. Validation is never augmented.
    keep_best
        Where there is a validation set: keep the weights of the epoch with the lowest validation loss, not the last.
    patience
        Where there is a validation set: stop after so many epochs without a lower validation loss. None is never.
    seed
        The same seed on the same machine gives the same weights, bit for bit; on a GPU, where XLA chooses between
        kernels by trying them, as far as these allow (``XLA_FLAGS=--xla_gpu_deterministic_ops=true``).

    Raises
    ------
    InvalidValueError
        If a number is out of range or a name unknown.
    """

    epochs: int = 20
    batch_size: int = 64
    optimizer: str | Optimizer = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    warmup: float = 0.1
    weight_decay: float = 1e-2
    gradient_clip: float | None = None
    label_smoothing: float = 0.0
    class_weighting: bool = False
    balanced_sampling: bool = False
    mixup: float = 0.0
    weight_average: float = 0.0
    precision: str = "auto"
    augmentation: Augmentation = field(default_factory=Augmentation)
    keep_best: bool = True
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        check_positive_int("epochs", self.epochs)
        check_positive_int("batch_size", self.batch_size)
        if isinstance(self.optimizer, str):
            check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check_positive("learning_rate", self.learning_rate)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_between("warmup", self.warmup, 0, 0.9)
        check(self.weight_decay >= 0, f"weight_decay: expected 0 or more, got {self.weight_decay!r}")
        if self.gradient_clip is not None:
            check_positive("gradient_clip", self.gradient_clip)
        check_between("label_smoothing", self.label_smoothing, 0, 0.9)
        check(self.mixup >= 0, f"mixup: expected 0 or more, got {self.mixup!r}")
        check_between("weight_average", self.weight_average, 0, 0.99999)
        check_choice("precision", self.precision, ("auto", "float32", "bfloat16"))
        if self.patience is not None:
            check_positive_int("patience", self.patience)
        check(self.seed >= 0, f"seed: expected 0 or more, got {self.seed!r}")

    def learning_rates(self, steps: int) -> optax.Schedule:
        """Learning rate as a function of the step, for a training of so many steps in all."""
        return SCHEDULES[self.schedule](self.learning_rate, steps, round(self.warmup * steps))

    def make_optimizer(self, steps: int) -> optax.GradientTransformation:
        """Optimiser with its schedule, for a training of so many steps in all."""
        return make_optimizer(
            self.optimizer,
            self.learning_rates(steps),
            weight_decay=self.weight_decay,
            gradient_clip=self.gradient_clip,
        )

    def to_dict(self) -> dict[str, Any]:
        """Describe the configuration in values that JSON can hold; an optimiser of your own by its name."""
        described = asdict(self)
        if not isinstance(self.optimizer, str):
            described["optimizer"] = getattr(self.optimizer, "__qualname__", repr(self.optimizer))
        return described
