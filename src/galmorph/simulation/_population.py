"""Random parameters of simulated galaxies: what each class of a scheme consists of, and how a survey sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int32, Key

from galmorph.simulation._columns import COLUMNS
from galmorph.simulation._random import RandomGenerator, RandomTable, random_table
from galmorph.simulation._telescope.telescopes import Telescopes
from galmorph.simulation._visibility import feature_visibility, seen_axis_ratio

__all__ = ["R90_PIXELS", "Population", "Seen", "draw_parameters"]

Truth = dict[str, Float32[Array, "galaxies"]]
Labels = Int32[np.ndarray, "galaxies"]

#: Gives the classes that people see, from the classes that were drawn and the parameters.
Seen = Callable[[Labels, dict[str, Float32[np.ndarray, "galaxies"]]], Labels]

# Populations give their lengths in pixels of a stamp of 80 pixels, in which r90 has this length.
R90_PIXELS = 20.0

# Archives put the galaxy on a corner of the middle pixels, not between them: a third of a pixel of 80 off, in r90.
CENTRE_OFFSET = 0.015

# Seeing with which r90 was measured, in units of the median width of the point-spread function: 1.3 arcsec for SDSS.
SEEING = 1.3 / 1.32

# Lengths that grow and shrink together with a galaxy.
_LENGTHS = (
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
    """The galaxies of a scheme: its classes, and what galaxies of each class consist of.

    Parameters
    ----------
    classes
        Names of the classes.
    shares
        How many galaxies of each class there are by default, relative to the others.
    sizes
        A pair for each class: median of r90 on the sky in arcsec, and scatter of its logarithm.
    brightness
        A pair for each class: mean and scatter of the grey value between 0.4 and 0.6 r90.
    draw
        Draws parameters as if all galaxies were of the first class, of the second and so on: one dictionary for each
        class. A parameter that a class lacks is left out.
    seen
        Gives the classes that people see, -1 if they would disagree, from the classes that were drawn and the
        parameters, lengths in units of r90. None if nobody knows.
    """

    classes: tuple[str, ...]
    shares: tuple[float, ...]
    sizes: tuple[tuple[float, float], ...]
    brightness: tuple[tuple[float, float], ...]
    draw: Callable[[RandomGenerator], list[Truth]]
    seen: Seen | None = None


def draw_parameters(
    keys: Key[Array, "galaxies"], labels: Int32[Array, "galaxies"], population: Population, telescopes: Telescopes
) -> Truth:
    """Draw the parameters of galaxies of known classes.

    Parameters
    ----------
    keys
        A key for each galaxy; its parameters depend on its key and label alone.
    labels
        Indices into the classes.
    population
        What galaxies of each class consist of.
    telescopes
        The survey that observes each of them.

    Returns
    -------
    dict
        Float32 of shape ``(galaxies,)`` for each of `COLUMNS`; lengths (unit pix) are in units of r90.
    """
    # Random numbers are compiled apart from what is made of them: one function then serves all populations and surveys.
    return _parameters(random_table(keys, 0), random_table(keys, 1), labels, population, telescopes)


@partial(jax.jit, static_argnames="population")
def _parameters(
    observation: RandomTable,
    structure: RandomTable,
    labels: Int32[Array, "galaxies"],
    population: Population,
    telescopes: Telescopes,
) -> Truth:
    """Make parameters of random numbers: one table for how a galaxy is observed, another for what it consists of."""
    rng = RandomGenerator(observation)
    classes = population.draw(RandomGenerator(structure))
    (size, spread), (grey, scatter) = (
        jnp.asarray(pairs, jnp.float32)[labels].T for pairs in (population.sizes, population.brightness)
    )
    r90 = jnp.clip(rng.lognormal(size, spread), 2.8, 25.0) * telescopes.angular_size
    brightness = jnp.clip(rng.normal(grey, scatter), 18.0, 170.0)
    drawn = {"r90": r90, "brightness": brightness} | _observation(rng, r90, telescopes)
    truth = {}
    for name, parameter in COLUMNS.items():
        if name in drawn:
            truth[name] = drawn[name]
        else:
            absent = jnp.full_like(r90, parameter.absent)
            choices = [
                jnp.broadcast_to(jnp.asarray(each.get(name, absent), jnp.float32), r90.shape) for each in classes
            ]
            truth[name] = jnp.stack(choices)[labels, jnp.arange(len(labels))]
    # Seeing makes small galaxies look larger than they are, and r90 is measured with seeing: so lengths are shorter.
    seeing = SEEING * telescopes.psf_fwhm[:, 0]
    scale = rng.lognormal(1.0, 0.16) * jnp.sqrt(1 - (seeing / jnp.maximum(r90, 1.54 * seeing)) ** 2)
    truth |= {name: truth[name] * scale for name in _LENGTHS} | _picture(rng, truth, telescopes)
    arms, knots = feature_visibility(truth, telescopes)
    return truth | {
        "arm_visibility": arms,
        "knot_visibility": knots,
        "seen_axis_ratio": seen_axis_ratio(truth, telescopes),
    }


def _observation(rng: RandomGenerator, r90: Float32[Array, "galaxies"], telescopes: Telescopes) -> Truth:
    """Draw the parameters that telescope, sky and archive add."""
    glowing = rng.chance(telescopes.glow)
    return {
        "x": rng.normal(CENTRE_OFFSET, 0.012),
        "y": rng.normal(CENTRE_OFFSET, 0.012),
        "angle": rng.uniform(0, 180),
        "psf_fwhm": rng.lognormal(*telescopes.psf_fwhm.T),
        "noise": _within(rng, telescopes.noise) * jnp.minimum(1, telescopes.noise_radius / r90),
        "sky": rng.normal(*telescopes.sky.T),
        "glow": jnp.where(glowing, rng.lognormal(0.25, 0.9), 0),
        "stretch": _within(rng, telescopes.stretch),
        "quality": _within(rng, telescopes.jpeg),
    }


def _picture(rng: RandomGenerator, truth: Truth, telescopes: Telescopes) -> Truth:
    """Draw what differs among the pictures of a survey, and of SDSS does not."""
    factor, index = rng.lognormal(*telescopes.brightness.T), _within(rng, telescopes.disc_index)
    return {
        "brightness": jnp.minimum(truth["brightness"] * factor, 230.0),
        "frame": jnp.clip(rng.lognormal(*telescopes.frame.T), 0.5, 2.0),
        "arm_sharpness": _within(rng, telescopes.arm_sharpness),
        "young_stars": _within(rng, telescopes.young_stars),
        "first_gain": rng.lognormal(1.0, telescopes.balance),
        "last_gain": rng.lognormal(1.0, telescopes.balance),
        "gamma": _within(rng, telescopes.gamma),
        "colour_factor": _within(rng, telescopes.colour_factor),
        "flocculence": truth["flocculence"] * _within(rng, telescopes.knots),
        "sersic_index": truth["sersic_index"] * jnp.where(truth["arm_number"] > 0, index, 1),
    }


def _within(rng: RandomGenerator, limits: Float32[Array, "galaxies 2"]) -> Float32[Array, "galaxies"]:
    """Draw from a range that is given by its lower end and its width."""
    return limits[:, 0] + limits[:, 1] * rng.uniform()
