"""What follows from the runs: the results of each architecture, the judgement on each pair, and the audit of labels.

Imports from ``_statistics`` and ``_runs``. Figures and report are drawn from what is found here.
"""
