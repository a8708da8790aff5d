"""The architecture ResNet: residual networks."""

from collections.abc import Sequence
from functools import partial

from flax import nnx
from jaxtyping import Array, Float

from galmorph._checks import check
from galmorph.models._initializers import he_normal
from galmorph.models._lowering.convolution import Conv
from galmorph.models._lowering.pooling import max_pool

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "ResNet18",
    "ResNet34",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "Shortcut",
    "SmallResNet",
    "batch_norm",
    "square_conv",
    "unchanged",
]


def batch_norm(features: int, *, rngs: nnx.Rngs) -> nnx.BatchNorm:
    """Make a batch norm whose running statistics change by a tenth of the difference to each new batch."""
    return nnx.BatchNorm(features, momentum=0.9, epsilon=1e-5, rngs=rngs)


def square_conv(
    inputs: int, features: int, extent: int, *, stride: int = 1, bias: bool = False, rngs: nnx.Rngs
) -> nnx.Conv:
    """Make a convolution with a square kernel of odd extent; a bias is superfluous where a batch norm follows."""
    return Conv(
        inputs,
        features,
        (extent, extent),
        strides=stride,
        padding=extent // 2,
        use_bias=bias,
        kernel_init=he_normal("out"),
        rngs=rngs,
    )


def unchanged(x: Array) -> Array:
    """Return the maps: the shortcut around a block that keeps their shape (`flax.nnx.identity` can't be pickled)."""
    return x


class Shortcut(nnx.Module):
    """The shortcut around a block that changes the shape of its maps: a 1 x 1 convolution (option B of the paper)."""

    def __init__(self, inputs: int, features: int, *, stride: int, rngs: nnx.Rngs) -> None:
        self.conv = square_conv(inputs, features, 1, stride=stride, rngs=rngs)
        self.norm = batch_norm(features, rngs=rngs)

    def __call__(self, x: Float[Array, "batch height width inputs"]) -> Float[Array, "batch _ _ features"]:
        """Give the maps the shape of the output of the block."""
        return self.norm(self.conv(x))


class BasicBlock(nnx.Module):
    """Two 3 x 3 convolutions and a shortcut (He et al. 2016, figure 5, left)."""

    convolutions = 2
    expansion = 1

    def __init__(self, inputs: int, width: int, *, stride: int, rngs: nnx.Rngs) -> None:
        self.conv1 = square_conv(inputs, width, 3, stride=stride, rngs=rngs)
        self.norm1 = batch_norm(width, rngs=rngs)
        self.conv2 = square_conv(width, width, 3, rngs=rngs)
        self.norm2 = batch_norm(width, rngs=rngs)
        reshapes = stride != 1 or inputs != width
        self.shortcut = Shortcut(inputs, width, stride=stride, rngs=rngs) if reshapes else unchanged

    def __call__(self, x: Float[Array, "batch height width inputs"]) -> Float[Array, "batch _ _ features"]:
        """Add the output of the convolutions to the maps."""
        y = nnx.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return nnx.relu(self.shortcut(x) + y)


class Bottleneck(nnx.Module):
    """Convolutions 1 x 1, 3 x 3, 1 x 1 and a shortcut (He et al. 2016, figure 5, right).

    The stride is in the 3 x 3 convolution, as in all current implementations; the paper has it in the first.
    """

    convolutions = 3
    expansion = 4

    def __init__(self, inputs: int, width: int, *, stride: int, rngs: nnx.Rngs) -> None:
        features = width * self.expansion
        self.conv1 = square_conv(inputs, width, 1, rngs=rngs)
        self.norm1 = batch_norm(width, rngs=rngs)
        self.conv2 = square_conv(width, width, 3, stride=stride, rngs=rngs)
        self.norm2 = batch_norm(width, rngs=rngs)
        self.conv3 = square_conv(width, features, 1, rngs=rngs)
        self.norm3 = batch_norm(features, rngs=rngs)
        reshapes = stride != 1 or inputs != features
        self.shortcut = Shortcut(inputs, features, stride=stride, rngs=rngs) if reshapes else unchanged

    def __call__(self, x: Float[Array, "batch height width inputs"]) -> Float[Array, "batch _ _ features"]:
        """Add the output of the convolutions to the maps."""
        y = nnx.relu(self.norm1(self.conv1(x)))
        y = nnx.relu(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return nnx.relu(self.shortcut(x) + y)


class ResNet(nnx.Module):
    """Residual network (He, Zhang, Ren & Sun 2016, CVPR, arXiv:1512.03385, table 1).

    A 7 x 7 convolution with stride 2 and 3 x 3 max pooling, four stages of residual blocks, an average over the last
    maps, and one dense layer. From stage to stage, the maps are halved and the width is doubled. Stamps need at least
    32 pixels.

    ``SmallResNet`` is for small stamps: four basic blocks of 16, 32, 64 and 64 features after a 3 x 3 convolution
    without pooling, as the paper has it for 32 x 32 pixels (section 4.2), but with stride 2. It has 155,925 weights
    with 5 classes on three channels, and learns several times faster than ResNet-18.

    Parameters
    ----------
    classes
        Number of classes.
    channels
        Number of channels of the stamps.
    depths
        Number of blocks in each stage.
    block
        `BasicBlock` (ResNet-18, -34) or `Bottleneck` (ResNet-50, -101, -152).
    width
        Features of the first stage, doubled from stage to stage; or one number for each stage. 64 in the paper; smaller
        networks are useful for quick tests.
    stem
        Extent of the first convolution in pixels; an odd number.
    pooling
        Whether max pooling follows the first convolution.
    rngs
        Random keys for the initial weights: He et al. (2015, arXiv:1502.01852) normal.

    Raises
    ------
    InvalidValueError
        If there is not one width for each stage, or the extent of the first convolution is even.

    Examples
    --------
    >>> from flax import nnx
    >>> from galmorph.models import ResNet18, parameter_count
    >>> parameter_count(nnx.eval_shape(lambda: ResNet18(1000, rngs=nnx.Rngs(0))))  # without drawing the weights
    11689512
    """

    def __init__(
        self,
        classes: int,
        *,
        channels: int = 3,
        depths: Sequence[int],
        block: type[BasicBlock] | type[Bottleneck],
        width: int | Sequence[int] = 64,
        stem: int = 7,
        pooling: bool = True,
        rngs: nnx.Rngs,
    ) -> None:
        self.depths = tuple(depths)
        widths = [width * 2**stage for stage in range(len(depths))] if isinstance(width, int) else list(width)
        check(len(widths) == len(depths), f"width: expected one for each of the {len(depths)} stages, got {width}")
        check(stem % 2 == 1, f"stem: expected an odd number of pixels, got {stem}")
        self.pooling = pooling
        self.conv = square_conv(channels, widths[0], stem, stride=2, rngs=rngs)
        self.norm = batch_norm(widths[0], rngs=rngs)
        blocks: list[BasicBlock | Bottleneck] = []
        inputs = widths[0]
        for stage, (depth, features) in enumerate(zip(depths, widths, strict=True)):
            for i in range(depth):
                stride = 2 if stage > 0 and i == 0 else 1
                blocks.append(block(inputs, features, stride=stride, rngs=rngs))
                inputs = features * block.expansion
        self.blocks = nnx.List(blocks)
        self.dense = nnx.Linear(inputs, classes, rngs=rngs)

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        x = self.norm(self.conv(images))
        if self.pooling:
            # Rectifying after pooling gives the same result for a quarter of the work.
            x = max_pool(x, window=3, stride=2, padding=1)
        x = nnx.relu(x)
        for block in self.blocks:
            x = block(x)
        return self.dense(x.mean(axis=(1, 2)))


ResNet18 = partial(ResNet, depths=(2, 2, 2, 2), block=BasicBlock)
ResNet34 = partial(ResNet, depths=(3, 4, 6, 3), block=BasicBlock)
ResNet50 = partial(ResNet, depths=(3, 4, 6, 3), block=Bottleneck)
ResNet101 = partial(ResNet, depths=(3, 4, 23, 3), block=Bottleneck)
ResNet152 = partial(ResNet, depths=(3, 8, 36, 3), block=Bottleneck)
SmallResNet = partial(ResNet, depths=(1, 1, 1, 1), block=BasicBlock, width=(16, 32, 64, 64), stem=3, pooling=False)
