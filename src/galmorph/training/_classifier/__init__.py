"""The `Classifier`: a trained network with its recipe, its classes, its file format and its calibration.

Imports from ``_engine``. ``_explanations`` and the room's own modules import from here.
"""
