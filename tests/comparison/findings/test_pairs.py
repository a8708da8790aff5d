"""Pairs: the numbers of each are those of the single tests, and the sentences claim no more than they allow."""

import numpy as np
import pytest
from fabricated import certain_answers, right_and_wrong

from galmorph.comparison._findings.pairs import Pair, judge_pairs
from galmorph.comparison._statistics.differences import accuracy_difference_interval, seed_interval
from galmorph.comparison._statistics.effect_sizes import cohens_h, superiority
from galmorph.comparison._statistics.mcnemar import holm, mcnemar, smallest_difference
from galmorph.comparison._statistics.practical_equivalence import practical_equivalence, two_way_equivalence
from galmorph.comparison._statistics.two_way import accuracy_two_way_interval
from galmorph.errors import InvalidValueError

NUMBERS = {"galaxies": 724, "p_value": 0.0, "corrected": 0.0, "smallest": 0.021}


def test_a_clear_pair_says_how_much_better():
    """The sentence names the better one first, whichever comes first in the pair."""
    pair = Pair(first="ResNet-18", second="LeNet-5", difference=0.061, interval=(0.040, 0.083), **NUMBERS)
    turned = Pair(first="LeNet-5", second="ResNet-18", difference=-0.061, interval=(-0.083, -0.040), **NUMBERS)
    sentence = "ResNet-18 is better than LeNet-5 by 6.1 points (95 % CI 4.0 to 8.3)"
    assert str(pair) == str(turned) == sentence
    assert pair.better == turned.better == "ResNet-18"


@pytest.mark.parametrize(
    "change",
    [{"interval": (-0.001, 0.083)}, {"corrected": 0.06}],
    ids=["interval with zero", "not significant after correction"],
)
def test_an_unclear_pair_says_what_would_not_show(change):
    """Either test in doubt suffices; the sentence gives the galaxies, the smallest difference and the power."""
    numbers = NUMBERS | {"difference": 0.01, "interval": (0.001, 0.02)} | change
    pair = Pair(first="ResNet-18", second="ResNet-50", **numbers)
    assert pair.better is None
    assert str(pair) == (
        "ResNet-18 and ResNet-50 are not distinguishable with 724 galaxies; "
        "the smallest detectable difference is 2.1 points (80 % power)"
    )


def test_a_pair_that_seeds_may_turn_says_so():
    """A difference of trained models that is within the spread of seeds is not one of architectures."""
    numbers = NUMBERS | {"first": "a", "second": "b", "difference": -0.061, "interval": (-0.083, -0.040)}
    doubtful = Pair(seeds=(-0.13, 0.01), **numbers)
    assert str(doubtful) == (
        "b is better than a by 6.1 points (95 % CI 4.0 to 8.3) as trained here, "
        "but other seeds may reverse the order (95 % CI over seeds -1.0 to 13.0)"
    )
    assert doubtful.holds_over_seeds is False
    assert Pair(seeds=(-0.13, -0.01), **numbers).holds_over_seeds is True
    assert Pair(**numbers).holds_over_seeds is None


def test_a_pair_that_holds_for_seeds_or_galaxies_only():
    """Each interval alone excludes 0, but not the one over both: the sentence says so."""
    numbers = NUMBERS | {"first": "a", "second": "b", "difference": 0.061, "interval": (0.04, 0.083)}
    pair = Pair(seeds=(0.01, 0.12), two_way=(-0.01, 0.132), **numbers)
    assert pair.holds_over_seeds is True
    assert pair.holds_for_architectures is False
    assert str(pair).endswith(
        "as trained here, but other seeds and other galaxies together may reverse the order "
        "(95 % CI over both -1.0 to 13.2)"
    )
    assert Pair(seeds=(0.01, 0.12), two_way=(0.01, 0.132), **numbers).holds_for_architectures is True
    assert Pair(**numbers).holds_for_architectures is None


def test_three_architectures_are_judged():
    """Numbers of each pair are those of the single functions; corrected are all three together."""
    rng = np.random.default_rng(1)
    chances = {"good": 0.9, "alike": 0.9, "poor": 0.7}
    right = {name: rng.random((3, 500)) < chance for name, chance in chances.items()}
    labels = certain_answers(right["good"])[0]
    pairs = judge_pairs(labels, {name: certain_answers(each)[1] for name, each in right.items()})
    assert [(pair.first, pair.second) for pair in pairs] == [("good", "alike"), ("good", "poor"), ("alike", "poor")]
    assert [pair.better for pair in pairs] == [None, "good", "alike"]
    for pair in pairs:
        one, other = right[pair.first], right[pair.second]
        tests = [mcnemar(*both).p_value for both in zip(one, other, strict=True)]
        assert pair.difference == pytest.approx(one.mean() - other.mean())
        assert pair.p_value == pytest.approx(min(1, 2 * np.mean(tests)))
        assert pair.interval == accuracy_difference_interval(one, other)
        assert pair.seeds == seed_interval(one.mean(axis=1), other.mean(axis=1))
        assert pair.two_way == accuracy_two_way_interval(one, other)
        assert pair.effect == cohens_h(float(one.mean()), float(other.mean()))
        assert pair.superiority == superiority(one.mean(axis=1), other.mean(axis=1))
        assert pair.practical == practical_equivalence(one, other)
        assert pair.practical_two_way == two_way_equivalence(one, other)
        level = 1 - 0.05 / 3
        assert pair.smallest == pytest.approx(smallest_difference(500, (one != other).mean(), confidence=level))
    np.testing.assert_allclose([p.corrected for p in pairs], holm(np.array([p.p_value for p in pairs])))


def test_a_single_run_is_judged_by_mcnemar():
    """With one run of each, the p-value is McNemar's own, and copies of galaxies in groups add no certainty."""
    first, second = right_and_wrong(60, 12, 3, 25)
    labels, one = certain_answers(first[None])
    other = certain_answers(second[None])[1]
    (pair,) = judge_pairs(labels, {"a": one, "b": other})
    assert pair.p_value == pair.corrected == mcnemar(first, second).p_value
    groups = np.tile(np.arange(100), 4)
    (copied,) = judge_pairs(np.tile(labels, 4), {"a": np.tile(one, (1, 4, 1)), "b": np.tile(other, (1, 4, 1))}, groups)
    assert copied.interval == pytest.approx(pair.interval)
    assert copied.smallest == pair.smallest


def test_nothing_to_compare():
    """A single architecture makes no pair."""
    assert judge_pairs(np.array([0]), {"a": np.ones((1, 1, 1))}) == ()


@pytest.mark.usefixtures("unchecked_shapes")
def test_different_numbers_of_runs_are_refused():
    """All architectures have the same number of runs."""
    right = {"a": np.ones((1, 1, 1)), "b": np.ones((2, 1, 1))}
    with pytest.raises(InvalidValueError, match=r"expected the same number of runs for all, got {'a': 1, 'b': 2}"):
        judge_pairs(np.array([0]), right)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"second": "a"}, "second: expected another architecture than 'a'"),
        ({"galaxies": 0}, "galaxies: expected at least 1, got 0"),
        ({"difference": 6.1}, "difference: expected a number from -1 to 1, got 6.1"),
        ({"interval": (0.2, 0.1)}, r"interval: expected low and high from -1 to 1, got \(0.2, 0.1\)"),
        ({"p_value": 2.0}, "p_value: expected a number from 0 to 1, got 2.0"),
        ({"p_value": 0.5, "corrected": 0.1}, "corrected: expected a number from 0.5 to 1, got 0.1"),
        ({"smallest": -0.1}, "smallest: expected a number from 0 to 1, got -0.1"),
        ({"rope": 5.0}, "rope: expected a number from 0 to 1, got 5.0"),
        ({"power": 80.0}, "power: expected a number between 0 and 1, got 80.0"),
        ({"confidence": 95.0}, "confidence: expected a number between 0 and 1, got 95.0"),
    ],
)
def test_a_pair_checks_itself(change, message):
    """A pair with impossible numbers can't be made."""
    numbers = NUMBERS | {"first": "a", "second": "b", "difference": 0.1, "interval": (0.0, 0.2)} | change
    with pytest.raises(InvalidValueError, match=message):
        Pair(**numbers)


def test_logits_are_no_probabilities():
    """Answers are the same, but what is given may be anything else."""
    with pytest.raises(InvalidValueError, match="apply softmax to logits"):
        judge_pairs(np.array([0, 1]), {name: np.array([[[3.0, -1.0], [0.5, 2.0]]]) for name in ("one", "two")})
