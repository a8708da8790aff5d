"""The four types of Hubble's sequence, E, S0, S and Irr, from all directions: edge-on discs and dwarfs are among them.

Lengths are in units of r90, the radius of 90 % of the Petrosian flux.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float32, Int32

from galmorph.simulation._hubble import inclined_discs, stage_relations
from galmorph.simulation._population import R90_PIXELS, Population
from galmorph.simulation._random import RandomGenerator

__all__ = ["HUBBLE_TYPES"]

PerGalaxy = Float32[Array, "galaxies"]
Truth = dict[str, PerGalaxy]
Labels = Int32[np.ndarray, "galaxies"]

ELLIPTICAL, LENTICULAR, SPIRAL, IRREGULAR = range(4)

# What nobody could recognise is left out: visibilities of arms and knots together, and of the knots of irregulars.
LEAST_FEATURES = 0.3
LEAST_KNOTS = 0.5
THICKEST = 0.55  # axis ratio of an edge-on disc after the blur
MERGER = 0.25  # flux of a companion over that of the galaxy: above, the pair is irregular


def _draw(rng: RandomGenerator) -> list[Truth]:
    """Draw parameters of all galaxies as members of each type: a dictionary for each type."""
    return [
        _ellipticals(rng.restarted()),
        _lenticulars(rng.restarted()),
        _spirals(rng.restarted()),
        _irregulars(rng.restarted()),
    ]


def _ellipticals(rng: RandomGenerator) -> Truth:
    """Draw Sérsic profiles from E0 to E7, some of them those of dwarfs, which are nearly exponential."""
    dwarf, accompanied = rng.chance(0.15), rng.chance(0.08)
    axis_ratio = jnp.clip(rng.normal(0.77, 0.16), 0.32, 1)
    giant = jnp.clip(rng.lognormal(3.8, 0.3), 2, 7)
    return {
        "stage": jnp.full_like(axis_ratio, -5.0),
        "axis_ratio": axis_ratio,
        "effective_radius": jnp.where(dwarf, 11.0, 10.0) * rng.lognormal(1.0, 0.1) / R90_PIXELS / axis_ratio**0.4,
        "sersic_index": jnp.where(dwarf, rng.uniform(0.8, 1.8), giant),
        "colour": jnp.where(dwarf, rng.normal(0.65, 0.15), rng.normal(0.82, 0.12)),
        "gradient": rng.normal(0.08, 0.08),
        "warp": rng.uniform(0, 0.03),
        "companion": jnp.where(accompanied, rng.uniform(0.01, 0.1), 0),
    }


def _on_edge(rng: RandomGenerator, on_edge: Bool[Array, "galaxies"], disc: Truth, thickness: PerGalaxy) -> Truth:
    """Turn some discs on edge: an isothermal disc that ends softly replaces the main body."""
    length = rng.lognormal(9.0, 0.2) / R90_PIXELS
    edge = {
        "scale_length": length,
        "scale_height": length * thickness,
        "height_power": rng.uniform(1.2, 2.0),
        "truncation_radius": length * rng.uniform(2.6, 4.5),
    }
    inclined = {name: jnp.where(on_edge, 0, disc[name]) for name in ("effective_radius", "sersic_index")}
    shape = jnp.where(on_edge, thickness, disc["axis_ratio"])
    bulge = jnp.where(on_edge, rng.uniform(0.5, 0.9), disc["bulge_axis_ratio"])
    return (
        disc
        | inclined
        | {name: jnp.where(on_edge, values, 0) for name, values in edge.items()}
        | {"axis_ratio": shape, "bulge_axis_ratio": bulge}
    )


def _lenticulars(rng: RandomGenerator) -> Truth:
    """Draw discs without arms or, for S0/a, with traces of tight arms; many have a bar, a lens or a ring."""
    stage = rng.uniform(-3.0, 0.5)
    on_edge = rng.chance(0.28)
    disc = _on_edge(rng, on_edge, inclined_discs(rng, stage, least=0.2), rng.uniform(0.15, 0.4))
    barred, ringed, dusty = rng.chance(0.4) & ~on_edge, rng.chance(0.25) & ~on_edge, rng.chance(0.15) & on_edge
    traces = jnp.where((stage > -0.4) & ~on_edge, rng.uniform(0.1, 0.3), 0)
    bar_length = stage_relations(stage)["bar_length"] * rng.lognormal(1.0, 0.25)  # R25 is about r90
    return disc | {
        "bulge_fraction": jnp.clip(disc["bulge_fraction"], 0.12, 0.8),
        "arm_number": jnp.where(traces > 0, 2.0, 0.0),
        "arm_fraction": traces,
        "pitch_angle": jnp.where(traces > 0, rng.uniform(6, 12) * jnp.where(rng.chance(0.5), 1, -1), 0),
        "arm_phase": rng.uniform(0, 360),
        "arm_radius": jnp.where(traces > 0, bar_length, 0),
        "bar_fraction": jnp.where(barred, rng.uniform(0.05, 0.22), 0),
        "bar_length": jnp.where(barred, bar_length, 0),
        "ring_fraction": jnp.where(ringed, rng.uniform(0.03, 0.12), 0),
        "ring_radius": jnp.where(ringed, rng.uniform(9.0, 15.0), 0) / R90_PIXELS,
        "dust_depth": jnp.where(dusty, rng.uniform(0.1, 0.6), 0),
        "warp": rng.uniform(0, 0.03),
    }


def _spirals(rng: RandomGenerator) -> Truth:
    """Draw spirals from Sa to Sdm; on edge, dust lanes take the place of arms."""
    stage = jnp.clip(rng.normal(4.2, 2.2), 1, 9)
    on_edge = rng.chance(0.15)
    means, late = stage_relations(stage), (stage - 1) / 7
    disc = _on_edge(rng, on_edge, inclined_discs(rng, stage, least=0.1), rng.uniform(0.07, 0.25))
    bar = rng.choice((0.0, 0.4, 1.0), (0.35, 0.3, 0.35)) * ~on_edge
    ringed, dusty, accompanied = rng.chance(0.2) & ~on_edge, rng.chance(0.75) & on_edge, rng.chance(0.1)
    bar_length = means["bar_length"] * rng.lognormal(1.0, 0.25) * (0.6 + 0.4 * bar)
    pitch = jnp.clip(means["pitch_angle"] * rng.lognormal(1.0, 0.25), 6, 45) * jnp.where(rng.chance(0.5), 1, -1)
    arms = {
        "arm_number": rng.choice((1, 2, 3, 4), (0.06, 0.62, 0.16, 0.16)),
        "arm_fraction": rng.uniform(0.2, 0.65),
        "pitch_angle": pitch,
        "arm_radius": bar_length,
    }
    return (
        disc
        | {name: jnp.where(on_edge, 0, values) for name, values in arms.items()}
        | {
            "arm_phase": rng.uniform(0, 360),
            "wander": rng.uniform(0.05, 0.3) + 0.3 * late,
            "flocculence": rng.uniform(0.1, 0.35) + 0.35 * late,
            "warp": rng.uniform(0, 0.06),
            "bar_fraction": bar * rng.uniform(0.06, 0.22),
            "bar_length": jnp.where(bar > 0, bar_length, 0),
            "ring_fraction": jnp.where(ringed, rng.uniform(0.04, 0.15), 0),
            "ring_radius": jnp.where(ringed, bar_length * rng.uniform(1.0, 1.8), 0),
            "dust_depth": jnp.where(dusty, rng.uniform(0.3, 3.0), 0),
            "companion": jnp.where(accompanied, rng.uniform(0.02, 0.15), 0),
        }
    )


def _irregulars(rng: RandomGenerator) -> Truth:
    """Draw discs that clumps of young stars make irregular, displaced from their centre; a fifth are merging pairs."""
    merging, barred = rng.chance(0.2), rng.chance(0.35)
    disc = inclined_discs(rng, jnp.full_like(rng.uniform(), 10.0), least=0.1)
    return disc | {
        "bulge_fraction": jnp.where(merging, rng.uniform(0, 0.3), 0),
        "bulge_radius": jnp.where(merging, disc["bulge_radius"], 0),
        "bulge_index": jnp.where(merging, disc["bulge_index"], 0),
        "sersic_index": rng.uniform(0.5, 1.0),
        "flocculence": rng.uniform(0.5, 1.3),
        "warp": jnp.where(merging, rng.uniform(0.15, 0.3), rng.uniform(0.06, 0.24)),
        "bar_fraction": jnp.where(barred, rng.uniform(0.05, 0.25), 0),
        "bar_length": jnp.where(barred, rng.uniform(5.0, 10.0) / R90_PIXELS, 0),
        "arm_phase": rng.uniform(0, 360),
        "gradient": rng.normal(0.0, 0.15),
        "companion": jnp.where(merging, rng.uniform(MERGER, 1.0), 0),
    }


def _seen(labels: Labels, truth: dict[str, Float32[np.ndarray, "galaxies"]]) -> Labels:
    """Leave out what nobody could recognise: hidden arms, edge-on discs that look thick, knots that are blurred."""
    on_edge = truth["scale_length"] > 0
    features = np.hypot(truth["arm_visibility"], truth["knot_visibility"])
    thin = truth["seen_axis_ratio"] < THICKEST
    clumpy = (truth["knot_visibility"] > LEAST_KNOTS) | (truth["companion"] >= MERGER)
    clear = np.select(
        [labels == SPIRAL, labels == IRREGULAR], [np.where(on_edge, thin, features > LEAST_FEATURES), clumpy], True
    )
    return np.where(clear, labels, -1).astype(np.int32)


HUBBLE_TYPES = Population(
    classes=("E", "S0", "S", "Irr"),
    shares=(0.25, 0.2, 0.45, 0.1),
    sizes=((6.0, 0.40), (6.3, 0.40), (6.8, 0.40), (6.3, 0.40)),
    brightness=((92.0, 28.0), (88.0, 27.0), (82.0, 23.0), (70.0, 24.0)),
    draw=_draw,
    seen=_seen,
)
