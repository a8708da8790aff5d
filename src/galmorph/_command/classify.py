"""``galmorph classify``: classes of image files, as a table on the screen or in a file."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from galmorph._command.advice import for_shell
from galmorph._command.answered import has_answers
from galmorph._command.compiled import keep_compiled
from galmorph._command.output import say, table_lines, terminal_width
from galmorph._command.reading import add_reading_options

if TYPE_CHECKING:
    from astropy.table import Table

    from galmorph.training import Classifier

__all__ = ["TEXT", "add_arguments", "run"]

#: Exit status if no image could be classified.
NONE_CLASSIFIED = 1
# With what notes of FITS files end that are in order: nothing to look for on a screen.
_ROUTINE = "linear image, stretched as pictures are"

TEXT = """Classify images of galaxies. FITS, JPEG and PNG files need no preparation.

examples: %(prog)s my_galaxy.jpg
          %(prog)s images/ --to answers.parquet
          %(prog)s "images/{name}_{band}.fits" --classifier my.safetensors

exit status: 0 if an image was classified, 1 if none could be, 2 after an error
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="image files, folders, or patterns in quotation marks")
    add("--to", type=Path, metavar="FILE", help="write all columns to a .parquet, .fits, .ecsv or .csv file")
    add("--notes", action="store_true", help="whole notes; by default what is doubtful, cut to one line")
    add("--network", default="galaxy-zoo-2", metavar="NAME", help="galaxy-zoo-2 (default) or hubble")
    add("--classifier", type=Path, metavar="FILE", help="a classifier that you have trained and saved")
    add_reading_options(parser)
    add(
        "--orientations",
        action=BooleanOptionalAction,
        help="mean over eight orientations or one: better, or sooner; by default eight for galmorph's own networks",
    )
    add("--workers", type=int, metavar="N", help="processes that prepare images; as many as cores by default")
    add("--overwrite", action="store_true", help="replace the file of --to if it exists")
    add("--quiet", action="store_true", help="no progress bar")


def run(arguments: Namespace) -> int:
    """Classify, print or write the table, and return the exit status."""
    if arguments.to is not None:
        arguments.after_interruption = "; the same command goes on from here"
        if arguments.to.exists() and not arguments.overwrite:
            raise FileExistsError(f"{arguments.to}: exists; add --overwrite to replace it, or choose another name")
    classifier = _classifier(arguments)
    keep_compiled()
    options = {
        "hdu": arguments.hdu,
        "bands": arguments.bands,
        "orientations": arguments.orientations,
        "workers": arguments.workers,
        "progress": not arguments.quiet,
    }
    if arguments.to is None:
        table = classifier.predict(arguments.files, **options)
        _show(table, arguments)
        any_answer = not table["class"].mask.all()
    else:
        files = arguments.files[0] if len(arguments.files) == 1 else arguments.files
        classifier.predict_to(files, arguments.to, overwrite=arguments.overwrite, **options)
        say(f"written to {arguments.to}")
        any_answer = has_answers(arguments.to)
    return 0 if any_answer else NONE_CLASSIFIED


def _classifier(arguments: Namespace) -> "Classifier":
    from galmorph.training import Classifier

    if arguments.classifier is not None:
        return Classifier.load(arguments.classifier)
    return Classifier.pretrained(arguments.network)


def _show(table: "Table", arguments: Namespace) -> None:
    """Print names, classes, probabilities and notes; an image without an answer has dashes."""
    paths = "path" in table.colnames
    rows = []
    for row in table.filled("") if table.masked else table:
        answered = str(row["class"]) not in ("", "--")
        probability = f"{row['probability']:.2f}" if answered else "-"
        # A line is too short for the path; the names of other galaxies are in the first column, too.
        note = str(row["note"]).removeprefix(f"{row['path']}: " if paths else "").removeprefix(f"{row['name']}: ")
        note = for_shell(note if arguments.notes else note.partition(_ROUTINE)[0].rstrip("; "), arguments)
        rows.append([str(row["name"]), str(row["class"]) if answered else "-", probability, note])
    for line in table_lines(["name", "class", "prob.", "note"], rows, terminal_width(), wrapped=arguments.notes):
        say(line)
