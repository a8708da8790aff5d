"""The common table of galaxies, and your own list, which a service of names turns into one.

A service of names is any object that gives the overview of a name (`NameService`), so NED's client and SIMBAD's share
what is here. Clients and catalogue sources import from here; this folder knows none of them.
"""
