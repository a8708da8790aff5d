"""``galmorph classify``: classes of image files, as a table on the screen or in a file."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from galmorph._command.compiled import keep_compiled
from galmorph._command.output import say, table_lines, terminal_width

if TYPE_CHECKING:
    from astropy.table import Table

    from galmorph.training import Classifier

__all__ = ["TEXT", "add_arguments", "run"]

TEXT = """Classify images of galaxies. FITS, JPEG and PNG files need no preparation.

examples: %(prog)s my_galaxy.jpg
          %(prog)s images/ --to answers.parquet
          %(prog)s "images/{name}_{band}.fits" --classifier my.safetensors
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="image files, folders, or patterns in quotation marks")
    add("--to", type=Path, metavar="FILE", help="write all columns to a .parquet, .fits, .ecsv or .csv file")
    add("--network", default="galaxy-zoo-2", metavar="NAME", help="a classifier of galmorph (%(default)s)")
    add("--classifier", type=Path, metavar="FILE", help="a classifier that you have trained and saved")
    add("--orientations", action="store_true", help="mean over eight orientations: mostly better, eight times slower")
    add("--workers", type=int, metavar="N", help="processes that prepare images; as many as cores by default")
    add("--overwrite", action="store_true", help="replace the file of --to if it exists")
    add("--quiet", action="store_true", help="no progress bar")


def run(arguments: Namespace) -> None:
    """Classify, and print or write the table."""
    if arguments.to is not None:
        arguments.after_interruption = "; the same command goes on from here"
        if arguments.to.exists() and not arguments.overwrite:
            raise FileExistsError(f"{arguments.to}: exists; add --overwrite to replace it, or choose another name")
    classifier = _classifier(arguments)
    keep_compiled()
    options = {"orientations": arguments.orientations, "workers": arguments.workers, "progress": not arguments.quiet}
    if arguments.to is None:
        _show(classifier.predict(arguments.files, **options))
    else:
        files = arguments.files[0] if len(arguments.files) == 1 else arguments.files
        classifier.predict_to(files, arguments.to, overwrite=arguments.overwrite, **options)
        say(f"written to {arguments.to}")


def _classifier(arguments: Namespace) -> "Classifier":
    from galmorph.training import Classifier

    if arguments.classifier is not None:
        return Classifier.load(arguments.classifier)
    return Classifier.pretrained(arguments.network)


def _show(table: "Table") -> None:
    """Print names, classes, probabilities and notes; an image without an answer has dashes."""
    rows = []
    for row in table.filled("") if table.masked else table:
        answered = str(row["class"]) not in ("", "--")
        probability = f"{row['probability']:.2f}" if answered else "-"
        rows.append([str(row["name"]), str(row["class"]) if answered else "-", probability, str(row["note"])])
    for line in table_lines(["name", "class", "prob.", "note"], rows, terminal_width()):
        say(line)
