"""The image files of a folder, found by name."""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

from galmorph.data._images.read import IMAGE_SUFFIXES, image_stem
from galmorph.errors import DatasetError

__all__ = ["ImageFolder"]


class ImageFolder:
    """The image files of a folder, found by name with or without extension. Sub-folders are listed when needed."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._listings: dict[Path, list[Path]] = {}
        self._by_name: dict[Path, Path] = {}
        self._by_stem: dict[Path, list[Path]] = {}
        if not self.path.is_dir():
            raise DatasetError(f"{self.path}: expected a folder of images, but there is none of this name")

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
        """Number of image files in all folders that were listed so far."""
        return sum(map(len, self._listings.values()))

    def find(self, name: str) -> Path | None:
        """Find the image of a name; None if there is none."""
        relative = PurePosixPath(name)
        if relative.is_absolute() or PureWindowsPath(name).anchor or ".." in relative.parts or "\0" in name:
            raise DatasetError(f"{self.path}: expected names of images inside it, got {name!r}, which leads out of it")
        self.images(str(relative.parent))
        path = self.path / relative
        found = [self._by_name[path]] if path in self._by_name else self._by_stem.get(path, [])
        if len(found) > 1:
            raise DatasetError(
                f"labels: {name!r} may be {' or '.join(path.name for path in found)}; write the name with its extension"
            )
        return found[0] if found else None
