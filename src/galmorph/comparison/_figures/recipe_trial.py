"""Trials of a recipe: what it makes of one image, or why it makes nothing, as pictures and words."""

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from galmorph._checks import check
from galmorph.comparison._figures.frame_picture import FramePicture, picture_of_frame
from galmorph.data import read_image
from galmorph.errors import ImageError, PoorImageError
from galmorph.preprocessing import Recipe
from galmorph.preprocessing._background import sky_patches
from galmorph.training import PictureRecipe
from galmorph.types import GalaxyImage, Stamp, StampMaker

__all__ = ["RecipeTrial", "try_recipe"]


@dataclass(frozen=True, eq=False, kw_only=True)
class RecipeTrial:
    """What a recipe makes of one image. The image itself is not kept, because there may be many large ones.

    Parameters
    ----------
    name
        Name of the image; the name of a file that can't be read.
    path
        Path of a file that can't be read.
    described
        Size, pixel scale and bands of the image in words.
    height, width
        Size of the frame in pixels; 0 if the file can't be read.
    pixel_scale
        Side of a pixel in arcsec, if it is known.
    frame
        Picture of the frame; None if the file can't be read.
    patches
        Patches of the sky, as `galmorph.preprocessing._background.sky_patches` gives them. None for stamp makers other
        than a `Recipe`, which may find the sky in another way.
    stamp
        The stamp with its measures. If the image misses a limit of the recipe, that of the recipe without limits.
    reason
        Why the recipe refuses the image; empty if it does not.
    notes
        Notes of the image and of the stamp.
    """

    name: str
    path: str = ""
    described: str = ""
    height: int = 0
    width: int = 0
    pixel_scale: float | None = None
    frame: FramePicture | None = None
    patches: Int[np.ndarray, "patches 4"] | None = None
    stamp: Stamp | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def galaxy_found(self) -> bool:
        """Whether a galaxy was measured; otherwise, recipes take the largest circle in the window for one."""
        if self.stamp is None:
            return False
        galaxy, window = self.stamp.galaxy, self.stamp.window
        circle = (galaxy.x, galaxy.y, 2 * galaxy.radius) == window and galaxy.axis_ratio == 1
        return not circle

    def details(self) -> list[str]:
        """Describe everything in lines of text."""
        lines = [f"file: {self.path}"] if self.frame is None else [f"frame: {self.described}"]
        if self.stamp is not None:
            galaxy, quality, window = self.stamp.galaxy, self.stamp.quality, self.stamp.window
            place = f"centre ({galaxy.x:.1f}, {galaxy.y:.1f})"
            if self.galaxy_found:
                lines.append(
                    f"galaxy: Petrosian radius {self._length(galaxy.radius)}, axis ratio {galaxy.axis_ratio:.2f}, "
                    f"angle {galaxy.angle:.0f}\N{DEGREE SIGN}, {place}"
                )
            else:
                lines.append(f"galaxy: not measured; the largest circle in the window takes its place, {place}")
            lines.append(
                f"quality: S/N {_short(quality.signal_to_noise)}, bad fraction {quality.bad_fraction:.2g}, "
                f"truncation {quality.truncation:.2g}"
            )
            if window is not None:
                lines.append(f"window: {self._length(window[2])} wide")
        return lines + [f"note: {note}" for note in self.notes]

    def caption(self) -> list[str]:
        """Describe the most important in up to three parts: the name, the galaxy, and notes."""
        parts = [self.name]
        if self.stamp is not None:
            galaxy, ratio = self.stamp.galaxy, _short(self.stamp.quality.signal_to_noise)
            shape = f"radius {_short(galaxy.radius)} px, axis ratio {galaxy.axis_ratio:.2f}"
            parts.append(f"{shape if self.galaxy_found else 'galaxy not measured'}, S/N {ratio}")
        if self.notes:
            parts.append("; ".join(self.notes))
        return parts

    def _length(self, pixels: float) -> str:
        sky = "" if self.pixel_scale is None else f" ({pixels * self.pixel_scale:.3g} arcsec)"
        return f"{pixels:.1f} pixels{sky}"


def try_recipe(
    source: str | os.PathLike[str] | GalaxyImage,
    maker: StampMaker,
    *,
    side: int,
    hdu: int | str | tuple[str, int] | None = None,
    bands: tuple[str, ...] | None = None,
) -> RecipeTrial:
    """Try a recipe on an image or on the image in a file.

    Parameters
    ----------
    source
        The image or the file.
    maker
        The recipe, or another stamp maker.
    side
        Longest side of the picture of the frame in pixels.
    hdu, bands
        What is read from a file, as in `galmorph.data.read_image`.

    Raises
    ------
    InvalidValueError
        If the stamp maker makes something else.
    """
    if isinstance(source, GalaxyImage):
        image = source
    else:
        try:
            image = read_image(source, hdu=hdu, bands=bands)
        except ImageError as error:
            path = Path(source)
            return RecipeTrial(name=path.name, path=str(path), reason=str(error).removeprefix(f"{path}: "))
    stamp, reason = _make(image, maker)
    recipe = _recipe_of(maker)
    patches = composite = None
    if recipe is not None:
        patches = sky_patches(image.height, image.width, image.mask if image.has_mask else None)
        composite = recipe.composite
    galaxy = None if stamp is None else stamp.galaxy
    return RecipeTrial(
        name=image.name,
        described=_describe(image),
        height=image.height,
        width=image.width,
        pixel_scale=image.pixel_scale,
        frame=picture_of_frame(image, galaxy, side=side, composite=composite),
        patches=patches,
        stamp=stamp,
        reason=reason,
        notes=_notes(image, stamp),
    )


def _recipe_of(maker: StampMaker) -> Recipe | None:
    if isinstance(maker, PictureRecipe):
        return maker.recipe
    return maker if isinstance(maker, Recipe) else None


def _make(image: GalaxyImage, maker: StampMaker) -> tuple[Stamp | None, str]:
    """Return the stamp, and why the recipe refuses the image."""
    try:
        stamp = maker(image)
    except ImageError as error:
        reason = str(error).removeprefix(f"{image.name}: ")
        recipe = _recipe_of(maker)
        if not isinstance(error, PoorImageError) or recipe is None or recipe.limits is None:
            return None, reason
        # If it only misses a limit, show what it is that misses it.
        loose = replace(recipe, limits=None)
        return _make(image, PictureRecipe(loose) if isinstance(maker, PictureRecipe) else loose)[0], reason
    check(isinstance(stamp, Stamp), f"recipe: expected a function that makes a Stamp, got a {type(stamp).__name__}")
    return stamp, ""


def _short(number: float) -> str:
    if not math.isfinite(number):
        return "unknown"
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _describe(image: GalaxyImage) -> str:
    scale = "unknown scale" if image.pixel_scale is None else f"{image.pixel_scale:.3g} arcsec/pixel"
    bands = "bands not named" if image.bands is None else f"bands {', '.join(image.bands)}"
    channels = "1 channel" if image.channels == 1 else f"{image.channels} channels"
    kind = "" if image.linear else ", already stretched"
    bad = f", {image.mask.mean():.2g} masked" if image.has_mask else ""
    return f"{image.height} rows, {image.width} columns, {channels} ({bands}), {scale}{kind}{bad}"


def _notes(image: GalaxyImage, stamp: Stamp | None) -> tuple[str, ...]:
    """Return doubts and notes of image and stamp, each once. That a stamp shows nothing comes first."""
    notes = image.notes if stamp is None else (*stamp.doubts, *image.notes, *stamp.notes)
    if stamp is not None and stamp.blank and not any(stamp.blank in note for note in notes):
        notes = (f"the stamp is nearly all {stamp.blank}: the recipe's levels don't fit the image", *notes)
    return tuple(dict.fromkeys(notes))
