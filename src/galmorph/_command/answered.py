"""What files of answers hold: read piece by piece, because they may be long."""

import csv
import zipfile
from importlib import import_module
from itertools import dropwhile
from pathlib import Path

import numpy as np

__all__ = ["has_answers", "kept_answers", "parts_folder"]


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


def parts_folder(path: Path) -> Path:
    """Folder in which `Classifier.predict_to` keeps the answers of a file that is not complete."""
    return path.with_name(f"{path.name}.parts")


def kept_answers(path: Path) -> int:
    """Count the answers that an interrupted `Classifier.predict_to` has kept; a part that can't be read has none."""
    count = 0
    for part in parts_folder(path).glob("part-*.npz"):
        try:
            with np.load(part) as arrays:
                count += len(arrays["probabilities"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            continue
    return count
