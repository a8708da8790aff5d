"""Looks at splits: classes that can't be learned, parts of another size, and copies that are parted."""

import numpy as np
import pytest

from galmorph.data import Dataset, plan_folds, plan_split
from galmorph.data._dataset.split_warnings import warn_of_splits
from galmorph.errors import DatasetWarning


def make(labels, groups=None, classes=("E", "S")) -> Dataset:
    """Make galaxies of noise."""
    stamps = np.random.default_rng(0).integers(0, 256, (len(labels), 4, 4, 1), np.uint8)
    return Dataset(stamps, labels, classes, groups=groups)


def test_sound_splits_say_nothing():
    """A split of different stamps into parts of the right size, with all classes to learn, gives no warning."""
    dataset = make(np.arange(60) % 2, np.arange(60) // 2)
    plan_split(dataset, seed=0)
    plan_folds(dataset, 3, seed=0)


def test_a_class_without_training_galaxies():
    """A class of one galaxy, or of one group, is not in each training part; it is named, for a split and for folds."""
    dataset = make([0] * 40 + [1] * 4 + [2], [*range(40), 40, 40, 40, 40, 41], ("E", "S", "Irr"))
    with pytest.warns(
        DatasetWarning, match=r"no training galaxy of the class 'Irr' \(in all: Irr 1\); leave out"
    ) as got:
        dataset.split((0.5, 0.5))
    assert got[0].filename == __file__
    with pytest.warns(DatasetWarning, match=r"of the classes 'S', 'Irr' in 4 folds \(in all: S 4, Irr 1\)"):
        plan_folds(dataset, 4, validation=0.25)


def test_one_class():
    """One class only can't be learned; one without galaxies is named."""
    with pytest.warns(DatasetWarning, match="all 40 galaxies are of one class, 'E'"):
        plan_split(make([0] * 40))
    with pytest.warns(DatasetWarning, match="no galaxy of the class 'Irr'"):
        plan_folds(make(np.arange(40) % 2, classes=("E", "S", "Irr")))


def test_shares_far_from_what_was_asked():
    """If a large group spoils the shares, the warning gives both; the group is in one part all the same."""
    groups = np.concatenate([np.zeros(50, int), np.arange(1, 51)])
    dataset = make(np.arange(100) % 2, groups)
    with pytest.warns(DatasetWarning, match=r"instead of 70 \+ 10 \+ 20, because .* the largest has 50 of 100") as got:
        plan_split(dataset, (0.7, 0.1, 0.2))
    assert got[0].filename == __file__
    with pytest.warns(DatasetWarning, match=r"galaxies instead of 70 \+ 10 \+ 20"):
        plan_folds(dataset, 5)


def test_six_copies_are_listed():
    """The rows of up to six parted galaxies are all given."""
    dataset = make(np.arange(40) % 2)
    dataset.stamps[1:6] = dataset.stamps[0]
    parts = [np.r_[0:3, 6:23], np.r_[3:6, 23:40]]
    with pytest.warns(DatasetWarning, match=r"6 of 40 galaxies have .* in another part \(rows 0, 1, 2, 3, 4, 5\)"):
        warn_of_splits(dataset, [parts], (0.5, 0.5))


def test_parted_copies():
    """Equal and turned stamps in different parts are counted, and `group_copies` keeps them together."""
    dataset = make(np.arange(100) % 2)
    dataset.stamps[50:60] = dataset.stamps[:10]
    dataset.stamps[60:70] = np.rot90(dataset.stamps[10:20], axes=(1, 2))[:, ::-1]
    message = r"\d+ of 100 galaxies have the same stamp, .* another part \(rows .*\.\.\.\).*galaxies\.group_copies\(\)"
    with pytest.warns(DatasetWarning, match=message) as got:
        dataset.split()
    assert got[0].filename == __file__
    with pytest.warns(DatasetWarning, match="have the same stamp"):
        plan_folds(dataset)
    grouped = dataset.group_copies()
    grouped.split()
    plan_folds(grouped)
