"""Find the columns of names and of classes in a table of labels, by their headers."""

import re
from collections.abc import Callable, Sequence

from galmorph.data._images.folder import ImageFolder
from galmorph.errors import DatasetError

__all__ = ["VOTES", "find_columns"]

# Headers in lower case, without blanks and signs.
_NAMES = re.compile(
    "(image)?(file|path)(name|path)?|(image|galaxy|object|source|iau)?name|(galaxy|object|obj|dr[78]obj|source|asset)?id|"
    "idstr|image|galaxy|object|source"
)
# Those of the second line count if there is none of the first: SDSS has "type" for stars and galaxies, for example.
_CLASSES = (
    re.compile("(class|label)(name)?"),
    re.compile("category|(galaxy|gz2|morph)class|(galaxy|hubble|morph)?type|morph(ology)?|hubble"),
)
VOTES = re.compile(r"class\d+\.\d+", re.IGNORECASE)


def find_columns(
    header: Sequence[str],
    cells: Callable[[int], list[str]],
    folder: ImageFolder,
    *,
    source: str,
    name_column: str | None = None,
    class_column: str | None = None,
) -> tuple[int, int]:
    """Find the columns of names and of classes.

    Parameters
    ----------
    header
        Names of the columns. One without a name may be the index of a pandas table.
    cells
        Gives the cells of a column by its number.
    folder
        The images. If several columns may be the names, those that name images count.
    source
        What to call the table in errors.
    name_column, class_column
        Headers that the user gives.

    Raises
    ------
    DatasetError
        If a column is not there, or not clear without ``name_column`` or ``class_column``.
    """
    if name_column is None and class_column is None and (image := next(filter(folder.holds, header), None)):
        raise DatasetError(
            f"{source}: expected a header in the first line, such as name,class; got the image {image!r}"
        )

    name = None if name_column is None else _column_of(header, name_column, source, "name_column")
    label = None if class_column is None else _column_of(header, class_column, source, "class_column")
    keys = [re.sub(r"[\W_]", "", each).lower() for each in header]
    names = [number for number, key in enumerate(keys) if _NAMES.fullmatch(key)] if name is None else [name]
    classes = ([number for number, key in enumerate(keys) if known.fullmatch(key)] for known in _CLASSES)
    labels = next(filter(None, classes), []) if label is None else [label]
    if not names and header[0].lower() in ("", "unnamed: 0") and any(map(folder.holds, cells(0))):
        names = [0]
    if len(names) > 1:
        names = _that_name_images(names, cells, folder)
    if len(header) == 2:  # what the one is not, the other is
        names = names or [1 - each for each in labels if len(labels) == 1]
        labels = labels or [1 - each for each in names if len(names) == 1]
    if not labels and any(map(VOTES.fullmatch, header)):
        raise DatasetError(
            f"{source}: expected a column of classes, got a table of votes ({_listed(header)}); load it with "
            "load_galaxy_zoo_2, or make classes of it with galaxy_zoo_classes"
        )
    for found, what, option in (
        (names, "names of images (name, file, GalaxyID, ...)", "name_column"),
        (labels, "classes (class, label, type, morphology, ...)", "class_column"),
    ):
        if len(found) != 1:
            got = " and ".join(repr(header[column]) for column in found) or "none"
            raise DatasetError(
                f"{source}: expected one column of {what}, got {got} among {_listed(header)}; name it with {option}="
            )
    return names[0], labels[0]


def _column_of(header: Sequence[str], name: str, source: str, option: str) -> int:
    """Number of the column with this header."""
    found = [number for number, each in enumerate(header) if each == name]
    if len(found) != 1:
        problem = "which is there more than once" if found else "which is not there"
        raise DatasetError(
            f"{source}: {option}: expected one of the columns {_listed(header)}, got {name!r}, {problem}"
        )
    return found[0]


def _that_name_images(columns: list[int], cells: Callable[[int], list[str]], folder: ImageFolder) -> list[int]:
    """Columns of which the most cells name images; all of them if none do."""
    counts = {column: sum(map(folder.holds, cells(column))) for column in columns}
    best = [column for column, count in counts.items() if count == max(counts.values())]
    same = len({tuple(folder.find(name, below=True) for name in cells(column)) for column in best}) == 1
    return best[:1] if max(counts.values()) and same else best


def _listed(header: Sequence[str]) -> str:
    return ", ".join(each or "(no name)" for each in header[:12]) + ", ..." * (len(header) > 12)
