"""Read NED's lists of the galaxies of a class: one page of ``OBJatt``."""

import math
import re
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from galmorph._checks import check
from galmorph.data._web.html import parse_html
from galmorph.data._web.request import Answer, Request, answer_error

__all__ = [
    "NED_CLASSES",
    "ROWS_PER_PAGE",
    "BadRow",
    "ListingPage",
    "ListingRow",
    "class_code",
    "listing_request",
    "parse_listing",
]

NED_CLASSES = {
    "E": "1010",
    "S0": "1234",
    "S0/a": "1250",
    "S": "1168",
    "Irr": "1157",
    "A": "1005",
    "AB": "1006",
    "B": "1008",
    "SB0/a": "2121",
    "VLSB": "2993",
    "compact": "2424",
    "edge-on": "2525",
    "tides": "2818",
    "merger": "2812",
    "pseudo-bulge": "3276",
}

ROWS_PER_PAGE = 100
_COLUMNS = 12
_MAX_BYTES = 4 << 20  # a page has about 20 kB

_PAGE = re.compile(r"Page\s+([0-9]{1,6})\s+of\s+([0-9]{1,6})")
_NUMBER = re.compile(r"[0-9]{1,7}")
_REDSHIFT = re.compile(r"[-+]?[0-9]{0,9}(?:[0-9]|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?")
# Imprecise positions may have no seconds.
_RA = re.compile(r"([0-9]{2})h([0-9]{2}(?:\.[0-9]{0,9})?)m(?:([0-9]{2}(?:\.[0-9]{0,9})?)s)?")
_DEC = re.compile(r"([0-9]{2})d([0-9]{2}(?:\.[0-9]{0,9})?)m(?:([0-9]{2}(?:\.[0-9]{0,9})?)s)?")
_NO_CONTENT = re.compile(r"[-|\s]*")  # blank lines, and lines of bars or dashes


class ListingRow(NamedTuple):
    """One object: its position in degrees, its redshift (NaN if unknown), and the rest as NED writes it."""

    name: str
    ra: float
    dec: float
    object_type: str
    redshift: float
    redshift_flag: str
    morphology: str
    activity: str
    legacy_type: str
    note: str


class BadRow(NamedTuple):
    """A line that can't be split into columns, and why."""

    number: int
    reason: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ListingPage:
    """The content of one page.

    Parameters
    ----------
    page, pages
        Number of this page, and of all pages.
    rows
        The objects on the page.
    bad_rows
        Lines that were left out.
    """

    page: int
    pages: int
    rows: tuple[ListingRow, ...]
    bad_rows: tuple[BadRow, ...] = ()


def class_code(classification: str) -> str:
    """Find the code of a class by its name; codes are returned unchanged.

    Raises
    ------
    InvalidValueError
        If it is neither a name in `NED_CLASSES` nor a number.
    """
    known = ", ".join(map(repr, NED_CLASSES))
    code = NED_CLASSES.get(classification, classification)
    check(
        re.fullmatch("[0-9]{1,6}", code) is not None,
        f"classification: expected one of {known}, or the code of another of NED's attributes, got {classification!r}",
    )
    return code


def listing_request(base_url: str, classification: str, page: int) -> Request:
    """Make the request for a page of the list of a class."""
    params = (
        ("M", class_code(classification)),
        ("delimiter", "bar"),
        ("NO_LINKS", "1"),
        ("nondb", "row_count"),
        ("crosid", "objname"),
        ("enotes", "objnote"),
        ("position", "ra,dec"),
        ("position", "pretype"),
        ("position", "z"),
        ("position", "zflag"),
        ("gadata", "morphol"),
        ("attdat_CON", "M"),
        ("attdat_CON", "S"),
        ("page", str(page)),
    )
    return Request(url=f"{base_url}/cgi-bin/OBJatt", params=params, max_bytes=_MAX_BYTES)


def parse_listing(answer: Answer, *, classification: str, page: int, strict: bool = True) -> ListingPage:
    """Read a page of the list of a class.

    Parameters
    ----------
    answer
        The answer of NED.
    classification, page
        The requested class and page; the answer must be this page.
    strict
        If False, lines that can't be split into columns (a cell contains a bar) are left out and listed in
        `ListingPage.bad_rows`; if True they are an error.

    Returns
    -------
    ListingPage
        The page. It has no rows only if NED sent a complete list without rows.

    Raises
    ------
    AnswerError
        If the answer is not a complete page of such a list; the error keeps the page.
    """
    asked = f"page {page} of class {classification!r}"
    wrong = partial(answer_error, answer, asked)
    text, soup = parse_html(answer, asked=asked)
    counts = [match for form in soup.find_all("form") if (match := _PAGE.search(form.get_text()))]
    if not counts:
        raise wrong("expected a form that says 'Page N of M', got none; NED may have sent an error page")
    number, pages = int(counts[0][1]), int(counts[0][2])
    if number != page or page > max(pages, 1):
        raise wrong(f"expected page {page}, got page {number} of {pages}")
    # Not by a CSS selector: compiling one takes half a second.
    header = next((found for each in soup.find_all("pre") if (found := each.find("strong")) is not None), None)
    if header is None:
        raise wrong("expected a list (<pre>) with its header (<strong>), got none; NED may have sent an error page")
    if re.search(r"</pre\s*>", text, re.IGNORECASE) is None:
        raise wrong("expected the end of the list (</pre>), got none; the page was cut off")
    body = "".join(each.get_text() for each in header.next_siblings)
    lines = [line for line in body.replace("\xa0", " ").split("\n") if not _NO_CONTENT.fullmatch(line)]
    if len(lines) > ROWS_PER_PAGE or (len(lines) < ROWS_PER_PAGE and page < pages) or (not lines and page > 1):
        expected = f"{ROWS_PER_PAGE} rows" if page < pages else f"1 to {ROWS_PER_PAGE} rows"
        raise wrong(f"expected {expected} on page {page} of {pages}, got {len(lines)}; the page may be cut off")
    rows, bad_rows = [], []
    for expected_number, line in enumerate(lines, (page - 1) * ROWS_PER_PAGE + 1):
        cells = [cell.strip() for cell in line.split("|")]
        if not (_is_number(cells[0], expected_number) and _is_number(cells[-1], expected_number) and len(cells) > 1):
            raise wrong(f"expected row {expected_number}, with its number first and last, got {line[:200]!r}")
        row = _row(cells)
        if isinstance(row, ListingRow):
            rows.append(row)
        elif strict:
            raise wrong(f"row {expected_number}: {row}, in {line[:300]!r}; strict=False leaves such rows out")
        else:
            bad_rows.append(BadRow(expected_number, row, line.strip()))
    return ListingPage(page=page, pages=pages, rows=tuple(rows), bad_rows=tuple(bad_rows))


def _is_number(cell: str, number: int) -> bool:
    return _NUMBER.fullmatch(cell) is not None and int(cell) == number


def _row(cells: list[str]) -> ListingRow | str:
    """Split a row into its columns, or say what is wrong."""
    if len(cells) != _COLUMNS:
        return f"expected {_COLUMNS} columns, got {len(cells)}"
    name, note, ra_text, dec_text, kind, redshift, flag, legacy, morphology, activity = cells[1:-1]
    # NED writes the flag for notes (blank or a star) before or after the name. No name is blank or a star.
    if name in ("", "*"):
        name, note = note, name
    if name in ("", "*") or note not in ("", "*"):
        return f"expected a name and a flag that is blank or '*', got {cells[1]!r} and {cells[2]!r}"
    ra = 15.0 * _sexagesimal(_RA.fullmatch(ra_text), 24)
    dec = _sexagesimal(_DEC.fullmatch(re.sub("^[-+]", "", dec_text)), 90) * (-1.0 if dec_text.startswith("-") else 1.0)
    if math.isnan(ra) or math.isnan(dec):
        return f"expected a position as 00h00m00.85s and -40d54m11.9s, got {ra_text!r} and {dec_text!r}"
    if redshift and not _REDSHIFT.fullmatch(redshift):
        return f"expected a redshift or nothing, got {redshift!r}"
    z = float(redshift) if redshift else math.nan
    return ListingRow(name, ra, dec, kind, z, flag, morphology, activity, legacy, note)


def _sexagesimal(match: re.Match[str] | None, most: int) -> float:
    """Degrees or hours, minutes and seconds as a number from 0 to `most`; NaN if they are not such a number."""
    if match is None:
        return math.nan
    minutes, seconds = float(match[2]), float(match[3] or 0)
    # NED's rounding may give 60 seconds.
    value = float(match[1]) + minutes / 60 + seconds / 3600
    return value if minutes <= 60 and seconds <= 60 and value <= most else math.nan
