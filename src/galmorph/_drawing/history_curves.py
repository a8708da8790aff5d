"""Figure of one training: loss and accuracy by epoch."""

from astropy.table import Table
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from galmorph._drawing.style import COLUMN, RIGHT, WRONG, paper_figure

__all__ = ["draw_history"]


def draw_history(history: Table, best_epoch: int) -> Figure:
    """Draw loss and accuracy while training and on the validation galaxies; a dot marks the epoch that was chosen.

    Parameters
    ----------
    history
        The columns ``epoch``, ``loss``, ``accuracy`` and, if there were validation galaxies, ``validation_loss`` and
        ``validation_accuracy``.
    best_epoch
        The epoch whose weights were kept, counted from 1.
    """
    with paper_figure(2 * COLUMN, 2.4) as figure:
        for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
            scale = 100 if quantity == "accuracy" else 1
            for name, label, look in (
                (quantity, "training", {"color": WRONG, "lw": 1.0, "ls": ":"}),
                (f"validation_{quantity}", "validation", {"color": RIGHT, "lw": 1.5}),
            ):
                if name in history.colnames:
                    values = scale * history[name].data
                    axes.plot(history["epoch"].data, values, label=label, **look)
                    shown, colour = values[best_epoch - 1], look["color"]
            axes.plot(best_epoch, shown, "o", color=colour, ms=4, label=f"epoch {best_epoch}, kept")
            axes.set_xlabel("epoch")
            axes.set_ylabel("loss (cross entropy)" if quantity == "loss" else "accuracy (%)")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_ylim(**({"bottom": 0} if quantity == "loss" else {"top": 100}))
            axes.grid()
            axes.set_axisbelow(True)
        axes.legend()
    return figure
