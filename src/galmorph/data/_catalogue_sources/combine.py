"""`combine`: several catalogues of types become one, with a row for each galaxy."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import angular_separation
from astropy.table import Column, MaskedColumn, Table
from jaxtyping import Float, Int

from galmorph._checks import check, check_choice, check_positive_int
from galmorph._warnings import warn
from galmorph.data._catalogue.columns import names_of, need_columns, numbers, texts
from galmorph.data._catalogue.designation import designation
from galmorph.data._catalogue_sources.label_rules import (
    RULES,
    Label,
    SourceTypes,
    by_agreement,
    by_priority,
    read_types,
    spread_of,
)
from galmorph.data._catalogue_sources.matches import Matches, match_rows
from galmorph.data._galaxy_table.common_table import common_table
from galmorph.errors import ImplausibleWarning, IncompleteWarning, InvalidValueError

__all__ = ["combine"]

_MOST_ARCSEC = 300.0
_REDSHIFTS = 0.01  # largest plausible difference for one galaxy: 3000 km/s
_UNITS = {
    "ra": u.deg,
    "dec": u.deg,
    "t": u.dimensionless_unscaled,
    "t_error": u.dimensionless_unscaled,
    "major_axis_arcmin": u.arcmin,
    "axis_ratio": u.dimensionless_unscaled,
    "position_angle": u.deg,
    "redshift": u.dimensionless_unscaled,
}
_TEXTS = ("morphology", "refcode", "object_type")


def combine(
    catalogues: Sequence[Table] | Mapping[str, Table],
    *,
    tolerance: float = 10.0,
    rule: str = "priority",
    agreement: float = 1.0,
    min_sources: int = 2,
) -> Table:
    """Combine catalogues of types: one row for each galaxy, with the types of all sources beside each other.

    Rows are one galaxy if their names are the same designation (``NGC 4536`` and ``NGC4536``), or if their positions
    agree within the tolerance. Nothing doubtful is joined by position: a galaxy has at most one row of each source, and
    positions never form a chain; where rows were close and not joined, ``match_note`` says so. Of two rows of one
    source with the same name, the first counts.

    Parameters
    ----------
    catalogues
        Tables of `CatalogueSource.fetch`, `NedClient.resolve` or your own, the most trusted first. Each needs a column
        ``name``; ``ra``, ``dec``, ``morphology``, ``t`` and the other columns of `CatalogueSource.fetch` may be
        missing. A mapping gives the names of the sources; otherwise they are read from the columns ``source``.
    tolerance
        Largest distance of two positions of a galaxy, in arcsec, up to 300. 0 joins by name only.
    rule
        How the type follows from those of the sources. ``"priority"``: the first source that has a type decides.
        ``"agreement"``: T is the mean of all sources, if they agree; otherwise there is no type.
    agreement
        Largest range of T among sources that agree, for ``rule="agreement"``.
    min_sources
        Least number of sources with T, for ``rule="agreement"``.

    Returns
    -------
    Table
        Galaxies in the order of the catalogues: first those of the first one. The columns are

        - those of `CatalogueSource.fetch`. Name, position, diameter, axis ratio, position angle, redshift and
          ``object_type`` are those of the first source that gives them. ``morphology``, ``t`` and ``t_error`` follow
          from the rule: for ``"agreement"``, T is the mean, its error is ``t_scatter``, and the text is that of the
          first source. ``source`` and ``refcode`` belong to the type, and are joined by ";" if several sources
          decide. Without a type, the text is empty and T is masked;
        - ``label_note``: why there is no type, or that its text was written from T. Empty for all others;
        - ``n_sources`` and ``n_stages``: number of sources with this galaxy, and of those with T;
        - ``t_scatter`` and ``t_range``: sample standard deviation, and largest minus smallest of these T; masked for
          fewer than two;
        - ``separation_arcsec``: largest distance of a source's position from that of the row; masked for fewer than two
          positions;
        - ``match_note``: what is doubtful about the match: close rows that were not joined, names whose positions
          differ, redshifts that differ by more than 0.01. Empty for most;
        - for each source, such as RC3: ``name_rc3``, ``morphology_rc3``, ``t_rc3``, ``t_error_rc3``, and ``row_rc3``,
          the row of its table (masked if it has none), by which you get its other columns. A source without T has that
          of its text, where `parse_morphology` finds one.

        ``meta`` holds the acknowledgements of all, ``"sources"``, the arguments, ``"ambiguous"`` (the number of
        galaxies with a ``match_note``) and ``"left_out"`` (the number of rows left out for each reason).

    Raises
    ------
    InvalidValueError
        If an argument has a wrong value, the name of a source is missing or given twice, a column is missing or does
        not hold numbers, or far too many rows lie within the tolerance.

    Warns
    -----
    IncompleteWarning
        If rows were left out: they have no name, or repeat a name of their source.
    ImplausibleWarning
        If matches are doubtful, or no galaxy of a source is in any other.

    Notes
    -----
    Close pairs come from k-d trees, so the time grows with the number of rows and not with its square.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from galmorph.data import combine
    >>> rc3 = Table({"name": ["NGC 4536", "NGC 4472"], "ra": [188.61, 187.44], "dec": [2.19, 8.0],
    ...              "morphology": [".SXT4..", ".E.2..."]})
    >>> mine = Table({"name": ["NGC4536", "MESSIER 049"], "ra": [188.61, 187.4448], "dec": [2.19, 8.0004],
    ...               "morphology": ["Sd", "E/S0"]})
    >>> galaxies = combine({"RC3": rc3, "mine": mine}, rule="agreement", tolerance=30.0, agreement=2.0)
    >>> galaxies["name", "morphology", "t_rc3", "t_mine", "t_range"].pprint()
      name   morphology t_rc3 t_mine t_range
    -------- ---------- ----- ------ -------
    NGC 4536              4.0    7.0     3.0
    NGC 4472    .E.2...  -5.0   -3.5     1.5
    >>> str(galaxies["label_note"][0])
    'T differs by more than 2: RC3 4, mine 7'
    """
    check_choice("rule", rule, RULES)
    check(0 <= tolerance <= _MOST_ARCSEC, f"tolerance: expected 0 to {_MOST_ARCSEC:g} arcsec, got {tolerance!r}")
    check(agreement >= 0, f"agreement: expected a number of stages from 0, got {agreement!r}")
    check_positive_int("min_sources", min_sources)
    sources = [_read(name, slug, table) for name, slug, table in _named(catalogues)]
    start = np.concatenate([[0], np.cumsum([len(each.names) for each in sources])])
    matches = match_rows(
        np.repeat(np.arange(len(sources)), np.diff(start)),
        [each for source in sources for each in source.designations],
        np.concatenate([each.numbers["ra"] for each in sources]),
        np.concatenate([each.numbers["dec"] for each in sources]),
        tolerance=tolerance,
    )
    names = [name for source in sources for name in source.names]
    rows, left_out = _rows(matches, sources, start, names)
    table = _table(sources, rows, rule=rule, agreement=agreement, min_sources=min_sources)
    distance = table["separation_arcsec"].filled(np.nan)
    notes = _notes(matches, sources, start, names, rows, distance, tolerance)
    _doubt_redshifts(notes, sources, rows)
    table["match_note"] = Column(np.array(notes, dtype=str), description="what is doubtful about the match")
    doubtful = [note for note in notes if note]
    thanks = [str(each.table.meta.get("acknowledgement", "")) for each in sources]
    table.meta = {
        "acknowledgement": " ".join(dict.fromkeys(filter(None, thanks))),
        "sources": [each.name for each in sources],
        "rule": rule,
        "tolerance_arcsec": float(tolerance),
        "ambiguous": len(doubtful),
        "left_out": left_out,
    }
    if rule == "agreement":
        table.meta |= {"agreement": float(agreement), "min_sources": int(min_sources)}
    _warn(table, sources, doubtful)
    for each in sources:
        _add_source(table, each, rows[each.slug])
    return table


@dataclass(frozen=True, eq=False, kw_only=True)
class _Source:
    """A catalogue: its name, the ending of its columns, and what is read from it."""

    name: str
    slug: str
    table: Table
    names: list[str]
    designations: list[str]
    numbers: dict[str, Float[np.ndarray, "rows"]]
    texts: dict[str, np.ndarray]
    types: SourceTypes


def _named(catalogues: Sequence[Table] | Mapping[str, Table]) -> list[tuple[str, str, Table]]:
    """Name of each source, the ending of its columns, and its table."""
    check(not isinstance(catalogues, Table), "catalogues: expected several tables, got one; put them into a list")
    tables = list(catalogues.values()) if isinstance(catalogues, Mapping) else list(catalogues)
    check(len(tables) > 0, "catalogues: expected at least one table, got none")
    for place, table in enumerate(tables):
        check(isinstance(table, Table), f"catalogues: expected tables, got {type(table).__name__} at {place}")
        need_columns(table, "name", what=f"catalogue {place}")
    given = list(catalogues) if isinstance(catalogues, Mapping) else [_source_of(table) for table in tables]
    found: list[tuple[str, str, Table]] = []
    for place, (name, table) in enumerate(zip(given, tables, strict=True)):
        slug = re.sub("[^a-z0-9]+", "_", str(name).lower()).strip("_")
        if not slug or slug in [other for _, other, _ in found]:
            got = f"{name!r} again" if slug else f"{name!r}"
            raise InvalidValueError(
                f"catalogues: expected a name of its own for each source, got {got} for catalogue {place}; pass a "
                f"mapping such as {{'RC3': rc3, 'mine': mine}}"
            )
        found.append((str(name), slug, table))
    return found


def _source_of(table: Table) -> str:
    if "source" in table.colnames and len(different := set(texts(table, "source")) - {""}) == 1:
        return different.pop()
    return str(table.meta.get("source", ""))


def _read(name: str, slug: str, table: Table) -> _Source:
    names = names_of(table)
    values = {each: numbers(table, each, unit, optional=True) for each, unit in _UNITS.items()}
    written = {
        each: np.array(texts(table, each) if each in table.colnames else [""] * len(table), dtype=str)
        for each in _TEXTS
    }
    return _Source(
        name=name,
        slug=slug,
        table=table,
        names=names,
        designations=list(map(designation, names)),
        numbers=values,
        texts=written,
        types=read_types(written["morphology"], values["t"]),
    )


def _rows(
    matches: Matches, sources: list[_Source], start: Int[np.ndarray, "ends"], names: list[str]
) -> tuple[dict[str, Int[np.ndarray, "galaxies"]], dict[str, int]]:
    """For each source the row of each galaxy (-1 if it has none), and the number of rows that were left out."""
    left_out = {}
    for place, source in enumerate(sources):
        if repeated := int(matches.repeated[start[place] : start[place + 1]].sum()):
            left_out[f"another row of the same name in {source.name}"] = repeated
    named = np.zeros(len(names) + 1, bool)  # the last place is that of the rows left out
    has_name = np.array([name != "" for name in names], bool)
    named[matches.galaxy[has_name]] = True
    named[-1] = False
    own = matches.galaxy >= 0
    if nameless := int((own & ~named[matches.galaxy]).sum()):
        left_out["no name"] = nameless
    keep = own & named[matches.galaxy]
    which = np.full(len(names) + 1, -1)
    first = np.unique(matches.galaxy[keep])
    which[first] = np.arange(len(first))
    rows = {}
    for place, source in enumerate(sources):
        part = np.flatnonzero(keep[start[place] : start[place + 1]])
        rows[source.slug] = np.full(len(first), -1)
        rows[source.slug][which[matches.galaxy[part + start[place]]]] = part
    return rows, left_out


def _take(values: np.ndarray, rows: Int[np.ndarray, "galaxies"], missing: object) -> np.ndarray:
    """Values at rows; the missing value where the row is -1."""
    if len(values) == 0:
        return np.full(len(rows), missing, dtype=values.dtype)
    taken = values[rows]
    taken[rows < 0] = missing
    return taken


def _table(
    sources: list[_Source],
    rows: dict[str, Int[np.ndarray, "galaxies"]],
    *,
    rule: str,
    agreement: float,
    min_sources: int,
) -> Table:
    size = len(rows[sources[0].slug])

    def numbers_of(what: str) -> Float[np.ndarray, "galaxies sources"]:
        return np.stack([_take(each.numbers[what], rows[each.slug], np.nan) for each in sources], axis=1)

    def texts_of(values: list[Any]) -> np.ndarray:
        taken = [_take(np.asarray(each, dtype=str), rows[source.slug], "") for each, source in
                 zip(values, sources, strict=True)]  # fmt: skip
        return np.stack(taken, axis=1)

    stages = np.stack([_take(each.types.stages, rows[each.slug], np.nan) for each in sources], axis=1)
    clear = np.stack([_take(each.types.clear, rows[each.slug], False) for each in sources], axis=1)
    written = texts_of([each.types.texts for each in sources])
    if rule == "priority":
        label = by_priority(written, stages, numbers_of("t_error"), clear)
    else:
        names = [each.name for each in sources]
        label = by_agreement(written, stages, clear, names, most=agreement, least_sources=min_sources)
    ra, dec = numbers_of("ra"), numbers_of("dec")
    placed = np.isfinite(ra) & np.isfinite(dec)
    values = {what: _first_number(numbers_of(what)) for what in _UNITS if what not in ("ra", "dec", "t", "t_error")}
    values |= {"ra": _at_first(ra, placed), "dec": _at_first(dec, placed), "t": label.stages, "t_error": label.errors}
    table = common_table(
        {
            "name": _first_text(texts_of([each.names for each in sources])),
            "morphology": label.texts,
            "source": _deciding(label, np.broadcast_to([each.name for each in sources], clear.shape)),
            "refcode": _deciding(label, texts_of([each.texts["refcode"] for each in sources])),
            "object_type": _first_text(texts_of([each.texts["object_type"] for each in sources])),
        },
        values,
        rows=size,
    )
    known, range_, _, scatter = spread_of(stages)
    table["label_note"] = Column(np.array(label.notes, dtype=str), description="why there is no type, or what was done")
    present = np.stack([rows[each.slug] >= 0 for each in sources], axis=1)
    table["n_sources"] = Column(present.sum(axis=1), description="number of sources with this galaxy")
    table["n_stages"] = Column(known, description="number of sources with T")
    for name, column, unit, what in (
        ("t_scatter", scatter, None, "sample standard deviation of T over the sources"),
        ("t_range", range_, None, "largest minus smallest T of the sources"),
        ("separation_arcsec", _separation(ra, dec, placed), u.arcsec, "largest distance from this row's position"),
    ):
        table[name] = MaskedColumn(column, mask=np.isnan(column), unit=unit, description=what)
    return table


def _at_first(values: np.ndarray, has: np.ndarray) -> Float[np.ndarray, "galaxies"]:
    return np.where(has.any(axis=1), values[np.arange(len(values)), np.argmax(has, axis=1)], np.nan)


def _first_number(values: Float[np.ndarray, "galaxies sources"]) -> Float[np.ndarray, "galaxies"]:
    return _at_first(values, np.isfinite(values))


def _first_text(values: np.ndarray) -> list[str]:
    found: list[str] = values[np.arange(len(values)), np.argmax(values != "", axis=1)].tolist()
    return found


def _deciding(label: Label, values: np.ndarray) -> list[str]:
    """Texts of the sources that decide, joined by ";"."""
    single = label.deciding.sum(axis=1) == 1
    joined: list[str] = np.where(single, values[np.arange(len(values)), np.argmax(label.deciding, axis=1)], "").tolist()
    for row in np.flatnonzero(label.deciding.sum(axis=1) > 1).tolist():
        joined[row] = ";".join(filter(None, values[row, label.deciding[row]].tolist()))
    return joined


def _separation(ra: np.ndarray, dec: np.ndarray, placed: np.ndarray) -> Float[np.ndarray, "galaxies"]:
    """Largest distance in arcsec from the first position; NaN for fewer than two."""
    own = np.radians(_at_first(ra, placed))[:, None], np.radians(_at_first(dec, placed))[:, None]
    apart = np.degrees(angular_separation(*own, np.radians(ra), np.radians(dec))) * 3600
    largest = np.where(placed, apart, -1.0).max(axis=1, initial=-1.0)
    return np.where(placed.sum(axis=1) >= 2, largest, np.nan)


def _notes(
    matches: Matches,
    sources: list[_Source],
    start: Int[np.ndarray, "ends"],
    names: list[str],
    rows: dict[str, Int[np.ndarray, "galaxies"]],
    distance: Float[np.ndarray, "galaxies"],
    tolerance: float,
) -> list[str]:
    """What is doubtful about the match of each galaxy."""
    notes: dict[int, list[str]] = defaultdict(list)
    for galaxy in np.flatnonzero(distance > tolerance).tolist():
        notes[galaxy].append(f"joined by name, with positions up to {distance[galaxy]:.0f} arcsec apart")
    of_row = np.full(len(names), -1)
    for place, source in enumerate(sources):
        there = np.flatnonzero(rows[source.slug] >= 0)
        of_row[rows[source.slug][there] + start[place]] = there
    of = np.searchsorted(start, np.arange(len(names)), side="right") - 1
    for each in matches.refused:
        why = "both have a row of one source" if each.same_source else "positions would form a chain"
        apart = "of the same name" if np.isnan(each.arcsec) else f"{each.arcsec:.1f} arcsec away"
        for own, other in ((each.first, each.second), (each.second, each.first)):
            if (galaxy := int(of_row[own])) >= 0:
                whose = sources[int(of[other])].name
                notes[galaxy].append(f"not joined with {names[other] or 'a row'} of {whose}, {apart}: {why}")
    said = [""] * len(distance)
    for galaxy, each_note in notes.items():
        said[galaxy] = each_note[0] + (f" (and {len(each_note) - 1} more)" if len(each_note) > 1 else "")
    return said


def _doubt_redshifts(notes: list[str], sources: list[_Source], rows: dict[str, Int[np.ndarray, "galaxies"]]) -> None:
    """Add to the notes of galaxies whose sources give different redshifts: another galaxy may be behind the first."""
    values = np.stack([_take(each.numbers["redshift"], rows[each.slug], np.nan) for each in sources], axis=1)
    has = np.isfinite(values)
    low, high = np.where(has, values, np.inf).min(axis=1), np.where(has, values, -np.inf).max(axis=1)
    for galaxy in np.flatnonzero(has.any(axis=1) & (high - low > _REDSHIFTS)).tolist():
        said = f"redshifts of the sources from {low[galaxy]:.4f} to {high[galaxy]:.4f}"
        notes[galaxy] = "; ".join(filter(None, [notes[galaxy], said]))


def _warn(table: Table, sources: list[_Source], doubtful: list[str]) -> None:
    """Say what was left out, and what is doubtful."""
    if left_out := table.meta["left_out"]:
        said = "; ".join(f"{reason}: {number}" for reason, number in left_out.items())
        warn(f"rows of the catalogues were left out ({said})", IncompleteWarning)
    if doubtful:
        example = next(row for row in table.iterrows("name", "match_note") if row[1])
        warn(
            f"the matches of {len(doubtful)} of {len(table)} galaxies are doubtful, such as {example[0]} "
            f"({example[1]}); the column match_note has all",
            ImplausibleWarning,
        )
    if len(sources) > 1 and len(table) > 0 and not (table["n_sources"] > 1).any():
        warn(
            f"no galaxy is in two of the sources ({', '.join(table.meta['sources'])}); expected some: compare how they "
            f"write names, and whether positions are in degrees",
            ImplausibleWarning,
        )


def _add_source(table: Table, source: _Source, rows: Int[np.ndarray, "galaxies"]) -> None:
    """Add the columns of one source."""
    names = _take(np.array(source.names, dtype=str), rows, "")
    table[f"name_{source.slug}"] = Column(names, description=f"name in {source.name}")
    types = _take(source.types.texts, rows, "")
    table[f"morphology_{source.slug}"] = Column(types, description=f"type in {source.name}")
    for name, values in (("t", source.types.stages), ("t_error", source.numbers["t_error"])):
        column = _take(values, rows, np.nan)
        table[f"{name}_{source.slug}"] = MaskedColumn(
            column, mask=np.isnan(column), description=f"{'T' if name == 't' else 'uncertainty of T'} in {source.name}"
        )
    table[f"row_{source.slug}"] = MaskedColumn(rows, mask=rows < 0, description=f"row in the table of {source.name}")
