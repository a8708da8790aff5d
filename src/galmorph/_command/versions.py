"""``galmorph versions``: print the versions of all that results depend on, for a report of a fault."""

from argparse import ArgumentParser, Namespace

from galmorph._versions import show_versions

__all__ = ["TEXT", "add_arguments", "run"]

TEXT = """Print the versions of galmorph, Python and the packages, and the devices. A report of a fault needs this text.

example: %(prog)s
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments: none."""


def run(arguments: Namespace) -> None:
    """Print the versions."""
    del arguments
    show_versions()
