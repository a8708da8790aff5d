"""The tables of galaxies at CDS: where they are, and which of their columns hold what.

The names of columns come from the catalogues' descriptions and from public code, and were not checked against the
service. So each has several candidates, and an error names the columns that the service sent.
"""

from dataclasses import dataclass, field

__all__ = ["CDS_TABLES", "CdsTable"]

_RA = ("RAJ2000", "RA2000", "RA_ICRS", "RAdeg", "_RA", "RA", "_RAJ2000")
_DEC = ("DEJ2000", "DE2000", "DE_ICRS", "DEdeg", "_DE", "DE", "Dec", "_DEJ2000")


@dataclass(frozen=True, kw_only=True)
class CdsTable:
    """One table at VizieR.

    Parameters
    ----------
    source
        Name for the column ``source``.
    table
        Name of the table at VizieR.
    title
        Reference in words, for the acknowledgement.
    refcode
        Bibliographic code of the catalogue.
    names
        Columns that name a galaxy, the best first.
    columns
        Candidates for the column of each quantity.
    needed
        Quantities without which the table is an error.
    types
        Type of each T, where the catalogue gives no text.
    key
        Column of whole numbers by which the table is read in pieces; empty to read it at once.
    piece
        Range of the key in one piece.
    acknowledgement
        What the catalogue asks for besides the acknowledgement of VizieR.
    """

    source: str
    table: str
    title: str
    refcode: str
    names: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]
    types: dict[int, str] = field(default_factory=dict)
    key: str = ""
    piece: int = 0
    acknowledgement: str = ""


_SPIRALS = {1: "Sa", 2: "Sab", 3: "Sb", 4: "Sbc", 5: "Sc", 6: "Scd", 7: "Sd", 8: "Sdm", 9: "Sm", 10: "Im"}

CDS_TABLES = {
    "rc3": CdsTable(
        source="RC3",
        table="VII/155/rc3",
        title="the Third Reference Catalogue of Bright Galaxies (de Vaucouleurs et al. 1991)",
        refcode="1991rc3..book.....D",
        names=("name", "altname", "desig", "PGC"),
        columns={
            "ra": _RA,
            "dec": _DEC,
            "morphology": ("type",),
            "t": ("T",),
            "t_error": ("e_T",),
            "log_diameter": ("D25", "logD25"),
            "log_ratio": ("R25", "logR25"),
            "position_angle": ("PA",),
            "velocity": ("cz",),
        },
        needed=("ra", "dec", "morphology", "t", "log_diameter"),
    ),
    "hyperleda": CdsTable(
        source="HyperLEDA",
        table="VII/237/pgc",
        title="the catalogue of principal galaxies of HyperLEDA (Paturel et al. 2003, A&A 412, 45)",
        refcode="2003A&A...412...45P",
        names=("PGC",),
        columns={
            "ra": _RA,
            "dec": _DEC,
            "object_type": ("OType",),
            "morphology": ("MType",),
            "log_diameter": ("logD25",),
            "log_ratio": ("logR25",),
            "position_angle": ("PA",),
        },
        needed=("ra", "dec", "object_type", "morphology", "log_diameter"),
        key="PGC",
        piece=50_000,
        acknowledgement="We acknowledge the usage of the HyperLeda database (http://leda.univ-lyon1.fr).",
    ),
    "efigi": CdsTable(
        source="EFIGI",
        table="J/A+A/532/A74/efigi",
        title="the EFIGI catalogue (Baillard et al. 2011, A&A 532, A74)",
        refcode="2011A&A...532A..74B",
        names=("PGC", "PGCname", "Name"),
        columns={
            "ra": _RA,
            "dec": _DEC,
            "t": ("T", "TType"),
            # VizieR marks lower limits by b_ and upper ones by B_.
            "t_low": ("b_T", "Tinf", "T_inf", "Tmin", "Tlow"),
            "t_high": ("B_T", "Tsup", "T_sup", "Tmax", "Tup"),
        },
        needed=("t",),  # positions may be in another table of the catalogue
        types={-6: "cE", -5: "E", -4: "cD", -3: "S0^-", -2: "S0^0", -1: "S0^+", 0: "S0/a", **_SPIRALS, 11: "dE"},
    ),
    "nair-abraham": CdsTable(
        source="Nair & Abraham",
        table="J/ApJS/186/427/table2",
        title="the catalogue of Nair & Abraham (2010, ApJS 186, 427)",
        refcode="2010ApJS..186..427N",
        names=("SDSS", "JID", "Name", "ObjID"),
        columns={
            "ra": _RA,
            "dec": _DEC,
            "t": ("TT", "TType", "T"),
            "redshift": ("z", "zsp", "zspec"),
        },
        needed=("ra", "dec", "t"),
        types={-5: "E", -3: "S0^-", -2: "S0", 0: "S0/a", **_SPIRALS},
    ),
}
