"""Options that say what to read from image files, which several subcommands share."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable

from galmorph._command.output import complain

__all__ = ["add_reading_options", "check_effect"]

_PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")  # files without HDUs


def add_reading_options(parser: ArgumentParser) -> None:
    """Declare ``--hdu`` and ``--bands``."""
    parser.add_argument(
        "--hdu", type=_hdu, metavar="HDU", help="number or name of the FITS HDU to read; NAME,2 for the second NAME"
    )
    parser.add_argument(
        "--bands", type=_bands, metavar="g,r,z", help="names of the planes of each FITS file, in their order"
    )


def check_effect(arguments: Namespace, paths: Iterable[str]) -> None:
    """Warn on standard error if ``--hdu`` is given and all images are pictures, by the ends of their names."""
    if arguments.hdu is not None and all(path.lower().endswith(_PICTURES) for path in paths):
        complain("warning: --hdu has no effect, because no image is a FITS file")


def _hdu(text: str) -> int | str | tuple[str, int]:
    """Read a number, a name, or a name and its version."""
    name, _, version = text.rpartition(",")
    if name and version.strip().isdecimal():
        return name.strip(), int(version)
    return int(text) if text.isdecimal() else text


def _bands(text: str) -> tuple[str, ...]:
    return tuple(band.strip() for band in text.split(","))
