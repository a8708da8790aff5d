"""Real galaxies for comparison: two halves of the images of Galaxy Zoo 2, by the parity of GalaxyID."""

import csv
import hashlib
import tempfile
from pathlib import Path

import numpy as np

import galmorph as gm

__all__ = ["FRAME", "HALVES", "galaxy_ids", "real_galaxies"]

# The images are 424 pixels wide, and the Petrosian radius of 90 % of the light has 50 of these. Simulated stamps are
# four such radii wide: the middle 200 pixels.
FRAME = 200 / 424

HALVES = {"even": 0, "odd": 1}


def real_galaxies(
    folder: Path, half: str, *, size: int, keep: Path, recipe: gm.preprocessing.Recipe | None = None
) -> gm.data.Dataset:
    """Read one half of the labelled images as stamps, and keep the stamps for the next call.

    Parameters
    ----------
    folder
        Folder with ``images/`` and ``labels.csv``.
    half
        Parity of GalaxyID: ``"even"`` for calibration, ``"odd"`` for reports. No image of the other half is opened.
    size
        Side of a stamp in pixels.
    keep
        Your own folder for the stamps, which must not be passed on.
    recipe
        What makes the stamps; None for the middle of the frame, as simulated galaxies are shown.

    Returns
    -------
    galaxies
        Uint8 stamps of shape ``(galaxies, size, size, 3)``, with labels.
    """
    other = "" if recipe is None else f"-{hashlib.sha256(repr(recipe).encode()).hexdigest()[:8]}"
    kept = keep / f"real-{half}-{size}{other}"
    if not kept.exists():
        with (folder / "labels.csv").open(newline="") as file:
            header, *rows = csv.reader(file)
        recipe = recipe or gm.preprocessing.Recipe(
            size=size,
            channels=3,
            background=False,
            crop=gm.preprocessing.FractionCrop(FRAME),
            stretch=gm.preprocessing.Stretch(curve="linear", black=0.0, white=255.0),
        )
        with tempfile.TemporaryDirectory() as scratch:
            labels = Path(scratch) / "labels.csv"
            with labels.open("w", newline="") as file:
                csv.writer(file).writerows([header, *(row for row in rows if int(row[0]) % 2 == HALVES[half])])
            gm.data.load_galaxy_zoo_2(folder / "images", labels, recipe=recipe, progress=False).save(kept)
    return gm.data.Dataset.load(kept)


def galaxy_ids(galaxies: gm.data.Dataset) -> np.ndarray:
    """GalaxyID of each galaxy, int64 of shape ``(galaxies,)``."""
    return np.array([int(Path(name).stem) for name in galaxies.table["name"]])
