"""Metrics, confidence intervals, tests and calibration: arrays in, numbers out.

This folder imports from no other folder of `galmorph.comparison`.
"""
