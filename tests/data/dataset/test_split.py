"""Splits: every galaxy in one part, groups whole, classes alike, the same everywhere."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import Dataset, Split, plan_folds, plan_split
from galmorph.errors import DatasetError, FileFormatError, InvalidValueError


def make(labels, groups=None) -> Dataset:
    """Make galaxies with these labels and groups."""
    labels = np.asarray(labels)
    classes = ("a", "b", "c")[: labels.max() + 1]
    return Dataset(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, classes, groups=groups)


@given(st.integers(20, 60), st.integers(1, 4), st.integers(0, 1000), st.sampled_from([(0.7, 0.1, 0.2), (0.5, 0.5)]))
def test_parts_are_disjoint_complete_and_keep_groups(galaxies, group_size, seed, fractions):
    """Every row is in exactly one part, and no group in two."""
    groups = np.arange(galaxies * group_size) // group_size
    dataset = make(groups % 2, groups)
    split = plan_split(dataset, fractions, seed=seed)
    assert sorted(np.concatenate(split.parts).tolist()) == list(range(len(dataset)))
    owners = [set(groups[part].tolist()) for part in split.parts]
    assert not set.intersection(*owners)
    assert sum(map(len, owners)) == galaxies
    assert plan_split(dataset, fractions, seed=seed).hash == split.hash


def test_parts_have_the_mixture_of_the_whole():
    """With 240, 120 and 40 galaxies of three classes, each part has its fraction of each, within one galaxy."""
    dataset = make(np.repeat([0, 1, 2], [240, 120, 40]))
    for part, fraction in zip(dataset.split((0.7, 0.1, 0.2), seed=3), (0.7, 0.1, 0.2), strict=True):
        counts = np.array(list(part.class_counts().values()))
        np.testing.assert_allclose(counts, fraction * np.array([240, 120, 40]), atol=1)


def test_seeds_differ():
    """Another seed makes another split, with another hash."""
    dataset = make(np.arange(100) % 2)
    assert plan_split(dataset, seed=0).hash != plan_split(dataset, seed=1).hash


def test_a_split_is_saved_and_applied_again(tmp_path):
    """The file gives back the same parts and hash, and they cut the data set as before."""
    dataset = make(np.arange(100) % 3)
    split = plan_split(dataset, seed=5)
    split.save(tmp_path / "split.json")
    loaded = Split.load(tmp_path / "split.json")
    assert loaded.hash == split.hash
    content = json.loads((tmp_path / "split.json").read_text())
    assert (content["format"], content["version"]) == ("galmorph split", 1)  # what files of this version say
    for first, second in zip(loaded.apply(dataset), dataset.split(seed=5), strict=True):
        np.testing.assert_array_equal(first.labels, second.labels)


def test_a_split_refuses_other_galaxies():
    """A split belongs to the labels and groups that were split."""
    split = plan_split(make(np.arange(100) % 3))
    with pytest.raises(DatasetError, match="the split belongs to another data set"):
        split.apply(make(np.arange(100) % 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: {**content, "version": 7}, "version 1 with a matching hash"),
        (lambda content: {**content, "parts": content["parts"][::-1]}, "with a matching hash"),
        (lambda _: {"parts": []}, "can't be read"),
        (lambda _: [1, 2], "expected a split written by"),
    ],
    ids=["version", "parts", "incomplete", "list"],
)
def test_altered_files_are_refused(tmp_path, change, message):
    """A split that was changed by hand, or another file, is not used."""
    path = tmp_path / "split.json"
    plan_split(make(np.arange(100) % 3)).save(path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(FileFormatError, match=message):
        Split.load(path)


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        (0.8, r"expected several numbers that sum to 1, such as \(0\.8, 0\.2\), got 0\.8"),
        ((1.0,), "expected at least two numbers between 0 and 1"),
        ((0.5, 0.6), "expected a sum of 1, got 1.1"),
        ((1.2, -0.2), "expected at least two numbers between 0 and 1"),
        ((0.999, 0.001), "expected parts no finer than 1/20"),
        # Each is near 6/19, 6/17 or 1/3, which add up to more than 1.
        ((0.3151, 0.3523, 0.3326), "expected parts no finer than 1/20"),
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_fractions_are_refused(fractions, message):
    """Fractions are checked, and the message gives them."""
    with pytest.raises(InvalidValueError, match=message):
        plan_split(make(np.arange(100) % 3), fractions)


def test_thirty_folds_of_small_classes_are_refused():
    """If every class has fewer galaxies than there are folds, the error gives the number of each."""
    with pytest.raises(
        DatasetError, match="30 folds: expected a class of at least 30 galaxies, got a 25, b 20, c 15; use fewer"
    ):
        plan_folds(make(np.repeat([0, 1, 2], [25, 20, 15])), 30)
    groups = np.concatenate([np.zeros(60, int), np.arange(1, 9)])
    with pytest.raises(
        DatasetError, match=r"2 folds, and one of 6 parts .*, but there are only \d groups of galaxies; use"
    ):
        plan_folds(make(np.arange(68) % 2, groups), 2, validation=1 / 6)


def test_as_many_groups_as_folds_are_enough():
    """Two groups make two parts, and four make two folds with half of the rest to validate."""
    dataset = make(np.arange(20) % 2, np.arange(20) // 10)
    assert [len(part) for part in plan_split(dataset, (0.5, 0.5)).parts] == [10, 10]
    dataset = make(np.arange(40) % 2, np.arange(40) // 10)
    assert [[len(part) for part in split.parts] for split in plan_folds(dataset, 2, validation=0.5)] == [
        [10, 10, 20]
    ] * 2


def test_too_few_galaxies_are_refused():
    """Fewer groups than folds, or only classes smaller than that, can't be split so finely."""
    with pytest.raises(DatasetError, match="need 10 folds, but there are only 5 groups"):
        plan_split(make(np.arange(50) % 3, np.arange(50) // 10))
    with pytest.raises(
        DatasetError, match=r"need 10 folds: expected a class of .* got a 4, b 4, c 4; use coarser fractions"
    ):
        plan_split(make([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]))


@given(st.integers(32, 60), st.integers(1, 3), st.integers(2, 5), st.sampled_from([0.5, 0.25, 0.125, 1 / 3]))
def test_every_galaxy_is_tested_once(galaxies, group_size, folds, validation):
    """The test parts make up the whole, no fold parts a group, and the right fraction of the rest validates."""
    groups = np.arange(galaxies * group_size) // group_size
    dataset = make(groups % 2, groups)
    splits = plan_folds(dataset, folds, validation=validation, seed=1)
    tested = np.concatenate([split.parts[2] for split in splits])
    assert sorted(tested.tolist()) == list(range(len(dataset)))
    for split in splits:
        owners = [set(groups[part].tolist()) for part in split.parts]
        assert sum(map(len, owners)) == galaxies
        assert not owners[0] & owners[1] | owners[0] & owners[2] | owners[1] & owners[2]
        assert len(owners[1]) == pytest.approx(validation * (galaxies - len(owners[2])), abs=2)


def test_folds_have_the_mixture_of_the_whole():
    """With 240, 120 and 40 galaxies, five folds hold 48, 24 and 8 each, and the defaults leave 70 % for training."""
    dataset = make(np.repeat([0, 1, 2], [240, 120, 40]))
    for split in plan_folds(dataset, 5, seed=2):
        learn, validation, test = split.apply(dataset)
        assert list(test.class_counts().values()) == [48, 24, 8]
        np.testing.assert_allclose(list(learn.class_counts().values()), [168, 84, 28], atol=1)
        assert len(learn) + len(validation) == 320


def test_defaults():
    """By default, 70, 10 and 20 % are for training, validation and test, there are five folds, and the seed is 0."""
    dataset = make(np.repeat([0, 1], [120, 80]))
    assert [len(part) for part in plan_split(dataset).parts] == [140, 20, 40]
    assert [len(part) for part in dataset.split()] == [140, 20, 40]
    assert [[len(part) for part in split.parts] for split in plan_folds(dataset)] == [[140, 20, 40]] * 5
    assert plan_split(dataset).hash == plan_split(dataset, seed=0).hash
    assert [split.hash for split in plan_folds(dataset)] == [split.hash for split in plan_folds(dataset, seed=0)]
    np.testing.assert_array_equal(dataset.split()[0].labels, dataset.split(seed=0)[0].labels)


def test_folds_are_the_same_for_the_same_seed():
    """Folds and their hashes depend on the seed alone."""
    dataset = make(np.arange(100) % 2)
    hashes = [[split.hash for split in plan_folds(dataset, 4, seed=seed)] for seed in (0, 0, 1)]
    assert hashes[0] == hashes[1]
    assert not set(hashes[0]) & set(hashes[2])


@pytest.mark.parametrize(
    ("folds", "validation", "error", "message"),
    [
        (1, 0.125, InvalidValueError, "folds: expected at least 2, got 1"),
        (5, 0.3, InvalidValueError, "validation: expected one over a whole number, such as 1/8, got 0.3"),
        (5, 0.6, InvalidValueError, "validation: expected a number from 0.01 to 0.5"),
        (15, 0.125, DatasetError, "need at least 23 groups of galaxies, got 20"),
        (
            11,
            0.125,
            DatasetError,
            "11 folds: expected a class of at least 11 galaxies, got a 10, b 10; use fewer folds",
        ),
        (
            2,
            0.125,
            DatasetError,
            "2 folds, and one of 8 parts .*a class of at least 8 galaxies, got a 5, b 5; use a larger",
        ),
    ],
)
def test_impossible_folds_are_refused(folds, validation, error, message):
    """Each error says what was got and what to do; here are 20 galaxies, ten of each class."""
    with pytest.raises(error, match=message):
        plan_folds(make(np.arange(20) % 2), folds, validation=validation)


@pytest.mark.parametrize("seed", [-1, 1.5, 2**32, "0"])
@pytest.mark.parametrize("plan", [plan_split, plan_folds])
@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_seeds_are_refused(plan, seed):
    """Before anything is split, whatever scikit-learn would say."""
    with pytest.raises(InvalidValueError, match="seed: expected a whole number"):
        plan(make([0, 1] * 20), seed=seed)
