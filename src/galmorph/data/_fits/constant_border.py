"""Borders of constant value, which fill a cut-out beyond the edge of its survey."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

__all__ = ["constant_border", "constant_channels", "has_peaks"]

_LEAST_SHARE = 0.1
_MOST = 0.5  # a larger region is a sky without noise
_DEPTH = 8  # pixels beside the border whose noise is looked at
_STEPS = (1, 3)  # between pixels that are compared: enlarged images repeat each pixel up to three times
_LEAST_PEAKS = 5
_PEAKS = 0.003  # of the pixels; white noise has 0.2, noise that is smoothed to a FWHM of five pixels 0.01


def constant_border(
    pixels: Float[np.ndarray, "height width channels"], mask: Bool[np.ndarray, "height width"]
) -> Bool[np.ndarray, "height width"] | None:
    """Pixels of a border that holds no measurement, or None if there is none.

    A border is a set of pixels that are connected with an edge of the frame and have exactly the same value in each
    channel, if

    - it has as many pixels as the shorter side of the frame, but not more than half of the frame,
    - its outline is not longer than the frame's (pixels without a photon, scattered over a dark sky, are no border),
    - and the pixels beside it are noisy: 0.3 % of those within 8 pixels, and at least five, are higher than their four
      neighbours, or than those three pixels away. Beside the constant sky of a model without noise there are no such
      pixels, since the brightness rises towards the galaxy everywhere; such images stay as they are.
    """
    height, width = mask.shape
    value = _edge_value(pixels[..., 0])
    if value is None:
        return None
    equal = (pixels[..., 0] == value) & ~mask
    edge = np.zeros_like(mask)
    edge[[0, -1], :] = edge[:, [0, -1]] = True
    for channel in range(1, pixels.shape[2]):
        plane = pixels[..., channel]
        values, counts = np.unique(plane[equal & edge], return_counts=True)
        if not len(values):
            return None
        equal &= plane == values[counts.argmax()]
    labels, _ = ndimage.label(equal)
    at_edge = np.unique(labels[edge])
    border: Bool[np.ndarray, "height width"] = np.isin(labels, at_edge[at_edge > 0])
    size = np.count_nonzero(border)
    if not min(height, width) <= size <= _MOST * border.size:
        return None
    outline = np.count_nonzero(ndimage.binary_dilation(border) & ~border)
    if outline > 2 * (height + width):
        return None
    measured = ~border & ~mask
    near = measured & ndimage.binary_dilation(border, iterations=_DEPTH)
    return border if has_peaks(pixels[..., 0], measured, near) else None


def constant_channels(pixels: Float[np.ndarray, "height width channels"]) -> dict[int, float]:
    """Channels of which a tenth or more is one value that reaches the edge, while another channel is measured there.

    Returns
    -------
    dict
        Number of each such channel, and the fraction of its pixels that have the value.
    """
    values = [_edge_value(pixels[..., channel]) for channel in range(pixels.shape[2])]
    if all(value is None for value in values):
        return {}
    shares = {n: float((pixels[..., n] == value).mean()) for n, value in enumerate(values) if value is not None}
    whole = len(shares) < len(values) or min(shares.values()) < _LEAST_SHARE / 2
    return {channel: share for channel, share in shares.items() if whole and share >= _LEAST_SHARE}


def _edge_value(plane: Float[np.ndarray, "height width"]) -> float | None:
    """Value that is repeated along the edges of a frame as borders repeat theirs; None for nearly all images."""
    edges = [plane[0], plane[-1], plane[:, 0], plane[:, -1]]
    repeated = np.concatenate([line[1:][line[1:] == line[:-1]] for line in edges])
    if len(repeated) < min(plane.shape) / 4:
        return None
    values, counts = np.unique(repeated, return_counts=True)
    return float(values[counts.argmax()]) if counts.max() >= min(plane.shape) / 4 else None


def has_peaks(
    plane: Float[np.ndarray, "height width"],
    measured: Bool[np.ndarray, "height width"],
    near: Bool[np.ndarray, "height width"],
) -> bool:
    """Whether some of the measured pixels are higher than all their neighbours, as in noise; `near` says where."""
    lowest = np.where(measured, plane, np.inf)  # beside a pixel without a value, none is a peak
    for step in _STEPS:
        near_, lowest_ = near[::step, ::step], lowest[::step, ::step]
        peaks = near_[1:-1, 1:-1].copy()
        for neighbour in (lowest_[:-2, 1:-1], lowest_[2:, 1:-1], lowest_[1:-1, :-2], lowest_[1:-1, 2:]):
            peaks &= lowest_[1:-1, 1:-1] > neighbour
        if np.count_nonzero(peaks) >= max(_LEAST_PEAKS, _PEAKS * np.count_nonzero(near_)):
            return True
    return False
