"""`parse_gz2_class`: read the class that Galaxy Zoo 2 gives a galaxy, such as ``SBc2m(r)``, into its parts."""

from dataclasses import dataclass
from functools import lru_cache

from galmorph._checks import check, check_choice, check_flag
from galmorph.errors import InvalidValueError

__all__ = ["TUNING_FORK_CLASSES", "GZ2Class", "parse_gz2_class", "tuning_fork_class"]

#: The classes of the scheme ``"tuning-fork"``.
TUNING_FORK_CLASSES = ("E", "edge-on", "S", "SB")

_ROUNDNESS = {"r": "round", "i": "in between", "c": "cigar"}
_EDGE_ON_BULGE = {"r": "round", "b": "boxy", "n": "none"}
_BULGE = {"d": "none", "c": "just noticeable", "b": "obvious", "a": "dominant"}
_ARMS = ("1", "2", "3", "4", "+", "?")
_WINDING = {"t": "tight", "m": "medium", "l": "loose"}
_ODD = {
    "r": "ring",
    "l": "lens or arc",
    "d": "disturbed",
    "i": "irregular",
    "o": "other",
    "m": "merger",
    "u": "dust lane",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GZ2Class:
    """The parts of a class of Galaxy Zoo 2, as `parse_gz2_class` reads them. Its text is the class.

    Parameters
    ----------
    form
        ``"smooth"``, ``"edge-on"`` (a disk seen edge-on), ``"disk"`` (any other disk, or features), or ``"artifact"``
        (a star or an artifact).
    roundness
        Of a smooth galaxy: ``"round"``, ``"in between"`` or ``"cigar"``; else empty.
    bulge
        Of an edge-on disk its shape, ``"round"``, ``"boxy"`` or ``"none"``; of another disk its prominence, ``"none"``,
        ``"just noticeable"``, ``"obvious"`` or ``"dominant"``; else empty.
    barred
        Whether a disk that is not edge-on has a bar.
    arms
        Number of spiral arms: ``"1"`` to ``"4"``, ``"+"`` for more than four, ``"?"`` if voters could not tell; empty
        without spiral arms.
    winding
        Of the arms: ``"tight"``, ``"medium"`` or ``"loose"``; empty without spiral arms.
    odd
        Odd features: ``"ring"``, ``"lens or arc"``, ``"disturbed"``, ``"irregular"``, ``"other"``, ``"merger"``,
        ``"dust lane"``; each at most once.

    Raises
    ------
    InvalidValueError
        If a part has another value, is missing, or does not belong to the form.
    """

    form: str
    roundness: str = ""
    bulge: str = ""
    barred: bool = False
    arms: str = ""
    winding: str = ""
    odd: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_choice("form", self.form, ("smooth", "edge-on", "disk", "artifact"))
        disk = self.form == "disk"
        bulges = _BULGE if disk else _EDGE_ON_BULGE if self.form == "edge-on" else {}
        check_choice("roundness", self.roundness, _ROUNDNESS.values() if self.form == "smooth" else ("",))
        check_choice("bulge", self.bulge, bulges.values() or ("",))
        check_flag("barred", self.barred)
        check(disk or not self.barred, f"barred: got True for the form {self.form!r}; only a disk can be barred")
        check_choice("arms", self.arms, ("", *_ARMS) if disk else ("",))
        check_choice("winding", self.winding, _WINDING.values() if self.arms else ("",))
        for feature in self.odd:
            check_choice("odd", feature, _ODD.values())
        check(
            len(set(self.odd)) == len(self.odd) and not (self.odd and self.form == "artifact"),
            f"odd: expected each feature once, and none for an artifact, got {self.odd!r}",
        )

    def __str__(self) -> str:
        match self.form:
            case "smooth":
                body = "E" + _letter(_ROUNDNESS, self.roundness)
            case "edge-on":
                body = "Se" + _letter(_EDGE_ON_BULGE, self.bulge)
            case "disk":
                winding = _letter(_WINDING, self.winding) if self.arms else ""
                body = "S" + "B" * self.barred + _letter(_BULGE, self.bulge) + self.arms + winding
            case _:
                body = "A"
        return body + "".join(f"({_letter(_ODD, feature)})" for feature in self.odd)


def _letter(letters: dict[str, str], meaning: str) -> str:
    return next(letter for letter, each in letters.items() if each == meaning)


def parse_gz2_class(text: str) -> GZ2Class:
    """Read a class of Galaxy Zoo 2 (the column ``gz2_class`` of its tables) into its parts.

    =======================  ==================================================================================
    ``Er`` ``Ei`` ``Ec``     smooth: completely round, in between, cigar-shaped
    ``Ser`` ``Seb`` ``Sen``  disk seen edge-on: bulge round, boxy, none
    ``S`` or ``SB``          other disk, without or with a bar; then the bulge: ``d`` none, ``c`` just noticeable,
                             ``b`` obvious, ``a`` dominant; then, if there are spiral arms, their number, ``1`` to
                             ``4``, ``+`` more or ``?`` unclear, and winding: ``t`` tight, ``m`` medium, ``l`` loose
    ``A``                    star or artifact
    ``(r)`` ...              last, odd features: ``r`` ring, ``l`` lens or arc, ``d`` disturbed, ``i`` irregular,
                             ``o`` other, ``m`` merger, ``u`` dust lane
    =======================  ==================================================================================

    Parameters
    ----------
    text
        The class.

    Returns
    -------
    GZ2Class
        Its parts; ``str`` of it is the text again.

    Raises
    ------
    InvalidValueError
        If the text is anything else; the message says where it stops to be a class.

    References
    ----------
    Willett et al. (2013), MNRAS 435, 2835, appendix A.

    Examples
    --------
    >>> from galmorph.data import parse_gz2_class
    >>> galaxy = parse_gz2_class("SBc2m(r)")
    >>> galaxy.form, galaxy.barred, galaxy.bulge, galaxy.arms, galaxy.winding, galaxy.odd
    ('disk', True, 'just noticeable', '2', 'medium', ('ring',))
    >>> parse_gz2_class("SBx")
    Traceback (most recent call last):
    galmorph.errors.InvalidValueError: gz2_class: got 'SBx', expected a bulge, one of d, c, b, a, after 'SB', got 'x'
    """
    check(isinstance(text, str), f"gz2_class: expected a text, got {text!r}")
    return _parse(text)


@lru_cache(maxsize=4096)
def _parse(text: str) -> GZ2Class:
    reader = _Reader(text)
    if reader.skip("A"):
        reader.end("nothing")
        return GZ2Class(form="artifact")
    if reader.skip("E"):
        roundness = _ROUNDNESS[reader.take(_ROUNDNESS, "a roundness")]
        return GZ2Class(form="smooth", roundness=roundness, odd=reader.odd("an odd feature"))
    if reader.skip("Se"):
        bulge = _EDGE_ON_BULGE[reader.take(_EDGE_ON_BULGE, "the shape of a bulge")]
        return GZ2Class(form="edge-on", bulge=bulge, odd=reader.odd("an odd feature"))
    reader.take("S", "a form, E, S or A:")
    barred = reader.skip("B")
    bulge = _BULGE[reader.take(_BULGE, "a bulge")]
    arms = reader.text[reader.place : reader.place + 1]
    if arms not in _ARMS:
        odd = reader.odd("a number of arms (1, 2, 3, 4, + or ?), an odd feature")
        return GZ2Class(form="disk", barred=barred, bulge=bulge, odd=odd)
    reader.skip(arms)
    winding = _WINDING[reader.take(_WINDING, "a winding")]
    return GZ2Class(
        form="disk", barred=barred, bulge=bulge, arms=arms, winding=winding, odd=reader.odd("an odd feature")
    )


def tuning_fork_class(galaxy: GZ2Class) -> str:
    """Give one of `TUNING_FORK_CLASSES`, or an empty text for a star or an artifact."""
    match galaxy.form:
        case "smooth":
            return "E"
        case "edge-on":
            return "edge-on"
        case "disk":
            return "SB" if galaxy.barred else "S"
        case _:
            return ""


class _Reader:
    """A text, and the place up to which it was read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def skip(self, start: str) -> bool:
        """Pass over a text, if it comes next."""
        found = self.text.startswith(start, self.place)
        self.place += len(start) * found
        return found

    def take(self, letters: dict[str, str] | str, what: str) -> str:
        """Pass over one of the letters, which must come next."""
        letter = self.text[self.place : self.place + 1]
        if not letter or letter not in letters:
            raise self._stop(what if len(letters) == 1 else f"{what}, one of {', '.join(letters)}")
        self.place += 1
        return letter

    def odd(self, what: str) -> tuple[str, ...]:
        """Pass over odd features up to the end."""
        features: list[str] = []
        while self.skip("("):
            feature = _ODD[self.take(_ODD, "an odd feature")]
            if feature in features:
                self.place -= 1
                raise self._stop("another odd feature")
            self.take(")", "a closing bracket")
            features.append(feature)
        self.end(f"{what} such as (r), or nothing")
        return tuple(features)

    def end(self, what: str) -> None:
        if self.place < len(self.text):
            raise self._stop(what)

    def _stop(self, what: str) -> InvalidValueError:
        before, after = self.text[: self.place], self.text[self.place : self.place + 1]
        shown = self.text if len(self.text) <= 40 else self.text[:37] + "..."
        where = f"after {before!r}" if before else "at the start"
        return InvalidValueError(
            f"gz2_class: got {shown!r}, expected {what.rstrip(':')}, {where}, got {repr(after) if after else 'the end'}"
        )
