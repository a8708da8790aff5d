"""What astroquery knows of NED: positions, diameters and cross-identifications of an object.

This is the only module that knows astroquery's interface to NED, and the only one that knows the names of columns in
either of its dialects. astroquery says what to ask (`Ned.get_table` with ``get_query_payload``), our own transport
asks, and our own reader parses: so requests keep their pace, answers are checked before they go into the cache, and an
error is never taken for an answer. astroquery 0.4.11 asks NED's older service (``cgi-bin/datasearch``, columns such as
"NED Major Axis"); the recordings of its next version come from the newer one (``NED::API``, columns such as "Major
Axis" with the ID ``dia_maj``). Either is understood, whichever version is installed.
"""

from dataclasses import dataclass

import astropy.units as u
import numpy as np
from astropy.coordinates import Angle
from astropy.table import MaskedColumn, Table

from galmorph.data._web.request import Answer, Request
from galmorph.data._web.votable import ServiceTable, read_votable
from galmorph.errors import AnswerError

__all__ = ["object_request", "parse_cross_identifications", "parse_diameters", "parse_positions"]

_MAX_BYTES = 16 << 20
_ROUTES = {
    "positions": "PositionsOfObject",
    "diameters": "DiametersOfObject",
    "cross_identifications": "CrossidsOfObject",
}


@dataclass(frozen=True)
class _Number:
    """A column of numbers: its names, first those that are sure to have the unit."""

    names: tuple[str, ...]
    unit: u.UnitBase | None


_REFCODE = ("refcode", "reference")
_DIAMETERS: dict[str, tuple[str, ...] | _Number] = {
    "band": ("frequency targeted", "freq_target", "bandpass"),
    # The older service's "Major Axis" has the unit of the publication, the newer one's is in arcsec.
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
    """Ask for a table of an object: "positions", "diameters" or "cross_identifications"."""
    if table == "cross_identifications":
        payload = {"TARGET": name}  # which astroquery 0.4.11 can't ask for
    else:
        # Imported when first needed: it takes a second, which most uses of galmorph.data need not pay.
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
        table[key] = MaskedColumn(values, mask=np.isnan(values), unit=u.deg)
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
        raise AnswerError(
            f"{asked}: expected one table, got {len(tables)}; the answer is kept in the error's content ({answer.url})",
            url=answer.url,
            content=answer.content,
        )
    return tables[0]


def _add(table: Table, sent: ServiceTable, columns: dict[str, tuple[str, ...] | _Number]) -> Table:
    for key, what in columns.items():
        if isinstance(what, _Number):
            values = sent.floats(*what.names)
            table[key] = MaskedColumn(values, mask=np.isnan(values), unit=what.unit)
        else:
            table[key] = np.array(sent.texts(*what), dtype=str)
    return table


def _degrees(text: str, unit: u.UnitBase) -> float:
    try:
        return float(Angle(text, unit=unit).to_value(u.deg)) if text else np.nan
    except Exception:
        # Of several kinds, from astropy's parser of angles.
        return np.nan
