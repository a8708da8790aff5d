"""One contract for all architectures, and their published sizes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from small_networks import with_drawn_weights

from galmorph.errors import InvalidValueError
from galmorph.models import (
    ARCHITECTURES,
    BasicBlock,
    Bottleneck,
    DaiTongResNet26,
    DenseNet,
    DielemanNet,
    ResNet,
    ResNet18,
    SmallResNet,
    create_model,
    parameter_count,
    summary,
)
from galmorph.models._dieleman import cut

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


VGG16 = (
    sum(
        9 * inputs * outputs + outputs
        for inputs, outputs in [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)]
    )
    + (9 * 256 * 512 + 512)
    + 5 * (9 * 512 * 512 + 512)
    + (49 * 512 * 4096 + 4096)
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


def bottlenecks(*depths: int) -> int:
    """Weights of a ResNet of bottlenecks with 1,000 classes, from the numbers of its blocks."""
    stages = zip((64, 256, 512, 1024), (64, 128, 256, 512), depths, strict=True)
    return STEM + sum(bottleneck_stage(*stage) for stage in stages) + 2049 * 1000


# Our own, so there is no published count: 3 x 3 pixels first, then one basic block a stage; five classes.
SMALL_RESNET = (
    (27 * 16 + 32)
    + sum(basic_stage(*s) for s in [(16, 16, 1), (16, 32, 1), (32, 64, 1)])
    + (65 * 5)
    # The last stage halves the map but not the width: it has a shortcut all the same.
    + basic_stage(64, 64, 1)
    + 64 * 64
    + 128
)


def wide_stage(inputs: int, width: int) -> int:
    """Weights of two pre-activation bottlenecks, four times as wide outside as inside; norms come before convolutions.

    The last convolutions and the shortcut have biases; the second unit needs no convolution in its shortcut.
    """
    out = 4 * width
    inner = 9 * width**2 + width * out + out + 4 * width
    return (2 * inputs + inputs * width + inner + inputs * out + out) + (2 * out + out * width + inner)


DAI_TONG = (
    (36 * 3 * 64 + 64)
    + sum(wide_stage(*s) for s in [(64, 128), (512, 256), (1024, 512), (2048, 1024)])
    + (2 * 4096)
    + (4096 * 5 + 5)
)


# The convolutions, a bias for each feature at each pixel of their maps, and the dense layers, of which two give pairs.
DIELEMAN = (
    (36 * 3 * 32 + 25 * 32 * 64 + 9 * 64 * 128 + 9 * 128 * 128)
    + (40**2 * 32 + 16**2 * 64 + 6**2 * 128 + 4**2 * 128)
    + (16 * 512 * 4096 + 4096)
    + (2048 * 4096 + 4096)
    + (2048 * 37 + 37)
)


def densenet(*depths: int) -> int:
    """Weights of a DenseNet with 1,000 classes, from the numbers of its layers: 64 features first, 32 more a layer."""
    total, features = STEM, 64
    for block, depth in enumerate(depths):
        if block > 0:
            total += 2 * features + features * (features // 2)
            features //= 2
        for _ in range(depth):
            total += 2 * features + features * 128 + 2 * 128 + 9 * 128 * 32
            features += 32
    return total + 2 * features + (features + 1) * 1000


@pytest.fixture
def one_key(monkeypatch):
    """Give all layers the same random key: to trace a chain of 300 keys takes longer than to trace a network."""
    monkeypatch.setattr(nnx.RngStream, "__call__", lambda stream: stream.key[...])


# Multiply-adds, in units of 1e9, are those that torchvision documents beside its weights.
@pytest.mark.parametrize(
    ("name", "layers", "published", "multiply_adds"),
    [
        ("alexnet", ALEXNET, 61_100_840, 0.71),
        ("vgg16", VGG16, 138_357_544, 15.47),
        ("resnet18", RESNET18, 11_689_512, 1.81),
        ("resnet34", RESNET34, 21_797_672, 3.66),
        ("resnet50", bottlenecks(3, 4, 6, 3), 25_557_032, 4.09),
        pytest.param("resnet101", bottlenecks(3, 4, 23, 3), 44_549_160, 7.80, marks=pytest.mark.slow),
        pytest.param("resnet152", bottlenecks(3, 8, 36, 3), 60_192_808, 11.51, marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("one_key")
def test_weights_and_operations_are_as_published(name, layers, published, multiply_adds):
    """For 224 x 224 x 3 pixels and 1,000 classes, weights and operations are the published ones."""
    model = nnx.eval_shape(lambda: create_model(name, classes=1000, channels=3, size=224))
    table = summary(model, size=224, channels=3)
    assert table.parameters == layers == published
    assert table.flops / 2e9 == pytest.approx(multiply_adds, abs=0.005)


@pytest.mark.parametrize(
    ("name", "layers", "published"),
    [
        ("densenet121", densenet(6, 12, 24, 16), 7_978_856),
        pytest.param("densenet169", densenet(6, 12, 32, 32), 14_149_480, marks=pytest.mark.slow),
        pytest.param("densenet201", densenet(6, 12, 48, 32), 20_013_928, marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("one_key")
def test_densenets_have_the_published_weights(name, layers, published):
    """With 1,000 classes, the weights of DenseNet-121, -169 and -201 are the published ones."""
    model = nnx.eval_shape(lambda: create_model(name, classes=1000, channels=3, size=224))
    assert parameter_count(model) == layers == published


def test_lenet5_has_the_weights_of_its_layers():
    """On 32 x 32 x 1 pixels with ten classes, LeNet-5 has the published 61,706 weights."""
    model = nnx.eval_shape(lambda: create_model("lenet5", classes=10, channels=1, size=32))
    assert parameter_count(model) == LENET5 == 61_706


@pytest.mark.usefixtures("one_key")
def test_small_resnet_has_the_weights_of_its_layers():
    """The small residual network holds ten layers of weights beside its shortcuts, and the sum over all of them."""
    model = nnx.eval_shape(lambda: create_model("small_resnet", classes=5, channels=3, size=80))
    table = summary(model, size=80, channels=3)
    assert table.parameters == SMALL_RESNET == 155_925
    layers = [layer for layer in table.layers if layer.kind != "BatchNorm" and "shortcut" not in layer.name]
    assert [layer.shape for layer in layers] == [
        *[(40, 40, 16)] * 3,
        *[(20, 20, 32)] * 2,
        *[(10, 10, 64)] * 2,
        *[(5, 5, 64)] * 2,
        (5,),
    ]


@pytest.mark.usefixtures("one_key")
def test_dai_tong_has_the_weights_of_its_layers():
    """The network of Dai & Tong has 26 layers beside its shortcuts, and the weights and features of their code."""
    model = nnx.eval_shape(lambda: create_model("resnet26_dai_tong", classes=5, channels=3, size=64))
    table = summary(model, size=64, channels=3)
    assert table.parameters == DAI_TONG == 55_679_429
    shapes = {layer.name: layer.shape for layer in table.layers}
    outputs = [shapes[f"units.{i}.conv3"] for i in range(8)]
    # Strides are in the last units of the first three stages; stage 4 has none.
    sides, features = (32, 16, 16, 8, 8, 4, 4, 4), (512, 512, 1024, 1024, 2048, 2048, 4096, 4096)
    assert outputs == [(side, side, count) for side, count in zip(sides, features, strict=True)]
    layers = [path for path, module in nnx.iter_modules(model) if isinstance(module, nnx.Conv | nnx.Linear)]
    assert len([path for path in layers if "shortcut" not in path]) == 26


@pytest.mark.usefixtures("one_key")
def test_dieleman_has_the_weights_of_its_layers():
    """With the 37 answers of the Galaxy Challenge, it has the "about 42 million" weights that its authors give."""
    model = nnx.eval_shape(lambda: create_model("dieleman", classes=37, channels=3, size=99))
    table = summary(model, size=99, channels=3)
    assert parameter_count(model) == table.parameters == DIELEMAN == 42_377_125
    shapes = [layer.shape for layer in table.layers if layer.kind != "Biases"]
    maps = [(16, 40, 40, 32), (16, 16, 16, 64), (16, 6, 6, 128), (16, 4, 4, 128)]
    assert shapes == [*maps, (4096,), (4096,), (37,)]


def test_dieleman_sees_16_parts_with_the_centre_at_the_lower_right():
    """Quarter turns and mirror images of a stamp permute the parts; a view turned by 45 degrees is the known one."""
    y, x = np.mgrid[-49:50, -49:50].astype(np.float32)
    stamp = np.random.default_rng(0).normal(size=(99, 99, 1)).astype(np.float32)
    marked = np.hypot(x, y)[..., None]  # zero at the centre, in each part the pixel in row and column 34
    plane = (3 * x + y)[..., None]
    turns = [np.rot90(stamp, 1), stamp[:, ::-1], stamp[::-1]]
    parts = np.asarray(cut(jnp.asarray([stamp, *turns, marked, plane])))
    assert parts.shape == (6, 16, 45, 45, 1)
    np.testing.assert_array_equal(parts[0, 0], stamp[15:60, 15:60])  # nothing is turned or interpolated

    def ordered(several):
        return several[np.lexsort(several[:, 0, :3, 0].T)]

    for other in parts[1:4]:
        np.testing.assert_allclose(ordered(other), ordered(parts[0]), atol=1e-4)
    assert [np.unravel_index(part.argmin(), (45, 45)) for part in parts[4, ..., 0]] == [(34, 34)] * 16
    # Interpolation is exact for a plane: a step down the turned view goes down and left, a step to the right also down.
    i, j = np.mgrid[-34:11, -34:11] / np.sqrt(2)
    np.testing.assert_allclose(parts[5, 8, ..., 0], 3 * (j - i) + (i + j), atol=1e-4)


def test_dieleman_takes_one_size():
    """Other stamps are refused when the network is made, and by the network."""
    with pytest.raises(InvalidValueError, match="size: expected 99 pixels for Dieleman's network, got 64; change the"):
        create_model("dieleman", classes=3, channels=3, size=64)
    with pytest.raises(InvalidValueError, match="got 99 x 98"):
        jax.eval_shape(lambda: DielemanNet(3, rngs=nnx.Rngs(0))(jnp.zeros((1, 99, 98, 3))))


@pytest.fixture(
    scope="module", params=["lenet5", "alexnet", "basic", "bottleneck", "small", "dai_tong", "dense", "dieleman"]
)
def model(request):
    """Give one architecture for small colour stamps and three classes; residual ones have two stages of one block."""
    if request.param == "alexnet":
        return with_drawn_weights(lambda: create_model("alexnet", classes=3, channels=3, size=32))
    if request.param == "lenet5":
        return create_model("lenet5", classes=3, channels=3, size=32, seed=0)
    if request.param == "small":
        return SmallResNet(3, depths=(1, 1), width=(6, 8), rngs=nnx.Rngs(0))
    if request.param == "dai_tong":
        return DaiTongResNet26(3, depths=(2, 1), width=4, rngs=nnx.Rngs(0))
    if request.param == "dieleman":
        return with_drawn_weights(lambda: create_model("dieleman", classes=3, channels=3, size=99))
    if request.param == "dense":
        return DenseNet(3, depths=(1, 1), growth=4, rngs=nnx.Rngs(0))
    block = {"basic": BasicBlock, "bottleneck": Bottleneck}[request.param]
    return ResNet(3, depths=(1, 1), block=block, width=8, rngs=nnx.Rngs(0))


def view(model, *, training):
    """Take the view for training or for prediction."""
    return nnx.view(model, deterministic=not training, use_running_average=not training, raise_if_not_found=False)


def stamps_for(model):
    """Draw two stamps of a size that a network takes."""
    side = 99 if isinstance(model, DielemanNet) else 32
    return np.random.default_rng(0).normal(size=(2, side, side, 3)).astype(np.float32)


@pytest.mark.slow
def test_prediction_is_one_function_of_each_image(model):
    """Logits are finite float32, one row an image; the same again, in another order, and without being compiled."""
    stamps, eager = stamps_for(model), view(model, training=False)
    graph, state = nnx.split(eager)
    predict = jax.jit(lambda state, images: nnx.merge(graph, state)(images))
    logits = predict(state, stamps)
    assert logits.shape == (2, 3)
    assert logits.dtype == jnp.float32
    assert np.isfinite(logits).all()
    np.testing.assert_array_equal(predict(state, stamps), logits)
    np.testing.assert_allclose(predict(state, stamps[::-1])[::-1], logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(eager(jnp.asarray(stamps)), logits, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_every_weight_has_a_finite_gradient(model):
    """In training, the loss has a finite gradient for every weight, and none is zero throughout."""
    stamps, train = jnp.asarray(stamps_for(model)), view(model, training=True)
    graph, params, others = nnx.split(train, nnx.Param, ...)

    @jax.jit
    @jax.grad
    def gradient_of_loss(params, others):
        logits = nnx.merge(graph, params, others, copy=True)(stamps)
        return (logits * jnp.arange(6.0).reshape(2, 3)).sum() / 10

    gradients = {name: np.asarray(each) for name, each in nnx.to_flat_state(gradient_of_loss(params, others))}
    for name, gradient in gradients.items():
        assert np.isfinite(gradient).all(), name
    assert sum(bool(gradient.any()) for gradient in gradients.values()) >= len(gradients) - 2


# These differ from others in nothing but the number of equal blocks.
SAME_BLOCKS = {"resnet34", "resnet101", "resnet152", "densenet121", "densenet169", "densenet201", "densenet264"}


@pytest.mark.parametrize("name", sorted(set(ARCHITECTURES) - SAME_BLOCKS - {"dieleman"}))
@pytest.mark.parametrize(("size", "channels"), [(32, 1), (69, 5)])
@pytest.mark.usefixtures("one_key")
def test_any_stamp_from_32_pixels_will_do(name, size, channels):
    """Shapes work out for any size from 32 pixels and any number of channels."""

    def logits():
        model = view(create_model(name, classes=4, channels=channels, size=size), training=False)
        return model(jnp.zeros((1, size, size, channels)))

    assert jax.eval_shape(logits).shape == (1, 4)


@pytest.mark.parametrize(("size", "stem", "pooling"), [(32, 7, True), (69, 3, False)])
@pytest.mark.usefixtures("one_key")
def test_densenets_halve_their_maps_in_each_transition(size, stem, pooling):
    """Stamps from 32 pixels will do, with either stem: four blocks halve a side three times, rounding down."""
    model = nnx.eval_shape(
        lambda: DenseNet(4, channels=1, depths=(1,) * 4, growth=2, stem=stem, pooling=pooling, rngs=nnx.Rngs(0))
    )
    shapes = {layer.name: layer.shape for layer in summary(model, size=size, channels=1).layers}
    first = -(-size // 2)  # after the first convolution
    side = -(-first // 2) if pooling else first
    assert [shapes[f"layers.{i}.conv2"] for i in range(4)] == [(side // 2**i,) * 2 + (2,) for i in range(4)]
    assert shapes["dense"] == (4,)


def test_same_seed_same_weights():
    """A seed fixes the weights; another seed gives others."""
    first, again, other = (
        create_model("lenet5", classes=3, channels=1, size=32, seed=seed).conv1.kernel[...] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.usefixtures("one_key")
def test_narrow_resnet_is_the_same_network():
    """`width` scales all features: half the width, about a quarter of the weights."""

    def count(width):
        return parameter_count(nnx.eval_shape(lambda: ResNet18(10, width=width, rngs=nnx.Rngs(0))))

    full, half = count(64), count(32)
    assert full / half == pytest.approx(4, rel=0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": (8, 16)}, r"width: expected one for each of the 4 stages, got \(8, 16\)"),
        ({"stem": 4}, "stem: expected an odd number of pixels, got 4"),
    ],
)
def test_impossible_residual_networks_are_refused(arguments, message):
    """Widths go with stages, and a kernel without a middle would shift the map."""
    with pytest.raises(InvalidValueError, match=message):
        SmallResNet(3, **arguments, rngs=nnx.Rngs(0))


def test_densenet_without_a_middle_is_refused():
    """A kernel of an even extent would shift the map."""
    with pytest.raises(InvalidValueError, match="stem: expected an odd number of pixels, got 4"):
        DenseNet(3, depths=(1,), stem=4, rngs=nnx.Rngs(0))


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
