"""Explanations of the answers of a classifier: saliency and Grad-CAM.

Imports from ``_classifier`` and ``_engine``; only the room's ``__init__`` imports from here.
"""
