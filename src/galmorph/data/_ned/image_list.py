"""Read NED's list of the images of one object: the page of ``imgdata``."""

import re
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote, urljoin

import astropy.units as u
import numpy as np
from astropy.table import Table
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from galmorph.data._ned.columns import number_column, text_column
from galmorph.data._web.html import parse_html
from galmorph.data._web.request import Answer, Request, answer_error, host_of
from galmorph.errors import UnknownObjectError

__all__ = ["Image", "band_of_name", "file_name", "images_request", "images_table", "parse_images", "product_of_name"]

_MAX_BYTES = 16 << 20
_MAX_TABLES = 50  # only so many tables of a page are searched for the list
_TITLES = ("FITS/JPG File", "Band, Wavelength", "Image Size (arcmin)", "Res. (arcsec)", "Telescope", "Refcode")
_FILE = re.compile(r"(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*KB\s+)?([A-Z]{2,8})\s+image", re.IGNORECASE)
_FIELD = re.compile(r"([0-9]{1,9}(?:\.[0-9]{0,9})?)\s*x\s*([0-9]{1,9}(?:\.[0-9]{0,9})?)")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,9})?")
_WAVELENGTH = re.compile(r"([0-9]{0,9}(?:[0-9]|\.[0-9]{1,9}))\s*([A-Za-z]+)")
_NAME = re.compile(r":([IS]):([^:/]{1,40}):")  # <object>:I:<band>:<tag>.fits.gz
_2MASS = re.compile(r"^2MASS_.*_([JHK]s?)\.fits")
_PER_METRE = {"A": 1e10, "nm": 1e9, "um": 1e6, "micron": 1e6, "microns": 1e6, "mm": 1e3, "cm": 1e2, "m": 1.0}


class Image(NamedTuple):
    """A file that NED lists, as `NedClient.images` describes it."""

    format: str
    product: str
    url: str
    size_kb: float
    band: str
    wavelength: float
    wavelength_text: str
    width_arcmin: float
    height_arcmin: float
    resolution_arcsec: float
    telescope: str
    refcode: str


_UNITS = {
    "size_kb": u.kbyte,
    "wavelength": u.m,
    "width_arcmin": u.arcmin,
    "height_arcmin": u.arcmin,
    "resolution_arcsec": u.arcsec,
}


@dataclass
class _Cell:
    text: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The lines of the cell, without blanks around them."""
        return [" ".join(line.split()) for line in "".join(self.text).split("\r")]

    @property
    def words(self) -> str:
        return " ".join(self.lines).strip()


def images_request(base_url: str, name: str) -> Request:
    """Make the request for the list of images of an object."""
    return Request(url=f"{base_url}/cgi-bin/imgdata", params=(("objname", name),), max_bytes=_MAX_BYTES)


def parse_images(answer: Answer, *, name: str) -> Table:
    """Read the list of the images of an object.

    Parameters
    ----------
    answer
        The answer of NED.
    name
        The requested name.

    Returns
    -------
    Table
        As `NedClient.images` describes it; without rows if NED's list is empty.

    Raises
    ------
    UnknownObjectError
        If NED says that it does not know the name.
    AnswerError
        If the answer is not a complete page with such a list; the error keeps the page.
    """
    asked = f"images of {name!r}"
    wrong = partial(answer_error, answer, asked)
    text, soup = parse_html(answer, asked=asked)
    rows: list[list[_Cell]] = []
    for table in soup.find_all("table", limit=_MAX_TABLES):
        rows = _cells(table)
        titles = [cell.words for cell in rows[0]] if rows else []
        if set(_TITLES) <= set(titles):
            break
    else:
        if re.search("not currently recognized|failed to resolve", soup.get_text(), re.IGNORECASE):
            raise UnknownObjectError(f"{asked}: NED does not know this name; check its spelling")
        raise wrong(
            f"expected a table with the columns {', '.join(_TITLES)}, got none; NED may have sent an error page"
        )
    if re.search(r"</table\s*>", text, re.IGNORECASE) is None:
        raise wrong("expected the end of the table (</table>), got none; the page was cut off")
    places = {title: titles.index(title) for title in _TITLES}
    images = []
    for number, cells in enumerate(rows[1:], 1):
        if not cells:  # a row tag that is followed by another one
            continue
        if len(cells) != len(titles):
            raise wrong(f"row {number}: expected {len(titles)} columns, got {len(cells)}")
        image = _image([cells[places[title]] for title in _TITLES], answer.url)
        if isinstance(image, str):
            raise wrong(f"row {number}: {image}")
        images.append(image)
    # Not by a CSS selector: compiling one takes half a second.
    heading = next((found for each in soup.find_all("h1") if (found := each.find("a")) is not None), None)
    known_as = " ".join(heading.get_text().split()) if heading is not None else name
    return images_table(images, known_as or name)


def _cells(table: Tag | BeautifulSoup) -> list[list[_Cell]]:
    # NED does not close its cells and rows, so the parser nests each one in the one before. Therefore we walk through
    # all elements in order: a cell ends where the next one begins.
    rows: list[list[_Cell]] = []
    cell = _Cell()
    for element in table.descendants:
        if isinstance(element, NavigableString):
            # Only <br> ends a line; line ends in the source are blanks.
            cell.text.append(element.replace("\r", " "))
        elif isinstance(element, Tag):
            if element.name == "tr":
                rows.append([])
                cell = _Cell()
            elif element.name in ("td", "th") and rows:
                cell = _Cell()
                rows[-1].append(cell)
            elif element.name == "br":
                cell.text.append(" \r")
            elif element.name == "a" and isinstance(target := element.get("href"), str):
                cell.links.append(target)
    return rows


def _image(cells: list[_Cell], page_url: str) -> Image | str:
    """Read a row, or say what is wrong."""
    file, band, size, resolution, telescope, refcode = cells
    match = _FILE.search(file.words)
    if match is None or len(file.links) != 1:
        return f"expected a file as '72KB FITS image' with a link, got {file.words[:100]!r}, {len(file.links)} links"
    try:
        url = urljoin(page_url, file.links[0].strip())
    except ValueError as error:
        return f"expected a link, got {file.links[0][:200]!r} ({error})"
    if not host_of(url):
        return f"expected a link to http:// or https://, got {url[:200]!r}"
    first, *rest = band.lines
    wavelength = " ".join(rest).strip()
    extent = _FIELD.search(size.words)
    return Image(
        format=match[2].upper(),
        product=product_of_name(url),
        url=url,
        size_kb=float(match[1]) if match[1] else np.nan,
        band=first.rstrip(" ,"),
        wavelength=_metres(wavelength),
        wavelength_text=wavelength,
        width_arcmin=float(extent[1]) if extent else np.nan,
        height_arcmin=float(extent[2]) if extent else np.nan,
        resolution_arcsec=float(resolution.words) if _NUMBER.fullmatch(resolution.words) else np.nan,
        telescope=telescope.words,
        refcode=refcode.words,
    )


def file_name(url: str) -> str:
    """Last part of an address, without percent-encoding."""
    return unquote(url.split("?")[0]).rsplit("/", 1)[-1]


def product_of_name(url: str) -> str:
    """Tell image from spectrum ("image", "spectrum"), as NED's names of files say; empty if a name does not."""
    match = _NAME.search(file_name(url))
    return {"I": "image", "S": "spectrum"}[match[1]] if match else ""


def band_of_name(url: str) -> str:
    """The band, as NED's names of files give it; empty if a name does not."""
    name = file_name(url)
    match, of_2mass = _NAME.search(name), _2MASS.search(name)
    return match[2] if match else of_2mass[1] if of_2mass else ""


def _metres(text: str) -> float:
    match = _WAVELENGTH.fullmatch(text)
    return float(match[1]) / _PER_METRE.get(match[2], np.nan) if match else np.nan


def images_table(images: list[Image], name: str) -> Table:
    """Make the table that `NedClient.images` describes."""
    table = Table({"object": text_column([name] * len(images))})
    kinds = Image.__annotations__
    for column in Image._fields:
        values = [getattr(image, column) for image in images]
        is_text = kinds[column] is str
        table[column] = text_column(values) if is_text else number_column(values, unit=_UNITS[column])
    return table
