"""Galaxy Zoo: its tables of votes with their images, and the HDF5 files of Galaxy10, to a `Dataset`.

The top floor of `galmorph.data`, above the loaders of images: it may import from all other folders, and only
``galmorph/data/__init__.py`` imports from here.
"""
