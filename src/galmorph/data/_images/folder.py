"""The image files of a folder, found by name."""

import os
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from galmorph.data._images.band_files import BandPattern, FoundFile, expand_braces
from galmorph.data._images.read import IMAGE_SUFFIXES, image_stem
from galmorph.errors import DatasetError, InvalidValueError

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

    Parameters
    ----------
    path
        The folder.
    files
        Pattern of the image files in the folder and in each of its sub-folders, such as ``"*_r.fits"``. With a band in
        it (``"{name}_{band}.fits"``, or a list as in ``"{name}_{g,r,z}.fits"``), there is one image for each galaxy: a
        path with the bands in braces (see `band_files`), of all bands that any galaxy in the folder has. Its name is
        that of the galaxy. By default every image file is an image.

    Raises
    ------
    DatasetError
        If there is no such folder.
    InvalidValueError
        If the pattern is absolute or has something else in braces.
    """

    def __init__(self, path: str | os.PathLike[str], files: str | None = None) -> None:
        self.path = Path(path)
        self._pattern = None if files is None else BandPattern(files)
        self._scans: dict[Path, _Listing] = {}
        self._found: dict[Path, list[FoundFile]] = {}
        self._listings: dict[Path, _Listing] = {}
        self._trees: dict[Path, list[Path]] = {}
        self._names: dict[Path, set[str]] = {}
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
            folders = self._folders(top, self._list)
            self._trees[top] = sorted(path for folder in folders for path in self._list(folder).images)
        return self._trees[top]

    def alike(self, name: str) -> str | None:
        """Image file, relative to the folder, whose name differs in case, spaces, hyphens or leading zeros alone."""
        return self._plain_names.get(_plain(name))

    @cached_property
    def _plain_names(self) -> dict[str, str]:
        return {_plain(path.name): path.relative_to(self.path).as_posix() for path in self.tree()}

    def unread(self) -> list[Path]:
        """Pictures and arrays in formats that are not read, in the folders that were listed so far."""
        return sorted(path for listing in self._scans.values() for path in listing.unread)

    def unmatched(self) -> list[Path]:
        """Image files that don't fit the pattern, in the folder and in all folders in it, sorted by path."""
        if self._pattern is None:
            return []
        folders = self._folders(self.path, self._scan)
        fit = {each.path for folder in folders for each in self._fitting(folder)}
        return sorted(path for folder in folders for path in self._scan(folder).images if path not in fit)

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
        if self._pattern is not None:
            for folder in relative.parent.parents:  # a galaxy's name may be that of a folder: "{name}/{band}.fits"
                self.images(str(folder))
        path = self.path / relative
        found = [self._by_name[path]] if path in self._by_name else self._by_stem.get(path, [])
        if not found and "{" in name and _holds_bands(path):
            found = [path]
        if found or not below or len(relative.parts) != 1:
            return found
        if not self._anywhere:
            for each in self.tree():
                for key in {each.name, *self._names[each]}:
                    self._anywhere.setdefault(key, []).append(each)
        return self._anywhere.get(name, [])

    def _folders(self, top: Path, listing: Callable[[Path], _Listing]) -> list[Path]:
        """List a folder and all folders in it."""
        found = []
        waiting = [top]
        seen = set(map(str, Path(os.path.realpath(top)).parents))
        while waiting:
            folder = waiting.pop()
            real = os.path.realpath(folder)
            if real in seen:  # a link leads back
                continue
            seen.add(real)
            found.append(folder)
            waiting += [folder / name for name in listing(folder).sub_folders]
        return found

    def _list(self, folder: Path) -> _Listing:
        if folder not in self._listings:
            images, names, unread = self._scan(folder)
            named = {path: image_stem(path) for path in images}
            if self._pattern is not None:
                found = self._fitting(folder)
                named = self._pattern.galaxies(folder, found, self._bands)
                # Folders of bands, as in "{band}/{name}.fits", are no folders of images.
                inner = {each.path.relative_to(folder).parts[0] for each in found if each.path.parent != folder}
                names = [name for name in names if name not in inner]
            for path, name in named.items():
                self._by_name[path] = path
                self._names[path] = {name or image_stem(path), image_stem(path)}
                for key in self._names[path]:
                    self._by_stem.setdefault(folder / key, []).append(path)
            self._listings[folder] = _Listing([*named], names, unread)
        return self._listings[folder]

    @cached_property
    def _bands(self) -> tuple[str, ...]:
        """Bands of the pattern that any galaxy in the folder has."""
        found = [each for folder in self._folders(self.path, self._scan) for each in self._fitting(folder)]
        return () if self._pattern is None else self._pattern.bands(found)

    def _fitting(self, folder: Path) -> list[FoundFile]:
        if folder not in self._found:
            pattern = self._pattern
            self._found[folder] = [] if pattern is None else pattern.files(folder, endings=IMAGE_SUFFIXES)
        return self._found[folder]

    def _scan(self, folder: Path) -> _Listing:
        if folder not in self._scans:
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
            self._scans[folder] = _Listing(sorted(images), sorted(names), unread)
        return self._scans[folder]


def _holds_bands(path: Path) -> bool:
    """Say whether a path with bands in braces stands for any file."""
    try:
        files = expand_braces(path) or {}
    except InvalidValueError:
        return False
    return any(file.is_file() for file in files.values())


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


def _plain(name: str) -> str:
    """Write a name as people may vary it: "NGC 205", "ngc_205.fits" and "NGC0205.png" become one."""
    return re.sub(r"0*(\d+)", r"\1", re.sub(r"[\s_-]+", "", image_stem(name).casefold()))
