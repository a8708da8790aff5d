"""Light of simulated galaxies before telescope and sky."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32

from galmorph.simulation._arms import arm_pattern
from galmorph.simulation._profiles import deproject, dust_depth, edge_on_profile, ring_profile, sersic_profile
from galmorph.simulation._survey import Band

__all__ = ["LIGHT_NORMALS", "coloured", "galaxy_light"]

Maps = Float32[Array, "galaxies #rows #columns"]
Parameters = dict[str, Float32[Array, "galaxies 1 1"]]

BAR_AXIS_RATIO = 0.3
ARM_SHARPNESS = 3.0
DUST_HEIGHT = 0.4  # of the disc's

SLOW, FAST = 6, 32  # grids of random fields over a stamp: displacements and bends of arms; knots
LIGHT_NORMALS = 3 * SLOW**2 + FAST**2


def galaxy_light(
    truth: dict[str, Float32[Array, "galaxies"]],
    x: Float32[Array, "galaxies 1 columns"],
    y: Float32[Array, "galaxies rows 1"],
    pixel: Float32[Array, "galaxies 1 1"],
    normals: Float32[Array, "galaxies numbers"],
    bands: tuple[Band, ...],
) -> Float32[Array, "galaxies bands rows columns"]:
    """Draw galaxies as they are above the telescope: no blur, neighbours, sky or noise.

    Parameters
    ----------
    truth
        The parameters of `COLUMNS`, lengths in units of r90.
    x, y
        Positions of columns and rows, relative to the middle of the stamp, in units of r90.
    pixel
        Side of a pixel in units of r90: what is finer than that is softened.
    normals
        Normal random numbers, `LIGHT_NORMALS` for each galaxy, of which the irregularities are made.
    bands
        The channels.

    Returns
    -------
    Float32
        Surface brightness in each band, in fluxes of the whole galaxy a square r90.
    """
    p = _ready(truth)
    fields = _fields(normals, x.shape[2])
    knots, x, y, u, v, radius = _places(p, x, y, pixel, fields)
    young, body = _disc(p, u, v, radius, fields, knots)
    return _in_bands(p, radius, young, body, _old(p, x, y, u, v, pixel), _dust_depth(p, u, v), bands)


@jax.jit
def _places(p: Parameters, x: Maps, y: Maps, pixel: Maps, fields: Array) -> tuple[Maps, ...]:
    """Positions on the sky and in the plane of the disc, displaced by the warp; and the light of knots."""
    x, y = x - p["x"] + p["warp"] * fields[:, 0], y - p["y"] + p["warp"] * fields[:, 1]
    u, v = deproject(x, y, axis_ratio=p["axis_ratio"], angle=p["angle"])
    knots = jnp.exp(p["flocculence"] * (fields[:, 3] - 0.5 * p["flocculence"]))
    return knots, x, y, u, v, jnp.sqrt(u**2 + v**2 + _soft(pixel))


@jax.jit
def _disc(p: Parameters, u: Maps, v: Maps, radius: Maps, fields: Array, knots: Maps) -> tuple[Maps, Maps]:
    """Light of arms and ring, and of the rest of the main body."""
    slab = p["scale_length"] > 0
    index, effective = (jnp.where(slab, 1.0, p[name]) for name in ("sersic_index", "effective_radius"))
    body = sersic_profile(radius, effective_radius=effective, index=index, axis_ratio=p["axis_ratio"]) * knots
    body = p["body_fraction"] * jnp.where(slab, _edge_on_disc(p, u, v * p["axis_ratio"]), body)
    armed, ringed = p["arm_number"] > 0, p["ring_radius"] > 0
    pattern = arm_pattern(
        u,
        v,
        number=jnp.where(armed, p["arm_number"], 1.0),
        pitch=jnp.where(armed, p["pitch_angle"], 1.0),
        phase=p["arm_phase"],
        inner_radius=jnp.where(armed, p["arm_radius"], 1.0),
        sharpness=ARM_SHARPNESS,
        wander=p["wander"] * fields[:, 2],
    )
    ring_radius = jnp.where(ringed, p["ring_radius"], 1.0)
    ring = ring_profile(radius, ring_radius=ring_radius, width=0.15 * ring_radius, axis_ratio=p["axis_ratio"])
    young = (p["arm_fraction"] * body * pattern + p["ring_fraction"] * ring) * knots
    return young, (1 - p["arm_fraction"]) * body


@jax.jit
def _old(p: Parameters, x: Maps, y: Maps, u: Maps, v: Maps, pixel: Maps) -> Maps:
    """Light of bulge and bar."""
    soft = _soft(pixel)
    return p["bulge_fraction"] * _bulge(p, x, y, soft) + p["bar_fraction"] * _bar(p, u, v, soft)


@partial(jax.jit, static_argnames="bands")
def _in_bands(
    p: Parameters, radius: Maps, young: Maps, body: Maps, old: Maps, depth: Maps, bands: tuple[Band, ...]
) -> Array:
    """Light in each band: young stars are bluer than the body, the body of a spiral is redder between its arms."""
    level, slope, extinction = (
        jnp.asarray([getattr(band, name) for band in bands], jnp.float32)[None, :, None, None]
        for name in ("level", "slope", "extinction")
    )
    colour = p["colour"] - p["gradient"] * (jnp.minimum(radius, 2.0) - 0.4)
    between = colour + jnp.where(p["arm_number"] > 0, 0.1, 0.0)
    disc = body[:, None] * (level + slope * between[:, None]) + young[:, None] * (
        level + slope * (colour - 0.15)[:, None]
    )
    passed = 0.5 + 0.5 * jnp.exp(-extinction * depth[:, None])
    return disc * passed + old[:, None] * (level + slope * p["bulge_colour"][:, None])


def _soft(pixel: Maps) -> Maps:
    """What is added to the square of radii: a cusp has no value of its own, only a mean over its pixel."""
    return (pixel / 3) ** 2


def coloured(colour: Array, band: Band) -> Array:
    """Brightness in a band of light of a colour from 0 (blue, forming stars) to 1 (red, old)."""
    return band.level + band.slope * colour


@jax.jit
def _ready(truth: dict[str, Float32[Array, "galaxies"]]) -> Parameters:
    """Parameters that broadcast against maps; angles in radians."""
    p = {name: values[:, None, None] for name, values in truth.items()}
    p |= {name: jnp.deg2rad(p[name]) for name in ("angle", "pitch_angle", "arm_phase")}
    p["body_fraction"] = 1 - p["bulge_fraction"] - p["bar_fraction"] - p["ring_fraction"]
    return p


def _edge_on_disc(p: Parameters, x: Maps, z: Maps) -> Maps:
    """Light of a disc on edge that ends softly."""
    there = p["scale_length"] > 0
    length, height = (jnp.where(there, p[name], 1.0) for name in ("scale_length", "scale_height"))
    power, end = (jnp.where(there, p[name], 2.0) for name in ("height_power", "truncation_radius"))
    slab = edge_on_profile(x, z, scale_length=length, scale_height=height, height_power=power)
    return slab * jax.nn.sigmoid((end - jnp.abs(x)) / (0.06 * end))


@jax.jit
def _dust_depth(p: Parameters, u: Maps, v: Maps) -> Maps:
    """Optical depth of the dust in a disc on edge."""
    there = p["scale_length"] > 0
    length, height = (jnp.where(there, p[name], 1.0) for name in ("scale_length", "scale_height"))
    z = v * p["axis_ratio"]
    return dust_depth(u, z, scale_length=length, scale_height=DUST_HEIGHT * height, depth=p["dust_depth"])


def _bulge(p: Parameters, x: Maps, y: Maps, soft: Maps) -> Maps:
    there = p["bulge_radius"] > 0
    effective, index = (jnp.where(there, p[name], 1.0) for name in ("bulge_radius", "bulge_index"))
    u, v = deproject(x, y, axis_ratio=p["bulge_axis_ratio"], angle=p["angle"])
    radius = jnp.sqrt(u**2 + v**2 + soft)
    return sersic_profile(radius, effective_radius=effective, index=index, axis_ratio=p["bulge_axis_ratio"])


def _bar(p: Parameters, u: Maps, v: Maps, soft: Maps) -> Maps:
    """Draw a flat, sharply ended ellipse in the plane of the disc, from whose ends the arms leave."""
    length = jnp.where(p["bar_length"] > 0, p["bar_length"], 1.0)
    u, v = deproject(u, v, axis_ratio=BAR_AXIS_RATIO, angle=p["arm_phase"])
    radius = jnp.sqrt(u**2 + v**2 + soft)
    axis_ratio = BAR_AXIS_RATIO * p["axis_ratio"]
    return sersic_profile(radius, effective_radius=0.55 * length, index=0.4, axis_ratio=axis_ratio)


@partial(jax.jit, static_argnames="size")
def _fields(normals: Float32[Array, "galaxies numbers"], size: int) -> Float32[Array, "galaxies 4 size size"]:
    """Gaussian fields of unit variance: three slow ones and a fast one, from coarse grids of random numbers."""
    slow, fast = jnp.split(normals, [3 * SLOW**2], axis=1)
    fields = _spread(slow.reshape(-1, 3, SLOW, SLOW), size), _spread(fast.reshape(-1, 1, FAST, FAST), size)
    return jnp.concatenate(fields, axis=1)


def _spread(
    field: Float32[Array, "galaxies fields rough rough"], size: int
) -> Float32[Array, "galaxies fields size size"]:
    rough = field.shape[-1]
    points = np.linspace(0, rough - 1, size, dtype=np.float32)[:, None]
    weights = np.exp(-((points - np.arange(rough, dtype=np.float32)) ** 2))
    spread = jnp.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))
    return spread @ field @ spread.T
