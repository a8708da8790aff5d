"""Plan and runs: what a comparison trains, the trainings with their answers, and the folder that keeps them.

``_findings`` and everything above it import from here. This folder does not import from ``_statistics``.
"""
