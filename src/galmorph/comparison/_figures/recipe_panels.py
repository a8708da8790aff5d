"""The two panels of a trial of a recipe: the frame with what was found in it, and the stamp."""

from textwrap import wrap

import numpy as np
from jaxtyping import Int
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch, Rectangle
from matplotlib.patheffects import withStroke

from galmorph._drawing.pictures import as_picture
from galmorph.comparison._figures.frame_picture import FramePicture
from galmorph.comparison._figures.recipe_trial import RecipeTrial
from galmorph.types import Stamp

__all__ = ["draw_frame", "draw_stamp", "wrapped"]

# Colours of Okabe & Ito. Window and ellipse have black edges, so that they also stand out from bright frames.
_WINDOW, _GALAXY, _SKY, _MASKED = "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
_OUTSIDE = "#D8D8D8"  # of the frame, and behind the reason for no stamp
_BEYOND = 0.5  # of the longer side of the frame; so far beyond it windows and ellipses are shown
_MARGIN = 0.02  # of the longer side of the frame, around a window


def draw_frame(axes: Axes, trial: RecipeTrial, *, line: float) -> dict[str, Artist]:
    """Draw the frame, masked pixels, patches of the sky, window and galaxy, in pixels of the image.

    Parameters
    ----------
    axes
        Where to draw. They stay empty if the file could not be read.
    trial
        What to draw.
    line
        Width of lines in points.

    Returns
    -------
    dict
        An entry of the legend for each kind of thing that is drawn.
    """
    axes.spines[:].set_visible(False)
    if trial.frame is None:
        axes.set_axis_off()
        return {}
    axes.set_facecolor(_OUTSIDE)
    axes.imshow(trial.frame.colours, extent=trial.frame.extent, interpolation="nearest")
    drawn = _draw_mask(axes, trial.frame)
    if trial.patches is not None and len(trial.patches):
        drawn |= _draw_sky(axes, trial.patches, line)
    if trial.stamp is not None:
        drawn |= _draw_galaxy(axes, trial.stamp, line, found=trial.galaxy_found)
    left, right, top, bottom = _view(trial)
    axes.set(xlim=(left, right), ylim=(bottom, top))
    return drawn


def draw_stamp(axes: Axes, trial: RecipeTrial, *, size: float, width: int) -> None:
    """Draw the stamp or, if there is none, write why: letters of `size` points in lines of up to `width` letters."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if trial.stamp is not None and not trial.reason:
        axes.imshow(as_picture(trial.stamp.pixels), interpolation="nearest")
        return
    axes.set_facecolor(_OUTSIDE)
    text = "\n".join(wrapped(f"no stamp: {trial.reason}", width, 11))
    axes.text(0.04, 0.96, text, size=size, va="top", transform=axes.transAxes, parse_math=False)


def wrapped(text: str, width: int, most: int, *, indent: str = "") -> list[str]:
    """Break a text, which may contain any name of a file, into lines; what is too long for `most` of them is cut."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return wrap(clean, width, max_lines=most, placeholder="\N{HORIZONTAL ELLIPSIS}", subsequent_indent=indent)


def _draw_mask(axes: Axes, frame: FramePicture) -> dict[str, Artist]:
    if frame.masked is None:
        return {}
    shade = np.empty((*frame.masked.shape, 4))
    shade[..., :3] = to_rgb(_MASKED)
    # The root keeps single bad pixels visible in a frame that is drawn much smaller.
    shade[..., 3] = 0.8 * np.sqrt(frame.masked)
    axes.imshow(shade, extent=frame.extent, interpolation="nearest")
    return {"masked": Patch(facecolor=_MASKED, edgecolor="none")}


def _draw_sky(axes: Axes, patches: Int[np.ndarray, "patches 4"], line: float) -> dict[str, Artist]:
    boxes = [Rectangle((x - 0.5, y - 0.5), right - x + 1, low - y + 1) for x, y, right, low in patches.tolist()]
    edges = PatchCollection(boxes, facecolor="none", edgecolor=_SKY, linewidth=0.6 * line, alpha=0.8)
    axes.add_collection(edges, autolim=False)
    return {"sky measured": Patch(facecolor="none", edgecolor=_SKY)}


def _draw_galaxy(axes: Axes, stamp: Stamp, line: float, *, found: bool) -> dict[str, Artist]:
    drawn: dict[str, Artist] = {}
    edge = [withStroke(linewidth=line + 1, foreground="black")]
    galaxy = stamp.galaxy
    if stamp.window is not None:
        x, y, width = stamp.window
        corner = (x - width / 2, y - width / 2)
        axes.add_patch(Rectangle(corner, width, width, fill=False, edgecolor=_WINDOW, lw=line, path_effects=edge))
        drawn["window of the stamp"] = Patch(facecolor="none", edgecolor=_WINDOW, linewidth=1.2)
    size = 2 * galaxy.radius, 2 * galaxy.radius * galaxy.axis_ratio
    ellipse = Ellipse((galaxy.x, galaxy.y), *size, angle=galaxy.angle, fill=False, edgecolor=_GALAXY, lw=line)
    # An edge would fill the gaps of a dotted line.
    ellipse.set(linestyle="-" if found else ":", path_effects=edge if found else [])
    axes.add_patch(ellipse)
    axes.plot(galaxy.x, galaxy.y, "+", color=_GALAXY, ms=5 * line, mew=line, path_effects=edge)
    name = "galaxy (Petrosian radius)" if found else "circle in place of a galaxy"
    drawn[name] = Line2D([], [], color=_GALAXY, linestyle="-" if found else ":")
    return drawn


def _view(trial: RecipeTrial) -> tuple[float, float, float, float]:
    """Left, right, upper and lower limit: the whole frame, and the window where it is not too far beyond."""
    frame = np.array([trial.width, trial.height])
    low, high = np.array([-0.5, -0.5]), frame - 0.5
    if trial.stamp is not None:
        galaxy = trial.stamp.galaxy
        x, y, width = trial.stamp.window or (galaxy.x, galaxy.y, 2 * galaxy.radius)
        reach = width / 2 + _MARGIN * frame.max()
        beyond = _BEYOND * frame.max()
        low = np.minimum(low, np.maximum([x - reach, y - reach], low - beyond))
        high = np.maximum(high, np.minimum([x + reach, y + reach], high + beyond))
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])
