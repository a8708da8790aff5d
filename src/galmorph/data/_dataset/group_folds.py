"""scikit-learn's folds of groups, found several times as fast."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

__all__ = ["GroupFolds"]


class GroupFolds(StratifiedGroupKFold):  # type: ignore[misc]  # scikit-learn ships no types
    """`StratifiedGroupKFold`, with the same folds.

    For each group, scikit-learn tries one fold after the other with general functions for arrays, which takes half a
    millisecond. Here they are all tried at once.
    """

    def _find_best_fold(self, y_counts_per_fold: np.ndarray, y_cnt: np.ndarray, group_y_counts: np.ndarray) -> int:
        folds = np.arange(len(y_counts_per_fold))
        proposed = np.repeat(y_counts_per_fold[np.newaxis], len(folds), axis=0)
        proposed[folds, folds] += group_y_counts
        spreads = np.std(proposed / y_cnt, axis=1).mean(axis=1).tolist()
        galaxies = y_counts_per_fold.sum(axis=1).tolist()
        best = 0
        for fold in range(1, len(spreads)):
            # As np.isclose, which takes longer than all the rest.
            close = abs(spreads[fold] - spreads[best]) <= 1e-8 + 1e-5 * abs(spreads[best])
            if spreads[fold] < spreads[best] or (close and galaxies[fold] < galaxies[best]):
                best = fold
        return best
