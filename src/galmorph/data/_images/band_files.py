"""Several files of one galaxy, one for each band: paths with braces, and patterns that find such files."""

import math
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from galmorph._bands import band_name, wavelength
from galmorph._checks import check
from galmorph.data._fits.hdus import name_role

__all__ = ["BandPattern", "FoundFile", "band_files", "expand_braces", "files_of", "without_bands"]

_BRACES = re.compile(r"\{([^{}/\\]*,[^{}/\\]*)\}")
_BAND = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*")  # no dots: a band is never "..", which leads out of a folder
_PLANES = ("mask", "weight", "error", "auxiliary")  # what accompanies an image
_SEPARATORS = "_-. "
_PIECE = re.compile(r"\{[^{}]*\}|[*?]|[^{*?]+|\{")


def expand_braces(path: str | os.PathLike[str]) -> dict[str, Path] | None:
    """List the files that a path with braces stands for.

    Parameters
    ----------
    path
        A path such as ``"M51_{g,r,z}.fits"`` or ``"{g,r,z}/M51.fits"``, with the list of bands in the name of the file
        or of a folder. Spaces around the bands do not count.

    Returns
    -------
    dict or None
        The path of each band, in the order of the list; None if the path has no braces with a comma, or if there is a
        file of this very name.

    Raises
    ------
    InvalidValueError
        If there are several lists, or if a band is empty, is given twice, or has other characters than letters, digits,
        ``_``, ``+`` and ``-``.

    Examples
    --------
    >>> [str(file) for file in expand_braces("M51_{g,r}.fits").values()]
    ['M51_g.fits', 'M51_r.fits']
    """
    text = os.fspath(path)
    lists = _BRACES.findall(text)
    if not lists or Path(text).exists():
        return None
    check(len(lists) == 1, f"{text}: expected one list of bands in braces, got {len(lists)}")
    bands = _checked_bands([band.strip() for band in lists[0].split(",")], text)
    return {band: Path(_BRACES.sub(band, text)) for band in bands}


def files_of(path: str | os.PathLike[str]) -> list[Path]:
    """List the files that the path of an image stands for: one, or several if it has bands in braces.

    Parameters
    ----------
    path
        The path, as for `read_image`.

    Returns
    -------
    list of pathlib.Path
        The files, whether they exist or not.

    Raises
    ------
    InvalidValueError
        If the list of bands is not one, as in `read_image`.

    Examples
    --------
    >>> from galmorph.data import files_of
    >>> [path.name for path in files_of("images/M51_{g,r}.fits")], [path.name for path in files_of("images/M51.jpg")]
    (['M51_g.fits', 'M51_r.fits'], ['M51.jpg'])
    """
    files = expand_braces(path) if "{" in os.fspath(path) else None
    return [Path(path)] if files is None else [*files.values()]


def without_bands(path: Path) -> Path:
    """Remove the list of bands from the name of a file: ``M51.fits`` from ``M51_{g,r}.fits`` and ``M51/{g,r}.fits``.

    The name that is left is that of the galaxy. The folder gives it if the file's name has nothing but the bands.
    """
    match = _BRACES.search(path.name)
    if match is None:
        return path
    before, after = path.name[: match.start()].rstrip(_SEPARATORS), path.name[match.end() :]
    if not before:
        # What follows in "M51/{g,r}.fits" is the extension, and in "{g,r}_M51.fits" a name and the extension.
        nameless = after[:1] in ("", ".")
        return path.with_name(f"{path.parent.name or 'image'}{after}" if nameless else after.lstrip(_SEPARATORS))
    return path.with_name(before + after)


def band_files(pattern: str | os.PathLike[str], *, bands: Iterable[str] | None = None) -> list[str]:
    """Find the galaxies of a folder that has one file for each band.

    Parameters
    ----------
    pattern
        A path with ``{name}`` for the name of the galaxy and ``{band}`` for the band, such as
        ``"images/{name}_{band}.fits"`` or ``"images/{band}/{name}.fits"``. ``{name}`` stands for any characters but a
        slash, ``{band}`` for letters and digits. A list, as in ``"{name}_{g,r,z}.fits"``, stands for these bands in
        this order. ``*`` and ``?`` have their usual meaning, and no other character has a special one.
    bands
        The bands to take, in this order. By default all that any galaxy has, ordered by wavelength; bands of unknown
        wavelength follow, by name. Masks, weights and the like (``mask``, ``wht``, ``ivar``, ``err``, ``psf`` ...) are
        bands only if they are listed, here or in the pattern.

    Returns
    -------
    list of str
        One path for each galaxy, sorted, with the bands in braces: ``"images/M51_{g,r,z}.fits"``. `read_image` and
        every function that takes image files read it as one image. A galaxy that lacks one of the bands has it in its
        path nevertheless, so that reading it names the missing file. If there is one band only, the paths are those of
        the files.

    Raises
    ------
    InvalidValueError
        If no file fits the pattern (the message lists what is in the folder), if no galaxy has one of `bands`, or if
        the pattern has other words in braces, or no band and `bands` are given.

    See Also
    --------
    read_bands : Read the files of one galaxy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from galmorph.data import band_files
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("M51_r.fits", "M51_g.fits", "M101_g.fits"):
    ...         Path(folder, name).touch()
    ...     [Path(path).name for path in band_files(f"{folder}/{{name}}_{{band}}.fits")]
    ['M101_{g,r}.fits', 'M51_{g,r}.fits']
    """
    whole = Path(pattern)
    parts = whole.parts
    first = next((place for place, part in enumerate(parts) if re.search(r"[{*?]", part)), len(parts) - 1)
    folder = Path(*parts[:first])
    match = BandPattern("/".join(parts[first:]))
    wanted = None if bands is None else [bands] if isinstance(bands, str) else [*bands]
    found = match.files(folder, bands=wanted)
    check(bool(found), f"expected files that fit {str(whole)!r}, found none; {_content(folder)}")
    return [str(path) for path in match.galaxies(folder, found, match.bands(found, wanted))]


class FoundFile(NamedTuple):
    """A file that fits a pattern: its path with a place for the band, the name of the galaxy, and its band."""

    path: Path
    template: str
    name: str
    band: str


class BandPattern:
    """A pattern of files relative to a folder, such as ``"{name}_{band}.fits"`` or ``"*_r.fits"``.

    Raises
    ------
    InvalidValueError
        If the pattern is absolute, leads out of the folder, or has something else in braces.
    """

    def __init__(self, pattern: str) -> None:
        parts = Path(pattern).parts
        check(
            bool(parts) and not Path(pattern).is_absolute() and ".." not in parts,
            f"files: expected a pattern inside of the folder, such as '{{name}}_{{band}}.fits', got {pattern!r}",
        )
        self.pattern = pattern
        self._listed: list[str] = []
        self._seen: set[str] = set()
        self._parts = [self._regex(part) for part in parts]
        self.has_bands = "band" in self._seen

    def files(
        self, folder: Path, *, endings: tuple[str, ...] | None = None, bands: Sequence[str] | None = None
    ) -> list[FoundFile]:
        """Find the files of a folder that fit, sorted by path.

        With `endings`, only those with one of these. Masks, weights and the like are no bands unless `bands` or the
        pattern list them.
        """
        found = list(self._below(folder, "", 0, {"name": "", "band": ""}))
        listed = {*self._listed, *(bands or ())}
        return sorted(
            each
            for each in found
            if (endings is None or each.path.name.lower().endswith(endings))
            and (each.band in listed or name_role(each.band) not in _PLANES)
        )

    def bands(self, found: Iterable[FoundFile], wanted: Iterable[str] | None = None) -> tuple[str, ...]:
        """Put the bands of files in order: the wanted ones as given, others as in the pattern, or by wavelength."""
        present = {each.band for each in found if each.band}
        if wanted is None:
            if self._listed:
                return tuple(self._listed)
            return tuple(sorted(present, key=lambda band: (wavelength(band_name(band)) or math.inf, band)))
        check(self.has_bands, f"bands: expected a pattern with {{band}}, got {self.pattern!r}")
        chosen = _checked_bands([wanted] if isinstance(wanted, str) else [*wanted], "bands")
        lacking = [band for band in chosen if band not in present]
        check(
            not lacking,
            f"bands: no file that fits {self.pattern!r} is of band {', '.join(lacking)}; "
            f"there are {', '.join(self.bands(found)) or 'none'}",
        )
        return chosen

    def galaxies(self, folder: Path, found: Iterable[FoundFile], bands: Sequence[str]) -> dict[Path, str]:
        """Join files to galaxies: the path of each, with the bands in braces if there are several, and its name."""
        together = bands[0] if len(bands) == 1 else "{" + ",".join(bands) + "}"
        paths = {folder / each.template.replace("\0", together): each.name for each in found}
        return dict(sorted(paths.items()))

    def _below(self, folder: Path, so_far: str, depth: int, values: dict[str, str]) -> Iterable[FoundFile]:
        last = depth == len(self._parts) - 1
        if not folder.is_dir():
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                match = self._parts[depth].fullmatch(entry.name)
                if match is None or not (entry.is_file() if last else entry.is_dir()):
                    continue
                groups = match.groupdict()
                if any(values[key] and groups.get(key) and values[key] != groups[key] for key in values):
                    continue  # {name}/{name}_{band}.fits
                now = {key: groups.get(key) or values[key] for key in values}
                name = entry.name
                if groups.get("band"):
                    name = f"{name[: match.start('band')]}\0{name[match.end('band') :]}"
                template = f"{so_far}{name}"
                if last:
                    yield FoundFile(folder / entry.name, template, now["name"], now["band"])
                else:
                    yield from self._below(folder / entry.name, f"{template}/", depth + 1, now)

    def _regex(self, part: str) -> re.Pattern[str]:
        text = "" if part.startswith(".") else r"(?!\.)"  # hidden files
        seen: set[str] = set()
        for piece in _PIECE.findall(part):
            if piece in ("*", "?"):
                text += r"[^{}]*" if piece == "*" else r"[^{}]"
                continue
            if not piece.startswith("{"):
                text += re.escape(piece)
                continue
            listed = [band.strip() for band in piece[1:-1].split(",")] if "," in piece else []
            key = "band" if listed else piece[1:-1]
            check(
                key in ("name", "band") and not (key == "band" and key in seen | self._seen),
                f"{self.pattern}: expected {{name}}, one {{band}}, or a list of bands such as {{g,r,z}}, got {piece!r}",
            )
            if listed:
                self._listed = [*_checked_bands(listed, self.pattern)]
            values = {"name": r"[^{}]+", "band": "|".join(map(re.escape, self._listed)) or "[A-Za-z0-9]+"}[key]
            text += f"(?P={key})" if key in seen else f"(?P<{key}>{values})"
            seen.add(key)
        self._seen |= seen
        return re.compile(text, re.DOTALL)


def _checked_bands(bands: Sequence[str], where: str) -> tuple[str, ...]:
    for band in bands:
        check(
            isinstance(band, str) and _BAND.fullmatch(band) is not None,
            f"{where}: expected bands of letters, digits, _, + and -, got {band!r}",
        )
    check(len(bands) > 0, f"{where}: expected at least one band, got none")
    check(len(set(bands)) == len(bands), f"{where}: expected each band once, got {', '.join(bands)}")
    return tuple(bands)


def _content(folder: Path) -> str:
    if not folder.is_dir():
        return f"there is no folder {str(folder)!r}"
    names = sorted(entry.name for entry in folder.iterdir())
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{str(folder)!r} has {', '.join(names[:5]) or 'nothing in it'}{more}"
