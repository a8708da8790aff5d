"""The simulated population: galaxies of a scheme's classes, as a survey sees them, drawn at random."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float32, Int32, Key

from galmorph.simulation._columns import COLUMNS
from galmorph.simulation._dice import Dice
from galmorph.simulation._survey import Survey

__all__ = ["UNIT", "Population", "draw_population"]

Truth = dict[str, Float32[Array, "galaxies"]]

UNIT = 20.0  # pixels of a stamp of 80 pixels in r90: what populations tell their lengths in

# Archives put the galaxy on the corner of the middle pixels, not between them: a third of a pixel of 80.
CENTRE = 0.015

# Lengths that grow and shrink together with a galaxy.
_SCALED = (
    "effective_radius",
    "scale_length",
    "scale_height",
    "truncation_radius",
    "bulge_radius",
    "arm_radius",
    "bar_length",
    "ring_radius",
)


@dataclass(frozen=True, kw_only=True)
class Population:
    """What the galaxies of a scheme's classes are made of.

    Parameters
    ----------
    classes
        Names of the classes.
    shares
        How many galaxies of each class there are by default, relative to the others.
    sizes
        An entry for each class: median of r90 on the sky in arcsec, and scatter of its logarithm.
    brightness
        An entry for each class: mean and scatter of the grey value between 0.4 and 0.6 r90.
    draw
        Draws the parts of galaxies of each class: a dictionary of parameters for each class, for all galaxies.
    """

    classes: tuple[str, ...]
    shares: tuple[float, ...]
    sizes: tuple[tuple[float, float], ...]
    brightness: tuple[tuple[float, float], ...]
    draw: Callable[[Dice], list[Truth]]


def draw_population(
    keys: Key[Array, "galaxies"], labels: Int32[Array, "galaxies"], population: Population, survey: Survey
) -> Truth:
    """Draw the parameters of galaxies of known classes.

    Parameters
    ----------
    keys
        A key for each galaxy; what is drawn for it depends on nothing else.
    labels
        Indices into the classes.
    population
        What galaxies of each class are made of.
    survey
        What they are seen with.

    Returns
    -------
    dict
        Float32 of shape ``(galaxies,)`` for each of `COLUMNS`; lengths (unit pix) in units of r90.
    """
    dice = Dice(jax.vmap(jax.random.fold_in, (0, None))(keys, 0))
    kinds = population.draw(Dice(jax.vmap(jax.random.fold_in, (0, None))(keys, 1)))
    (size, spread), (grey, scatter) = (
        jnp.asarray(pairs, jnp.float32)[labels].T for pairs in (population.sizes, population.brightness)
    )
    r90 = jnp.clip(dice.lognormal(size, spread), 2.8, 25.0)
    brightness = jnp.clip(dice.normal(grey, scatter), 18.0, 170.0)
    drawn = {"r90": r90, "brightness": brightness} | _seen(dice, r90, survey)
    truth = {}
    for name, parameter in COLUMNS.items():
        if name in drawn:
            truth[name] = drawn[name]
        else:
            absent = jnp.full_like(r90, parameter.absent)
            choices = [jnp.broadcast_to(jnp.asarray(kind.get(name, absent), jnp.float32), r90.shape) for kind in kinds]
            truth[name] = jnp.stack(choices)[labels, jnp.arange(len(labels))]
    # Small galaxies were measured larger than they are, by the seeing.
    scale = dice.lognormal(1.0, 0.16) * jnp.sqrt(1 - (1.3 / jnp.maximum(r90, 2.0)) ** 2)
    return truth | {name: truth[name] * scale for name in _SCALED}


def _seen(dice: Dice, r90: Float32[Array, "galaxies"], survey: Survey) -> Truth:
    """Draw what telescope, sky and archive add."""
    quality = (0.0, 0.0) if survey.jpeg is None else survey.jpeg
    glowing = dice.chance(survey.glow)
    return {
        "x": dice.normal(CENTRE, 0.012),
        "y": dice.normal(CENTRE, 0.012),
        "angle": dice.uniform(0, 180),
        "psf_fwhm": dice.lognormal(*survey.psf_fwhm),
        "noise": dice.uniform(*survey.noise) * jnp.minimum(1, survey.noise_radius / r90),
        "sky": dice.normal(*survey.sky),
        "glow": jnp.where(glowing, dice.lognormal(0.25, 0.9), 0),
        "stretch": dice.uniform(*survey.stretch),
        "quality": dice.uniform(*quality),
    }
