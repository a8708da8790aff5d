"""What NED tells of one object: its overview, and its published classifications."""

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn, Table

from galmorph.data._web.request import Answer, Request
from galmorph.data._web.votable import ServiceTable, read_votable
from galmorph.errors import AnswerError

__all__ = ["classifications_request", "overview_request", "parse_classifications", "parse_overview"]

_MAX_BYTES = 16 << 20


def overview_request(base_url: str, name: str) -> Request:
    """Ask what NED knows best of an object."""
    return Request(url=f"{base_url}/NED::API/OverviewOfObject", params=(("TARGET", name),), max_bytes=_MAX_BYTES)


def classifications_request(base_url: str, name: str) -> Request:
    """Ask for the published classifications of an object."""
    params = (("of", "xml_all"), ("extend", "no"), ("objname", name))
    return Request(url=f"{base_url}/cgi-bin/objsearch", params=params, max_bytes=_MAX_BYTES)


def parse_overview(answer: Answer, *, name: str) -> Table:
    """Read an overview: a table of one row, as `NedClient.overview` describes it.

    Raises
    ------
    UnknownObjectError
        If NED does not know the name.
    AnswerError
        If it is no VOTable with a table of one row.
    """
    asked = f"overview of {name!r}"
    tables = read_votable(answer, asked=asked)
    if [len(each) for each in tables] != [1]:
        raise AnswerError(
            f"{asked}: expected one table of one row, got {[len(each) for each in tables]} rows; "
            f"the answer is kept in the error's content",
            url=answer.url,
            content=answer.content,
        )
    sent = tables[0]

    def text(*names: str) -> Column:
        return Column(np.array(sent.texts(*names), dtype=str))

    def number(*names: str, unit: u.Unit | None = None, factor: float = 1.0) -> MaskedColumn:
        values = sent.floats(*names) * factor
        return MaskedColumn(values, mask=np.isnan(values), unit=unit)

    cross_ids = sent.texts("crossid_list")[0]
    known_as = sent.texts("prefname", "object name")[0] or cross_ids.partition(";")[0].strip() or name
    table = Table(
        {
            "name": [known_as],
            "ra": number("equ_j2000_lon", "ra", unit=u.deg),
            "dec": number("equ_j2000_lat", "dec", unit=u.deg),
            "object_type": text("ptype", "physical type"),
            "redshift": number("z", "redshift"),
            "morphology": text("o_class_morph"),
            "morphology_refcode": text("morph_refcode"),
            "activity": text("o_class_activity"),
            "major_axis_arcmin": number("o_diam_maj_dia", unit=u.arcmin, factor=1 / 60),
            "cross_ids": [cross_ids],
        }
    )
    return _with_all(table, sent)


def parse_classifications(answer: Answer, *, name: str) -> Table:
    """Read the published classifications: as `NedClient.classifications` describes them.

    Raises
    ------
    UnknownObjectError
        If NED does not know the name.
    AnswerError
        If it is no VOTable, or holds no table of classifications.
    """
    asked = f"classifications of {name!r}"
    tables = read_votable(answer, asked=asked)
    sent = next((each for each in tables if "classification" in each.title.lower()), None)
    if sent is None:
        raise AnswerError(
            f"{asked}: expected a table of classifications, got tables named {[each.title for each in tables]}; "
            f"NED may have published none for it; the answer is kept in the error's content",
            url=answer.url,
            content=answer.content,
        )
    columns = {
        "category": ("category", "classification type", "attribute"),
        "value": ("classification", "value", "homogenized classification", "classification (homogenized)"),
        "refcode": ("refcode", "reference", "reference code"),
    }
    table = Table({key: np.array(sent.texts(*names), dtype=str) for key, names in columns.items()})
    return _with_all(table, sent)


def _with_all(table: Table, sent: ServiceTable) -> Table:
    """Add the columns that NED sent, but for those whose names are taken."""
    for key in sent.table.colnames:
        if key not in table.colnames:
            table[key] = sent.table[key]
    return table
