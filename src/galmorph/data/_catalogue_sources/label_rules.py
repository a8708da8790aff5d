"""Rules for the type of a galaxy that several catalogues have classified."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph.data._galaxy_table.common_table import on_sequence
from galmorph.data._morphology.parser import parse_morphology

__all__ = ["RULES", "Label", "SourceTypes", "by_agreement", "by_priority", "read_types", "spread_of"]

RULES = ("priority", "agreement")
_SYMBOLS = {-6: "cE", -5: "E", -4: "E^+", -3: "S0^-", -2: "S0^0", -1: "S0^+", 0: "S0/a", 1: "Sa", 2: "Sab", 3: "Sb",
            4: "Sbc", 5: "Sc", 6: "Scd", 7: "Sd", 8: "Sdm", 9: "Sm", 10: "Im", 11: "cI"}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SourceTypes:
    """Types of the rows of one source: texts, T (NaN if unknown), and whether the text gives a type."""

    texts: np.ndarray
    stages: Float[np.ndarray, "rows"]
    clear: Bool[np.ndarray, "rows"]


@dataclass(frozen=True, eq=False)
class Label:
    """The type of each galaxy: text and T; the sources that decide; and why there is no type, or what was done."""

    texts: list[str]
    stages: Float[np.ndarray, "galaxies"]
    errors: Float[np.ndarray, "galaxies"]
    deciding: Bool[np.ndarray, "galaxies sources"]
    notes: list[str]


def read_types(texts: Sequence[str] | np.ndarray, stages: Float[np.ndarray, "rows"]) -> SourceTypes:
    """Read the types of a source; a row without T has that of its text. Each text is parsed once."""
    different, which = np.unique(np.asarray(texts, dtype=str), return_inverse=True)
    parsed = [parse_morphology(str(text)) for text in different]
    own = on_sequence(np.array([np.nan if each.stage is None else each.stage for each in parsed], np.float64))
    clear = np.array([each.outcome in ("type", "alternatives") for each in parsed], bool)
    given = on_sequence(stages)
    return SourceTypes(different[which], np.where(np.isfinite(given), given, own[which]), clear[which])


def by_priority(
    texts: np.ndarray,
    stages: Float[np.ndarray, "galaxies sources"],
    errors: Float[np.ndarray, "galaxies sources"],
    clear: Bool[np.ndarray, "galaxies sources"],
) -> Label:
    """Take the type of the first source that has one: a text that gives a type, or T."""
    has = clear | np.isfinite(stages)
    first, rows = _first(has), np.arange(len(has))
    there = has.any(axis=1)
    deciding = np.zeros_like(has)
    deciding[rows[there], first[there]] = True
    stage = np.where(there, stages[rows, first], np.nan)
    chosen, notes = _texts(texts, stages, clear, first, there)
    for row in np.flatnonzero(~there).tolist():
        notes[row] = "no source gives a type"
    return Label(chosen, stage, np.where(there, errors[rows, first], np.nan), deciding, notes)


def by_agreement(
    texts: np.ndarray,
    stages: Float[np.ndarray, "galaxies sources"],
    clear: Bool[np.ndarray, "galaxies sources"],
    sources: Sequence[str],
    *,
    most: float,
    least_sources: int,
) -> Label:
    """Take the mean T where all T agree, with the text of the first source; its error is the standard deviation."""
    has = np.isfinite(stages)
    known, range_, mean, scatter = spread_of(stages)
    enough = known >= least_sources
    agree = enough & ((range_ <= most + 1e-9) | (known == 1))
    first = _first(has & clear)
    first = np.where((has & clear).any(axis=1), first, _first(has))
    chosen, notes = _texts(texts, stages, clear, first, agree)
    differs, failed = f"T differs by more than {most:g}", np.flatnonzero(~agree)
    for row, given, is_enough in zip(failed.tolist(), stages[failed].tolist(), enough[failed].tolist(), strict=True):
        said = ", ".join(f"{name} {stage:g}" for name, stage in zip(sources, given, strict=True) if stage == stage)
        notes[row] = f"{differs if is_enough else 'too few sources give T'}: {said}" if said else "no source gives T"
    keep = agree[:, None]
    return Label(chosen, np.where(agree, mean, np.nan), np.where(agree, scatter, np.nan), has & keep, notes)


def spread_of(
    stages: Float[np.ndarray, "galaxies sources"],
) -> tuple[
    Int[np.ndarray, "galaxies"],
    Float[np.ndarray, "galaxies"],
    Float[np.ndarray, "galaxies"],
    Float[np.ndarray, "galaxies"],
]:
    """Number of T, their range, their mean, and their sample standard deviation (NaN for fewer than two)."""
    has = np.isfinite(stages)
    known = has.sum(axis=1)
    filled = np.where(has, stages, 0.0)
    mean = filled.sum(axis=1) / np.maximum(known, 1)
    square = (np.where(has, stages - mean[:, None], 0.0) ** 2).sum(axis=1)
    several = known >= 2
    low, high = np.where(has, stages, np.inf).min(axis=1), np.where(has, stages, -np.inf).max(axis=1)
    return (
        known,
        np.where(several, np.where(several, high, 0.0) - np.where(several, low, 0.0), np.nan),
        np.where(known > 0, mean, np.nan),
        np.where(several, np.sqrt(square / np.maximum(known - 1, 1)), np.nan),
    )


def _first(has: Bool[np.ndarray, "galaxies sources"]) -> Int[np.ndarray, "galaxies"]:
    return np.argmax(has, axis=1)


def _texts(
    texts: np.ndarray,
    stages: Float[np.ndarray, "galaxies sources"],
    clear: Bool[np.ndarray, "galaxies sources"],
    first: Int[np.ndarray, "galaxies"],
    there: Bool[np.ndarray, "galaxies"],
) -> tuple[list[str], list[str]]:
    """Text of the chosen source; where it gives no type, the symbol of its T, which the note says."""
    rows = np.arange(len(first))
    written = there & ~clear[rows, first]
    chosen = [str(text) if take else "" for text, take in zip(texts[rows, first], there, strict=True)]
    notes = [""] * len(chosen)
    for row in np.flatnonzero(written).tolist():
        stage = float(stages[row, first[row]])
        chosen[row] = _SYMBOLS[round(stage)]
        notes[row] = f"type written from T = {stage:g}"
    return chosen, notes
