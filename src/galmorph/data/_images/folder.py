"""The image files of a folder, found by name."""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from galmorph.data._images.read import IMAGE_SUFFIXES, image_stem
from galmorph.errors import DatasetError

__all__ = ["ImageFolder", "image_files"]

# Pictures and arrays that `read_image` does not read. Nobody means them to be left out without a word.
_UNREAD = (".bmp", ".gif", ".heic", ".heif", ".jp2", ".npy", ".npz", ".webp")


class _Listing(NamedTuple):
    images: list[Path]
    sub_folders: list[str]
    unread: list[Path]


class ImageFolder:
    """The image files of a folder, found by name with or without extension. Sub-folders are listed when needed.

    Hidden files and folders are ignored, and so are folders whose names begin with two underscores, such as the
    ``__MACOSX`` that archives from a Mac contain.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._listings: dict[Path, _Listing] = {}
        self._trees: dict[Path, list[Path]] = {}
        self._by_name: dict[Path, Path] = {}
        self._by_stem: dict[Path, list[Path]] = {}
        self._anywhere: dict[str, list[Path]] = {}
        if not self.path.is_dir():
            raise DatasetError(f"{self.path}: expected a folder of images, but there is none of this name")

    def sub_folders(self, sub_folder: str = ".") -> list[str]:
        """Names of the folders in the folder or in a sub-folder, sorted."""
        return self._list(self.path / sub_folder).sub_folders

    def images(self, sub_folder: str = ".") -> list[Path]:
        """Image files of the folder or of a sub-folder, sorted by name."""
        return self._list(self.path / sub_folder).images

    def tree(self, sub_folder: str = ".") -> list[Path]:
        """Image files of the folder or of a sub-folder, and of all folders in it, sorted by path."""
        top = self.path / sub_folder
        if top not in self._trees:
            found: list[Path] = []
            waiting = [top]
            seen = set(map(str, Path(os.path.realpath(top)).parents))
            while waiting:
                folder = waiting.pop()
                real = os.path.realpath(folder)
                if real in seen:  # a link leads back
                    continue
                seen.add(real)
                images, names, _ = self._list(folder)
                found += images
                waiting += [folder / name for name in names]
            self._trees[top] = sorted(found)
        return self._trees[top]

    def unread(self) -> list[Path]:
        """Pictures and arrays in formats that are not read, in the folders that were listed so far."""
        return sorted(path for listing in self._listings.values() for path in listing.unread)

    def find(self, name: str, *, below: bool = False) -> Path | None:
        """Find the image of a name; None if there is none. With `below`, a bare name is sought in all sub-folders."""
        if _leads_out(name):
            raise DatasetError(f"{self.path}: expected names of images inside it, got {name!r}, which leads out of it")
        found = self._matches(name, below)
        if len(found) > 1:
            names = [path.relative_to(self.path).as_posix() for path in found[:3]] + ["..."] * (len(found) > 3)
            one_folder = len({path.parent for path in found}) == 1
            raise DatasetError(
                f"labels: {name!r} may be {' or '.join(names)}; write the name with its "
                f"{'extension' if one_folder else 'folder'}"
            )
        return found[0] if found else None

    def holds(self, name: str) -> bool:
        """Say whether a name, sought in all sub-folders, is that of an image."""
        return bool(name) and not _leads_out(name) and bool(self._matches(name, below=True))

    def _matches(self, name: str, below: bool) -> list[Path]:
        relative = PurePosixPath(name)
        self.images(str(relative.parent))
        path = self.path / relative
        found = [self._by_name[path]] if path in self._by_name else self._by_stem.get(path, [])
        if found or not below or len(relative.parts) != 1:
            return found
        if not self._anywhere:
            for each in self.tree():
                for key in {each.name, image_stem(each)}:
                    self._anywhere.setdefault(key, []).append(each)
        return self._anywhere.get(name, [])

    def _list(self, folder: Path) -> _Listing:
        if folder not in self._listings:
            images, names, unread = [], [], []
            if folder.is_dir():
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        if entry.is_dir():
                            names += [entry.name] * (not entry.name.startswith("__"))
                        elif entry.name.lower().endswith(IMAGE_SUFFIXES) and entry.is_file():
                            images.append(folder / entry.name)
                        elif entry.name.lower().endswith(_UNREAD):
                            unread.append(folder / entry.name)
            images.sort()
            self._listings[folder] = _Listing(images, sorted(names), unread)
            for path in images:
                self._by_name[path] = path
                self._by_stem.setdefault(folder / image_stem(path), []).append(path)
        return self._listings[folder]


def _leads_out(name: str) -> bool:
    relative = PurePosixPath(name)
    return relative.is_absolute() or bool(PureWindowsPath(name).anchor) or ".." in relative.parts or "\0" in name


def image_files(folder: str | os.PathLike[str]) -> list[Path]:
    """List the image files in a folder and in all folders below it, sorted by path.

    Hidden files and folders are left out, and folders whose names begin with two underscores (``__MACOSX``).

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    list of pathlib.Path
        FITS, JPEG, PNG and TIFF files, by the ending of their names.

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from galmorph.data import image_files
    >>> image_files(mkdtemp())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    galmorph.errors.DatasetError: ...: expected images (.fits, ...), found none
    """
    found = ImageFolder(folder).tree()
    if not found:
        raise DatasetError(f"{folder}: expected images ({', '.join(IMAGE_SUFFIXES)}), found none")
    return found
