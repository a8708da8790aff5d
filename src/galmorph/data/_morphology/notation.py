"""Read one type in the de Vaucouleurs notation, in either order. README.md says how it fits into the whole."""

import re
from dataclasses import replace
from typing import Any

from galmorph.data._morphology.morphology import STAGES, Morphology
from galmorph.data._morphology.vocabulary import ACTIVITY, SEVERAL, TYPE_WORD, WORD, word_name

__all__ = ["join_alternatives", "ordered_doubts", "read_item", "ring_ahead", "sorted_words"]

_DOUBTS = ("type", "family", "variety", "rings", "dwarf", "peculiar", "spindle", "nucleated", "luminosity")

_RING = r"(?:PR|R'?(?:_[12])?L?|L)"
_RINGS = re.compile(rf"(?:\((?:{_RING}[:?]?\+?)+\)\s?)+|R(?=d?S)", re.ASCII)
_RING_TOKEN = re.compile(_RING)
_VARIETY = r"nr|r'?l|r'?s\+?|r'?|ls?|s|1"
# In "S0+" the sign is a stage, in "S0+Sc" it joins two galaxies. It belongs to the stage only if nothing follows that
# it could join.
_SIGN_ENDS = r"(?=[\s:?;,/)]|pec|p(?![a-z])|\([rslf]|$)"
_LETTERS = r"ab|bc|cd|dm|[abcdm]"
# One type up to its stage. Ellipticals take their ellipticity here. A doubt counts as one of the family only if a
# variety or a stage follows; else it is one of the type, and _FLAG reads it. The alternatives of the stage are ordered
# so that the longer notation is tried first: "0/a" before "0", "ab" before "a".
_TYPE = re.compile(
    rf"""(?P<dwarf>d[:?]?(?=[ESI]))?(?:
      (?P<plain>cD|cI|D|BCD|N(?:\sgalaxy)?|(?<=d)Sph)
    | (?P<elliptical>c?E)(?P<plus>\^\+\^?|\+(?:(?=[0-9](?:[\s:?;,/)-]|$))|{_SIGN_ENDS}))?
      (?P<ellipse>[0-9](?:\.[0-9]|[-,][0-9])?)?
    | (?P<letter>I|S)(?:(?P<family>AB|A|B)(?P<family_doubt>[:?]+(?=\((?:{_VARIETY})[:?]*\)|[0abcdm]))?)?
      (?:\((?P<variety>{_VARIETY}|ring)(?P<variety_doubt>[:?]*)\))?
      (?:0(?:\((?P<bracket>[0-9])\))?(?P<zero_a>(?:\s?[/-]\s?)?[aA])
       | 0(?P<minus>\^-\^?|-{_SIGN_ENDS}) | 0(?P<plus0>\^\+\^?|\+{_SIGN_ENDS})
       | 0(?P<nought>\^[0o]\^?|o) | 0_?(?P<dust>[123])_? | (?P<zero>0|O(?![a-zA-Z0-9]))
       | (?P<stage>{_LETTERS})(?:\s?[-/]\s?(?P<last>{_LETTERS})(?![A-Za-oq-z]|[:?][ESI]))?
       | (?P<irr>(?<=I)rr)
      )?
    )""",
    re.VERBOSE | re.ASCII,
)
# What may follow the stage, one flag at a time and in any order.
_FLAG = re.compile(
    rf"""\s*(?:
      (?P<type>[:?]{{1,3}})
    | (?P<peculiar>pec(?:uliar|\.)?|p(?![a-zA-Z]))
    | \((?P<variety>(?:{_VARIETY}|ring)(?<!1))(?P<variety_doubt>[:?]*)\)
    | \((?P<ellipse>[0-9](?:\.[0-9])?)\)
    | (?P<flagged>\(f\))
    | (?P<spindle>sp(?![a-z.]))
    | ,\s?(?P<nucleated>N)(?![A-Za-z])
    | (?P<luminosity>(?:III|II|IV|I|V)(?:\.5)?(?:-(?:III|II|IV|I|V))?)(?![A-Za-z0-9])
    | (?P<dots>\.{{2,3}})
    )""",
    re.VERBOSE | re.ASCII,
)
_DOUBT = re.compile(r"[:?]+")
_PECULIAR = re.compile(r"\s?pec(?:uliar)?(?![a-z])(?P<doubt>[:?]*)", re.IGNORECASE)
_ADJECTIVE = re.compile(r"(?P<name>compact|open)\s+(?=[A-Za-z(])", re.IGNORECASE)
_TYPE_WORDS = {
    "elliptical": "E",
    "ellip": "E",
    "spiral": "S",
    "lenticular": "S0",
    "irregular": "I",
    "e": "E",
    "irr": "I",
}

_ZERO_STAGES = {"zero_a": "0/a", "minus": "0^-", "plus0": "0^+", "nought": "0^0", "zero": "0"}
# Van den Bergh's luminosity classes exist for spirals with a stage and for Magellanic irregulars.
_WITH_LUMINOSITY = {symbol for symbol, (form, stage) in STAGES.items() if form == "S" and stage is not None} | {"Im"}
_FLAGS = ("peculiar", "spindle", "dwarf", "nucleated", "flagged")
_SHARED = ("symbol", "family", "variety", "rings", "ellipticity", "luminosity", *_FLAGS)


def ring_ahead(text: str, position: int) -> bool:
    """Whether a bracket that opens here holds outer rings, and not an object."""
    return _RINGS.match(text, position) is not None


def read_item(text: str, position: int) -> tuple[list[Morphology], int] | None:
    """Read one type, a range of stages (which is two types), or words in place of a type.

    Returned are the types and the position after them, or None if the text is not understood.
    """
    start = position
    adjectives = []
    while adjective := _ADJECTIVE.match(text, position):
        if ACTIVITY.match(text, adjective.end()):
            break  # "compact HII": a word, not the adjective of a type
        adjectives.append(adjective["name"].lower())
        position = adjective.end()
    parts: dict[str, Any] = {"words": sorted_words(adjectives)}
    doubts: set[str] = set()
    rings = _RINGS.match(text, position)
    if rings:
        parts["rings"] = tuple(_RING_TOKEN.findall("".join(_RING_TOKEN.findall(rings[0]))))
        doubts |= {"rings"} if _DOUBT.search(rings[0]) else set()
        position = rings.end()
    elif word := WORD.match(text, position):
        return None if adjectives else ([Morphology(outcome="word", words=(word_name(word),))], word.end())
    # "pec" or "(R)" alone describe a galaxy without giving its type.
    if (found := _PECULIAR.match(text, position)) or (rings and rings[0] != "R" and _alone(text, position)):
        if adjectives:
            return None
        doubts |= {"peculiar"} if found and found["doubt"] else set()
        parts |= {"peculiar": found is not None, "doubts": ordered_doubts(doubts)}
        return [Morphology(outcome="word", **parts)], found.end() if found else len(text[:position].rstrip())
    last = ""
    if named := TYPE_WORD.match(text, position):
        parts |= {
            "symbol": _TYPE_WORDS[(named["dwarf"] or named["plain"]).lower()],
            "dwarf": named["dwarf"] is not None,
        }
        end = named.end()
    else:
        found = _TYPE.match(text, position)
        if adjectives and found is None and text[position : position + 1] == "e":
            # "Compact e", as in Zwicky's lists.
            parts["symbol"] = "E"
            end = position + 1
        elif found is None:
            return None
        else:
            last = _read_type(found, parts, doubts)
            end = found.end()
    if parts["symbol"] not in STAGES:
        return None
    after = _read_flags(text, end, parts, doubts)
    if after is None:
        return None
    first = Morphology(outcome="type", doubts=ordered_doubts(doubts), text=text[start:after], **parts)
    if not last:
        return [first], after
    # A range such as "Sa-c" must go up in T; "Sc-a" is not a range that anybody writes.
    if STAGES.get(last, ("", None))[1] is None or not _above(last, first.symbol):
        return None
    return [first, replace(first, symbol=last)], after


def _read_type(found: re.Match[str], parts: dict[str, Any], doubts: set[str]) -> str:
    """Put what the match holds into parts and doubts; return the last stage of a range, or an empty text."""
    if found["dwarf"]:
        parts["dwarf"] = True
        doubts |= {"dwarf"} if len(found["dwarf"]) > 1 else set()
    if plain := found["plain"]:
        parts["symbol"] = "N" if plain[0] == "N" else plain
        parts["dwarf"] = plain == "Sph"
        return ""
    if found["elliptical"]:
        parts["symbol"] = found["elliptical"] + ("^+" if found["plus"] else "")
        if found["ellipse"]:
            ends = [float(end) for end in re.split("[-,]", found["ellipse"])]
            parts["ellipticity"] = sum(ends) / len(ends)
        return ""
    parts["family"] = found["family"] or ""
    doubts |= {"family"} if found["family_doubt"] else set()
    if found["variety"]:
        # In the oldest lists "(l)" was often typed as "(1)".
        parts["variety"] = {"1": "l", "ring": "r"}.get(found["variety"], found["variety"])
        doubts |= {"variety"} if found["variety_doubt"] else set()
    if found["bracket"]:
        parts["ellipticity"] = float(found["bracket"])
    letter = found["letter"]
    parts["symbol"] = letter + _stage(found)
    return letter + found["last"] if found["last"] else ""


def _stage(found: re.Match[str]) -> str:
    if found["stage"]:
        return found["stage"]
    if found["dust"]:
        return "0_" + found["dust"]
    return next((name for group, name in _ZERO_STAGES.items() if found[group]), "")


def _read_flags(text: str, position: int, parts: dict[str, Any], doubts: set[str]) -> int | None:
    """Put the flags after the stage into parts and doubts; return the position after them, or None if one is wrong.

    `subject` is the part that a following ":" or "?" doubts: the flag before it or, at first, the type.
    """
    form, stage = STAGES[parts["symbol"]]
    subject, seen = "type", set[str]()
    while found := _FLAG.match(text, position):
        kind = str(found.lastgroup).removesuffix("_doubt")
        position = found.end()
        if kind == "type":
            doubts.add(subject)
            continue
        if kind in seen:
            return None
        seen.add(kind)
        subject = kind if kind in _DOUBTS and kind != "variety" else "type"
        match kind:
            case "peculiar":
                # "Sp" may be an abbreviation of spiral, not a peculiar S.
                if (
                    found["peculiar"] == "p"
                    and parts["symbol"] == "S"
                    and not parts.get("family", "") + parts.get("variety", "")
                ):
                    return None
                parts["peculiar"] = True
            case "variety":
                if parts.get("variety") or parts["symbol"][0] not in "SI" or parts["symbol"] == "Sph":
                    return None
                parts["variety"] = found["variety"].replace("ring", "r")
                doubts |= {"variety"} if found["variety_doubt"] else set()
            case "ellipse":
                if parts.get("ellipticity") is not None or form not in ("S0", "S0/a"):
                    return None
                parts["ellipticity"] = float(found["ellipse"])
            case "luminosity":
                if form not in ("S", "I") or stage is None or parts["symbol"] not in _WITH_LUMINOSITY:
                    return None
                parts["luminosity"] = found["luminosity"]
            case "dots":
                # Dots replace an unknown stage ("S...").
                if stage is not None:
                    return None
            case _:
                parts[kind] = True
    return position


def join_alternatives(members: list[Morphology]) -> Morphology:
    """Join alternatives to one value, with the parts that they share; equal alternatives count once."""
    first = members[0]
    if len(members) == 1 or len(members := list(dict.fromkeys(members))) == 1:
        return first
    shared = {
        name: value
        for name in _SHARED
        if all(getattr(each, name) == (value := getattr(first, name)) for each in members)
    }
    doubts = ordered_doubts({doubt for each in members for doubt in each.doubts})
    return Morphology(outcome="alternatives", alternatives=tuple(members), doubts=doubts, **shared)


def _alone(text: str, position: int) -> bool:
    return position == len(text) or text[position] in " ;)/+"


def _above(last: str, first: str) -> bool:
    return (STAGES[last][1] or 0.0) > (STAGES[first][1] or 0.0)


def ordered_doubts(doubts: set[str]) -> tuple[str, ...]:
    """Doubts in the order of their documentation."""
    return tuple(doubt for doubt in _DOUBTS if doubt in doubts) if doubts else ()


def sorted_words(words: list[str]) -> tuple[str, ...]:
    """Words without repetition. Those for several objects come first: in a text, remarks are only read after them."""
    return tuple(sorted(set(words), key=lambda word: (SEVERAL.fullmatch(word) is None, word))) if words else ()
