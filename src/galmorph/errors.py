"""All errors that galmorph raises and all warnings that it gives.

Each error says what the function got, what it expected, and what to do about it. The tree::

    GalmorphError
    ├── InvalidValueError        an argument has a wrong value or shape (also a ValueError)
    ├── ImageError               an image can't become a stamp
    │   ├── UnreadableImageError     the file is missing, cut short, or in an unknown format
    │   ├── UnsuitableImageError     the file can be read, but is not one image of one galaxy: a spectrum, a cube, ...
    │   └── PoorImageError           the image does not meet the quality limits of the recipe
    ├── DatasetError             labels, stamps and tables don't fit together
    ├── FileFormatError          a saved data set, split or classifier is damaged or from another version
    ├── WorkerError              a process that prepares images died
    ├── DivergenceError          the training loss became infinite or NaN
    └── ServiceError             a web service did not give what was requested
        ├── TransportError           no complete answer: refused, too late, cut off, too large, from another host
        │   └── OutageError              the service did not answer although it was asked several times
        ├── AnswerError              the answer is not what it should be; the error keeps it
        ├── UnknownObjectError       the service does not know the name
        └── LongRunError             the service wants to be asked before so many requests

    GalmorphWarning
    ├── SkippedImagesWarning     images were left out of a data set; says why
    ├── MismatchWarning          images differ in kind from those that a classifier or a recipe is made for
    ├── DatasetWarning           classes or a split look wrong: a class without galaxies, copies in several parts
    ├── ImplausibleWarning       a result was computed, but says little; says why
    ├── FewGalaxiesWarning       a class has too few test galaxies to say much about it
    └── IncompleteWarning        a table holds less than the service has
"""

from typing import Any

__all__ = [
    "AnswerError",
    "DatasetError",
    "DatasetWarning",
    "DivergenceError",
    "FewGalaxiesWarning",
    "FileFormatError",
    "GalmorphError",
    "GalmorphWarning",
    "ImageError",
    "ImplausibleWarning",
    "IncompleteWarning",
    "InvalidValueError",
    "LongRunError",
    "MismatchWarning",
    "OutageError",
    "PoorImageError",
    "ServiceError",
    "SkippedImagesWarning",
    "TransportError",
    "UnknownObjectError",
    "UnreadableImageError",
    "UnsuitableImageError",
    "WorkerError",
]


class GalmorphError(Exception):
    """Base class of all errors of galmorph."""


class InvalidValueError(GalmorphError, ValueError):
    """An argument has a value, a shape or a type that the function can't use."""


class ImageError(GalmorphError):
    """An image can't become a stamp."""


class UnreadableImageError(ImageError):
    """An image file is missing, empty, cut short, or in an unknown format."""


class UnsuitableImageError(ImageError):
    """A file can be read, but does not hold one image of one galaxy."""


class PoorImageError(ImageError):
    """An image does not meet the quality limits of a recipe."""


class DatasetError(GalmorphError):
    """Stamps, labels, classes and tables don't fit together."""


class FileFormatError(GalmorphError):
    """A saved data set, split or classifier is damaged, incomplete, or of an unknown version."""


class WorkerError(GalmorphError):
    """A process that prepares images died: it could not start, ran out of memory, or was killed."""


class DivergenceError(GalmorphError):
    """The training loss became infinite or NaN.

    Attributes
    ----------
    result
        The `galmorph.training.TrainResult` of the epochs before, with their best weights; None if it happened in the
        first epoch.
    """

    result: Any = None


class ServiceError(GalmorphError):
    """A web service did not give what was requested."""


class TransportError(ServiceError):
    """No complete answer arrived: refused, too late, cut off, too large, an HTTP error, a redirect to another host.

    Attributes
    ----------
    status
        HTTP status of the answer that was not accepted (404, 503, 302 ...); None if none arrived.
    """

    def __init__(self, message: str = "", *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class OutageError(TransportError):
    """The service did not answer although it was asked several times.

    `galmorph.data.fetch_images` then marks the galaxy as failed instead of trying the next image, and stops after 20
    such galaxies in a row. A `galmorph.data.Transport` of your own may raise it too.
    """


class AnswerError(ServiceError):
    """An answer is not what it should be: an error page, half a page, rows of the wrong length.

    Attributes
    ----------
    url
        The address that was requested.
    content
        The bytes of the answer.
    """

    def __init__(self, message: str, *, url: str = "", content: bytes = b"") -> None:
        super().__init__(message)
        self.url = url
        self.content = content


class UnknownObjectError(ServiceError):
    """The service does not know the name."""


class LongRunError(ServiceError):
    """The service wants to be asked before so many requests."""


class GalmorphWarning(UserWarning):
    """Base class of all warnings of galmorph."""


class SkippedImagesWarning(GalmorphWarning):
    """Images were left out of a data set; the message names them and says why."""


class MismatchWarning(GalmorphWarning):
    """Images differ in kind (channels, pixel scale, levels) from those that a classifier or a recipe is made for."""


class DatasetWarning(GalmorphWarning):
    """The classes of a data set or the parts of a split look wrong; the message names them and says what to do."""


class FewGalaxiesWarning(GalmorphWarning):
    """A class has too few test galaxies to say much about its precision and recall."""


class ImplausibleWarning(GalmorphWarning):
    """A result was computed as asked, but is implausible or worth little; the message says why."""


class IncompleteWarning(GalmorphWarning):
    """A table holds less than the service has, because less was requested; the message says how much."""
