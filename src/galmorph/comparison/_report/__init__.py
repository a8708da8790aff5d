"""Report: the HTML page, tables for terminals and papers, the methods paragraph, and the citations.

This folder imports from every other folder of `galmorph.comparison`; only ``_comparison`` imports from here.
"""
