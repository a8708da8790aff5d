"""Sub-folders as classes: which are classes, which are not, and which are parts of a data set or hold the classes."""

from collections.abc import Sequence

from galmorph._warnings import warn
from galmorph.data._images.folder import ImageFolder
from galmorph.errors import DatasetError, DatasetWarning, SkippedImagesWarning

__all__ = ["labels_of_folders"]

_PARTS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing"}


def labels_of_folders(folder: ImageFolder, classes: Sequence[str] | None) -> dict[str, str]:
    """Label each image with the sub-folder that it is in, at any depth.

    Raises
    ------
    DatasetError
        If no sub-folder has an image or, unless the user names the classes, if the sub-folders are parts or hold the
        folders of the classes.

    Warns
    -----
    DatasetWarning
        If a sub-folder has no image; it is no class.
    SkippedImagesWarning
        If images lie beside the sub-folders, or pictures are in formats that are not read.
    """
    names = [name for name in folder.sub_folders() if folder.tree(name)]
    empty = [name for name in folder.sub_folders() if name not in names and name not in (classes or ())]
    if not names:
        what = f"none of {_some(empty)} holds an image" if empty else "got none"
        raise DatasetError(f"{folder.path}: expected one sub-folder for each class, {what}; give labels=")
    if classes is None:
        _refuse_other_trees(folder, names)
    if empty:
        warn(f"{folder.path}: no image in the sub-folders {_some(empty)}; they are not classes", DatasetWarning)
    beside, unread = [path.name for path in folder.images()], [path.name for path in folder.unread()]
    if beside:
        warn(
            f"{folder.path}: {len(beside)} images lie beside the sub-folders and are not read ({_some(beside)}); move "
            "them into the sub-folder of their class",
            SkippedImagesWarning,
        )
    if unread:
        warn(
            f"{folder.path}: {len(unread)} files are in formats that are not read ({_some(unread)}); convert them to "
            "FITS, PNG, TIFF or JPEG",
            SkippedImagesWarning,
        )
    return {path.relative_to(folder.path).as_posix(): name for name in names for path in folder.tree(name)}


def _refuse_other_trees(folder: ImageFolder, names: Sequence[str]) -> None:
    inner = {name: [each for each in folder.sub_folders(name) if folder.tree(f"{name}/{each}")] for name in names}
    below = [each for name in names for each in inner[name]]
    parts = [name for name in names if name.lower() in _PARTS]
    # Only folders of folders: one, or several with the same names in them.
    deeper = not any(map(folder.images, names)) and (
        len(names) == 1 < len(below) or (len(names) > 1 and len(set(below)) < len(below))
    )
    if parts or deeper:
        problem = f"which hold the folders {_some([*dict.fromkeys(below)])}" if below else "which are no classes"
        raise DatasetError(
            f"{folder.path}: expected one sub-folder for each class, got {_some(names)}, {problem}; load each of them "
            f"(load_image_folder({str(folder.path / (parts or names)[0])!r})), or list them with classes= if they are "
            "the classes"
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + ", ..." * (len(names) > 8)
