"""``galmorph types``: print what `galmorph.data.parse_morphology` reads in morphological types, or write it."""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from galmorph._checks import check
from galmorph._command.inputs import STANDARD, listed_lines, user_path
from galmorph._command.output import check_new_file, complain, printable, say, terminal_width
from galmorph._command.type_classes import types_in_table
from galmorph._command.type_rows import check_format, csv_text, marks_of, type_lines, type_table, write_table

if TYPE_CHECKING:
    from galmorph.data import Morphology

__all__ = ["TEXT", "add_arguments", "run"]

#: Exit status if no type could be read.
NONE_READ = 1

TEXT = """Say what is read in morphological types, and their class in each scheme. A terminal shows a block for each
type; a pipe gets one line for each, with a tab between columns, after a line with their names.

examples: %(prog)s "SB(s)b pec" "E/S0"
          %(prog)s - < types.txt
          %(prog)s --from catalogue.csv --column morphology --to classes.csv

exit status: 0 if a type was read, 1 if none could be, 2 after an error
"""

_FAMILIES = {"A": "A (no bar)", "AB": "AB (weak bar)", "B": "B (bar)"}
_NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?\s*")
_NOT_TYPES = ("unparsed", "empty")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "types",
        nargs="*",
        metavar="TYPE",
        help="a type as catalogues write it, in quotation marks; - reads one in each line of standard input",
    )
    add(
        "--from",
        dest="table",
        type=user_path,
        metavar="FILE",
        help="read the types in a column of a table: a text file, or what astropy reads, such as .fits, .ecsv and .vot",
    )
    add("--column", metavar="NAME", help="the column of --from; by default the one in which most texts are types")
    add(
        "--to",
        type=user_path,
        metavar="FILE",
        help="write a table with one row for each type: .csv, .ecsv or .fits; - writes CSV to standard output",
    )
    add("--overwrite", action="store_true", help="replace the file of --to if it exists")


def run(arguments: Namespace) -> int:
    """Print or write what is read, and return the exit status."""
    to = arguments.to
    to_file = to is not None and str(to) != STANDARD
    if to_file:
        check_new_file(to, overwrite=arguments.overwrite)
        check_format(to)
    types = _types(arguments)
    from galmorph.data import parse_morphology

    galaxies = [parse_morphology(text) for text in types]
    if to_file:
        write_table(type_table(galaxies), to)
        say(f"written to {to}")
    elif to is not None:
        sys.stdout.write(csv_text(type_table(galaxies)))
    elif terminal_width() is None:
        for line in type_lines(galaxies):
            say(line)
    else:
        _print_blocks(galaxies)
    numbers = sum(_is_number(galaxy) for galaxy in galaxies)
    if numbers:
        complain(
            f"warning: {numbers} of {len(galaxies)} types {'is a number' if numbers == 1 else 'are numbers'}; stages T "
            "are not read, write types such as Sb for T = 3"
        )
    return NONE_READ if all(galaxy.outcome in _NOT_TYPES for galaxy in galaxies) else 0


def _types(arguments: Namespace) -> list[str]:
    """Take the types from the arguments, standard input or a table."""
    check(arguments.column is None or arguments.table is not None, "--column: expected --from, too")
    if arguments.table is not None:
        check(not arguments.types, f"--from: expected no other types, got {arguments.types[:1]}; leave out one of both")
        return types_in_table(arguments.table, arguments.column)
    check(bool(arguments.types), "TYPE: expected at least one type, - for standard input, or --from FILE, got none")
    found: list[str] = []
    for text in arguments.types:
        found += listed_lines(STANDARD, "a type") if text == STANDARD else [text]
    return found


def _is_number(galaxy: "Morphology") -> bool:
    return galaxy.outcome == "unparsed" and _NUMBER.fullmatch(galaxy.text) is not None


def _print_blocks(galaxies: Sequence["Morphology"]) -> None:
    """Print a block for each type."""
    for number, galaxy in enumerate(galaxies):
        if number:
            say("")
        say(printable(galaxy.text))
        lines = dict(_lines(galaxy))
        for name, value in lines.items():
            say(f"  {name:<{max(map(len, lines))}}  {printable(value)}")


def _lines(galaxy: "Morphology") -> Iterator[tuple[str, str]]:
    """Yield what is known about a type, by the name of its field."""
    from galmorph.data import SCHEMES, LeftOut

    yield "outcome", galaxy.outcome + (" (a number; stages T are not read)" if _is_number(galaxy) else "")
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
    for name, values in (
        ("rings", galaxy.rings),
        ("marks", marks_of(galaxy)),
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
