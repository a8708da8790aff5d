"""From a plan to runs: the frozen plan, the trainings that it asks for, and the folder that keeps their answers.

``_findings`` and above import from here; this folder does not know ``_statistics``.
"""
