"""Convolution as a sum of matrix products, one for each place (position) in the kernel.

Each place takes a rectangle of the images to a rectangle of the outputs, by a matrix of channels by features. On small
maps, most places look beyond the edge for most outputs: on 2 x 2 pixels, a 3 x 3 kernel has 36 pairs of output and
place, and only 16 of them meet a pixel. Here the zeros beyond the edge are neither stored nor multiplied. Sums of
bfloat16 are in float32.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

__all__ = ["convolve_places", "image_gradient_places", "kernel_gradient_places"]

Maps = Float[Array, "batch _ _ _"]
Kernel = Float[Array, "rows columns channels features"]
Padding = Sequence[tuple[int, int]]
Shape = Sequence[int]


class Meeting(NamedTuple):
    """The pixels that a row (or column) of the kernel sees inside the map, and the outputs to which they belong."""

    pixel: int  # the first pixel
    step: int  # from each pixel to the next: the stride
    output: int  # the first output; outputs follow each other
    outputs: int  # number of outputs, and of pixels


def convolve_places(images: Maps, kernel: Kernel, strides: Sequence[int], padding: Padding) -> Maps:
    """Convolve with any stride."""
    height, width = (
        (side + sum(ends) - extent) // step + 1
        for side, ends, extent, step in zip(images.shape[1:3], padding, kernel.shape, strides, strict=False)
    )
    outputs = (len(images), height, width, kernel.shape[3])
    total = jnp.zeros(outputs, jnp.float32)
    for i, j, down, across in _places(images.shape, kernel.shape, outputs, strides, padding):
        part = _multiply(_pixels(images, down, across), kernel[i, j], (3,), (0,))
        total += _spread(part, outputs, (down.output, 1), (across.output, 1))
    return total.astype(images.dtype)


def image_gradient_places(
    cotangent: Maps, kernel: Kernel, shape: Shape, strides: Sequence[int], padding: Padding
) -> Maps:
    """Gradient with respect to images of the given shape."""
    total = jnp.zeros(shape, jnp.float32)
    for i, j, down, across in _places(shape, kernel.shape, cotangent.shape, strides, padding):
        part = _multiply(_outputs(cotangent, down, across), kernel[i, j], (3,), (1,))
        total += _spread(part, shape, (down.pixel, down.step), (across.pixel, across.step))
    return total.astype(cotangent.dtype)


def kernel_gradient_places(
    images: Maps, cotangent: Maps, shape: Shape, strides: Sequence[int], padding: Padding
) -> Kernel:
    """Gradient with respect to a kernel of the given shape."""
    rows, columns, channels, features = shape
    places = [jnp.zeros((channels, features))] * (rows * columns)
    for i, j, down, across in _places(images.shape, shape, cotangent.shape, strides, padding):
        # As matrices: for a sum over the three axes of maps, XLA would transpose them first, value by value.
        seen = _pixels(images, down, across).reshape(-1, channels)
        changed = _outputs(cotangent, down, across).reshape(-1, features)
        places[i * columns + j] = _multiply(seen, changed, (0,), (0,))
    return jnp.stack(places).reshape(shape).astype(images.dtype)


def _places(
    images: Shape, kernel: Shape, outputs: Shape, strides: Sequence[int], padding: Padding
) -> Iterator[tuple[int, int, Meeting, Meeting]]:
    """Each place that meets a pixel: its row and column in the kernel, and what it sees down and across."""
    down, across = (
        [
            _meet(images[axis], outputs[axis], strides[axis - 1], padding[axis - 1][0], i)
            for i in range(kernel[axis - 1])
        ]
        for axis in (1, 2)
    )
    for i, rows in enumerate(down):
        for j, columns in enumerate(across):
            if rows.outputs > 0 and columns.outputs > 0:
                yield i, j, rows, columns


def _meet(side: int, outputs: int, step: int, before: int, i: int) -> Meeting:
    # Output o sees pixel `o step + i - before`, which must lie between 0 and `side - 1`.
    first = max(0, -(-(before - i) // step))
    last = min(outputs - 1, (side - 1 - i + before) // step)
    return Meeting(first * step + i - before, step, first, last - first + 1)


def _pixels(images: Maps, down: Meeting, across: Meeting) -> Maps:
    rows, columns = (slice(at.pixel, at.pixel + (at.outputs - 1) * at.step + 1, at.step) for at in (down, across))
    return images[:, rows, columns]


def _outputs(cotangent: Maps, down: Meeting, across: Meeting) -> Maps:
    rows, columns = (slice(at.output, at.output + at.outputs) for at in (down, across))
    return cotangent[:, rows, columns]


def _spread(part: Maps, shape: Shape, down: tuple[int, int], across: tuple[int, int]) -> Maps:
    """Put a part into zeros of the given shape: (first index, step) down and across."""
    margins = [
        (first, side - first - (count - 1) * step - 1, step - 1)
        for (first, step), side, count in zip((down, across), shape[1:3], part.shape[1:3], strict=True)
    ]
    return lax.pad(part, jnp.zeros((), part.dtype), ((0, 0, 0), *margins, (0, 0, 0)))


def _multiply(left: Array, right: Array, of_left: Sequence[int], of_right: Sequence[int]) -> Array:
    return lax.dot_general(left, right, ((of_left, of_right), ((), ())), preferred_element_type=jnp.float32)
