"""The command as a whole: help, exit statuses, errors and warnings in one line, and what it imports."""

import shutil
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import pytest

from galmorph._command import read_types
from galmorph._command.main import main
from galmorph.errors import InvalidValueError, MismatchWarning

COMMANDS = ("classify", "compare", "simulate", "types", "versions")

# Help ends by SystemExit, so it comes last.
LIGHT = """
import sys
from galmorph._command.main import main
main(["types", "E0"])
try:
    main(["--help"])
finally:
    heavy = {"flax", "jax", "jaxlib", "matplotlib", "optax"} & set(sys.modules)
    assert not heavy, heavy
"""


@pytest.fixture
def run_types(monkeypatch):
    """Let ``galmorph types E0`` call a function instead, and return its exit status."""

    def run(function, *options: str) -> int:
        monkeypatch.setattr(read_types, "run", lambda _: function())
        return main(["types", "E0", *options])

    return run


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(capsys, command):
    """The help of a command ends well, and contains a call of it."""
    with pytest.raises(SystemExit, match=r"^0$"):
        main([command, "--help"])
    assert f"galmorph {command}" in capsys.readouterr().out.partition("example")[2]


def test_the_help_names_all_commands(capsys):
    """So does ``galmorph --help``."""
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--help"])
    text = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n    {name}" not in text] == []


@pytest.mark.parametrize(
    "arguments", [["--debug"], ["clasify"], ["help", "clasify"], ["classify"], ["simulate", "ten", "out"]]
)
def test_wrong_arguments_end_with_status_2(capsys, arguments):
    """They print how the command is used."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments)
    assert capsys.readouterr().err.startswith("usage: galmorph")


@pytest.mark.parametrize("arguments", [["clasify", "x.png"], ["--debug", "Clasify", "--help"], ["help", "clasify"]])
def test_a_typing_error_in_a_command_is_understood(capsys, arguments):
    """The most similar command is named."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments)
    assert "did you mean 'classify'?" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_that_of_the_package(capsys, option):
    """In one line, as other commands write it."""
    with pytest.raises(SystemExit, match=r"^0$"):
        main([option])
    assert capsys.readouterr().out == f"galmorph {version('galmorph-jax')}\n"


@pytest.mark.parametrize("topic", [[], *([name] for name in COMMANDS), ["help"]])
def test_help_is_a_command_too(capsys, topic):
    """``galmorph help types`` prints what ``galmorph types --help`` does."""
    texts = []
    for arguments in (["help", *topic], [*topic, "--help"]):
        with pytest.raises(SystemExit, match=r"^0$"):
            main(arguments)
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_without_arguments_the_help_is_printed(capsys):
    """On standard output, with status 0, as pip does."""
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: galmorph")
    assert "--version" in out
    assert err == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InvalidValueError("n: expected 1,\ngot 0"), "n: expected 1, got 0"),
        (InvalidValueError("name \x1b[31m"), "name ?[31m"),
        (FileNotFoundError(2, "No such file or directory", "no.csv"), "no.csv: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError(), "not enough memory"),
        (MemoryError("of 5 GiB"), "not enough memory: of 5 GiB"),
        (ImportError("needs pyarrow"), "needs pyarrow"),
        (
            ModuleNotFoundError("No module named 'x'", name="x"),
            "a package can't be loaded (No module named 'x'); 'galmorph versions' shows what is installed",
        ),
    ],
)
def test_an_error_is_one_line_and_status_2(run_types, capsys, error, line):
    """Whatever the message contains, it is one printable line on standard error."""
    assert run_types(lambda: _raise(error)) == 2
    text = capsys.readouterr().err
    assert text.rstrip() == f"galmorph: error: {line}"
    assert text.count("\n") == 1


@pytest.mark.parametrize("place", ["before", "after"])
def test_debug_shows_where_an_error_comes_from(monkeypatch, place):
    """With ``--debug``, before or after the name of the command, an error is raised as it is."""
    monkeypatch.setattr(read_types, "run", lambda _: _raise(InvalidValueError("wrong")))
    with pytest.raises(InvalidValueError, match="wrong"):
        main(["--debug", "types", "E0"] if place == "before" else ["types", "E0", "--debug"])


def test_an_error_of_ours_is_not_hidden(run_types):
    """A fault in the program still has its traceback, which a report of it needs."""
    with pytest.raises(ZeroDivisionError, match="fault"):
        run_types(lambda: _raise(ZeroDivisionError("fault")))


def test_an_interruption_ends_with_status_130(run_types, capsys):
    """Ctrl-C ends the command without a traceback, with the status that shells expect."""
    assert run_types(lambda: _raise(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "galmorph: interrupted\n"


def test_a_closed_pipe_ends_quietly(run_types, capsys):
    """``galmorph types ... | head`` is no error."""
    assert run_types(lambda: _raise(BrokenPipeError())) == 141
    assert capsys.readouterr().err == ""


def test_warnings_are_lines(run_types, capsys):
    """A warning of the library is a line without our code, and filters are as before afterwards."""
    before = list(warnings.filters)
    assert run_types(lambda: warnings.warn("other\nbands", MismatchWarning, stacklevel=1)) == 0
    assert capsys.readouterr().err == "galmorph: warning: other bands\n"
    assert warnings.filters == before


def test_help_and_types_need_no_jax():
    """They start at once, because JAX and matplotlib are not imported."""
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage: galmorph" in done.stdout


@pytest.mark.slow
def test_the_installed_command():
    """The command of the environment reads a type; ``head`` may close its output."""
    command = shutil.which("galmorph", path=str(Path(sys.executable).parent))
    assert command is not None
    done = subprocess.run([command, "types", "SB(s)b pec"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1].startswith("SB(s)b pec\ttype\t")
    assert done.stderr == ""
