"""Morphological types: the parser of type strings such as ``SAB(rs)bc``, and the schemes that turn types into classes.

The README.md in this folder says how a string is read. Every other folder of `galmorph.data` may import from here;
this folder imports from none of them.
"""
