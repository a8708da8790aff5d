"""The architecture DenseNet: densely connected networks."""

from collections.abc import Sequence
from functools import partial

from flax import nnx
from jaxtyping import Array, Float

from galmorph._checks import check
from galmorph.models._lowering.concatenation import append_maps
from galmorph.models._lowering.pooling import average_pool, max_pool
from galmorph.models._resnet import batch_norm, square_conv

__all__ = ["DenseLayer", "DenseNet", "DenseNet121", "DenseNet169", "DenseNet201", "DenseNet264", "Transition"]

BOTTLENECK = 4  # features of the 1 x 1 convolution for each new map


class DenseLayer(nnx.Module):
    """Convolutions 1 x 1 and 3 x 3, each after norm and ReLU: they make new maps of all maps before (DenseNet-B)."""

    def __init__(self, inputs: int, growth: int, *, rngs: nnx.Rngs) -> None:
        self.norm1 = batch_norm(inputs, rngs=rngs)
        self.conv1 = square_conv(inputs, BOTTLENECK * growth, 1, rngs=rngs)
        self.norm2 = batch_norm(BOTTLENECK * growth, rngs=rngs)
        self.conv2 = square_conv(BOTTLENECK * growth, growth, 3, rngs=rngs)

    def __call__(self, x: Float[Array, "batch height width inputs"]) -> Float[Array, "batch height width outputs"]:
        """Append the new maps to the maps."""
        y = self.conv1(nnx.relu(self.norm1(x)))
        return append_maps(x, self.conv2(nnx.relu(self.norm2(y))))


class Transition(nnx.Module):
    """Between two blocks: norm, ReLU, a 1 x 1 convolution to half of the features, and 2 x 2 averages (DenseNet-C)."""

    def __init__(self, inputs: int, *, rngs: nnx.Rngs) -> None:
        self.norm = batch_norm(inputs, rngs=rngs)
        self.conv = square_conv(inputs, inputs // 2, 1, rngs=rngs)

    def __call__(self, x: Float[Array, "batch height width inputs"]) -> Float[Array, "batch _ _ outputs"]:
        """Halve the maps in number and extent."""
        # Averaging before the convolution gives the same result for a quarter of the work.
        return self.conv(average_pool(nnx.relu(self.norm(x)), 2))


class DenseNet(nnx.Module):
    """Densely connected network (Huang, Liu, van der Maaten & Weinberger 2017, CVPR, arXiv:1608.06993, table 1).

    A 7 x 7 convolution with stride 2 and 3 x 3 max pooling, dense blocks with transitions between them, an average over
    the last maps, and one dense layer. Each layer of a block gets the maps of all layers before it and adds `growth`
    maps to them; a transition halves their number and extent. This is the variant DenseNet-BC. Stamps need at least
    32 pixels.

    Parameters
    ----------
    classes
        Number of classes.
    channels
        Number of channels of the stamps.
    depths
        Number of layers in each block.
    growth
        Number of maps that a layer adds (k in the paper). The first convolution has twice as many features. 32 in the
        paper; smaller networks are useful for quick tests.
    stem
        Extent of the first convolution in pixels; an odd number. On small stamps, 3 without `pooling` keeps more
        detail.
    pooling
        Whether max pooling follows the first convolution.
    rngs
        Random keys for the initial weights: He et al. (2015, arXiv:1502.01852) normal.

    Raises
    ------
    InvalidValueError
        If the extent of the first convolution is even.

    Examples
    --------
    >>> from flax import nnx
    >>> from galmorph.models import DenseNet, parameter_count
    >>> small = nnx.eval_shape(lambda: DenseNet(5, depths=(2, 2), growth=8, stem=3, pooling=False, rngs=nnx.Rngs(0)))
    >>> parameter_count(small)
    13461
    """

    def __init__(
        self,
        classes: int,
        *,
        channels: int = 3,
        depths: Sequence[int],
        growth: int = 32,
        stem: int = 7,
        pooling: bool = True,
        rngs: nnx.Rngs,
    ) -> None:
        check(stem % 2 == 1, f"stem: expected an odd number of pixels, got {stem}")
        self.depths = tuple(depths)
        self.pooling = pooling
        features = 2 * growth
        self.conv = square_conv(channels, features, stem, stride=2, rngs=rngs)
        self.norm = batch_norm(features, rngs=rngs)
        layers: list[DenseLayer] = []
        transitions: list[Transition] = []
        for block, depth in enumerate(depths):
            if block > 0:
                transitions.append(Transition(features, rngs=rngs))
                features //= 2
            for _ in range(depth):
                layers.append(DenseLayer(features, growth, rngs=rngs))
                features += growth
        self.layers = nnx.List(layers)
        self.transitions = nnx.List(transitions)
        self.last_norm = batch_norm(features, rngs=rngs)
        self.dense = nnx.Linear(features, classes, rngs=rngs)

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        x = self.norm(self.conv(images))
        if self.pooling:
            # Rectifying after pooling gives the same result for a quarter of the work.
            x = max_pool(x, window=3, stride=2, padding=1)
        x = nnx.relu(x)
        layers = iter(self.layers)
        for block, depth in enumerate(self.depths):
            if block > 0:
                x = self.transitions[block - 1](x)
            for _ in range(depth):
                x = next(layers)(x)
        return self.dense(nnx.relu(self.last_norm(x)).mean(axis=(1, 2)))


DenseNet121 = partial(DenseNet, depths=(6, 12, 24, 16))
DenseNet169 = partial(DenseNet, depths=(6, 12, 32, 32))
DenseNet201 = partial(DenseNet, depths=(6, 12, 48, 32))
DenseNet264 = partial(DenseNet, depths=(6, 12, 64, 48))
