"""``galmorph types``: print what `galmorph.data.parse_morphology` reads in morphological types."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from galmorph._command.output import printable, say

if TYPE_CHECKING:
    from galmorph.data import Morphology

__all__ = ["TEXT", "add_arguments", "run"]

TEXT = """Say what is read in morphological types, and their class in each scheme.

example: %(prog)s "SB(s)b pec" "E/S0"
"""

_FAMILIES = {"A": "A (no bar)", "AB": "AB (weak bar)", "B": "B (bar)"}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("types", nargs="+", metavar="TYPE", help="a type as catalogues write it, in quotation marks")


def run(arguments: Namespace) -> None:
    """Print a block for each type."""
    from galmorph.data import parse_morphology

    for number, text in enumerate(arguments.types):
        if number:
            say("")
        say(printable(text))
        lines = dict(_lines(parse_morphology(text)))
        for name, value in lines.items():
            say(f"  {name:<{max(map(len, lines))}}  {printable(value)}")


def _lines(galaxy: "Morphology") -> Iterator[tuple[str, str]]:
    """Yield what is known about a type, by the name of its field."""
    from galmorph.data import SCHEMES, LeftOut

    yield "outcome", galaxy.outcome
    if str(galaxy) != galaxy.text:
        yield "notation", str(galaxy)
    if galaxy.stage is not None:
        yield "stage T", f"{galaxy.stage:g}" + (f" +/- {galaxy.spread:g}" if galaxy.spread else "")
    if galaxy.family:
        yield "family", _FAMILIES[galaxy.family]
    for name in ("variety", "luminosity"):
        if getattr(galaxy, name):
            yield name, getattr(galaxy, name)
    if galaxy.ellipticity is not None:
        yield "ellipticity", f"{galaxy.ellipticity:g}"
    marks = [name for name in ("peculiar", "spindle", "dwarf", "nucleated", "flagged") if getattr(galaxy, name)]
    for name, values in (
        ("rings", galaxy.rings),
        ("marks", marks),
        ("in doubt", galaxy.doubts),
        ("words", galaxy.words),
        ("activity", galaxy.activity),
        ("alternatives", map(str, galaxy.alternatives)),
        ("objects", map(str, galaxy.objects)),
    ):
        text = ", ".join(values)
        if text:
            yield name, text
    placed = {name: scheme(galaxy) for name, scheme in SCHEMES.items()}
    classes = [f"{name}: {found}" for name, found in placed.items() if not isinstance(found, LeftOut)]
    reasons = {found.reason for found in placed.values() if isinstance(found, LeftOut)}
    yield "classes", "; ".join(classes) if classes else f"none ({', '.join(sorted(reasons))})"
