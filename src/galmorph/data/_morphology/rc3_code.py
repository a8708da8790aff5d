"""Read the code of seven characters in which the RC3 writes types: ``.SXT4..`` is SAB(rs)bc."""

import re
from typing import Any

from galmorph.data._morphology.morphology import Morphology

__all__ = ["read_rc3_code"]

# Each character has its place, and a dot stands for nothing:
# 1 outer ring (R, P for a pseudo-ring), or C for compact (CE, CD) and D for dwarf; 2 class; 3 family; 4 variety;
# 5 stage, or the ellipticity of an E; 6 and 7 doubt (* is ":", $ is ":?"), spindle (/) and peculiar (P).
_CODE = re.compile(
    r"""(?P<first>[.RPCD])(?:
      (?P<elliptical>E)(?P<ellipse>[.?][.][0-9]|[.?+][.][.]|[.?][.][+]|[+][.][0-9]|[.?+][0-9][.])
    | (?P<cd>(?<=C)D)[.][.][.]
    | (?P<letter>[LSI])(?P<family>[.ABX?])(?P<variety>[.RST])(?P<stage>[-+.0-9])
    )(?P<flags>[.*?$/P]{2})""",
    re.VERBOSE,
)
_FAMILIES = {"A": "A", "B": "B", "X": "AB"}
_VARIETIES = {"R": "r", "T": "rs", "S": "s"}
# Stage symbols of each class, by the character of the stage.
_STAGES = {
    "L": {".": "S0", "-": "S0^-", "0": "S0^0", "+": "S0^+"},
    "S": {".": "S", "0": "S0/a", "1": "Sa", "2": "Sab", "3": "Sb", "4": "Sbc", "5": "Sc", "6": "Scd", "7": "Sd"}
    | {"8": "Sdm", "9": "Sm"},
    "I": {".": "I", "0": "I0", "9": "Im"},
}
_NOTHING = "......."


def read_rc3_code(text: str, raw: str) -> Morphology | None:
    """Read a code; None if the text is not one, or if one of its characters has no meaning at its place.

    Parameters
    ----------
    text
        The text without blanks around it.
    raw
        The original text, for the result.
    """
    if text == _NOTHING:
        return Morphology(outcome="empty", text=raw)
    found = _CODE.fullmatch(text)
    flags = found["flags"].replace(".", "") if found else ""
    marks = [flag for flag in flags if flag in "*?$"]
    if found is None or len(set(flags)) < len(flags) or len(marks) > 1:
        return None
    # ".S?...." is S?: where nothing is known but the class, the mark stands directly after it.
    early = (found["family"] or (found["ellipse"] or "")[:1]) == "?"
    if early and (marks or found["variety"] in tuple(_VARIETIES) or (found["stage"] or ".") != "."):
        return None
    parts: dict[str, Any] = {
        "peculiar": "P" in flags,
        "spindle": "/" in flags,
        "doubts": ("type",) if marks or early else (),
    }
    described = _compact(found) if found["first"] == "C" else _ordinary(found)
    return None if described is None else Morphology(outcome="type", text=raw, **parts, **described)


def _compact(found: re.Match[str]) -> dict[str, Any] | None:
    """Symbol of ``CE``, ``CD`` and ``CI``."""
    if found["cd"]:
        return {"symbol": "cD"}
    if found["elliptical"] and "+" not in found["ellipse"]:
        return {"symbol": "cE", "ellipticity": _ellipticity(found)}
    if found["letter"] == "I" and (found["family"], found["variety"], found["stage"]) in ((".",) * 3, ("?", ".", ".")):
        return {"symbol": "cI"}
    return None


def _ordinary(found: re.Match[str]) -> dict[str, Any] | None:
    """Symbol, family, variety, ring and dwarf of all other classes."""
    dwarf, ring = found["first"] == "D", {"R": ("R",), "P": ("R'",)}.get(found["first"], ())
    if found["elliptical"]:
        plus = "^+" if "+" in found["ellipse"] else ""
        return {"symbol": "E" + plus, "ellipticity": _ellipticity(found), "rings": ring, "dwarf": dwarf}
    symbol = _STAGES[found["letter"]].get(found["stage"])
    if symbol is None:
        return None
    return {
        "symbol": symbol,
        "family": _FAMILIES.get(found["family"], ""),
        "variety": _VARIETIES.get(found["variety"], ""),
        "rings": ring,
        "dwarf": dwarf,
    }


def _ellipticity(found: re.Match[str]) -> float | None:
    digits = found["ellipse"].strip(".?+")
    return float(digits) if digits else None
