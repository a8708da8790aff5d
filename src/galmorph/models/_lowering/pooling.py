"""Pooling for maps of any size.

On CPUs XLA computes windows one pixel at a time, and the gradient of average pooling as the sums of other windows. Here
averages are sums of shifted maps, and in the gradient each pixel gets its part of the one window that it is in: two to
three times as fast.

On CPUs XLA computes the gradient of maximum pooling by a search over windows that carries four arrays of indices. This
takes eight to twenty times as long as the pooling itself. Here, on CPUs, the largest values and their places in the
windows are found by comparing shifted maps. In the gradient, each pixel collects from the windows in which it was the
largest. All of this is elementwise, and XLA fuses it. The values are XLA's to the bit; gradients are summed over
windows in another order, and so rounded differently.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax
from jaxtyping import Array, Float, Int

__all__ = ["adaptive_average_pool", "average_pool", "max_pool"]

Pair = tuple[int, int]
Maps = Float[Array, "batch _ _ channels"]


def max_pool(
    images: Float[Array, "batch height width channels"], window: int, stride: int, padding: int = 0
) -> Float[Array, "batch _ _ channels"]:
    """Largest value in each square window. A map smaller than the window is one window.

    Parameters
    ----------
    images
        Maps of shape ``(batch, height, width, channels)``.
    window, stride
        Side of a window, and step from one window to the next, in pixels.
    padding
        Pixels of minus infinity added on every side.

    Returns
    -------
    maps
        Of shape ``(batch, new height, new width, channels)``, with ``(side + 2 padding - window) // stride + 1``
        windows along each side, and at least one.
    """
    extents = tuple(min(window, side + 2 * padding) for side in images.shape[1:3])

    def native(images: Array) -> Array:
        return nnx.max_pool(images, extents, (stride, stride), ((padding, padding), (padding, padding)))

    if not jnp.issubdtype(images.dtype, jnp.floating):
        return native(images)
    return lax.platform_dependent(images, cpu=partial(_max_pool, extents, stride, padding), default=native)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def _max_pool(extents: Pair, stride: int, padding: int, images: Maps) -> Maps:
    return _largest(extents, stride, padding, images)[0]


def _forward(extents: Pair, stride: int, padding: int, images: Maps) -> tuple[Maps, tuple[Array, Array]]:
    largest, places = _largest(extents, stride, padding, images)
    return largest, (places, images)


def _backward(extents: Pair, stride: int, padding: int, residuals: tuple[Array, Array], cotangent: Maps) -> tuple[Maps]:
    places, images = residuals
    return (_to_places(extents, stride, padding, places, cotangent, (images.shape[1], images.shape[2])),)


_max_pool.defvjp(_forward, _backward)


def _largest(extents: Pair, stride: int, padding: int, images: Maps) -> tuple[Maps, Int[Array, "batch _ _ channels"]]:
    # The largest values, and their places: the number of the pixel in its window, of the first one if several are
    # equal.
    counts = [
        (side + 2 * padding - extent) // stride + 1 for side, extent in zip(images.shape[1:3], extents, strict=True)
    ]
    margin = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    padded = jnp.pad(images, margin, constant_values=-jnp.inf)
    ends = [stride * (count - 1) + 1 for count in counts]
    shifted = [padded[:, i : i + ends[0] : stride, j : j + ends[1] : stride] for i, j in np.ndindex(*extents)]
    largest, places = shifted[0], jnp.zeros(shifted[0].shape, jnp.int32)
    for place, values in enumerate(shifted[1:], start=1):
        places = jnp.where(values > largest, place, places)
        largest = jnp.maximum(values, largest)
    return largest, places


def _to_places(extents: Pair, stride: int, padding: int, places: Array, cotangent: Maps, sides: Pair) -> Maps:
    # With stride s, pixel s a + u of a row is pixel u of window a, pixel u + s of window a - 1, and so on. So for each
    # phase u < s (and likewise for columns) the gradient is a sum over a few shifted maps of windows: a window adds its
    # gradient if its largest value was at that place.
    reach = [-(-extent // stride) - 1 for extent in extents]
    lengths = [-(-(side + padding) // stride) for side in sides]
    margins = [
        (extra, max(extra, length - count))
        for extra, length, count in zip(reach, lengths, cotangent.shape[1:3], strict=True)
    ]
    cotangent = jnp.pad(cotangent, ((0, 0), *margins, (0, 0)))
    places = jnp.pad(places, ((0, 0), *margins, (0, 0)), constant_values=-1)

    def phase(u: int, v: int) -> Array:
        total = jnp.zeros((len(places), *lengths, places.shape[-1]), cotangent.dtype)
        for i in range(u, extents[0], stride):
            for j in range(v, extents[1], stride):
                top, left = reach[0] - i // stride, reach[1] - j // stride
                window = (slice(None), slice(top, top + lengths[0]), slice(left, left + lengths[1]))
                total += jnp.where(places[window] == i * extents[1] + j, cotangent[window], 0)
        return total

    phases = jnp.stack([jnp.stack([phase(u, v) for v in range(stride)], axis=3) for u in range(stride)], axis=2)
    whole = phases.reshape(len(places), stride * lengths[0], stride * lengths[1], -1)
    return whole[:, padding : padding + sides[0], padding : padding + sides[1]]


def average_pool(
    images: Float[Array, "batch height width channels"], window: int
) -> Float[Array, "batch height//{window} width//{window} channels"]:
    """Average square windows that lie side by side. Pixels left over at the lower and right edge are dropped.

    Parameters
    ----------
    images
        Maps of shape ``(batch, height, width, channels)``, with sides of at least `window` pixels.
    window
        Side of a window in pixels.

    Returns
    -------
    maps
        Of shape ``(batch, height // window, width // window, channels)``.
    """

    def native(images: Array) -> Array:
        return nnx.avg_pool(images, (window, window), (window, window))

    return lax.platform_dependent(images, cpu=partial(_average_pool, window), default=native)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _average_pool(window: int, images: Maps) -> Maps:
    ends = [side // window * window for side in images.shape[1:3]]
    places = np.ndindex(window, window)
    shifted = [images[:, i : ends[0] : window, j : ends[1] : window] for i, j in places]
    return sum(shifted[1:], shifted[0]) / window**2


def _average_forward(window: int, images: Maps) -> tuple[Maps, Maps]:
    return _average_pool(window, images), images


def _average_backward(window: int, images: Maps, cotangent: Maps) -> tuple[Maps]:
    batch, height, width, channels = cotangent.shape
    share = (cotangent / window**2)[:, :, None, :, None]
    shares = jnp.broadcast_to(share, (batch, height, window, width, window, channels))
    whole = shares.reshape(batch, height * window, width * window, channels)
    dropped = [(0, side - kept) for side, kept in zip(images.shape, whole.shape, strict=True)]
    return (jnp.pad(whole, dropped),)


_average_pool.defvjp(_average_forward, _average_backward)


def adaptive_average_pool(
    images: Float[Array, "batch height width channels"], size: int
) -> Float[Array, "batch {size} {size} channels"]:
    """Average a map of any size over ``size x size`` nearly equal bins.

    Bin i of n along a side of s pixels covers pixels ``floor(i s / n)`` up to, not including, ``ceil((i + 1) s / n)``:
    bins overlap if s is not a multiple of n, and repeat pixels if s is smaller than n.

    Parameters
    ----------
    images
        Maps of shape ``(batch, height, width, channels)``.
    size
        Bins along each side.

    Returns
    -------
    maps
        Averages of shape ``(batch, size, size, channels)``.
    """
    height, width = images.shape[1:3]
    if (height, width) == (size, size):
        return images
    down, across = (jnp.asarray(_bin_weights(side, size), images.dtype) for side in (height, width))
    return jnp.einsum("ih,bhwc,jw->bijc", down, images, across)


def _bin_weights(side: int, bins: int) -> np.ndarray:
    weights = np.zeros((bins, side))
    for i in range(bins):
        first, end = i * side // bins, -(-(i + 1) * side // bins)
        weights[i, first:end] = 1 / (end - first)
    return weights
