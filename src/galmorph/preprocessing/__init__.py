"""From images to stamps: functions for each step, and the `Recipe` that chains them.

A network needs small images that are all alike: one size, the galaxy in the middle and always equally large, dark sky,
brightness from 0 to 1. A `Recipe` makes such a **stamp** from any image of a galaxy:

>>> import numpy as np
>>> from galmorph.preprocessing import Recipe
>>> from galmorph.types import GalaxyImage
>>> y, x = np.indices((200, 200), dtype=np.float32)
>>> pixels = 1000 + 500 * np.exp(-np.hypot(x - 104, (y - 97) / 0.7) / 9)[..., np.newaxis]
>>> image = GalaxyImage(pixels=pixels, mask=np.zeros((200, 200), bool), name="a disc")
>>> stamp = Recipe(size=64)(image)
>>> stamp.pixels.shape, round(stamp.galaxy.x), round(stamp.galaxy.y)
((64, 64, 1), 104, 97)

**A recipe is a value.** It can't be changed, has a short `repr`, can be compared, and can be written to JSON and read
back (``to_dict``, ``from_dict``). A classifier keeps the recipe of its training, and prediction uses the same recipe.
`DAI_TONG` is the input of Dai & Tong (2018) for the images of Galaxy Zoo 2.

**The window matters most.** `GalaxyCrop` takes a multiple of the galaxy's own radius. Choose it for images of mixed
origin, whose field of view often reveals the class. `AngularCrop` takes a fixed angle, which keeps the apparent size.
`FractionCrop` takes a fixed fraction of the frame, for frames that were all cut by one rule.

**Bands become colours.** An image of several bands, such as g, r and z, becomes red, green and blue: the longest
wavelength is red. `Composite` says which bands are taken and how bright each is; `SDSS`, `LEGACY_SURVEY` and
`PAN_STARRS` are those of the surveys' own pictures, and `Stretch.legacy_survey` and `Stretch.lupton` give their levels.

**The steps are functions** that you can use on your own arrays: `estimate_background`, `locate`, `resample`, `levels`,
`stretch`, `measure_quality`. Functions that do not act on a single galaxy accept leading batch axes. `augment` changes
stamps at random during training; it is the only part that loads JAX. `in_orientations` gives stamps in all
eight orientations.

**Conventions**: ``pixels[y, x, channel]``; the centre of the first pixel is ``(0, 0)``; ``True`` in a mask means no
measurement; an angle is in degrees from the x axis towards the y axis.
"""

from typing import TYPE_CHECKING, Any

from galmorph._orientations import in_orientations
from galmorph.preprocessing._background import Background, estimate_background
from galmorph.preprocessing._composite import LEGACY_SURVEY, PAN_STARRS, SDSS, Composite
from galmorph.preprocessing._crop import AngularCrop, FractionCrop, GalaxyCrop
from galmorph.preprocessing._geometry import resample
from galmorph.preprocessing._locate import locate
from galmorph.preprocessing._quality import QualityLimits, measure_quality
from galmorph.preprocessing._recipe import DAI_TONG, Recipe
from galmorph.preprocessing._stretch import Stretch, levels, stretch

if TYPE_CHECKING:
    from galmorph.preprocessing._augment import Augmentation, augment

__all__ = [
    "DAI_TONG",
    "LEGACY_SURVEY",
    "PAN_STARRS",
    "SDSS",
    "AngularCrop",
    "Augmentation",
    "Background",
    "Composite",
    "FractionCrop",
    "GalaxyCrop",
    "QualityLimits",
    "Recipe",
    "Stretch",
    "augment",
    "estimate_background",
    "in_orientations",
    "levels",
    "locate",
    "measure_quality",
    "resample",
    "stretch",
]

_VALUES = ("DAI_TONG", "LEGACY_SURVEY", "PAN_STARRS", "SDSS")
_LAZY = ("Augmentation", "augment")

for _name in set(__all__) - {*_VALUES, *_LAZY}:
    globals()[_name].__module__ = __name__


def __getattr__(name: str) -> Any:
    """Import the augmentation, which needs JAX, when it is first used."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from galmorph.preprocessing import _augment

    for lazy in _LAZY:
        value = getattr(_augment, lazy)
        value.__module__ = __name__
        globals()[lazy] = value
    return globals()[name]


def __dir__() -> list[str]:
    """List all public names, without importing the augmentation."""
    return sorted({*globals(), *__all__})
