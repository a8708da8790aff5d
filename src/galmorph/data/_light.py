"""Light of simulated galaxies before telescope and sky."""

import numpy as np
from jaxtyping import Bool, Float32, Shaped

from galmorph.data._profiles import arm_pattern, deproject, dust_lane, edge_on_profile, sersic_profile
from galmorph.data._smoothing import gaussian_matrix, smooth, unit_variance

__all__ = ["coloured", "galaxy_light"]

Truth = Shaped[np.ndarray, "galaxies"]  # structured: a field for each column of the table
Maps = Float32[np.ndarray, "drawn size size"]
Images = Float32[np.ndarray, "drawn size size 3"]
Columns = Float32[np.ndarray, "drawn 1 size"]  # positions along x, relative to the centre
Rows = Float32[np.ndarray, "drawn size 1"]  # along y
Parameters = dict[str, Float32[np.ndarray, "drawn 1 1"]]

# Dust dims blue light more than red.
EXTINCTION = np.array([0.8, 1.0, 1.25], np.float32)

BAR_AXIS_RATIO = 0.35
ARM_SHARPNESS = 3.0


def galaxy_light(truth: Truth, size: int, rng: np.random.Generator) -> Images:
    """Draw galaxies as they are above the telescope: no blur, neighbours, sky or noise.

    Parameters
    ----------
    truth
        Structured array of shape ``(galaxies,)``: the columns of the table, float32.
    size
        Side of a stamp in pixels.
    rng
        Where the irregularities of spiral arms come from.

    Returns
    -------
    Float32
        Surface brightness in red, green, blue, of shape ``(galaxies, size, size, 3)``. The flux in
        green is one, less what dust, truncation and the border of the stamp take.
    """
    axis = np.arange(size, dtype=np.float32)
    x = axis - truth["x"][:, None, None]
    y = axis[:, None] - truth["y"][:, None, None]
    light = np.empty((len(truth), size, size, 3), np.float32)
    edge_on = truth["scale_length"] > 0
    armed = truth["arm_number"] > 0
    light[armed] = _spiral_disc(_columns(truth, armed), x[armed], y[armed], rng)
    for rows, draw in [(edge_on, _edge_on_disc), (~edge_on & ~armed, _smooth_body)]:
        light[rows] = draw(_columns(truth, rows), x[rows], y[rows])
    for part, rows in [(_bulge, truth["bulge_fraction"] > 0), (_bar, truth["bar_fraction"] > 0)]:
        light[rows] += part(_columns(truth, rows), x[rows], y[rows])
    return light


def _columns(truth: Truth, rows: Bool[np.ndarray, "galaxies"]) -> Parameters:
    """Parameters of some galaxies, ready to broadcast against maps; angles in radians."""
    columns = {name: truth[name][rows, None, None] for name in truth.dtype.fields or ()}
    for name in ("position_angle", "pitch_angle", "arm_phase"):
        columns[name] = np.deg2rad(columns[name])
    columns["body_fraction"] = 1 - columns["bulge_fraction"] - columns["bar_fraction"]
    return columns


def coloured(light: Float32[np.ndarray, "..."], colour: Float32[np.ndarray, "..."]) -> Float32[np.ndarray, "... 3"]:
    """Give light a colour from 0 (blue, forming stars) to 1 (red, old); green is left alone."""
    return light[..., None] * np.stack([1.02 + 0.31 * colour, np.ones_like(colour), 1.2 - 0.74 * colour], axis=-1)


def _sersic(p: Parameters, x: Columns, y: Rows, radius: str, index: str, axis_ratio: str) -> Maps:
    u, v = deproject(x, y, axis_ratio=p[axis_ratio], angle=p["position_angle"])
    # A third of a pixel is added in quadrature: a cusp has no value of its own, only a mean over its pixel.
    r = np.sqrt(u * u + v * v + np.float32(0.1))
    return sersic_profile(r, effective_radius=p[radius], index=p[index], axis_ratio=p[axis_ratio])


def _smooth_body(p: Parameters, x: Columns, y: Rows) -> Images:
    light = _sersic(p, x, y, "effective_radius", "sersic_index", "axis_ratio")
    return coloured(p["body_fraction"] * light, p["colour"])


def _bulge(p: Parameters, x: Columns, y: Rows) -> Images:
    light = _sersic(p, x, y, "bulge_radius", "bulge_index", "bulge_axis_ratio")
    return coloured(p["bulge_fraction"] * light, p["bulge_colour"])


def _spiral_disc(p: Parameters, x: Columns, y: Rows, rng: np.random.Generator) -> Images:
    u, v = deproject(x, y, axis_ratio=p["axis_ratio"], angle=p["position_angle"])
    radius = np.hypot(u, v)
    disc = p["body_fraction"] * sersic_profile(
        radius, effective_radius=p["effective_radius"], index=p["sersic_index"], axis_ratio=p["axis_ratio"]
    )
    wander, clumps = _smooth_fields(p["effective_radius"][:, 0, 0], x.shape[2], rng)
    arms = arm_pattern(
        radius,
        np.arctan2(v, u) + p["irregularity"] / p["arm_number"] * wander,
        number=p["arm_number"],
        pitch=p["pitch_angle"],
        phase=p["arm_phase"],
        inner_radius=p["bar_length"],
        sharpness=ARM_SHARPNESS,
    )
    arms *= np.exp(p["irregularity"] * (clumps - 0.5 * p["irregularity"]))
    between = coloured((1 - p["arm_fraction"]) * disc, np.minimum(p["colour"] + 0.1, 1))
    return between + coloured(p["arm_fraction"] * disc * arms, np.maximum(p["colour"] - 0.15, -0.3))


def _smooth_fields(radius: Float32[np.ndarray, "drawn"], size: int, rng: np.random.Generator) -> tuple[Maps, Maps]:
    """Two Gaussian fields of variance one: a wide one that bends arms, and a narrow one for their knots."""
    white = rng.standard_normal((2, len(radius), size, size), np.float32)
    wide, narrow = (unit_variance(gaussian_matrix(width * radius, size)) for width in (0.5, 0.1))
    return smooth(white[0], wide, wide), smooth(white[1], narrow, narrow)


def _bar(p: Parameters, x: Columns, y: Rows) -> Images:
    """Draw a flat, sharply ended ellipse in the plane of the disc, from whose ends the arms leave."""
    u, v = deproject(x, y, axis_ratio=p["axis_ratio"], angle=p["position_angle"])
    u, v = deproject(u, v, axis_ratio=BAR_AXIS_RATIO, angle=p["arm_phase"])
    light = sersic_profile(
        np.hypot(u, v),
        effective_radius=0.6 * p["bar_length"],
        index=np.full_like(p["bar_length"], 0.5),
        axis_ratio=BAR_AXIS_RATIO * p["axis_ratio"],
    )
    return coloured(p["bar_fraction"] * light, p["bulge_colour"])


def _edge_on_disc(p: Parameters, x: Columns, y: Rows) -> Images:
    along, above = deproject(x, y, axis_ratio=1.0, angle=p["position_angle"])
    disc = edge_on_profile(along, above, scale_length=p["scale_length"], scale_height=p["scale_height"])
    end = 1 / (1 + np.minimum(np.abs(along) / p["truncation"], 4) ** 12)
    image = coloured(p["body_fraction"] * disc * end, p["colour"])
    lane = dust_lane(
        along[..., None],
        above[..., None],
        scale_length=p["scale_length"][..., None],
        scale_height=0.4 * p["scale_height"][..., None],
        depth=p["dust_depth"][..., None] * EXTINCTION,
    )
    return image * lane
