"""The report: one HTML page, tables for terminals and papers, the methods paragraph, and the citations.

Imports from every other folder of `galmorph.comparison`; only the room's own modules import from here.
"""
