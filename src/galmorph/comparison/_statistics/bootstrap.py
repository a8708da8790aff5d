"""Bootstrap: confidence intervals for any metric, by weighting the galaxies at random."""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Int

from galmorph._checks import check, check_positive_int
from galmorph.comparison._statistics.confusion import check_answers
from galmorph.comparison._statistics.proportions import check_confidence, checked_groups, group_size

__all__ = ["Metric", "bootstrap_interval", "bootstrap_runs", "bootstrap_scores", "percentiles", "random_weights"]

Metric = Callable[
    [
        Int[np.ndarray, "galaxies"],
        Float[np.ndarray, "galaxies classes"],
        Float[np.ndarray, "draws galaxies"],
    ],
    float | Float[np.ndarray, "draws"],
]
"""A function of labels, probabilities and weights that returns one score for each row of weights, like `accuracy`."""

# Number of weights that are held in memory at a time: 64 MB.
_BLOCK = 1 << 23


def bootstrap_interval(
    metric: Metric,
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "*runs galaxies classes"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    smoothed: bool = False,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Confidence interval of any metric: percentiles of the Bayesian bootstrap (Rubin 1981, Ann. Stat. 9, 130).

    Each resample gives each galaxy a random weight, drawn from an exponential distribution. In Efron's bootstrap (1979,
    Ann. Stat. 7, 1), the weights are whole numbers, and the galaxies of a rare class may all get 0, which changes the
    meaning of a mean over classes. The galaxies of a group (the same sky) have the same weight. Several runs of an
    architecture on the same galaxies are averaged. The interval covers the choice of the galaxies, not the choice of
    the seeds.

    Parameters
    ----------
    metric
        The metric, such as `galmorph.comparison.accuracy`. A metric of your own takes labels, probabilities and weights
        (numbers above 0, of shape ``(draws, galaxies)``), and returns one score for each row of weights.
    labels
        The true class of each galaxy.
    probabilities
        Probability of each class; for several runs ``(runs, galaxies, classes)``.
    groups
        Group of each galaxy; by default, each galaxy is its own group.
    smoothed
        For metrics of the answers, such as `balanced_accuracy` and `macro_f1`, whose interval has no width if all
        answers are right: add galaxies to each class whose mean weights are those of half a group with a right answer
        and half a group with wrong answers, which is Jeffreys' prior (Brown, Cai & DasGupta 2001, Stat. Sci. 16, 101)
        for the recall of each class. The interval always contains the metric.
    confidence
        Confidence level, in (0, 1).
    resamples
        Number of resamples.
    seed
        Random seed; equal seeds draw the same weights.

    Returns
    -------
    low, high
        The interval.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, an option is out of range, or the metric does not return one score for each
        row of weights.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import balanced_accuracy, bootstrap_interval
    >>> labels = np.arange(300) % 3
    >>> answers = np.where(np.arange(300) < 240, labels, 0)  # the last 60 are all classified as the first class
    >>> low, high = bootstrap_interval(balanced_accuracy, labels, np.eye(3)[answers])
    >>> print(f"{low:.2f} to {high:.2f}")
    0.83 to 0.90
    """
    check_confidence(confidence)
    scores = bootstrap_scores(metric, labels, probabilities, groups, smoothed=smoothed, resamples=resamples, seed=seed)
    low, high = percentiles(scores, confidence)
    if smoothed:
        ones = np.ones((1, len(labels)))
        value = np.mean([metric(labels, run, ones) for run in probabilities.reshape(-1, *probabilities.shape[-2:])])
        low, high = min(low, float(value)), max(high, float(value))
    return low, high


def bootstrap_scores(
    metric: Metric,
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "*runs galaxies classes"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    smoothed: bool = False,
    resamples: int = 2000,
    seed: int = 0,
) -> Float[np.ndarray, "resamples"]:
    """Evaluate a metric on each resample of the galaxies; parameters and errors are as for `bootstrap_interval`.

    The weights depend only on the groups and the seed, so the scores of two architectures can be subtracted resample by
    resample.
    """
    runs = probabilities.reshape(-1, *probabilities.shape[-2:])
    return bootstrap_runs(metric, labels, runs, groups, smoothed=smoothed, resamples=resamples, seed=seed).mean(axis=0)


def bootstrap_runs(
    metric: Metric,
    labels: Int[np.ndarray, "galaxies"],
    runs: Float[np.ndarray, "runs galaxies classes"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    smoothed: bool = False,
    resamples: int = 2000,
    seed: int = 0,
) -> Float[np.ndarray, "runs resamples"]:
    """Evaluate a metric on each resample of the galaxies, for each run, as `bootstrap_scores` does for their mean."""
    check(len(runs) > 0, f"probabilities: expected at least one run, got shape {runs.shape}")
    for run in runs:
        check_answers(labels, run)
    own = checked_groups(groups, len(labels))
    shapes, sizes = np.empty(0), np.empty(0)
    if smoothed:
        added, answers, shapes, sizes = _added_galaxies(labels, own, runs.shape[2])
        labels = np.append(labels, added)
        given = np.broadcast_to(answers.astype(runs.dtype), (len(runs), *answers.shape))
        runs = np.concatenate([runs, given], axis=1)
    scores = []
    for weights in random_weights(own, shapes, sizes, resamples=resamples, seed=seed):
        of_runs = [np.asarray(metric(labels, run, weights)) for run in runs]
        check(
            of_runs[0].shape == (len(weights),),
            f"metric: expected a score for each of {len(weights)} rows of weights, got shape {of_runs[0].shape}",
        )
        scores.append(np.stack(of_runs))
    return np.concatenate(scores, axis=1)


def _added_galaxies(
    labels: Int[np.ndarray, "galaxies"], groups: Int[np.ndarray, "galaxies"], classes: int
) -> tuple[
    Int[np.ndarray, "added"],
    Float[np.ndarray, "added classes"],
    Float[np.ndarray, "added"],
    Float[np.ndarray, "added"],
]:
    """Make the galaxies that smooth the bootstrap: labels, answers, shapes of their gamma distributions, and sizes.

    Each pair of a label and an answer that occurs as a label has one; the wrong answers to a label share one half.
    """
    known = np.unique(labels)
    label, answer = (each.ravel() for each in np.meshgrid(known, known, indexing="ij"))
    shapes = np.where(label == answer, 0.5, 0.5 / max(1, len(known) - 1))
    sizes = np.array([group_size(groups[labels == each]) for each in known])
    return label, np.eye(classes)[answer], shapes, np.repeat(sizes, len(known))


def random_weights(
    groups: Int[np.ndarray, "galaxies"],
    shapes: Float[np.ndarray, "added"],
    sizes: Float[np.ndarray, "added"],
    *,
    resamples: int,
    seed: int,
) -> Iterator[Float[np.ndarray, "draws weights"]]:
    """Draw the weights of all galaxies, then of the added ones; yield them in blocks of draws.

    A group has one weight, from an exponential distribution. An added galaxy has its own, from a gamma distribution of
    its shape, multiplied by its size.

    Raises
    ------
    InvalidValueError
        If the number of resamples is below 1.
    """
    check_positive_int("resamples", resamples)
    _, group_of = np.unique(groups, return_inverse=True)
    count = int(group_of.max()) + 1
    # Numbers are drawn row by row from generators of their own, so the block size affects only the memory.
    rng, rng_added = (np.random.default_rng([seed, use]) for use in range(2))
    block = max(1, _BLOCK // len(groups))
    for start in range(0, resamples, block):
        draws = min(block, resamples - start)
        weights = rng.standard_exponential((draws, count))[:, group_of]
        added = rng_added.standard_gamma(shapes, (draws, len(shapes))) * sizes
        yield np.hstack([weights, added])


def percentiles(scores: Float[np.ndarray, "resamples"], confidence: float) -> tuple[float, float]:
    """Limits that cut off equal tails of the scores."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)
