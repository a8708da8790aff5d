"""``galmorph simulate``: galaxies of known classes, as a data set or as pictures."""

import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from galmorph._checks import check_choice
from galmorph._command.compiled import keep_compiled
from galmorph._command.inputs import user_path
from galmorph._command.output import say

if TYPE_CHECKING:
    from galmorph.data import Dataset
    from galmorph.simulation import Survey

__all__ = ["TEXT", "add_arguments", "run"]

TEXT = """Simulate galaxies of known classes, as a survey shows them, and write them to a folder.

examples: %(prog)s 600 simulated
          %(prog)s 20 pictures --png --survey hst
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("n", type=int, metavar="N", help="number of galaxies")
    add(
        "out",
        type=user_path,
        metavar="OUT",
        help="folder to create: a data set, for 'galmorph compare' and Dataset.load",
    )
    add("--scheme", default="galaxy-zoo-2", metavar="NAME", help="galaxy-zoo-2 (default), hubble or hubble-types")
    add(
        "--survey",
        default="sdss",
        metavar="NAME",
        help="sdss (default), legacy-survey, kids, pan-starrs, dss, ukidss, hst, jwst, or many-telescopes: a mixture",
    )
    add("--size", type=int, default=64, metavar="PIXELS", help="side of a stamp (%(default)s)")
    add("--seed", type=int, default=0, metavar="SEED", help="random seed (%(default)s)")
    add("--seen", action="store_true", help="classes are what people can see, instead of what was drawn")
    add("--png", action="store_true", help="write PNG files, one sub-folder for each class, and truth.ecsv")


def run(arguments: Namespace) -> None:
    """Simulate, and write."""
    out = arguments.out
    if out.exists():
        raise FileExistsError(f"{out}: exists; choose another folder, or remove it")
    keep_compiled()
    from galmorph.simulation import simulate_galaxies

    galaxies = simulate_galaxies(
        arguments.n,
        scheme=arguments.scheme,
        size=arguments.size,
        seed=arguments.seed,
        survey=_surveys(arguments.survey),
        seen=arguments.seen,
    )
    if arguments.png:
        _write_pictures(galaxies, out)
    else:
        galaxies.save(out)
    say(f"{galaxies!r}\nwritten to {out}")


def _surveys(name: str) -> "Survey | Sequence[Survey]":
    """Find a survey of `galmorph.simulation` by the name of its constant, with dashes and in lower case."""
    from galmorph import simulation

    known = [constant.lower().replace("_", "-") for constant in simulation.__all__ if constant.isupper()]
    check_choice("survey", name, known)
    return getattr(simulation, name.upper().replace("-", "_"))


def _write_pictures(galaxies: "Dataset", out: Path) -> None:
    """Write pictures and their table; the folder gets its name only after everything in it is written."""
    from PIL import Image

    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        digits = len(str(len(galaxies) - 1))
        names = [f"galaxy_{row:0{digits}}" for row in range(len(galaxies))]
        for name in galaxies.classes:
            (scratch / name.replace("/", "-")).mkdir()
        for name, (stamp, label) in zip(names, galaxies, strict=True):
            file = scratch / galaxies.classes[label].replace("/", "-") / f"{name}.png"
            Image.fromarray(stamp[..., 0] if stamp.shape[-1] == 1 else stamp).save(file)
        table = galaxies.table.copy()
        table.add_column(names, name="name", index=0)
        table.add_column([galaxies.classes[label] for label in galaxies.labels], name="class", index=1)
        table.write(scratch / "truth.ecsv")
        scratch.chmod(0o755)
        scratch.replace(out)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
