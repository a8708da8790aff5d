"""Everything that galmorph raises, and everything that it warns of.

Each error says what was got, what was expected, and what to do about it. The tree::

    GalmorphError
    ├── InvalidValueError        an argument has the wrong value or shape (is a ValueError too)
    ├── ImageError               an image can't become a stamp
    │   ├── UnreadableImageError     the file is missing, cut short, or in no known format
    │   ├── UnsuitableImageError     the file is sound, but not one image of one galaxy: a spectrum, a cube, too large
    │   └── PoorImageError           the image is too poor for the limits of the recipe
    ├── DatasetError             labels, stamps and tables don't fit together
    ├── FileFormatError          a saved data set, split or classifier is damaged or from another version
    └── DivergenceError          training produced a loss that is no number

    GalmorphWarning
    ├── SkippedImagesWarning     images were left out of a data set, and why
    └── MismatchWarning          an image differs in kind from those that a classifier learned from
"""

from typing import Any

__all__ = [
    "DatasetError",
    "DivergenceError",
    "FileFormatError",
    "GalmorphError",
    "GalmorphWarning",
    "ImageError",
    "InvalidValueError",
    "MismatchWarning",
    "PoorImageError",
    "SkippedImagesWarning",
    "UnreadableImageError",
    "UnsuitableImageError",
]


class GalmorphError(Exception):
    """Base of all errors of galmorph."""


class InvalidValueError(GalmorphError, ValueError):
    """An argument has a value, a shape or a type that the function can't work with."""


class ImageError(GalmorphError):
    """An image can't become a stamp."""


class UnreadableImageError(ImageError):
    """An image file is missing, empty, cut short, or in no known format."""


class UnsuitableImageError(ImageError):
    """A file can be read, but does not hold one image of one galaxy."""


class PoorImageError(ImageError):
    """An image falls short of the quality limits of a recipe."""


class DatasetError(GalmorphError):
    """Stamps, labels, classes and tables don't fit together."""


class FileFormatError(GalmorphError):
    """A saved data set, split or classifier is damaged, incomplete, or of an unknown version."""


class DivergenceError(GalmorphError):
    """Training produced a loss that is infinite or not a number.

    Attributes
    ----------
    result
        The `galmorph.training.TrainResult` of the epochs that ended well, with their best weights; None where the first
        one did not.
    """

    result: Any = None


class GalmorphWarning(UserWarning):
    """Base of all warnings of galmorph."""


class SkippedImagesWarning(GalmorphWarning):
    """Images were left out of a data set; the message names them and says why."""


class MismatchWarning(GalmorphWarning):
    """An image differs in kind (channels, pixel scale) from those that a classifier learned from."""
