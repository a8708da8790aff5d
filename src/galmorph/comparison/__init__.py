"""Several architectures, the same galaxies: which is better, and how sure one can be.

`compare` trains each architecture on one split with one recipe, budget and augmentation, and returns a `Comparison`.
Print it, make a table of it with ``to_table``, and draw it with `plot_learning_curves`, `plot_confusion` and
`plot_gallery`. Accuracies come with intervals: Wilson's for proportions, the bootstrap over galaxies for balanced
accuracy.
"""

from galmorph.comparison._compare import Comparison, Entry, Run, compare
from galmorph.comparison._plots import plot_confusion, plot_gallery, plot_learning_curves
from galmorph.comparison._statistics import bootstrap_balanced_accuracy, wilson_interval

__all__ = [
    "Comparison",
    "Entry",
    "Run",
    "bootstrap_balanced_accuracy",
    "compare",
    "plot_confusion",
    "plot_gallery",
    "plot_learning_curves",
    "wilson_interval",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
