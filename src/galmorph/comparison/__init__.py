"""Compare architectures on the same galaxies: which one is better, and is the difference significant?

`compare` trains each architecture on the same galaxies with the same recipe, budget and augmentation, as described by a
`ComparisonPlan`, and returns a `Comparison`. Print it, look up the `ArchitectureResult` of an architecture by its name,
or look at each `Pair`. The comparison also makes tables (``to_table``, ``pairs_table``, ``predictions``, ``to_latex``,
``audit``), figures (``plots``) and a complete report (``write_report``). `plot_confusion` draws ``Scores`` of one
classifier, and `plot_recipe` shows what a recipe does to images.

The statistics can be used on their own, with labels and probabilities such as those of ``Scores`` and ``Run``:

- for one classifier: `accuracy`, `balanced_accuracy`, `macro_f1`, `log_loss`, `calibration_error`, `confusion`,
  `class_precision`, `class_recall`, `roc_area`, `average_precision`, with `wilson_interval` or, for galaxies in groups,
  `proportion_interval` for
  proportions, and `bootstrap_interval` for other metrics;
- for two or more classifiers: `mcnemar`, `holm`, `accuracy_difference_interval`, `paired_interval`, `seed_interval`,
  `smallest_difference`, and `judge_pairs`, which combines them;
- for two architectures with several seeds: `two_way_interval` and `accuracy_two_way_interval`, with `cohens_h` and
  `superiority` as effect sizes, and `practical_equivalence`, `two_way_equivalence` and `correlated_t_test` for the
  probabilities of an `Equivalence`;
- for the trust in answers and labels: `reliability`, `abstain_at`, `consistency`, `mean_over_orientations`,
  `audit_labels`.
"""

from galmorph.comparison._compare import compare
from galmorph.comparison._comparison import Comparison
from galmorph.comparison._figures.class_figures import plot_confusion
from galmorph.comparison._figures.explanations import plot_explanations
from galmorph.comparison._figures.plots import Plots
from galmorph.comparison._figures.recipe_plot import plot_recipe
from galmorph.comparison._findings.audit import audit_labels, ned_link
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.pairs import Pair, judge_pairs
from galmorph.comparison._findings.result import ArchitectureResult, Cost, Estimate
from galmorph.comparison._findings.transfer import Transfer, TransferResult
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Job, Run
from galmorph.comparison._statistics.abstention import Abstention, abstain_at
from galmorph.comparison._statistics.bootstrap import bootstrap_interval
from galmorph.comparison._statistics.calibration import reliability
from galmorph.comparison._statistics.confusion import class_precision, class_recall, confusion
from galmorph.comparison._statistics.curves import average_precision, roc_area
from galmorph.comparison._statistics.differences import accuracy_difference_interval, paired_interval, seed_interval
from galmorph.comparison._statistics.effect_sizes import cohens_h, superiority
from galmorph.comparison._statistics.independent import independent_interval
from galmorph.comparison._statistics.mcnemar import McNemar, holm, mcnemar, smallest_difference
from galmorph.comparison._statistics.metrics import accuracy, balanced_accuracy, calibration_error, log_loss, macro_f1
from galmorph.comparison._statistics.orientations import Consistency, consistency, mean_over_orientations
from galmorph.comparison._statistics.practical_equivalence import (
    Equivalence,
    correlated_t_test,
    practical_equivalence,
    two_way_equivalence,
)
from galmorph.comparison._statistics.proportions import proportion_interval, wilson_interval
from galmorph.comparison._statistics.two_way import accuracy_two_way_interval, two_way_interval

__all__ = [
    "Abstention",
    "ArchitectureResult",
    "Comparison",
    "ComparisonPlan",
    "Consistency",
    "Cost",
    "Equivalence",
    "Estimate",
    "Findings",
    "Job",
    "McNemar",
    "Pair",
    "Plots",
    "Run",
    "Transfer",
    "TransferResult",
    "abstain_at",
    "accuracy",
    "accuracy_difference_interval",
    "accuracy_two_way_interval",
    "audit_labels",
    "average_precision",
    "balanced_accuracy",
    "bootstrap_interval",
    "calibration_error",
    "class_precision",
    "class_recall",
    "cohens_h",
    "compare",
    "confusion",
    "consistency",
    "correlated_t_test",
    "holm",
    "independent_interval",
    "judge_pairs",
    "log_loss",
    "macro_f1",
    "mcnemar",
    "mean_over_orientations",
    "ned_link",
    "paired_interval",
    "plot_confusion",
    "plot_explanations",
    "plot_recipe",
    "practical_equivalence",
    "proportion_interval",
    "reliability",
    "roc_area",
    "seed_interval",
    "smallest_difference",
    "superiority",
    "two_way_equivalence",
    "two_way_interval",
    "wilson_interval",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
