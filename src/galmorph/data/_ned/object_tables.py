"""Positions, diameters and cross-identifications of an object, requested the way astroquery does.

Only this module knows astroquery's interface to NED and the names of the columns that NED sends. astroquery gives the
parameters of a request (`Ned.get_table` with ``get_query_payload``); our own transport sends it, and our own reader
parses the answer. In this way requests keep their pace, answers are checked before they go into the cache, and an error
is never taken for an answer.

astroquery 0.4.11 asks NED's older service (``cgi-bin/datasearch``, columns such as "NED Major Axis"). Its next version
asks the newer one (``NED::API``, columns such as "Major Axis" with the ID ``dia_maj``), as its recordings show. This
module understands both, whichever version is installed.
"""

from dataclasses import dataclass

import astropy.units as u
import numpy as np
from astropy.coordinates import Angle
from astropy.table import Table

from galmorph.data._ned.columns import number_column, text_column
from galmorph.data._web.request import Answer, Request, answer_error
from galmorph.data._web.votable import ServiceTable, read_votable

__all__ = ["object_request", "parse_cross_identifications", "parse_diameters", "parse_positions"]

_MAX_BYTES = 16 << 20
_ROUTES = {
    "positions": "PositionsOfObject",
    "diameters": "DiametersOfObject",
    "cross_identifications": "CrossidsOfObject",
}


@dataclass(frozen=True)
class _Number:
    """A column of numbers: its possible names, and its unit. Names that always have this unit come first."""

    names: tuple[str, ...]
    unit: u.UnitBase | None


_REFCODE = ("refcode", "reference")
_DIAMETERS: dict[str, tuple[str, ...] | _Number] = {
    "band": ("frequency targeted", "freq_target", "bandpass"),
    # "Major Axis" of the older service is in the unit of the publication, that of the newer one in arcsec.
    "major_axis_arcsec": _Number(("ned major axis", "dia_maj"), u.arcsec),
    "minor_axis_arcsec": _Number(("ned minor axis", "dia_min"), u.arcsec),
    "position_angle": _Number(("ned position angle", "dia_pa"), u.deg),
    "axis_ratio": _Number(("ned axis ratio", "axis_ratio", "axis ratio (b/a)"), None),
    "reference_level": ("reference level", "ref_level"),
    "refcode": _REFCODE,
}
_POSITIONS: dict[str, tuple[str, ...] | _Number] = {
    "uncertainty_major_arcsec": _Number(("uncertainty ellipse semi-major axis", "unc_sma", "semi-maj unc"), u.arcsec),
    "uncertainty_minor_arcsec": _Number(("uncertainty ellipse semi-minor axis", "unc_smi", "semi-min unc"), u.arcsec),
    "published_name": ("published name",),
    "refcode": _REFCODE,
}
_CROSS_IDENTIFICATIONS: dict[str, tuple[str, ...] | _Number] = {
    "name": ("object_name", "object name"),
    "object_type": ("ptype", "physical type"),
}


def object_request(base_url: str, table: str, name: str) -> Request:
    """Make the request for a table of an object: "positions", "diameters" or "cross_identifications"."""
    if table == "cross_identifications":
        payload = {"TARGET": name}  # astroquery 0.4.11 has no request for it
    else:
        # Imported here because it takes a second, and most uses of galmorph.data don't need it.
        from astroquery.ipac.ned import Ned

        payload = Ned.get_table(name, table=table, get_query_payload=True)
    route = f"NED::API/{_ROUTES[table]}" if "TARGET" in payload else "cgi-bin/datasearch"
    params = tuple((str(key), str(value)) for key, value in payload.items())
    return Request(url=f"{base_url}/{route}", params=params, max_bytes=_MAX_BYTES)


def parse_positions(answer: Answer, *, name: str) -> Table:
    """Read the published positions of an object, as `NedClient.positions` describes them."""
    sent = _only_table(answer, f"positions of {name!r}")
    table = Table()
    for key, degrees, sexagesimal, unit in (
        ("ra", "equ_j2000_lon", ("ra-s", "ra"), u.hourangle),
        ("dec", "equ_j2000_lat", ("dec-s", "dec"), u.deg),
    ):
        values = sent.floats(degrees)
        if degrees not in sent.places:
            values = np.array([_degrees(text, unit) for text in sent.texts(*sexagesimal)], np.float64)
        table[key] = number_column(values, unit=u.deg)
    return _add(table, sent, _POSITIONS)


def parse_diameters(answer: Answer, *, name: str) -> Table:
    """Read the published diameters of an object, as `NedClient.diameters` describes them."""
    return _add(Table(), _only_table(answer, f"diameters of {name!r}"), _DIAMETERS)


def parse_cross_identifications(answer: Answer, *, name: str) -> Table:
    """Read the names of an object, as `NedClient.cross_identifications` describes them."""
    return _add(Table(), _only_table(answer, f"cross-identifications of {name!r}"), _CROSS_IDENTIFICATIONS)


def _only_table(answer: Answer, asked: str) -> ServiceTable:
    tables = read_votable(answer, asked=asked)
    if len(tables) != 1:
        raise answer_error(answer, asked, f"expected one table, got {len(tables)}")
    return tables[0]


def _add(table: Table, sent: ServiceTable, columns: dict[str, tuple[str, ...] | _Number]) -> Table:
    for key, what in columns.items():
        if isinstance(what, _Number):
            table[key] = number_column(sent.floats(*what.names), unit=what.unit)
        else:
            table[key] = text_column(sent.texts(*what))
    return table


def _degrees(text: str, unit: u.UnitBase) -> float:
    try:
        return float(Angle(text, unit=unit).to_value(u.deg)) if text else np.nan
    except Exception:
        # astropy's parser of angles raises several kinds of errors.
        return np.nan
