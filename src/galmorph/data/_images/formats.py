"""File formats of images, recognised by their first bytes."""

__all__ = ["format_of", "suffix_of"]

# The bytes that files of a format begin with, its name, and the suffix that galmorph gives to such files.
_FORMATS = (
    (b"SIMPLE  =", "FITS", ".fits"),
    (b"\x1f\x8b", "gzip", ".fits.gz"),  # only FITS files are sent packed
    (b"BZh", "bzip2", ".fits.bz2"),
    (b"\xff\xd8\xff", "JPEG", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "PNG", ".png"),
    (b"II*\0", "TIFF", ".tif"),
    (b"MM\0*", "TIFF", ".tif"),
)


def format_of(start: bytes) -> str | None:
    """Name of the format of a file that begins with these bytes (16 are enough); None if it is unknown."""
    return next((name for magic, name, _ in _FORMATS if start.startswith(magic)), None)


def suffix_of(content: bytes) -> str:
    """Suffix for a file with this content, whatever the service called it (it may have unpacked a packed file)."""
    return next((suffix for magic, _, suffix in _FORMATS if content.startswith(magic)), ".fits")
