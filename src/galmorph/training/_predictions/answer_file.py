"""Files of answers, written part by part: CSV, ECSV, FITS or Parquet."""

import csv
import io
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

import numpy as np
from astropy.io import fits
from astropy.table import Column, Table
from astropy.table.meta import get_yaml_from_table

from galmorph._atomic_files import give_name, scratch_file, sync_folder
from galmorph._checks import check

__all__ = ["check_format", "write_answer_file"]

#: Gives the parts of a table, each time it is called.
Tables = Callable[[], Iterator[Table]]

_FITS_BLOCK = 2880


def check_format(path: Path) -> None:
    """Raise an error unless files with this name can be written.

    Raises
    ------
    InvalidValueError
        If the suffix is none of the formats.
    ImportError
        If the file is Parquet and pyarrow is not installed.
    """
    check(
        path.suffix.lower() in _WRITERS,
        f"path: expected a file name that ends in {', '.join(_WRITERS)}, got {path.name!r}",
    )
    if path.suffix.lower() == ".parquet":
        _pyarrow()


def write_answer_file(path: Path, tables: Tables, *, scratch: Path) -> None:
    """Write parts of a table, one after the other, to a file that appears when it is complete.

    Parameters
    ----------
    path
        The file; its suffix decides the format.
    tables
        The parts, with the columns of `prediction_table`.
    scratch
        A folder on the same disk, where the file is until it is complete.
    """
    with scratch_file(scratch, prefix=".answers-") as file:
        _WRITERS[path.suffix.lower()](file, tables)
        give_name(file, path)
    sync_folder(path.parent)


def _write_csv(file: BinaryIO, tables: Tables) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    for number, table in enumerate(tables()):
        if number == 0:
            writer.writerow(table.colnames)
        writer.writerows(_rows(table))
    text.detach()


def _write_ecsv(file: BinaryIO, tables: Tables) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    # Texts are quoted, because the readers take a line that begins with "#" for a comment.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for number, table in enumerate(tables()):
        if number == 0:
            table[:0].write(text, format="ascii.ecsv", delimiter=",")
        writer.writerows(_rows(table))
    text.detach()


def _write_fits(file: BinaryIO, tables: Tables) -> None:
    # The header gives the number of rows and the width of texts, which only the last part decides.
    rows = 0
    types: dict[str, np.dtype] = {}
    for table in tables():
        rows += len(table)
        for name, values in _fits_columns(table).items():
            types[name] = max(types.get(name, values.dtype), values.dtype, key=lambda dtype: dtype.itemsize)
    empty = next(tables())[:0]
    for name, dtype in types.items():
        empty.replace_column(name, Column(empty[name], dtype=dtype, description=empty[name].description))
    with io.BytesIO() as made:
        empty.write(made, format="fits")
        made.seek(0)
        with fits.open(made) as units:
            units[1].header["NAXIS2"] = rows
            file.write("".join(unit.header.tostring() for unit in units).encode("ascii"))
    for table in tables():
        records = np.zeros(len(table), list(types.items()))
        for name, values in _fits_columns(table).items():
            records[name] = values
        file.write(records.tobytes())
    size = rows * np.dtype(list(types.items())).itemsize
    file.write(bytes(-size % _FITS_BLOCK))


def _fits_columns(table: Table) -> dict[str, np.ndarray]:
    """Encode columns as FITS does: NaN for masked numbers, and ASCII for texts."""
    columns = {}
    for name, column in table.columns.items():
        if column.dtype.kind == "U":
            columns[name] = np.char.encode(_values(column), "ascii", "backslashreplace")
        else:
            columns[name] = _values(column).astype(">f4")
    return columns


def _write_parquet(file: BinaryIO, tables: Tables) -> None:
    arrow, parquet = _pyarrow()
    lengths: dict[str, int] = {}
    for table in tables():
        for name, column in table.columns.items():
            if column.dtype.kind == "U":
                lengths[name] = max(lengths.get(name, 1), column.dtype.itemsize // 4)
    empty = next(tables())[:0]
    types = {name: arrow.string() if name in lengths else arrow.float32() for name in empty.colnames}
    # So astropy finds the descriptions, and the lengths of texts.
    described = {f"table::len::{name}": str(length) for name, length in lengths.items()}
    described["table_meta_yaml"] = "\n".join(get_yaml_from_table(empty))
    schema = arrow.schema(list(types.items()), metadata=described)
    with parquet.ParquetWriter(file, schema) as writer:
        for table in tables():
            columns = [
                arrow.array(_values(column).tolist(), type=types[name], from_pandas=True)
                for name, column in table.columns.items()
            ]
            writer.write_table(arrow.Table.from_arrays(columns, schema=schema))


def _rows(table: Table) -> Iterator[tuple[object, ...]]:
    """Give the rows of a table, with an empty text where a value is masked; `str` of a float32 gives all its digits."""
    columns = []
    for column in table.columns.values():
        values, hidden = np.asarray(column), np.ma.getmaskarray(column)
        columns.append(["" if masked else value for value, masked in zip(values, hidden, strict=True)])
    return zip(*columns, strict=True)


def _values(column: Column) -> np.ndarray:
    """Give the values of a column, with an empty text or NaN where they are masked."""
    values = np.asarray(column)
    return np.where(np.ma.getmaskarray(column), values.dtype.type("" if values.dtype.kind == "U" else np.nan), values)


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise ImportError(
            'Parquet files need pyarrow, which is not installed: pip install "galmorph-jax[parquet]", or choose '
            "another format: .fits, .ecsv, .csv"
        ) from error


_WRITERS = {".parquet": _write_parquet, ".fits": _write_fits, ".ecsv": _write_ecsv, ".csv": _write_csv}
