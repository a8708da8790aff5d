"""Two questions for each route by which galaxies, types and images are found, and what the answers should say.

The values that are expected are those of well-known galaxies, and numbers of rows from the catalogues' papers.
"""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import Table

import galmorph as gm
from galmorph.data import CdsCatalogue, HipsImages, NedClient, NedImages, Transport
from galmorph.errors import AnswerError, IncompleteWarning, UnknownObjectError

__all__ = ["Addresses", "OtherAnswerError", "Question", "questions"]

RA, DEC, DIAMETER = 187.445, 8.0004, 612.0  # of Messier 49, in degrees and arcsec
GZIP = b"\x1f\x8b"
NOBODY = "no such galaxy"
EFIGI, NAIR_ABRAHAM, RC3 = 4458, 14034, 23011


class OtherAnswerError(Exception):
    """An answer was understood, and says something else than it should."""


@dataclass(frozen=True)
class Addresses:
    """Options of the clients that hold their addresses; by default none, so that they ask the real services."""

    ned: dict[str, str]
    cds: dict[str, str]
    cut_outs: dict[str, str]
    simbad: dict[str, str]

    @classmethod
    def real(cls) -> "Addresses":
        """The real services."""
        return cls(ned={}, cds={}, cut_outs={}, simbad={})

    @classmethod
    def at(cls, server: str) -> "Addresses":
        """A server that answers like all of them."""
        return cls(
            ned={"base_url": server},
            cds={"service": f"{server}/TAPVizieR/tap/sync"},
            cut_outs={"service": f"{server}/hips-image-services/hips2fits"},
            simbad={"service": f"{server}/simbad/sim-tap/sync"},
        )


@dataclass(frozen=True)
class Question:
    """A question to one route.

    Parameters
    ----------
    route
        The route.
    what
        What is asked.
    ask
        Asks, and says in words what came. It raises `OtherAnswerError` if that is not as expected.
    html
        Whether the route answers with HTML pages.
    service
        What the address of the last request contains, unless a client has taken another route.
    """

    route: str
    what: str
    ask: Callable[[], str]
    html: bool = False
    service: str = ""


def questions(transport: Transport, addresses: Addresses) -> list[Question]:
    """Make all questions, each of which sends its requests over the transport."""
    listed = [*_of_ned(transport, addresses), *_of_cds(transport, addresses)]
    return [*listed, *_of_simbad(transport, addresses)]


def expect(true: object, came: str) -> str:
    """Give back what came, or raise it as an error."""
    if not true:
        raise OtherAnswerError(came)
    return came


@contextmanager
def this_route() -> Iterator[None]:
    """Let a client not take another route instead: its warning becomes an error."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*is gone", category=IncompleteWarning)
        yield


def _of_ned(transport: Transport, addresses: Addresses) -> list[Question]:
    def client() -> NedClient:  # a new one, which remembers no service that is gone
        return NedClient(transport=transport, **addresses.ned)

    def overview() -> str:
        with this_route():
            row = client().overview("NGC 4472")[0]
        came = f"{row['name']}, type {row['morphology']}, z = {row['redshift']}, {row['major_axis_arcmin']:.1f} arcmin"
        right = row["name"] == "MESSIER 049" and row["morphology"].startswith("E") and row["major_axis_arcmin"] > 5
        return expect(right and abs(row["redshift"] - 0.0033) < 2e-4, came)

    def position(name: str, ra: float, dec: float) -> Callable[[], str]:
        def ask() -> str:
            with this_route():
                table = client().positions(name)
            came = f"{len(table)} positions, the first {table['ra'][0]}, {table['dec'][0]}"
            return expect(abs(table["ra"][0] - ra) < 0.01 and abs(table["dec"][0] - dec) < 0.01, came)

        return ask

    def diameters(name: str, arcsec: float) -> Callable[[], str]:
        def ask() -> str:
            with this_route():
                table = client().diameters(name)
            largest = table["major_axis_arcsec"].max()
            return expect(largest > arcsec, f"{len(table)} diameters, the largest {largest} arcsec")

        return ask

    def names(name: str, other: str) -> Callable[[], str]:
        def ask() -> str:
            with this_route():
                found = client().cross_identifications(name)["name"].tolist()
            return expect(other in found, f"{len(found)} names, such as {', '.join(found[:3])}")

        return ask

    def classifications() -> str:
        values = client().classifications("NGC 4472")["value"].tolist()
        right = any(value.startswith("E") for value in values)
        return expect(right, f"{len(values)} classifications, such as {', '.join(values[:3])}")

    def first_page(classification: str) -> Callable[[], str]:
        def ask() -> str:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*NED has", category=IncompleteWarning)
                found = client().search(classification, limit=100, progress=False)
            typed = int((found["morphology"] != "").sum())
            return expect(len(found) == 100 and typed > 50, f"{len(found)} rows, {typed} with a homogenised type")

        return ask

    def images(name: str, route: str) -> Callable[[], str]:
        def ask() -> str:
            table = client().images(name, route=route)
            count = int((table["format"] == "FITS").sum())
            bands = sorted(set(table["band"].tolist()) - {""})
            known = int((~np.ma.getmaskarray(table["width_arcmin"])).sum())
            came = f"{len(table)} files, {count} FITS, {known} with a field, bands {', '.join(bands[:5]) or 'none'}"
            return expect(count > 0 and known > 0, came)

        return ask

    def plate() -> str:
        source = NedImages(client=client(), route="page")
        return _one_image(source)

    api, ned = "NED::API", "NED cgi-bin"
    return [
        Question(f"{api} OverviewOfObject", "NGC 4472", overview, service="OverviewOfObject"),
        Question(
            f"{api} OverviewOfObject",
            "a name that nobody bears",
            lambda: _unknown(client().overview),
            service="OverviewOfObject",
        ),
        Question(
            f"{api} PositionsOfObject",
            "NGC 4472",
            position("NGC 4472", RA, DEC),
            service="PositionsOfObject",
        ),
        Question(
            f"{api} PositionsOfObject", "NGC 5194", position("NGC 5194", 202.4696, 47.1953), service="PositionsOfObject"
        ),
        Question(f"{api} DiametersOfObject", "NGC 4472", diameters("NGC 4472", 300), service="DiametersOfObject"),
        Question(f"{api} DiametersOfObject", "NGC 5194", diameters("NGC 5194", 300), service="DiametersOfObject"),
        Question(f"{api} CrossidsOfObject", "NGC 4472", names("NGC 4472", "MESSIER 049"), service="CrossidsOfObject"),
        Question(f"{api} CrossidsOfObject", "M 31", names("M 31", "NGC 0224"), service="CrossidsOfObject"),
        Question(f"{ned}/objsearch", "types of NGC 4472", classifications),
        Question(f"{ned}/objsearch", "a name that nobody bears", lambda: _unknown(client().classifications)),
        Question(f"{ned}/OBJatt", "a page of S0/a", first_page("S0/a"), html=True),
        Question(f"{ned}/OBJatt", "a page of B (barred)", first_page("B"), html=True),
        Question("NED SIA 2", "images of NGC 4472", images("NGC 4472", "sia")),
        Question("NED SIA 2", "images of NGC 5194", images("NGC 5194", "sia")),
        Question(f"{ned}/imgdata", "images of NGC 4472", images("NGC 4472", "page"), html=True),
        Question(f"{ned}/imgdata", "a plate of NGC 4472", plate, html=True),
    ]


def _of_cds(transport: Transport, addresses: Addresses) -> list[Question]:
    def catalogue(name: str, where: str | None = None) -> CdsCatalogue:
        return CdsCatalogue(name, where=where, transport=transport, **addresses.cds)

    def count(name: str, least: int) -> Callable[[], str]:
        def ask() -> str:
            rows = catalogue(name).fetch(progress=False)
            typed, placed = (int((~rows[column].mask).sum()) for column in ("t", "ra"))
            came = f"{len(rows)} rows, {typed} with T, {placed} with a position up to {rows['ra'].max():.1f} degrees"
            return expect(len(rows) >= least and typed > 0.9 * len(rows) and placed == len(rows), came)

        return ask

    def rows_there(name: str, least: int, where: str | None = None) -> Callable[[], str]:
        def ask() -> str:
            plan = catalogue(name, where).plan()
            return expect(plan.requests >= least, f"{plan}")

        return ask

    def codes() -> str:
        rows = catalogue("rc3").fetch(progress=False)
        read = [gm.data.parse_morphology(text) for text in rows["morphology"]]
        unread = sorted({galaxy.text for galaxy in read if galaxy.outcome == "unparsed"})
        pairs = [(galaxy.stage, t) for galaxy, t in zip(read, rows["t"], strict=True) if galaxy.stage is not None]
        close = [abs(stage - t) <= 1 for stage, t in pairs if not np.ma.is_masked(t) and stage <= 11]
        came = (
            f"{len(rows)} rows, {len(close)} codes with T, {np.mean(close):.1%} of them within 1, {len(unread)} unread"
        )
        right = len(rows) >= RC3 and np.mean(close) > 0.95 and not unread
        return expect(right, f"{came}{': ' + ' '.join(unread[:20]) if unread else ''}")

    def one(name: str, where: str, type_: str) -> Callable[[], str]:
        def ask() -> str:
            row = catalogue(name, where).fetch(progress=False)[0]
            came = f"{row['name']} at {row['ra']:.3f}, {row['dec']:.3f}: {row['morphology']}"
            came += f", {row['major_axis_arcmin']:.1f} arcmin"
            near = abs(row["ra"] - RA) < 0.05 and abs(row["dec"] - DEC) < 0.05
            return expect(near and row["morphology"].strip(".").startswith(type_), came)

        return ask

    def survey(name: str) -> Callable[[], str]:
        return lambda: _one_image(
            HipsImages(survey=name, field=10 * u.arcmin, size=128, transport=transport, **addresses.cut_outs)
        )

    narrow = "RA2000 >= 187.4 AND RA2000 < 187.5 AND DE2000 >= 7.95 AND DE2000 < 8.05"
    return [
        Question("CDS RC3", "NGC 4472", one("rc3", narrow, "E")),
        Question("CDS RC3", "codes of all rows beside their T", codes),
        Question(
            "CDS HyperLEDA", "PGC 41220, which is NGC 4472", one("hyperleda", "PGC >= 41220 AND PGC < 41221", "E")
        ),
        Question("CDS HyperLEDA", "the number of rows", rows_there("hyperleda", 15)),
        Question("CDS EFIGI", "the number of rows", rows_there("efigi", 1)),
        Question("CDS EFIGI", "all rows", count("efigi", EFIGI)),
        Question("CDS Nair & Abraham", "the number of rows", rows_there("nair-abraham", 1)),
        Question("CDS Nair & Abraham", "all rows", count("nair-abraham", NAIR_ABRAHAM)),
        Question("CDS hips2fits", "NGC 4472 in CDS/P/DSS2/red", survey("CDS/P/DSS2/red")),
        Question("CDS hips2fits", "NGC 4472 in CDS/P/SDSS9/r", survey("CDS/P/SDSS9/r")),
    ]


def _of_simbad(transport: Transport, addresses: Addresses) -> list[Question]:
    def client() -> gm.data.SimbadClient:
        return gm.data.SimbadClient(transport=transport, **addresses.simbad)

    def overview() -> str:
        row = client().overview("NGC 4472")[0]
        came = f"{row['name']} at {row['ra']:.3f}, {row['dec']:.3f}: {row['morphology']}, z = {row['redshift']}"
        near = abs(row["ra"] - RA) < 0.01 and abs(row["dec"] - DEC) < 0.01
        return expect(near and row["morphology"].startswith("E"), came)

    return [
        Question("SIMBAD", "NGC 4472", overview),
        Question("SIMBAD", "a name that nobody bears", lambda: _unknown(client().overview)),
    ]


def _unknown(ask: Callable[[str], Table]) -> str:
    try:
        with this_route():
            table = ask(NOBODY)
    except UnknownObjectError as error:
        return str(error)
    raise OtherAnswerError(f"{len(table)} rows for a name that nobody bears")


def _one_image(source: gm.data.ImageSource) -> str:
    """Get the image of Messier 49, and read it."""
    galaxy = gm.data.Target(name="NGC 4472", ra=RA, dec=DEC, diameter=DIAMETER)
    with this_route():
        candidate = source.candidates(galaxy)[0]
        content = source.fetch(candidate)
    if b"<html" in content[:1000].lower():
        raise AnswerError(f"{candidate.url}: expected an image, got a page", url=candidate.url, content=content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"image.fits{'.gz' if content.startswith(GZIP) else ''}"
        path.write_bytes(content)
        image = gm.data.read_image(path)
    scale = "unknown" if image.pixel_scale is None else f"{image.pixel_scale:.2f} arcsec"
    return expect(image.pixel_scale, f"{image.width} x {image.height} pixels of {scale}")
