"""Areas under curves: scikit-learn's values, derivatives by the weights, and what is known by hand."""

import numpy as np
import pytest
from scipy.stats import norm, t
from sklearn.metrics import average_precision_score, roc_auc_score

from galmorph.comparison._statistics import curves
from galmorph.comparison._statistics.curves import average_precision, roc_area
from galmorph.comparison._statistics.proportions import wilson_interval
from galmorph.errors import InvalidValueError

AREAS = [(roc_area, curves._roc, roc_auc_score), (average_precision, curves._precision, average_precision_score)]


def drawn(seed: int, galaxies: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw galaxies of a class and others, with many equal scores."""
    rng = np.random.default_rng(seed)
    positive = rng.random(galaxies) < 0.4
    positive[:2] = True, False
    return positive, np.round(rng.random(galaxies) + 0.5 * positive, 1)


@pytest.mark.parametrize(("area", "_", "sklearns"), AREAS)
@pytest.mark.parametrize("seed", range(4))
def test_areas_are_sklearns(area, _, sklearns, seed):
    """Also where scores are equal; several runs are averaged."""
    positive, scores = drawn(seed, 5 + 9 * seed)
    assert area(positive, scores)[0] == pytest.approx(sklearns(positive, scores))
    mean = (sklearns(positive, scores) + sklearns(positive, -scores)) / 2
    assert area(positive, np.stack([scores, -scores]))[0] == pytest.approx(mean)


@pytest.mark.parametrize(("_", "influences", "sklearns"), AREAS)
def test_influences_are_derivatives(_, influences, sklearns):
    """The influence of a galaxy is the derivative of the area by its weight; all together are 0."""
    positive, scores = drawn(3, 20)
    found = influences(positive, scores)[1]
    assert found.sum() == pytest.approx(0)
    for galaxy, influence in enumerate(found):
        step = 1e-5 * (np.arange(20) == galaxy)
        above, below = (sklearns(positive, scores, sample_weight=1 + sign * step) for sign in (1, -1))
        assert influence == pytest.approx((above - below) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("area", [roc_area, average_precision])
def test_copies_in_groups_add_nothing(area):
    """Three copies of each galaxy give the interval of the galaxies, if they are groups, and a narrower one if not."""
    positive, scores = drawn(5, 60)
    single = area(positive, scores)
    groups = np.tile(np.arange(60), 3)
    assert area(np.tile(positive, 3), np.tile(scores, 3), groups) == pytest.approx(single)
    low, high = area(np.tile(positive, 3), np.tile(scores, 3))[1:]
    assert high - low < 0.65 * (single[2] - single[1])


def test_separated_galaxies_leave_a_doubt():
    """If all 20 galaxies of the rarer side are separated, the interval is Wilson's of 20 of 20."""
    positive = np.arange(60) < 20
    expected = pytest.approx((1, *wilson_interval(20, 20)))
    assert roc_area(positive, -np.arange(60.0)) == expected
    assert average_precision(positive, -np.arange(60.0)) == expected
    assert roc_area(~positive, np.arange(60.0)) == expected
    assert average_precision(~positive, np.arange(60.0)) == expected


def test_two_galaxies_of_a_class_by_hand():
    """Against 18 others at 0.5 to 17.5, galaxies at 10 and 14 have shares of 10 / 18 and 14 / 18 on their side."""
    positive = np.arange(20) < 2
    scores = np.append([10.0, 14.0], np.arange(18) + 0.5)
    area, low, high = roc_area(positive, scores)
    assert area == pytest.approx(12 / 18)
    # Of the others, 10 lie below both, 4 between them and 4 above both; the rarer side has two galaxies.
    of_class = 2 * (2 / 18 / 2) ** 2
    of_others = (10 * (1 - 12 / 18) ** 2 + 4 * (0.5 - 12 / 18) ** 2 + 4 * (12 / 18) ** 2) / 18**2
    variance = 2 * (of_class + of_others)
    few = norm.isf(0.025) / t.isf(0.025, 1)
    trials = few**2 * area * (1 - area) / variance
    assert (low, high) == pytest.approx(wilson_interval(area * trials, trials))


def test_a_class_alone_has_no_area():
    """Without galaxies of the class, or without others, nothing can be separated."""
    for positive in (np.zeros(3, bool), np.ones(3, bool)):
        assert np.isnan(roc_area(positive, np.arange(3.0))).all()


def test_roc_intervals_cover_what_they_promise():
    """Of 150 samples of normal scores, 90 to 99 % of the intervals contain Φ(shift / √2)."""
    rng = np.random.default_rng(0)
    positive = np.arange(150) < 50
    truth = norm.cdf(1.5 / np.sqrt(2))
    found = [roc_area(positive, rng.normal(0, 1, 150) + 1.5 * positive) for _ in range(150)]
    assert 0.9 < np.mean([low <= truth <= high for _, low, high in found]) < 0.99


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_scores_are_refused():
    """There is a finite score for each galaxy, and the confidence is a fraction."""
    positive = np.arange(4) < 2
    with pytest.raises(InvalidValueError, match=r"scores: expected one for each of 4 galaxies, .* shape \(3,\)"):
        roc_area(positive, np.arange(3))
    with pytest.raises(InvalidValueError, match="scores: expected finite numbers"):
        average_precision(positive, np.array([0, 1, np.nan, 2]))
    with pytest.raises(InvalidValueError, match="confidence: expected a number between 0 and 1, got 95"):
        roc_area(positive, np.arange(4.0), confidence=95)
