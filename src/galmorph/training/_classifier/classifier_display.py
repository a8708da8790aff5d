"""A classifier as HTML, for notebooks."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from galmorph.training._engine.state import split_model

__all__ = ["classifier_html"]


def classifier_html(classifier: Any) -> str:
    """Write what a `galmorph.training.Classifier` is, what it was trained on, and its card if it has one."""
    from galmorph._drawing import html

    parts = [html.heading("Classifier", classifier.architecture or type(classifier.model).__name__)]
    parts.append(html.settings(_rows(classifier)))
    if classifier.card:
        parts.append(f"<details><summary>card</summary><pre>{html.escape(classifier.card)}</pre></details>")
    return "\n".join(parts)


def _rows(classifier: Any) -> Iterator[tuple[str, str]]:
    weights = sum(int(np.size(leaf)) for leaf in jax.tree.leaves(split_model(classifier.model).params))
    size, domain = classifier.recipe.size, classifier.domain
    yield "classes", ", ".join(classifier.classes)
    yield "input", f"{size} x {size} x {classifier.channels} {classifier.dtype}"
    yield "weights", f"{weights:,}"
    yield "recipe", repr(classifier.recipe)
    yield "temperature", f"{classifier.temperature:.3g}" + (" (not calibrated)" if classifier.temperature == 1 else "")
    galaxies = classifier.notes.get("galaxies")
    if isinstance(galaxies, dict):
        yield "training galaxies", ", ".join(f"{name} {count}" for name, count in galaxies.items())
    if domain.linear is not None:
        yield "training images", "linear (flux)" if domain.linear else "pictures"
    if domain.bands:
        yield "bands", "; ".join("/".join(bands) for bands in domain.bands)
    for name, unit, limits in (("pixel scale", "arcsec", domain.pixel_scales), ("radius", "pixels", domain.radii)):
        if limits is not None:
            yield name, f"{limits[0]:.3g} to {limits[1]:.3g} {unit}"
