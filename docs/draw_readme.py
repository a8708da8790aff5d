"""Draw the two pictures at the top of the README, from simulated galaxies alone.

``python docs/draw_readme.py`` takes about four minutes on two cores, and needs Chromium for the picture of the report.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

import galmorph as gm

FOLDER = Path(__file__).parent / "pictures"
SURVEYS = {
    "SDSS": gm.simulation.SDSS,
    "Legacy Survey": gm.simulation.LEGACY_SURVEY,
    "KiDS": gm.simulation.KIDS,
    "Pan-STARRS": gm.simulation.PAN_STARRS,
    "UKIDSS": gm.simulation.UKIDSS,
    "plates (DSS)": gm.simulation.DSS,
    "HST": gm.simulation.HST,
    "JWST": gm.simulation.JWST,
}


def draw_surveys(path: Path) -> None:
    """Draw a galaxy of each class in a row, as each of the surveys would see it."""
    classes = gm.data.GALAXY_ZOO_2_CLASSES
    figure = Figure(figsize=(10, 6.6), layout="constrained")
    axes = figure.subplots(len(classes), len(SURVEYS), squeeze=False)
    for column, (name, survey) in zip(axes.T, SURVEYS.items(), strict=True):
        galaxies = gm.simulation.simulate_galaxies(
            100, scheme="galaxy-zoo-2", survey=survey, size=96, class_counts=dict.fromkeys(classes, 20), seed=4
        )
        column[0].set_title(name, fontsize=9)
        for number, cell in enumerate(column):
            # The same seed draws the same galaxies for each survey. The first of each class is shown, none is chosen.
            cell.imshow(galaxies.stamps[np.flatnonzero(galaxies.labels == number)[0]])
            cell.set(xticks=[], yticks=[])
    for cell, name in zip(axes[:, 0], classes, strict=True):
        cell.set_ylabel(name.replace("_smooth", "\nsmooth").replace("_", " "), fontsize=9)
    figure.savefig(path, dpi=110, pil_kwargs={"quality": 90, "optimize": True})


def draw_report(path: Path) -> None:
    """Photograph the top of the report of a small comparison."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("no Chromium found; install it to photograph the report")
    classes = gm.data.GALAXY_ZOO_2_CLASSES
    galaxies = gm.simulation.simulate_galaxies(
        1_000, size=32, scheme="galaxy-zoo-2", class_counts=dict.fromkeys(classes, 200), seed=0
    )
    config = gm.training.TrainConfig(epochs=12, batch_size=32, learning_rate=2e-3)
    comparison = gm.comparison.compare(["lenet5", "small_resnet"], galaxies, seeds=3, config=config)
    with TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        comparison.write_report(page)
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,960")
        subprocess.run([browser, *options, f"--screenshot={path}", page.as_uri()], check=True)
    with Image.open(path) as picture:  # text and lines need few colours
        small = picture.convert("RGB").quantize(256)
    small.save(path, optimize=True)


def main() -> None:
    """Draw both."""
    FOLDER.mkdir(exist_ok=True)
    draw_surveys(FOLDER / "surveys.jpg")
    draw_report(FOLDER / "report.png")


if __name__ == "__main__":
    main()
