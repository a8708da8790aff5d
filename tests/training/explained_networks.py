"""Networks to explain: all architectures, narrow, and networks whose maps are known by arithmetic."""

from functools import cache

import jax.numpy as jnp
import numpy as np
from flax import nnx
from small_networks import drawn, with_drawn_weights

from galmorph.models import AlexNet, BasicBlock, Bottleneck, DaiTongResNet26, LeNet5, ResNet
from galmorph.preprocessing import Recipe
from galmorph.training import Classifier, Scaling

SIZE = 32
STAMPS = np.random.default_rng(0).random((5, SIZE, SIZE, 1), np.float32)


def classifier_of(model, *, classes=2, size=SIZE, channels=1, scaling=None) -> Classifier:
    """Make a classifier of a network; stamps reach it as they are unless a scaling is given."""
    return Classifier(
        model=model,
        classes=tuple("abcdef"[:classes]),
        recipe=Recipe(size=size, channels=channels if channels in (1, 3) else None),
        scaling=scaling or Scaling((0.0,) * channels, (1.0,) * channels),
        channels=channels,
        dtype="float32",
    )


class Linear(nnx.Module):
    """Logits are sums of pixels with weights that are known; it makes no maps."""

    def __init__(self, weights):
        self.weights = nnx.Param(jnp.asarray(weights))  # (size, size, channels, classes)

    def __call__(self, images):
        """Turn images into logits."""
        return jnp.einsum("nhwc,hwck->nk", images, self.weights[...])


class Means(nnx.Module):
    """Convolutions whose kernels are known, then logits from the means of their maps, rectified or not."""

    def __init__(self, convolutions, dense, *, rectified=False):
        self.convolutions = nnx.List(convolutions)
        self.dense = nnx.Param(jnp.asarray(dense, jnp.float32))
        self.rectified = rectified

    def __call__(self, images):
        """Turn images into logits."""
        for convolution in self.convolutions:
            images = convolution(images)
        images = nnx.relu(images) if self.rectified else images
        return images.mean(axis=(1, 2)) @ self.dense[...]


def convolution(kernel, *, bias=0.0, strides=1, padding=0) -> nnx.Conv:
    """Make a convolution with a kernel ``(rows, columns, channels, features)`` of one's own."""
    kernel = jnp.asarray(kernel, jnp.float32)
    inputs, features = kernel.shape[2:]
    options = {"strides": strides, "padding": padding, "rngs": nnx.Rngs(0)}
    options |= {"kernel_init": lambda *_: kernel, "bias_init": lambda *_: jnp.full(features, bias)}
    return nnx.Conv(inputs, features, kernel.shape[:2], **options)


def square(side, **options) -> nnx.Conv:
    """Make a convolution that averages over a square."""
    return convolution(np.full((side, side, 1, 1), side**-2), **options)


class Tower(nnx.Module):
    """A network of one's own: a block within a block, a sequence of layers, a layer that is used twice, and a tuple."""

    def __init__(self, *, rngs):
        options = {"kernel_init": drawn(0), "rngs": rngs}
        self.first = nnx.Sequential(nnx.Conv(1, 4, (3, 3), **options), nnx.relu)
        self.twice = nnx.Conv(4, 4, (3, 3), strides=2, **options)
        self.both = Both(rngs=rngs)
        self.dense = nnx.Linear(4, 3, **options)

    def __call__(self, images):
        """Turn images into logits."""
        maps, _ = self.both(self.twice(self.twice(self.first(images))))
        return self.dense(nnx.relu(maps).mean(axis=(1, 2)))


class Both(nnx.Module):
    """A block that returns more than maps."""

    def __init__(self, *, rngs):
        self.conv = nnx.Conv(4, 4, (3, 3), kernel_init=drawn(1), rngs=rngs)

    def __call__(self, maps):
        """Return maps and their mean."""
        return self.conv(maps), maps.mean()


@cache
def alexnet() -> AlexNet:
    """Make AlexNet, once, for nobody changes its weights."""
    return with_drawn_weights(lambda: AlexNet(3, channels=1, rngs=nnx.Rngs(0)))


def resnet(depths) -> ResNet:
    """Make a residual network of basic blocks."""
    return ResNet(3, channels=1, depths=depths, block=BasicBlock, width=4, stem=3, pooling=False, rngs=nnx.Rngs(0))


def bottlenecks(depths) -> ResNet:
    """Make a residual network of bottlenecks."""
    return ResNet(3, channels=1, depths=depths, block=Bottleneck, width=2, rngs=nnx.Rngs(0))


def dai_tong(depths) -> DaiTongResNet26:
    """Make a network after Dai & Tong."""
    return DaiTongResNet26(3, channels=1, depths=depths, width=2, rngs=nnx.Rngs(0))


NETWORKS = {
    "lenet5": lambda: LeNet5(3, channels=1, size=SIZE, rngs=nnx.Rngs(0)),
    "alexnet": alexnet,
    "resnet": lambda: resnet((1, 1, 1)),
    "bottleneck": lambda: bottlenecks((1, 2)),
    "dai_tong": lambda: dai_tong((1, 1, 1, 1)),
    "own": lambda: Tower(rngs=nnx.Rngs(0)),
}
# The same with fewer blocks, which compile in half the time.
SHALLOW_NETWORKS = NETWORKS | {
    "resnet": lambda: resnet((1, 1)),
    "bottleneck": lambda: bottlenecks((1, 1)),
    "dai_tong": lambda: dai_tong((1, 1)),
}


# Side, stride and padding of convolutions, one after the other.
STACKS = [
    [(5, 1, 0), (5, 1, 0)],
    [(3, 2, 1)],
    [(3, 2, 1), (3, 2, 1)],
    [(7, 2, 3), (3, 1, 1)],
    [(4, 4, 0)],
    [(5, 3, 0)],
    [(2, 2, 0), (3, 1, 0), (2, 2, 0)],
]


def means_of(stack, network=Means):
    """Make a network of averaging convolutions, which sees bright light."""
    return network([square(side, strides=step, padding=pad) for side, step, pad in stack], [[1.0, 0.0]])
