"""A local server that answers like all the services together: NED, the catalogues and surveys at CDS, and SIMBAD."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from cds_answers import PGC_FIELDS, RC3_FIELDS, pgc_row, rc3_row
from ned_server import Overview, Row
from simbad_server import SimbadServer

RA, DEC = 187.445, 8.0004
EFIGI_FIELDS = {
    "PGCname": ("char", ""),
    "RAJ2000": ("double", "deg"),
    "DEJ2000": ("double", "deg"),
    "T": ("short", ""),
    "b_T": ("short", ""),
    "B_T": ("short", ""),
}
NAIR_FIELDS = {
    "SDSS": ("char", ""),
    "RAJ2000": ("double", "deg"),
    "DEJ2000": ("double", "deg"),
    "TT": ("short", ""),
    "zsp": ("double", ""),
}


def cut_out(ra: float, dec: float, degrees: float, side: int) -> bytes:
    """A disc at a place."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    noise = np.random.default_rng(0).normal(10, 1, (side, side))
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [ra, dec], [(side + 1) / 2] * 2
    wcs.wcs.cdelt = [-degrees / side, degrees / side]
    stream = io.BytesIO()
    pixels = 200 * np.exp(-np.hypot(x, y) / 8) + noise
    fits.PrimaryHDU(pixels.astype(np.float32), wcs.to_header()).writeto(stream)
    return stream.getvalue()


@contextmanager
def all_services() -> Iterator[SimbadServer]:
    """A server that gives what the real services should give, with fewer rows."""
    with SimbadServer() as server:
        server.add_object("M  49", "NGC 4472", ra=RA, dec=DEC, otype="Sy2", morph_type="E2", galdim_majaxis=10.0)
        server.overviews["NGC 4472"] = Overview(
            "MESSIER 049", RA, DEC, redshift=0.0033, morphology="E2", activity="Sy2", diameter=612.0
        )
        server.overviews["NGC 5194"] = Overview("MESSIER 051a", 202.4696, 47.1953, diameter=650.0)
        server.overviews["M 31"] = Overview("NGC 0224")
        for name in ("NGC 4472", "NGC 5194"):
            server.add_image(name, cut_out(RA, DEC, 0.4, 96), field=24.0, sia=True)
        for each in ("S0/a", "B", "E", "S0"):
            server.add(each, [Row(f"UGC {number}", morphology="SB0/a") for number in range(120)])
        m49 = rc3_row(4472, RA2000=RA, DE2000=DEC, name="NGC 4472", type=".E.2...", T=-5.0)
        server.add_table("VII/155/rc3", RC3_FIELDS, [m49, *(rc3_row(number) for number in range(1, 21))])
        pgc = pgc_row(41220, RAJ2000="12 29 46.8", DEJ2000="+08 00 01", MType="E")
        server.add_table("VII/237/pgc", PGC_FIELDS, [pgc, pgc_row(1), pgc_row(900_000)])
        efigi = [[f"PGC{number:07d}", number, number, number % 10, number % 10, 10] for number in range(20)]
        nair = [[f"J{number}", number, number, number % 10, 0.02] for number in range(20)]
        for table, fields, rows in (("J/A+A/532/A74/efigi", EFIGI_FIELDS, efigi),
                                    ("J/ApJS/186/427/table2", NAIR_FIELDS, nair)):  # fmt: skip
            server.add_table(table, fields, [dict(zip(fields, row, strict=True)) for row in rows])
        server.cut_out = cut_out
        yield server
