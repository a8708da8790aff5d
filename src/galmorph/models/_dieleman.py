"""The architecture of Dieleman, Willett & Dambre: one convolutional network for 16 parts of a galaxy."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from galmorph._checks import check
from galmorph.models._lowering.convolution import Conv
from galmorph.models._lowering.pooling import max_pool

__all__ = ["DielemanNet", "check_side"]

PART, SIDE = 45, 99  # pixels; 99 hold a view of 69 that is turned by 45 degrees
STEPS = np.arange(-34, 35) / np.sqrt(2)
TURNED = (SIDE // 2 + np.add.outer([STEPS, -STEPS], STEPS)).astype(np.float32)  # its rows and columns in the stamp
# Convolutions after the first: inputs, outputs, width of the kernel, deviation of its weights, side of the map.
LAYERS = ((32, 64, 5, 0.01, 16), (64, 128, 3, 0.01, 6), (128, 128, 3, 0.1, 4))


class Biases(nnx.Module):
    """A bias for each feature at each place: "untied" biases. Flat, so that no weight decay takes them for kernels."""

    def __init__(self, side: int, features: int) -> None:
        self.bias = nnx.Param(jnp.full(side * side * features, 0.1))

    def __call__(self, x: Float[Array, "batch 16 side side features"]) -> Float[Array, "batch 16 side side features"]:
        """Add them to the maps."""
        return x + self.bias[...].reshape(1, 1, *x.shape[2:])


class DielemanNet(nnx.Module):
    """The network of Dieleman, Willett & Dambre (2015, MNRAS 450, 1441), which won the Galaxy Challenge.

    Four views of a galaxy (straight, turned by 45 degrees, and both mirrored), of 69 x 69 pixels each, are cut into
    their corners of 45 x 45 pixels, which are turned until the galaxy's centre is at the lower right. All 16 parts pass
    through the same convolutions of 6, 5, 3 and 3 pixels with 32, 64, 128 and 128 features, each followed by ReLU and
    all but the third by 2 x 2 max pooling. Their 16 x 512 features enter two maxout layers of 2,048 maxima of pairs and
    a dense layer; dropout of one half precedes each of the three. As in the authors' code, each pixel has its biases.

    Stamps are 99 x 99 pixels, no others: turned views reach beyond the central 69. The authors' pixels are three of the
    424 of an image, as with ``Recipe(size=99, crop=FractionCrop(297 / 424))``. Their last layer is adapted: it gives
    one logit a class, not the fractions of votes for 37 answers, rectified and normalised; weights are counted with 37.

    Parameters
    ----------
    classes, channels
        Number of classes, and of channels of the stamps.
    rngs
        Random keys: ``params`` for the initial weights (normal, as small as the authors' own), and ``dropout``.

    Examples
    --------
    >>> from flax import nnx
    >>> from galmorph.models import DielemanNet, parameter_count
    >>> parameter_count(nnx.eval_shape(lambda: DielemanNet(37, rngs=nnx.Rngs(0))))  # without drawing the weights
    42377125
    """

    def __init__(self, classes: int, *, channels: int = 3, rngs: nnx.Rngs) -> None:
        normal, constant = nnx.initializers.normal, nnx.initializers.constant
        self.convolutions, self.biases = nnx.List[nnx.Conv](), nnx.List[Biases]()
        for inputs, outputs, width, std, side in ((channels, 32, 6, 0.01, 40), *LAYERS):
            bare = partial(Conv, padding=0, use_bias=False, kernel_init=normal(std), rngs=rngs)
            self.convolutions.append(bare(inputs, outputs, (width, width)))
            self.biases.append(Biases(side, outputs))
        dense = partial(nnx.Linear, kernel_init=normal(0.001), bias_init=constant(0.01), rngs=rngs)
        self.dense1, self.dense2 = dense(16 * 2 * 2 * 128, 2 * 2048), dense(2048, 2 * 2048)
        self.dense3 = nnx.Linear(2048, classes, kernel_init=normal(0.01), bias_init=constant(0.1), rngs=rngs)
        self.dropouts = nnx.List(nnx.Dropout(0.5, rngs=rngs) for _ in range(3))

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Turn images into logits."""
        check_side(*images.shape[1:3])
        x = cut(images)
        for i, (convolution, bias) in enumerate(zip(self.convolutions, self.biases, strict=True)):
            x = bias(convolution(x.reshape(-1, 16, *x.shape[-3:])))
            x = nnx.relu(x if i == 2 else max_pool(x.reshape(-1, *x.shape[2:]), window=2, stride=2))
        x = x.reshape(len(images), -1)
        for i, dense in enumerate((self.dense1, self.dense2)):
            x = dense(self.dropouts[i](x)).reshape(len(x), 2048, 2).max(axis=-1)
        return self.dense3(self.dropouts[2](x))


def check_side(*sides: int) -> None:
    """Raise `InvalidValueError` unless stamps have the size that the network was made for."""
    got = " x ".join(map(str, sides))
    check(set(sides) == {SIDE}, f"size: expected {SIDE} pixels for Dieleman's network, got {got}; change the recipe's")


def cut(images: Float[Array, "batch height width channels"]) -> Float[Array, "batch 16 45 45 channels"]:
    """Cut stamps into the corners of their views, with the centre at the lower right."""
    turn = jax.vmap(partial(jax.scipy.ndimage.map_coordinates, coordinates=TURNED, order=1), in_axes=-1, out_axes=-1)
    straight, turned = images[:, 15:-15, 15:-15], jax.vmap(turn)(images)
    views = (straight, straight[:, :, ::-1], turned, turned[:, :, ::-1])
    return jnp.stack([jnp.rot90(view, k, axes=(1, 2))[:, :PART, :PART] for view in views for k in range(4)], axis=1)
