"""HTML for notebooks: tables, texts and embedded PNG pictures of a bounded size; all texts are escaped."""

import io
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, cast

import numpy as np
from jaxtyping import UInt8
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LARGEST", "drawing", "escape", "heading", "listing", "paragraph", "picture", "settings", "table"]

#: Pixels; the longest side of a picture in a notebook.
LARGEST = 900
_SHARPEST = 110  # dots per inch of a figure, if it then is no larger than this


def heading(kind: str, text: str) -> str:
    """Write the kind of an object in bold, and what it is."""
    return f"<p><strong>{escape(kind)}</strong>: {escape(text)}</p>"


def paragraph(text: str) -> str:
    """Write a paragraph."""
    return f"<p>{escape(text)}</p>"


def listing(texts: Iterable[str]) -> str:
    """Write a list; nothing if it is empty."""
    entries = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{entries}</ul>" if entries else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, pictures: bool = False) -> str:
    """Write a table.

    Parameters
    ----------
    head, rows
        Texts, as many in each row as in the head.
    pictures
        Whether the last column is HTML already, as `picture` makes it.
    """
    left = ' style="text-align:left"'
    lines = ["<table><thead><tr>" + "".join(f"<th{left}>{escape(text)}</th>" for text in head) + "</tr></thead><tbody>"]
    for row in rows:
        *texts, last = row
        cells = [*map(escape, texts), last if pictures else escape(last)]
        lines.append("<tr>" + "".join(f"<td{left}>{cell}</td>" for cell in cells) + "</tr>")
    return "".join([*lines, "</tbody></table>"])


def settings(rows: Iterable[tuple[str, str]]) -> str:
    """Write names and values as a table without a head."""
    left = ' style="text-align:left"'
    return (
        "<table><tbody>"
        + "".join(f"<tr><th{left}>{escape(name)}</th><td{left}>{escape(value)}</td></tr>" for name, value in rows)
        + "</tbody></table>"
    )


def picture(colours: UInt8[np.ndarray, "height width 3"], description: str) -> str:
    """Embed a picture as PNG.

    Parameters
    ----------
    colours
        Red, green and blue. A picture with a side above `LARGEST` is reduced.
    description
        What it shows, for screen readers.
    """
    image = Image.fromarray(colours)
    image.thumbnail((LARGEST, LARGEST))
    file = io.BytesIO()
    image.save(file, "png", optimize=True)
    return _embedded(file.getvalue(), image.width, image.height, description)


def drawing(draw: "Callable[[], Axes | Figure]", description: str) -> str:
    """Embed a figure as PNG, in matplotlib's default style and without pyplot.

    Parameters
    ----------
    draw
        Draws the figure. It gets as many dots per inch as fit into `LARGEST` pixels.
    description
        What it shows, for screen readers.
    """
    import matplotlib as mpl
    from matplotlib.axes import Axes

    from galmorph._drawing.style import apart_from_pyplot

    with mpl.rc_context(), apart_from_pyplot():
        mpl.rcdefaults()
        drawn = draw()
        figure = cast("Figure", drawn.figure if isinstance(drawn, Axes) else drawn)
        dots = min(_SHARPEST, LARGEST / max(figure.get_size_inches()))
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=dots)
    with Image.open(file) as image:
        width, height = image.size
    return _embedded(file.getvalue(), width, height, description)


def _embedded(png: bytes, width: int, height: int, description: str) -> str:
    source = b64encode(png).decode("ascii")
    text = escape(description, quote=True)
    return f'<img src="data:image/png;base64,{source}" width="{width}" height="{height}" alt="{text}">'
