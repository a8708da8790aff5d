"""The population of Galaxy Zoo 2: random parameters of galaxies of the five classes.

Lengths are in units of r90, the radius of 90 % of the Petrosian flux.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int32

from galmorph.data import GALAXY_ZOO_2_CLASSES
from galmorph.simulation._population import R90_PIXELS, Population
from galmorph.simulation._random import RandomGenerator
from galmorph.simulation._visibility import seen_labels

__all__ = ["GALAXY_ZOO_2"]

PerGalaxy = Float32[Array, "galaxies"]
Truth = dict[str, PerGalaxy]
Labels = Int32[np.ndarray, "galaxies"]


def _draw(rng: RandomGenerator, *, discs: float = 0.48) -> list[Truth]:
    """Draw parameters of all galaxies as members of each class: a dictionary for each class."""
    own = rng.restarted()
    smooth = _smooth(own, discs)
    round_ratio, between_ratio = jnp.clip(own.normal(0.895, 0.065), 0.7, 1), own.uniform(0.48, 0.80)
    return [
        smooth | _flattened(smooth, round_ratio),
        smooth | _flattened(smooth, between_ratio),
        _cigar(rng.restarted()),
        _edge_on(rng.restarted()),
        _spiral(rng.restarted()),
    ]


def _flattened(smooth: Truth, axis_ratio: PerGalaxy) -> Truth:
    # r90 was measured in circles. A flat galaxy must be longer to have the same r90.
    return {"axis_ratio": axis_ratio, "effective_radius": smooth["effective_radius"] / axis_ratio**0.4}


def _smooth(rng: RandomGenerator, discs: float) -> Truth:
    """Draw ellipticals of one Sérsic profile, and discs that are too smooth to show arms, with a small redder bulge."""
    disc, blue = rng.chance(discs), rng.chance(0.18)
    red = jnp.where(blue, rng.uniform(0.05, 0.45), rng.normal(0.72, 0.13))
    colour = jnp.where(disc, rng.uniform(0.0, 0.85), red)
    return {
        "effective_radius": jnp.where(disc, 11.2, 10.6) / R90_PIXELS,
        "sersic_index": jnp.where(disc, rng.uniform(0.45, 0.85), rng.uniform(1.0, 4.5)),
        "bulge_fraction": jnp.where(disc, jnp.minimum(rng.lognormal(0.07, 0.8), 0.4), 0),
        "bulge_radius": jnp.where(disc, rng.uniform(1.2, 3.5), 0) / R90_PIXELS,
        "bulge_index": jnp.where(disc, rng.uniform(0.8, 2), 0),
        "bulge_axis_ratio": jnp.where(disc, rng.uniform(0.8, 1), 1),
        "colour": colour,
        "bulge_colour": jnp.where(disc, jnp.minimum(colour + rng.uniform(0, 0.5), 1), 0),
        "flocculence": rng.uniform(0, 0.16),
        "warp": rng.uniform(0, 1.2) / R90_PIXELS,
        "gradient": rng.normal(0.14, 0.14),
    }


def _cigar(rng: RandomGenerator) -> Truth:
    blue = rng.chance(0.30)
    return {
        "axis_ratio": rng.uniform(0.23, 0.48),
        "effective_radius": rng.uniform(13.5, 17.0) / R90_PIXELS,
        "sersic_index": rng.uniform(0.5, 1.3),
        "colour": jnp.where(blue, rng.uniform(0, 0.4), rng.normal(0.55, 0.2)),
        "flocculence": rng.uniform(0, 0.25),
        "warp": rng.uniform(0, 1.2) / R90_PIXELS,
        "gradient": rng.normal(0.2, 0.12),
    }


def _edge_on(rng: RandomGenerator) -> Truth:
    """Draw edge-on discs with bulge and dust lane; a quarter are too blurred, and look like an ellipse with a bulge."""
    plain, dusty = rng.chance(0.25), rng.chance(0.45)
    length, thickness = rng.lognormal(9.6, 0.2) / R90_PIXELS, rng.uniform(0.15, 0.38)
    colour = rng.normal(0.68, 0.17)
    disc = {
        "scale_length": length,
        "scale_height": length * thickness,
        "height_power": rng.uniform(1.4, 2.0),
        "truncation_radius": length * rng.uniform(2.6, 4.0),
        "dust_depth": jnp.where(dusty, rng.uniform(0.2, 1.8), 0),
    }
    return {name: jnp.where(plain, 0, values) for name, values in disc.items()} | {
        "bulge_fraction": jnp.minimum(rng.lognormal(0.15, 0.7), 0.6),
        "bulge_radius": rng.uniform(2.0, 4.5) / R90_PIXELS,
        "bulge_index": rng.uniform(1, 3),
        "bulge_axis_ratio": rng.uniform(0.5, 0.9),
        "bulge_colour": jnp.minimum(colour + rng.uniform(0.1, 0.4), 1.1),
        "axis_ratio": jnp.where(plain, rng.uniform(0.18, 0.42), thickness),
        "effective_radius": jnp.where(plain, rng.lognormal(16.0, 0.18), 0) / R90_PIXELS,
        "sersic_index": jnp.where(plain, rng.uniform(0.5, 1.3), 0),
        "colour": colour,
        "flocculence": rng.uniform(0, 0.3),
        "warp": rng.uniform(0, 0.8) / R90_PIXELS,
        "gradient": rng.normal(0.2, 0.12),
    }


def _spiral(rng: RandomGenerator) -> Truth:
    barred, ringed, accompanied = rng.chance(0.35), rng.chance(0.20), rng.chance(0.14)
    colour = jnp.clip(rng.normal(0.36, 0.19), -0.1, 1)
    bar_length = rng.uniform(3.5, 8.0)
    return {
        "axis_ratio": rng.uniform(0.34, 1),
        "effective_radius": rng.uniform(13.0, 16.5) / R90_PIXELS,
        "sersic_index": rng.uniform(0.45, 0.85),
        "bulge_fraction": jnp.minimum(rng.lognormal(0.09, 0.7), 0.5),
        "bulge_radius": rng.uniform(1.8, 4.0) / R90_PIXELS,
        "bulge_index": rng.uniform(0.8, 2.5),
        "bulge_axis_ratio": rng.uniform(0.75, 1),
        "arm_number": rng.choice((1, 2, 3, 4), (0.10, 0.62, 0.14, 0.14)),
        "arm_fraction": rng.uniform(0.1, 0.45),
        "pitch_angle": jnp.clip(rng.normal(22, 10), 7, 60) * jnp.where(rng.chance(0.5), 1, -1),
        "arm_phase": rng.uniform(0, 360),
        "arm_radius": jnp.where(barred, bar_length, rng.uniform(2.0, 5.0)) / R90_PIXELS,
        "wander": rng.uniform(0.1, 0.4),
        "flocculence": rng.uniform(0.15, 0.5),
        "warp": rng.uniform(0, 1.2) / R90_PIXELS,
        "bar_fraction": jnp.where(barred, rng.uniform(0.04, 0.18), 0),
        "bar_length": jnp.where(barred, bar_length, 0) / R90_PIXELS,
        "ring_fraction": jnp.where(ringed, rng.uniform(0.04, 0.2), 0),
        "ring_radius": jnp.where(ringed, rng.uniform(7.0, 14.0), 0) / R90_PIXELS,
        "companion": jnp.where(accompanied, rng.uniform(0.02, 0.12), 0),
        "colour": colour,
        "gradient": rng.normal(0.36, 0.18),
        "bulge_colour": jnp.minimum(colour + rng.uniform(0.15, 0.55), 1),
    }


def _seen(labels: Labels, truth: dict[str, Float32[np.ndarray, "galaxies"]]) -> Labels:
    return seen_labels(
        labels,
        truth["arm_visibility"],
        truth["knot_visibility"],
        truth["seen_axis_ratio"],
        truth["scale_length"] > 0,
        truth["psf_fwhm"] / truth["r90"],
    )


GALAXY_ZOO_2 = Population(
    classes=GALAXY_ZOO_2_CLASSES,
    shares=(8_434, 8_069, 578, 3_903, 7_806),  # of the sample of Dai & Tong (2018)
    sizes=((5.5, 0.40), (5.5, 0.40), (6.5, 0.35), (7.8, 0.35), (6.3, 0.40)),
    brightness=((83.0, 26.0), (92.0, 28.0), (76.0, 27.0), (72.0, 26.0), (86.0, 20.0)),
    draw=_draw,
    seen=_seen,
)
