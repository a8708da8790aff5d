"""Where the central galaxy lies, how large it is, and how elongated."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from galmorph.errors import PoorImageError
from galmorph.preprocessing._background import estimate_background
from galmorph.types import Galaxy

__all__ = ["ellipse_radius", "locate"]

_SIDE = 192  # pixels; larger frames are averaged down to this before anything is measured
_SMALL = 8  # pixels; a galaxy of a smaller radius is measured again, on a part of the frame
_DETECTION = 3.0  # times the noise of the smoothed image
_LEAST_AREA = 5  # pixels of the smoothed image
_RIDGE = 3.0  # pixels: width of the window in which the start is refined
_PETROSIAN = 0.2  # ratio of local to mean surface brightness
_ANNULUS = 0.8, 1.25  # of the radius, for the local surface brightness
_SYMMETRY = 1.5  # the side opposite to a pixel bounds its brightness by this factor, when the centre is sought


def locate(
    pixels: Float[np.ndarray, "height width channels"], mask: Bool[np.ndarray, "height width"] | None = None
) -> Galaxy:
    """Find the galaxy in the middle of an image, and measure its centre, Petrosian radius, axis ratio and angle.

    The search starts from the middle of the frame, or from the group of bright pixels nearest to it, and never from
    the brightest pixel, which is often a star or a neighbour. Then, in turn, until the centre rests:

    1. Each pixel is replaced by the fainter of itself and its opposite with respect to the centre. What has no
       counterpart, a star or a neighbour, vanishes (the symmetry that the deblender of SDSS relies on: Lupton, "SDSS
       Image Processing I: The Deblender", unpublished).
    2. The galaxy is the clump with the most light above 3 sigma, down to 0.2 times its mean brightness. Its second
       moments yield axis ratio and angle.
    3. The centre moves to the centroid, weighted with a Gaussian of the galaxy's size (as XWIN_IMAGE of SExtractor,
       Bertin & Arnouts 1996, A&AS 117, 393).

    The radius is that of Petrosian (1976, ApJ 209, L1) in the form of SDSS (Blanton et al. 2001, AJ 121, 2358): the
    semi-major axis r of the ellipse at which the mean surface brightness between 0.8 r and 1.25 r falls to 0.2 times
    the mean within r. Being a ratio of brightness it depends neither on the distance of the galaxy nor, much, on the
    depth of the image. It is 3.5 scale lengths of an exponential disc. Stretched images (JPEG) and photographic
    densities flatten the profile and yield a larger radius than fluxes do: compare radii within one survey. Where the
    galaxy sinks into the unevenness of the sky, or leaves the frame for the greater part, before the ratio falls to
    0.2, the radius ends there.

    Frames wider than 192 pixels are first averaged down to that, unless the galaxy is small.

    Parameters
    ----------
    pixels
        An image, in any units, finite wherever `mask` is False; channels are averaged.
    mask
        True where a pixel holds no measurement.

    Returns
    -------
    galmorph.types.Galaxy
        In pixels of the image.

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
    height, width, _ = pixels.shape
    factor = -(-max(height, width) // _SIDE)
    found = _measure(*_average(pixels, mask, factor))
    galaxy = Galaxy(
        x=found.x * factor + (factor - 1) / 2 + (width % factor) // 2,
        y=found.y * factor + (factor - 1) / 2 + (height % factor) // 2,
        radius=found.radius * factor,
        axis_ratio=found.axis_ratio,
        angle=found.angle,
    )
    if factor == 1 or found.radius >= _SMALL:
        return galaxy
    reach = int(6 * galaxy.radius)
    left, top = max(0, round(galaxy.x) - reach), max(0, round(galaxy.y) - reach)
    window = slice(top, round(galaxy.y) + reach + 1), slice(left, round(galaxy.x) + reach + 1)
    finer = locate(pixels[window], None if mask is None else mask[window])
    return Galaxy(finer.x + left, finer.y + top, finer.radius, finer.axis_ratio, finer.angle)


def ellipse_radius(galaxy: Galaxy, rows: np.ndarray, columns: np.ndarray) -> Float[np.ndarray, "rows columns"]:
    """Semi-major axis in pixels of the ellipse, of the galaxy's shape, through each of the pixels of a grid."""
    angle = np.deg2rad(galaxy.angle)
    dx, dy = columns - galaxy.x, (rows - galaxy.y)[:, np.newaxis]
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = dy * np.cos(angle) - dx * np.sin(angle)
    return np.hypot(along, across / galaxy.axis_ratio)


def _average(pixels: np.ndarray, mask: np.ndarray | None, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the channels of square blocks of pixels, and True for the blocks that hold a measured pixel."""
    height, width, channels = pixels.shape
    top, left = (height % factor) // 2, (width % factor) // 2
    rows, columns = height // factor, width // factor
    whole = slice(top, top + rows * factor), slice(left, left + columns * factor)
    cut = pixels[whole]
    if mask is None or not mask[whole].any():
        return _block_sum(cut, factor) / np.float32(factor**2 * channels), np.ones((rows, columns), bool)
    measured = ~mask[whole][..., np.newaxis]
    count = _block_sum(measured.astype(np.float32), factor) * channels
    return _block_sum(np.where(measured, cut, 0), factor) / np.maximum(count, 1), count > 0


def _block_sum(cut: np.ndarray, factor: int) -> np.ndarray:
    height, width, channels = cut.shape
    # Rows first: sums of long rows are many times faster than sums over three channels.
    rows = cut.reshape(height // factor, factor, width * channels).sum(axis=1, dtype=np.float32)
    blocks = rows.reshape(height // factor, width // factor, factor * channels)
    return blocks @ np.ones(factor * channels, np.float32)


def _measure(grey: np.ndarray, measured: np.ndarray) -> Galaxy:
    """Locate the galaxy in one plane; unmeasured pixels are NaN from here on."""
    signal = np.where(measured, grey - estimate_background(grey[..., np.newaxis], ~measured).level, np.nan)
    smooth = _smooth(signal)
    sky = estimate_background(smooth[..., np.newaxis], np.isnan(smooth))
    noise = sky.noise[0]
    threshold = float(max(_DETECTION * noise, sky.unevenness[0]))
    x, y = _start(smooth, threshold)
    for _ in range(5):
        # The mirror needs a start on the ridge of a thin galaxy, not beside it.
        x, y = _centroid(smooth, x, y, _RIDGE)
    for _ in range(10):
        mirrored = _mirror(smooth, x, y)
        segment = _segment(mirrored, threshold)
        shape = _moments(mirrored, segment, x, y)
        window = shape.radius * np.sqrt(shape.axis_ratio)
        previous, (x, y) = (x, y), _centroid(np.fmin(smooth, _SYMMETRY * mirrored + noise), x, y, window)
        if np.hypot(x - previous[0], y - previous[1]) < 0.1:
            break
    mirrored = _mirror(signal, x, y)
    shape = _moments(mirrored, segment, x, y)
    sky = estimate_background(mirrored[..., np.newaxis], np.isnan(mirrored))
    # Stars are gone from the mirrored image, so that the middle of the border's levels is the better sky here.
    return _petrosian(mirrored - (sky.level + sky.unevenness / 2), shape, float(sky.unevenness[0]))


def _smooth(signal: np.ndarray) -> np.ndarray:
    measured = ~np.isnan(signal)
    if measured.all():
        return np.asarray(ndimage.gaussian_filter(signal, 1.0))
    weight = ndimage.gaussian_filter(measured.astype(np.float32), 1.0)
    total = ndimage.gaussian_filter(np.where(measured, signal, 0), 1.0)
    return np.where(weight > 0.1, total / np.maximum(weight, 0.1), np.nan)


def _start(smooth: np.ndarray, threshold: float) -> tuple[float, float]:
    """Middle of the frame if it lies on a group of bright pixels, else the centroid of the nearest group."""
    labels, count = ndimage.label(smooth > threshold)
    large = np.bincount(labels.ravel(), minlength=count + 1) >= _LEAST_AREA
    large[0] = False
    rows, columns = np.nonzero(large[labels])
    if len(rows) == 0:
        raise PoorImageError("no galaxy: nothing rises above the sky; leave the image out or crop at a fixed angle")
    height, width = smooth.shape
    x, y = (width - 1) / 2, (height - 1) / 2
    distance = np.hypot(columns - x, rows - y)
    nearest = np.argmin(distance)
    if distance[nearest] > min(height, width) / 4:
        raise PoorImageError(
            f"no galaxy in the middle: the nearest light is {distance[nearest] / min(height, width):.0%} of the side "
            "of the frame away; leave the image out or crop at a fixed angle"
        )
    if distance[nearest] < 1.5:
        return x, y
    rows, columns = np.nonzero(labels == labels[rows[nearest], columns[nearest]])
    weight = smooth[rows, columns] / smooth[rows, columns].sum()
    return float(weight @ columns), float(weight @ rows)


def _mirror(image: np.ndarray, x: float, y: float) -> np.ndarray:
    """The fainter of each pixel and its opposite with respect to the centre; the pixel itself where there is none."""
    twice_x, twice_y = round(2 * x), round(2 * y)
    height, width = image.shape
    box = (
        slice(max(0, twice_y - height + 1), min(height - 1, twice_y) + 1),
        slice(max(0, twice_x - width + 1), min(width - 1, twice_x) + 1),
    )
    result = image.copy()
    result[box] = np.fmin(image[box], image[box][::-1, ::-1])
    return result


def _segment(image: np.ndarray, threshold: float) -> np.ndarray:
    """True for the pixels of the galaxy: the clump with the most light, above 0.2 times its mean brightness."""
    clump = _brightest_clump(image, image > threshold)
    descending = np.sort(image[clump])[::-1]
    means = np.cumsum(descending) / np.arange(1, len(descending) + 1)
    return _brightest_clump(image, clump & (image >= descending[descending >= _PETROSIAN * means].min()))


def _brightest_clump(image: np.ndarray, bright: np.ndarray) -> np.ndarray:
    # Knots of an irregular galaxy or a spiral arm count as one clump if gaps of up to two pixels part them.
    labels, count = ndimage.label(ndimage.binary_dilation(bright))
    if count == 0:
        raise PoorImageError("no galaxy in the middle: what rises above the sky there has no symmetry; leave it out")
    light = np.bincount(labels[bright], weights=image[bright], minlength=count + 1)
    return bright & (labels == np.argmax(light))


def _moments(image: np.ndarray, segment: np.ndarray, x: float, y: float) -> Galaxy:
    """Ellipse of the second moments about a centre; its radius is the standard deviation along the major axis."""
    rows, columns = np.nonzero(segment)
    weight = np.maximum(image[segment], 0).astype(float)
    if not weight.sum() > 0:
        weight = np.ones(len(rows))
    weight /= weight.sum()
    dx, dy = columns - x, rows - y
    xx, yy, xy = weight @ dx**2, weight @ dy**2, weight @ (dx * dy)
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    # A line of pixels still has the thickness of a pixel, whose variance is 1/12.
    major, minor = max(middle + half, 1 / 12), max(middle - half, 1 / 12)
    angle = np.rad2deg(np.arctan2(2 * xy, xx - yy) / 2) % 180
    return Galaxy(x, y, float(np.sqrt(major)), float(np.sqrt(minor / major)), float(angle))


def _centroid(image: np.ndarray, x: float, y: float, sigma: float) -> tuple[float, float]:
    """One step towards the Gaussian-weighted centroid; a galaxy that is a Gaussian of that width is reached at once."""
    rows = np.arange(max(0, int(y - 4 * sigma)), min(image.shape[0], int(y + 4 * sigma) + 2))
    columns = np.arange(max(0, int(x - 4 * sigma)), min(image.shape[1], int(x + 4 * sigma) + 2))
    light = np.nan_to_num(np.maximum(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 0)).astype(float)
    light *= np.exp(-(((rows - y) / sigma) ** 2) / 2)[:, np.newaxis] * np.exp(-(((columns - x) / sigma) ** 2) / 2)
    total = light.sum()
    if not total > 0:
        return x, y
    new_x = x + 2 * (light.sum(axis=0) @ (columns - x)) / total
    new_y = y + 2 * (light.sum(axis=1) @ (rows - y)) / total
    return float(np.clip(new_x, 0, image.shape[1] - 1)), float(np.clip(new_y, 0, image.shape[0] - 1))


def _petrosian(signal: np.ndarray, shape: Galaxy, unevenness: float) -> Galaxy:
    """Replace the radius of the moments, below which the search does not begin, by Petrosian's."""
    height, width = signal.shape
    step = 0.5
    measured = ~np.isnan(signal)
    bins = (ellipse_radius(shape, np.arange(height), np.arange(width))[measured] / step).astype(np.intp)
    area = np.concatenate([[0], np.cumsum(np.bincount(bins))])
    light = np.concatenate([[0], np.cumsum(np.bincount(bins, weights=signal[measured]))])
    edges = step * np.arange(len(area))
    inner, outer = _ANNULUS
    radii = np.arange(shape.radius, max(edges[-1] / outer, shape.radius + step), step)
    ring_area = np.interp(outer * radii, edges, area) - np.interp(inner * radii, edges, area)
    ring_light = np.interp(outer * radii, edges, light) - np.interp(inner * radii, edges, light)
    local = ring_light / np.maximum(ring_area, 1)
    mean = np.interp(radii, edges, light) / np.maximum(np.interp(radii, edges, area), 1)
    excess = local - np.maximum(_PETROSIAN * mean, unevenness)
    in_frame = ring_area > np.pi / 2 * shape.axis_ratio * (outer**2 - inner**2) * radii**2
    ends = np.flatnonzero((excess <= 0) | ~in_frame)
    last = ends[0] if len(ends) else len(radii) - 1
    radius = radii[last]
    if last > 0 and excess[last] <= 0 < excess[last - 1]:
        radius -= step * excess[last] / (excess[last] - excess[last - 1])
    return Galaxy(shape.x, shape.y, float(radius), shape.axis_ratio, shape.angle)
