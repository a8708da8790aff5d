"""Evaluation against fractions: by definition, and on votes that are drawn from known probabilities."""

import numpy as np
import pytest

from galmorph.errors import InvalidValueError
from galmorph.training import Ensemble, FractionScores, SoftLabels, evaluate_fractions

CLASSES = ("a", "b", "c")


def test_deviations_are_those_of_the_definition():
    """Two galaxies by hand: differences of 0.1, 0.1, 0 and 0.2, 0.1, 0.1."""
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.4, 0.4]], np.float32)
    fractions = np.array([[0.5, 0.4, 0.1], [0.4, 0.3, 0.3]])
    scores = FractionScores(probabilities, fractions, CLASSES)
    assert scores.mean_absolute_deviation == pytest.approx(0.6 / 6)
    assert scores.rms_deviation == pytest.approx(np.sqrt(0.08 / 6), rel=1e-6)
    assert (scores.agreement, scores.sampling_rms) == (0.5, None)
    assert scores.to_table()["mean_absolute_deviation"].tolist() == pytest.approx([0.15, 0.1, 0.05], rel=1e-5)


def test_true_probabilities_deviate_by_the_sampling_alone():
    """Votes drawn from the probabilities: the RMS is what sampling predicts, and every bin is calibrated."""
    rng = np.random.default_rng(0)
    true = rng.dirichlet(np.ones(3), 20_000)
    counts = np.array([rng.multinomial(40, one) for one in true])
    scores = FractionScores(true.astype(np.float32), counts / 40, CLASSES, np.full(20_000, 40.0))
    assert scores.rms_deviation == pytest.approx(scores.sampling_rms, rel=0.01)
    table = scores.calibration(bins=5)
    assert table["galaxies"].sum() == 60_000
    assert (np.abs(table["probability"] - table["fraction"]) < 4 * table["error"]).all()


def test_overconfidence_shows_in_the_bins():
    """A network that is always sure and right in two thirds has a fraction of 2/3 in its last bin."""
    probabilities = np.tile(np.array([[1.0, 0.0, 0.0]], np.float32), (9, 1))
    fractions = np.eye(3)[[0, 0, 1] * 3]
    table = FractionScores(probabilities, fractions, CLASSES).calibration("a", bins=10)
    assert [tuple(row)[:5] for row in table] == [(0.9, 1.0, 9, 1.0, pytest.approx(2 / 3))]


@pytest.mark.usefixtures("unchecked_shapes")
def test_a_data_set_is_evaluated_with_its_columns(classifier, blobs):
    """Counts become fractions, and their sum the number of votes; ensembles are taken, other things refused."""
    counts = np.stack([30 - 20 * blobs.labels, 10 + 20 * blobs.labels], axis=1)
    galaxies, votes = SoftLabels.add(blobs, counts, kind="counts")
    scores = evaluate_fractions(classifier, galaxies, votes)
    np.testing.assert_allclose(scores.fractions, counts / 40, rtol=1e-6)
    np.testing.assert_array_equal(scores.votes, 40)
    np.testing.assert_array_equal(scores.probabilities, classifier.probabilities(blobs.stamps))
    twice = evaluate_fractions(Ensemble([classifier, classifier]), galaxies, votes)
    np.testing.assert_allclose(twice.probabilities, scores.probabilities, atol=1e-6)
    with pytest.raises(InvalidValueError, match="soft_labels: expected a SoftLabels, which names columns, got None"):
        evaluate_fractions(classifier, galaxies, None)
    with pytest.raises(InvalidValueError, match="name: expected one of 'round', 'long', got 'rund'"):
        scores.calibration("rund")
