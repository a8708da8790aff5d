"""The architecture AlexNet."""

from flax import nnx
from jaxtyping import Array, Float

from galmorph.models._initializers import he_normal
from galmorph.models._lowering.convolution import Conv
from galmorph.models._lowering.pooling import adaptive_average_pool, max_pool

__all__ = ["AlexNet"]


class AlexNet(nnx.Module):
    """AlexNet (Krizhevsky, Sutskever & Hinton 2012, NeurIPS 25), in its single-tower form.

    This is the variant of Krizhevsky (2014, arXiv:1404.5997) that deep-learning libraries call AlexNet: five
    convolutions of 64, 192, 384, 256 and 256 features without local response normalisation, averaging to 6 x 6, and
    dense layers of 4,096, 4,096 and one unit a class, with dropout of one half before the first two. With 1,000
    classes it has 61,100,840 weights; nine tenths of them are in the dense layers.

    Stamps need at least 32 pixels. Below 63 pixels, the map is smaller than the last pooling window, which is then
    clipped to the map. On small stamps the 6 x 6 bins repeat a few pixels: the network was made for 224 pixels.

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
    >>> from galmorph.models import AlexNet, parameter_count
    >>> parameter_count(nnx.eval_shape(lambda: AlexNet(1000, rngs=nnx.Rngs(0))))  # without drawing the weights
    61100840
    """

    def __init__(self, classes: int, *, channels: int = 3, rngs: nnx.Rngs) -> None:
        init = he_normal("in")
        self.conv1 = Conv(channels, 64, (11, 11), strides=4, padding=2, kernel_init=init, rngs=rngs)
        self.conv2 = Conv(64, 192, (5, 5), padding=2, kernel_init=init, rngs=rngs)
        self.conv3 = Conv(192, 384, (3, 3), padding=1, kernel_init=init, rngs=rngs)
        self.conv4 = Conv(384, 256, (3, 3), padding=1, kernel_init=init, rngs=rngs)
        self.conv5 = Conv(256, 256, (3, 3), padding=1, kernel_init=init, rngs=rngs)
        self.dense1 = nnx.Linear(256 * 6 * 6, 4096, kernel_init=init, rngs=rngs)
        self.dense2 = nnx.Linear(4096, 4096, kernel_init=init, rngs=rngs)
        self.dense3 = nnx.Linear(4096, classes, kernel_init=init, rngs=rngs)
        self.dropout1 = nnx.Dropout(0.5, rngs=rngs)
        self.dropout2 = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        # Rectifying after pooling gives the same result for a quarter of the work.
        x = nnx.relu(max_pool(self.conv1(images), window=3, stride=2))
        x = nnx.relu(max_pool(self.conv2(x), window=3, stride=2))
        x = nnx.relu(self.conv3(x))
        x = nnx.relu(self.conv4(x))
        x = nnx.relu(max_pool(self.conv5(x), window=3, stride=2))
        x = adaptive_average_pool(x, 6)
        x = x.reshape(len(x), -1)
        x = nnx.relu(self.dense1(self.dropout1(x)))
        x = nnx.relu(self.dense2(self.dropout2(x)))
        return self.dense3(x)
