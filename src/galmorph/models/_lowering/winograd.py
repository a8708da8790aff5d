"""Convolution by Winograd's algorithm, which needs fewer multiplications.

This is the minimal filtering algorithm F(m x m, r x r) of Lavin & Gray (2016, CVPR, arXiv:1509.09308, section 4). The
outputs are cut into tiles of m x m. Each tile depends on n x n inputs, with n = m + r - 1, so the inputs of
neighbouring tiles overlap by r - 1. There are four steps:

1. transform the inputs d of each tile: ``V = B^T d B``; 2. transform the kernel g: ``U = G g G^T``; 3. for each of the
n x n elements of a tile, multiply V and U. Over all tiles, channels and features this is a matrix product
   for each element, ``M = V U``;
4. transform back to the outputs: ``A^T M A``.

Each output takes ``(n / m)^2`` multiplications instead of ``r^2``: 4 instead of 9 for F(2 x 2, 3 x 3), and 9 instead of
25 for F(2 x 2, 5 x 5). All transforms are linear, so both gradients are matrix products between the same (transposed)
transforms.

In float32 the result differs from the plain sum by rounding: by about 1e-6 of the largest value for F(2 x 2, 3 x 3),
and by 1e-5 for larger tiles.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from math import prod
from operator import add
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from galmorph.models._lowering.materialise import materialise

__all__ = ["Transforms", "convolve_tiles", "image_gradient_tiles", "kernel_gradient_tiles"]

Padding = Sequence[tuple[int, int]]
Maps = Float[Array, "batch _ _ _"]
Kernel = Float[Array, "extent extent channels features"]
Tiles = Float[Array, "elements _ _"]  # element of a tile, tile, channel; or element, channel, feature


class Transforms(NamedTuple):
    """The three matrices of F(m, r), which gives m outputs of a filter of r taps: ``A^T [(G g) * (B^T d)]``."""

    outputs: Float[np.ndarray, "m n"]  # A^T
    kernel: Float[np.ndarray, "n r"]  # G
    inputs: Float[np.ndarray, "n n"]  # B^T

    @classmethod
    @lru_cache
    def of(cls, m: int, r: int) -> "Transforms":
        """Make them by the method of Toom and Cook.

        A product of two polynomials is known from its values at n - 1 points and its highest coefficient. `G` gives
        these values for the filter and `A` for the other factor, they are multiplied one by one, and `B` goes back to
        coefficients (Lagrange's interpolation, with the denominators moved into `G`). Filtering is the transpose of
        this product with respect to the other factor, hence `A^T` and `B^T`. Small points keep the rounding small, and
        fractions make the matrices exact.
        """
        points = [Fraction(point) for point in ("0", "1", "-1", "2", "-2", "1/2", "-1/2")][: m + r - 2]
        others = [[other for other in points if other != point] for point in points]
        outputs = [[point**power for point in points] + [power == m - 1] for power in range(m)]
        kernel = [
            [point**power / prod((point - other for other in rest), start=Fraction(1)) for power in range(r)]
            for point, rest in zip(points, others, strict=True)
        ]
        kernel.append([Fraction(power == r - 1) for power in range(r)])
        inputs = [[*_coefficients(rest), Fraction(0)] for rest in others] + [_coefficients(points)]
        return cls(*(np.array(matrix, np.float32) for matrix in (outputs, kernel, inputs)))


def _coefficients(roots: Sequence[Fraction]) -> list[Fraction]:
    """Coefficients of the polynomial with these roots, the constant term first."""
    product = [Fraction(1)]
    for root in roots:
        shifted, kept = [Fraction(0), *product], [*product, Fraction(0)]
        product = [above - root * here for above, here in zip(shifted, kept, strict=True)]
    return product


def convolve_tiles(images: Maps, kernel: Kernel, padding: Padding, m: int) -> Maps:
    """Convolve with stride 1, in tiles of m x m outputs."""
    transforms = Transforms.of(m, len(kernel))
    height, width = (side + sum(ends) - len(kernel) + 1 for side, ends in zip(images.shape[1:3], padding, strict=True))
    tiles = _to_tiles(images, padding, height, width, transforms)
    return _from_tiles(_multiply(tiles, _transform(kernel, transforms), (2, 1)), len(images), height, width, transforms)


def image_gradient_tiles(cotangent: Maps, kernel: Kernel, padding: Padding, height: int, width: int, m: int) -> Maps:
    """Gradient with respect to images of height x width: a convolution with the kernel turned by 180 degrees."""
    transforms = Transforms.of(m, len(kernel))
    margins = [(len(kernel) - 1 - before, len(kernel) - 1 - after) for before, after in padding]
    tiles, turned = _to_tiles(cotangent, margins, height, width, transforms), _transform(kernel[::-1, ::-1], transforms)
    return _from_tiles(_multiply(tiles, turned, (2, 2)), len(cotangent), height, width, transforms)


def kernel_gradient_tiles(images: Maps, cotangent: Maps, padding: Padding, extent: int, m: int) -> Kernel:
    """Gradient with respect to a kernel of extent x extent pixels.

    The transforms backwards: the cotangent goes through the transpose of that of the outputs, is multiplied by the
    transformed inputs over all tiles, and the products go through the transpose of that of the kernel.
    """
    transforms = Transforms.of(m, extent)
    batch, height, width, features = cotangent.shape
    rows, columns = -(-height // m), -(-width // m)
    padded = jnp.pad(cotangent, ((0, 0), (0, m * rows - height), (0, m * columns - width), (0, 0)))
    blocks = padded.reshape(batch, rows, m, columns, m, features)
    down = _combine(transforms.outputs.T, [blocks[:, :, i] for i in range(m)], axis=0)
    both = _combine(transforms.outputs.T, [down[..., j, :] for j in range(m)], axis=1)
    tiles = _to_tiles(images, padding, height, width, transforms)
    products = _multiply(tiles, both.reshape(len(tiles), -1, features), (1, 1))
    grid = products.reshape(m + extent - 1, m + extent - 1, -1, features)
    across = _combine(transforms.kernel.T, [grid[:, j] for j in range(len(grid))], axis=1)
    return _combine(transforms.kernel.T, [across[i] for i in range(len(grid))], axis=0)


def _to_tiles(images: Maps, padding: Padding, height: int, width: int, transforms: Transforms) -> Tiles:
    # The transformed tiles for height x width outputs, with zeros where tiles reach beyond the images. Tiles overlap,
    # but are never copied: the images are cut into blocks of m pixels, and pixel i of a tile is pixel i % m of a later
    # block.
    m, n = transforms.outputs.shape
    rows, columns = -(-height // m), -(-width // m)
    overlap = -(-(n - m) // m)  # further blocks of m pixels into which a tile reaches
    ends = [
        (before, m * (tiles + overlap) - side - before)
        for tiles, side, (before, _) in zip((rows, columns), images.shape[1:3], padding, strict=True)
    ]
    padded = lax.pad(images, jnp.zeros((), images.dtype), _margins(ends))
    batch, channels = len(images), images.shape[-1]
    blocks = padded.reshape(batch, rows + overlap, m, m * (columns + overlap), channels)
    down = _combine(transforms.inputs, [blocks[:, i // m : i // m + rows, i % m] for i in range(n)], axis=0)
    blocks = down.reshape(n, batch, rows, columns + overlap, m, channels)
    both = _combine(transforms.inputs, [blocks[:, :, :, j // m : j // m + columns, j % m] for j in range(n)], axis=1)
    return both.reshape(n * n, batch * rows * columns, channels)


def _margins(ends: Padding) -> list[tuple[int, int, int]]:
    return [(0, 0, 0), *((before, after, 0) for before, after in ends), (0, 0, 0)]


def _transform(kernel: Kernel, transforms: Transforms) -> Tiles:
    extent = range(len(kernel))
    down = _combine(transforms.kernel, [kernel[i] for i in extent], axis=0)
    both = _combine(transforms.kernel, [down[:, j] for j in extent], axis=1)
    return both.reshape(-1, *kernel.shape[2:])


def _from_tiles(tiles: Tiles, batch: int, height: int, width: int, transforms: Transforms) -> Maps:
    m, n = transforms.outputs.shape
    rows, columns = -(-height // m), -(-width // m)
    grid = tiles.reshape(n, n, batch, rows, columns, -1)
    across = _combine(transforms.outputs, [grid[:, j] for j in range(n)], axis=4)  # (n, batch, rows, columns, m, _)
    both = _combine(transforms.outputs, [across[i] for i in range(n)], axis=2)
    return both.reshape(batch, m * rows, m * columns, -1)[:, :height, :width]


def _multiply(left: Tiles, right: Tiles, contracted: tuple[int, int]) -> Tiles:
    return lax.dot_general(left, right, ((contracted[:1], contracted[1:]), ((0,), (0,))))


def _combine(matrix: Float[np.ndarray, "results terms"], terms: Sequence[Array], axis: int) -> Array:
    """Linear combinations of arrays, one for each row of the matrix, along a new axis.

    The sums are broadcast, because XLA makes one vectorised loop of them; stacked sums would give a slow loop.
    """
    shape = [1] * (terms[0].ndim + 1)
    shape[axis] = len(matrix)
    parts = [
        jnp.asarray(factors.reshape(shape)) * jnp.expand_dims(term, axis)
        for factors, term in zip(matrix.T, terms, strict=True)
    ]
    total = reduce(add, parts)
    # With many terms, XLA would compute all terms of the first stage again for each term of the second one, which costs
    # more than writing the first stage to memory.
    return materialise(total) if len(terms) > 4 else total
