"""`parse_morphology`: read a type string into its parts, without guessing. README.md describes the steps."""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from galmorph._checks import check
from galmorph.data._morphology.morphology import Morphology
from galmorph.data._morphology.notation import join_alternatives, ordered_doubts, read_item, ring_ahead, sorted_words
from galmorph.data._morphology.rc3_code import read_rc3_code
from galmorph.data._morphology.vocabulary import (
    ACTIVITY,
    OBJECT_WORD,
    REMARK,
    SEVERAL,
    activity_name,
    object_name,
    several_name,
    word_name,
)

__all__ = ["parse_morphology"]

# Longer than any type string in use. Longer texts are not read, so that they cost no time and no memory.
_LONGEST = 200
# NED's older lists have 15 characters for the type and then 5 for the activity, so that the two may touch.
_TYPE_WIDTH, _WIDTH = 15, 20

_PLAIN = str.maketrans(
    {"\u00a0": " ", "\u2212": "-", "\u2013": "-", "\u2019": "'", "\u2032": "'"}
    | {"\u207b": "^-", "\u207a": "^+", "\u2070": "^0", "\u00b0": "^0", "\u00ba": "^0"}
    | {"\u2081": "_1", "\u2082": "_2", "\u2083": "_3"}
)
_OR = re.compile(r"\s*/\s*|\s+or\s+|\s*-\s*")
_AND = re.compile(r"\s*\+\s*")
_COUNTED = re.compile(r"(?P<count>[2-9])\s+(?=[ESd])")
_GALAXIES = re.compile(r"\s+galaxies(?![a-z])")
# What was read of a text, and the position after it.
_Read = tuple[list[Morphology], int]


def parse_morphology(text: str) -> Morphology:
    """Read a type string as catalogues and NED write it.

    Both orders are understood, family(variety)stage (``SB(rs)0/a``) and family-stage(variety) (``SB0/a(rs)``), and so
    are the many spellings in use; :doc:`/types` lists them. The RC3's own code of seven characters is a third dialect
    (``.SXT4..`` is SAB(rs)bc), which is recognised by itself. Any other text is ``unparsed`` as a whole: nothing is
    guessed from a part of it.

    Parameters
    ----------
    text
        Any text. A text of more than 200 characters is ``unparsed``.

    Returns
    -------
    Morphology
        What the text says. ``str(morphology)`` is one canonical notation for it, which reads back as an equal value.

    Raises
    ------
    InvalidValueError
        If `text` is not a str.

    Notes
    -----
    The results for the last 65,536 texts are cached.

    References
    ----------
    de Vaucouleurs et al. (1991), Third Reference Catalogue of Bright Galaxies (RC3).
    Buta (2011), "Galaxy Morphology", arXiv:1102.0550, for rings and lenses.

    Examples
    --------
    >>> from galmorph.data import parse_morphology
    >>> galaxy = parse_morphology("(R'_1)SAB(rs)bc pec:;HII Sy2")
    >>> galaxy.stage, galaxy.family, galaxy.variety, galaxy.rings, galaxy.activity
    (4.0, 'AB', 'rs', ("R'_1",), ('HII', 'Sy2'))
    >>> str(galaxy)
    "(R'_1)SAB(rs)bc pec?; HII; Sy2"
    >>> either = parse_morphology("E/S0")
    >>> either.outcome, either.stage, either.spread
    ('alternatives', -3.5, 1.5)
    >>> str(parse_morphology("PSXT4*P"))
    "(R')SAB(rs)bc? pec"
    >>> parse_morphology("see notes").outcome
    'unparsed'
    """
    check(isinstance(text, str), f"text: expected a str, got {type(text).__name__}; use '' if there is no type")
    if len(text) > _LONGEST:
        return Morphology(outcome="unparsed" if text.strip() else "empty", text=text)
    return _parse(str(text))


@lru_cache(maxsize=1 << 16)
def _parse(text: str) -> Morphology:
    plain = (text if text.isascii() else text.translate(_PLAIN)).strip()
    if not plain:
        return Morphology(outcome="empty", text=text)
    # No code of the RC3 means something else in the usual notation, so that is tried first.
    return _whole(plain, text) or read_rc3_code(plain, text) or Morphology(outcome="unparsed", text=text)


def _whole(text: str, raw: str) -> Morphology | None:
    """Read segments between semicolons: a type or words, then activities. None unless all of the text is understood."""
    pieces = _Pieces()
    position, fresh, gap = 0, True, True
    while position < len(text):
        # An activity needs a gap before it, or a column at which NED's lists let it touch the type.
        touching = position == _TYPE_WIDTH or len(text) == _WIDTH
        found = ACTIVITY.match(text, position) if gap or touching else None
        if found and _ends(text, found.end()):
            pieces.activity.append(activity_name(found))
            position = found.end()
            links = "/+,"  # activities may be joined: "Sy1/LINER"
        elif fresh:
            end = pieces.read(text, position)
            if end is None:
                return None
            position = end
            links = ""
        else:
            return None
        start = position
        while position < len(text) and text[position] in " \t\r\n;" + links:
            position += 1
        fresh = ";" in text[start:position]
        gap = position > start
        if position == len(text) and any(link in text[start:position] for link in links):
            return None
    return pieces.join(raw)


def _ends(text: str, position: int) -> bool:
    """Whether the name of an activity may end here, rather than go on as another word."""
    return (
        position in (_TYPE_WIDTH, len(text))
        or not (text[position].isalnum() or text[position] in "_(.")
        or len(text) == _WIDTH
    )


class _Pieces:
    """What the segments of a text say, collected until the whole text is read."""

    def __init__(self) -> None:
        self.members: list[Morphology] = []
        self.objects: list[Morphology] | None = None
        self.words: list[str] = []
        self.activity: list[str] = []
        self.alone: list[Morphology] = []

    def read(self, text: str, position: int) -> int | None:
        """Read one segment and return the position after it; None if it is not understood."""
        if found := SEVERAL.match(text, position):
            self.words.append(several_name(found))
            if self.objects is not None:
                return None
            self.objects = []
            return found.end()
        # Remarks describe an object that was named before: "bar" alone is not understood.
        if (self.members or self.objects is not None) and (found := REMARK.match(text, position)):
            end = found.start("name") + len(found["name"].rstrip()) if not found["doubt"] else found.end()
            if _ends(text, end):
                self.words.append(word_name(found))
                return end
        read = _objects(text, position)
        if read is None:
            return None
        objects, end = read
        if len(objects) > 1:
            if self.objects is not None:
                return None
            self.objects = objects
        elif objects[0].outcome == "word":
            self.alone.append(objects[0])
        else:
            self.members.extend(objects[0].alternatives or objects)
        return end

    def join(self, raw: str) -> Morphology | None:
        """Join all segments to one value; None if they contradict each other."""
        if len(self.members) == 1 and self.members[0].text == raw:
            return self.members[0]  # the usual case: the whole text is one type
        peculiar = any(word.peculiar for word in self.alone)
        ringed = [word for word in self.alone if word.rings]
        doubts = ordered_doubts({doubt for word in self.alone for doubt in word.doubts})
        words = [*self.words, *(word for alone in self.alone for word in alone.words)]
        rest: dict[str, Any] = {"activity": tuple(dict.fromkeys(self.activity)), "text": raw}
        if self.objects is not None:
            if self.members or peculiar or ringed:
                return None
            return Morphology(outcome="several", objects=tuple(self.objects), words=sorted_words(words), **rest)
        if not self.members:
            if len(ringed) > 1:
                return None
            outcome = "word" if words or ringed or peculiar else "activity"
            rings = ringed[0].rings if ringed else ()
            return Morphology(
                outcome=outcome, words=sorted_words(words), rings=rings, peculiar=peculiar, doubts=doubts, **rest
            )
        if ringed:
            return None
        if peculiar:
            self.members = [_with_peculiar(member, doubts) for member in self.members]
        joined = join_alternatives(self.members)
        return replace(joined, words=sorted_words([*joined.words, *words]), **rest)


def _objects(text: str, position: int) -> _Read | None:
    """Read ``a + b``, each with or without brackets, or ``2 S0 galaxies``."""
    if counted := _COUNTED.match(text, position):
        read = _object(text, counted.end())
        if read is None:
            return None
        found, end = read
        galaxies = _GALAXIES.match(text, end)
        return found * int(counted["count"]), galaxies.end() if galaxies else end
    read = _object(text, position)
    if read is None:
        return None
    objects, end = read
    while link := _AND.match(text, end):
        read = _object(text, link.end())
        if read is None:
            return None
        objects += read[0]
        end = read[1]
    # "star" and "companion" are read only beside a galaxy.
    if len(objects) == 1 and objects[0].words and OBJECT_WORD.fullmatch(objects[0].words[0]):
        return None
    return objects, end


def _object(text: str, position: int) -> _Read | None:
    """Read one object: a type or alternatives, with or without brackets."""
    bracket = text.startswith("(", position) and not ring_ahead(text, position)
    if found := OBJECT_WORD.match(text, position):
        return [Morphology(outcome="word", words=(object_name(found),))], found.end()
    read = _items(text, position + bracket)
    if read is None:
        return None
    members, end = read
    if bracket:
        if not text.startswith(")", end):
            return None
        end += 1
    return [join_alternatives(members)], end


def _items(text: str, position: int) -> _Read | None:
    """Read ``a/b``, ``a - b`` or ``a or b``."""
    read = read_item(text, position)
    while read is not None:
        members, end = read
        link = _OR.match(text, end)
        if link is None:
            return members, end
        read = read_item(text, link.end())
        if read is not None:
            read = members + read[0], read[1]
    return None


def _with_peculiar(member: Morphology, doubts: tuple[str, ...]) -> Morphology:
    return replace(member, peculiar=True, doubts=ordered_doubts({*member.doubts, *doubts}))
