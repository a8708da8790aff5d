"""Ensembles as entries of a comparison: the mean of what several others answer, which nobody has to train."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from scipy.special import log_softmax

from galmorph._checks import check
from galmorph._metrics import mean_logits
from galmorph.comparison._runs.plan import MEAN_OF
from galmorph.comparison._runs.run import Run
from galmorph.comparison._runs.versions import versions
from galmorph.errors import InvalidValueError
from galmorph.training import Classifier, Scores

__all__ = ["EnsembleEntry"]


@dataclass(frozen=True)
class EnsembleEntry:
    """The mean probabilities of several entries, each trained on the same galaxies with the same seed.

    Parameters
    ----------
    members
        Their names.
    """

    members: tuple[str, ...]

    @classmethod
    def of(cls, name: str, members: Sequence[str], known: Iterable[str]) -> "EnsembleEntry":
        """Check the members.

        Raises
        ------
        InvalidValueError
            If there are fewer than two different ones, or one is not trained in this comparison.
        """
        different = len(set(members)) == len(members) >= 2
        check(different, f"models[{name!r}]: expected the names of two entries or more, got {list(members)}")
        unknown = [member for member in members if member not in set(known)]
        check(
            not unknown,
            f"models[{name!r}]: expected members that the plan trains, got {', '.join(unknown)}; name them in the "
            "plan's architectures, and no other ensemble",
        )
        return cls(tuple(members))

    @property
    def described(self) -> str:
        """What it is."""
        return f"{MEAN_OF} {', '.join(self.members)}, each trained with the same seed; it costs as much as all of them"

    def blank(self) -> None:
        """No file keeps it, because its members are kept."""

    def run(self, name: str, runs: Sequence[Run]) -> Run:
        """Average the answers of its members, from their runs on the same galaxies with the same seed."""

        def no_classifier() -> Classifier:
            raise InvalidValueError(
                f"classifier: expected the run of a network, but {name} is an ensemble; make one of the "
                f"classifiers of {', '.join(self.members)} with galmorph.training.Ensemble"
            )

        first = runs[0]
        return Run(
            architecture=name,
            seed=first.seed,
            repeat=first.repeat,
            fold=first.fold,
            learning_rate=first.learning_rate,
            size=first.size,
            rows=first.rows,
            scores=_mean([run.scores for run in runs]),
            validation=_mean([run.validation for run in runs]),
            orientations=np.stack([run.orientations for run in runs]).mean(axis=0),
            history=Table({name: first.history[name][:0] for name in first.history.colnames}),
            best_epoch=0,
            seconds=sum(run.seconds for run in runs),
            rate=1 / sum(1 / run.rate for run in runs),
            memory=max(run.memory for run in runs),
            parameters=sum(run.parameters for run in runs),
            flops=sum(run.flops for run in runs),
            versions=versions(),
            load=no_classifier,
            external={name: _mean([run.external[name] for run in runs]) for name in first.external},
        )


def _mean(scores: Sequence[Scores]) -> Scores:
    """Average the probabilities."""
    logs = np.stack([log_softmax(each.logits.astype(np.float64), axis=1) for each in scores])
    return Scores(mean_logits(logs), scores[0].labels, scores[0].classes)
