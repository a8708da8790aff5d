"""Gaussian smoothing of many small images, each with a width of its own."""

import numpy as np
from jaxtyping import Float32

__all__ = ["gaussian_matrix", "smooth", "unit_variance"]


def gaussian_matrix(
    sigma: Float32[np.ndarray, "*batch"], size: int, shift: Float32[np.ndarray, "*batch"] | float = 0.0
) -> Float32[np.ndarray, "*batch {size} {size}"]:
    """Weights that smooth a row of pixels with a Gaussian and move it; near the border they still sum to one."""
    axis = np.arange(size, dtype=np.float32)
    offset = axis - axis[:, None] + np.asarray(shift, np.float32)[..., None, None]
    kernel = np.exp(-0.5 * (offset / sigma[..., None, None]) ** 2)
    return kernel / kernel.sum(axis=-1, keepdims=True)


def smooth(
    images: Float32[np.ndarray, "*batch size size"],
    along_y: Float32[np.ndarray, "*#batch size size"],
    along_x: Float32[np.ndarray, "*#batch size size"],
) -> Float32[np.ndarray, "*batch size size"]:
    """Smooth columns with one matrix and rows with another: a two-dimensional Gaussian is a product of two."""
    return along_y @ images @ along_x.swapaxes(-1, -2)


def unit_variance(kernel: Float32[np.ndarray, "*batch size size"]) -> Float32[np.ndarray, "*batch size size"]:
    """Weights that turn white noise into smooth noise of the same variance, up to the border."""
    return kernel / np.sqrt((kernel**2).sum(axis=-1, keepdims=True))
