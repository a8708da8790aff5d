"""Statistics: metrics, confidence intervals, significance tests and calibration, computed from arrays.

This folder imports from no other folder of `galmorph.comparison`.
"""
