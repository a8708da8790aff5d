"""`feature_array`: measures as numbers for a classifier."""

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table
from jaxtyping import Float32

from galmorph._checks import check, check_choice
from galmorph.errors import InvalidValueError

__all__ = ["feature_array"]

_COLUMNS = ("concentration", "asymmetry", "smoothness", "gini", "m20", "axis_ratio")
_SHOWN = 5  # names in a message


def feature_array(
    table: Table, columns: Sequence[str] = _COLUMNS, *, missing: str | Mapping[str, float] = "raise"
) -> Float32[np.ndarray, "galaxies features"]:
    """Turn measures into an array of features, for `galmorph.comparison.compare` or scikit-learn.

    Parameters
    ----------
    table
        One row for each galaxy (`measure_galaxies`), in the order of the data set that is compared.
    columns
        The columns that become features. The default needs no unit; radii in pixels depend on the distance and the
        telescope.
    missing
        What to do with galaxies of which a value is missing (masked, or not finite): ``"raise"`` refuses them with
        their names; ``"median"`` sets the median of the column in this table; and a mapping of columns to values
        sets those. A median over all rows contains the tested galaxies (their values, not their labels). Where that
        matters, take the medians of the training galaxies, and pass them as a mapping. A classifier can't see which
        values were set.

    Returns
    -------
    numpy.ndarray
        Float32 of shape ``(galaxies, features)``; all finite.

    Raises
    ------
    InvalidValueError
        If a column is not in the table or holds no numbers, a value is missing and may not be, or a column has no value
        at all.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from galmorph.measures import feature_array
    >>> table = Table({"name": ["a", "b", "c"], "concentration": [2.7, 4.1, float("nan")], "gini": [0.45, 0.6, 0.5]})
    >>> feature_array(table, ("concentration", "gini"), missing="median").tolist()[2]
    [3.4000000953674316, 0.5]

    As an entry of a comparison::

        table = gm.measures.measure_galaxies(galaxies.table["path"])
        features = gm.measures.feature_array(table, missing="median")
        gm.comparison.compare(["resnet18", "CAS"], galaxies, models={"CAS": features})
    """
    check(isinstance(table, Table), f"table: expected the table of measure_galaxies, got a {type(table).__name__}")
    check(len(table) > 0, "table: expected at least one row, got none")
    check(not isinstance(columns, str) and len(columns) > 0, f"columns: expected several names, got {columns!r}")
    for name in columns:
        check_choice("columns", name, table.colnames)
    if not isinstance(missing, Mapping):
        check_choice("missing", missing, ("raise", "median"))
    else:
        unknown = sorted(set(map(str, missing)) - set(columns))
        check(not unknown, f"missing: expected values for {', '.join(columns)}, got one for {', '.join(unknown)}")
    return np.stack([_feature(table, name, missing) for name in columns], axis=1).astype(np.float32)


def _feature(table: Table, name: str, missing: str | Mapping[str, float]) -> np.ndarray:
    column = np.ma.asarray(table[name])
    check(
        column.dtype.kind in "fiu" and column.ndim == 1,
        f"columns: expected numbers, but {name!r} is of shape {column.shape} and type {column.dtype}",
    )
    values: np.ndarray = np.ma.filled(column.astype(np.float64), np.nan)
    with np.errstate(over="ignore"):
        sound = np.isfinite(values.astype(np.float32))
    if sound.all():
        return values
    if isinstance(missing, Mapping) and name in missing:
        value = missing[name]
        check(bool(np.isfinite(value)), f"missing[{name!r}]: expected a finite number, got {value!r}")
    elif missing == "median":
        check(bool(sound.any()), f"columns: {name!r} has no value in any row; leave it out")
        value = float(np.median(values[sound]))
    else:
        rows = np.flatnonzero(~sound)
        names = [str(table["name"][row]) if "name" in table.colnames else f"row {row}" for row in rows[:_SHOWN]]
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        raise InvalidValueError(
            f"columns: {name!r} is missing for {len(rows)} of {len(values)} galaxies ({', '.join(names)}{more}); leave "
            "them out, or choose missing='median'"
        )
    return np.where(sound, values, value)
