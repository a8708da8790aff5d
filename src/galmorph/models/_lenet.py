"""The architecture LeNet-5."""

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from galmorph.models._lowering.convolution import Conv
from galmorph.models._lowering.pooling import average_pool

__all__ = ["LeNet5"]


class LeNet5(nnx.Module):
    """LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86, 2278).

    Two 5 x 5 convolutions of 6 and 16 features, each followed by averaging over 2 x 2 pixels, then layers of 120, 84
    and one unit for each class; the squashing function is the paper's ``1.7159 tanh(2 x / 3)`` (its equation 6).

    As in every modern implementation, three details of the paper are simplified: each feature of the second
    convolution sees all maps of the first (the paper's table I leaves some out), averaging has no weights, and the last
    layer is linear instead of radial. With 32 x 32 x 1 pixels and 10 classes this gives 61,706 weights.

    Parameters
    ----------
    classes
        Number of classes.
    channels
        Number of channels of the stamps.
    size
        Side of the stamps in pixels, at least 16; the paper's is 32. The first dense layer grows with it.
    rngs
        Random keys for the initial weights: Glorot & Bengio (2010, AISTATS) uniform, which fits tanh.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from flax import nnx
    >>> from galmorph.models import LeNet5
    >>> LeNet5(5, channels=1, size=32, rngs=nnx.Rngs(0))(jnp.zeros((2, 32, 32, 1))).shape
    (2, 5)
    """

    def __init__(self, classes: int, *, channels: int = 1, size: int = 32, rngs: nnx.Rngs) -> None:
        init = nnx.initializers.glorot_uniform()
        side = ((size - 4) // 2 - 4) // 2
        self.conv1 = Conv(channels, 6, (5, 5), padding=0, kernel_init=init, rngs=rngs)
        self.conv2 = Conv(6, 16, (5, 5), padding=0, kernel_init=init, rngs=rngs)
        self.dense1 = nnx.Linear(side * side * 16, 120, kernel_init=init, rngs=rngs)
        self.dense2 = nnx.Linear(120, 84, kernel_init=init, rngs=rngs)
        self.dense3 = nnx.Linear(84, classes, kernel_init=init, rngs=rngs)

    def __call__(self, images: Float[Array, "batch size size channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        x = average_pool(_squash(self.conv1(images)), 2)
        x = average_pool(_squash(self.conv2(x)), 2)
        x = x.reshape(len(x), -1)
        x = _squash(self.dense1(x))
        x = _squash(self.dense2(x))
        return self.dense3(x)


def _squash(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return 1.7159 * jnp.tanh(2 / 3 * x)
