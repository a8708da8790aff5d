"""The population of Galaxy Zoo 2: what a galaxy of each of the five classes is made of.

Lengths are in units of r90, the Petrosian radius of 90 % of the light.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float32

from galmorph.data import GALAXY_ZOO_2_CLASSES
from galmorph.simulation._dice import Dice
from galmorph.simulation._population import UNIT, Population

__all__ = ["GALAXY_ZOO_2"]

PerGalaxy = Float32[Array, "galaxies"]
Truth = dict[str, PerGalaxy]


def _draw(dice: Dice, *, discs: float = 0.48) -> list[Truth]:
    """Draw what galaxies of each class are made of: a dictionary for each class, for all galaxies."""
    own = dice.again()
    smooth = _smooth(own, discs)
    round_ratio, between_ratio = jnp.clip(own.normal(0.895, 0.065), 0.7, 1), own.uniform(0.48, 0.80)
    return [
        smooth | _flattened(smooth, round_ratio),
        smooth | _flattened(smooth, between_ratio),
        _cigar(dice.again()),
        _edge_on(dice.again()),
        _spiral(dice.again()),
    ]


def _flattened(smooth: Truth, axis_ratio: PerGalaxy) -> Truth:
    # r90 was measured in circles, into which a flat galaxy must be longer to reach as far.
    return {"axis_ratio": axis_ratio, "effective_radius": smooth["effective_radius"] / axis_ratio**0.4}


def _smooth(dice: Dice, discs: float) -> Truth:
    """Ellipticals of one Sérsic profile, and among them discs too smooth to show arms, with a small redder bulge."""
    disc, blue = dice.chance(discs), dice.chance(0.18)
    red = jnp.where(blue, dice.uniform(0.05, 0.45), dice.normal(0.72, 0.13))
    colour = jnp.where(disc, dice.uniform(0.0, 0.85), red)
    return {
        "effective_radius": jnp.where(disc, 11.2, 10.6) / UNIT,
        "sersic_index": jnp.where(disc, dice.uniform(0.45, 0.85), dice.uniform(1.0, 4.5)),
        "bulge_fraction": jnp.where(disc, jnp.minimum(dice.lognormal(0.07, 0.8), 0.4), 0),
        "bulge_radius": jnp.where(disc, dice.uniform(1.2, 3.5), 0) / UNIT,
        "bulge_index": jnp.where(disc, dice.uniform(0.8, 2), 0),
        "bulge_axis_ratio": jnp.where(disc, dice.uniform(0.8, 1), 1),
        "colour": colour,
        "bulge_colour": jnp.where(disc, jnp.minimum(colour + dice.uniform(0, 0.5), 1), 0),
        "flocculence": dice.uniform(0, 0.16),
        "warp": dice.uniform(0, 1.2) / UNIT,
        "gradient": dice.normal(0.14, 0.14),
    }


def _cigar(dice: Dice) -> Truth:
    blue = dice.chance(0.30)
    return {
        "axis_ratio": dice.uniform(0.23, 0.48),
        "effective_radius": dice.uniform(13.5, 17.0) / UNIT,
        "sersic_index": dice.uniform(0.5, 1.3),
        "colour": jnp.where(blue, dice.uniform(0, 0.4), dice.normal(0.55, 0.2)),
        "flocculence": dice.uniform(0, 0.25),
        "warp": dice.uniform(0, 1.2) / UNIT,
        "gradient": dice.normal(0.2, 0.12),
    }


def _edge_on(dice: Dice) -> Truth:
    """Discs on edge with bulge and dust lane; a quarter are too blurred for more than an ellipse with a bulge."""
    plain, dusty = dice.chance(0.25), dice.chance(0.45)
    length, thickness = dice.lognormal(9.6, 0.2) / UNIT, dice.uniform(0.15, 0.38)
    colour = dice.normal(0.68, 0.17)
    disc = {
        "scale_length": length,
        "scale_height": length * thickness,
        "height_power": dice.uniform(1.4, 2.0),
        "truncation_radius": length * dice.uniform(2.6, 4.0),
        "dust_depth": jnp.where(dusty, dice.uniform(0.2, 1.8), 0),
    }
    return {name: jnp.where(plain, 0, values) for name, values in disc.items()} | {
        "bulge_fraction": jnp.minimum(dice.lognormal(0.15, 0.7), 0.6),
        "bulge_radius": dice.uniform(2.0, 4.5) / UNIT,
        "bulge_index": dice.uniform(1, 3),
        "bulge_axis_ratio": dice.uniform(0.5, 0.9),
        "bulge_colour": jnp.minimum(colour + dice.uniform(0.1, 0.4), 1.1),
        "axis_ratio": jnp.where(plain, dice.uniform(0.18, 0.42), thickness),
        "effective_radius": jnp.where(plain, dice.lognormal(16.0, 0.18), 0) / UNIT,
        "sersic_index": jnp.where(plain, dice.uniform(0.5, 1.3), 0),
        "colour": colour,
        "flocculence": dice.uniform(0, 0.3),
        "warp": dice.uniform(0, 0.8) / UNIT,
        "gradient": dice.normal(0.2, 0.12),
    }


def _spiral(dice: Dice) -> Truth:
    barred, ringed, accompanied = dice.chance(0.35), dice.chance(0.20), dice.chance(0.14)
    colour = jnp.clip(dice.normal(0.36, 0.19), -0.1, 1)
    bar_length = dice.uniform(3.5, 8.0)
    return {
        "axis_ratio": dice.uniform(0.34, 1),
        "effective_radius": dice.uniform(13.0, 16.5) / UNIT,
        "sersic_index": dice.uniform(0.45, 0.85),
        "bulge_fraction": jnp.minimum(dice.lognormal(0.09, 0.7), 0.5),
        "bulge_radius": dice.uniform(1.8, 4.0) / UNIT,
        "bulge_index": dice.uniform(0.8, 2.5),
        "bulge_axis_ratio": dice.uniform(0.75, 1),
        "arm_number": dice.choice((1, 2, 3, 4), (0.10, 0.62, 0.14, 0.14)),
        "arm_fraction": dice.uniform(0.1, 0.45),
        "pitch_angle": jnp.clip(dice.normal(22, 10), 7, 60) * jnp.where(dice.chance(0.5), 1, -1),
        "arm_phase": dice.uniform(0, 360),
        "arm_radius": jnp.where(barred, bar_length, dice.uniform(2.0, 5.0)) / UNIT,
        "wander": dice.uniform(0.1, 0.4),
        "flocculence": dice.uniform(0.15, 0.5),
        "warp": dice.uniform(0, 1.2) / UNIT,
        "bar_fraction": jnp.where(barred, dice.uniform(0.04, 0.18), 0),
        "bar_length": jnp.where(barred, bar_length, 0) / UNIT,
        "ring_fraction": jnp.where(ringed, dice.uniform(0.04, 0.2), 0),
        "ring_radius": jnp.where(ringed, dice.uniform(7.0, 14.0), 0) / UNIT,
        "companion": jnp.where(accompanied, dice.uniform(0.02, 0.12), 0),
        "colour": colour,
        "gradient": dice.normal(0.36, 0.18),
        "bulge_colour": jnp.minimum(colour + dice.uniform(0.15, 0.55), 1),
    }


GALAXY_ZOO_2 = Population(
    classes=GALAXY_ZOO_2_CLASSES,
    shares=(8_434, 8_069, 578, 3_903, 7_806),  # of the sample of Dai & Tong (2018)
    sizes=((5.5, 0.40), (5.5, 0.40), (6.5, 0.35), (7.8, 0.35), (6.3, 0.40)),
    brightness=((83.0, 26.0), (92.0, 28.0), (76.0, 27.0), (72.0, 26.0), (86.0, 20.0)),
    draw=_draw,
)
