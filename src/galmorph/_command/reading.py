"""Options that say what to read from image files, which several subcommands share."""

from argparse import ArgumentParser

__all__ = ["add_reading_options"]


def add_reading_options(parser: ArgumentParser) -> None:
    """Declare ``--hdu`` and ``--bands``."""
    parser.add_argument(
        "--hdu", type=_hdu, metavar="HDU", help="number or name of the FITS HDU to read; NAME,2 for the second NAME"
    )
    parser.add_argument(
        "--bands", type=_bands, metavar="g,r,z", help="names of the planes of each FITS file, in their order"
    )


def _hdu(text: str) -> int | str | tuple[str, int]:
    """Read a number, a name, or a name and its version."""
    name, _, version = text.rpartition(",")
    if name and version.strip().isdecimal():
        return name.strip(), int(version)
    return int(text) if text.isdecimal() else text


def _bands(text: str) -> tuple[str, ...]:
    return tuple(band.strip() for band in text.split(","))
