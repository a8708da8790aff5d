"""Designations: the same name, as different catalogues write it."""

import re

__all__ = ["designation"]

# A catalogue's letters, a number, and perhaps a letter for a component.
_NUMBERED = re.compile(r"([A-Za-z][A-Za-z .]*?)[ .-]*0*([0-9]+)[ ]*([A-Za-z]?)", re.ASCII)
_CATALOGUES = {"MESSIER": "M", "LEDA": "PGC", "MARKARIAN": "MRK", "MKN": "MRK"}


def designation(name: str) -> str:
    """Write a name as it is compared between catalogues: without blanks, case and leading zeros.

    ``NGC 4536``, ``NGC4536`` and ``ngc 04536`` are one designation, and so are ``MESSIER 049`` and ``M49``, or
    ``LEDA 41823`` and ``PGC 41823``. Other names (``SDSS J1234+0123``, ``ESO 121- 6``) lose their blanks and case only.
    Different names of one galaxy (``M 49``, ``NGC 4472``) stay different.

    Examples
    --------
    >>> [designation(name) for name in ("MESSIER 051a", "M51A", "UGC 00041", "NGC 0105 NED02")]
    ['M51A', 'M51A', 'UGC41', 'NGC0105NED02']
    """
    found = _NUMBERED.fullmatch(name.strip())
    if found is None:
        return "".join(name.split()).upper()
    letters = re.sub(r"[ .]", "", found[1]).upper()
    return f"{_CATALOGUES.get(letters, letters)}{found[2]}{found[3].upper()}"
