"""Doubts: an inverted image; of linear ones a field, a bright neighbour, a mask, or a map of noise or weights."""

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from galmorph.preprocessing._ellipse import squared_ellipse_radius
from galmorph.preprocessing._locate import ReducedFrame
from galmorph.preprocessing._stretch import reduce_channels
from galmorph.types import Galaxy

__all__ = ["doubts_of_frame", "doubts_of_sky", "doubts_of_values"]

_ROWS, _COLUMNS = 32, 64  # pixels that are taken to count distinct values
_FEW = 256  # distinct values, at most, of a mask or a map of segments
_EQUAL = 0.9  # least fraction of its pixels that equal the next one
_DETECTION = 3.0  # least brightness of light, in units of the noise
_GALAXY = 1.25  # radius within which light belongs to the galaxy, in units of its Petrosian radius
_OUTSIDE = 0.5  # largest fraction of the light outside of the galaxy that is not noted
_LEAST_AREA = 5  # blocks of pixels; smaller groups of bright ones are not counted as sources
_CONCENTRATION = 1.6  # an exponential disc has 7.7, M 51 on a photographic plate 2.9, maps of exposure 1.4
_SAMPLES = 32  # pixels a side, at most, of the middle of the frame that is compared with its sky
_DARKER = 2.0  # darkest pixels over brightest and noise, at least, of an inverted picture; in 2,000 of galaxies below 1
_COVERED = 0.25  # least fraction of the galaxy's ellipse that is brighter than the detection limit


def doubts_of_values(
    pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
    mask: Bool[np.ndarray, "height width"] | None,
) -> tuple[str, ...]:
    """Say if all channels of an image have few distinct values and most pixels equal the next one, as in a mask."""
    doubts: tuple[str, ...] = ()
    for channel in range(pixels.shape[2]):
        doubts = _doubts_of_plane(pixels[..., channel], mask)
        if not doubts:
            break
    return doubts


def _doubts_of_plane(plane: np.ndarray, mask: np.ndarray | None) -> tuple[str, ...]:
    rows = slice(None, None, max(1, plane.shape[0] // _ROWS))
    values = plane[rows]
    equal = values[:, 1:] == values[:, :-1]
    if mask is not None:
        measured = ~mask[rows]
        equal = equal[measured[:, 1:] & measured[:, :-1]]
        values = np.where(measured, values, values[measured][0] if measured.any() else 0)
    if equal.size == 0 or np.count_nonzero(equal) < _EQUAL * equal.size:
        return ()
    distinct = len(np.unique(values[:, :: max(1, plane.shape[1] // _COLUMNS)]))
    if distinct > _FEW:
        return ()
    return (f"only {distinct} distinct value{'s' if distinct > 1 else ''}: a mask or a map of segments?",)


def doubts_of_sky(
    pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
    mask: Bool[np.ndarray, "height width"] | None,
    *,
    level: float,
    noise: float,
) -> tuple[str, ...]:
    """Say if the middle half of an image is darker than its sky, as if black were white.

    Parameters
    ----------
    pixels, mask
        The image; True for a pixel without a measurement.
    level, noise
        Level of the sky and standard deviation of one of its pixels, for the mean of the channels.
    """
    middle = tuple(slice(n // 4, n - n // 4, 1 + n // (2 * _SAMPLES)) for n in pixels.shape[:2])
    values = reduce_channels(np.add, pixels[middle].astype(np.float32)) / np.float32(pixels.shape[2])
    if mask is not None:
        values = values[~mask[middle]]
    if values.size == 0 or not values.mean() < level:
        return ()
    darkest, brightest = np.percentile(values, (2, 98))
    if not level - darkest > _DARKER * max(float(brightest) - level, noise):
        return ()
    return ("the middle is darker than the sky: an inverted picture?",)


def doubts_of_frame(frame: ReducedFrame, galaxy: Galaxy) -> tuple[str, ...]:
    """Say if most light of a frame lies outside of the galaxy, or if the galaxy does not look like one.

    Light is what rises above the sky by three times the noise and by its unevenness. A pixel counts at most as much as
    the mean of the galaxy, so that a star counts little, but an extended neighbour does. A galaxy is brighter within a
    quarter of its Petrosian radius than between half of it and all of it; noise, exposures and weights are not.

    Parameters
    ----------
    frame
        The frame, as `reduce_frame` averages it.
    galaxy
        The galaxy that was located, in pixels of the image.
    """
    signal = frame.plane - frame.sky.level[0]
    faintest = max(_DETECTION * frame.sky.noise[0], frame.sky.unevenness[0])
    light = np.where(signal > faintest, signal, np.float32(0))
    if frame.measured is not None:
        light[~frame.measured] = 0
    ellipse = Galaxy(
        (galaxy.x - frame.x) / frame.factor,
        (galaxy.y - frame.y) / frame.factor,
        max(galaxy.radius / frame.factor, 1.0),
        galaxy.axis_ratio,
        galaxy.angle,
    )
    rows, columns = (np.arange(length) for length in signal.shape)
    radius = squared_ellipse_radius(ellipse, rows, columns) / np.float32(ellipse.radius**2)
    return (*_not_a_galaxy(signal, light, radius), *_light_outside(light, radius))


def _not_a_galaxy(signal: np.ndarray, light: np.ndarray, radius: np.ndarray) -> tuple[str, ...]:
    core, outskirts = radius <= 1 / 16, (radius > 1 / 4) & (radius <= 1)
    if not core.any() or not outskirts.any():
        return ()
    covered = np.count_nonzero(light[outskirts]) / np.count_nonzero(outskirts)
    if covered >= _COVERED and signal[core].mean() > _CONCENTRATION * signal[outskirts].mean():
        return ()
    return ("not concentrated as galaxies are: a field, or a map of noise or weights?",)


def _light_outside(light: np.ndarray, radius: np.ndarray) -> tuple[str, ...]:
    within = radius <= _GALAXY**2
    area = np.count_nonzero(light[within])
    if area == 0:
        return ()
    light = np.minimum(light, light[within].sum() / area)
    outside = np.where(within, 0, light)
    total, beyond = float(light.sum()), float(outside.sum())
    if not beyond > _OUTSIDE * total:
        return ()
    labels, count = ndimage.label(outside > 0)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    brightest = np.bincount(labels.ravel(), weights=outside.ravel(), minlength=count + 1)[1:].max() / beyond
    sources = max(int(np.count_nonzero(areas >= _LEAST_AREA)), 1)
    where = f"in {sources} other source{'s' if sources > 1 else ''}"
    guess = "a brighter neighbour?" if brightest > 0.5 else "a field of many?" if sources >= 10 else "neighbours?"
    return (f"{beyond / total:.0%} of the light lies outside of the galaxy, {where}: {guess}",)
