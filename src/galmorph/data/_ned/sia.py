"""Read NED's list of the images of one object from its service of the protocol SIA 2 (Simple Image Access).

Columns are found by the utypes and UCDs of ObsCore, and then by name: Louys et al. 2017, "Observation Data Model Core
Components", IVOA Recommendation 1.1, Table 1; Dowler et al. 2015, "Simple Image Access", IVOA Recommendation 2.0.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urljoin

import astropy.units as u
import numpy as np
from astropy.table import Table

from galmorph.data._ned.columns import by_id
from galmorph.data._ned.image_list import Image, band_of_name, file_name, images_table, product_of_name
from galmorph.data._web.request import Answer, Request, answer_error, host_of
from galmorph.data._web.votable import ServiceTable, read_votable

__all__ = ["parse_sia", "sia_request"]

_MAX_BYTES = 16 << 20
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,18})?(?:[eE][+-]?[0-9]{1,3})?")


class _Column(NamedTuple):
    """How a column is found, and its unit if it has none of its own."""

    utypes: tuple[str, ...]
    ucds: tuple[str, ...]
    names: tuple[str, ...]
    unit: u.UnitBase | None = None


_LIMITS = "char.spectralaxis.coverage.bounds.limits"
_COLUMNS = {
    "url": _Column(
        ("access.reference", "obs.access.reference"),
        ("meta.ref.url", "meta.ref.url;meta.file", "meta.dataset;meta.ref.url"),
        ("access_url", "url", "accref", "acref", "link", "image_url"),
    ),
    "format": _Column(
        ("access.format", "obs.access.format"), ("meta.code.mime",), ("access_format", "format", "mime", "content_type")
    ),
    "size": _Column(
        ("access.size", "obs.access.size"),
        ("phys.size;meta.file",),
        ("access_estsize", "estsize", "size_kb", "file_size", "filesize", "size"),
        u.kbyte,
    ),
    "product": _Column(
        ("obsdataset.dataproducttype", "obs.dataproducttype"),
        ("meta.code.class",),
        ("dataproduct_type", "product_type", "product"),
    ),
    "object": _Column(("target.name",), ("meta.id;src",), ("target_name", "target", "object", "object_name")),
    "band": _Column(
        ("dataid.bandpass", "ssa:dataid.bandpass"),
        ("instr.bandpass", "instr.filter", "meta.id;instr.bandpass"),
        ("band", "band_name", "bandpass", "bandpass_name", "filter", "filter_name"),
    ),
    "wavelength": _Column(
        ("char.spectralaxis.coverage.location.value", "char.spectralaxis.coverage.location.coord.spectral.value"),
        (
            "em.wl",
            "em.wl;instr.bandpass",
            "em.wl.central",
            "em.wl.effective",
            "em.wl;stat.mean",
            "instr.bandpass;em.wl",
        ),
        ("em_wl", "wavelength", "central_wavelength", "wavelength_central", "em_central", "lambda"),
        u.m,
    ),
    "shortest": _Column((f"{_LIMITS}.lolimit",), ("em.wl;stat.min",), ("em_min",), u.m),
    "longest": _Column((f"{_LIMITS}.hilimit",), ("em.wl;stat.max",), ("em_max",), u.m),
    "field": _Column(
        ("char.spatialaxis.coverage.bounds.extent.diameter",),
        ("phys.angsize;instr.fov", "instr.fov", "phys.angsize;instr.fov;meta.main"),
        ("s_fov", "fov", "field_of_view", "fov_deg", "fov_arcmin", "field", "image_size"),
        u.deg,
    ),
    "resolution": _Column(
        ("char.spatialaxis.resolution.refval", "char.spatialaxis.resolution.refval.value"),
        ("pos.angresolution", "instr.psf", "phys.angsize;instr.psf"),
        ("s_resolution", "spatres", "resolution", "fwhm"),
        u.arcsec,
    ),
    "telescope": _Column(
        ("provenance.obsconfig.facility.name",),
        ("meta.id;instr.tel", "instr.tel"),
        ("facility_name", "facility", "telescope", "telescope_name"),
    ),
    "refcode": _Column(
        ("curation.reference", "dataid.reference"), ("meta.bib.bibcode", "meta.bib"), ("bib_reference", "refcode")
    ),
}


@dataclass(frozen=True)
class _Sent:
    """The table of the service, with the place of each column of ours that was found."""

    table: ServiceTable
    places: dict[str, int]

    def texts(self, key: str) -> list[str]:
        return self.table.texts(*([self._name(key)] if key in self.places else []))

    def numbers(self, key: str) -> list[list[float]]:
        """All numbers in each cell, in the unit of `_COLUMNS`."""
        factor = self._factor(key)
        return [[float(each) * factor for each in _NUMBER.findall(text)] for text in self.texts(key)]

    def number(self, key: str) -> list[float]:
        return [each[0] if len(each) == 1 else np.nan for each in self.numbers(key)]

    def _name(self, key: str) -> str:
        return self.table.table.colnames[self.places[key]].lower()

    def _factor(self, key: str) -> float:
        wanted = _COLUMNS[key].unit
        if key not in self.places or wanted is None:
            return 1.0
        column = self.table.table.columns[self.places[key]]
        own = column.unit
        if own is None:
            own = next((unit for unit in (u.arcmin, u.arcsec, u.deg) if self._name(key).endswith(str(unit))), wanted)
        try:
            return float(u.Unit(own).to(wanted, 1.0))
        except (TypeError, ValueError):  # UnitConversionError is a TypeError
            return np.nan


def sia_request(images_url: str, name: str) -> Request:
    """Make the request for the images of an object."""
    return Request(url=images_url, params=(("TARGET", name),), max_bytes=_MAX_BYTES)


def parse_sia(answer: Answer, *, name: str) -> Table:
    """Read the list of the images of an object.

    Parameters
    ----------
    answer
        The answer of the service.
    name
        The requested name.

    Returns
    -------
    Table
        As `NedClient.images` describes it; without rows if the service has no image.

    Raises
    ------
    UnknownObjectError
        If NED says that it does not know the name.
    AnswerError
        If the answer is not a VOTable of images, or a row has no link.
    """
    asked = f"images of {name!r}"
    tables = [_Sent(each, _places(each)) for each in map(by_id, read_votable(answer, asked=asked))]
    sent = next((each for each in tables if "url" in each.places), None)
    if sent is None:
        got = "; ".join(", ".join(each.table.table.colnames[:40]) or "none" for each in tables) or "no table"
        what = f"expected a column of links (UCD meta.ref.url, or access_url), got the columns {got}"
        raise answer_error(answer, asked, f"{what}; this service may have changed: NedClient.images has another route")
    columns = {key: sent.texts(key) for key in ("url", "format", "product", "band", "telescope", "refcode")}
    sizes, resolutions = sent.number("size"), sent.number("resolution")
    fields, waves = sent.numbers("field"), _wavelengths(sent)
    images = []
    for row, url in enumerate(columns["url"]):
        try:
            url = urljoin(answer.url, url) if url else ""
        except ValueError:
            url = ""
        if not host_of(url):
            got = columns["url"][row][:200]
            raise answer_error(answer, asked, f"row {row + 1}: expected a link to http:// or https://, got {got!r}")
        width, height = _field(fields[row])
        images.append(
            Image(
                format=_format(columns["format"][row], url),
                product=columns["product"][row].lower() or product_of_name(url),
                url=url,
                size_kb=sizes[row],
                band=columns["band"][row] or band_of_name(url),
                wavelength=waves[row],
                wavelength_text="" if np.isnan(waves[row]) else f"{waves[row]:.6g} m",
                width_arcmin=width,
                height_arcmin=height,
                resolution_arcsec=resolutions[row],
                telescope=columns["telescope"][row],
                refcode=columns["refcode"][row],
            )
        )
    known_as = next(filter(None, sent.texts("object")), name)
    return images_table(images, known_as)


def _places(sent: ServiceTable) -> dict[str, int]:
    """Place of each of our columns among those that were sent."""
    meta = [column.meta for column in sent.table.columns.values()]
    utypes = [each.get("utype", "").strip().lower().removeprefix("obscore:") for each in meta]
    ucds = [each.get("ucd", "").strip().lower() for each in meta]
    found = {}
    for key, column in _COLUMNS.items():
        by_meaning = [
            kinds.index(kind)
            for kinds, wanted in ((utypes, column.utypes), (ucds, column.ucds))
            for kind in wanted
            if kind in kinds
        ]
        by_name = [sent.places[name] for name in column.names if name in sent.places]
        if places := by_meaning + by_name:
            found[key] = places[0]
    return found


def _wavelengths(sent: _Sent) -> list[float]:
    """Central wavelength in metres: as sent, else the middle of the shortest and the longest one."""
    limits = zip(sent.number("shortest"), sent.number("longest"), strict=True)
    return [
        each if np.isfinite(each) else (low + high) / 2
        for each, (low, high) in zip(sent.number("wavelength"), limits, strict=True)
    ]


def _field(degrees: list[float]) -> tuple[float, float]:
    """Width and height in arcmin of one number (the size) or two."""
    if len(degrees) not in (1, 2):
        return np.nan, np.nan
    return degrees[0] * 60, degrees[-1] * 60


def _format(mime: str, url: str) -> str:
    """Format in capital letters: FITS, JPG, or what the service says."""
    said = mime.lower()
    if not said:
        return "FITS" if re.search(r"\.fi?ts?(\.gz)?$", file_name(url).lower()) else "JPG" if ".jp" in url else ""
    if "fits" in said:
        return "FITS"
    return "JPG" if "jpeg" in said or "jpg" in said else said.split(";")[0].rpartition("/")[2].upper()
