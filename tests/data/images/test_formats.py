"""Formats of images, by their first bytes."""

import bz2
import gzip

import pytest
from astropy.io import fits

from galmorph.data._images.formats import format_of, suffix_of


@pytest.mark.parametrize(
    ("content", "name", "suffix"),
    [
        (fits.Header({"SIMPLE": True}).tostring().encode(), "FITS", ".fits"),
        (gzip.compress(b"x", mtime=0), "gzip", ".fits.gz"),
        (bz2.compress(b"x"), "bzip2", ".fits.bz2"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG", ".jpg"),
        (b"\x89PNG\r\n\x1a\n\0", "PNG", ".png"),
        (b"II*\0\x08", "TIFF", ".tif"),
        (b"MM\0*\0", "TIFF", ".tif"),
        (b"<html>", None, ".fits"),
        (b"", None, ".fits"),
    ],
)
def test_first_bytes_tell_the_format(content: bytes, name: str | None, suffix: str):
    """The signatures are those of the formats' standards; anything else is unknown, and keeps a FITS file's suffix."""
    assert format_of(content[:16]) == name
    assert suffix_of(content) == suffix
