"""Findings: the results of each architecture, the tests of each pair, and the audit of labels, computed from the runs.

This folder imports from ``_statistics`` and ``_runs``. Figures and report show what it computes.
"""
