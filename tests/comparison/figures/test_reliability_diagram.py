"""Figure of calibration: points are counted by hand."""

import pytest


def test_reliability_counts_answers(comparison):
    """Heights are fractions of correct answers in bins of probability, counted here; the legend gives the errors."""
    result = comparison["poor"]
    axes = comparison.plots.reliability("poor", bins=4)
    sure, right = result.probabilities.max(axis=2).ravel(), result.correct.ravel()
    inside = (sure > 0.75) & (sure <= 1)
    raw = axes.collections[0].get_offsets()
    assert list(raw[-1]) == pytest.approx([100 * sure[inside].mean(), 100 * right[inside].mean()])
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == f"as trained: error {100 * result.calibration_error.value:.1f} %"
    assert labels[1] == f"calibrated: error {100 * result.calibrated_calibration_error.value:.1f} %"
