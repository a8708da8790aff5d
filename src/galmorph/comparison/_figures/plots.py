"""Plots: the figures of a comparison as methods; the modules beside this one draw them."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from galmorph.comparison._figures import galleries
from galmorph.comparison._figures.class_figures import plot_by_class, plot_by_column, plot_confusion
from galmorph.comparison._figures.curve_figures import plot_precision_recall, plot_roc
from galmorph.comparison._figures.explanations import plot_mistake_explanations
from galmorph.comparison._figures.learning_curves import plot_learning_curves
from galmorph.comparison._figures.pair_matrix import plot_pairs
from galmorph.comparison._figures.ranking import plot_quality_against_cost, plot_ranking
from galmorph.comparison._figures.reliability_diagram import plot_reliability
from galmorph.comparison._figures.size_curves import plot_sizes
from galmorph.comparison._figures.transfer_figure import plot_transfer
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult

__all__ = ["Plots"]


@dataclass(frozen=True, eq=False, repr=False)
class Plots:
    """Figures of a comparison, for a paper, such as ``comparison.plots.ranking()``.

    Methods with an argument ``axes`` draw on these `matplotlib.axes.Axes`, or by default on those of a new figure that
    is as wide as a journal's column, and return the axes; ``axes.figure.savefig("ranking.pdf")`` saves the figure.
    Methods that show stamps make and return a figure. In notebooks, and where ``matplotlib.pyplot`` was imported, new
    figures belong to pyplot: ``plt.show()`` shows them, and they stay open until ``plt.close()``. An architecture has
    the same colour and marker in all figures. Intervals are 95 % confidence intervals.

    An argument ``architecture`` names the architecture to show, by default the best one. A `KeyError` is raised if it
    is not part of the comparison, and an `InvalidValueError` if ``axes`` are no axes.

    Parameters
    ----------
    comparison
        What to draw.
    """

    comparison: Findings

    def ranking(self, *, axes: Axes | None = None) -> Axes:
        """Accuracy of each architecture with its interval, best first, and a dot for each training."""
        return plot_ranking(self.comparison, axes)

    def pairs(self, *, axes: Axes | None = None) -> Axes:
        """Difference of the accuracies of each pair with its interval, in percentage points, row minus column.

        The cells of distinguishable pairs are shaded, with the difference in bold.

        Raises
        ------
        InvalidValueError
            If there is only one architecture.
        """
        return plot_pairs(self.comparison, axes)

    def confusion(self, architecture: str | None = None, *, axes: Axes | None = None) -> Axes:
        """Confusion matrix of an architecture: percent of each true class, and numbers of galaxies below."""
        result = self._result(architecture)
        return plot_confusion(result, axes=axes, title=result.architecture)

    def sizes(self, *, axes: Axes | None = None) -> Axes:
        """Accuracy of each architecture against the number of training galaxies, with intervals.

        Raises
        ------
        InvalidValueError
            If the plan has a single size.
        """
        return plot_sizes(self.comparison, axes)

    def transfer(self, name: str, *, axes: Axes | None = None) -> Axes:
        """Accuracy of each architecture on external galaxies beside that on the tested ones, with intervals.

        Parameters
        ----------
        name
            Name of the external galaxies.
        axes
            Where to draw.

        Raises
        ------
        InvalidValueError
            If the comparison has no external galaxies of this name.
        """
        return plot_transfer(self.comparison, name, axes)

    def learning_curves(self, quantity: str = "loss", *, axes: Axes | None = None) -> Axes:
        """Loss or accuracy on the validation galaxies by epoch: thin for each training, thick for their mean.

        A marker shows the epoch whose weights were kept. Dotted lines are means during training, with augmentation and
        dropout. Means end with the shortest training.

        Parameters
        ----------
        quantity
            ``"loss"`` or ``"accuracy"``.
        axes
            Where to draw.

        Raises
        ------
        InvalidValueError
            If the quantity is unknown.
        """
        return plot_learning_curves(self.comparison, quantity, axes)

    def reliability(self, architecture: str | None = None, *, axes: Axes | None = None, bins: int = 10) -> Axes:
        """Reliability diagram: accuracy against predicted probability, as trained and after calibration.

        On the diagonal, probabilities are correct; below it, the network is overconfident. The area of a marker shows
        the number of its answers, at least five. Vertical lines are Wilson intervals after calibration.

        Parameters
        ----------
        architecture, axes
            See the class.
        bins
            Number of bins of the probability.

        Raises
        ------
        InvalidValueError
            If the number of bins is below 1.
        """
        return plot_reliability(self._result(architecture), axes, bins=bins)

    def quality_against_cost(self, cost: str = "parameters", *, axes: Axes | None = None) -> Axes:
        """Accuracy of each architecture with its interval, against a cost on a logarithmic axis.

        Parameters
        ----------
        cost
            ``"parameters"``, ``"flops"``, ``"seconds"``, ``"rate"`` or ``"memory"``.
        axes
            Where to draw.

        Raises
        ------
        InvalidValueError
            If the cost is unknown, or was not measured; some devices don't report their memory.
        """
        return plot_quality_against_cost(self.comparison, cost, axes)

    def recall(self, *, axes: Axes | None = None) -> Axes:
        """Fraction of each class that is recognised (completeness) by each architecture, with intervals.

        The number of tested galaxies is given with the name of each class; few galaxies make wide intervals.
        """
        return plot_by_class(self.comparison, "recall", axes)

    def precision(self, *, axes: Axes | None = None) -> Axes:
        """Fraction of the answers of each class that are correct (purity), for each architecture, with intervals."""
        return plot_by_class(self.comparison, "precision", axes)

    def by_column(
        self, column: str, *, bins: int = 5, edges: Sequence[float] | None = None, axes: Axes | None = None
    ) -> Axes:
        """Accuracy of each architecture by a column of the data set, such as magnitude or redshift, with intervals.

        The number of tested galaxies is given with each bin.

        Parameters
        ----------
        column, bins, edges
            As for `Findings.accuracy_by`.
        axes
            Where to draw.

        Raises
        ------
        InvalidValueError
            If there is no such column, no value is known, or the edges don't ascend.
        """
        return plot_by_column(self.comparison, column, axes, bins=bins, edges=edges)

    def roc(self, architecture: str | None = None, *, axes: Axes | None = None) -> Axes:
        """ROC curve of each class against the rest: recall against the fraction of the others that are taken for it.

        The curves follow all passes together; the areas in the legend are means over the passes.

        Raises
        ------
        InvalidValueError
            If all tested galaxies are of one class.
        """
        return plot_roc(self._result(architecture), axes)

    def precision_recall(self, architecture: str | None = None, *, axes: Axes | None = None) -> Axes:
        """Precision (purity) of each class against its recall (completeness), as the threshold falls.

        The curves follow all passes together; the average precisions in the legend are means over the passes.

        Raises
        ------
        InvalidValueError
            If all tested galaxies are of one class.
        """
        return plot_precision_recall(self._result(architecture), axes)

    def confusion_stamps(self, architecture: str | None = None) -> Figure:
        """Show confusions as stamps: for each label (row) and answer (column), the galaxy with the surest answer.

        Below each are the number of such galaxies, with probabilities averaged over the passes, and the probability.
        """
        return galleries.plot_confusion_stamps(self.comparison, self._result(architecture))

    def mistake_explanations(
        self, architecture: str | None = None, *, count: int = 6, columns: int = 6, samples: int = 10
    ) -> Figure:
        """Explain the most confident mistakes of the first training of an architecture, as by `plot_explanations`.

        Parameters
        ----------
        architecture
            See the class.
        count
            Maximum number of galaxies.
        columns, samples
            As for `galmorph.comparison.plot_explanations`.

        Raises
        ------
        InvalidValueError
            If a number is below 1, there are no mistakes, or the network has no feature maps.
        """
        result = self._result(architecture)
        return plot_mistake_explanations(self.comparison, result, count=count, columns=columns, samples=samples)

    def mistakes(self, architecture: str | None = None, *, count: int = 12, columns: int = 4) -> Figure:
        """Show the most confident mistakes of an architecture: stamps with name, answer and label.

        Parameters
        ----------
        architecture
            See the class.
        count
            Maximum number of stamps.
        columns
            Number of stamps in a row.

        Raises
        ------
        InvalidValueError
            If a number is below 1, or there are no mistakes.
        """
        return galleries.plot_mistakes(self.comparison, self._result(architecture), count=count, columns=columns)

    def gallery(self, architecture: str | None = None, *, rows: int = 4, columns: int = 5, seed: int = 0) -> Figure:
        """Show random galaxies with the answers of an architecture: half of them correct, the other half wrong.

        Wrong answers come last, with the label.

        Parameters
        ----------
        architecture
            See the class.
        rows, columns
            Numbers of rows and columns of stamps; fewer stamps are shown if there are not enough galaxies.
        seed
            Random seed of the selection.

        Raises
        ------
        InvalidValueError
            If a number is below 1.
        """
        result = self._result(architecture)
        return galleries.plot_gallery(self.comparison, result, rows=rows, columns=columns, seed=seed)

    def doubtful_labels(self, *, count: int = 12, columns: int = 4) -> Figure:
        """Show the galaxies of ``comparison.audit()``, whose label the networks contradict, with the suggested class.

        Parameters
        ----------
        count, columns
            As for `mistakes`.

        Raises
        ------
        InvalidValueError
            If a number is below 1, or no label is doubtful.
        """
        return galleries.plot_doubtful_labels(self.comparison, count=count, columns=columns)

    def _result(self, architecture: str | None) -> ArchitectureResult:
        return self.comparison.best if architecture is None else self.comparison[architecture]
