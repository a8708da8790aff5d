"""Morphological types: the parser of type strings such as ``SAB(rs)bc``, and the schemes that make classes of them.

Every other folder of `galmorph.data` may import from here; this folder imports from none of them.
"""
