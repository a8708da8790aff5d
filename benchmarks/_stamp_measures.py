"""Measures of stamps: light, shape, structure, colour, sky and noise.

All functions take many stamps at once. Stamps are four Petrosian radii (of 90 % of the light, R90) wide and show the
galaxy near their middle. So apertures are the same for all, in units of R90, a quarter of the side. Light means grey
values: images that were stretched for the eye are measured without undoing the stretch, so concentrations and
asymmetries are not those of linear images. Use them to compare stamps of one kind.

References
----------
Bershady, Jangren & Conselice (2000), AJ 119, 2645 (concentration); Conselice (2003), ApJS 147, 1 (asymmetry and
clumpiness); Lotz, Primack & Madau (2004), AJ 128, 163 (Gini, M20); Petrosian (1976), ApJ 209, L1.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from _machine import cores
from scipy import ndimage

__all__ = [
    "GROUPS",
    "MEASURES",
    "asymmetry",
    "clumpiness",
    "gini",
    "growth",
    "light_radii",
    "m20",
    "measure",
    "noise_of",
    "petrosian_radius",
]

MEASURES = {
    "centre": "grey value within 0.1 R90",
    "inner": "grey value within 0.4 R90",
    "ring": "grey value from 0.4 to 0.6 R90",
    "outer": "grey value from 0.9 to 1.1 R90",
    "halo": "grey value from 1.4 to 1.6 R90",
    "white": "fraction of the pixels within R90 where a channel has reached 250",
    "r50": "half-light radius / R90",
    "r_p": "Petrosian radius (eta = 0.2) / R90",
    "area": "pixels of the galaxy above twice the noise, in units of pi R90^2",
    "offset": "distance of the light's centre from the stamp's / R90",
    "C": "concentration",
    "A": "asymmetry under half a turn",
    "S": "clumpiness",
    "gini": "Gini coefficient",
    "M20": "second moment of the brightest 20 %",
    "q": "axis ratio of the moments",
    "m1": "lopsidedness: Fourier mode 1 over mode 0, 0.3 to 0.9 R90",
    "m2": "ellipse, bar or two arms: mode 2 over mode 0",
    "twist": "turn of mode 2 with radius: 0 (ellipse, bar) to 1 (wound)",
    "m3+": "modes 3 to 8 over mode 0",
    "R/G": "colour within 0.5 R90",
    "B/G": "colour within 0.5 R90",
    "R/G out": "colour from 0.5 to 1 R90 / colour within",
    "B/G out": "colour from 0.5 to 1 R90 / colour within",
    "sky R": "grey value of the corners",
    "sky G": "grey value of the corners",
    "sky B": "grey value of the corners",
    "sky scatter": "standard deviation of the four corners' levels",
    "noise R": "standard deviation in the corners",
    "noise G": "standard deviation in the corners",
    "noise B": "standard deviation in the corners",
    "corr 1": "correlation of grey noise with the next pixel",
    "corr 2": "correlation of grey noise with the next but one",
    "corr RG": "correlation of noise between channels",
    "corr GB": "correlation of noise between channels",
    "black": "fraction of the corners' pixels where a channel is 0",
    "others": "fraction of the pixels beyond 1.1 R90 that other objects cover",
    "slope": "slope of the power spectrum, 4 to 16 waves a stamp",
    "fine": "log10 of the power at 0.3 to 0.5 waves a pixel",
    "fine colour": "the same of R - B, minus that of grey",
}

GROUPS = {
    "light": ("centre", "inner", "ring", "outer", "halo", "white"),
    "size": ("r50", "r_p", "area", "offset", "C"),
    "shape": ("q", "m1", "m2", "twist", "m3+"),
    "texture": ("A", "S", "gini", "M20"),
    "colour": ("R/G", "B/G", "R/G out", "B/G out"),
    "sky": ("sky R", "sky G", "sky B", "sky scatter", "black", "others"),
    "noise": ("noise R", "noise G", "noise B", "corr 1", "corr 2", "corr RG", "corr GB"),
    "power": ("slope", "fine", "fine colour"),
}

CHUNK = 128  # stamps at a time, to limit memory
ANGLES = 48  # samples of a circle
STEP = 0.5  # pixels between two circles
CORNER = 0.15  # side of a corner / side of the stamp
LEAST_NOISE = 0.5  # grey values: rounding alone makes 0.3


def measure(stamps: np.ndarray) -> dict[str, np.ndarray]:
    """Measure all of `MEASURES`.

    Parameters
    ----------
    stamps
        Uint8 of shape ``(n, size, size, 3)``: red, green, blue.

    Returns
    -------
    measures
        Float64 of shape ``(n,)`` for each; NaN if it can't be measured.
    """
    chunks = (np.asarray(stamps[start : start + CHUNK]) for start in range(0, len(stamps), CHUNK))
    with ThreadPoolExecutor(cores()) as threads:
        parts = list(threads.map(_measure, chunks))
    return {name: np.concatenate([part[name] for part in parts]) for name in MEASURES}


def _measure(stamps: np.ndarray) -> dict[str, np.ndarray]:
    size = stamps.shape[1]
    unit = size / 4
    found: dict[str, np.ndarray] = {}
    corners = _corners(stamps.astype(np.float32))
    level, noise, residuals = noise_of(corners)
    grey_corners = _grey(corners)[..., None]
    grey_level, grey_noise, grey_residuals = (part[..., 0] for part in noise_of(grey_corners))
    _describe_sky(found, stamps, level, noise, residuals, grey_residuals, _clipped(grey_corners)[0][..., 0])

    light = stamps - level[:, None, None]
    grey = _grey(light)
    centres = _centroid(grey, unit)
    found["offset"] = np.hypot(*(centres - (size - 1) / 2).T) / unit
    wholes = np.rint(centres).astype(int)
    aligned = _align(light, wholes)
    grey_aligned = _grey(aligned)
    rows, columns = np.indices(aligned.shape[1:3]) - aligned.shape[1] // 2
    radii = np.hypot(rows, columns) / unit

    def mean(low: float, high: float) -> np.ndarray:
        return aligned[:, (radii >= low) & (radii < high)].mean(axis=1)

    for name, low, high in [("centre", 0, 0.1), ("inner", 0, 0.4), ("ring", 0.4, 0.6)]:
        found[name] = mean(low, high).mean(axis=-1) + grey_level
    for name, low, high in [("outer", 0.9, 1.1), ("halo", 1.4, 1.6)]:
        found[name] = mean(low, high).mean(axis=-1) + grey_level
    within, outside = mean(0, 0.5), mean(0.5, 1.0)
    for name, channel in (("R/G", 0), ("B/G", 2)):
        found[name] = _ratio(within[:, channel], within[:, 1])
        found[f"{name} out"] = _ratio(_ratio(outside[:, channel], outside[:, 1]), found[name])
    rows, columns = np.indices(stamps.shape[1:3]) - (size - 1) / 2
    disc = np.hypot(rows, columns) < unit
    found["white"] = (stamps[:, disc].max(axis=-1) >= 250).mean(axis=1)

    disc = radii < 1
    grey_sky = grey_residuals  # residuals of the corners, whose level is 0
    found["A"] = asymmetry(grey_aligned, disc, grey_sky)
    found["S"] = clumpiness(grey_aligned, disc & (radii > 0.1), grey_sky, width=max(3, round(unit / 4)))
    pixels = grey_aligned[:, disc]
    found["gini"] = gini(pixels)
    found["M20"] = m20(pixels, np.stack([rows_of(disc), columns_of(disc)]))
    _describe_profile(found, grey, centres, unit)
    _describe_shape(found, grey_aligned, grey_noise, radii)
    _describe_power(found, light)
    return {name: np.asarray(values, np.float64) for name, values in found.items()}


def _grey(pixels: np.ndarray) -> np.ndarray:
    # NumPy's mean along an axis of three takes five times as long.
    return (pixels[..., 0] + pixels[..., 1] + pixels[..., 2]) / 3


def rows_of(mask: np.ndarray) -> np.ndarray:
    """Row of each pixel of a mask, from the middle."""
    return np.nonzero(mask)[0] - mask.shape[0] // 2


def columns_of(mask: np.ndarray) -> np.ndarray:
    """Column of each pixel of a mask, from the middle."""
    return np.nonzero(mask)[1] - mask.shape[1] // 2


# Sky and noise


def _corners(stamps: np.ndarray) -> np.ndarray:
    """Cut the corners out of the stamps: shape ``(n, 4, side, side, channels)``."""
    side = max(4, round(CORNER * stamps.shape[1]))
    ends = (slice(None, side), slice(-side, None))
    return np.stack([stamps[:, rows, columns] for rows in ends for columns in ends], axis=1)


def _clipped(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each corner, without 3 sigma outliers: shape ``(n, 4, channels)``."""
    pixels = corners.reshape(*corners.shape[:2], -1, corners.shape[-1])
    level = np.median(pixels, axis=2, keepdims=True)
    noise = 1.4826 * np.median(np.abs(pixels - level), axis=2, keepdims=True)
    for _ in range(3):
        # Grey values are whole numbers: their median deviation is a poor start where the noise is low.
        near = np.abs(pixels - level) <= 3 * np.maximum(noise, LEAST_NOISE)
        count = np.maximum(near.sum(axis=2, keepdims=True), 1)
        level = np.where(near, pixels, 0).sum(axis=2, keepdims=True) / count
        noise = np.sqrt(np.where(near, (pixels - level) ** 2, 0).sum(axis=2, keepdims=True) / count)
    return level[:, :, 0], noise[:, :, 0]


def noise_of(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level and noise of the sky: the median of four corners, so that a star in one of them has no effect.

    Parameters
    ----------
    corners
        Shape ``(n, 4, side, side, channels)``.

    Returns
    -------
    level, noise
        Shape ``(n, channels)``.
    residuals
        The corners minus their own levels, clipped at 3 sigma; of the shape of `corners`.
    """
    levels, noises = _clipped(corners)
    level, noise = np.median(levels, axis=1), np.median(noises, axis=1)
    limit = 3 * np.maximum(noise, LEAST_NOISE)[:, None, None, None]
    return level, noise, np.clip(corners - levels[:, :, None, None], -limit, limit)


def _describe_sky(
    found: dict[str, np.ndarray],
    stamps: np.ndarray,
    level: np.ndarray,
    noise: np.ndarray,
    residuals: np.ndarray,
    grey: np.ndarray,
    levels: np.ndarray,
) -> None:
    for channel, name in enumerate("RGB"):
        found[f"sky {name}"], found[f"noise {name}"] = level[:, channel], noise[:, channel]
    found["sky scatter"] = levels.std(axis=1)
    for lag in (1, 2):
        across = _correlation(grey[:, :, :, lag:], grey[:, :, :, :-lag])
        found[f"corr {lag}"] = (across + _correlation(grey[:, :, lag:], grey[:, :, :-lag])) / 2
    red, green, blue = np.moveaxis(residuals, -1, 0)
    found["corr RG"], found["corr GB"] = _correlation(red, green), _correlation(green, blue)
    found["black"] = (_corners(stamps).min(axis=-1) == 0).mean(axis=(1, 2, 3))


def _correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Median over the corners of Pearson's coefficient: shape ``(n,)``."""
    axes = (2, 3)
    first = first - first.mean(axis=axes, keepdims=True)
    second = second - second.mean(axis=axes, keepdims=True)
    scale = np.sqrt((first**2).mean(axis=axes) * (second**2).mean(axis=axes))
    return np.median((first * second).mean(axis=axes) / np.maximum(scale, 1e-9), axis=1)


# Where the galaxy is


def _centroid(grey: np.ndarray, unit: float) -> np.ndarray:
    """Centre of the light within 0.4 R90 of itself, in rows and columns from the first pixel: shape ``(n, 2)``."""
    edge = round(0.25 * grey.shape[1])  # the margin without search
    inner = np.maximum(grey[:, edge:-edge, edge:-edge], 0)
    places = np.arange(edge, edge + inner.shape[1], dtype=np.float32)
    centres = np.full((len(grey), 2), (grey.shape[1] - 1) / 2, np.float32)
    for _ in range(4):
        down, across = ((places - centre[:, None]) ** 2 for centre in centres.T)
        weights = np.where(down[:, :, None] + across[:, None] < (0.4 * unit) ** 2, inner, 0)
        by_row, by_column = weights.sum(axis=2), weights.sum(axis=1)
        total = by_row.sum(axis=1)[:, None]
        moved = np.stack([by_row @ places, by_column @ places], axis=1) / np.maximum(total, 1e-6)
        centres = np.where(total > 0, moved, centres)
    return centres


def _align(light: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Shift by whole pixels so that the centres lie in the middle of an odd side; new pixels are sky."""
    half = light.shape[1] // 2 - 1
    margin = np.abs(centres - light.shape[1] // 2).max() + 2
    padded = np.pad(light, ((0, 0), (margin, margin), (margin, margin), *[(0, 0)] * (light.ndim - 3)))
    offsets = np.arange(-half, half + 1) + margin
    rows, columns = centres[:, 0, None] + offsets, centres[:, 1, None] + offsets
    return padded[np.arange(len(light))[:, None, None], rows[:, :, None], columns[:, None, :]]


# Structure


def asymmetry(grey: np.ndarray, disc: np.ndarray, sky: np.ndarray) -> np.ndarray:
    r"""Asymmetry under half a turn, minus that of the sky (Conselice 2003, section 3.2).

    .. math:: A = \min \frac{\sum |I - I_{180}|}{\sum |I|} - \frac{\sum |B - B_{180}|}{\sum |I|}

    The minimum is over centres up to one pixel from the middle, in steps of half a pixel, which need no interpolation.

    Parameters
    ----------
    grey
        Sky-subtracted light of shape ``(n, side, side)``, the galaxy in the middle of an odd side.
    disc
        Mask of shape ``(side, side)`` of the pixels that count, at least two pixels from the edge of the stamp.
    sky
        Sky-subtracted corners of shape ``(n, corners, side, side)``.

    Returns
    -------
    asymmetry
        Shape ``(n,)``: 0 (symmetric) to 2 (all light on one side).
    """
    rows, columns = np.nonzero(disc)
    last = grey.shape[1] - 1
    pixels = grey[:, rows, columns]
    total = np.maximum(np.abs(pixels).sum(axis=1), 1e-6)
    least = np.full(len(grey), np.inf)
    for down in range(-2, 3):
        for across in range(-2, 3):
            turned = grey[:, last + down - rows, last + across - columns]
            least = np.minimum(least, np.abs(pixels - turned).sum(axis=1))
    own = np.median(np.abs(sky - sky[:, :, ::-1, ::-1]).mean(axis=(2, 3)), axis=1) * len(rows)
    return (least - own) / total


def clumpiness(grey: np.ndarray, mask: np.ndarray, sky: np.ndarray, *, width: int) -> np.ndarray:
    r"""Clumpiness, the fraction of the light in small structures (Conselice 2003, section 3.3).

    .. math:: S = 10 \left[\frac{\sum (I - I_\sigma)^+}{\sum I} - \frac{\sum (B - B_\sigma)^+}{\sum I}\right]

    :math:`I_\sigma` is the light smoothed by a square; only light above it counts.

    Parameters
    ----------
    grey
        Sky-subtracted light of shape ``(n, side, side)``.
    mask
        Mask of shape ``(side, side)`` of the pixels that count; leave out the very centre.
    sky
        Sky-subtracted corners of shape ``(n, corners, side, side)``.
    width
        Side of the square in pixels.

    Returns
    -------
    clumpiness
        Shape ``(n,)``; 0 where nothing is clumpy.
    """
    excess = np.maximum(grey - ndimage.uniform_filter(grey, (1, width, width)), 0)[:, mask].sum(axis=1)
    own = np.maximum(sky - ndimage.uniform_filter(sky, (1, 1, width, width)), 0)
    total = np.maximum(grey[:, mask].sum(axis=1), 1e-6)
    return 10 * (excess - np.median(own.mean(axis=(2, 3)), axis=1) * mask.sum()) / total


def gini(pixels: np.ndarray) -> np.ndarray:
    r"""Gini coefficient of the light (Lotz, Primack & Madau 2004, equation 6).

    .. math:: G = \frac{1}{\overline{|X|}\, n (n - 1)} \sum_i (2 i - n - 1) |X_i|

    Parameters
    ----------
    pixels
        Light of each pixel of each galaxy, of shape ``(galaxies, pixels)``.

    Returns
    -------
    gini
        Shape ``(galaxies,)``: 0 (all pixels alike) to 1 (all light in one).
    """
    ordered = np.sort(np.abs(pixels), axis=1)
    n = pixels.shape[1]
    weights = 2 * np.arange(1, n + 1) - n - 1
    return (ordered @ weights) / np.maximum(ordered.mean(axis=1) * n * (n - 1), 1e-6)


def m20(pixels: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Second moment of the brightest pixels with 20 % of the light, relative to all (Lotz et al. 2004, equation 8).

    Parameters
    ----------
    pixels
        Light of each pixel of each galaxy, of shape ``(galaxies, pixels)``; negative values count as 0.
    places
        Row and column of each pixel from the galaxy's centre, of shape ``(2, pixels)``.

    Returns
    -------
    m20
        Decimal logarithm, of shape ``(galaxies,)``.
    """
    light = np.maximum(pixels, 0)
    order = np.argsort(-light, axis=1, kind="stable")
    ordered = np.take_along_axis(light, order, axis=1)
    moments = ordered * (places**2).sum(axis=0)[order]
    before = np.cumsum(ordered, axis=1) - ordered
    chosen = before < 0.2 * ordered.sum(axis=1, keepdims=True)
    part = np.where(chosen, moments, 0).sum(axis=1) / np.maximum(moments.sum(axis=1), 1e-6)
    return np.log10(np.maximum(part, 1e-4))


# Profiles


def _polar(grey: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Light on circles, by linear interpolation, 0 beyond the stamp: shape ``(n, radii, angles)``."""
    angles = 2 * np.pi * np.arange(ANGLES) / ANGLES
    margin = 1 + int(np.ceil(radii.max() + np.abs(centres - (grey.shape[1] - 1) / 2).max() - grey.shape[1] / 2 + 1))
    padded = np.pad(grey, ((0, 0), (margin, margin), (margin, margin))).astype(np.float32)
    rows = (centres[:, 0, None, None] + margin + radii[:, None] * np.sin(angles)).astype(np.float32)
    columns = (centres[:, 1, None, None] + margin + radii[:, None] * np.cos(angles)).astype(np.float32)
    row, column = np.floor(rows).astype(np.int32), np.floor(columns).astype(np.int32)
    down, across = rows - row, columns - column
    side = padded.shape[1]
    start = (np.arange(len(grey), dtype=np.int64) * side**2)[:, None, None] + row * side + column
    flat = padded.ravel()
    above = flat[start] * (1 - across) + flat[start + 1] * across
    below = flat[start + side] * (1 - across) + flat[start + side + 1] * across
    return above * (1 - down) + below * down


def growth(profiles: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Light within each edge, from the mean light of the rings between the edges.

    Parameters
    ----------
    profiles
        Shape ``(n, rings)``.
    edges
        Outer radius of each ring, of shape ``(rings,)``; the first ring begins at 0.

    Returns
    -------
    light
        Shape ``(n, rings)``.
    """
    areas = np.pi * np.diff(edges**2, prepend=0)
    return np.cumsum(profiles * areas, axis=1)


def petrosian_radius(light: np.ndarray, profiles: np.ndarray, edges: np.ndarray, *, eta: float = 0.2) -> np.ndarray:
    """Radius at which the profile is `eta` times the mean inside (Petrosian 1976); the last edge if there is none.

    Parameters
    ----------
    light, profiles, edges
        As `growth` returns and takes them.
    eta
        Ratio of the profile to the mean inside.

    Returns
    -------
    radius
        Shape ``(n,)``.
    """
    # The profile at an edge is the mean of the rings on its two sides.
    at_edges = (profiles + np.concatenate([profiles[:, 1:], profiles[:, -1:]], axis=1)) / 2
    means = light / (np.pi * edges**2)
    ratios = at_edges / np.where(means > 0, means, 1e-6)
    return _first_below(ratios, np.full(len(light), eta), edges)


def _first_below(curves: np.ndarray, levels: np.ndarray, edges: np.ndarray) -> np.ndarray:
    below = curves < levels[:, None]
    after = np.where(below.any(axis=1), below.argmax(axis=1), len(edges) - 1)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(curves))
    high, low = curves[rows, before], curves[rows, after]
    part = np.where(high > low, (high - levels) / np.where(high > low, high - low, 1), 1)
    return edges[before] + np.clip(part, 0, 1) * (edges[after] - edges[before])


def light_radii(
    light: np.ndarray, edges: np.ndarray, total_radius: np.ndarray, fractions: tuple[float, ...]
) -> np.ndarray:
    """Radii that contain fractions of the light inside a radius.

    Parameters
    ----------
    light, edges
        As `growth` returns and takes them.
    total_radius
        Radius of all light that counts, of shape ``(n,)``.
    fractions
        Between 0 and 1, such as 0.2, 0.5, 0.8.

    Returns
    -------
    radii
        Shape ``(fractions, n)``.
    """
    rising = np.maximum.accumulate(light, axis=1)
    curves = np.concatenate([np.zeros((len(light), 1)), rising], axis=1)
    places = np.concatenate([[0.0], edges])
    totals = np.array([np.interp(radius, places, curve) for radius, curve in zip(total_radius, curves, strict=True)])
    # Within the first ring light grows with the square of the radius, but ringlets are too small for that to matter.
    return np.stack([-_first_below(-curves, -fraction * totals, -places) for fraction in fractions])


def _describe_profile(found: dict[str, np.ndarray], grey: np.ndarray, centres: np.ndarray, unit: float) -> None:
    edges = np.arange(1, round(2 * unit / STEP) + 1) * STEP
    radii = edges - STEP / 2
    polar = _polar(grey, centres, radii)
    profiles = polar.mean(axis=2, dtype=np.float64)
    light = growth(profiles, edges)
    petrosian = petrosian_radius(light, profiles, edges)
    found["r_p"] = petrosian / unit
    r20, r50, r80 = light_radii(light, edges, np.minimum(1.5 * petrosian, edges[-1]), (0.2, 0.5, 0.8))
    found["r50"], found["C"] = r50 / unit, 5 * np.log10(np.maximum(r80, 1e-3) / np.maximum(r20, 1e-3))

    chosen = (radii > 0.3 * unit) & (radii < 0.9 * unit)
    modes = np.fft.rfft(polar[:, chosen], axis=2)
    mean = np.maximum(modes[:, :, 0].real.sum(axis=1), 1e-6)
    strengths = np.abs(modes)
    found["m1"] = 2 * strengths[:, :, 1].sum(axis=1) / mean
    second = strengths[:, :, 2].sum(axis=1)
    found["m2"] = 2 * second / mean
    found["twist"] = 1 - np.abs(modes[:, :, 2].sum(axis=1)) / np.maximum(second, 1e-6)
    found["m3+"] = 2 * np.sqrt((strengths[:, :, 3:9] ** 2).sum(axis=2)).sum(axis=1) / mean


def _describe_shape(found: dict[str, np.ndarray], grey: np.ndarray, noise: np.ndarray, radii: np.ndarray) -> None:
    """Axis ratio and area of the object in the middle, and area of other objects."""
    smooth = ndimage.uniform_filter(grey, (1, 3, 3))
    bright = smooth > 2 * np.maximum(noise, LEAST_NOISE)[:, None, None]
    flat = ndimage.generate_binary_structure(2, 1)
    labels, _ = ndimage.label(bright, np.stack([np.zeros_like(flat), flat, np.zeros_like(flat)]))
    middle = grey.shape[1] // 2
    own = labels == np.where(bright[:, middle, middle], labels[:, middle, middle], -1)[:, None, None]
    unit = 1 / radii[middle, middle + 1]
    found["area"] = own.sum(axis=(1, 2)) / (np.pi * unit**2)
    found["others"] = (bright & ~own)[:, radii > 1.1].mean(axis=1)

    weights = np.where(own & (radii < 1.5), np.maximum(grey, 0), 0).astype(np.float64)
    total = weights.sum(axis=(1, 2))
    weights /= np.where(total > 0, total, np.nan)[:, None, None]
    places = np.indices(radii.shape).reshape(2, -1) - middle
    rows, columns = places
    flat_weights = weights.reshape(len(weights), -1)
    mean_row, mean_column = (flat_weights @ place for place in places)
    yy, xx = flat_weights @ rows**2 - mean_row**2, flat_weights @ columns**2 - mean_column**2
    xy = flat_weights @ (rows * columns) - mean_row * mean_column
    spread = np.hypot((xx - yy) / 2, xy)
    found["q"] = np.sqrt(np.maximum((xx + yy) / 2 - spread, 0) / ((xx + yy) / 2 + spread))


def _describe_power(found: dict[str, np.ndarray], light: np.ndarray) -> None:
    size = light.shape[1]
    window = np.hanning(size).astype(np.float32)
    frequencies = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)) * size

    def power(grey: np.ndarray) -> np.ndarray:
        return np.abs(np.fft.rfft2(grey * window * window[:, None])) ** 2

    grey, colour = power(_grey(light)), power(light[..., 0] - light[..., 2])
    waves = np.arange(4, 17)
    rings = [(frequencies >= wave - 0.5) & (frequencies < wave + 0.5) for wave in waves]
    means = np.log10(np.stack([grey[:, ring].mean(axis=1) for ring in rings]) + 1e-6)
    found["slope"] = np.polyfit(np.log10(waves), means, 1)[0]
    fine = (frequencies >= 0.3 * size) & (frequencies < 0.5 * size)
    found["fine"] = np.log10(grey[:, fine].mean(axis=1) + 1e-6)
    found["fine colour"] = np.log10(colour[:, fine].mean(axis=1) + 1e-6) - found["fine"]


def _ratio(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Ratio of positive values, limited to 0.1 to 10; NaN if one is not positive."""
    positive = (first > 0) & (second > 0)
    return np.clip(np.where(positive, first, np.nan) / np.where(positive, second, 1), 0.1, 10)
