"""Ensembles: several classifiers that answer together, and their files.

Imports the classifier. Evaluation imports from here.
"""
