"""Images of galaxies: files of any format, several files of one galaxy, and images in memory to `GalaxyImage`.

Imports from ``_fits``. The folders above may import from here.
"""
