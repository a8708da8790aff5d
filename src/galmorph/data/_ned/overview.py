"""Read NED's overview of one object, and its published classifications."""

import astropy.units as u
from astropy.table import Table

from galmorph.data._ned.columns import number_column, text_column
from galmorph.data._web.request import Answer, Request, answer_error
from galmorph.data._web.votable import ServiceTable, read_votable

__all__ = ["classifications_request", "overview_request", "parse_classifications", "parse_overview"]

_MAX_BYTES = 16 << 20


def overview_request(base_url: str, name: str) -> Request:
    """Make the request for the overview of an object."""
    return Request(url=f"{base_url}/NED::API/OverviewOfObject", params=(("TARGET", name),), max_bytes=_MAX_BYTES)


def classifications_request(base_url: str, name: str) -> Request:
    """Make the request for the published classifications of an object."""
    params = (("of", "xml_all"), ("extend", "no"), ("objname", name))
    return Request(url=f"{base_url}/cgi-bin/objsearch", params=params, max_bytes=_MAX_BYTES)


def parse_overview(answer: Answer, *, name: str) -> Table:
    """Read an overview: a table of one row, as `NedClient.overview` describes it.

    Raises
    ------
    UnknownObjectError
        If NED does not know the name.
    AnswerError
        If the answer is not a VOTable with one table of one row.
    """
    asked = f"overview of {name!r}"
    tables = read_votable(answer, asked=asked)
    if [len(each) for each in tables] != [1]:
        raise answer_error(answer, asked, f"expected one table of one row, got {[len(each) for each in tables]} rows")
    sent = tables[0]
    cross_ids = sent.texts("crossid_list")[0]
    known_as = sent.texts("prefname", "object name")[0] or cross_ids.partition(";")[0].strip() or name
    table = Table(
        {
            "name": [known_as],
            "ra": number_column(sent.floats("equ_j2000_lon", "ra"), unit=u.deg),
            "dec": number_column(sent.floats("equ_j2000_lat", "dec"), unit=u.deg),
            "object_type": text_column(sent.texts("ptype", "physical type")),
            "redshift": number_column(sent.floats("z", "redshift")),
            "morphology": text_column(sent.texts("o_class_morph")),
            "morphology_refcode": text_column(sent.texts("morph_refcode")),
            "activity": text_column(sent.texts("o_class_activity")),
            "major_axis_arcmin": number_column(sent.floats("o_diam_maj_dia") / 60, unit=u.arcmin),  # from arcsec
            "cross_ids": [cross_ids],
        }
    )
    return _with_all(table, sent)


def parse_classifications(answer: Answer, *, name: str) -> Table:
    """Read the published classifications, as `NedClient.classifications` describes them.

    Raises
    ------
    UnknownObjectError
        If NED does not know the name.
    AnswerError
        If the answer is not a VOTable, or holds no table of classifications.
    """
    asked = f"classifications of {name!r}"
    tables = read_votable(answer, asked=asked)
    sent = next((each for each in tables if "classification" in each.title.lower()), None)
    if sent is None:
        titles = [each.title for each in tables]
        what = f"expected a table of classifications, got tables named {titles}; NED may have none for this object"
        raise answer_error(answer, asked, what)
    columns = {
        "category": ("category", "classification type", "attribute"),
        "value": ("classification", "value", "homogenized classification", "classification (homogenized)"),
        "refcode": ("refcode", "reference", "reference code"),
    }
    table = Table({key: text_column(sent.texts(*names)) for key, names in columns.items()})
    return _with_all(table, sent)


def _with_all(table: Table, sent: ServiceTable) -> Table:
    """Add the columns that NED sent, except those whose names are taken."""
    for key in sent.table.colnames:
        if key not in table.colnames:
            table[key] = sent.table[key]
    return table
