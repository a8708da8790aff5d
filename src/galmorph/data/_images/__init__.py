"""Image files: FITS, JPEG, PNG and TIFF to `galmorph.types.GalaxyImage`, and the image files of a folder by name.

Every other folder of `galmorph.data` may import from here; this folder imports from none of them.
"""
