"""Fractions of the five classes: the votes for five answers that exclude each other, divided by their sum."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from flat_images import Corner, save

from galmorph.data import (
    GALAXY_ZOO_2_CLASSES,
    GALAXY_ZOO_2_COUNTS,
    galaxy_zoo_classes,
    galaxy_zoo_fractions,
    load_galaxy_zoo_2,
)
from galmorph.errors import DatasetWarning, InvalidValueError

FIVE = ["Class7.1", "Class7.2", "Class7.3", "Class2.1", "Class4.1"]
ALL = ["Class1.1", "Class1.2", "Class2.2", *FIVE]


def test_published_fractions_are_multiplied_down_the_tree():
    """Of 0.5 smooth and 0.5 disks: round 0.8 of the first, and of the second 0.4 edge-on, 0.6 * 0.5 spiral."""
    table = Table(
        {
            "t01_smooth_or_features_a01_smooth_debiased": [0.5],
            "t01_smooth_or_features_a02_features_or_disk_debiased": [0.5],
            "t02_edgeon_a04_yes_debiased": [0.4],
            "t02_edgeon_a05_no_debiased": [0.6],
            "t04_spiral_a08_spiral_debiased": [0.5],
            "t07_rounded_a16_completely_round_debiased": [0.8],
            "t07_rounded_a17_in_between_debiased": [np.nan],
            "t07_rounded_a18_cigar_shaped_debiased": [0.0],
        }
    )
    five = np.array([0.4, 0, 0, 0.2, 0.15])
    np.testing.assert_allclose(galaxy_zoo_fractions(table), [five / five.sum()])


def test_no_vote_is_no_fraction():
    """A star has no fraction of any class; what is no fraction or not there is refused."""
    votes = {name: np.array([0.0, 0.3]) for name in FIVE}
    fractions = galaxy_zoo_fractions(votes)
    assert np.isnan(fractions[0]).all()
    np.testing.assert_allclose(fractions[1], 0.2)
    with pytest.raises(InvalidValueError, match=r"expected fractions from 0 to 1 in Class2\.1, got 0 to 30"):
        galaxy_zoo_fractions({**votes, "Class2.1": np.array([0.0, 30.0])})
    with pytest.raises(InvalidValueError, match=r"of the first, Class7\.3 are missing, of the second, t01_smooth_or"):
        galaxy_zoo_fractions({name: column for name, column in votes.items() if name != "Class7.3"})


def test_all_galaxies_with_votes_are_loaded(tmp_path: Path) -> None:
    """One passes no threshold, and gets the class with most votes; one without any vote is left out."""
    for number in (1, 2, 3):
        save(tmp_path / f"images/{number}.png", 10 * number, (6, 5, 3))
    votes = Table({"GalaxyID": [1, 2, 3]} | {name: np.zeros(3) for name in ALL})
    votes["Class7.2"] = [0.3, 0.0, 0.8]
    votes["Class2.1"] = [0.4, 0.0, 0.1]
    votes["Class1.1"] = [0.3, 0.0, 0.8]
    assert galaxy_zoo_classes(votes).tolist() == [-1, -1, 1]
    with pytest.warns(DatasetWarning, match="no galaxy of the classes"):
        galaxies = load_galaxy_zoo_2(tmp_path / "images", votes, recipe=Corner(), votes="all", progress=False)
    assert [GALAXY_ZOO_2_CLASSES[label] for label in galaxies.labels] == ["edge_on", "in_between_smooth"]
    np.testing.assert_allclose(galaxy_zoo_fractions(galaxies.table)[0], [0, 3 / 7, 0, 4 / 7, 0])
    with pytest.raises(InvalidValueError, match="votes: expected labels that are votes for 'all', got classes"):
        load_galaxy_zoo_2(tmp_path / "images", {1: "edge_on"}, recipe=Corner(), votes="all", progress=False)
    with pytest.raises(InvalidValueError, match="votes: expected 'clear' for the scheme 'tuning-fork'"):
        load_galaxy_zoo_2(tmp_path / "images", votes, recipe=Corner(), votes="all", scheme="tuning-fork")


def test_counts_of_a_published_table_are_kept(tmp_path: Path) -> None:
    """The columns that `GALAXY_ZOO_2_COUNTS` names, if all votes are asked for."""
    save(tmp_path / "images/1.png", 10, (6, 5, 3))
    table = Table({"dr7objid": ["1"]})
    for name in GALAXY_ZOO_2_COUNTS:
        table[name] = [7]
    for name in ("t01_smooth_or_features_a01_smooth", "t07_rounded_a16_completely_round"):
        table[f"{name}_debiased"] = [0.4]
    for name in (
        "t01_smooth_or_features_a02_features_or_disk",
        "t02_edgeon_a04_yes",
        "t02_edgeon_a05_no",
        "t04_spiral_a08_spiral",
        "t07_rounded_a17_in_between",
        "t07_rounded_a18_cigar_shaped",
    ):
        table[f"{name}_debiased"] = [0.1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        galaxies = load_galaxy_zoo_2(tmp_path / "images", table, recipe=Corner(), votes="all", progress=False)
    assert [galaxies.table[name][0] for name in GALAXY_ZOO_2_COUNTS] == [7] * 5
    assert galaxies.classes[galaxies.labels[0]] == "completely_round_smooth"


def test_clear_classes_have_most_votes(shared_data: Path) -> None:
    """Of 234 real galaxies that pass the thresholds, each has the class with most votes."""
    votes = Table.read(shared_data / "galaxy_zoo_2/votes.csv")
    fractions, labels = galaxy_zoo_fractions(votes), galaxy_zoo_classes(votes)
    clear = labels >= 0
    assert np.count_nonzero(clear) == 234
    np.testing.assert_array_equal(fractions[clear].argmax(axis=1), labels[clear])
