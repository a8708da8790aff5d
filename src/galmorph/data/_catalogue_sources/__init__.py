"""Catalogues of galaxies with types, from NED and from CDS, in one common table.

Not to be mistaken for ``_catalogue``, which cleans and groups tables of galaxies wherever they come from. Imports from
``_ned``, ``_web`` and ``_morphology``.
"""
