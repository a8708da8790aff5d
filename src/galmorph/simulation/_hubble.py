"""The population of Hubble's sequence: random bulges, arms, bars and colours that depend on the stage.

Lengths are in units of r90, the radius of 90 % of the Petrosian flux.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float32

from galmorph.simulation._population import R90_PIXELS, Population
from galmorph.simulation._random import RandomGenerator

__all__ = ["HUBBLE", "inclined_discs", "stage_relations"]

PerGalaxy = Float32[Array, "galaxies"]
Truth = dict[str, PerGalaxy]

# Means by stage T, from -5 (E) to 10 (Im). `stage_relations` gives the sources.
STAGES = (-5.0, -3.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
BULGE_FRACTION = (1.0, 0.60, 0.50, 0.40, 0.32, 0.26, 0.20, 0.14, 0.09, 0.05, 0.03, 0.02, 0.01, 0.0)
BULGE_INDEX = (4.0, 2.7, 2.2, 2.0, 1.9, 1.8, 1.6, 1.4, 1.3, 1.2, 1.1, 1.0, 1.0, 1.0)
PITCH_ANGLE = (8.0, 8.0, 8.0, 8.0, 9.0, 11.0, 14.0, 17.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0)
COLOUR_B_V = (0.92, 0.91, 0.88, 0.82, 0.75, 0.72, 0.66, 0.60, 0.54, 0.50, 0.47, 0.45, 0.42, 0.40)
BAR_LENGTH = (0.38, 0.38, 0.38, 0.38, 0.38, 0.36, 0.31, 0.24, 0.18, 0.15, 0.14, 0.14, 0.14, 0.14)


def stage_relations(stage: Array) -> dict[str, Array]:
    """Return mean properties of galaxies by their stage on Hubble's sequence.

    Parameters
    ----------
    stage
        T from -5 (elliptical) to 10 (Magellanic irregular), on the scale of the RC3. Means between stages are
        interpolated.

    Returns
    -------
    dict
        Of the shape of `stage`: ``bulge_fraction`` (fraction of the light in the bulge), ``bulge_index`` (its
        Sérsic index), ``pitch_angle`` (degrees), ``colour`` (0: B - V = 0.35 or bluer; 1: B - V = 0.95), ``bar_length``
        (semi-major axis of the bar of barred galaxies, in units of the isophotal radius R25).

    References
    ----------
    Bulge fraction: Simien & de Vaucouleurs (1986), ApJ 302, 564, with the lower values of fits with a free Sérsic
    index, Graham & Worley (2008), MNRAS 388, 1708, which also give the index. Pitch angle: Kennicutt (1981), AJ 86,
    1847. B - V: Roberts & Haynes (1994), ARA&A 32, 115. Bars: Erwin (2005), MNRAS 364, 283, who finds 0.38 of
    R25 from S0 to Sab and 0.14 from Sc to Sd; it is interpolated between them. The values are rounded means. The
    scatter about them is as large as the step between neighbouring classes.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from galmorph.simulation import stage_relations
    >>> means = stage_relations(jnp.array([1.0, 6.0]))
    >>> bool(means["pitch_angle"][0] < means["pitch_angle"][1])  # arms open along the sequence
    True
    """
    stages = jnp.asarray(STAGES, jnp.float32)
    relations = {
        name: jnp.interp(stage, stages, jnp.asarray(values, jnp.float32))
        for name, values in (
            ("bulge_fraction", BULGE_FRACTION),
            ("bulge_index", BULGE_INDEX),
            ("pitch_angle", PITCH_ANGLE),
            ("colour", COLOUR_B_V),
            ("bar_length", BAR_LENGTH),
        )
    }
    return relations | {"colour": (relations["colour"] - 0.35) / 0.6}


def _draw(rng: RandomGenerator) -> list[Truth]:
    """Draw parameters of all galaxies as members of each class: a dictionary for each class."""
    spiral = _spirals(rng.restarted())
    bars = {
        "none": {
            "bar_fraction": jnp.zeros_like(spiral["bar_fraction"]),
            "bar_length": jnp.zeros_like(spiral["bar_length"]),
        },
        "weak": {"bar_fraction": 0.4 * spiral["bar_fraction"], "bar_length": 0.8 * spiral["bar_length"]},
        "strong": {},
    }
    return [
        _ellipticals(rng.restarted()),
        _lenticulars(rng.restarted(), first=-3.0, last=-1.0),
        _lenticulars(rng.restarted(), first=-0.5, last=0.5),
        *(spiral | bars[strength] for strength in ("none", "weak", "strong")),
        _irregulars(rng.restarted()),
    ]


def _ellipticals(rng: RandomGenerator) -> Truth:
    axis_ratio = jnp.clip(rng.normal(0.77, 0.14), 0.35, 1)
    return {
        "stage": jnp.full_like(axis_ratio, -5.0),
        "axis_ratio": axis_ratio,
        "effective_radius": rng.lognormal(10.0, 0.1) / R90_PIXELS / axis_ratio**0.4,
        "sersic_index": jnp.clip(rng.lognormal(3.4, 0.3), 1.5, 7),
        "colour": rng.normal(0.82, 0.12),
        "gradient": rng.normal(0.08, 0.08),
        "warp": rng.uniform(0, 0.03),
    }


def inclined_discs(rng: RandomGenerator, stage: PerGalaxy, *, least: float = 0.25) -> Truth:
    """Draw bulge and disc for a stage, seen from a random direction.

    Parameters
    ----------
    rng
        Random generator.
    stage
        T on the scale of the RC3.
    least
        Cosine of the largest inclination.

    Returns
    -------
    dict
        Parameters of `COLUMNS`, of the shape of `stage`.
    """
    means = stage_relations(stage)
    # Random directions: the cosine of the inclination is uniform; nearly edge-on discs are left out. The axis ratio is
    # that of an oblate spheroid of thickness 0.2 (Hubble 1926).
    cosine = rng.uniform(least, 1)
    axis_ratio = jnp.sqrt(cosine**2 * (1 - 0.2**2) + 0.2**2)
    bulge = jnp.clip(means["bulge_fraction"] * rng.lognormal(1.0, 0.35), 0, 0.8)
    colour = jnp.clip(means["colour"] + rng.normal(0, 0.12), -0.1, 1.1)
    return {
        "stage": stage,
        "axis_ratio": axis_ratio,
        "effective_radius": rng.lognormal(13.5, 0.1) / R90_PIXELS / axis_ratio**0.2,
        "sersic_index": rng.uniform(0.75, 1.1),
        "bulge_fraction": bulge,
        "bulge_radius": (1.5 + 6 * jnp.sqrt(bulge)) * rng.lognormal(1.0, 0.2) / R90_PIXELS,
        "bulge_index": jnp.clip(means["bulge_index"] * rng.lognormal(1.0, 0.25), 0.6, 5),
        "bulge_axis_ratio": 0.4 + 0.6 * axis_ratio,
        "colour": colour,
        "gradient": rng.normal(0.2, 0.12),
        "bulge_colour": jnp.clip(colour + rng.uniform(0.05, 0.4), 0, 1.1),
    }


def _lenticulars(rng: RandomGenerator, *, first: float, last: float) -> Truth:
    """Draw discs without arms or, for S0/a, with traces of tight arms; a third have a bar or lens."""
    stage = rng.uniform(first, last)
    disc = inclined_discs(rng, stage)
    barred = rng.chance(0.35)
    traces = jnp.where(stage > -0.75, rng.uniform(0.1, 0.35), 0)
    bar_length = stage_relations(stage)["bar_length"] * rng.lognormal(1.0, 0.2)  # R25 is about r90
    return disc | {
        "arm_number": jnp.where(traces > 0, 2.0, 0.0),
        "arm_fraction": traces,
        "pitch_angle": jnp.where(traces > 0, rng.uniform(6, 12) * jnp.where(rng.chance(0.5), 1, -1), 0),
        "arm_phase": rng.uniform(0, 360),
        "arm_radius": jnp.where(traces > 0, bar_length, 0),
        "bar_fraction": jnp.where(barred, rng.uniform(0.05, 0.2), 0),
        "bar_length": jnp.where(barred, bar_length, 0),
        "ring_fraction": jnp.where(rng.chance(0.2), rng.uniform(0.03, 0.1), 0),
        "ring_radius": rng.uniform(9.0, 14.0) / R90_PIXELS,
        "warp": rng.uniform(0, 0.03),
    }


def _spirals(rng: RandomGenerator) -> Truth:
    """Draw spirals from Sa to Sd with a strong bar; `_draw` makes the other bars of it."""
    stage = jnp.clip(rng.normal(3.8, 1.9), 1, 8)
    disc = inclined_discs(rng, stage)
    means = stage_relations(stage)
    bar_length = means["bar_length"] * rng.lognormal(1.0, 0.25)  # R25 is about r90
    pitch = jnp.clip(means["pitch_angle"] * rng.lognormal(1.0, 0.25), 6, 45)
    late = (stage - 1) / 7
    return disc | {
        "arm_number": rng.choice((1, 2, 3, 4), (0.06, 0.64, 0.15, 0.15)),
        "arm_fraction": rng.uniform(0.25, 0.65),
        "pitch_angle": pitch * jnp.where(rng.chance(0.5), 1, -1),
        "arm_phase": rng.uniform(0, 360),
        "arm_radius": bar_length,
        "wander": rng.uniform(0.05, 0.3) + 0.3 * late,
        "flocculence": rng.uniform(0.1, 0.3) + 0.3 * late,
        "warp": rng.uniform(0, 0.06),
        "bar_fraction": rng.uniform(0.08, 0.22),
        "bar_length": bar_length,
        "ring_fraction": jnp.where(rng.chance(0.2), rng.uniform(0.04, 0.15), 0),
        "ring_radius": bar_length * rng.uniform(1.0, 1.6),
    }


def _irregulars(rng: RandomGenerator) -> Truth:
    """Draw discs that clumps of young stars make irregular, displaced from their centre, some with a bar."""
    stage = rng.uniform(9.5, 10.5)
    disc = inclined_discs(rng, jnp.minimum(stage, 10.0))
    barred = rng.chance(0.4)
    return disc | {
        "bulge_fraction": jnp.zeros_like(stage),
        "bulge_radius": jnp.zeros_like(stage),
        "bulge_index": jnp.zeros_like(stage),
        "sersic_index": rng.uniform(0.5, 0.9),
        "flocculence": rng.uniform(0.7, 1.2),
        "warp": rng.uniform(0.08, 0.22),
        "bar_fraction": jnp.where(barred, rng.uniform(0.05, 0.2), 0),
        "bar_length": jnp.where(barred, rng.uniform(6.0, 10.0) / R90_PIXELS, 0),
        "arm_phase": rng.uniform(0, 360),
        "gradient": rng.normal(0.0, 0.15),
        "companion": jnp.where(rng.chance(0.15), rng.uniform(0.03, 0.15), 0),
    }


HUBBLE = Population(
    classes=("E", "S0", "S0/a", "SA", "SAB", "SB", "Irr"),
    shares=(0.15, 0.15, 0.06, 0.2, 0.18, 0.2, 0.06),
    sizes=((6.0, 0.40), (6.0, 0.40), (6.3, 0.40), (6.8, 0.40), (6.8, 0.40), (6.8, 0.40), (6.3, 0.40)),
    brightness=((95.0, 26.0), (90.0, 26.0), (88.0, 24.0), (86.0, 22.0), (84.0, 22.0), (84.0, 22.0), (66.0, 22.0)),
    draw=_draw,
)
