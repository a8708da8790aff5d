"""Advice of the library in the words of the command: no argument of a function that the shell does not know."""

import re
from argparse import ArgumentParser, Namespace

import numpy as np
import pytest
from astropy.io import fits

from galmorph._command.advice import for_shell
from galmorph._command.main import main
from galmorph._command.reading import add_reading_options

HAVE = Namespace(hdu=None, bands=None, labels=None, class_column=None, overwrite=False, n=0, to=None, network="x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("choose one with hdu=", "choose one with --hdu"),
        ("exists; pass overwrite=True to replace it", "exists; pass --overwrite to replace it"),
        ("name the bands with bands=(...), or", "name the bands with --bands, or"),
        ("give the classes with labels=", "give the classes with --labels"),
        ("name it with class_column=", "name it with --class-column"),
        ("list them with classes=", "list them with classes= (in Python)"),
        ("name it with name_column=", "name it with name_column= (in Python)"),  # this command lacks it
        ("planes for bands=('g', 'r'), got 3", "planes for bands=('g', 'r'), got 3"),
        ("a.fits?x=1&hdu=2: no such file", "a.fits?x=1&hdu=2: no such file"),
        (
            "leave the image out, or set the recipe's crop to AngularCrop or FractionCrop, which need no galaxy",
            "leave the image out",
        ),
        (
            "(all of them: dataset.table.meta['skipped'])",
            "(all of them: the head of galaxies.ecsv among the results)",
        ),
        (
            "if they are types, make classes of them with get_scheme(...).label or load them with build_dataset; if",
            "if they are types, give --scheme; if",
        ),
        (
            "got votes; load it with load_galaxy_zoo_2, or make classes of it with galaxy_zoo_classes",
            "got votes; in Python, load it with load_galaxy_zoo_2, "
            "or in Python, make classes of it with galaxy_zoo_classes",
        ),
        ("n: expected a whole number", "N: expected a whole number"),
        ("path: expected a file name that ends in .csv", "--to: expected a file name that ends in .csv"),
        ("name: expected one of 'a', 'b', got 'c'", "--network: expected one of 'a', 'b', got 'c'"),
        ("seed: expected a whole number", "seed: expected a whole number"),  # this command lacks it
        ("my.csv: path: expected", "my.csv: path: expected"),
        ("files: expected a pattern inside of the folder", "--files: expected a pattern inside of the folder"),
        (
            "workers: expected None (all cores), a whole number of at least 1, or a concurrent.futures.Executor, got 0",
            "workers: expected a whole number of at least 1, got 0",  # this command lacks it, too
        ),
        (
            "a.txt: expected a classifier written by Classifier.save, but it can't be read",
            "a.txt: expected a classifier: a file of Classifier.save in Python, or of runs/*.galmorph in the folder of "
            "galmorph compare, but it can't be read",
        ),
        ("load each of them (load_image_folder('x/train')), or", "load each of them (galmorph compare x/train), or"),
    ],
)
def test_arguments_become_options(text, expected):
    """Where the command has the option; other arguments are left to Python, and values as they are."""
    assert for_shell(text, HAVE) == expected


def test_the_library_still_says_what_is_translated(repository):
    """Each phrase of the table is in the source of the library, so that none is translated in vain."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((repository / "src" / "galmorph").rglob("*.py"))
        if "_command" not in path.parts
    )
    words = [
        "which need no galaxy",
        "the recipe's levels don't fit the image, pass recipe=",
        "dataset.table.meta['skipped']",
        "Recipe(limits=QualityLimits())",
        "get_scheme(...).label or load them with build_dataset",
        "(load_image_folder(",
        "Table.read, and pass the table",
        "make classes of them with galaxy_zoo_classes",
        "workers: expected None (all cores), a whole number of at least 1, or a concurrent.futures.Executor",
        "a classifier written by Classifier.save",
        "is not one of galmorph's",
        "files: expected a pattern inside",
        "loads that classifier",
    ]
    assert [word for word in words if word not in source] == []


def test_warnings_and_rows_are_translated(tmp_path, capsys):
    """A file with two images: the warning and the note name an option, and the option reads one of them."""
    rng = np.random.default_rng(0)
    y, x = np.indices((60, 60)) - 30
    disc = (np.exp(-np.hypot(x, y / 0.7) / 4) + rng.normal(0, 0.01, x.shape)).astype(np.float32)
    path = tmp_path / "two.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(disc, name="A"), fits.ImageHDU(disc, name="B")]).writeto(path)
    arguments = ["classify", str(path), "--quiet", "--workers", "1"]
    assert main([*arguments, "--notes"]) == 1
    out, err = capsys.readouterr()
    for text in (out, err):
        assert re.search(r"choose\s+one\s+with\s+--hdu", text)
        assert "hdu=" not in text
    assert main([*arguments, "--hdu", "B,1"]) == 0


def test_hdus_and_bands_are_read():
    """Numbers, names and versions of HDUs; names of planes."""
    parser = ArgumentParser()
    add_reading_options(parser)
    given = {text: parser.parse_args(["--hdu", text]).hdu for text in ("2", "SCI", "SCI,2", "a,b")}
    assert given == {"2": 2, "SCI": "SCI", "SCI,2": ("SCI", 2), "a,b": "a,b"}
    assert parser.parse_args(["--bands", "g, r,z"]).bands == ("g", "r", "z")
