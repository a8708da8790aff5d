"""Tables of galaxies: reading their columns, cleaning them, and grouping rows that show the same sky.

A catalogue is an astropy table with one row for each galaxy. Every other folder of `galmorph.data` may import from
here; this folder imports from none of them.
"""
