"""A prediction that writes its answers to a file, in parts, and can be resumed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from astropy.table import Table

from galmorph._checks import check_positive_int
from galmorph._progress import tqdm
from galmorph._warnings import warn
from galmorph.training._predictions.answer_file import check_format, write_answer_file
from galmorph.training._predictions.answer_parts import AnswerParts
from galmorph.training._predictions.batched_answers import Classify, answer_stamps
from galmorph.training._predictions.galaxy_parts import GalaxyParts
from galmorph.training._predictions.prediction_table import Answers, note_warnings
from galmorph.training._predictions.prepared_stamps import PreparedStamp

__all__ = ["write_predictions"]


def write_predictions(
    galaxies: GalaxyParts,
    path: Path,
    *,
    classify: Classify,
    columns: int,
    table: Callable[[Answers], Table],
    settings: Mapping[str, Any],
    part: int,
    overwrite: bool,
    progress: bool,
) -> None:
    """Classify galaxies part by part, and write all answers to a file at the end.

    Parameters
    ----------
    galaxies
        The galaxies.
    path
        The file. The parts are in a folder beside it until it is complete.
    classify
        Gives the probabilities of a batch of stamps.
    columns
        Number of columns that it gives.
    table
        Puts answers into the table that the file holds.
    settings
        Everything else on which the answers depend, in values that JSON can store.
    part
        Galaxies in a part.
    overwrite
        Whether the file may exist.
    progress
        Whether to draw a progress bar.
    """
    check_positive_int("part", part)
    check_format(path)
    run = {
        **settings,
        "galaxies": galaxies.describe(),
        "paths": galaxies.have_files,
        "part": part,
        "versions": {name: version(name) for name in ("galmorph-jax", "jax")},
    }
    several = galaxies.total is None or galaxies.total > part  # whose last batches then have one shape, too
    with AnswerParts(path, run, overwrite=overwrite) as answers:
        done = len(answers) * part if galaxies.total is None else min(len(answers) * part, galaxies.total)
        with (
            tqdm(total=galaxies.total, initial=done, unit="galaxy", disable=not progress) as bar,
            closing(galaxies.parts(part, answers)) as parts,
        ):
            for each in parts:
                stamps = _counted(each.stamps, bar)
                made = answer_stamps(stamps, classify, columns=columns, paths=galaxies.have_files, fill=several)
                answers.write(each.number, each.digest(), made)
        warnings = note_warnings(answers)
        write_answer_file(path, lambda: map(table, answers), scratch=answers.folder)
        answers.remove()
    for message, kind in warnings:
        warn(message, kind)


def _counted(stamps: Iterator[PreparedStamp], bar: "tqdm") -> Iterator[PreparedStamp]:
    for stamp in stamps:
        yield stamp
        bar.update()
