"""A recipe for a network that learned from pictures: linear images are stretched before it sees them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from galmorph.preprocessing import Recipe, Stretch
from galmorph.types import GalaxyImage, Stamp

__all__ = ["PictureRecipe"]

# The stamps of linear images become as bright as those of pictures: in the median stamp of Galaxy Zoo 2, one pixel in
# 200 is brighter than 0.72 of white. The softening, relative to that pixel, keeps arms visible beside the centre.
_BRIGHTEST = np.float32(0.75)
_SOFTENING = 0.2


@dataclass(frozen=True)
class PictureRecipe:
    """A recipe that was made for pictures, and one that makes similar stamps of linear images.

    The levels of pictures, such as 0 to 255, say nothing about the units of another image. So the sky of a linear image
    is subtracted, its levels come from its stamp, and its curve is asinh, as in the pictures of most surveys (Lupton
    et al. 2004, PASP 116, 133).

    Parameters
    ----------
    recipe
        The recipe for pictures.
    """

    recipe: Recipe

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Turn an image into a stamp; see `galmorph.preprocessing.Recipe`."""
        if not image.linear:
            return self.recipe(image)
        stamp = self._for_linear(image)
        note = "linear image, stretched as pictures are (asinh)"
        return replace(stamp, pixels=_BRIGHTEST * stamp.pixels, notes=(note, *stamp.notes))

    @property
    def _for_linear(self) -> Recipe:
        return replace(self.recipe, background=True, stretch=Stretch(curve="asinh", softening=_SOFTENING))

    def __repr__(self) -> str:
        return f"{self.recipe!r}; linear images: {self._for_linear.stretch.curve}"

    def to_dict(self) -> dict[str, Any]:
        """Describe the recipe for pictures."""
        return self.recipe.to_dict()
