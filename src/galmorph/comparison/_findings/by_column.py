"""Accuracy by a column: the table, and the columns of a data set that the report shows by themselves."""

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table

from galmorph.comparison._statistics.column_bins import Bin, Bins

__all__ = ["QUANTITIES", "accuracy_table", "bin_label", "known_columns"]

#: Quantities that the report shows if a data set has them, and the names of their columns; the first one is taken.
QUANTITIES = {
    "magnitude": ("magnitude", "mag", "mag_r", "r_mag", "rmag", "petromag_r", "petro_mag_r", "modelmag_r"),
    "redshift": ("redshift", "z", "zspec", "z_spec", "zred"),
    "radius": ("radius", "r90", "petror90_r", "petror50_r", "petro_r90", "petro_r50", "radius_arcsec", "diameter"),
    "signal-to-noise ratio": ("signal_to_noise", "snr", "s_n"),
}


def known_columns(table: Table) -> list[str]:
    """Names of the columns that hold one of `QUANTITIES` with at least two values; case does not matter."""
    by_name = {name.lower(): name for name in reversed(table.colnames)}
    found = []
    for names in QUANTITIES.values():
        for name in names:
            column = table[by_name[name]] if name in by_name else None
            kind = getattr(column, "dtype", np.dtype(object)).kind  # times and coordinates have none
            if column is None or kind not in "iuf" or column.ndim != 1:
                continue
            values = np.asarray(column, np.float64)[~np.broadcast_to(getattr(column, "mask", False), len(column))]
            if len(np.unique(values[np.isfinite(values)])) > 1:
                found.append(by_name[name])
                break
    return found


def accuracy_table(found: Bins, estimates: Mapping[str, Sequence[tuple[float, float, float]]]) -> Table:
    """Make a table of bins and of estimates in them, by name."""
    table = Table()
    if found.texts:
        table["value"] = [each.text for each in found.bins]
    else:
        for name in ("low", "high", "median"):
            table[name] = [getattr(each, name) for each in found.bins]
            table[name].format = ".4g"
    table["galaxies"] = [len(each.rows) for each in found.bins]
    for name, column in estimates.items():
        prefix, _, suffix = name.partition("(")
        suffix = f"({suffix}" if suffix else ""
        for place, ending in enumerate(("", "_low", "_high")):
            table[f"{prefix}{ending}{suffix}"] = np.array([each[place] for each in column], np.float64)
            table[f"{prefix}{ending}{suffix}"].format = ".3f"
    table.meta["missing"] = found.missing
    return table


def bin_label(one: Bin) -> str:
    """Write a bin: its text, or its edges with as few digits as distinguish them."""
    if one.text:
        return one.text
    digits = next((n for n in range(3, 9) if f"{one.low:.{n}g}" != f"{one.high:.{n}g}"), 9)
    low, high = (f"{edge:.{digits}g}".replace("-", "\N{MINUS SIGN}") for edge in (one.low, one.high))
    return low if low == high else f"{low} to {high}"
