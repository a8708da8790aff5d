"""Download one image of each galaxy into a folder: image sources, checks of downloaded files, and the manifest.

Imports from ``_ned`` (the client that lists NED's images), ``_web`` (requests), ``_images`` (to read downloaded files)
and ``_catalogue`` (names and positions). ``_load`` reads the manifest that is written here.
"""
