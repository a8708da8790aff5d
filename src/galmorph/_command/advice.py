"""Advice of the library in the words of the command: its options instead of arguments of functions."""

import re
from argparse import Namespace

__all__ = ["for_shell"]

#: The option for an argument of a function, if the command has it.
_OPTIONS = {
    "bands": "--bands",
    "class_column": "--class-column",
    "folds": "--folds",
    "hdu": "--hdu",
    "labels": "--labels",
    "name_column": "--name-column",
    "overwrite": "--overwrite",
    "tested_folds": "--tested-folds",
    "workers": "--workers",
}
#: What an error calls a wrong argument at its beginning: the name in the library, and that of the command.
_NAMES = {
    **{name: name for name in _OPTIONS},
    **{name: name for name in ("epochs", "network", "scheme", "seed", "seeds", "size", "survey")},
    "architectures": "networks",
    "name": "network",
    "path": "to",
}
#: What else only Python understands, as regular expressions.
_PHRASES = (
    (r", a whole number of at least 1, or a concurrent\.futures\.Executor\b", " or a whole number of at least 1"),
    (r"workers: expected None \(all cores\) or", "workers: expected"),
    (
        r"expected a classifier written by Classifier\.save",
        "expected a classifier: a file of Classifier.save in Python, or of runs/*.galmorph in the folder of "
        "galmorph compare",
    ),
    (r"Classifier\.pretrained\('([^']*)'\) loads that classifier", r"--network \1 is that classifier"),
    (
        r"its network is not one of galmorph's; pass one of the same architecture as model=",
        "its network is not one of galmorph's, and can be used in Python only",
    ),
    (r"^(?=files: expected a pattern inside)", "--"),
    (r", or set the recipe's crop to [^;]*?, which need no galaxy", ""),
    (r": the recipe's levels don't fit the image, pass recipe=", ": the levels of the classifier don't fit the image"),
    (r"dataset\.table\.meta\['skipped'\]", "the head of galaxies.ecsv among the results"),
    (r"; leave them out with Recipe\(limits=[^;]*?, or by the column '\w+' of dataset\.table", "; look at them"),
    (r" of dataset\.table\b", " of galaxies.ecsv among the results"),
    (r"make classes of them with get_scheme\(\.\.\.\)\.label or load them with build_dataset", "give --scheme"),
    (r"\(load_image_folder\('([^']*)'\)\)", r"(galmorph compare \1)"),
    (r"open tables of other formats with astropy's Table\.read, and pass the table", "write other tables as CSV"),
    (r"\b(?=(?:load (?:it|them|this table) with load_|make classes of (?:it|them) with galaxy_zoo_))", "in Python, "),
)
_ARGUMENT = re.compile(r"\b([a-z_]+)=(?:True|None|\(\.\.\.\))?(?![^\s;,.:)])")
# The name with which an error begins, before what was expected.
_FIRST = re.compile(r"^([a-z_]+)(?=: (?:expected|got)\b)")


def for_shell(text: str, arguments: Namespace) -> str:
    """Put advice about arguments of functions into options of a command.

    Parameters
    ----------
    text
        A message of the library.
    arguments
        What the command was given. An argument of a function for which it has no option is left to Python.

    Examples
    --------
    >>> from argparse import Namespace
    >>> from galmorph._command.advice import for_shell
    >>> for_shell("2 HDUs have images; choose one with hdu=", Namespace(hdu=None))
    '2 HDUs have images; choose one with --hdu'
    >>> for_shell("if they are the classes, list them with classes=", Namespace(hdu=None))
    'if they are the classes, list them with classes= (in Python)'
    """
    for pattern, words in _PHRASES:
        text = re.sub(pattern, words, text)
    text = _FIRST.sub(lambda match: _named(match[1], arguments), text)

    def option(match: re.Match[str]) -> str:
        known = hasattr(arguments, match[1])
        return _OPTIONS[match[1]] if known and match[1] in _OPTIONS else f"{match[0]} (in Python)"

    return _ARGUMENT.sub(option, text)


def _named(name: str, arguments: Namespace) -> str:
    """Call a wrong argument as the command does."""
    if name == "n" and hasattr(arguments, "n"):
        return "N"
    option = _NAMES.get(name)
    return f"--{option.replace('_', '-')}" if option and hasattr(arguments, option) else name
