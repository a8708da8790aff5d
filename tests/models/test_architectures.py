"""One contract for all architectures, and their published sizes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from galmorph.errors import InvalidValueError
from galmorph.models import ARCHITECTURES, BasicBlock, Bottleneck, ResNet, ResNet18, create_model, parameter_count

# Sums over the layers, convolutions first: kernel area x inputs x outputs + biases; norms have two weights a feature.
LENET5 = (25 * 6 + 6) + (25 * 6 * 16 + 16) + (400 * 120 + 120) + (120 * 84 + 84) + (84 * 10 + 10)
ALEXNET = (
    (121 * 3 * 64 + 64)
    + (25 * 64 * 192 + 192)
    + (9 * 192 * 384 + 384)
    + (9 * 384 * 256 + 256)
    + (9 * 256 * 256 + 256)
    + (9216 * 4096 + 4096)
    + (4096 * 4096 + 4096)
    + (4096 * 1000 + 1000)
)


def basic_stage(inputs: int, width: int, blocks: int) -> int:
    """Weights of a stage of basic blocks: two 3 x 3 convolutions with norms, a shortcut where the shape changes."""
    first = 9 * inputs * width + 9 * width**2 + 4 * width
    shortcut = 0 if inputs == width else inputs * width + 2 * width
    return first + shortcut + (blocks - 1) * (18 * width**2 + 4 * width)


def bottleneck_stage(inputs: int, width: int, blocks: int) -> int:
    """Weights of a stage of bottlenecks: 1 x 1, 3 x 3 and 1 x 1 convolutions with norms, and one shortcut."""
    out = 4 * width
    block = 9 * width**2 + width * out + 4 * width + 2 * out
    return blocks * block + inputs * width + (blocks - 1) * out * width + inputs * out + 2 * out


STEM = 49 * 3 * 64 + 128
RESNET18 = STEM + sum(basic_stage(*s) for s in [(64, 64, 2), (64, 128, 2), (128, 256, 2), (256, 512, 2)]) + 513 * 1000
RESNET34 = STEM + sum(basic_stage(*s) for s in [(64, 64, 3), (64, 128, 4), (128, 256, 6), (256, 512, 3)]) + 513 * 1000
RESNET50 = (
    STEM + sum(bottleneck_stage(*s) for s in [(64, 64, 3), (256, 128, 4), (512, 256, 6), (1024, 512, 3)]) + 2049 * 1000
)


@pytest.mark.parametrize(
    ("name", "classes", "channels", "size", "layers", "published"),
    [
        ("lenet5", 10, 1, 32, LENET5, 61_706),
        ("alexnet", 1000, 3, 224, ALEXNET, 61_100_840),
        ("resnet18", 1000, 3, 224, RESNET18, 11_689_512),
        ("resnet34", 1000, 3, 224, RESNET34, 21_797_672),
        ("resnet50", 1000, 3, 224, RESNET50, 25_557_032),
    ],
)
def test_weights_are_counted_as_published(name, classes, channels, size, layers, published):
    """The number of weights is the sum over the layers, and the published one."""
    model = nnx.eval_shape(lambda: create_model(name, classes=classes, channels=channels, size=size))
    count = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))
    assert count == layers == published


@pytest.fixture(scope="module", params=["lenet5", "alexnet", "basic", "bottleneck"])
def model(request):
    """Give one architecture for small colour stamps and three classes; residual networks with one block a stage."""
    if request.param in ("lenet5", "alexnet"):
        return create_model(request.param, classes=3, channels=3, size=32, seed=0)
    block = {"basic": BasicBlock, "bottleneck": Bottleneck}[request.param]
    return ResNet(3, depths=(1, 1, 1, 1), block=block, width=8, rngs=nnx.Rngs(0))


def view(model, *, training):
    """Take the view for training or for prediction."""
    return nnx.view(model, deterministic=not training, use_running_average=not training, raise_if_not_found=False)


STAMPS = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)


def test_prediction_is_one_function_of_each_image(model):
    """Logits are finite float32, one row an image; the same again, alone, and compiled."""
    predict = view(model, training=False)
    logits = predict(jnp.asarray(STAMPS))
    assert logits.shape == (2, 3)
    assert logits.dtype == jnp.float32
    assert jnp.isfinite(logits).all()
    np.testing.assert_array_equal(predict(jnp.asarray(STAMPS)), logits)
    swapped = nnx.jit(lambda model, images: model(images))(predict, jnp.asarray(STAMPS[::-1]))
    np.testing.assert_allclose(swapped[::-1], logits, rtol=1e-4, atol=1e-5)


def test_every_weight_has_a_finite_gradient(model):
    """In training, the loss has a finite gradient for every weight, and none is zero throughout."""
    train = view(model, training=True)
    graph, params, others = nnx.split(train, nnx.Param, ...)

    @jax.jit
    def loss(params, others):
        logits = nnx.merge(graph, params, others, copy=True)(jnp.asarray(STAMPS))
        return (logits * jnp.arange(6.0).reshape(2, 3)).sum() / 10

    gradients = nnx.to_flat_state(jax.grad(loss)(params, others))
    for name, gradient in gradients:
        assert jnp.isfinite(gradient[...]).all(), name
    assert sum(bool((gradient[...] != 0).any()) for _, gradient in gradients) >= len(gradients) - 2


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(("size", "channels"), [(32, 1), (69, 5)])
def test_any_stamp_from_32_pixels_will_do(name, size, channels):
    """Shapes work out for any size from 32 pixels and any number of channels."""

    def logits():
        model = view(create_model(name, classes=4, channels=channels, size=size), training=False)
        return model(jnp.zeros((1, size, size, channels)))

    assert jax.eval_shape(logits).shape == (1, 4)


def test_same_seed_same_weights():
    """A seed fixes the weights; another seed gives others."""
    first, again, other = (
        create_model("lenet5", classes=3, channels=1, size=32, seed=seed).conv1.kernel[...] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_narrow_resnet_is_the_same_network():
    """`width` scales all features: half the width, about a quarter of the weights."""
    half, full = (parameter_count(ResNet18(10, width=width, rngs=nnx.Rngs(0))) for width in (8, 16))
    assert full / half == pytest.approx(4, rel=0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "vgg"}, "name: expected one of 'lenet5', .* got 'vgg'"),
        ({"classes": 1}, "classes: expected at least 2, got 1"),
        ({"channels": 0}, "channels: expected a whole number of at least 1, got 0"),
        ({"size": 31}, "size: expected stamps of at least 32 pixels, got 31"),
    ],
)
def test_impossible_models_are_refused(arguments, message):
    """Each argument that can't work is refused with what was expected."""
    with pytest.raises(InvalidValueError, match=message):
        create_model(**{"name": "lenet5", "classes": 3, "channels": 1, "size": 32} | arguments)
