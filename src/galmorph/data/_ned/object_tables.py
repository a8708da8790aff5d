"""Positions, diameters and cross-identifications of an object, from the newer service of NED or from the older ones.

NED::API has a service for each; its columns have IDs that stay (``dia_maj``), and names that change. The older services
(``cgi-bin/datasearch`` and ``cgi-bin/objsearch``) have no IDs, but names that stay ("NED Major Axis").
"""

from dataclasses import dataclass

import astropy.units as u
import numpy as np
from astropy.coordinates import Angle
from astropy.table import Table

from galmorph.data._ned.columns import by_id, need_sent, number_column, text_column
from galmorph.data._web.request import Answer, Request, answer_error
from galmorph.data._web.votable import ServiceTable, read_votable

__all__ = [
    "object_request",
    "older_object_request",
    "parse_cross_identifications",
    "parse_diameters",
    "parse_positions",
]

_MAX_BYTES = 16 << 20
_SERVICES = {
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
_NAME = ("object_name", "object name", "objname", "name")
_CROSS_IDENTIFICATIONS: dict[str, tuple[str, ...] | _Number] = {
    "name": _NAME,
    "object_type": ("ptype", "physical type", "type", "objtype"),
}


def object_request(base_url: str, table: str, name: str) -> Request:
    """Make the request for a table of an object: "positions", "diameters" or "cross_identifications"."""
    url = f"{base_url}/NED::API/{_SERVICES[table]}"
    return Request(url=url, params=(("TARGET", name),), max_bytes=_MAX_BYTES)


def older_object_request(base_url: str, table: str, name: str) -> Request:
    """Make the request of an older service for the same table."""
    if table == "cross_identifications":
        params = (("of", "xml_names"), ("extend", "no"), ("objname", name))
        return Request(url=f"{base_url}/cgi-bin/objsearch", params=params, max_bytes=_MAX_BYTES)
    params = (("of", "xml_main"), ("objname", name), ("search_type", table.capitalize()))
    return Request(url=f"{base_url}/cgi-bin/datasearch", params=params, max_bytes=_MAX_BYTES)


def parse_positions(answer: Answer, *, name: str) -> Table:
    """Read the published positions of an object, as `NedClient.positions` describes them."""
    asked = f"positions of {name!r}"
    sent = _only_table(answer, asked)
    ra, dec = ("equ_j2000_lon", "ra-s", "ra"), ("equ_j2000_lat", "dec-s", "dec")
    need_sent(answer, asked, sent, ra, dec)
    table = Table()
    for key, (degrees, *sexagesimal), unit in (("ra", ra, u.hourangle), ("dec", dec, u.deg)):
        values = sent.in_unit(u.deg, degrees)
        if degrees not in sent.places:
            values = np.array([_degrees(text, unit) for text in sent.texts(*sexagesimal)], np.float64)
        table[key] = number_column(values, unit=u.deg)
    return _add(table, sent, _POSITIONS)


def parse_diameters(answer: Answer, *, name: str) -> Table:
    """Read the published diameters of an object, as `NedClient.diameters` describes them."""
    asked = f"diameters of {name!r}"
    sent = _only_table(answer, asked)
    need_sent(answer, asked, sent, ("dia_maj", "ned major axis"))
    return _add(Table(), sent, _DIAMETERS)


def parse_cross_identifications(answer: Answer, *, name: str) -> Table:
    """Read the names of an object, as `NedClient.cross_identifications` describes them."""
    asked = f"cross-identifications of {name!r}"
    sent = _only_table(answer, asked, title="names")
    need_sent(answer, asked, sent, _NAME)
    return _add(Table(), sent, _CROSS_IDENTIFICATIONS)


def _only_table(answer: Answer, asked: str, *, title: str = "") -> ServiceTable:
    tables = read_votable(answer, asked=asked)
    if len(tables) > 1 and title:
        tables = [each for each in tables if title in each.title.lower()]
    if len(tables) != 1:
        raise answer_error(answer, asked, f"expected one table, got {len(tables)}")
    return by_id(tables[0])


def _add(table: Table, sent: ServiceTable, columns: dict[str, tuple[str, ...] | _Number]) -> Table:
    for key, what in columns.items():
        if isinstance(what, _Number):
            table[key] = number_column(sent.in_unit(what.unit, *what.names), unit=what.unit)
        else:
            table[key] = text_column(sent.texts(*what))
    return table


def _degrees(text: str, unit: u.UnitBase) -> float:
    try:
        return float(Angle(text, unit=unit).to_value(u.deg)) if text else np.nan
    except Exception:
        # astropy's parser of angles raises several kinds of errors.
        return np.nan
