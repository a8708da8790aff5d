"""A network that compiles in a second, and what tests of training share."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from galmorph.preprocessing import Augmentation
from galmorph.training import TrainConfig
from galmorph.training._engine.state import split_model

NO_AUGMENTATION = Augmentation(rotation="none", flip=False)


def descent(_schedule, _weight_decay) -> optax.GradientTransformation:
    """Plain gradient descent, whatever is asked for."""
    return optax.sgd(0.1)


def quick(**options) -> TrainConfig:
    """Configure two epochs that compile in a second: no augmentation, plain gradient descent."""
    return TrainConfig(
        **{"epochs": 2, "batch_size": 16, "optimizer": descent, "augmentation": NO_AUGMENTATION, "seed": 3} | options
    )


def drawn(seed: int) -> Callable[..., jax.Array]:
    """Initialise weights without JAX's random numbers, which take seconds to compile."""
    rng = np.random.default_rng(seed)
    return lambda _key, shape, dtype: jnp.asarray(rng.normal(0, np.prod(shape[:-1]) ** -0.5, shape), dtype)


def with_drawn_weights(make: Callable[[], nnx.Module]) -> nnx.Module:
    """Make a network without batch norm, with its kernels drawn by NumPy: to draw them with JAX takes seconds."""
    rng = np.random.default_rng(0)

    def draw(leaf: jax.ShapeDtypeStruct) -> jax.Array:
        if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.key(0)
        if len(leaf.shape) < 2:  # biases, and counts of random numbers
            return jnp.zeros(leaf.shape, leaf.dtype)
        values = rng.standard_normal(leaf.shape, np.float32)
        return jnp.asarray(values * np.sqrt(2 / np.prod(leaf.shape[:-1])), leaf.dtype)

    model = nnx.eval_shape(make)
    nnx.update(model, jax.tree.map(draw, nnx.state(model)))
    return model


class Linear(nnx.Module):
    """One layer, from the pixels of stamps of 32 x 32 x 1 to logits."""

    def __init__(self, *, classes=2, seed=0) -> None:
        self.dense = nnx.Linear(1024, classes, kernel_init=drawn(seed), rngs=nnx.Rngs(0))

    def __call__(self, images):
        """Turn images into logits."""
        return self.dense(images.reshape(len(images), -1))


class Tiny(nnx.Module):
    """A convolution, a batch norm and a layer, for stamps of any size with one channel."""

    def __init__(self, *, classes=2, seed=0) -> None:
        options = {"kernel_init": drawn(seed), "rngs": nnx.Rngs(0)}
        self.conv = nnx.Conv(1, 4, (4, 4), strides=4, **options)
        self.norm = nnx.BatchNorm(4, momentum=0.9, rngs=nnx.Rngs(0))
        self.dense = nnx.Linear(4, classes, **options)

    def __call__(self, images):
        """Turn images into logits."""
        return self.dense(nnx.relu(self.norm(self.conv(images))).mean(axis=(1, 2)))


def weights(model) -> list[np.ndarray]:
    """Weights and running statistics of a model, in a fixed order."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(split_model(model)[1:3])]
