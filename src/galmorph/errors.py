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
    ├── DivergenceError          training produced a loss that is no number
    └── ServiceError             a web service did not give what was asked of it
        ├── TransportError           no whole answer came: refused, too late, cut off, too large, from a foreign host
        ├── AnswerError              an answer came, and it is not what it should be; it is kept in the error
        ├── UnknownObjectError       the service does not know the name
        └── LongRunError             so many requests need the service's consent

    GalmorphWarning
    ├── SkippedImagesWarning     images were left out of a data set, and why
    ├── MismatchWarning          an image differs in kind from those that a classifier learned from
    ├── FewGalaxiesWarning       a class has too few test galaxies to say much about it
    └── IncompleteWarning        a table holds less than the service has, because less was asked for
"""

from typing import Any

__all__ = [
    "AnswerError",
    "DatasetError",
    "DivergenceError",
    "FewGalaxiesWarning",
    "FileFormatError",
    "GalmorphError",
    "GalmorphWarning",
    "ImageError",
    "IncompleteWarning",
    "InvalidValueError",
    "LongRunError",
    "MismatchWarning",
    "PoorImageError",
    "ServiceError",
    "SkippedImagesWarning",
    "TransportError",
    "UnknownObjectError",
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


class ServiceError(GalmorphError):
    """A web service did not give what was asked of it."""


class TransportError(ServiceError):
    """No whole answer came: refused, too late, cut off, too large, an HTTP error, or redirected to a foreign host."""


class AnswerError(ServiceError):
    """An answer came, and it is not what it should be: an error page, half a page, rows of the wrong length.

    Attributes
    ----------
    url
        What was asked.
    content
        The answer as it came, byte by byte.
    """

    def __init__(self, message: str, *, url: str = "", content: bytes = b"") -> None:
        super().__init__(message)
        self.url = url
        self.content = content


class UnknownObjectError(ServiceError):
    """The service does not know the name."""


class LongRunError(ServiceError):
    """So many requests that the service wants to be asked first."""


class GalmorphWarning(UserWarning):
    """Base of all warnings of galmorph."""


class SkippedImagesWarning(GalmorphWarning):
    """Images were left out of a data set; the message names them and says why."""


class MismatchWarning(GalmorphWarning):
    """An image differs in kind (channels, pixel scale) from those that a classifier learned from."""


class FewGalaxiesWarning(GalmorphWarning):
    """A class has too few test galaxies to say much about its precision and recall."""


class IncompleteWarning(GalmorphWarning):
    """A table holds less than the service has, because less was asked for; the message says how much."""
