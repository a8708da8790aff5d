"""Soft labels: fractions or counts of votes in place of one class, and the losses that learn from them.

Imports nothing of training. The engine imports from here.
"""
