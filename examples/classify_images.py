"""Classify images of galaxies, offline
=====================================

What it shows: the classifier that comes with galmorph takes image files without any preparation. It returns a table of
classes with probabilities, and notes why an answer may be wrong::

    python examples/classify_images.py my_galaxy.jpg "mine/*.jpg"

Without images, it classifies a few simulated galaxies with known classes.

What it costs: a few seconds, mostly to compile the network. No download.

What to expect: it was made for colour images such as those of Galaxy Zoo 2, and cuts a window around the galaxy. With
--middle the window is the middle of the frame instead, with the right width for Galaxy Zoo 2. Its card (--card)
describes its performance and its limits. With --classifier, the example uses a classifier of your own.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from astropy.table import Table

import galmorph as gm

MIDDLE = gm.preprocessing.FractionCrop(200 / 424)  # of Galaxy Zoo 2's frames: 4 Petrosian radii (R90)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("images", nargs="*", help="image files or patterns; by default simulated galaxies")
    parser.add_argument(
        "--classifier", type=Path, help="a saved classifier instead of the one that comes with galmorph"
    )
    parser.add_argument(
        "--middle", action="store_true", help="cut out the middle of the frame, without searching for the galaxy"
    )
    parser.add_argument("--card", action="store_true", help="also print the card of the classifier")
    parser.add_argument("--output", type=Path, help="file for the complete table, such as classes.ecsv or classes.csv")
    return parser.parse_args()


def classify(classifier: gm.training.Classifier, images: list[str], *, middle: bool) -> Table:
    """Classify files, or simulated galaxies if there are none."""
    if images:
        recipe = replace(classifier.recipe, crop=MIDDLE) if middle else None
        return classifier.predict(images, recipe=recipe)
    galaxies = gm.simulation.simulate_galaxies(10, size=classifier.recipe.size, seed=0)
    table = classifier.predict(galaxies)
    table.add_column([galaxies.classes[label] for label in galaxies.labels], name="simulated", index=1)
    return table


def main() -> None:
    """Classify and print."""
    arguments = read_arguments()
    if arguments.classifier is None:
        classifier = gm.training.Classifier.pretrained("galaxy-zoo-2")
    else:
        classifier = gm.training.Classifier.load(arguments.classifier)
    if arguments.card:
        print(classifier.card)
    table = classify(classifier, arguments.images, middle=arguments.middle)
    shown = [name for name in ("name", "simulated", "class", "probability", "note") if name in table.colnames]
    print("\n".join(table[shown].pformat(max_lines=-1, max_width=-1)))
    if arguments.output is not None:
        table.write(arguments.output, overwrite=True)


if __name__ == "__main__":
    main()
