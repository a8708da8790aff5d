"""Figures, drawn with matplotlib: plots of a comparison, galleries of galaxies, and maps that explain answers.

This folder imports from ``_findings`` and below. ``_report`` and ``_comparison`` import from here.
"""
