"""Which image shows an object: ``gz2_filename_mapping.csv`` leads from SDSS identifiers to names of files."""

import re
from typing import Any

from galmorph.data._galaxy_zoo.vote_table import VoteTable, object_id, open_table
from galmorph.data._images.folder import ImageFolder
from galmorph.data._images.read import image_stem

__all__ = ["ImageNames"]

_WHOLE = re.compile(r"(\d{1,15})(\.0*)?")


class ImageNames:
    """Names of the images of objects, for those whose image is in the folder.

    Parameters
    ----------
    folder
        The images.
    mapping
        A table with the columns objid, asset_id and perhaps sample. None if the images are named by the objects.

    Raises
    ------
    DatasetError
        If the mapping can't be read, a column is missing, or a cell is not an identifier.
    """

    def __init__(self, folder: ImageFolder, mapping: Any | None) -> None:
        self._names = {image_stem(path) for path in folder.tree()}
        self._by_object: dict[str, list[tuple[str, str]]] | None = None
        self._mapped = 0
        if mapping is not None:
            self._by_object = self._read(open_table(mapping))

    def find(self, name: str, sample: str) -> list[str]:
        """Names of the images of an object; of several, those of its sample if there are any."""
        if self._by_object is None:
            return [name] if name in self._names else []
        images = self._by_object.get(name, [])
        if len(images) > 1:
            images = [image for image in images if image[0] == sample] or images
        return [image for _, image in images]

    def described(self) -> str:
        """Say what there is, for an error."""
        image = f"an image is {min(self._names)!r}" if self._names else "there is no image"
        if self._by_object is None:
            return f"{image}; if images are named by asset_id, pass mapping='gz2_filename_mapping.csv'"
        return (
            f"{image}; of {self._mapped} rows of the mapping, {sum(map(len, self._by_object.values()))} name an image"
        )

    def _read(self, table: VoteTable) -> dict[str, list[tuple[str, str]]]:
        table.need("objid", "asset_id", hint="; pass gz2_filename_mapping.csv, which has objid, sample and asset_id")
        columns = ["objid", "asset_id"] + ["sample"] * ("sample" in table.header)
        samples: dict[str, str] = {}
        found: dict[str, list[tuple[str, str]]] = {}
        for objid, asset, *rest in table.rows(columns):
            self._mapped += 1
            image = image_name(asset)
            if image in self._names:
                sample = samples.setdefault(*rest * 2) if rest else ""
                images = found.setdefault(object_id(objid, table.source, "objid"), [])
                if (sample, image) not in images:
                    images.append((sample, image))
        return found


def image_name(cell: str) -> str:
    """Name of an image; a number that pandas wrote as a float (``58957.0``) becomes whole again."""
    whole = _WHOLE.fullmatch(cell)
    return whole[1] if whole else cell
