"""`main`: read the command line, run a subcommand, and turn errors into one line and an exit status."""

import os
import shlex
import signal
import sys
import warnings
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from types import ModuleType
from typing import Any, TextIO

from galmorph._checks import check_choice
from galmorph._command import classify, compare, read_types, simulate, versions
from galmorph._command.advice import for_shell
from galmorph._command.output import complain
from galmorph.errors import GalmorphError, GalmorphWarning, InvalidValueError

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
_HELP = "help"
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
        0; 1 if no image could be classified, or no type read; 2 after an error, which is one line on standard error;
        130 after Ctrl-C; 141 if standard output was closed. Without arguments, the help is printed, and the status is
        0.

    Raises
    ------
    SystemExit
        For ``--help``, ``help`` and ``--version``, and for wrong arguments, by argparse.

    Examples
    --------
    >>> from galmorph._command.main import main
    >>> main(["types", "E0"])  # doctest: +NORMALIZE_WHITESPACE +ELLIPSIS
    type outcome notation stage ...
    E0   type    E0       -5    ...
    0
    """
    given = sys.argv[1:] if argv is None else list(argv)
    parser = _parser()
    if not given:
        parser.print_help()
        return 0
    _check_command(parser, given)
    arguments = parser.parse_args(given)
    if arguments.command == _HELP:
        topic = [] if arguments.topic is None else [arguments.topic]
        _check_command(parser, topic)
        parser.parse_args([*topic, "--help"])
    arguments.line = shlex.join(["galmorph", *given])
    debug = getattr(arguments, "debug", False)
    try:
        with _short_warnings(arguments):
            status: int | None = _COMMANDS[arguments.command].run(arguments)
            sys.stdout.flush()
    except KeyboardInterrupt:
        if debug:
            raise
        complain("interrupted" + getattr(arguments, "after_interruption", str)())
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
        epilog="example: galmorph classify my_galaxy.jpg\n\n'galmorph help COMMAND' shows all options of a command.",
        **settings,
    )
    parser.add_argument("-V", "--version", action="version", version=f"galmorph {version('galmorph-jax')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        # A per cent sign would start a format of argparse.
        description, _, example = (module.TEXT % {"prog": f"galmorph {name}"}).partition("\n\n")
        command = commands.add_parser(
            name, help=description.partition(".")[0], description=description, epilog=example, **settings
        )
        module.add_arguments(command)
    helper = commands.add_parser(_HELP, help="Print this text, or that of a command", **settings)
    helper.add_argument("topic", nargs="?", metavar="COMMAND", help="name of a command")
    return parser


def _check_command(parser: ArgumentParser, given: Sequence[str]) -> None:
    """End with an error that names the most similar command unless there is one of this name."""
    name = next((each for each in given if each != "--debug"), "-")
    if not name.startswith("-"):
        try:
            check_choice("COMMAND", name, (*_COMMANDS, _HELP))
        except InvalidValueError as error:
            parser.error(str(error))


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
    """Text of an error, without words that only Python has; the kind of it, too, where the text alone says little."""
    if isinstance(error, OSError) and error.strerror is not None:
        return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"not enough memory{f': {error}' if str(error) else ''}"
    if isinstance(error, ImportError) and error.name is not None:  # by Python, not by us
        return f"a package can't be loaded ({error}); 'galmorph versions' shows what is installed"
    expected = isinstance(error, GalmorphError | OSError | ImportError)
    return str(error) if expected and str(error) else f"{type(error).__name__}: {error}"
