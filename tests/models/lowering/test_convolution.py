"""Our convolution against XLA's, and by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import lax

from galmorph.models._lowering import patches
from galmorph.models._lowering.convolution import Conv, convolve
from galmorph.models._lowering.winograd import Transforms, kernel_gradient_tiles

pytestmark = pytest.mark.usefixtures("full_optimization")


def draw(shape, seed=0):
    """Draw normal numbers."""
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def xlas(images, kernel, strides, padding):
    """Convolve as XLA does, in full precision on every device."""
    return lax.conv_general_dilated(
        images, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"), precision="highest"
    )


def assert_close(result, expected, tolerance=5e-6):
    """Equal but for rounding, measured by the largest value: sums of many terms cancel."""
    assert result.shape == expected.shape
    result, expected = np.asarray(result), np.asarray(expected)
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def assert_equals_xlas(shape, kernel_shape, strides, padding, tolerance=5e-6):
    """Values and both gradients agree with XLA's to rounding."""
    operands = draw(shape), draw(kernel_shape, 1)
    cotangent = draw(jax.eval_shape(lambda *given: xlas(*given, strides, padding), *operands).shape, 2)

    @jax.jit
    def both(operands, cotangent):  # in one piece, which compiles sooner than six
        results = []
        for way in (convolve, xlas):
            maps, pull = jax.vjp(lambda *given, way=way: way(*given, strides, padding), *operands)
            results.append((maps, *pull(cotangent)))
        return results

    for mine, theirs in zip(*both(operands, cotangent), strict=True):
        assert_close(mine, theirs, tolerance)


@pytest.mark.parametrize(
    ("size", "extent", "stride", "padding"),
    [
        (1, 1, 1, 0),
        (1, 3, 1, 1),
        (3, 3, 2, 1),
        *(
            pytest.param(*sizes, marks=pytest.mark.slow)
            for sizes in [(2, 3, 1, 1), (2, 3, 2, 1), (3, 5, 1, 2), (4, 3, 2, 1), (5, 7, 2, 3)]
        ),
    ],
)
def test_convolution_of_small_maps_equals_xlas(size, extent, stride, padding):
    """Values and both gradients agree with XLA's to rounding, below and above the size of the kernel."""
    margin = (padding, padding)
    assert_equals_xlas((2, size, size + 1, 3), (extent, extent, 3, 12), (stride, stride), (margin, margin))


@pytest.mark.parametrize(
    ("height", "width", "padding"),
    [
        (5, 8, ((1, 1), (1, 1))),
        (6, 7, ((0, 0), (0, 0))),
        (6, 6, ((2, 2), (2, 2))),
        (5, 6, ((1, 0), (0, 2))),
    ],
)
@pytest.mark.parametrize(("channels", "features"), [(64, 96), pytest.param(128, 128, marks=pytest.mark.slow)])
def test_3x3_convolution_of_many_channels_equals_xlas(height, width, padding, channels, features):
    """Winograd's algorithm and its gradients agree with the plain sum, for even and odd sides and any margins."""
    assert_equals_xlas((16, height, width, channels), (3, 3, channels, features), (1, 1), padding)


@pytest.mark.slow
def test_5x5_convolution_of_many_channels_equals_xlas():
    """AlexNet's second layer in small. Tiles of 6 x 6 inputs round more than those of 4 x 4."""
    assert_equals_xlas((16, 9, 10, 64), (5, 5, 64, 96), (1, 1), ((2, 2), (2, 2)), tolerance=5e-5)


@pytest.mark.parametrize("extent", [3, 5])
def test_kernel_gradient_in_large_tiles_equals_xlas(extent):
    """Tiles of 4 x 4 outputs, as many channels with large maps have them."""
    images, cotangent, padding = draw((4, 10, 13, 8)), draw((4, 10, 13, 16), 1), ((extent // 2,) * 2,) * 2

    @jax.jit
    def both(images, cotangent):
        kernel = jnp.zeros((extent, extent, 8, 16))
        expected = jax.vjp(lambda kernel: xlas(images, kernel, (1, 1), padding), kernel)[1](cotangent)[0]
        return kernel_gradient_tiles(images, cotangent, padding, extent, 4), expected

    assert_close(*both(images, cotangent), tolerance=5e-5)


@pytest.mark.parametrize("most", [1 << 25, 1000])
@pytest.mark.parametrize(
    ("extents", "strides", "padding"),
    [
        ((7, 7), (2, 2), ((3, 3), (3, 3))),
        ((11, 11), (4, 4), ((2, 2), (2, 2))),
        ((3, 5), (2, 3), ((0, 1), (2, 0))),
        ((2, 2), (3, 3), ((0, 0), (0, 0))),  # pixels that no output sees
    ],
)
def test_kernel_gradient_by_patches_equals_xlas(extents, strides, padding, most, monkeypatch):
    """Strided kernels of any shape and margins, in one product and in several."""
    monkeypatch.setattr(patches, "_LARGEST", most)
    images = draw((3, 23, 26, 3))

    def convolved(kernel):
        return xlas(images, kernel, strides, padding)

    kernel = jnp.zeros((*extents, 3, 16))
    cotangent = draw(jax.eval_shape(convolved, kernel).shape, 1)
    expected = jax.jit(lambda cotangent: jax.vjp(convolved, kernel)[1](cotangent)[0])(cotangent)
    mine = patches.kernel_gradient_patches(images, cotangent, kernel.shape, strides, padding)
    assert_close(mine, expected)


@pytest.mark.parametrize(("channels", "features"), [(128, 32), (32, 64)])
def test_3x3_convolution_of_few_features_equals_xlas(channels, features):
    """DenseNet's layers, which Winograd's algorithm also computes."""
    assert_equals_xlas((8, 6, 8, channels), (3, 3, channels, features), (1, 1), ((1, 1), (1, 1)), tolerance=5e-5)


@pytest.mark.parametrize(("m", "r"), [(2, 3), (4, 3), (2, 5), (4, 5)])
def test_transforms_filter(m, r):
    """F(m, r) slides r taps along m + r - 1 values: whole numbers come out whole."""
    rng = np.random.default_rng(0)
    values, taps = rng.integers(-9, 10, m + r - 1), rng.integers(-9, 10, r)
    transforms = Transforms.of(m, r)
    result = transforms.outputs @ ((transforms.kernel @ taps) * (transforms.inputs @ values))
    np.testing.assert_allclose(result, np.correlate(values, taps), atol=1e-3)


@pytest.mark.parametrize("extent", [1, 3])
def test_convolution_with_strides_equals_xlas(extent):
    """Where a stride halves the map, as between the stages of ResNet, for even and odd sides."""
    assert_equals_xlas((2, 13, 12, 32), (extent, extent, 32, 48), (2, 2), ((extent // 2,) * 2,) * 2)


@pytest.mark.parametrize(
    ("shape", "kernel_shape", "padding"),
    [
        ((2, 12, 9, 1), (5, 5, 1, 6), ((0, 0), (0, 0))),
        pytest.param((2, 9, 30, 2), (3, 5, 2, 3), ((1, 1), (2, 2)), marks=pytest.mark.slow),
        pytest.param((2, 8, 17, 6), (5, 5, 6, 16), ((0, 0), (0, 0)), marks=pytest.mark.slow),
        pytest.param((2, 8, 8, 1), (3, 3, 1, 1), ((3, 0), (0, 3)), marks=pytest.mark.slow),
        pytest.param((1, 5, 5, 2), (5, 5, 2, 2), ((0, 0), (0, 0)), marks=pytest.mark.slow),
        ((2, 9, 11, 3), (3, 3, 3, 16), ((1, 1), (1, 1))),
        pytest.param((2, 7, 9, 16), (3, 3, 16, 32), ((1, 1), (0, 2)), marks=pytest.mark.slow),
        ((2, 9, 8, 5), (5, 3, 5, 20), ((2, 2), (1, 1))),
    ],
)
def test_convolution_to_few_features_equals_xlas(shape, kernel_shape, padding):
    """Blocks of outputs agree with the plain sum, also where the last block is cut and where padding is wide."""
    assert_equals_xlas(shape, kernel_shape, (1, 1), padding)


@pytest.mark.parametrize("extent", [7, 11])
def test_first_layers_equal_xlas(extent):
    """Large kernels with large strides, as the first layers of ResNet and AlexNet have them."""
    strides = (2, 2) if extent == 7 else (4, 4)
    assert_equals_xlas((2, 35, 36, 3), (extent, extent, 3, 16), strides, ((2, 2), (3, 3)))


def test_first_layers_of_any_shape_equal_xlas():
    """Strides, extents and margins that differ from side to side, and pixels that no place reaches."""
    assert_equals_xlas((2, 25, 30, 2), (5, 4, 2, 6), (3, 2), ((0, 2), (1, 0)))


def test_convolution_by_hand():
    """A kernel of ones over a 2 x 2 map with a margin of zeros sums all four pixels everywhere."""
    images = jnp.asarray([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    result = convolve(images, jnp.ones((3, 3, 1, 1)), (1, 1), ((1, 1), (1, 1)))
    np.testing.assert_array_equal(result[0, :, :, 0], np.full((2, 2), 10.0))


@pytest.mark.parametrize("kernel_shape", [(3, 3, 64, 64), (5, 5, 3, 6), (7, 7, 3, 16)])
def test_convolution_under_vmap(kernel_shape):
    """Many kernels at once, and gradients of each, equal one after the other."""
    images, kernels = draw((4, 6, 6, kernel_shape[2])), draw((2, *kernel_shape), 1)

    def loss(kernel):
        return jnp.sum(convolve(images, kernel, (1, 1), ((2, 2), (2, 2))) ** 2)

    gradient = jax.jit(jax.grad(loss))
    together = jax.jit(jax.vmap(gradient))(kernels)
    for one, kernel in zip(together, kernels, strict=True):
        assert_close(one, gradient(kernel))


def test_bfloat16_keeps_xlas_convolution():
    """The ways round XLA are for float32: bfloat16 comes out as XLA has it, to the bit."""
    images, kernel = draw((8, 6, 6, 64)).astype(jnp.bfloat16), draw((3, 3, 64, 64), 1).astype(jnp.bfloat16)
    arguments = ((1, 1), ((1, 1), (1, 1)))
    expected = lax.conv_general_dilated(images, kernel, *arguments, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    assert convolve(images, kernel, *arguments).dtype == jnp.bfloat16
    np.testing.assert_array_equal(convolve(images, kernel, *arguments), expected)


def test_layer_with_dilation_and_groups_keeps_xlas_convolution():
    """What the ways round XLA don't know is left to XLA."""
    images = draw((2, 9, 9, 4))
    drawn = {"kernel_init": lambda _key, shape, _dtype: draw(shape), "rngs": nnx.Rngs(0)}
    for options in ({"kernel_dilation": (2, 2)}, {"feature_group_count": 2}):
        ours, plain = (make(4, 6, (3, 3), padding=1, **drawn, **options) for make in (Conv, nnx.Conv))
        np.testing.assert_allclose(ours(images), plain(images), rtol=1e-5, atol=1e-5)


def test_unused_gradient_costs_nothing():
    """The first layer's gradient with respect to the images, which nobody asks for, is not computed."""
    images, kernel = draw((2, 16, 16, 3)), draw((7, 7, 3, 16), 1)

    def loss(kernel, images):
        return convolve(images, kernel, (2, 2), ((3, 3), (3, 3))).sum()

    def operations(of):
        cost = jax.jit(jax.grad(loss, argnums=of)).lower(kernel, images).compile().cost_analysis()
        return cost["flops"]

    assert operations(0) < 0.7 * operations((0, 1))
