"""Predictions: what may be classified, how images become stamps for a network, and the tables and files of answers.

Imports from ``_engine``. It knows no `Classifier`, but functions and values that a classifier gives it. ``_classifier``
imports from here.
"""
