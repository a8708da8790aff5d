"""The same networks in PyTorch, for the benchmarks only: layer by layer as in `galmorph.models`."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["create"]


class Squash(nn.Module):
    """The scaled tanh of LeNet-5."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return 1.7159 * torch.tanh(2 / 3 * x)


class Residual(nn.Module):
    """The convolutions of a block, and a shortcut."""

    def __init__(self, body: nn.Module, inputs: int, features: int, stride: int) -> None:
        super().__init__()
        self.body = body
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != features:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, features, 1, stride, bias=False), nn.BatchNorm2d(features))

    def forward(self, x: Tensor) -> Tensor:
        """Add the output of the convolutions to the maps."""
        return torch.relu_(self.shortcut(x) + self.body(x))


def basic_block(inputs: int, width: int, stride: int) -> nn.Module:
    """Two 3 x 3 convolutions and a shortcut."""
    body = [nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    body += [nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)]
    return Residual(nn.Sequential(*body), inputs, width, stride)


def bottleneck(inputs: int, width: int, stride: int) -> nn.Module:
    """Convolutions 1 x 1, 3 x 3, 1 x 1 and a shortcut."""
    body = [nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    body += [nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    body += [nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)]
    return Residual(nn.Sequential(*body), inputs, 4 * width, stride)


def lenet5(classes: int, channels: int, size: int) -> nn.Module:
    """LeNet-5."""
    side = ((size - 4) // 2 - 4) // 2
    convolutions = [
        nn.Conv2d(channels, 6, 5),
        Squash(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        Squash(),
        nn.AvgPool2d(2),
    ]
    dense = [nn.Linear(16 * side * side, 120), Squash(), nn.Linear(120, 84), Squash(), nn.Linear(84, classes)]
    return nn.Sequential(*convolutions, nn.Flatten(), *dense)


def alexnet(classes: int, channels: int, size: int) -> nn.Module:
    """AlexNet in its single-tower form, for any size of stamp from 63 pixels."""
    if size < 63:
        raise ValueError(f"size: expected at least 63 pixels, got {size}")
    layers: list[nn.Module] = [nn.Conv2d(channels, 64, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)]
    for inputs, features in ((192, 384), (384, 256), (256, 256)):
        layers += [nn.Conv2d(inputs, features, 3, 1, 1), nn.ReLU(inplace=True)]
    layers += [nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(6), nn.Flatten()]
    layers += [nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True)]
    layers += [nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(4096, classes))


def resnet(
    classes: int, channels: int, depths: tuple[int, ...], block: Callable[..., nn.Module], expansion: int
) -> nn.Module:
    """A residual network."""
    layers: list[nn.Module] = [nn.Conv2d(channels, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    layers.append(nn.MaxPool2d(3, 2, 1))
    inputs = 64
    for stage, depth in enumerate(depths):
        for i in range(depth):
            layers.append(block(inputs, 64 * 2**stage, 2 if stage > 0 and i == 0 else 1))
            inputs = 64 * 2**stage * expansion
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))


class DenseLayer(nn.Module):
    """New maps of all maps before: norm, ReLU and convolution, twice."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        body = [nn.BatchNorm2d(inputs), nn.ReLU(inplace=True), nn.Conv2d(inputs, 4 * growth, 1, bias=False)]
        body += [nn.BatchNorm2d(4 * growth), nn.ReLU(inplace=True)]
        self.body = nn.Sequential(*body, nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Append the new maps."""
        return torch.cat([x, self.body(x)], dim=1)


def densenet(classes: int, channels: int, depths: tuple[int, ...], growth: int = 32) -> nn.Module:
    """A densely connected network."""
    features = 2 * growth
    layers: list[nn.Module] = [nn.Conv2d(channels, features, 7, 2, 3, bias=False), nn.BatchNorm2d(features)]
    layers += [nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    for block, depth in enumerate(depths):
        if block > 0:
            layers += [nn.BatchNorm2d(features), nn.ReLU(inplace=True)]
            layers += [nn.Conv2d(features, features // 2, 1, bias=False), nn.AvgPool2d(2)]
            features //= 2
        for _ in range(depth):
            layers.append(DenseLayer(features, growth))
            features += growth
    layers += [nn.BatchNorm2d(features), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(features, classes))


def create(name: str, classes: int, channels: int, size: int) -> nn.Module:
    """Make a network by the name that galmorph gives it."""
    if name == "resnet18":
        return resnet(classes, channels, (2, 2, 2, 2), basic_block, 1)
    if name == "resnet50":
        return resnet(classes, channels, (3, 4, 6, 3), bottleneck, 4)
    if name == "densenet121":
        return densenet(classes, channels, (6, 12, 24, 16))
    return {"lenet5": lenet5, "alexnet": alexnet}[name](classes, channels, size)
