"""Pictures of whole frames: reduced to a size for the screen, with a stretch that shows the galaxy in any image."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from galmorph.errors import PoorImageError, UnsuitableImageError
from galmorph.preprocessing import Composite, estimate_background, stretch
from galmorph.preprocessing._composite import compose
from galmorph.preprocessing._ellipse import squared_ellipse_radius
from galmorph.types import Galaxy, GalaxyImage

__all__ = ["FramePicture", "picture_of_frame"]

_WHITE = 99.5  # per cent of the galaxy's pixels are darker than white
_LEAST_WHITE = 8.0  # units of the noise; a frame without a galaxy stays dark
_SOFTENING = 3.0  # units of the noise; where asinh bends
_LEAST_SOFTENING, _MOST_SOFTENING = 2e-3, 0.3  # fractions of the range from black to white


class FramePicture(NamedTuple):
    """Picture of a frame, for the screen.

    Parameters
    ----------
    colours
        Red, green and blue, 0 to 255. Pixels of the picture are blocks of `factor` x `factor` pixels of the frame.
    masked
        Fraction of each block that is masked; None if no pixel is.
    factor
        Side of a block in pixels of the frame. Blocks at the right and at the lower edge may be incomplete.
    """

    colours: UInt8[np.ndarray, "rows columns 3"]
    masked: Float[np.ndarray, "rows columns"] | None
    factor: int

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, lower and upper edge in pixels of the frame; the centre of its first pixel is ``(0, 0)``."""
        rows, columns, _ = self.colours.shape
        return -0.5, columns * self.factor - 0.5, rows * self.factor - 0.5, -0.5


def picture_of_frame(
    image: GalaxyImage, galaxy: Galaxy | None, *, side: int, composite: Composite | None = None
) -> FramePicture:
    """Make the picture of a frame.

    The stretch does not depend on the recipe. Black is a little below the sky, white is the brightness that one in 200
    pixels of the galaxy (or of the frame) exceeds, and linear images are drawn with an asinh that bends at three times
    the noise. Bands become colours as in a recipe of three channels; where they can't, they are averaged.

    Parameters
    ----------
    image
        The image.
    galaxy
        The galaxy that must be visible; None if it is not known.
    side
        Larger frames are averaged in blocks, so that neither side of the picture has more pixels than this.
    composite
        The recipe's composite, which is used if the image has its bands.
    """
    factor = max(1, -(-max(image.height, image.width) // side))
    light, masked = _reduce(image, factor)
    without = None if masked is None else masked == 1
    light = _composed(image, light, without, composite) if image.linear else light
    if light.shape[2] != 3:
        light = light.mean(axis=-1, keepdims=True)
    light = light - _sky(light, without)[0]
    if without is not None:
        light[without] = 0
    grey = light.mean(axis=-1)
    noise = _sky(grey[..., np.newaxis], without)[1]
    inside = _pixels_of(galaxy, grey.shape[0], grey.shape[1], factor)
    white = max(float(np.percentile(grey[inside], _WHITE)), _LEAST_WHITE * noise)
    black = -noise
    if white <= black:  # a flat frame
        white = black + 1
    softening = float(np.clip(_SOFTENING * noise / (white - black), _LEAST_SOFTENING, _MOST_SOFTENING))
    curve = "asinh" if image.linear else "linear"
    shown = stretch(light, black=black, white=white, curve=curve, softening=softening)
    colours = np.broadcast_to(np.round(255 * shown).astype(np.uint8), (*shown.shape[:2], 3))
    return FramePicture(colours, masked, factor)


def _reduce(
    image: GalaxyImage, factor: int
) -> tuple[Float[np.ndarray, "rows columns channels"], Float[np.ndarray, "rows columns"] | None]:
    """Average blocks of a frame, those at the edges over the pixels that they have. Give the masked fractions, too."""
    pixels, masked = image.stored_pixels, None
    rows, columns = np.arange(0, image.height, factor), np.arange(0, image.width, factor)
    count = np.outer(np.diff(rows, append=image.height), np.diff(columns, append=image.width)).astype(np.float32)
    if image.has_mask:
        hidden = _block_sum(image.mask, rows, columns)
        masked = hidden / count
        count = np.maximum(count - hidden, 1)
        pixels = np.where(image.mask[..., np.newaxis], pixels.dtype.type(0), pixels)
    return _block_sum(pixels, rows, columns) / count[..., np.newaxis], masked


def _block_sum(plane: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    summed = np.add.reduceat(plane, rows, axis=0, dtype=np.float32)
    return np.add.reduceat(summed, columns, axis=1, dtype=np.float32)


def _sky(light: np.ndarray, without: Bool[np.ndarray, "rows columns"] | None) -> tuple[np.ndarray, float]:
    try:
        sky = estimate_background(light, without)
    except PoorImageError:  # no pixel is measured
        return np.zeros(light.shape[-1], np.float32), 0.0
    return sky.level, float(sky.noise.mean())


def _pixels_of(galaxy: Galaxy | None, rows: int, columns: int, factor: int) -> Bool[np.ndarray, "rows columns"]:
    """Say which blocks have their centre in the galaxy's ellipse; all of them, if the galaxy is not known or none."""
    everywhere = np.ones((rows, columns), np.bool_)
    if galaxy is None:
        return everywhere
    y, x = (factor * np.arange(length) + (factor - 1) / 2 for length in (rows, columns))
    inside = squared_ellipse_radius(galaxy, y, x) <= galaxy.radius**2
    return inside if inside.any() else everywhere


def _composed(
    image: GalaxyImage, light: np.ndarray, without: np.ndarray | None, composite: Composite | None
) -> np.ndarray:
    for each in (composite, None):
        try:
            return compose(image, light, without, composite=each, channels=3)[0]
        except (PoorImageError, UnsuitableImageError):  # no pixel is measured, or bands are missing or unknown
            continue
    return light
