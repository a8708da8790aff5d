"""Location of the galaxy in the middle of an image: centre, Petrosian radius, axis ratio and angle."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage, sparse

from galmorph.errors import PoorImageError
from galmorph.preprocessing._background import Background, estimate_background
from galmorph.preprocessing._ellipse import ellipse_of_moments
from galmorph.preprocessing._petrosian import petrosian_radius
from galmorph.preprocessing._segment import galaxy_segment
from galmorph.types import Galaxy

__all__ = ["ReducedFrame", "locate", "locate_in", "reduce_frame"]

_SIDE = 192  # pixels; larger frames are averaged down to this before anything is measured
_SMALL = 8  # pixels; if the radius is smaller than this after averaging, the galaxy is measured again at full scale
_DETECTION = 3.0  # least brightness, in units of the noise of the smoothed image
_LEAST_AREA = 5  # pixels; smaller groups of bright pixels are ignored
_RIDGE = 3.0  # pixels; standard deviation of the window in which the starting point is refined
_SYMMETRY = 1.5  # for the centroid, a pixel counts at most this many times as much as the pixel opposite to it
_WITHOUT_GALAXY = "leave the image out, or set the recipe's crop to AngularCrop or FractionCrop, which need no galaxy"
_AT_REST = 0.1  # pixels; the search ends when the centre moves by less


def locate(
    pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
    mask: Bool[np.ndarray, "height width"] | None = None,
) -> Galaxy:
    """Find the galaxy in the middle of an image, and measure its centre, Petrosian radius, axis ratio and angle.

    The search starts in the middle of the frame or, if that is dark, at the nearest group of bright pixels. It never
    starts at the brightest pixel, which is often a star or a neighbour. Three steps are repeated until the centre moves
    by less than a tenth of a pixel:

    1. Each pixel is replaced by the fainter of itself and the pixel opposite to it with respect to the centre. Stars
       and neighbours, which have no counterpart, vanish. The deblender of SDSS relies on the same symmetry (Lupton,
       "SDSS Image Processing I: The Deblender", unpublished).
    2. The galaxy is the clump with the most light above 3 sigma, down to 0.2 times its mean brightness. Its second
       moments give axis ratio and angle.
    3. The centre moves to the centroid in a Gaussian window of the galaxy's size (as XWIN_IMAGE of SExtractor, Bertin
       & Arnouts 1996, A&AS 117, 393).

    The radius is the Petrosian radius along the major axis (Petrosian 1976, ApJ 209, L1, equation 7), as SDSS defines
    it (Blanton et al. 2001, AJ 121, 2358) but in ellipses: the semi-major axis r of the ellipse at which the mean
    surface brightness between 0.8 r and 1.25 r falls to 0.2 times the mean within r. As a ratio of brightness, it does
    not depend on the distance of the galaxy, and hardly on the depth of the image. For an exponential disc it is 3.5
    scale lengths. Stretched images (JPEG) and photographic densities have flatter profiles, and so larger radii than
    fluxes: compare radii within one survey only. If the galaxy first falls below the unevenness of the sky, or if more
    than half of the annulus is outside the frame, the radius is that at which this happens: a lower limit.

    Frames wider than 192 pixels are first averaged down to that, unless the galaxy is small.

    Parameters
    ----------
    pixels
        An image, in any units, finite where `mask` is False; channels are averaged.
    mask
        True for a pixel without a measurement.

    Returns
    -------
    galmorph.types.Galaxy
        The galaxy, in pixels of the image.

    Raises
    ------
    PoorImageError
        If nothing rises above the sky in the middle half of the frame, or no pixel is measured.

    Examples
    --------
    A star ten times as bright does not distract from an exponential disc with a scale length of 6 pixels:

    >>> import numpy as np
    >>> from galmorph.preprocessing import locate
    >>> y, x = np.indices((128, 128), dtype=np.float32)
    >>> disc = np.exp(-np.hypot(x - 60, (y - 65) / 0.5) / 6)
    >>> star = 10 * np.exp(-((x - 90) ** 2 + (y - 30) ** 2) / 4)
    >>> galaxy = locate((disc + star)[..., np.newaxis])
    >>> round(galaxy.x), round(galaxy.y), round(galaxy.radius / 6, 1), round(galaxy.axis_ratio, 1)
    (60, 65, 3.5, 0.5)
    """
    return locate_in(reduce_frame(pixels, mask), pixels, mask)


class ReducedFrame(NamedTuple):
    """The mean of the channels of a frame, averaged down to at most 192 pixels a side.

    Parameters
    ----------
    plane
        Means of square blocks of pixels.
    measured
        True for a block with a measured pixel; None if all pixels are measured.
    sky
        Background of the plane.
    factor
        Side of a block in pixels.
    x, y
        Position of the middle of the first block in pixels of the frame.
    """

    plane: Float[np.ndarray, "rows columns"]
    measured: Bool[np.ndarray, "rows columns"] | None
    sky: Background
    factor: int
    x: float
    y: float


def reduce_frame(pixels: np.ndarray, mask: np.ndarray | None) -> ReducedFrame:
    """Average channels and blocks of pixels: for galaxies of many pixels, no loss of accuracy, and a bound on time."""
    height, width, _ = pixels.shape
    factor = -(-max(height, width) // _SIDE)
    if min(height, width) < factor:
        raise PoorImageError(f"no galaxy: a strip of {height} x {width} pixels; {_WITHOUT_GALAXY}")
    x, y = ((factor - 1) / 2 + (length % factor) // 2 for length in (width, height))
    plane, measured = _average(pixels, mask, factor)
    return ReducedFrame(plane, measured, _sky(plane, None if measured is None else ~measured), factor, x, y)


def locate_in(frame: ReducedFrame, pixels: np.ndarray, mask: np.ndarray | None) -> Galaxy:
    """Locate the galaxy in a reduced frame, as `locate` describes it; a small one, in the pixels."""
    factor = frame.factor
    found = _measure(frame)
    galaxy = Galaxy(
        x=found.x * factor + frame.x,
        y=found.y * factor + frame.y,
        radius=found.radius * factor,
        axis_ratio=found.axis_ratio,
        angle=found.angle,
    )
    if factor == 1 or found.radius >= _SMALL:
        return galaxy
    # A small galaxy lost its shape: look again, at full scale, at the part of the frame around it.
    reach = int(6 * galaxy.radius)
    left, top = max(0, round(galaxy.x) - reach), max(0, round(galaxy.y) - reach)
    window = slice(top, round(galaxy.y) + reach + 1), slice(left, round(galaxy.x) + reach + 1)
    finer = locate(pixels[window], None if mask is None else mask[window])
    return Galaxy(finer.x + left, finer.y + top, finer.radius, finer.axis_ratio, finer.angle)


def _measure(frame: ReducedFrame) -> Galaxy:
    """Locate the galaxy in a reduced frame, in which unmeasured pixels are NaN from here on."""
    measured, signal = frame.measured, frame.plane - frame.sky.level
    if measured is not None:
        signal[~measured] = np.nan
    # Smoothing makes faint outskirts rise above the noise, and single bright pixels sink into it.
    smooth = _smooth(signal, measured)
    sky = _sky(smooth, None if measured is None else np.isnan(smooth))
    noise = sky.noise[0]
    # Gradients and haloes of stars are not noise, but they hide a galaxy as well: so the unevenness counts, too.
    threshold = float(max(_DETECTION * noise, sky.unevenness[0]))
    x, y = _start(smooth, threshold)
    for _ in range(5):
        # Beside the ridge of a thin galaxy, the mirror image would miss the galaxy. So climb the ridge first.
        window = _Window.around(x, y, _RIDGE, smooth.shape)
        x, y = window.centroid(smooth[window.box])
    for _ in range(10):
        mirrored = _mirror(smooth, x, y)
        segment = galaxy_segment(mirrored, threshold)
        ellipse = ellipse_of_moments(mirrored, segment, x, y)
        window = _Window.around(x, y, ellipse.radius * math.sqrt(ellipse.axis_ratio), smooth.shape)
        # The mirrored image is symmetric about the old centre, and would never move it. The image itself moves it, with
        # its neighbours bounded by the mirrored image; the noise lets faint pixels count.
        bounded = np.fmin(smooth[window.box], _SYMMETRY * mirrored[window.box] + noise)
        previous, (x, y) = (x, y), window.centroid(bounded)
        if math.hypot(x - previous[0], y - previous[1]) < _AT_REST:
            break
    # Smoothing makes galaxies rounder and larger, so shape and radius come from the image before it.
    mirrored = _mirror(signal, x, y)
    ellipse = ellipse_of_moments(mirrored, segment, x, y)
    sky = _sky(mirrored, None if measured is None else np.isnan(mirrored))
    # The level is the lower quartile of the border's patches, which allows for stars. The mirrored image has no stars,
    # and the middle between the quartiles is the better sky.
    unevenness = float(sky.unevenness[0])
    radius = petrosian_radius(mirrored - (sky.level + sky.unevenness / 2), ellipse, unevenness)
    return Galaxy(x, y, radius, ellipse.axis_ratio, ellipse.angle)


def _sky(plane: np.ndarray, mask: np.ndarray | None) -> Background:
    return estimate_background(plane[..., np.newaxis], mask)


def _average(pixels: np.ndarray, mask: np.ndarray | None, factor: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Average channels and square blocks of pixels.

    Also return True for the blocks with a measured pixel, or None if all pixels are measured.
    """
    height, width, channels = pixels.shape
    top, left = (height % factor) // 2, (width % factor) // 2
    rows, columns = height // factor, width // factor
    whole = slice(top, top + rows * factor), slice(left, left + columns * factor)
    cut = pixels[whole]
    if mask is None or not mask[whole].any():
        return _block_sum(cut, factor) / np.float32(factor**2 * channels), None
    measured = ~mask[whole][..., np.newaxis]
    count = _block_sum(measured.astype(np.uint8), factor) * channels
    return _block_sum(np.where(measured, cut, 0), factor) / np.maximum(count, 1), count > 0


def _block_sum(cut: np.ndarray, factor: int) -> np.ndarray:
    height, width, channels = cut.shape
    # Rows first, because sums of long rows are many times faster than sums over three channels. Bytes are added as
    # whole numbers, unless there are so many that these would overflow.
    small = cut.dtype == np.uint8 and factor <= np.iinfo(np.uint16).max // np.iinfo(np.uint8).max
    rows: np.ndarray = cut[::factor].astype(np.uint16 if small else np.float32)
    for row in range(1, factor):
        rows += cut[row::factor]
    blocks = rows.astype(np.float32, copy=False).reshape(height // factor, width // factor, factor * channels)
    return blocks @ np.ones(factor * channels, np.float32)


def _smooth(signal: np.ndarray, measured: np.ndarray | None) -> np.ndarray:
    """Smooth with a Gaussian of one pixel. Unmeasured pixels get the mean of measured ones around them, if any."""
    if measured is None:
        return _convolve(signal)
    weight = _convolve(measured.astype(np.float32))
    total = _convolve(np.where(measured, signal, 0))
    return np.where(weight > 0.1, total / np.maximum(weight, 0.1), np.nan)


def _convolve(plane: np.ndarray) -> np.ndarray:
    # As scipy.ndimage.gaussian_filter. Products with sparse matrices take a third of its time for planes of this size.
    rows = _gaussian(plane.shape[0]) @ plane
    return np.ascontiguousarray((_gaussian(plane.shape[1]) @ np.ascontiguousarray(rows.T)).T)


@lru_cache(maxsize=16)
def _gaussian(length: int) -> sparse.csr_array:
    """Return the matrix that smooths an axis with a Gaussian of one pixel, reflected at the edges."""
    return sparse.csr_array(ndimage.gaussian_filter1d(np.eye(length), 1.0, axis=0).astype(np.float32))


def _start(smooth: np.ndarray, threshold: float) -> tuple[float, float]:
    """Return the middle of the frame if a group of bright pixels covers it, else the centroid of the nearest group."""
    height, width = smooth.shape
    x, y = (width - 1) / 2, (height - 1) / 2
    bright = smooth > threshold
    row, column = height // 2, width // 2
    if min(height, width) >= 3 and bright[row - 1 : row + 2, column - 1 : column + 2].all():
        return x, y
    labels, count = ndimage.label(bright)
    large = np.bincount(labels.ravel(), minlength=count + 1) >= _LEAST_AREA
    large[0] = False
    rows, columns = np.nonzero(large[labels])
    if len(rows) == 0:
        raise PoorImageError(f"no galaxy: nothing rises above the sky; {_WITHOUT_GALAXY}")
    distance = np.hypot(columns - x, rows - y)
    nearest = np.argmin(distance)
    if distance[nearest] > min(height, width) / 4:
        raise PoorImageError(
            f"no galaxy in the middle: the nearest light is {distance[nearest] / min(height, width):.0%} of the side "
            f"of the frame away; {_WITHOUT_GALAXY}"
        )
    if distance[nearest] < 1.5:
        return x, y
    rows, columns = np.nonzero(labels == labels[rows[nearest], columns[nearest]])
    weight = smooth[rows, columns] / smooth[rows, columns].sum()
    return float(weight @ columns), float(weight @ rows)


def _mirror(image: np.ndarray, x: float, y: float) -> np.ndarray:
    """Replace each pixel by the fainter of itself and the pixel opposite to the centre, if that is in the frame."""
    # Twice the centre is rounded, so the centre is on a pixel or between two, and no pixel must be interpolated.
    twice_x, twice_y = round(2 * x), round(2 * y)
    height, width = image.shape
    box = (
        slice(max(0, twice_y - height + 1), min(height - 1, twice_y) + 1),
        slice(max(0, twice_x - width + 1), min(width - 1, twice_x) + 1),
    )
    # The box is the part of the frame that is its own mirror image. `fmin` ignores NaN.
    result = image.copy()
    result[box] = np.fmin(image[box], image[box][::-1, ::-1])
    return result


class _Window(NamedTuple):
    """A Gaussian window about a point, cut at four standard deviations and at the frame."""

    x: float
    y: float
    sigma: float
    box: tuple[slice, slice]
    frame: tuple[int, ...]

    @classmethod
    def around(cls, x: float, y: float, sigma: float, frame: tuple[int, ...]) -> "_Window":
        """Place a window about a point."""
        if not math.isfinite(x + y + sigma):  # sums of values near 1e30 overflow
            raise PoorImageError(f"no galaxy: no centre, or values too large for one; {_WITHOUT_GALAXY}")
        rows, columns = (
            slice(max(0, int(centre - 4 * sigma)), min(length, int(centre + 4 * sigma) + 2))
            for centre, length in zip((y, x), frame, strict=True)
        )
        return cls(x, y, sigma, (rows, columns), frame)

    def centroid(self, image: np.ndarray) -> tuple[float, float]:
        """Take one step towards the centroid of an image of the box.

        The window pulls the weighted mean back to its own centre. For a galaxy that is a Gaussian of the same width,
        the mean moves only half of the way to the galaxy, so the step is doubled.
        """
        light = np.fmax(image, 0).astype(float)  # `fmax` ignores NaN
        offsets_y, offsets_x = (
            np.arange(part.start, part.stop) - centre for part, centre in zip(self.box, (self.y, self.x), strict=True)
        )
        window_y, window_x = (np.exp(-((offsets / self.sigma) ** 2) / 2) for offsets in (offsets_y, offsets_x))
        rows = light @ window_x
        total = window_y @ rows
        if not total > 0:
            return self.x, self.y
        new_x = self.x + 2 * (window_y @ light @ (window_x * offsets_x)) / total
        new_y = self.y + 2 * ((window_y * offsets_y) @ rows) / total
        height, width = self.frame
        return min(max(float(new_x), 0.0), width - 1.0), min(max(float(new_y), 0.0), height - 1.0)
