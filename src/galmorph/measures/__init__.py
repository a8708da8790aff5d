"""Classical morphology of linear images: size, concentration, asymmetry, smoothness, Gini, M20, shape, Sérsic index.

Is a network needed at all? These measures are the alternative: they need no training, and a classifier of a few of them
is an entry of a comparison like any other.

>>> import numpy as np
>>> from galmorph.measures import measure_galaxy
>>> y, x = np.indices((150, 150))
>>> light = 100 * np.exp(-np.hypot(x - 74, y - 76) / 7)           # an exponential disc
>>> measures = measure_galaxy(light + np.random.default_rng(0).normal(0, 0.5, light.shape))
>>> round(measures.petrosian_radius / 7, 1), round(measures.concentration, 1)
(3.6, 2.7)

`measure_galaxy` takes one plane of light, `measure_galaxies` image files, and `feature_array` makes an array of its
table for `galmorph.comparison.compare`. Each measure is a function of its own, whose docstring has formula, source and
units: `petrosian_radius`, `light_radii` and `concentration`, `asymmetry`, `smoothness`, `petrosian_segment` with
`gini`, `m20` and `light_shape`, and `fit_sersic`. `mask_neighbours` masks what is not the galaxy.

**Linear images only.** Pixels are proportional to flux, and the sky is subtracted. Pictures (JPEG, PNG) and stamps are
stretched, and what is measured of them depends on the stretch; `measure_galaxies` flags them.

**Flags.** A value that can't be measured is NaN (masked in tables), and `Measures.flags` says why; it also says what
makes the others doubtful: noise, a galaxy as small as the seeing or larger than the frame, a mask over its centre.

**Conventions**: a position is ``(x, y)``, and the centre of the first pixel is ``(0, 0)``; radii are in pixels; an
angle is in degrees from the x axis towards the y axis; ``True`` in a mask means no measurement.
"""

from galmorph.measures._asymmetry import Asymmetry, asymmetry
from galmorph.measures._features import feature_array
from galmorph.measures._gini import gini
from galmorph.measures._light_radii import concentration, light_radii
from galmorph.measures._m20 import m20
from galmorph.measures._measure import Measures, measure_galaxy
from galmorph.measures._moments import LightShape, light_shape
from galmorph.measures._neighbours import mask_neighbours
from galmorph.measures._petrosian import petrosian_radius
from galmorph.measures._segment import petrosian_segment
from galmorph.measures._sersic import SersicFit, fit_sersic
from galmorph.measures._smoothness import smoothness
from galmorph.measures._table import measure_galaxies

__all__ = [
    "Asymmetry",
    "LightShape",
    "Measures",
    "SersicFit",
    "asymmetry",
    "concentration",
    "feature_array",
    "fit_sersic",
    "gini",
    "light_radii",
    "light_shape",
    "m20",
    "mask_neighbours",
    "measure_galaxies",
    "measure_galaxy",
    "petrosian_radius",
    "petrosian_segment",
    "smoothness",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
