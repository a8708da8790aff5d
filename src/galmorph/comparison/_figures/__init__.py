"""Figures of a comparison: plots, galleries of galaxies, and maps that explain answers, drawn with matplotlib.

Imports from ``_findings`` and below. ``_report`` and the room's own modules import from here.
"""
