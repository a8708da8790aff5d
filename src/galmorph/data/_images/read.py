"""`read_image`: read one image of one galaxy from a file, and refuse any other file with the reason."""

import gzip
import io
import os
import re
import zlib
from pathlib import Path

from galmorph._checks import check_positive_int
from galmorph.data._images.fits import read_fits
from galmorph.data._images.formats import format_of
from galmorph.data._images.picture import read_picture
from galmorph.errors import UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["IMAGE_SUFFIXES", "image_stem", "read_image"]

IMAGE_SUFFIXES = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.fz", ".jpg", ".jpeg", ".png", ".tif", ".tiff")

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|.+::")  # "s3://bucket/a.fits"; a path keeps one slash; "C:/" is none
_CHUNK = 1 << 20
_ROOM_FOR_HEADERS = 32 << 20


def read_image(
    path: str | os.PathLike[str],
    *,
    hdu: int | str | None = None,
    name: str | None = None,
    max_pixels: int = 10_000 * 10_000,
) -> GalaxyImage:
    """Read an image of a galaxy from a FITS, JPEG, PNG or TIFF file.

    The format is recognised by the first bytes of a file and not by its name, so that an error page that was saved as
    ``M51.fits`` is not mistaken for an image.

    FITS files may be gzipped or tile-compressed. The first HDU with an image is read: a plane ``(y, x)``, or a stack of
    up to 16 planes ``(bands, y, x)``, which become channels; axes of length 1 are dropped. ``BSCALE``, ``BZERO`` and
    ``BLANK`` are applied. The pixel scale comes from the celestial coordinates at the centre of the image (CD, CDELT,
    SIP, or the plate solution of the Digitized Sky Survey); it is None if there are none, or if the pixels are
    not square within 5 %. Bands come from ``FILTER``, ``FILTNAM``, ``BAND``, ``SURVEY`` or ``BANDS``.

    Pictures (JPEG, PNG, TIFF) may be grey, in colours, with a palette, with transparency (fully transparent pixels are
    masked), CMYK (converted to red, green, blue), or grey with 16 bits; of 16-bit colours the upper 8 bits are read.
    The orientation that a camera notes is not applied.

    Parameters
    ----------
    path
        The file.
    hdu
        Number or name (``EXTNAME``) of the HDU of a FITS file to read, instead of the first one with an image. Other
        formats have no HDUs.
    name
        Name of the galaxy; by default the file's name without its extension.
    max_pixels
        Size of the largest image that is read, in pixels of all channels together. Larger images are refused before
        they take memory, and so are compressed data that unpack to more than 8 bytes for each of these pixels.

    Returns
    -------
    GalaxyImage
        Float32 pixels of shape ``(height, width, channels)``, in the units of the file (0 to 255 for 8-bit pictures)
        and in its orientation. Pixels without a measurement (NaN, infinite, blank, transparent) are masked and set
        to 0. Pictures have ``linear=False``.

    Raises
    ------
    UnreadableImageError
        If the file is missing, empty, cut short, damaged, or in no known format.
    UnsuitableImageError
        If the file is sound but does not hold one image of one galaxy: a spectrum, a cube, a table, no valid pixel,
        no such HDU, several pages, or too large.
    InvalidValueError
        If `max_pixels` is not at least 1.

    References
    ----------
    The FITS Standard, version 4.0 (IAU FITS Working Group, 2018), sections 4.4.2 and 8.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from astropy.io import fits
    >>> from galmorph.data import read_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "NGC_5240.fits")
    ...     fits.writeto(path, np.ones((40, 50)), fits.Header({"FILTER": "r"}))
    ...     read_image(path)
    GalaxyImage('NGC_5240': 40 x 50 x 1, unknown scale, bands r)
    """
    check_positive_int("max_pixels", max_pixels)
    path = Path(path)
    name = image_stem(path) if name is None else name
    try:
        with path.open("rb") as file:
            return _read(file, path, hdu, name, max_pixels)
    except (UnreadableImageError, UnsuitableImageError):
        raise
    except (OSError, ValueError, EOFError, zlib.error) as error:
        # ValueError: the path holds a null byte.
        hint = "; copy or mount what is at an address" if _ADDRESS.match(str(path)) else ""
        raise UnreadableImageError(f"{path}: {_reason(error)}; expected a readable image file{hint}") from error


def image_stem(path: Path) -> str:
    """Name of an image file without its extension; ``.fits.gz`` counts as one extension."""
    suffixes = [suffix for suffix in IMAGE_SUFFIXES if path.name.lower().endswith(suffix)]
    return path.name[: -max(map(len, suffixes))] if suffixes else path.name


def _read(
    file: io.BufferedReader | io.BytesIO, path: Path, hdu: int | str | None, name: str, max_pixels: int
) -> GalaxyImage:
    start = file.read(16)
    file.seek(0)
    if format_of(start) == "gzip":
        file = _unpack(file, path, max_pixels)
        start = file.read(16)
        file.seek(0)
    kind = format_of(start)
    if kind == "FITS":
        return read_fits(file, path, hdu, name, max_pixels)
    if kind in ("JPEG", "PNG", "TIFF"):
        return read_picture(file, path, kind, name, max_pixels)
    if not start:
        raise UnreadableImageError(f"{path}: the file is empty; fetch it again")
    raise UnreadableImageError(
        f"{path}: expected a FITS, JPEG, PNG or TIFF image, got a file that begins with {start!r}; "
        "fetch it again if it should be an image, or convert it"
    )


def _unpack(file: io.BufferedReader | io.BytesIO, path: Path, max_pixels: int) -> io.BytesIO:
    limit = 8 * max_pixels + _ROOM_FOR_HEADERS
    unpacked = io.BytesIO()
    with gzip.open(file) as packed:
        while chunk := packed.read(_CHUNK):
            unpacked.write(chunk)
            if unpacked.tell() > limit:
                raise UnsuitableImageError(
                    f"{path}: unpacks to more than {limit} bytes, too much for {max_pixels} pixels; "
                    "cut out the galaxy, or raise max_pixels"
                )
    unpacked.seek(0)
    return unpacked


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
