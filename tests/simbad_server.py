"""A local server that also answers like SIMBAD's query service, beside NED and TAPVizieR.

::

    with SimbadServer() as server:
        server.add_object("M  49", "NGC 4472", ra=187.4, dec=8.0, morph_type="E2")  # its main name, and others
        server.simbad                                       # the service for SimbadClient

It has the columns of the service's own list of its table ``basic``. Names are compared without blanks and case.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cds_answers import CdsHandler, CdsServer, tap_votable

FIELDS = {
    "main_id": ("char", ""),
    "ra": ("double", "deg"),
    "dec": ("double", "deg"),
    "otype": ("char", ""),
    "morph_type": ("char", ""),
    "morph_bibcode": ("char", ""),
    "galdim_majaxis": ("float", "arcmin"),
    "galdim_minaxis": ("float", "arcmin"),
    "galdim_angle": ("short", "deg"),
    "galdim_bibcode": ("char", ""),
    "rvz_redshift": ("double", ""),
}
OBJECT = {"ra": 10.0, "dec": -5.0, "otype": "G", "morph_type": "SB(s)b", "morph_bibcode": "1991rc3..book.....D",
          "galdim_majaxis": 4.0, "galdim_minaxis": 3.0, "galdim_angle": 130, "galdim_bibcode": "2006AJ....131.1163S",
          "rvz_redshift": 0.01}  # fmt: skip


@dataclass
class SimbadServer(CdsServer):
    """See the module's docstring."""

    objects: dict[str, dict[str, object]] = field(default_factory=dict)
    columns: dict[str, tuple[str, str]] = field(default_factory=lambda: dict(FIELDS))

    def __enter__(self) -> "SimbadServer":
        super().__enter__()
        self._server.RequestHandlerClass = type("BoundToSimbad", (SimbadHandler,), {"ned": self})
        return self

    @property
    def simbad(self) -> str:
        """Address of the query service."""
        return f"{self.url}/simbad/sim-tap/sync"

    def add_object(self, main_id: str, *names: str, **values: object) -> None:
        """Add an object with its main name, and others."""
        known = OBJECT | {"main_id": main_id} | values
        for name in (main_id, *names):
            self.objects[_written(name)] = known

    def simbad_answer(self, query: Mapping[str, list[str]]) -> bytes:
        """Answer the one kind of query that galmorph sends."""
        adql = query["QUERY"][0]
        found = re.fullmatch(
            r"SELECT (.+) FROM basic JOIN ident ON basic\.oid = ident\.oidref WHERE ident\.id = '((?:[^']|'')*)'", adql
        )
        if found is None:
            return tap_votable({}, [], status="ERROR", message=f"Incorrect ADQL query: {adql}")
        assert [f"basic.{name}" for name in FIELDS] == found[1].split(", ")
        known = self.objects.get(_written(found[2].replace("''", "'")))
        return tap_votable(self.columns, [known] if known else [])


class SimbadHandler(CdsHandler):
    """One request."""

    def _content(self, path: str, query: Mapping[str, list[str]], *rest: object) -> tuple[bytes | None, str]:
        if path == "/simbad/sim-tap/sync":
            return self.ned.simbad_answer(query), "application/x-votable+xml"
        return super()._content(path, query, *rest)


def _written(name: str) -> str:
    return "".join(name.split()).upper()
