"""External galaxies: other surveys and degraded copies, which each trained network answers, too."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from galmorph._checks import check
from galmorph._warnings import warn
from galmorph.comparison._runs.entries import Entry, FeatureEntry
from galmorph.comparison._runs.estimators import EstimatorEntry
from galmorph.comparison._runs.run import Run
from galmorph.comparison._runs.store import ExternalGalaxies, Store
from galmorph.data import Dataset
from galmorph.errors import ImplausibleWarning
from galmorph.training import Scores, evaluate

__all__ = ["answer_external", "check_external"]


def check_external(external: Any, dataset: Dataset, entries: Mapping[str, Entry]) -> dict[str, ExternalGalaxies]:
    """Check that the networks of a comparison can answer external galaxies, and that these are not its own.

    Raises
    ------
    InvalidValueError
        If external is no mapping from names to data sets, classes or stamps differ from those of the comparison, all
        galaxies are those of the comparison, or an entry takes features, which external galaxies don't have.

    Warns
    -----
    ImplausibleWarning
        If the stamps were made by another recipe, or show galaxies of the comparison.
    """
    if external is None:
        return {}
    check(
        isinstance(external, Mapping) and all(isinstance(name, str) and name.strip() for name in external),
        f'external: expected data sets by their names, such as {{"DECaLS": galaxies}}, got {external!r}',
    )
    features = [name for name, entry in entries.items() if isinstance(entry, FeatureEntry | EstimatorEntry)]
    check(
        not (external and features),
        f"external: expected entries that take stamps, but {', '.join(features)} takes features, which external "
        "galaxies don't have; leave it out of the plan",
    )
    own = dataset.fingerprint() if external else ""
    found: dict[str, ExternalGalaxies] = {}
    for name, galaxies in external.items():
        check(isinstance(galaxies, Dataset), f"external[{name!r}]: expected a Dataset, got {galaxies!r}")
        check(
            galaxies.classes == dataset.classes,
            f"external[{name!r}]: expected the classes {dataset.classes}, as in the data set, got {galaxies.classes}",
        )
        wanted, got = dataset.stamps.shape[1:], galaxies.stamps.shape[1:]
        check(
            got == wanted,
            f"external[{name!r}]: expected stamps of {' x '.join(map(str, wanted))}, as in the data set, got "
            f"{' x '.join(map(str, got))}; load both with one recipe",
        )
        check(len(galaxies) > 0, f"external[{name!r}]: expected at least one galaxy, got none")
        found[name] = ExternalGalaxies(galaxies, galaxies.fingerprint())
        check(
            found[name].fingerprint != own,
            f"external[{name!r}]: these are the galaxies of the comparison, with which the networks were trained",
        )
        copies = int(np.count_nonzero(galaxies.copies_of(dataset)))
        if copies:
            message = (
                f"external[{name!r}]: {copies} of {len(galaxies)} galaxies are in the data set, too (the same pixels, "
                "maybe turned), with which the networks were trained; leave them out of one of the two"
            )
            warn(message, ImplausibleWarning)
        if galaxies.recipe is not None and dataset.recipe is not None and galaxies.recipe != dataset.recipe:
            message = (
                f"external[{name!r}]: made by another recipe, so a drop may be that of the recipe, not of the survey"
            )
            warn(message, ImplausibleWarning)
    return found


def answer_external(run: Run, external: Mapping[str, ExternalGalaxies], store: Store | None) -> dict[str, Scores]:
    """Let the classifier of a run answer external galaxies, or read the answers if they were kept."""
    found: dict[str, Scores] = {}
    for name, each in external.items():
        scores = None if store is None else store.read_external(run, each)
        if scores is None:
            scores = evaluate(run.classifier, each.galaxies, allow_other_recipe=True)
            if store is not None:
                store.write_external(run, each, scores)
        found[name] = scores
    return found
