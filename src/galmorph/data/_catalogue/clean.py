"""Clean catalogues: one row for each galaxy, without components and other objects."""

import copy
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import astropy.units as u
import numpy as np
from astropy.table import Column, Table

from galmorph._checks import check
from galmorph.data._catalogue.columns import names_of, need_columns, numbers, texts

__all__ = ["clean", "only", "with_left_out"]

# Names that NED gives to members of an object that it also lists as one, to objects that only a note mentions, and to
# HII regions.
_COMPONENT = re.compile(r"\b(?:NED|NOTES)\d+\b|\bH ?II\b")


def clean(
    catalogue: Table,
    *,
    object_types: Sequence[str] | None = ("G",),
    redshift: tuple[float | None, float | None] = (None, None),
) -> Table:
    """Reduce a catalogue to one row for each galaxy, without components and without rows that are not galaxies.

    Rows of the same name (except for blanks) become one: the first that may stay, with the ``requested`` classes of
    all. Rows at the same position under different names all stay, because they may be different galaxies; `sky_groups`
    gives them one group. Components (with ``NED01``, ``NOTES01`` and the like) and HII regions are recognised by name.

    Parameters
    ----------
    catalogue
        A table with a column ``name``, as `NedClient.search` gives it. It is not changed.
    object_types
        Values of the column ``object_type`` that may stay; ``G`` is NED's code for a galaxy. None keeps all, and needs
        no such column.
    redshift
        Smallest and largest redshift, both included; None for no limit. With a limit, the column ``redshift`` is
        needed, and galaxies of unknown redshift are removed.

    Returns
    -------
    Table
        The rows that stay, in their order. ``meta["left_out"]`` counts the removed rows by reason, added to the counts
        that the catalogue's own ``meta["left_out"]`` already has.

    Raises
    ------
    InvalidValueError
        If a needed column is missing, or the limits of redshift are in the wrong order.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from galmorph.data import clean
    >>> catalogue = Table({
    ...     "name": ["NGC 4472", "NGC 0105 NED02", "ARP 116", "NGC 4472"],
    ...     "object_type": ["G", "G", "GPair", "G"],
    ...     "requested": ["E", "S", "E", "S0"],
    ... })
    >>> galaxies = clean(catalogue)
    >>> galaxies["name", "requested"].pformat()
    ['  name   requested', '-------- ---------', 'NGC 4472      E;S0']
    >>> galaxies.meta["left_out"]
    {'component of another object': 1, 'object type GPair': 1, 'another row of the same galaxy': 1}
    """
    low, high = (-np.inf if redshift[0] is None else redshift[0]), (np.inf if redshift[1] is None else redshift[1])
    check(low <= high, f"redshift: expected the smallest and the largest one, got {redshift!r}")
    ranged = redshift != (None, None)
    need_columns(catalogue, "name")
    if object_types is not None:
        check(
            not isinstance(object_types, str), f"object_types: expected several, got {object_types!r}; put it in a list"
        )
        need_columns(catalogue, "object_type", hint="pass object_types=None if all rows are galaxies")
    if ranged:
        need_columns(catalogue, "redshift")

    names = names_of(catalogue)
    kinds = None if object_types is None else texts(catalogue, "object_type")
    redshifts = numbers(catalogue, "redshift", u.dimensionless_unscaled) if ranged else np.zeros(len(catalogue))
    firsts: dict[str, int] = {}
    reasons = []
    for row, (name, z) in enumerate(zip(names, redshifts, strict=True)):
        if not name:
            reason = "no name"
        elif _COMPONENT.search(name):
            reason = "component of another object"
        elif kinds is not None and kinds[row] not in (object_types or ()):
            reason = f"object type {kinds[row]}" if kinds[row] else "object type unknown"
        elif ranged and not low <= z <= high:
            reason = "redshift unknown" if np.isnan(z) else "redshift out of range"
        else:
            reason = "" if firsts.setdefault(name, row) == row else "another row of the same galaxy"
        reasons.append(reason)
    kept = _rows(catalogue, [not reason for reason in reasons], reasons)
    if "requested" in catalogue.colnames:
        _join_requested(kept, names, texts(catalogue, "requested"))
    return kept


def only(catalogue: Table, *prefixes: str) -> Table:
    """Keep the galaxies whose names come from certain catalogues.

    Parameters
    ----------
    catalogue
        A table with a column ``name``. It is not changed.
    prefixes
        Beginnings of the names, as whole words, in upper or lower case: ``"NGC"`` finds ``NGC 4472`` and ``NGC4472``,
        but not ``NGCC 12``.

    Returns
    -------
    Table
        The rows that stay, in their order; ``meta["left_out"]`` counts the others.

    Raises
    ------
    InvalidValueError
        If the column ``name`` is missing, or no prefix is given, or an empty one.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from galmorph.data import only
    >>> catalogue = Table({"name": ["MESSIER 049", "UGC 00041", "UGCA 001", "NGC4472"]})
    >>> only(catalogue, "MESSIER", "UGC")["name"].tolist()
    ['MESSIER 049', 'UGC 00041']
    """
    check(
        bool(prefixes) and all(prefix.strip() for prefix in prefixes),
        f"prefixes: expected names of catalogues, such as 'NGC', got {prefixes!r}",
    )
    need_columns(catalogue, "name")
    pattern = re.compile("|".join(map(_prefix_pattern, prefixes)), re.IGNORECASE)
    stays = [pattern.match(name) is not None for name in names_of(catalogue)]
    return _rows(catalogue, stays, ["" if stay else "not of the catalogues asked for" for stay in stays])


def with_left_out(meta: Mapping[str, object], reasons: Iterable[str]) -> dict[str, int]:
    """Add reasons, one for each removed row, to the counts that ``meta["left_out"]`` holds."""
    known = meta.get("left_out")
    counts = Counter(known if isinstance(known, Mapping) else {})
    counts.update(reasons)
    return dict(counts)


def _rows(catalogue: Table, stays: list[bool], reasons: list[str]) -> Table:
    kept = catalogue[np.array(stays, bool)]
    kept.meta = copy.deepcopy(catalogue.meta)
    kept.meta["left_out"] = with_left_out(catalogue.meta, filter(None, reasons))
    return kept


def _join_requested(kept: Table, names: list[str], requested: list[str]) -> None:
    classes: dict[str, dict[str, None]] = {}  # the keys are an ordered set
    for name, text in zip(names, requested, strict=True):
        classes.setdefault(name, {}).update(dict.fromkeys(filter(None, map(str.strip, text.split(";")))))
    joined = [";".join(classes[name]) for name in names_of(kept)]
    kept["requested"] = Column(joined, dtype=str, description=kept["requested"].info.description)


def _prefix_pattern(prefix: str) -> str:
    words = re.findall(r"[^\W\d_]+|\d+|[^\w\s]|_", prefix)
    pattern = r"\s*".join(map(re.escape, words))
    if words[-1].isdigit():
        return pattern + r"(?!\d)"
    return pattern + (r"(?![^\W\d_])" if words[-1].isalpha() else "")
