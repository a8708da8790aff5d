"""Contact sheet of a data set: some stamps of each class, as a figure or as HTML."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from galmorph._checks import check_between, check_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_sheet", "sheet_html"]

_CLASSES, _STAMPS, _SIDE = 12, 6, 56  # in HTML: classes, stamps of each, pixels; below a megabyte in all
_WIDEST = 50  # stamps in a row of the figure


def plot_sheet(
    stamps: np.ndarray, labels: Int[np.ndarray, "galaxies"], counts: Mapping[str, int], *, columns: int, seed: int
) -> "Figure":
    """Draw up to `columns` stamps of each class; see `galmorph.data.Dataset.plot`."""
    from galmorph._drawing.class_sheet import draw_class_sheet
    from galmorph._drawing.pictures import rows_to_show

    check_whole("columns", columns, least=1)
    check_between("columns", columns, 1, _WIDEST)
    check_whole("seed", seed, least=0)
    shown = [stamps[rows] for rows in rows_to_show(labels, len(counts), most=columns, seed=seed)]
    return draw_class_sheet(counts, shown, columns=max(map(len, shown)))


def sheet_html(
    stamps: np.ndarray, labels: Int[np.ndarray, "galaxies"], counts: Mapping[str, int], meta: Mapping[str, Any]
) -> str:
    """Write counts and some stamps of each class as HTML, for notebooks. Only the stamps shown are read."""
    from galmorph._drawing import html
    from galmorph._drawing.pictures import rows_to_show, strip_of

    shape = " x ".join(map(str, stamps.shape[1:]))
    parts = [html.heading("Dataset", f"{len(stamps):,} galaxies of {shape} {stamps.dtype}")]
    names = list(counts)[:_CLASSES]
    rows = []
    for name, chosen in zip(names, rows_to_show(labels, len(names), most=_STAMPS), strict=True):
        strip = html.picture(strip_of(stamps[chosen], side=_SIDE), f"stamps of {name}") if len(chosen) else ""
        rows.append([name, f"{counts[name]:,}", f"{100 * counts[name] / len(stamps):.1f} %", strip])
    parts.append(html.table(["class", "galaxies", "", ""], rows, pictures=True))
    if len(counts) > len(names):
        parts.append(html.paragraph(f"... and {len(counts) - len(names)} more classes"))
    left_out = meta.get("left_out")
    if isinstance(left_out, Mapping) and left_out:
        parts.append(html.listing(f"left out: {number} ({reason})" for reason, number in left_out.items()))
    return "\n".join(parts)
