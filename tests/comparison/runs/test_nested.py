"""Nested subsets: each is in the next, keeps the fractions of the classes, and lacks no class."""

from dataclasses import replace

import numpy as np
import pytest
from fabricated import fabricate_galaxies
from hypothesis import given
from hypothesis import strategies as st

from galmorph.comparison import ComparisonPlan
from galmorph.comparison._runs.nested import nested_parts
from galmorph.errors import DatasetError

GALAXIES = fabricate_galaxies((60, 50, 12, 30, 58), size=4, channels=1)
PLAN = ComparisonPlan(architectures=("lenet5",), folds=3, tested_folds=2)
SPLITS = PLAN.splits(GALAXIES)
MOST = min(len(split.parts[0]) for split in SPLITS.values())


@given(st.sets(st.integers(5, MOST), min_size=1, max_size=4), st.integers(0, 5))
def test_subsets_are_nested(sizes, seed):
    """Training and validation galaxies of a size are among those of the next; tested galaxies are the same."""
    plan = replace(PLAN, sizes=(None, *sizes), split_seed=seed)
    for key, by_size in nested_parts(plan, SPLITS, GALAXIES.labels).items():
        assert list(by_size) == [*sorted(sizes), None]
        assert by_size[None] == SPLITS[key].parts
        before: tuple[np.ndarray, ...] = (np.array([], int),) * 2
        for size, (learn, validation, test) in by_size.items():
            assert size is None or len(learn) == size
            assert set(before[0]) <= set(learn)
            assert set(before[1]) <= set(validation)
            assert (np.diff(learn) > 0).all()
            np.testing.assert_array_equal(test, SPLITS[key].parts[2])
            before = learn, validation


def test_classes_keep_their_fractions():
    """Of 60 galaxies, each class has its fraction of all to within two; of five, each class has one."""
    plan = replace(PLAN, sizes=(5, 60))
    by_size = nested_parts(plan, SPLITS, GALAXIES.labels)[0, 0]
    everyone = GALAXIES.labels[SPLITS[0, 0].parts[0]]
    expected = 60 * np.bincount(everyone) / len(everyone)
    assert np.abs(np.bincount(GALAXIES.labels[by_size[60][0]]) - expected).max() <= 2
    assert np.bincount(GALAXIES.labels[by_size[5][0]]).tolist() == [1] * 5


def test_validation_galaxies_become_fewer_in_proportion():
    """Half of the training galaxies have half of the validation galaxies."""
    learn, validation, _ = SPLITS[0, 0].parts
    plan = replace(PLAN, sizes=(len(learn) // 2,))
    half = nested_parts(plan, SPLITS, GALAXIES.labels)[0, 0][len(learn) // 2]
    assert len(half[1]) == round(len(validation) / 2)


@pytest.mark.parametrize("size", [4, MOST + 1])
def test_impossible_sizes_are_refused(size):
    """More galaxies than there are to learn from, or fewer than classes."""
    plan = replace(PLAN, sizes=(size, None))
    with pytest.raises(DatasetError, match=rf"sizes: expected 5 .*to {MOST} training galaxies, got {size}"):
        nested_parts(plan, SPLITS, GALAXIES.labels)
