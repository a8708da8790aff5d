"""The architecture VGG-16."""

from flax import nnx
from jaxtyping import Array, Float

from galmorph.models._initializers import he_normal
from galmorph.models._lowering.convolution import Conv
from galmorph.models._lowering.pooling import adaptive_average_pool, max_pool

__all__ = ["VGG16"]

STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # number of convolutions, and their features


class VGG16(nnx.Module):
    """VGG-16 (Simonyan & Zisserman 2015, ICLR, arXiv:1409.1556, table 1, configuration D), without batch norm.

    Thirteen 3 x 3 convolutions in five stages, each followed by 2 x 2 max pooling, then dense layers of 4,096, 4,096
    and one unit a class, with dropout of one half before the last two. With 1,000 classes it has 138,357,544 weights.
    As in torchvision, the last maps are averaged to 7 x 7, so any stamp of at least 32 pixels will do; on small ones,
    the bins repeat a few pixels.

    Parameters
    ----------
    classes
        Number of classes.
    channels
        Number of channels of the stamps.
    rngs
        Random keys: ``params`` for the initial weights (He et al. 2015, arXiv:1502.01852, normal), ``dropout`` for
        dropout.

    Examples
    --------
    >>> from flax import nnx
    >>> from galmorph.models import VGG16, parameter_count
    >>> parameter_count(nnx.eval_shape(lambda: VGG16(1000, rngs=nnx.Rngs(0))))  # without drawing the weights
    138357544
    """

    def __init__(self, classes: int, *, channels: int = 3, rngs: nnx.Rngs) -> None:
        init = he_normal("in")
        convolutions: list[nnx.Conv] = []
        inputs = channels
        for count, features in STAGES:
            for _ in range(count):
                convolutions.append(Conv(inputs, features, (3, 3), padding=1, kernel_init=init, rngs=rngs))
                inputs = features
        self.convolutions = nnx.List(convolutions)
        self.dense1 = nnx.Linear(512 * 7 * 7, 4096, kernel_init=init, rngs=rngs)
        self.dense2 = nnx.Linear(4096, 4096, kernel_init=init, rngs=rngs)
        self.dense3 = nnx.Linear(4096, classes, kernel_init=init, rngs=rngs)
        self.dropout1 = nnx.Dropout(0.5, rngs=rngs)
        self.dropout2 = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        x, layers = images, iter(self.convolutions)
        for count, _ in STAGES:
            for _ in range(count - 1):
                x = nnx.relu(next(layers)(x))
            # Rectifying after pooling gives the same result for a quarter of the work.
            x = nnx.relu(max_pool(next(layers)(x), window=2, stride=2))
        x = adaptive_average_pool(x, 7)
        x = x.reshape(len(x), -1)
        x = nnx.relu(self.dense1(x))
        x = nnx.relu(self.dense2(self.dropout1(x)))
        return self.dense3(self.dropout2(x))
