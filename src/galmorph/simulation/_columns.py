"""The parameters of simulated galaxies, which are the columns of their table: names, units and meaning."""

import math
from dataclasses import dataclass

__all__ = ["COLUMNS", "Parameter"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a galaxy: drawn at random, and a column of the table.

    Parameters
    ----------
    unit
        Unit in the table. Lengths have the unit pix there, and are in units of r90 before.
    description
        Meaning of the column.
    absent
        Value for a galaxy that lacks the part.
    """

    unit: str
    description: str
    absent: float = 0.0


COLUMNS = {
    "stage": Parameter("", "Stage T on the scale of the RC3; NaN if the scheme has none", math.nan),
    "r90": Parameter("arcsec", "Radius of 90 % of the Petrosian flux on the sky; the stamp is 4 `frame` times as wide"),
    "x": Parameter("pix", "Position of the centre along the x axis"),
    "y": Parameter("pix", "Position of the centre along the y axis"),
    "axis_ratio": Parameter("", "Minor over major axis of the main body, or of the whole galaxy if edge-on", 1.0),
    "angle": Parameter("deg", "Angle of the major axis, from the x axis towards the y axis"),
    "effective_radius": Parameter("pix", "Semi-major axis of the half-light ellipse of the main body; 0 if edge-on"),
    "sersic_index": Parameter("", "Sersic index of the main body; 0 if edge-on"),
    "scale_length": Parameter("pix", "Scale length of an edge-on disc; 0 if none"),
    "scale_height": Parameter("pix", "Scale height of an edge-on disc; 0 if none"),
    "height_power": Parameter("", "Power of sech in the height of an edge-on disc; 0 if none"),
    "truncation_radius": Parameter("pix", "Radius at which an edge-on disc ends; 0 if none"),
    "dust_depth": Parameter("", "Optical depth of the dust lane through the centre"),
    "bulge_fraction": Parameter("", "Fraction of the light in the bulge"),
    "bulge_radius": Parameter("pix", "Semi-major axis of the half-light ellipse of the bulge; 0 if none"),
    "bulge_index": Parameter("", "Sersic index of the bulge; 0 if none"),
    "bulge_axis_ratio": Parameter("", "Minor over major axis of the bulge", 1.0),
    "arm_number": Parameter("", "Number of spiral arms"),
    "arm_fraction": Parameter("", "Fraction of the light of the disc in its arms"),
    "pitch_angle": Parameter("deg", "Pitch angle of the arms; its sign gives the sense of winding"),
    "arm_phase": Parameter("deg", "Azimuth in the disc's plane at which the first arm begins, from the major axis"),
    "arm_sharpness": Parameter("", "Concentration of an arm's light across it, as in `arm_pattern`", 3.0),
    "arm_radius": Parameter("pix", "Radius at which the arms begin; 0 if none"),
    "wander": Parameter("rad", "Scatter of the phase of the arms, which bends them"),
    "flocculence": Parameter("", "Scatter of the logarithm of the light of arms and knots"),
    "warp": Parameter("pix", "Scatter of the displacement of the light by a slow random field"),
    "bar_fraction": Parameter("", "Fraction of the light in the bar"),
    "bar_length": Parameter("pix", "Semi-major axis of the bar in the plane of the disc; 0 if none"),
    "ring_fraction": Parameter("", "Fraction of the light in the ring"),
    "ring_radius": Parameter("pix", "Radius of the ring in the plane of the disc; 0 if none"),
    "companion": Parameter("", "Flux of a companion at the edge of the galaxy over that of the galaxy; 0 if none"),
    "colour": Parameter("", "Colour of the main body, from 0 (blue) to 1 (red)"),
    "gradient": Parameter("", "Decrease of the body's colour from the centre to r90"),
    "bulge_colour": Parameter("", "Colour of the bulge and of the bar, from 0 (blue) to 1 (red)"),
    "brightness": Parameter("", "Grey value (0 to 255) between 0.4 and 0.6 r90, without noise"),
    "psf_fwhm": Parameter("arcsec", "Full width at half maximum of the point-spread function"),
    "noise": Parameter("", "Standard deviation of a pixel's noise, in units of the softening of the stretch"),
    "sky": Parameter("", "Residual sky after its subtraction, in the same units"),
    "glow": Parameter("", "Glow of an object outside the stamp, at the middle of the stamp, in the same units"),
    "stretch": Parameter("", "Grey value per unit of asinh(I)"),
    "quality": Parameter("", "Quality of JPEG compression, from 1 to 100; 0 if none"),
    "frame": Parameter("", "Width of the stamp over 4 r90", 1.0),
    "young_stars": Parameter("", "Brightness of arms, ring and knots relative to optical light", 1.0),
    "first_gain": Parameter("", "Gain of the first channel over the survey's", 1.0),
    "last_gain": Parameter("", "Gain of the last channel over the survey's", 1.0),
    "gamma": Parameter("", "Exponent of the picture's grey values, which are first divided by white", 1.0),
    "colour_factor": Parameter("", "Factor of the differences between the picture's channels", 1.0),
    "arm_visibility": Parameter(
        "", "How well arms show through blur and noise: people begin to see them at 1; 0 if none"
    ),
    "knot_visibility": Parameter("", "The same for irregular knots"),
    "seen_axis_ratio": Parameter("", "Axis ratio after the blur of the telescope", 1.0),
}
