"""The `Classifier`: a trained network with its recipe and classes, prediction of files, file format and calibration.

Imports from ``_engine``. ``_explanations`` and the room's own modules import from here.
"""
