"""SIMBAD, the database of objects at CDS: positions, types and diameters of named galaxies.

Loaders and downloads may import from here; NED's client and SIMBAD's do not know each other.
"""
