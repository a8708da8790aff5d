"""How far a training has come."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.history import Row, best_epoch
from galmorph.training._engine.state import NO_GALAXIES, EvalWeights, LossSums, State

__all__ = ["Progress"]


class Progress(NamedTuple):
    """How far a training has come: what a checkpoint holds, and what a result is made of.

    Parameters
    ----------
    state
        Weights, statistics, moments, average.
    best
        Weights and statistics of the best epoch so far.
    epoch, step
        The current epoch and its next step, both counted from 0.
    sums
        Sums over the steps of the current epoch.
    rows
        One row of the history for each epoch that has ended.
    seconds
        Time spent so far.
    """

    state: State
    best: EvalWeights
    epoch: int
    step: int
    sums: LossSums
    rows: list[Row]
    seconds: float

    @classmethod
    def beginning(cls, state: State) -> "Progress":
        """No step is taken yet; the best weights are the initial ones."""
        return cls(state, _copied(state.eval_weights), 0, 0, NO_GALAXIES, [], 0.0)

    def end_epoch(self, row: Row, *, seconds: float, config: TrainConfig) -> "Progress":
        """Add a row to the history, and keep the weights if this epoch is the best so far.

        Parameters
        ----------
        row
            The row of this epoch, without its duration.
        seconds
            Time spent so far.
        config
            Says which epoch is the best.
        """
        rows = [*self.rows, {**row, "seconds": seconds - sum(before["seconds"] for before in self.rows)}]
        best = _copied(self.state.eval_weights) if best_epoch(rows, config) == len(rows) else self.best
        return self._replace(best=best, epoch=self.epoch + 1, step=0, sums=NO_GALAXIES, rows=rows, seconds=seconds)


def _copied(weights: EvalWeights) -> EvalWeights:
    """Copy weights, because the next step reuses the memory of the state."""
    return jax.tree.map(jnp.copy, weights)
