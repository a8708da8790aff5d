"""Run: the answers that are kept are those of the classifier that is kept."""

import numpy as np
from tiny import colours

from galmorph.comparison._runs.versions import versions
from galmorph.training import evaluate


def test_answers_are_those_of_the_classifier(kept):
    """The classifier that was kept gives the answers that were kept, and turned stamps the turned ones."""
    _, comparison = kept
    galaxies = colours()
    run = comparison["tiny"].runs[2]
    classifier = run.classifier
    np.testing.assert_array_equal(evaluate(classifier, galaxies[run.rows]).logits, run.scores.logits)
    turned = np.ascontiguousarray(np.rot90(galaxies[run.rows].stamps, axes=(1, 2)))
    np.testing.assert_allclose(classifier.probabilities(turned), run.orientations[1], rtol=1e-6)
    assert (run.parameters, run.flops) == (8, 12)
    assert run.memory > 0
    assert run.rate > 0
    assert run.versions == versions()
