"""The configuration of a training."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import optax
from flax import nnx

from galmorph._checks import (
    check,
    check_between,
    check_choice,
    check_flag,
    check_not_negative,
    check_positive,
    check_positive_int,
    check_seed,
)
from galmorph.preprocessing import Augmentation
from galmorph.training._engine.layers import check_frozen
from galmorph.training._engine.optimizer import OPTIMIZERS, SCHEDULES, Optimizer, by_layer, make_optimizer
from galmorph.training._engine.scaling import SCALINGS
from galmorph.training._soft_labels.soft_labels import SoftLabels

__all__ = ["TrainConfig"]


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Configuration of a training. By default AdamW, a learning rate with warm-up and cosine decay, and augmentation.

    Parameters
    ----------
    epochs
        Number of passes over the training set.
    batch_size
        Number of galaxies in a step, over all devices together.
    optimizer
        ``"adamw"`` (Loshchilov & Hutter 2019), ``"sgd"`` (with Nesterov's momentum of 0.9), or a function of your own
        that takes a schedule and the weight decay, and returns an `optax.GradientTransformation`.
    learning_rate
        Largest learning rate.
    schedule
        Learning rate after the warm-up: ``"cosine"`` (falls to zero as half a cosine), ``"steps"`` (falls to a tenth
        after half of the training, and again after three quarters; or as `decay_steps` says) or ``"constant"``.
    decay_steps
        Number of steps after which the schedule ``"steps"`` falls to a tenth, again and again; None for its two falls.
    warmup
        Fraction of the training during which the learning rate rises from zero.
    weight_decay
        Strength of the weight decay. It applies to kernels only, not to biases and the scales of norms.
    gradient_clip
        Largest norm of all gradients together; None for no limit.
    label_smoothing
        Fraction of the target that is spread over all classes (Szegedy et al. 2016, arXiv:1512.00567, section 7).
    class_weighting
        Whether to weight the loss of each galaxy by the inverse frequency of its class, so that rare classes count as
        much as others. Probabilities are then those of a sample with equally frequent classes.
    balanced_sampling
        Whether to show each class equally often, with galaxies of rare classes repeated. The effect on probabilities
        is the same. Both options together count rare classes twice; `train` warns of that.
    mixup
        Strength alpha of mixup (Zhang et al. 2018, arXiv:1710.09412): pairs of stamps and targets are mixed with a
        weight from Beta(alpha, alpha). 0 for no mixup.
    weight_average
        Decay per step of an exponential moving average of the weights. Validation, the choice of the best epoch and
        the classifier then use the average. 0 for no average; 0.999 is usual in long trainings.
    precision
        Type in which the network computes during training: ``"float32"``, ``"bfloat16"``, or ``"auto"``, which is
        bfloat16 on accelerators and float32 on CPUs. Weights, sums, losses, the statistics of batch norm and
        predictions are always float32.
    scaling
        Which mean and standard deviation scale the stamps: those of each channel over the ``"dataset"`` of the
        training, or each ``"stamp"`` its own, over its pixels and channels together. The second hides the brightness of
        a stamp and the strength of its contrast from the network. A classifier that is fine-tuned keeps its scaling.
    frozen
        Names of layers whose weights stay as they are, as `galmorph.models.summary` gives them: ``"blocks.0"`` is the
        first block with everything in it. Their batch norms use their running statistics, and do not change them.
    kept_rate
        Factor of the learning rate for the weights that a fine-tuned classifier brings: for all but a last layer that
        was made for new classes. Without a classifier to start from, it has no effect.
    augmentation
        Random changes of each stamp in training. Validation is never augmented.
    keep_best
        Whether to keep the weights of the epoch with the lowest validation loss, instead of the last epoch. Without a
        validation set, the last epoch is kept.
    patience
        Number of epochs without a lower validation loss after which the training stops; None for no limit. Without a
        validation set it has no effect.
    soft_labels
        Votes to learn from in place of the labels, in columns of the data set's table; also of the validation set,
        whose loss is then measured in the same way. Accuracies count answers that are the class with most votes while
        training, and those that are the label in validation. With counts, `label_smoothing`, `class_weighting` and
        `mixup` can't be used.
    seed
        Random seed. The same seed on the same machine gives the same weights, bit for bit. On a GPU, XLA chooses
        kernels by trying them, and some kernels are not deterministic
        (``XLA_FLAGS=--xla_gpu_deterministic_ops=true``).

    Raises
    ------
    InvalidValueError
        If an option is of the wrong type, a number is out of range or a name unknown.
    """

    epochs: int = 20
    batch_size: int = 64
    optimizer: str | Optimizer = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    decay_steps: int | None = None
    warmup: float = 0.1
    weight_decay: float = 1e-2
    gradient_clip: float | None = None
    label_smoothing: float = 0.0
    class_weighting: bool = False
    balanced_sampling: bool = False
    mixup: float = 0.0
    weight_average: float = 0.0
    precision: str = "auto"
    scaling: str = "dataset"
    frozen: tuple[str, ...] = ()
    kept_rate: float = 1.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    keep_best: bool = True
    patience: int | None = None
    soft_labels: SoftLabels | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.generic):  # JSON can't hold NumPy's numbers
                object.__setattr__(self, name, value.item())
        check_positive_int("epochs", self.epochs)
        check_positive_int("batch_size", self.batch_size)
        if isinstance(self.optimizer, str):
            check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check(
            callable(self.optimizer) or isinstance(self.optimizer, str),
            f"optimizer: expected a name, or a function of a schedule and the weight decay, got {self.optimizer!r}",
        )
        check_positive("learning_rate", self.learning_rate)
        check_choice("schedule", self.schedule, SCHEDULES)
        if self.decay_steps is not None:
            check_positive_int("decay_steps", self.decay_steps)
            check(
                self.schedule == "steps",
                f"decay_steps: expected None for the schedule {self.schedule!r}, which has no steps, got "
                f'{self.decay_steps}; choose schedule="steps"',
            )
        check_between("warmup", self.warmup, 0, 0.9)
        check_not_negative("weight_decay", self.weight_decay)
        if self.gradient_clip is not None:
            check_positive("gradient_clip", self.gradient_clip)
        check_between("label_smoothing", self.label_smoothing, 0, 0.9)
        check_not_negative("mixup", self.mixup)
        check_between("weight_average", self.weight_average, 0, 0.99999)
        check_choice("precision", self.precision, ("auto", "float32", "bfloat16"))
        check_choice("scaling", self.scaling, SCALINGS)
        frozen: object = self.frozen
        check(
            isinstance(frozen, list | tuple) and all(isinstance(name, str) for name in frozen),
            f'frozen: expected names of layers, as a tuple, got {frozen!r}; write frozen=("conv", "blocks.0")',
        )
        object.__setattr__(self, "frozen", tuple(self.frozen))
        check_positive("kept_rate", self.kept_rate)
        check(
            isinstance(self.augmentation, Augmentation),
            f"augmentation: expected an Augmentation, got {self.augmentation!r}",
        )
        for name in ("class_weighting", "balanced_sampling", "keep_best"):
            check_flag(name, getattr(self, name))
        if self.patience is not None:
            check_positive_int("patience", self.patience)
        check_seed("seed", self.seed)
        soft: object = self.soft_labels
        check(
            soft is None or isinstance(soft, SoftLabels),
            f"soft_labels: expected a SoftLabels, which names columns, got {soft!r}; SoftLabels.add makes one of an "
            "array",
        )
        if self.soft_labels is not None and self.soft_labels.kind == "counts":
            for name in ("label_smoothing", "class_weighting", "mixup"):
                check(
                    not getattr(self, name),
                    f"{name}: expected no change of the targets with soft labels of counts, got "
                    f"{getattr(self, name)!r}; "
                    'leave it out, or use soft labels of fractions (kind="fractions")',
                )

    def learning_rates(self, steps: int) -> optax.Schedule:
        """Learning rate as a function of the step, for a training of `steps` steps."""
        make = SCHEDULES[self.schedule]
        if self.decay_steps is not None:
            make = partial(make, every=self.decay_steps)
        return make(self.learning_rate, steps, round(self.warmup * steps))

    def make_optimizer(self, steps: int, *, new: Iterable[str] | None = None) -> optax.GradientTransformation:
        """Optimiser with its schedule, for a training of `steps` steps.

        Parameters
        ----------
        steps
            Number of steps.
        new
            Names of the layers that start at random, of a network whose other layers have learned before; None if no
            layer has. `kept_rate` applies to the others.
        """
        optimizer = make_optimizer(
            self.optimizer,
            self.learning_rates(steps),
            weight_decay=self.weight_decay,
            gradient_clip=self.gradient_clip,
        )
        return by_layer(optimizer, frozen=self.frozen, new=new, kept_rate=self.kept_rate)

    def check_frozen(self, model: nnx.Module, new: Sequence[str] = ()) -> None:
        """Check that `frozen` names layers of a network, and leaves something to learn.

        Parameters
        ----------
        model
            The network.
        new
            Names of the layers that start at random, which can't be frozen.

        Raises
        ------
        InvalidValueError
            If a name is no layer with weights, a new layer would be frozen, or all layers are.
        """
        check_frozen(model, self.frozen, new)

    def to_dict(self) -> dict[str, Any]:
        """Describe the configuration in values that JSON can store; functions of your own by their names.

        `decay_steps`, `scaling`, `frozen`, `kept_rate` and `soft_labels` are left out if they have their defaults. So
        descriptions, and the hashes of plans and checkpoints, are those of earlier versions, which did not have them.
        """
        described = {**vars(self), "frozen": list(self.frozen), "augmentation": self.augmentation.to_dict()}
        if self.soft_labels is not None:
            described["soft_labels"] = self.soft_labels.to_dict()
        for name, default in (
            ("decay_steps", None),
            ("scaling", "dataset"),
            ("frozen", []),
            ("kept_rate", 1.0),
            ("soft_labels", None),
        ):
            if described[name] == default:
                del described[name]
        if not isinstance(self.optimizer, str):
            described["optimizer"] = getattr(self.optimizer, "__qualname__", repr(self.optimizer))
        return described
