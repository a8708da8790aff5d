"""The architecture of Dai & Tong: a wide residual network of 26 layers."""

from collections.abc import Sequence

from flax import nnx
from jaxtyping import Array, Float

from galmorph.models._initializers import he_normal
from galmorph.models._lowering.convolution import Conv
from galmorph.models._lowering.pooling import max_pool
from galmorph.models._resnet import batch_norm, square_conv

__all__ = ["DaiTongResNet26"]


class WideUnit(nnx.Module):
    """Convolutions 1 x 1, 3 x 3 and 1 x 1, each after norm and ReLU, and a shortcut.

    The order is the full pre-activation of He et al. (2016, ECCV, arXiv:1603.05027). A shortcut that changes the number
    of features is a convolution; one with a stride alone keeps every second row and column.
    """

    def __init__(self, inputs: int, width: int, features: int, *, stride: int, rngs: nnx.Rngs) -> None:
        self.stride = stride
        self.norm1 = batch_norm(inputs, rngs=rngs)
        self.conv1 = square_conv(inputs, width, 1, rngs=rngs)
        self.norm2 = batch_norm(width, rngs=rngs)
        self.conv2 = square_conv(width, width, 3, stride=stride, rngs=rngs)
        self.norm3 = batch_norm(width, rngs=rngs)
        self.conv3 = square_conv(width, features, 1, bias=True, rngs=rngs)
        reshapes = inputs != features
        self.shortcut = square_conv(inputs, features, 1, stride=stride, bias=True, rngs=rngs) if reshapes else None

    def __call__(self, x: Float[Array, "batch height width inputs"]) -> Float[Array, "batch _ _ features"]:
        """Add the output of the convolutions to the maps."""
        active = nnx.relu(self.norm1(x))
        y = self.conv1(active)
        y = self.conv2(nnx.relu(self.norm2(y)))
        y = self.conv3(nnx.relu(self.norm3(y)))
        return y + (x[:, :: self.stride, :: self.stride] if self.shortcut is None else self.shortcut(active))


class DaiTongResNet26(nnx.Module):
    """The wide residual network of 26 layers of Dai & Tong (2018, arXiv:1807.10406).

    It was made for stamps of 64 x 64 x 3 in the five classes of Galaxy Zoo 2, of which it has 55,679,429 weights. A
    convolution of 6 x 6 with 64 features and 2 x 2 max pooling are followed by four stages of two bottlenecks with full
    pre-activation. The stages put out 512, 1,024, 2,048 and 4,096 features, four times as many as the inner
    convolutions of their units, which are twice as wide as in ResNet-50 (Zagoruyko & Komodakis 2016, arXiv:1605.07146).
    As in the code that the authors published, stride 2 is in the last unit of the first three stages, there is no
    dropout, and the first convolution, the last of each unit and the shortcuts have biases.

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
        Random keys for the initial weights: He et al. (2015, arXiv:1502.01852) normal.

    Notes
    -----
    Running means and variances change by a tenth of the difference to each new batch, as in the other networks of
    galmorph, and not by 0.003 as in the authors' code, where the running values were never updated.

    Examples
    --------
    >>> from flax import nnx
    >>> from galmorph.models import DaiTongResNet26, parameter_count
    >>> parameter_count(nnx.eval_shape(lambda: DaiTongResNet26(5, rngs=nnx.Rngs(0))))
    55679429
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
        self.conv = Conv(channels, width, (6, 6), padding=((2, 3), (2, 3)), kernel_init=he_normal("out"), rngs=rngs)
        units: list[WideUnit] = []
        inputs = width
        for stage, depth in enumerate(depths):
            inner = 2 * width * 2**stage
            for i in range(depth):
                stride = 2 if stage < len(depths) - 1 and i == depth - 1 else 1
                units.append(WideUnit(inputs, inner, 4 * inner, stride=stride, rngs=rngs))
                inputs = 4 * inner
        self.units = nnx.List(units)
        self.norm = batch_norm(inputs, rngs=rngs)
        self.dense = nnx.Linear(inputs, classes, rngs=rngs)

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        x = max_pool(self.conv(images), window=2, stride=2)
        for unit in self.units:
            x = unit(x)
        return self.dense(nnx.relu(self.norm(x)).mean(axis=(1, 2)))
