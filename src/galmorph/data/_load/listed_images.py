"""`list_images`: the images that an argument stands for: files, folders, patterns, and images in memory."""

import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from astropy.nddata import Cutout2D, NDData

from galmorph._checks import check
from galmorph.data._images.as_image import as_image
from galmorph.data._images.band_files import band_files, files_of
from galmorph.data._images.folder import image_files
from galmorph.types import GalaxyImage

__all__ = ["Images", "list_images"]

#: Image files, patterns and folders, images in memory, pairs of an image and a position in it, or several of these.
Images: TypeAlias = (
    str | os.PathLike[str] | GalaxyImage | np.ndarray | NDData | Cutout2D | tuple[Any, Any] | Iterable[Any]
)


def list_images(images: Images) -> list[str | GalaxyImage]:
    """List the images that an argument stands for.

    Parameters
    ----------
    images
        A file; a folder, for the images in it and in its sub-folders; a pattern, such as ``"mine/*.fits"``, or, for
        galaxies with one file a band, ``"mine/{name}_{band}.fits"`` (`band_files`); an image in memory or a pair of an
        image and a position in it, as for `as_image`; or several of these.

    Returns
    -------
    list of str or GalaxyImage
        Paths of files, and images. An image without a name is named by its place in the list.

    Raises
    ------
    InvalidValueError
        If a pattern matches no file, something is neither a path nor an image, or there is nothing.
    UnsuitableImageError
        If an array can't be an image, because no pixel is measured or it has too many channels.
    DatasetError
        If a folder has no images.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data import list_images
    >>> list_images(["M51.fits", np.zeros((40, 50))])
    ['M51.fits', GalaxyImage('1': 40 x 50 x 1, unknown scale)]
    """
    one = _is_one(images)
    check(
        not isinstance(images, Mapping),
        "expected image files or images, got a mapping; read the bands of a galaxy with read_bands, and pass the image",
    )
    check(
        one or isinstance(images, Iterable),
        f"expected image files or images, got a {type(images).__name__} ({images!r})",
    )
    listed: list[str | GalaxyImage] = []
    for each in [images] if one else cast("Iterable[Any]", images):
        if isinstance(each, str | os.PathLike):
            listed += _expanded(each)
        elif isinstance(each, GalaxyImage):
            listed.append(each)
        else:
            listed.append(as_image(each, name=str(len(listed))))
    check(bool(listed), "expected at least one image file or image, got none")
    return listed


def _is_one(images: object) -> bool:
    """Say whether an argument is one image, or one path, and not several."""
    if isinstance(images, tuple) and len(images) == 2:  # an image and a position in it, or two images
        return _is_image(images[0]) and not _is_image(images[1])
    if isinstance(images, np.ndarray):
        check(
            images.ndim in (2, 3),
            f"expected an image, (height, width) or (height, width, channels), got an array of shape "
            f"{images.shape}; put images in a list, and pass stamps to probabilities()",
        )
        return True
    return isinstance(images, str | os.PathLike) or _is_image(images)


def _is_image(value: object) -> bool:
    array = isinstance(value, np.ndarray) and value.ndim > 1
    return array or isinstance(value, GalaxyImage | NDData | Cutout2D)


def _expanded(pattern: str | os.PathLike[str]) -> Iterator[str]:
    text, path = str(pattern), Path(pattern)
    if path.is_dir():
        yield from map(str, image_files(path))
    # A name such as "[TH2002] 433.fits" looks like a pattern, so existing files come first.
    elif path.exists():
        yield str(path)
    elif "{name}" in text or "{band}" in text or ("{" in text and set(text) & set("*?")):
        yield from band_files(text)
    elif len(files_of(text)) > 1 or not glob.has_magic(text):
        yield str(path)
    else:
        found = sorted(glob.glob(text))  # noqa: PTH207 (Path.glob takes no absolute pattern)
        hint = "; [ ] stand for one of the letters in them" if "[" in text else ""
        check(bool(found), f"expected image files, but {text!r} matches none in {Path.cwd()}{hint}")
        yield from (str(Path(each)) for each in found)
