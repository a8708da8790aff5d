"""The `Classifier`: a trained network with its recipe and classes, its file format, its checks and its calibration.

Imports from ``_predictions`` and ``_engine``. ``_explanations`` and the room's own modules import from here.
"""
