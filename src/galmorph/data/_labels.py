"""Tables of labels, and the image files that they name."""

import csv
import os
from pathlib import Path, PurePosixPath, PureWindowsPath

from galmorph.data._images import IMAGE_SUFFIXES, image_stem
from galmorph.errors import DatasetError

__all__ = ["ImageFolder", "read_labels", "read_rows"]


class ImageFolder:
    """The image files of a folder, by name with or without extension; a sub-folder is listed when first asked for."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._listings: dict[Path, list[Path]] = {}
        self._by_name: dict[Path, Path] = {}
        self._by_stem: dict[Path, list[Path]] = {}
        if not self.path.is_dir():
            raise DatasetError(f"{self.path}: expected a folder of images, got none of this name")

    def sub_folders(self) -> list[str]:
        """Names of the sub-folders, sorted, without hidden ones."""
        return sorted(path.name for path in self.path.iterdir() if path.is_dir() and not path.name.startswith("."))

    def images(self, sub_folder: str = ".") -> list[Path]:
        """Image files of the folder or of a sub-folder, sorted by name, without hidden ones."""
        folder = self.path / sub_folder
        if folder not in self._listings:
            entries = sorted(folder.iterdir()) if folder.is_dir() else []
            files = [
                path
                for path in entries
                if path.name.lower().endswith(IMAGE_SUFFIXES) and not path.name.startswith(".") and path.is_file()
            ]
            self._listings[folder] = files
            for path in files:
                self._by_name[path] = path
                self._by_stem.setdefault(folder / image_stem(path), []).append(path)
        return self._listings[folder]

    def seen(self) -> int:
        """Number of image files in all folders that were asked for."""
        return sum(map(len, self._listings.values()))

    def find(self, name: str) -> Path | None:
        """Find the image of a name; None where there is none."""
        relative = PurePosixPath(name)
        if relative.is_absolute() or PureWindowsPath(name).anchor or ".." in relative.parts or "\0" in name:
            raise DatasetError(f"{self.path}: expected names of images in it, got {name!r}, which leads out of it")
        self.images(str(relative.parent))
        path = self.path / relative
        found = [self._by_name[path]] if path in self._by_name else self._by_stem.get(path, [])
        if len(found) > 1:
            raise DatasetError(
                f"labels: {name!r} may be {' or '.join(path.name for path in found)}; write the name with its extension"
            )
        return found[0] if found else None


def read_rows(path: str | os.PathLike[str]) -> tuple[list[str], list[list[str]]]:
    """Read a CSV file as a header and rows of the same length; lines that begin with # are comments."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader((line for line in file if not line.startswith("#")), skipinitialspace=True, strict=True)
            rows = [[cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: expected a readable CSV file in UTF-8 ({error})") from error
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DatasetError(
            f"{path}: expected a header, rows and at least two columns (name and class), got {len(rows)} lines"
            f"{' with ' + str(len(rows[0])) + ' columns' if rows else ''}"
        )
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise DatasetError(
                f"{path}: expected {len(rows[0])} columns as in the header, got {len(row)} in the row of {row[0]!r}; "
                "put cells that contain a comma in quotes"
            )
    return rows[0], rows[1:]


def read_labels(path: str | os.PathLike[str], folder: ImageFolder) -> dict[str, str]:
    """Read the class of each name from the first two columns of a CSV file; empty where it gives none."""
    header, rows = read_rows(path)
    if folder.find(header[0]) is not None:
        raise DatasetError(
            f"{path}: expected a header in the first line, such as name,class; got the image {header[0]!r}"
        )
    labels: dict[str, str] = {}
    for name, label, *_ in rows:
        if labels.setdefault(name, label) != label:
            raise DatasetError(f"{path}: {name!r} stands twice, as {labels[name]!r} and as {label!r}; keep one row")
    return labels
