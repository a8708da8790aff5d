"""The simulated population: what a galaxy of each class is made of, drawn at random."""

import numpy as np
from jaxtyping import Float, Int

__all__ = ["COLUMNS", "draw_population"]

Columns = dict[str, Float[np.ndarray, "galaxies"]]

# Name -> unit, meaning, value where a galaxy lacks the part. Lengths are drawn in units of r90.
COLUMNS: dict[str, tuple[str, str, float]] = {
    "r90": ("arcsec", "Petrosian radius of 90 % of the light on the sky; the stamp is 3.4 times as wide", 0),
    "x": ("pix", "Centre along the columns", 0),
    "y": ("pix", "Centre along the rows", 0),
    "axis_ratio": ("", "Minor over major axis of the main body, or of the whole galaxy if edge-on", 1),
    "position_angle": ("deg", "Angle of the major axis, from the x axis towards the y axis", 0),
    "effective_radius": ("pix", "Semi-major axis of the half-light ellipse of the main body; 0 if a sech^2 disc", 0),
    "sersic_index": ("", "Sersic index of the main body; 0 if a sech^2 disc", 0),
    "scale_length": ("pix", "Scale length of an edge-on sech^2 disc; 0 if none", 0),
    "scale_height": ("pix", "Scale height of an edge-on sech^2 disc; 0 if none", 0),
    "truncation": ("pix", "Radius at which an edge-on sech^2 disc ends; 0 if none", 0),
    "dust_depth": ("", "Optical depth of the dust lane through the centre", 0),
    "bulge_fraction": ("", "Part of the light in the bulge", 0),
    "bulge_radius": ("pix", "Semi-major axis of the half-light ellipse of the bulge; 0 if none", 0),
    "bulge_index": ("", "Sersic index of the bulge; 0 if none", 0),
    "bulge_axis_ratio": ("", "Minor over major axis of the bulge", 1),
    "arm_number": ("", "Number of spiral arms", 0),
    "arm_fraction": ("", "Part of the light of the disc in its arms", 0),
    "pitch_angle": ("deg", "Pitch angle of the arms; its sign is the sense of winding", 0),
    "arm_phase": ("deg", "Azimuth at which the first arm begins, from the major axis in the plane of the disc", 0),
    "irregularity": ("", "Scatter of the phase of the arms in radians, and of the logarithm of their light", 0),
    "bar_fraction": ("", "Part of the light in the bar", 0),
    "bar_length": ("pix", "Semi-major axis of the bar in the plane of the disc; also where the arms begin", 0),
    "colour": ("", "Colour of the main body, from 0 (blue) to 1 (red)", 0),
    "bulge_colour": ("", "Colour of the bulge and of the bar, from 0 (blue) to 1 (red)", 0),
    "brightness": ("", "Noise-free grey value (0 to 255) of the middle, within 0.2 r90", 0),
    "psf_fwhm": ("arcsec", "Full width at half maximum of the point-spread function", 0),
    "shift": ("arcsec", "Standard deviation of the shifts of the three channels", 0),
    "noise": ("", "Standard deviation of the noise of a pixel, in the units in which the stretch is asinh(I)", 0),
    "sky": ("", "Sky left over by its subtraction, in the same units", 0),
    "stretch": ("", "Grey value per unit of asinh(I)", 0),
}

# One entry a class, in the order of the classes: median and logarithmic scatter of r90, mean and scatter of brightness.
R90_MEDIAN = np.array([5.5, 5.5, 6.5, 7.8, 6.3])
R90_SCATTER = np.array([0.40, 0.40, 0.35, 0.35, 0.40])
BRIGHTNESS_MEAN = np.array([155, 160, 138, 142, 143])
BRIGHTNESS_SCATTER = np.array([22, 22, 30, 23, 23])


def draw_population(labels: Int[np.ndarray, "galaxies"], rng: np.random.Generator) -> Columns:
    """Draw the parameters of galaxies of known classes.

    Parameters
    ----------
    labels
        Indices into the five classes of Galaxy Zoo 2.
    rng
        Where the numbers come from.

    Returns
    -------
    dict
        Float64 of shape ``(galaxies,)`` for each of `COLUMNS`; lengths (unit pix) in units of r90.
    """
    n = len(labels)
    columns = {name: np.full(n, float(absent)) for name, (_, _, absent) in COLUMNS.items()}
    columns |= _draw_observation(labels, rng)
    for label, draw in enumerate([_draw_round, _draw_in_between, _draw_cigar, _draw_edge_on, _draw_spiral]):
        rows = np.flatnonzero(labels == label)
        for name, values in draw(rng, len(rows)).items():
            columns[name][rows] = values
    r90 = columns["r90"]
    # Small galaxies were measured larger than they are, by the seeing.
    scale = rng.lognormal(0, 0.16, n) * np.sqrt(1 - (1.3 / r90) ** 2)
    for name in ("effective_radius", "scale_length", "scale_height", "truncation", "bulge_radius", "bar_length"):
        columns[name] *= scale
    return columns


def _draw_observation(labels: Int[np.ndarray, "galaxies"], rng: np.random.Generator) -> Columns:
    n = len(labels)
    r90 = np.clip(R90_MEDIAN[labels] * rng.lognormal(0, R90_SCATTER[labels]), 2.8, 25)
    return {
        "r90": r90,
        "x": rng.normal(0, 0.016, n),
        "y": rng.normal(0, 0.016, n),
        "position_angle": rng.uniform(0, 180, n),
        "brightness": np.clip(rng.normal(BRIGHTNESS_MEAN[labels], BRIGHTNESS_SCATTER[labels]), 50, 220),
        "psf_fwhm": rng.lognormal(np.log(1.32), 0.10, n),
        "shift": rng.uniform(0.02, 0.07, n),
        "noise": rng.uniform(0.10, 0.21, n) * np.minimum(1, 6 / r90),
        "sky": rng.normal(0.08, 0.06, n),
        "stretch": rng.uniform(44, 56, n),
    }


def _draw_round(rng: np.random.Generator, n: int) -> Columns:
    return _draw_smooth(rng, np.clip(rng.normal(0.91, 0.055, n), 0.75, 1))


def _draw_in_between(rng: np.random.Generator, n: int) -> Columns:
    return _draw_smooth(rng, rng.uniform(0.48, 0.80, n))


def _draw_smooth(rng: np.random.Generator, axis_ratio: Float[np.ndarray, "galaxies"]) -> Columns:
    """Ellipticals of one Sersic profile, and among them discs too smooth to show arms, with a small redder bulge."""
    n = len(axis_ratio)
    disc = rng.random(n) < 0.42
    blue = rng.random(n) < 0.13
    red = np.where(blue, rng.uniform(0.05, 0.45, n), rng.normal(0.76, 0.13, n))
    colour = np.where(disc, rng.uniform(0.2, 1.0, n), red)
    return {
        "axis_ratio": axis_ratio,
        # r90 was measured in circles, into which a flat galaxy must be longer to reach as far.
        "effective_radius": np.where(disc, 10.6, 9.9) / 20 / axis_ratio**0.4,
        "sersic_index": np.where(disc, rng.uniform(0.55, 1.1, n), rng.uniform(0.8, 4.2, n)),
        "bulge_fraction": np.where(disc, rng.uniform(0.01, 0.12, n), 0),
        "bulge_radius": np.where(disc, rng.uniform(1.2, 2.4, n), 0) / 20,
        "bulge_index": np.where(disc, rng.uniform(0.8, 2, n), 0),
        "bulge_axis_ratio": np.where(disc, rng.uniform(0.8, 1, n), 1),
        "colour": colour,
        "bulge_colour": np.where(disc, np.minimum(colour + rng.uniform(0, 0.3, n), 1), 0),
    }


def _draw_cigar(rng: np.random.Generator, n: int) -> Columns:
    blue = rng.random(n) < 0.30
    return {
        "axis_ratio": rng.uniform(0.23, 0.48, n),
        "effective_radius": np.full(n, 15.5) / 20,
        "sersic_index": rng.uniform(0.5, 1.3, n),
        "colour": np.where(blue, rng.uniform(0, 0.4, n), rng.normal(0.52, 0.2, n)),
    }


def _draw_edge_on(rng: np.random.Generator, n: int) -> Columns:
    """Discs of van der Kruit & Searle with bulge and dust lane; a third are too blurred for more than an ellipse."""
    plain = rng.random(n) < 0.35
    dusty = rng.random(n) < 0.45
    length = rng.uniform(8.0, 11.5, n) / 20
    thickness = rng.uniform(0.17, 0.38, n)
    colour = rng.normal(0.60, 0.17, n)
    disc = {
        "scale_length": length,
        "scale_height": length * thickness,
        "truncation": length * rng.uniform(2.2, 3.4, n),
        "dust_depth": np.where(dusty, rng.uniform(0.2, 1.8, n), 0),
        "bulge_fraction": np.minimum(rng.gamma(1.6, 0.08, n), 0.5),
        "bulge_radius": rng.uniform(2, 4.5, n) / 20,
        "bulge_index": rng.uniform(1, 3, n),
        "bulge_axis_ratio": rng.uniform(0.5, 0.9, n),
        "bulge_colour": np.minimum(colour + rng.uniform(0.15, 0.45, n), 1.1),
    }
    absent = {name: COLUMNS[name][2] for name in disc}
    return {name: np.where(plain, absent[name], values) for name, values in disc.items()} | {
        "axis_ratio": np.where(plain, rng.uniform(0.2, 0.4, n), thickness),
        "effective_radius": np.where(plain, 16.5, 0) / 20,
        "sersic_index": np.where(plain, rng.uniform(0.5, 1.3, n), 0),
        "colour": colour,
    }


def _draw_spiral(rng: np.random.Generator, n: int) -> Columns:
    barred = rng.random(n) < 0.35
    bulge_fraction = np.minimum(rng.gamma(1.6, 0.06, n), 0.5)
    colour = np.clip(rng.normal(0.33, 0.2, n), -0.1, 1)
    return {
        "axis_ratio": rng.uniform(0.38, 1, n),
        "effective_radius": np.full(n, 15.0) / 20,
        "sersic_index": rng.uniform(0.45, 0.85, n),
        "bulge_fraction": bulge_fraction,
        "bulge_radius": rng.uniform(2, 4.5, n) / 20,
        "bulge_index": rng.uniform(1, 2.5, n),
        "bulge_axis_ratio": rng.uniform(0.75, 1, n),
        "arm_number": rng.choice([1, 2, 3, 4], n, p=[0.10, 0.62, 0.14, 0.14]),
        "arm_fraction": rng.uniform(0.15, 0.7, n),
        "pitch_angle": np.clip(rng.normal(21, 8, n), 7, 45) * rng.choice([-1, 1], n),
        "irregularity": rng.uniform(0.1, 0.45, n),
        "arm_phase": rng.uniform(0, 360, n),
        "bar_fraction": np.where(barred, rng.uniform(0.04, 0.18, n), 0),
        "bar_length": np.where(barred, rng.uniform(4, 8, n), rng.uniform(2, 5, n)) / 20,
        "colour": colour,
        "bulge_colour": np.minimum(colour + rng.uniform(0.2, 0.65, n), 1),
    }
