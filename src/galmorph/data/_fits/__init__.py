"""FITS files: which HDU is the image, its pixels, masks, bands and coordinates.

``_images`` imports from here; this folder imports from none of the others.
"""
