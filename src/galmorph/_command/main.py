"""`main`: read the command line, run a subcommand, and turn errors into one line and an exit status."""

import os
import shlex
import signal
import sys
import warnings
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TextIO

from galmorph._command import classify, compare, read_types, simulate, versions
from galmorph._command.advice import for_shell
from galmorph._command.output import complain
from galmorph.errors import GalmorphError, GalmorphWarning

__all__ = ["main"]

#: Exit statuses: of argparse for wrong arguments, and of a shell for Ctrl-C and for a pipe that was closed.
WRONG, INTERRUPTED, CLOSED = 2, 128 + signal.SIGINT, 128 + 13

_COMMANDS: dict[str, ModuleType] = {
    "classify": classify,
    "compare": compare,
    "simulate": simulate,
    "types": read_types,
    "versions": versions,
}
# What a user can put right: files, arguments, optional packages, memory.
_EXPECTED = (GalmorphError, OSError, ImportError, MemoryError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv
        Arguments after the name of the command; by default those of the process.

    Returns
    -------
    status
        0; 1 if no image could be classified; 2 after an error, which is one line on standard error; 130 after Ctrl-C;
        141 if standard output was closed.

    Raises
    ------
    SystemExit
        For ``--help`` and for wrong arguments, by argparse.

    Examples
    --------
    >>> from galmorph._command.main import main
    >>> main(["types", "E0"])
    E0
      outcome      type
      stage T      -5
      ellipticity  0
      classes      hubble: E; hubble-stages: E; hubble-bars: E; early-late: early
    0
    """
    arguments = _parser().parse_args(argv)
    arguments.line = shlex.join(["galmorph", *(sys.argv[1:] if argv is None else argv)])
    debug = getattr(arguments, "debug", False)
    try:
        with _short_warnings(arguments):
            status: int | None = _COMMANDS[arguments.command].run(arguments)
            sys.stdout.flush()
    except KeyboardInterrupt:
        if debug:
            raise
        complain("interrupted" + getattr(arguments, "after_interruption", ""))
        return INTERRUPTED
    except BrokenPipeError:
        # As Python's documentation advises, or the interpreter complains when it flushes standard output at its end.
        real = sys.__stdout__
        if real is not None and sys.stdout is real:
            os.dup2(os.open(os.devnull, os.O_WRONLY), real.fileno())
        return CLOSED
    except _EXPECTED as error:
        if debug:
            raise
        complain(f"error: {for_shell(_message(error), arguments)}")
        return WRONG
    return status or 0


def _parser() -> ArgumentParser:
    everywhere = ArgumentParser(add_help=False)
    everywhere.add_argument("--debug", action="store_true", default=SUPPRESS, help="show where an error comes from")
    settings: dict[str, Any] = {"formatter_class": RawDescriptionHelpFormatter, "parents": [everywhere]}
    parser = ArgumentParser(
        prog="galmorph",
        description="Classify galaxies by their images, and compare the networks that do it.",
        epilog="example: galmorph classify my_galaxy.jpg\n\n'galmorph COMMAND --help' shows all options of a command.",
        **settings,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        # A per cent sign would start a format of argparse.
        description, _, example = (module.TEXT % {"prog": f"galmorph {name}"}).partition("\n\n")
        command = commands.add_parser(
            name, help=description.partition(".")[0], description=description, epilog=example, **settings
        )
        module.add_arguments(command)
    return parser


@contextmanager
def _short_warnings(arguments: Namespace) -> Iterator[None]:
    """Show each warning of the library once, as one line without the line of our code that gave it."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        del filename, lineno, file, line
        kind = "warning" if issubclass(category, GalmorphWarning) else category.__name__
        complain(f"{kind}: {for_shell(str(message), arguments)}")

    with warnings.catch_warnings():
        warnings.simplefilter("default", GalmorphWarning)
        warnings.showwarning = show
        yield


def _message(error: Exception) -> str:
    """Text of an error; the kind of it too, where the text alone says little."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return (
        str(error) if isinstance(error, GalmorphError | OSError) and str(error) else f"{type(error).__name__}: {error}"
    )
