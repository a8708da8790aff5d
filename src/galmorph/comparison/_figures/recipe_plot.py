"""`plot_recipe`: a picture of what a recipe does to one image, or a contact sheet of many."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from galmorph._checks import check, check_positive_int
from galmorph.comparison._figures.recipe_panels import draw_frame, draw_stamp, wrapped
from galmorph.comparison._figures.recipe_trial import RecipeTrial, try_recipe
from galmorph.comparison._figures.style import paper_figure
from galmorph.data import Images, list_images
from galmorph.training import Classifier
from galmorph.types import StampMaker

__all__ = ["plot_recipe"]

# Lengths are in inches. Pictures of frames have twice as many pixels as their panels have at 100 dpi.
_LINE = 0.16  # height of a line of 8 points
_ONE, _ONE_PIXELS = 3.1, 620  # side of a panel for one image
_ENTRY, _ENTRY_PIXELS = 1.4, 280  # side of a panel on a contact sheet
_ENTRY_LINE = 0.125  # height of a line of 7 points


def plot_recipe(
    images: Images,
    recipe: StampMaker | Classifier,
    *,
    columns: int = 4,
    most: int = 40,
    hdu: int | str | tuple[str, int] | None = None,
    bands: Sequence[str] | None = None,
) -> Figure:
    """Draw what a recipe does to images: the frame with the galaxy that was found, and the stamp beside it.

    On the frame are the galaxy's ellipse (Petrosian radius, axis ratio and angle) with its centre, the window that
    becomes the stamp, the patches in which the level of the sky is measured, and masked pixels. The ellipse is dotted
    if no galaxy was measured, as by a `galmorph.preprocessing.FractionCrop`. If the recipe refuses an image, or a file
    can't be read, the reason stands in place of the stamp.

    The frame has a stretch of its own, which shows the galaxy whatever the recipe does. Bands become colours as in a
    recipe with ``channels=3``; where they can't, they are averaged. The stamp is drawn as a network sees it, and other
    numbers of channels than three are averaged. Row 0 is at the top, as in all figures of galmorph, so FITS images are
    upside down compared with DS9.

    For one image, the figure also says what was measured, with all notes. Several images become a contact sheet, in
    their order.

    Parameters
    ----------
    images
        A file, a folder, a pattern, an image in memory (as for `galmorph.data.as_image`), or several of these.
    recipe
        A `galmorph.preprocessing.Recipe`; a classifier, whose stamps are then drawn as its ``predict`` makes them; or a
        stamp maker of your own. Where the latter measures the sky is not known, so no patches are drawn, and the window
        is drawn if its stamps have one.
    columns
        Number of images in a row of a contact sheet.
    most
        Largest number of images on a contact sheet. Of more images, so many are drawn, evenly spread over the list.
    hdu, bands
        HDU of FITS files to read, and names of the planes of each, as for `galmorph.data.read_image`.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels for each image: frame and stamp.

    Raises
    ------
    InvalidValueError
        If there are no images, one of them is neither image nor path, a pattern matches no file, the recipe is not one
        or makes something else than stamps, or a number is below 1.
    UnsuitableImageError
        If an array in memory can't be an image, because it has no measured pixel or too many channels.
    DatasetError
        If a folder has no images.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import plot_recipe
    >>> from galmorph.preprocessing import Recipe
    >>> from galmorph.types import GalaxyImage
    >>> y, x = np.indices((200, 240), dtype=np.float32)
    >>> pixels = 1000 + 500 * np.exp(-np.hypot(x - 130, (y - 97) / 0.7) / 9)[..., np.newaxis]
    >>> figure = plot_recipe(GalaxyImage(pixels=pixels, name="a disc"), Recipe())
    >>> [axes.get_title() for axes in figure.axes]
    ['frame', 'stamp: 64 x 64 x 1']
    """
    check_positive_int("columns", columns)
    check_positive_int("most", most)
    maker: StampMaker = recipe.stamp_maker if isinstance(recipe, Classifier) else recipe
    check(
        callable(maker) and not isinstance(maker, type),
        f"recipe: expected a Recipe, a classifier or a stamp maker of your own, got a {type(recipe).__name__}",
    )
    sources = list_images(images)
    planes = None if bands is None else tuple(bands)
    if len(sources) == 1:
        return _plot_one(try_recipe(sources[0], maker, side=_ONE_PIXELS, hdu=hdu, bands=planes), maker)
    chosen = np.linspace(0, len(sources) - 1, min(most, len(sources))).round().astype(int)
    trials = [try_recipe(sources[place], maker, side=_ENTRY_PIXELS, hdu=hdu, bands=planes) for place in chosen]
    return _plot_sheet(trials, maker, total=len(sources), columns=min(columns, len(trials)))


def _plot_one(trial: RecipeTrial, maker: StampMaker) -> Figure:
    left, gap, right, ticks, legend = 0.45, 0.2, 0.1, 0.3, 0.25
    head = wrapped(trial.name, 100, 2) + wrapped(_called(maker), 110, 2)
    words = [line for text in trial.details() for line in wrapped(text, 110, 3, indent="    ")]
    above, below = _LINE * len(head) + 0.35, ticks + legend + _LINE * len(words) + 0.05
    with paper_figure(left + 2 * _ONE + gap + right, above + _ONE + below) as figure:
        figure.set_layout_engine("none")  # everything has its place in inches
        frame, stamp = _panel(figure, left, above, _ONE), _panel(figure, left + _ONE + gap, above, _ONE)
        drawn = draw_frame(frame, trial, line=1.2)
        if trial.frame is not None:
            frame.set_title("frame", pad=3)
            frame.tick_params(length=2, pad=1)
            frame.locator_params(nbins=6)
        draw_stamp(stamp, trial, size=8, width=44)
        if trial.stamp is not None and not trial.reason:
            stamp.set_title("stamp: " + " x ".join(map(str, trial.stamp.pixels.shape)), pad=3)
        _write(figure, left, 0.1, head, size=8)
        _explain(figure, left, above + _ONE + ticks, drawn, columns=4)
        _write(figure, left, above + _ONE + ticks + legend, words, size=8)
    return figure


def _plot_sheet(trials: Sequence[RecipeTrial], maker: StampMaker, *, total: int, columns: int) -> Figure:
    margin, gap, between = 0.1, 0.05, 0.25
    entry = 2 * _ENTRY + gap
    width = 2 * margin + entry * columns + between * (columns - 1)
    captions = [[line for part in trial.caption() for line in wrapped(part, 46, 2)] for trial in trials]
    count = f"{total} images" if len(trials) == total else f"{len(trials)} of {total} images, evenly spread"
    head = wrapped(f"{_called(maker)}: {count}", int(15 * width), 3)
    legend = 0.2 if columns > 1 else 0.35
    above = _LINE * len(head) + legend + 0.2
    rows = [captions[start : start + columns] for start in range(0, len(captions), columns)]
    heights = [_ENTRY + _ENTRY_LINE * max(map(len, row)) + 0.17 for row in rows]
    tops = above + np.concatenate([[0], np.cumsum(heights)])
    with paper_figure(width, float(tops[-1])) as figure:
        figure.set_layout_engine("none")
        _write(figure, margin, 0.08, head, size=8)
        drawn: dict[str, Artist] = {}
        for place, (trial, caption) in enumerate(zip(trials, captions, strict=True)):
            row, column = divmod(place, columns)
            left, top = margin + column * (entry + between), float(tops[row])
            frame, stamp = _panel(figure, left, top, _ENTRY), _panel(figure, left + _ENTRY + gap, top, _ENTRY)
            drawn |= draw_frame(frame, trial, line=0.8)
            frame.set(xticks=[], yticks=[])
            draw_stamp(stamp, trial, size=6.5, width=25)
            _write(figure, left, top + _ENTRY + 0.03, caption, size=7)
        _explain(figure, margin, above - legend - 0.05, drawn, columns=4 if columns > 1 else 2)
    return figure


# All places are in inches from the upper left corner of the figure.


def _panel(figure: Figure, left: float, top: float, side: float) -> Axes:
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, 1 - (top + side) / height, side / width, side / height))


def _write(figure: Figure, left: float, top: float, lines: Sequence[str], *, size: float) -> None:
    width, height = figure.get_size_inches()
    text = "\n".join(lines)
    figure.text(left / width, 1 - top / height, text, va="top", size=size, parse_math=False, linespacing=1.15)


def _explain(figure: Figure, left: float, top: float, drawn: dict[str, Artist], *, columns: int) -> None:
    width, height = figure.get_size_inches()
    figure.legend(
        drawn.values(),
        drawn.keys(),
        loc="upper left",
        bbox_to_anchor=(left / width, 1 - top / height),
        ncols=columns,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.6,
    )


def _called(maker: StampMaker) -> str:
    text = repr(maker)
    return type(maker).__name__ if " at 0x" in text else text
