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
#: What else only Python understands, as regular expressions.
_PHRASES = (
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

    def option(match: re.Match[str]) -> str:
        known = hasattr(arguments, match[1])
        return _OPTIONS[match[1]] if known and match[1] in _OPTIONS else f"{match[0]} (in Python)"

    return _ARGUMENT.sub(option, text)
