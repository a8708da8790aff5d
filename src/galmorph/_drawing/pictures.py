"""Pictures of stamps: one as colours for a screen, several side by side."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

__all__ = ["as_picture", "rows_to_show", "strip_of"]

_GAP = 0.04  # white between two stamps, as a fraction of their side


def as_picture(stamp: np.ndarray) -> UInt8[np.ndarray, "size size colours"]:
    """Turn a stamp into red, green and blue from 0 to 255; other than three channels are averaged to grey."""
    light = np.asarray(stamp, np.float32) / (255 if stamp.dtype == np.uint8 else 1)
    if light.shape[-1] != 3:
        light = np.repeat(light.mean(axis=-1, keepdims=True), 3, axis=-1)
    return np.round(255 * np.clip(np.nan_to_num(light), 0, 1)).astype(np.uint8)


def rows_to_show(
    labels: Int[np.ndarray, "galaxies"], classes: int, *, most: int, seed: int = 0
) -> list[Int[np.ndarray, "_"]]:
    """Draw at most `most` galaxies of each class; the same seed draws the same ones, in their order."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(labels == label) for label in range(classes)]
    return [np.sort(rng.choice(rows, min(most, len(rows)), replace=False)) for rows in members]


def strip_of(stamps: Sequence[np.ndarray] | np.ndarray, *, side: int) -> UInt8[np.ndarray, "side width 3"]:
    """Put pictures of stamps side by side on white.

    Parameters
    ----------
    stamps
        At least one stamp.
    side
        Height and width of a picture in pixels: larger stamps are reduced, smaller ones enlarged without smoothing.
    """
    gap = np.full((side, max(1, round(_GAP * side)), 3), 255, np.uint8)
    parts = []
    for stamp in stamps:
        picture = Image.fromarray(as_picture(stamp))
        way = Image.Resampling.NEAREST if picture.width <= side else Image.Resampling.LANCZOS
        parts += [gap, np.asarray(picture.resize((side, side), way))]
    return np.concatenate(parts[1:], axis=1)
