"""Telescopes and archives: surveys and their numbers, resampling, point-spread functions and JPEG compression.

The other modules of the simulation import from here; this folder imports from none of them.
"""
