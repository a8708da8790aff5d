"""GroupFolds: the folds of scikit-learn, to the last galaxy."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from galmorph.data._dataset.group_folds import GroupFolds


def folds_of(kind: type[StratifiedGroupKFold], labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> list:
    """Cut galaxies into folds."""
    splitter = kind(folds, shuffle=True, random_state=seed)
    return [tested.tolist() for _, tested in splitter.split(labels, labels, groups)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The least populated class")
@given(st.integers(0, 2**16), st.integers(2, 10), st.integers(1, 7), st.sampled_from([1.0, 1.5, 4.0]))
def test_folds_are_those_of_scikit_learn(seed: int, folds: int, classes: int, crowded: float) -> None:
    """Whatever the mixture of classes and the sizes of groups, ties included."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), rng.integers(folds, 60, classes))
    groups = rng.integers(0, max(folds, int(len(labels) / crowded)), len(labels))
    if crowded == 1.0:
        groups = np.arange(len(labels))
    if len(np.unique(groups)) >= folds:
        expected = folds_of(StratifiedGroupKFold, labels, groups, folds, seed)
        assert folds_of(GroupFolds, labels, groups, folds, seed) == expected


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("groups", [60, 40, 15], ids=["single", "pairs", "fours"])
@pytest.mark.parametrize("seed", range(4))
def test_small_folds_are_those_of_scikit_learn(seed: int, groups: int) -> None:
    """Sixty galaxies of three classes, on their own (with many ties) or in groups, lie in the same folds."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), (30, 20, 10))
    own = np.arange(60) if groups == 60 else rng.integers(0, groups, 60)
    for folds in (2, 5):
        assert folds_of(GroupFolds, labels, own, folds, seed) == folds_of(
            StratifiedGroupKFold, labels, own, folds, seed
        )


def test_a_tie_goes_to_the_fold_with_fewer_galaxies() -> None:
    """A group goes where classes are spread least; if two folds are as good, to fewer galaxies; and then to the first.

    With 10 and 5 galaxies of two classes, a group of 2 and 1 raises the spread of one class by as much in either fold.
    """
    find = GroupFolds(3)._find_best_fold
    assert find(np.array([[4, 2], [2, 2], [2, 4]]), np.array([12, 12]), np.array([2, 2])) == 1
    assert find(np.array([[2, 0], [0, 1]]), np.array([10, 5]), np.array([2, 1])) == 1
    assert find(np.array([[0, 1], [2, 0]]), np.array([10, 5]), np.array([2, 1])) == 0
    assert find(np.array([[1, 1], [1, 1], [1, 1]]), np.array([12, 12]), np.array([2, 2])) == 0


def test_scikit_learn_asks_for_the_fold_of_each_group() -> None:
    """The method that is replaced is called by the installed version; else nothing would be faster."""
    labels, groups = np.arange(40) % 2, np.arange(40) // 2
    with patch.object(GroupFolds, "_find_best_fold", side_effect=[0, 1] * 10) as asked:
        folds_of(GroupFolds, labels, groups, 2, 0)
    assert asked.call_count == 20
