"""The architecture of Dai & Tong, reconstructed as far as it is known."""

from collections.abc import Sequence

from flax import nnx
from jaxtyping import Array, Float

from galmorph.models._initializers import he_normal
from galmorph.models._lowering.convolution import Conv
from galmorph.models._lowering.pooling import max_pool
from galmorph.models._resnet import batch_norm, square_conv

__all__ = ["DaiTongResNet26"]


class WideUnit(nnx.Module):
    """Convolutions 1 x 1, 3 x 3 and 1 x 1, each after norm and ReLU, dropout after the second, and a shortcut.

    The order is the full pre-activation of He et al. (2016, ECCV, arXiv:1603.05027). The position of dropout follows
    Zagoruyko & Komodakis (2016, BMVC, arXiv:1605.07146).
    """

    def __init__(self, inputs: int, width: int, features: int, *, stride: int, rngs: nnx.Rngs) -> None:
        self.norm1 = batch_norm(inputs, rngs=rngs)
        self.conv1 = square_conv(inputs, width, 1, rngs=rngs)
        self.norm2 = batch_norm(width, rngs=rngs)
        self.conv2 = square_conv(width, width, 3, stride=stride, rngs=rngs)
        self.dropout = nnx.Dropout(0.2, rngs=rngs)
        self.norm3 = batch_norm(width, rngs=rngs)
        self.conv3 = square_conv(width, features, 1, rngs=rngs)
        reshapes = stride != 1 or inputs != features
        self.shortcut = square_conv(inputs, features, 1, stride=stride, rngs=rngs) if reshapes else None

    def __call__(self, x: Float[Array, "batch height width inputs"]) -> Float[Array, "batch _ _ features"]:
        """Add the output of the convolutions to the maps."""
        active = nnx.relu(self.norm1(x))
        y = self.conv1(active)
        y = self.dropout(self.conv2(nnx.relu(self.norm2(y))))
        y = self.conv3(nnx.relu(self.norm3(y)))
        return y + (x if self.shortcut is None else self.shortcut(active))


class DaiTongResNet26(nnx.Module):
    """A wide residual network of 26 layers after Dai & Tong (2018, arXiv:1807.10406): a reconstruction.

    Their network is a variant of residual networks for the five classes of Galaxy Zoo 2, on stamps of 64 x 64 x 3.

    *Read:* the paper's abstract, which says no more than that. *Known at second hand:* 26 layers, fewer and wider than
    those of the usual ResNets; a first convolution of 6 x 6 with 64 features, followed by 2 x 2 max pooling; dropout.
    *Assumed,* so not from the paper: four stages of two bottlenecks each (1 + 4 x 2 x 3 + 1 layers), of
    256, 512, 1,024 and 2,048 features, the last three with stride 2; the two inner convolutions of each twice as wide
    as those of ResNet-50 (as in the Wide ResNet-50-2 of Zagoruyko & Komodakis 2016, arXiv:1605.07146); full
    pre-activation (He et al. 2016, arXiv:1603.05027); dropout of one fifth after each 3 x 3 convolution; the first
    convolution without stride. The accuracies in the paper are those of its network, not of this one.

    Unlike `ResNet`, it sees 64-pixel stamps at full resolution: the last maps have 4 x 4 instead of 2 x 2 pixels.
    Stamps need at least 32 pixels.

    Parameters
    ----------
    classes
        Number of classes.
    channels
        Number of channels of the stamps.
    depths
        Number of units in each stage.
    width
        Features of the first convolution, to which all others are proportional. Smaller networks are useful for quick
        tests.
    rngs
        Random keys: ``params`` for the initial weights (He et al. 2015, arXiv:1502.01852, normal), ``dropout`` for
        dropout.

    Examples
    --------
    >>> from flax import nnx
    >>> from galmorph.models import DaiTongResNet26, parameter_count
    >>> parameter_count(nnx.eval_shape(lambda: DaiTongResNet26(5, rngs=nnx.Rngs(0))))
    37624709
    """

    def __init__(
        self,
        classes: int,
        *,
        channels: int = 3,
        depths: Sequence[int] = (2, 2, 2, 2),
        width: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        # An even kernel needs one more row and column of zeros on one side than on the other.
        self.conv = Conv(
            channels, width, (6, 6), padding=((2, 3), (2, 3)), use_bias=False, kernel_init=he_normal("out"), rngs=rngs
        )
        units: list[WideUnit] = []
        inputs = width
        for stage, depth in enumerate(depths):
            for i in range(depth):
                stride = 2 if stage > 0 and i == 0 else 1
                features = 4 * width * 2**stage
                units.append(WideUnit(inputs, features // 2, features, stride=stride, rngs=rngs))
                inputs = features
        self.units = nnx.List(units)
        self.norm = batch_norm(inputs, rngs=rngs)
        self.dense = nnx.Linear(inputs, classes, rngs=rngs)

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        x = max_pool(self.conv(images), window=2, stride=2)
        for unit in self.units:
            x = unit(x)
        return self.dense(nnx.relu(self.norm(x)).mean(axis=(1, 2)))
