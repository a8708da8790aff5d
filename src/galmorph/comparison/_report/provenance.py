"""Provenance: where the galaxies of a comparison come from, as far as their table says it."""

from collections.abc import Sequence
from typing import Any

from galmorph.comparison._findings.words import listed
from galmorph.data import Dataset
from galmorph.simulation._columns import COLUMNS

__all__ = ["provenance"]

#: What loaders and catalogues note in the meta of a table, and its heading in the report.
_NOTED = {
    "table": "Catalogue table",
    "refcode": "Reference",
    "where": "Condition of the query",
    "retrieved": "Retrieved",
    "scheme": "Scheme of the classes",
    "rule": "Rule that combined the sources",
    "min_sources": "Smallest number of sources",
    "agreement": "Agreement of the sources",
    "tolerance_arcsec": "Largest separation of the sources (arcsec)",
    "no_class": "Galaxies that fit no class",
    "unlabelled": "Images without a label",
    "unmatched": "Labels without an image",
    "acknowledgement": "Acknowledgement",
}


def provenance(dataset: Dataset) -> list[tuple[str, str]]:
    """List what is known about the sources of a data set, as terms and texts."""
    meta = dataset.table.meta
    if set(COLUMNS) <= set(dataset.table.colnames):
        source = "simulated with galmorph"
    else:
        named = _texts(meta.get("sources", meta.get("source")))
        if not named and "source" in dataset.table.colnames:
            named = list(dict.fromkeys(filter(None, _texts(list(dataset.table["source"])))))[:9]
        source = listed(named) if named else "not recorded: state it where you publish the results"
    facts = [("Source", source)]
    for key, term in _NOTED.items():
        texts = _texts(meta.get(key))
        if texts:
            facts.append((term, "; ".join(texts)))
    return facts


def _texts(value: Any) -> list[str]:
    """Make a list of texts; empty if there is nothing to say. Joined data sets have lists of different values."""
    if value is None or isinstance(value, dict):
        return []
    values = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    texts = (" ".join(str(each).split()) for each in values)
    return [text for text in texts if text]
