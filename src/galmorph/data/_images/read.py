"""`read_image`: read one image of one galaxy from a file, and refuse any other file with the reason."""

import bz2
import gzip
import io
import os
import re
import zlib
from pathlib import Path

from galmorph._checks import check, check_positive_int
from galmorph.data._fits.hdus import HduName
from galmorph.data._fits.read_fits import read_fits
from galmorph.data._images.band_files import expand_braces, without_bands
from galmorph.data._images.formats import format_of
from galmorph.data._images.picture import read_picture
from galmorph.errors import UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["IMAGE_SUFFIXES", "image_stem", "read_image"]

IMAGE_SUFFIXES = (
    *(".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.bz2", ".fit.bz2", ".fits.fz"),
    *(".jpg", ".jpeg", ".png", ".tif", ".tiff"),
)

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|.+::")  # "s3://bucket/a.fits"; a path keeps one slash; "C:/" is none
_CHUNK = 1 << 20
_ROOM_FOR_HEADERS = 32 << 20


def read_image(
    path: str | os.PathLike[str],
    *,
    hdu: int | str | tuple[str, int] | None = None,
    bands: tuple[str, ...] | list[str] | None = None,
    name: str | None = None,
    max_pixels: int = 10_000 * 10_000,
) -> GalaxyImage:
    """Read an image of a galaxy from a FITS, JPEG, PNG or TIFF file.

    The format is recognised by the first bytes of a file and not by its name, so that an error page that was saved as
    ``M51.fits`` is not mistaken for an image.

    FITS files may be packed with gzip or bzip2, or tile-compressed. An HDU with an image is a plane ``(y, x)``, or a
    stack of up to 16 planes ``(bands, y, x)``, which become channels; axes of length 1 are dropped. ``BSCALE``,
    ``BZERO`` and ``BLANK`` are applied, and the asinh scale of Pan-STARRS's stacks (``BSOFTEN``, ``BOFFSET``) is
    undone. The pixel scale comes from the celestial coordinates at the centre of the image (CD, CDELT, SIP, TPV, or
    the plate solution of the Digitized Sky Survey); it is None if there are none, or if the pixels are not square
    within 5 %.

    **Which HDU.** What an HDU is, its name says (``EXTNAME``; else ``HDUCLAS2``, ``IMAGETYP``, or GALFIT's
    ``OBJECT``). ``SCI`` is
    read before ``IMAGE``, ``COADD`` and the like, and these before images without such a name. Masks (``DQ``,
    ``MASK`` ...), weights (``WHT``, ``IVAR`` ...), errors (``ERR``, ``VARIANCE`` ...) and others (``PSF``, ``MODEL``,
    ``RESIDUAL``, ``CTX``, ``SEGM`` ...) are read only if `hdu` names them, and a note says what they are. If several
    HDUs could be the galaxy, the file is refused with a list of them, unless they have one shape, one place on the sky
    and different bands (by their headers or names): then they are the channels.

    **Masks.** A plane of the same shape, ``EXTVER`` and band masks pixels: a weight or an error that is not finite or
    not above 0, and a mask that is not 0. Of masks of LSST and HSC, which mark much else, the bits ``BAD``,
    ``NO_DATA``, ``CR``, ``SAT`` and ``UNMASKEDNAN`` count; of JWST's, ``DO_NOT_USE``. A mask or an error that would
    hide more than half of the measured pixels is not used, nor a weight that would hide all. A border of constant
    value, which fills cut-outs beyond the edge of a survey, is masked too, if the pixels beside it are noisy; a
    model's constant sky is left as it is. In noisy images, 12 or more connected pixels of one value are masked, too:
    gaps that drizzling left, and saturated nuclei. Notes say how many pixels each of them masked.

    **Bands.** The band of one plane comes from ``FILTER`` (or JWST's ``PUPIL``, if that filter is narrower),
    ``FILTNAM``, ``FILTNAM1``, ``BAND`` (of WISE and GALEX a number), Pan-STARRS's ``FPA.FILTERID``, ESO's ``INS FILT1
    NAME``, ``FILTER1``, ``FILTER2`` or ``SURVEY``, in this order, of the HDU's header or of an empty primary HDU's.
    Those of a stack come from ``BANDS``, ``BAND0`` ... or ``FILTER0`` ... (or from 1 on), and are g, r, z or g, r, i, z
    in stacks of the Legacy Surveys. Long names are shortened: ``r DECam SDSS c0002 6415.0 1480.0``, ``HSC-R`` and
    ``r.MP9601`` are ``r``. A band of a stack in which no pixel is measured is left out, with a note.

    Pictures (JPEG, PNG, TIFF) may be grey, in colours, with a palette, with transparency (fully transparent pixels are
    masked), or CMYK (converted to red, green, blue). **More than 8 bits, or floats,** are taken as linear, grey or in
    colours, unless they are the bytes of a picture: multiples of 256 or 257 (of 32 bits, also 2^24 or 2^24 + 2^16 +
    2^8 + 1), or values below 256 of which one reaches 115. Notes say so, and what to do if the picture is stretched
    already, which its pixels don't tell. TIFF of colours in floats, or in separate planes of 16 bits, are refused. The
    orientation that a camera notes is applied to TIFF only.

    Parameters
    ----------
    path
        The file. If it has one file for each band, their path with the bands in braces, such as
        ``"M51_{g,r,z}.fits"``; `read_bands` then reads them.
    hdu
        Number, name (``EXTNAME``), or name and ``EXTVER`` such as ``("SCI", 2)`` of the HDU of a FITS file to read,
        instead of the one that its name suggests. Other formats have no HDUs.
    bands
        Names of the planes of a FITS file, such as ``("g", "r", "z")``, instead of those that its header gives.
    name
        Name of the galaxy; by default the file's name without its extension.
    max_pixels
        Size of the largest image that is read, in pixels of all channels together. Larger images are refused before
        they take memory, and so are compressed data that unpack to more than 8 bytes for each of these pixels.

    Returns
    -------
    GalaxyImage
        Float32 pixels of shape ``(height, width, channels)``, in the units of the file (0 to 255 for 8-bit pictures)
        and in its orientation. Pixels without a measurement (NaN, beyond 1e30, blank, transparent) are masked and set
        to 0; those that another plane or a constant border masks keep their values. `notes` say what was done.
        Pictures of 8 bits have ``linear=False``.

    Raises
    ------
    UnreadableImageError
        If the file is missing, empty, cut short, damaged, or in no known format.
    UnsuitableImageError
        If the file is sound but does not hold one image of one galaxy: a spectrum, a cube, a table, several images,
        nothing but masks or weights, no valid pixel, no such HDU, several pages, or too large. If `bands` are given
        for another number of planes, for a picture, or for a path that names its bands. What `read_bands` refuses.
    InvalidValueError
        If `max_pixels` is not at least 1, or `bands` are not different names; if the bands in braces are not
        different names, and there is no file of this very name.

    References
    ----------
    The FITS Standard, version 4.0 (IAU FITS Working Group, 2018), sections 4.4.2 and 8. Waters et al. (2020, ApJS 251,
    4) for Pan-STARRS's asinh scale.

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
    bands = tuple(bands) if isinstance(bands, list) else bands
    check(
        bands is None or (isinstance(bands, tuple) and len(set(bands)) == len(bands) > 0 and all(bands)),
        f"bands: expected different names, one for each plane, such as ('g', 'r', 'z'), got {bands!r}",
    )
    path = Path(path)
    name = image_stem(path) if name is None else name
    files = expand_braces(path)
    if files is not None:
        from galmorph.data._images.read_bands import read_bands  # which calls this function for each file

        if bands not in (None, tuple(files)):
            raise UnsuitableImageError(
                f"{path}: got bands={bands!r} for a path that names its bands; leave bands= out, and write those "
                f"that you want in the braces of the path or pattern: {{{','.join(bands)}}}"
            )
        return read_bands(files, hdu=hdu, name=name, max_pixels=max_pixels)
    try:
        _check_file(path)
        with path.open("rb") as file:
            return _read(file, path, hdu, bands, name, max_pixels)
    except (UnreadableImageError, UnsuitableImageError):
        raise
    except (OSError, ValueError, EOFError, zlib.error) as error:
        # ValueError: the path holds a null byte.
        hint = "; copy or mount what is at an address" if _ADDRESS.match(str(path)) else ""
        raise UnreadableImageError(f"{path}: {_reason(error)}; expected a readable image file{hint}") from error


def image_stem(path: str | os.PathLike[str]) -> str:
    """Name of an image file without its extension, which is the name of its galaxy.

    Parameters
    ----------
    path
        Path of the file; ``.fits.gz`` is one extension, and bands in braces don't belong to the name.

    Returns
    -------
    str
        The name.

    Examples
    --------
    >>> from galmorph.data import image_stem
    >>> image_stem("images/M51.fits.gz"), image_stem("images/M51_{g,r}.fits")
    ('M51', 'M51')
    """
    path = without_bands(Path(path))
    name = path.name
    lower = name.lower()
    longest = max((len(suffix) for suffix in IMAGE_SUFFIXES if lower.endswith(suffix)), default=0)
    return name[: len(name) - longest]


def _read(
    file: io.BufferedReader | io.BytesIO,
    path: Path,
    hdu: HduName | None,
    bands: tuple[str, ...] | None,
    name: str,
    max_pixels: int,
) -> GalaxyImage:
    start = file.read(16)
    file.seek(0)
    kind = format_of(start)
    if kind in ("gzip", "bzip2"):
        file = _unpack(file, path, kind, max_pixels)
        start = file.read(16)
        file.seek(0)
        kind = format_of(start)
    if kind == "FITS":
        return read_fits(file, path, hdu=hdu, bands=bands, name=name, max_pixels=max_pixels)
    if kind in ("JPEG", "PNG", "TIFF"):
        if bands is not None:
            raise UnsuitableImageError(
                f"{path}: got bands={bands!r} for a {kind} picture, whose channels are grey, or red, green and blue; "
                "leave bands out"
            )
        return read_picture(file, path, kind, name, max_pixels)
    if not start:
        raise UnreadableImageError(f"{path}: the file is empty; fetch it again")
    raise UnreadableImageError(
        f"{path}: expected a FITS, JPEG, PNG or TIFF image, got a file that begins with {start!r}; "
        "fetch it again if it should be an image, or convert it"
    )


def _check_file(path: Path) -> None:
    """Refuse a pipe, whose opening would wait for a writer, and its kin."""
    if not (path.is_file() or path.is_dir() or not path.exists()):  # one look at the disk for a file
        raise UnreadableImageError(f"{path}: a pipe, socket or device; expected a readable image file")


def _unpack(file: io.BufferedReader | io.BytesIO, path: Path, kind: str, max_pixels: int) -> io.BytesIO:
    limit = 8 * max_pixels + _ROOM_FOR_HEADERS
    unpacked = io.BytesIO()
    with gzip.open(file) if kind == "gzip" else bz2.open(file) as packed:
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
