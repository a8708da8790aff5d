"""Several architectures, the same galaxies: which is better, and how sure one can be.

`compare` trains each architecture on the same galaxies with one recipe, budget and augmentation, as a `ComparisonPlan`
says, and returns a `Comparison`. Print it; look up an `ArchitectureResult` by the name of its architecture; read what
can be said of each `Pair`; make tables (``to_table``, ``predictions``, ``to_latex``, ``audit``), figures (``plots``) or
a whole page (``write_report``) of it.

The statistics can be used alone. All take labels and probabilities, as ``Scores`` and ``Run`` hold them:

- of one classifier: `accuracy`, `balanced_accuracy`, `macro_f1`, `log_loss`, `calibration_error`, `confusion`,
  `class_precision`, `class_recall`, with `wilson_interval` for proportions and `bootstrap_interval` for the rest;
- of two or more: `mcnemar`, `holm`, `paired_interval`, `seed_interval`, `smallest_difference`, and `judge_pairs`, which
  puts them together;
- of trust: `reliability`, `abstain_at`, `consistency`, `mean_over_orientations`, `audit_labels`.
"""

from galmorph.comparison._compare import compare
from galmorph.comparison._comparison import Comparison
from galmorph.comparison._figures.explanations import plot_explanations
from galmorph.comparison._figures.plots import Plots
from galmorph.comparison._findings.audit import audit_labels, ned_link
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.pairs import Pair, judge_pairs
from galmorph.comparison._findings.result import ArchitectureResult, Cost, Estimate
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Job, Run
from galmorph.comparison._statistics.calibration import Abstention, abstain_at, reliability
from galmorph.comparison._statistics.confusion import class_precision, class_recall, confusion
from galmorph.comparison._statistics.differences import paired_interval, seed_interval
from galmorph.comparison._statistics.intervals import bootstrap_interval, wilson_interval
from galmorph.comparison._statistics.mcnemar import McNemar, holm, mcnemar, smallest_difference
from galmorph.comparison._statistics.metrics import accuracy, balanced_accuracy, calibration_error, log_loss, macro_f1
from galmorph.comparison._statistics.orientations import Consistency, consistency, mean_over_orientations

__all__ = [
    "Abstention",
    "ArchitectureResult",
    "Comparison",
    "ComparisonPlan",
    "Consistency",
    "Cost",
    "Estimate",
    "Findings",
    "Job",
    "McNemar",
    "Pair",
    "Plots",
    "Run",
    "abstain_at",
    "accuracy",
    "audit_labels",
    "balanced_accuracy",
    "bootstrap_interval",
    "calibration_error",
    "class_precision",
    "class_recall",
    "compare",
    "confusion",
    "consistency",
    "holm",
    "judge_pairs",
    "log_loss",
    "macro_f1",
    "mcnemar",
    "mean_over_orientations",
    "ned_link",
    "paired_interval",
    "plot_explanations",
    "reliability",
    "seed_interval",
    "smallest_difference",
    "wilson_interval",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
