"""Ask SIMBAD's query service for one object, and read the answer.

The table ``basic`` has one row for each object, ``ident`` one for each of its names. SIMBAD compares names in its own
way of writing, so ``M51`` finds ``M  51``. Columns: Wenger et al. (2000), A&AS 143, 9, and the service's own list.
"""

import astropy.units as u
import numpy as np
from astropy.table import Table
from jaxtyping import Float

from galmorph._checks import check
from galmorph._warnings import warn
from galmorph.data._galaxy_table.common_table import common_table
from galmorph.data._web.request import Answer, Request, answer_error
from galmorph.data._web.tap import only_table, query
from galmorph.errors import IncompleteWarning, UnknownObjectError

__all__ = ["overview_request", "parse_overview"]

_MAX_BYTES = 1 << 20
_COLUMNS = ("main_id", "ra", "dec", "otype", "morph_type", "morph_bibcode", "galdim_majaxis", "galdim_minaxis",
            "galdim_angle", "galdim_bibcode", "rvz_redshift")  # fmt: skip
_NEEDED = ("main_id", "ra", "dec")
# SIMBAD's kinds of galaxies, beside those whose nucleus or light is special, and NED's code for others.
_GALAXIES = ("G", "GiC", "GiG", "GiP", "BiC", "IG", "EmG", "SBG", "bCG", "H2G", "LSB", "rG", "AGN", "LIN", "SyG", "Sy1",
             "Sy2", "BClG", "G?", "AG?")  # fmt: skip
_KINDS = {"PaG": "GPair", "GrG": "GGroup", "CGG": "GGroup", "ClG": "GClstr", "Bla": "QSO", "BLL": "QSO"}


def overview_request(service: str, name: str) -> Request:
    """Make the request for what SIMBAD has of a name."""
    check(name.isprintable(), f"name: expected printable text, got {name!r}")
    columns = ", ".join(f"basic.{column}" for column in _COLUMNS)
    written = name.replace("'", "''")
    adql = f"SELECT {columns} FROM basic JOIN ident ON basic.oid = ident.oidref WHERE ident.id = '{written}'"  # noqa: S608  (a public service, read-only; quotes are doubled)
    return query(service, adql, most_rows=2, max_bytes=_MAX_BYTES)


def parse_overview(answer: Answer, *, name: str) -> Table:
    """Read an overview, as `SimbadClient.overview` describes it.

    Raises
    ------
    UnknownObjectError
        If SIMBAD does not know the name.
    AnswerError
        If the answer is not a VOTable of one row, or lacks the name or the position.

    Warns
    -----
    IncompleteWarning
        If another column is missing.
    """
    asked = f"SIMBAD's overview of {name!r}"
    sent = only_table(answer, asked)
    if absent := [column for column in _NEEDED if column not in sent.places]:
        got = ", ".join(sent.table.colnames[:60]) or "none"
        raise answer_error(answer, asked, f"expected the columns {', '.join(absent)}, got {got}")
    if len(sent) == 0:
        raise UnknownObjectError(
            f"{asked}: SIMBAD does not know this name; look it up at https://simbad.cds.unistra.fr"
        )
    if len(sent) > 1:
        raise answer_error(answer, asked, f"expected one object, got {len(sent)}")
    if lost := [column for column in _COLUMNS if column not in sent.places]:
        warn(f"SIMBAD has no column {', '.join(lost)} any more; what it held is empty or masked", IncompleteWarning)
    kind = sent.texts("otype")[0]
    major, minor = sent.in_unit(u.arcmin, "galdim_majaxis"), sent.in_unit(u.arcmin, "galdim_minaxis")
    sound = (minor > 0) & (minor <= major)
    table = common_table(
        {
            "name": [" ".join(sent.texts("main_id")[0].removeprefix("NAME ").split())],
            "morphology": sent.texts("morph_type"),
            "object_type": ["G" if kind in _GALAXIES else _KINDS.get(kind, kind)],
            "source": ["SIMBAD"],
        },
        {
            "ra": sent.in_unit(u.deg, "ra"),
            "dec": sent.in_unit(u.deg, "dec"),
            "major_axis_arcmin": np.where(major > 0, major, np.nan),
            "axis_ratio": np.where(sound, minor / np.where(sound, major, 1.0), np.nan),
            "position_angle": _angle(sent.in_unit(u.deg, "galdim_angle")),
            "redshift": sent.floats("rvz_redshift"),
        },
        rows=1,
    )
    table.remove_columns(["t", "t_error", "source", "refcode"])
    table["morphology_refcode"] = sent.texts("morph_bibcode")
    table["diameter_refcode"] = sent.texts("galdim_bibcode")
    table["simbad_type"] = [kind]
    return table


def _angle(degrees: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "rows"]:
    """Position angles from 0 to 180; others are codes for an unknown one."""
    return np.where((degrees >= 0) & (degrees <= 180), degrees % 180, np.nan)
