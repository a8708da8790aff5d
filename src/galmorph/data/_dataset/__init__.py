"""The `Dataset` (stamps, labels and a table), its splits and batches, and the search for leaks between its parts.

It imports from ``_catalogue``; ``_load`` builds data sets with it.
"""
