"""Architectures by name."""

from collections.abc import Callable

from flax import nnx

from galmorph._checks import check, check_choice, check_positive_int
from galmorph.models._alexnet import AlexNet
from galmorph.models._dai_tong import DaiTongResNet26
from galmorph.models._densenet import DenseNet121, DenseNet169, DenseNet201, DenseNet264
from galmorph.models._dieleman import DielemanNet, check_side
from galmorph.models._lenet import LeNet5
from galmorph.models._resnet import ResNet18, ResNet34, ResNet50, ResNet101, ResNet152, SmallResNet
from galmorph.models._vgg import VGG16

__all__ = ["ARCHITECTURES", "SIZELESS", "create_model", "parameter_count"]

#: Architectures that take stamps of any size.
SIZELESS: dict[str, Callable[..., nnx.Module]] = {
    "alexnet": AlexNet,
    "vgg16": VGG16,
    "small_resnet": SmallResNet,
    "resnet18": ResNet18,
    "resnet34": ResNet34,
    "resnet50": ResNet50,
    "resnet101": ResNet101,
    "resnet152": ResNet152,
    "resnet26_dai_tong": DaiTongResNet26,
    "densenet121": DenseNet121,
    "densenet169": DenseNet169,
    "densenet201": DenseNet201,
    "densenet264": DenseNet264,
}

#: The names that `create_model` knows.
ARCHITECTURES = ("lenet5", *SIZELESS, "dieleman")

SMALLEST_STAMP = 32


def create_model(name: str, *, classes: int, channels: int, size: int, seed: int = 0) -> nnx.Module:
    """Make a network with random weights.

    Parameters
    ----------
    name
        One of `ARCHITECTURES`.
    classes
        Number of classes, at least 2.
    channels
        Number of channels of the stamps.
    size
        Side of the stamps in pixels, at least 32; 99 for ``"dieleman"``.
    seed
        Random seed of the weights.

    Returns
    -------
    model
        A `flax.nnx.Module`; ``model(images)`` takes float32 of shape ``(batch, size, size, channels)`` and returns
        logits of shape ``(batch, classes)``.

    Raises
    ------
    InvalidValueError
        If the name is unknown, or a number is too small.

    Examples
    --------
    >>> from galmorph.models import create_model, parameter_count
    >>> parameter_count(create_model("lenet5", classes=10, channels=1, size=32))
    61706
    """
    check_choice("name", name, ARCHITECTURES)
    check_positive_int("channels", channels)
    check(classes >= 2, f"classes: expected at least 2, got {classes}; with one class there is nothing to learn")
    check(
        size >= SMALLEST_STAMP,
        f"size: expected stamps of at least {SMALLEST_STAMP} pixels, got {size}; make the recipe's size larger",
    )
    rngs = nnx.Rngs(params=seed, dropout=seed)
    if name == "lenet5":
        return LeNet5(classes, channels=channels, size=size, rngs=rngs)
    if name == "dieleman":
        check_side(size)
        return DielemanNet(classes, channels=channels, rngs=rngs)
    return SIZELESS[name](classes, channels=channels, rngs=rngs)


def parameter_count(model: nnx.Module) -> int:
    """Number of weights that training changes, without the running statistics of batch norm.

    Parameters
    ----------
    model
        Any `flax.nnx.Module`.

    Returns
    -------
    count
        Number of weights.
    """
    return sum(leaf.size for leaf in nnx.to_flat_state(nnx.state(model, nnx.Param)).leaves)
