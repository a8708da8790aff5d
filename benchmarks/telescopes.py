"""Accuracy of a classifier by set and survey, on the real images of ../shared/data.

    python benchmarks/telescopes.py galaxy-zoo-2 hubble [output/new.safetensors ...] [--half choose]

Prints a table for each classifier: a pretrained one by its name, or a file. Classifiers of the five classes are tried
on the images of Galaxy Zoo and of the surveys; those of E, S0, S and Irr on named galaxies with types from OpenNGC and
NED, where early types are E, S0 and S0/a. Each set has two halves: "choose" for choosing among classifiers, "report"
for the final numbers. Galaxy Zoo 2 is divided by the parity of GalaxyID (even: choose), the other sets by the first
byte of the sha256 of the file's stem (even: choose). The FITS images have no labels: what counts is whether the answers
to the bands of one galaxy agree.

An image that can't be used counts as a wrong answer. "kept" is the fraction of images, the surest first, whose
answers are right in at least 95 of 100 cases.
"""

import argparse
import csv
import hashlib
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from galmorph.errors import MismatchWarning, SkippedImagesWarning
from galmorph.training import Classifier

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
HALVES = {"choose": 0, "report": 1}
PURITY = 0.95

Images = list[tuple[Path, str, str]]  # file, class, survey

# Galaxy Zoo 1 asked for ellipticals, spirals and edge-on discs; mergers and doubtful ones are left out.
GALAXY_ZOO_1 = {
    "elliptical": "smooth",
    "edge_on": "edge-on",
    "clockwise_spiral": "spiral",
    "anticlockwise_spiral": "spiral",
}
IN_GALAXY_ZOO_1 = {
    "completely_round_smooth": "smooth",
    "in_between_smooth": "smooth",
    "cigar_shaped_smooth": "edge-on",
    "edge_on": "edge-on",
    "spiral": "spiral",
}

HUBBLE = ("E", "S0", "S", "Irr")

# Types of the galaxies of ned/fits in NED.
NED_TYPES = {
    "MESSIER 049": "E2",
    "MESSIER 051a": "SA(s)bc pec",
    "MESSIER 051b": "SB0 pec",
    "MESSIER 058": "SAB(rs)b",
    "MESSIER 061": "SAB(rs)bc",
    "MESSIER 063": "SA(rs)bc",
}


def by_hash(stem: str) -> int:
    """Half of an image by its name."""
    return hashlib.sha256(stem.encode()).digest()[0] % 2


def rows(file: Path) -> list[dict[str, str]]:
    """Rows of a table of labels."""
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def labelled(data: Path, half: int) -> dict[str, Images]:
    """One half of the images of each labelled set."""
    zoo_2, zoo_1, surveys = (data / name for name in ("galaxy_zoo_2", "galaxy_zoo_1", "survey_images"))
    return {
        "galaxy_zoo_2": [
            (zoo_2 / "images" / f"{row['GalaxyID']}.jpg", row["class"], "sdss")
            for row in rows(zoo_2 / "labels.csv")
            if int(row["GalaxyID"]) % 2 == half
        ],
        "survey_images": [
            (surveys / "images" / row["name"], row["class"], row["survey"])
            for row in rows(surveys / "labels.csv")
            if by_hash(Path(row["name"]).stem) == half
        ],
        "galaxy_zoo_1": [
            (zoo_1 / "images" / f"{row['OBJID']}.jpg", GALAXY_ZOO_1[row["class"]], "sdss, wide")
            for row in rows(zoo_1 / "labels.csv")
            if row["class"] in GALAXY_ZOO_1 and by_hash(row["OBJID"]) == half
        ],
    }


def typed(data: Path, half: int) -> dict[str, Images]:
    """One half of the images of named galaxies, with the class of their type."""
    named, plates = data / "ngc_images", data / "ned" / "fits"
    return {
        "ngc_images": [
            (named / "images" / f"{row['name']}.png", hubble_class(row["hubble"]), row["hubble"])
            for row in rows(named / "labels.csv")
            if by_hash(row["name"]) == half
        ],
        "ned/fits": [
            (plates / f"{name}.fits", hubble_class(kind), kind)
            for name, kind in NED_TYPES.items()
            if by_hash(name) == half
        ],
    }


def hubble_class(kind: str) -> str:
    """E, S0 (with E-S0 and S0-a), S or Irr of a type."""
    if kind.startswith(("S0", "SB0", "E-S0")):
        return "S0"
    return {"E": "E", "I": "Irr"}.get(kind[0], "S")


def answers(classifier: Classifier, paths: list[Path], orientations: bool | None) -> tuple[np.ndarray, np.ndarray]:
    """Class and probability of each image; an empty name and 0 for an image that can't be used."""
    with warnings.catch_warnings():
        for kind in (MismatchWarning, SkippedImagesWarning):
            warnings.simplefilter("ignore", kind)
        table = classifier.predict(list(map(str, paths)), orientations=orientations)
    return np.ma.filled(np.ma.asarray(table["class"]), ""), np.ma.filled(np.ma.asarray(table["probability"]), 0)


def completeness(right: np.ndarray, probability: np.ndarray) -> float:
    """Largest fraction of the images, the surest first, with the wanted purity."""
    order = np.argsort(-probability, kind="stable")
    purity = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(purity >= PURITY)
    return 0.0 if len(enough) == 0 else (int(enough[-1]) + 1) / len(right)


def print_set(name: str, images: Images, found: np.ndarray, probability: np.ndarray) -> None:
    """Print a set: as a whole, by survey, and by class."""
    classes, surveys = (np.array(column) for column in list(zip(*images, strict=True))[1:])
    if name == "galaxy_zoo_1":
        found = np.array([IN_GALAXY_ZOO_1.get(answer, "") for answer in found])
    right = found == classes
    recalls = {each: right[classes == each].mean() for each in dict.fromkeys(sorted(classes))}
    low, high = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    print(
        f"\n{name}: {len(right)} images, accuracy {right.mean():.3f} ({low:.3f} to {high:.3f}), "
        f"mean recall {np.mean(list(recalls.values())):.3f}, kept {completeness(right, probability):.2f}"
    )
    if len(set(surveys)) > 1:
        print("| survey | images | right |\n|---|---|---|")
        for survey in sorted(set(surveys)):
            here = surveys == survey
            print(f"| {survey} | {here.sum()} | {right[here].sum()} |")
    print("| class | images | recall | called |\n|---|---|---|---|")
    for each, recall in recalls.items():
        here = classes == each
        called = ", ".join(f"{answer or 'none'} {count}" for answer, count in Counter(found[here]).most_common())
        print(f"| {each} | {here.sum()} | {recall:.3f} | {called} |")


def print_types(name: str, images: Images, found: np.ndarray) -> None:
    """Print how early and late types are told apart, by class and by type."""
    classes, kinds = (np.array(column) for column in list(zip(*images, strict=True))[1:])
    early = np.isin(classes, HUBBLE[:2])
    right = (found != "") & (np.isin(found, HUBBLE[:2]) == early)
    low, high = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    halves = f"early {right[early].sum()} of {early.sum()}, late {right[~early].sum()} of {(~early).sum()}"
    print(
        f"\n{name}: early or late right for {right.sum()} of {len(right)}, {right.mean():.3f} "
        f"({low:.3f} to {high:.3f}): {halves}; class right for {(found == classes).sum()}"
    )
    print("| class | images | early or late right | called |\n|---|---|---|---|")
    for each in HUBBLE:
        here = classes == each
        called = ", ".join(f"{answer or 'none'} {count}" for answer, count in Counter(found[here]).most_common())
        print(f"| {each} | {here.sum()} | {right[here].sum()} | {called} |")
    print(
        "by type: "
        + ", ".join(f"{kind} {right[kinds == kind].sum()}/{(kinds == kind).sum()}" for kind in sorted(set(kinds)))
    )


def print_fits(classifier: Classifier, folder: Path, orientations: bool | None) -> None:
    """Print for each galaxy with several FITS images how they were classified."""
    table = rows(folder / "labels.csv")
    found, _ = answers(classifier, [folder / row["file"] for row in table], orientations)
    by_galaxy: dict[str, list[str]] = {}
    for row, answer in zip(table, found, strict=True):
        by_galaxy.setdefault(row["galaxy"], []).append(answer)
    groups = {name: Counter(each) for name, each in by_galaxy.items() if len(each) > 1}
    agree = sum(max(counts.values()) for counts in groups.values())
    total = sum(sum(counts.values()) for counts in groups.values())
    print(f"\nfits: {agree} of {total} answers agree with the most frequent one of their galaxy ({agree / total:.3f})")
    print("| galaxy | images | called |\n|---|---|---|")
    for name, counts in groups.items():
        called = ", ".join(f"{answer or 'none'} {count}" for answer, count in counts.most_common())
        print(f"| {name} | {sum(counts.values())} | {called} |")


def main() -> None:
    """Classify, print."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("classifiers", nargs="+", help="names of pretrained classifiers, or files")
    parser.add_argument("--half", choices=HALVES, default="choose")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fits", action="store_true", help="the FITS images, too")
    parser.add_argument(
        "--orientations",
        action=argparse.BooleanOptionalAction,
        help="average over the eight orientations of each image, or not; by default as the classifier does",
    )
    options = parser.parse_args()
    for name in options.classifiers:
        classifier = Classifier.load(name) if Path(name).exists() else Classifier.pretrained(name)
        print(f"\n# {name}, half {options.half!r}")
        of_types = classifier.classes == HUBBLE
        for kind, images in (typed if of_types else labelled)(options.data, HALVES[options.half]).items():
            found, probability = answers(classifier, [file for file, _, _ in images], options.orientations)
            if of_types:
                print_types(kind, images, found)
            else:
                print_set(kind, images, found, probability)
        if options.fits:
            print_fits(classifier, options.data / "fits", options.orientations)


if __name__ == "__main__":
    main()
