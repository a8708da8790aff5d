"""Whether a file of answers holds any answer: read piece by piece, because it may be long."""

import csv
from importlib import import_module
from itertools import dropwhile
from pathlib import Path

__all__ = ["has_answers"]


def has_answers(path: Path) -> bool:
    """Say if any galaxy in a file of `Classifier.predict_to` has a class."""
    if path.suffix.lower() == ".fits":
        from astropy.io import fits

        with fits.open(path) as units:
            return bool((units[1].data["class"] != "").any())
    if path.suffix.lower() == ".parquet":
        # By its name, because pyarrow is optional and has no types.
        with import_module("pyarrow.parquet").ParquetFile(path) as file:
            return any(any(part["class"].to_pylist()) for part in file.iter_batches(columns=["class"]))
    with path.open(encoding="utf-8", newline="") as lines:
        # The comments at the beginning of ECSV.
        return any(row["class"] for row in csv.DictReader(dropwhile(lambda line: line.startswith("#"), lines)))
