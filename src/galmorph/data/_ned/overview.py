"""Read NED's overview of one object, and its published classifications."""

import astropy.units as u
from astropy.table import Table

from galmorph._warnings import warn
from galmorph.data._ned.columns import by_id, need_sent, number_column, text_column
from galmorph.data._web.request import Answer, Request, answer_error
from galmorph.data._web.votable import ServiceTable, read_votable
from galmorph.errors import IncompleteWarning

__all__ = [
    "classifications_request",
    "overview_request",
    "parse_classifications",
    "parse_older_overview",
    "parse_overview",
]

_MAX_BYTES = 16 << 20
_TYPES = {
    "category": ("category", "classification type", "attribute"),
    "value": ("classification", "value", "homogenized classification", "classification (homogenized)"),
    "refcode": ("refcode", "reference", "reference code"),
}
# Columns of the overview by ID; the tables of other services and tests may have only names.
_RA, _DEC = ("equ_j2000_lon", "ra"), ("equ_j2000_lat", "dec")
_OPTIONAL = {
    "object_type": ("ptype", "physical type"),
    "redshift": ("z", "redshift"),
    "morphology": ("o_class_morph",),
    "morphology_refcode": ("morph_refcode",),
    "activity": ("o_class_activity",),
    "major_axis_arcmin": ("o_diam_maj_dia",),
    "cross_ids": ("crossid_list",),
}


def overview_request(base_url: str, name: str) -> Request:
    """Make the request for the overview of an object."""
    return Request(url=f"{base_url}/NED::API/OverviewOfObject", params=(("TARGET", name),), max_bytes=_MAX_BYTES)


def classifications_request(base_url: str, name: str) -> Request:
    """Make the request for all that the older service has of an object, with its published classifications."""
    params = (("of", "xml_all"), ("extend", "no"), ("objname", name))
    return Request(url=f"{base_url}/cgi-bin/objsearch", params=params, max_bytes=_MAX_BYTES)


def parse_overview(answer: Answer, *, name: str) -> Table:
    """Read an overview: a table of one row, as `NedClient.overview` describes it.

    Raises
    ------
    UnknownObjectError
        If NED does not know the name.
    AnswerError
        If the answer is not a VOTable with one table of one row, or the position is missing among its columns.

    Warns
    -----
    IncompleteWarning
        If another column is missing.
    """
    asked = f"overview of {name!r}"
    tables = read_votable(answer, asked=asked)
    if [len(each) for each in tables] != [1]:
        raise answer_error(answer, asked, f"expected one table of one row, got {[len(each) for each in tables]} rows")
    sent = by_id(tables[0])
    need_sent(answer, asked, sent, _RA, _DEC)
    missing = [keys[0] for keys in _OPTIONAL.values() if not any(key in sent.places for key in keys)]
    if missing:
        warn(
            f"NED's overviews have no column {', '.join(missing)} any more; what it held is empty or masked",
            IncompleteWarning,
        )
    cross_ids = sent.texts(*_OPTIONAL["cross_ids"])[0]
    known_as = sent.texts("prefname", "object name")[0] or cross_ids.partition(";")[0].strip() or name
    table = Table({"name": [known_as]})
    table["ra"] = number_column(sent.in_unit(u.deg, *_RA), unit=u.deg)
    table["dec"] = number_column(sent.in_unit(u.deg, *_DEC), unit=u.deg)
    for key, names in _OPTIONAL.items():
        if key == "redshift":
            table[key] = number_column(sent.floats(*names))
        elif key == "major_axis_arcmin":
            table[key] = number_column(sent.in_unit(u.arcsec, *names) / 60, unit=u.arcmin)
        else:
            table[key] = text_column(sent.texts(*names))
    return _with_all(table, sent)


def parse_older_overview(answer: Answer, *, name: str) -> Table:
    """Read what the older service has of an object as an overview; it has no diameter and no other names.

    Raises
    ------
    UnknownObjectError
        If NED does not know the name.
    AnswerError
        If the answer is not a VOTable with a main table of one row.
    """
    asked = f"overview of {name!r}"
    tables = read_votable(answer, asked=asked)
    main = next((each for each in tables if "main" in each.title.lower()), None)
    if main is None or len(main) != 1:
        titles = [f"{each.title} ({len(each)} rows)" for each in tables]
        raise answer_error(answer, asked, f"expected a main table of one row, got {', '.join(titles) or 'no table'}")
    ra, dec = ("ra(deg)", "ra"), ("dec(deg)", "dec")
    need_sent(answer, asked, main, ra, dec)
    morphology, refcode = _first_type(tables, "morph")
    activity, _ = _first_type(tables, "activity")
    table = Table(
        {
            "name": [main.texts("object name")[0] or name],
            "ra": number_column(main.floats(*ra), unit=u.deg),
            "dec": number_column(main.floats(*dec), unit=u.deg),
            "object_type": text_column(main.texts("type")),
            "redshift": number_column(main.floats("redshift")),
            "morphology": [morphology],
            "morphology_refcode": [refcode],
            "activity": [activity],
            "major_axis_arcmin": number_column([float("nan")], unit=u.arcmin),
            "cross_ids": [""],
        }
    )
    return _with_all(table, main)


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
    sent = _classifications(tables)
    if sent is None:
        titles = [each.title for each in tables]
        what = f"expected a table of classifications, got tables named {titles}; NED may have none for this object"
        raise answer_error(answer, asked, what)
    table = Table({key: text_column(sent.texts(*names)) for key, names in _TYPES.items()})
    return _with_all(table, sent)


def _classifications(tables: list[ServiceTable]) -> ServiceTable | None:
    return next((each for each in tables if "classification" in each.title.lower()), None)


def _first_type(tables: list[ServiceTable], word: str) -> tuple[str, str]:
    """The first classification whose category contains a word, and its reference code; empty if there is none."""
    sent = _classifications(tables)
    rows = [] if sent is None else zip(*(sent.texts(*names) for names in _TYPES.values()), strict=True)
    return next(((value, refcode) for category, value, refcode in rows if word in category.lower()), ("", ""))


def _with_all(table: Table, sent: ServiceTable) -> Table:
    """Add the columns that NED sent, except those whose names are taken."""
    for key in sent.table.colnames:
        if key not in table.colnames:
            table[key] = sent.table[key]
    return table
