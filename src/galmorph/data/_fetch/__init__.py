"""Download one image of each galaxy into a folder: image sources, checks of what arrived, and the manifest.

Imports from ``_web`` (requests), ``_images`` (to read what arrived) and ``_catalogue`` (names and positions). ``_load``
reads the manifest that is written here.
"""
