"""Light of simulated galaxies before telescope and sky: bulge, bar, disc, arms, ring and dust, in each band."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32

from galmorph.simulation._arms import arm_pattern
from galmorph.simulation._profiles import deproject, dust_depth, edge_on_profile, ring_profile, sersic_profile
from galmorph.simulation._random_fields import random_fields
from galmorph.simulation._telescope.telescopes import Telescopes

__all__ = ["coloured", "galaxy_light"]

Maps = Float32[Array, "galaxies #rows #columns"]
Parameters = dict[str, Float32[Array, "galaxies 1 1"]]

BAR_AXIS_RATIO = 0.3
DUST_HEIGHT = 0.4  # scale height of the dust over that of the disc


def galaxy_light(
    truth: dict[str, Float32[Array, "galaxies"]],
    x: Float32[Array, "galaxies 1 columns"],
    y: Float32[Array, "galaxies rows 1"],
    pixel: Float32[Array, "galaxies 1 1"],
    normals: Float32[Array, "galaxies numbers"],
    telescopes: Telescopes,
) -> Float32[Array, "galaxies bands rows columns"]:
    """Draw galaxies above the telescope: without blur, neighbours, sky and noise.

    Parameters
    ----------
    truth
        The parameters of `COLUMNS`, lengths in units of r90.
    x, y
        Positions of columns and rows relative to the middle of the stamp, in units of r90.
    pixel
        Side of a pixel in units of r90; finer structure is softened.
    normals
        Standard normal numbers for the irregularities, `FIELD_NORMALS` for each galaxy.
    telescopes
        Survey of each galaxy, with its bands.

    Returns
    -------
    Float32
        Surface brightness in each band: the flux of a square of side r90, if the whole galaxy has a flux of one.
    """
    p = _broadcast(truth)
    fields = random_fields(normals, x.shape[2])
    knots, x, y, u, v, radius = _places(p, x, y, pixel, fields)
    young, body = _disc(p, u, v, radius, fields, knots)
    return _in_bands(p, radius, young, body, _old(p, x, y, u, v, pixel), _dust_depth(p, u, v), telescopes)


@jax.jit
def _broadcast(truth: dict[str, Float32[Array, "galaxies"]]) -> Parameters:
    """Give parameters the axes of maps, and angles in radians."""
    p = {name: values[:, None, None] for name, values in truth.items()}
    p |= {name: jnp.deg2rad(p[name]) for name in ("angle", "pitch_angle", "arm_phase")}
    p["body_fraction"] = 1 - p["bulge_fraction"] - p["bar_fraction"] - p["ring_fraction"]
    return p


@jax.jit
def _places(p: Parameters, x: Maps, y: Maps, pixel: Maps, fields: Array) -> tuple[Maps, ...]:
    """Find positions on the sky and in the plane of the disc, displaced by the warp, and the brightness of knots."""
    x, y = x - p["x"] + p["warp"] * fields[:, 0], y - p["y"] + p["warp"] * fields[:, 1]
    u, v = deproject(x, y, axis_ratio=p["axis_ratio"], angle=p["angle"])
    knots = jnp.exp(p["flocculence"] * (fields[:, 3] - 0.5 * p["flocculence"]))
    return knots, x, y, u, v, jnp.sqrt(u**2 + v**2 + _softening(pixel))


@jax.jit
def _disc(p: Parameters, u: Maps, v: Maps, radius: Maps, fields: Array, knots: Maps) -> tuple[Maps, Maps]:
    """Draw young stars (arms and ring), and the rest of the main body."""
    edge_on = p["scale_length"] > 0
    index, effective = _present(~edge_on, p, "sersic_index", "effective_radius")
    body = sersic_profile(radius, effective_radius=effective, index=index, axis_ratio=p["axis_ratio"]) * knots
    body = p["body_fraction"] * jnp.where(edge_on, _edge_on_disc(p, u, v * p["axis_ratio"]), body)
    number, pitch, inner_radius = _present(p["arm_number"] > 0, p, "arm_number", "pitch_angle", "arm_radius")
    pattern = arm_pattern(
        u,
        v,
        number=number,
        pitch=pitch,
        phase=p["arm_phase"],
        inner_radius=inner_radius,
        sharpness=p["arm_sharpness"],
        wander=p["wander"] * fields[:, 2],
    )
    (ring_radius,) = _present(p["ring_radius"] > 0, p, "ring_radius")
    ring = ring_profile(radius, ring_radius=ring_radius, width=0.15 * ring_radius, axis_ratio=p["axis_ratio"])
    young = (p["arm_fraction"] * body * pattern + p["ring_fraction"] * ring) * knots * p["young_stars"]
    return young, (1 - p["arm_fraction"]) * body


def _edge_on_disc(p: Parameters, x: Maps, z: Maps) -> Maps:
    """Draw an edge-on disc that ends softly."""
    edge_on = p["scale_length"] > 0
    length, height = _present(edge_on, p, "scale_length", "scale_height")
    power, end = _present(edge_on, p, "height_power", "truncation_radius", otherwise=2.0)
    disc = edge_on_profile(x, z, scale_length=length, scale_height=height, height_power=power)
    return disc * jax.nn.sigmoid((end - jnp.abs(x)) / (0.06 * end))


@jax.jit
def _dust_depth(p: Parameters, u: Maps, v: Maps) -> Maps:
    """Find the optical depth of the dust in an edge-on disc."""
    length, height = _present(p["scale_length"] > 0, p, "scale_length", "scale_height")
    z = v * p["axis_ratio"]
    return dust_depth(u, z, scale_length=length, scale_height=DUST_HEIGHT * height, depth=p["dust_depth"])


@jax.jit
def _old(p: Parameters, x: Maps, y: Maps, u: Maps, v: Maps, pixel: Maps) -> Maps:
    """Draw bulge and bar."""
    soft = _softening(pixel)
    return p["bulge_fraction"] * _bulge(p, x, y, soft) + p["bar_fraction"] * _bar(p, u, v, soft)


def _bulge(p: Parameters, x: Maps, y: Maps, soft: Maps) -> Maps:
    effective, index = _present(p["bulge_radius"] > 0, p, "bulge_radius", "bulge_index")
    u, v = deproject(x, y, axis_ratio=p["bulge_axis_ratio"], angle=p["angle"])
    radius = jnp.sqrt(u**2 + v**2 + soft)
    return sersic_profile(radius, effective_radius=effective, index=index, axis_ratio=p["bulge_axis_ratio"])


def _bar(p: Parameters, u: Maps, v: Maps, soft: Maps) -> Maps:
    """Draw a flat ellipse with sharp ends in the plane of the disc; the arms begin at its ends."""
    (length,) = _present(p["bar_length"] > 0, p, "bar_length")
    u, v = deproject(u, v, axis_ratio=BAR_AXIS_RATIO, angle=p["arm_phase"])
    radius = jnp.sqrt(u**2 + v**2 + soft)
    axis_ratio = BAR_AXIS_RATIO * p["axis_ratio"]
    return sersic_profile(radius, effective_radius=0.55 * length, index=0.4, axis_ratio=axis_ratio)


@jax.jit
def _in_bands(
    p: Parameters, radius: Maps, young: Maps, body: Maps, old: Maps, depth: Maps, telescopes: Telescopes
) -> Array:
    """Add up the light in each band. Young stars are bluer than the body; a spiral's body is redder between arms."""
    level, slope, extinction = (
        values[:, :, None, None] for values in (telescopes.level, telescopes.slope, telescopes.extinction)
    )
    colour = p["colour"] - p["gradient"] * (jnp.minimum(radius, 2.0) - 0.4)
    between = colour + jnp.where(p["arm_number"] > 0, 0.1, 0.0)
    disc = body[:, None] * (level + slope * between[:, None]) + young[:, None] * (
        level + slope * (colour - 0.15)[:, None]
    )
    passed = 0.5 + 0.5 * jnp.exp(-extinction * depth[:, None])
    return disc * passed + old[:, None] * (level + slope * p["bulge_colour"][:, None])


def coloured(
    colour: Float32[Array, "galaxies *slots"], telescopes: Telescopes
) -> Float32[Array, "galaxies bands *slots"]:
    """Return the brightness in each band of light whose colour is 0 (blue, young stars) to 1 (red, old stars)."""
    level, slope = (
        values.reshape(*values.shape, *(1 for _ in colour.shape[1:])) for values in (telescopes.level, telescopes.slope)
    )
    return level + slope * colour[:, None]


def _present(present: Bool[Array, "galaxies 1 1"], p: Parameters, *names: str, otherwise: float = 1.0) -> list[Array]:
    """Take parameters of a part, or a harmless value for galaxies without it: their zeros would give NaN."""
    return [jnp.where(present, p[name], otherwise) for name in names]


def _softening(pixel: Maps) -> Maps:
    """Return what is added to squared radii: a cusp is infinite, its mean over a pixel is not."""
    return (pixel / 3) ** 2
