"""Looks at classes: empty ones, only one, one in two spellings, and copies that contradict each other."""

import numpy as np
import pytest

from galmorph.data import Dataset
from galmorph.data._dataset.class_warnings import warn_of_classes, warn_of_contradictions, warn_of_misspellings
from galmorph.errors import DatasetWarning


def make(labels: list[int], classes: tuple[str, ...]) -> Dataset:
    """Make galaxies of noise."""
    stamps = np.random.default_rng(0).integers(0, 256, (len(labels), 4, 4, 1), np.uint8)
    return Dataset(stamps, labels, classes)


def test_classes_without_galaxies() -> None:
    """Classes that no galaxy has are named; if all have some, nothing is said."""
    warn_of_classes(make([0, 1], ("E", "S")))
    with pytest.warns(DatasetWarning, match="no galaxy of the class 'S0': networks can't learn it") as got:
        warn_of_classes(make([0, 2], ("E", "S0", "S")))
    assert got[0].filename == __file__
    with pytest.warns(DatasetWarning, match="no galaxy of the classes 'S0', 'Irr': networks can't learn them"):
        warn_of_classes(make([0, 2], ("E", "S0", "S", "Irr")))


@pytest.mark.parametrize("classes", [("E",), ("E", "S", "Irr")])
def test_one_class(classes: tuple[str, ...]) -> None:
    """With one class only there is nothing to distinguish."""
    with pytest.warns(DatasetWarning, match="all 2 galaxies are of one class, 'E'"):
        warn_of_classes(make([0, 0], classes))


@pytest.mark.parametrize("names", [("in between", "in_between"), ("Spiral", "spiral"), ("edge-on", "edgeon", "x", "y")])
def test_two_spellings(names: tuple[str, ...]) -> None:
    """One class in two spellings is two classes for a network."""
    with pytest.warns(DatasetWarning, match=f"classes: '{names[0]}' and '{names[1]}' differ only in spelling") as got:
        dataset = make(list(range(len(names))), names)
    assert got[0].filename == __file__
    assert dataset[1:].classes == names  # without another warning


def test_signs_that_mean_something() -> None:
    """S0- and S0+ are stages, S0/a is none of them, and E0 is not E."""
    make([0, 1, 2, 3, 4, 5], ("S0-", "S0", "S0+", "S0/a", "E0", "E"))


def test_contradictions() -> None:
    """Copies of another class are named; copies of the same class, and flat stamps, are not."""
    dataset = make([0, 1, 0, 1, 1], ("E", "S"))
    dataset.stamps[3] = dataset.stamps[4] = 0
    with pytest.warns(
        DatasetWarning, match=r"1 galaxies have the same stamp .*class: a \(E\) and b \(S\); check the labels"
    ):
        warn_of_contradictions(dataset, [0, 0, 0, 0, 4], ["a", "b", "c", "d", "e"])


def of_classes(counts: dict[str, int]) -> Dataset:
    """Make so many galaxies of each class."""
    return make(np.repeat(np.arange(len(counts)), list(counts.values())).tolist(), tuple(counts))


@pytest.mark.parametrize("counts", [{"spiral": 58, "sprial": 12}, {"eliptical": 1, "elliptical": 2, "spiral": 9}])
def test_a_typing_error_in_a_class(counts: dict[str, int]) -> None:
    """Nearly the same letters, and fewer galaxies: it may be the other class."""
    with pytest.warns(
        DatasetWarning, match=r"'(sprial|eliptical)' \(\d+\) and '(spiral|elliptical)' \(\d+\) are spelled"
    ):
        warn_of_misspellings(of_classes(counts))


@pytest.mark.parametrize("counts", [{"ruond": 1, "round": 30}, {"sprial": 20, "spiral": 40}])
def test_the_least_that_is_a_typing_error(counts: dict[str, int]) -> None:
    """Five letters of which four are alike, and half as many galaxies, are enough."""
    rare, name = counts
    with pytest.warns(DatasetWarning, match=rf"'{rare}' \({counts[rare]}\) and '{name}' .* are spelled nearly alike"):
        warn_of_misspellings(of_classes(counts))


def test_an_empty_class_is_no_typing_error() -> None:
    """A class without galaxies has a warning of its own."""
    warn_of_misspellings(make([1] * 30, ("sprial", "spiral")))


@pytest.mark.parametrize(
    "counts",
    [
        {"spiral": 30, "sprial": 40},
        {"disc": 1, "disk": 30},
        {"disc": 1, "discs": 30},
        {"sprial": 21, "spiral": 41},
        {"lenticular": 3, "lenticulares": 30},
        {"smooth_round": 3, "smooth_cigar": 40, "in_between_smooth": 30},
        {"type1a": 2, "type2a": 40},
        {"edge_on_with_bulge": 3, "edge_on_without_bulge": 30},
    ],
)
def test_other_names_are_taken(counts: dict[str, int]) -> None:
    """Short names, numbers, and names of other things are classes of their own."""
    warn_of_misspellings(of_classes(counts))
