"""Morphological type of a galaxy as a value: stage, family, variety, rings and everything else that a text gives."""

from dataclasses import dataclass, field

from galmorph._checks import check, check_choice

__all__ = ["FAMILIES", "OUTCOMES", "STAGES", "Morphology"]

OUTCOMES = ("type", "alternatives", "several", "word", "activity", "empty", "unparsed")
FAMILIES = ("", "A", "AB", "B")

# Stage symbol: (form, numerical stage T of the RC3). T is None if the RC3 has none.
STAGES: dict[str, tuple[str, float | None]] = {
    "cE": ("E", -6.0),
    "E": ("E", -5.0),
    "E^+": ("E", -4.0),
    "cD": ("E", -4.0),
    "Sph": ("E", None),
    "S0^-": ("S0", -3.0),
    "S0_1": ("S0", -3.0),
    "S0": ("S0", -2.0),
    "S0^0": ("S0", -2.0),
    "S0_2": ("S0", -2.0),
    "S0^+": ("S0", -1.0),
    "S0_3": ("S0", -1.0),
    "S0/a": ("S0/a", 0.0),
    "S": ("S", None),
    "Sa": ("S", 1.0),
    "Sab": ("S", 2.0),
    "Sb": ("S", 3.0),
    "Sbc": ("S", 4.0),
    "Sc": ("S", 5.0),
    "Scd": ("S", 6.0),
    "Sd": ("S", 7.0),
    "Sdm": ("S", 8.0),
    "Sm": ("S", 9.0),
    "I": ("I", None),
    "Im": ("I", 10.0),
    "cI": ("I", 11.0),
    "BCD": ("I", 11.0),
    "I0": ("I", 90.0),
    "D": ("D", None),
    "N": ("N", None),
}
_ADJECTIVES = ("compact", "open")
_OFF_SEQUENCE = 90.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Morphology:
    """The parts of a type string, as `parse_morphology` reads them.

    For alternatives (``E/S0``), each part has the value that all of them share, or is empty; `doubts` has the doubts of
    all. Two values are equal if their parts are equal, even if their texts differ.

    Parameters
    ----------
    outcome
        ``type``: one type. ``alternatives``: one galaxy, of one type or another (``E/S0``). ``several``: more than one
        object (``E + S0``, ``Double system``). ``word``: a description without a type (``INTERACTING``, ``pec``).
        ``activity``: nothing but the activity of the nucleus. ``empty``: no text. ``unparsed``: not understood.
    symbol
        Symbol of the stage, without family and variety: a key of the table in :doc:`/types`, such as ``E``, ``S0^-``,
        ``Sbc`` or ``Im``. ``S`` is a spiral of unknown stage. Empty if `outcome` is not ``type``, except
        for alternatives that share it.
    family
        ``A`` unbarred, ``AB`` mixed, ``B`` barred, empty if not given.
    variety
        Of the inner parts: ``r`` ring, ``s`` spiral, ``rs`` mixed, ``l`` lens, ``rl`` ring-lens; empty if not given.
    rings
        Outer rings and lenses, from the inside: ``R``, ``R'``, ``R_1``, ``R'_2``, ``L``, ``RL``; ``PR``: polar ring.
    ellipticity
        Ten times 1 - b/a, as in ``E3`` and ``S0(5)``; the mean of a range (``E2-3``: 2.5).
    luminosity
        Luminosity class of van den Bergh, ``I`` to ``V`` (``III-IV``); empty if not told.
    peculiar, spindle, dwarf, nucleated
        ``pec``, ``sp`` (seen edge-on), ``d`` and ``,N``.
    flagged
        ``(f)``, whose meaning NED does not explain.
    doubts
        Parts that ``:`` or ``?`` marks as uncertain, of ``type``, ``family``, ``variety``, ``rings``, ``dwarf``,
        ``peculiar``, ``spindle``, ``nucleated`` and ``luminosity``, in this order.
    words
        Words that do not give a type, such as ``compact`` and ``merger?``.
    activity
        Activity of the nucleus and kinds of spectrum (``Sy2``, ``LINER?``). A ``?`` marks the uncertain ones.
    alternatives
        The types, if the outcome is ``alternatives``.
    objects
        What the text says of each object, if the outcome is ``several``; may be empty.
    text
        The original text; for one of the `alternatives`, its part of the text. Comparisons ignore it.

    Raises
    ------
    InvalidValueError
        If `outcome`, `symbol` or `family` is not one of those above, or alternatives are fewer than two.

    References
    ----------
    de Vaucouleurs et al. (1991), Third Reference Catalogue of Bright Galaxies (RC3), for the notation and T.
    """

    outcome: str
    symbol: str = ""
    family: str = ""
    variety: str = ""
    rings: tuple[str, ...] = ()
    ellipticity: float | None = None
    luminosity: str = ""
    peculiar: bool = False
    spindle: bool = False
    dwarf: bool = False
    nucleated: bool = False
    flagged: bool = False
    doubts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    activity: tuple[str, ...] = ()
    alternatives: tuple["Morphology", ...] = ()
    objects: tuple["Morphology", ...] = ()
    text: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            check_choice("outcome", self.outcome, OUTCOMES)
        if self.family not in FAMILIES:
            check_choice("family", self.family, FAMILIES)
        if self.symbol not in STAGES:
            check(
                not self.symbol and self.outcome != "type",
                f"symbol: got {self.symbol!r}, expected one of {', '.join(STAGES)}; leave it empty only without a type",
            )
        if self.outcome == "alternatives":
            number = len(self.alternatives)
            check(number >= 2, f"alternatives: got {number}, expected at least 2; give one type as outcome='type'")

    @property
    def form(self) -> str:
        """``E``, ``S0``, ``S0/a``, ``S``, ``I``, ``D`` or ``N``; the shared one for alternatives; else empty."""
        if self.symbol:
            return STAGES[self.symbol][0]
        forms = {each.form for each in self.alternatives}
        return forms.pop() if len(forms) == 1 else ""

    @property
    def stage(self) -> float | None:
        """Numerical stage T of the RC3, -6 (cE) to 11 (cI), and 90 for I0, which has no place on the sequence.

        For alternatives it is their mean. None if the stage is not given, or if an alternative has no place.
        """
        if self.symbol:
            return STAGES[self.symbol][1]
        found = self._stages()
        return sum(found) / len(found) if found else None

    @property
    def spread(self) -> float | None:
        """Half of the range of T: 0 for one type, 1.5 for ``E/S0``; None if there is no T."""
        if self.symbol:
            return None if STAGES[self.symbol][1] is None else 0.0
        found = self._stages()
        return (max(found) - min(found)) / 2 if found else None

    @property
    def uncertain(self) -> bool:
        """Whether ``:`` or ``?`` puts the type as a whole, or its family, in doubt."""
        return "type" in self.doubts or "family" in self.doubts

    @property
    def inner_ring(self) -> bool:
        """Whether there is an inner ring, or a trace of one: ``r``, ``rs`` or ``rl``."""
        return "r" in self.variety

    def __str__(self) -> str:
        if self.outcome in ("unparsed", "empty"):
            return self.text if self.outcome == "unparsed" else ""
        words = self.words
        if self.outcome == "type":
            words = tuple(word for word in words if word not in _ADJECTIVES)
        return "; ".join(part for part in (self._body(), *words, *self.activity) if part)

    def _body(self) -> str:
        """Canonical notation without activity, and without words that are not adjectives of a type."""
        match self.outcome:
            case "alternatives":
                return "/".join(each._item() for each in self.alternatives)
            case "several":
                return " + ".join(f"({each._body()})" if each.alternatives else each._item() for each in self.objects)
            case "type":
                adjectives = [word for word in self.words if word in _ADJECTIVES]
                return " ".join([*adjectives, self._rings() + self._stem() + self._flags()])
            case _:
                return self._rings() + ("pec" + self._doubt("peculiar") if self.peculiar else "")

    def _item(self) -> str:
        return self._body() or " ".join(self.words)

    def _rings(self) -> str:
        return f"({''.join(self.rings)}{self._doubt('rings')})" if self.rings else ""

    def _stem(self) -> str:
        """Prefix, letter, family, variety and stage."""
        symbol = self.symbol
        variety = f"({self.variety}{self._doubt('variety')})" if self.variety else ""
        family = self.family + self._doubt("family")
        prefix = "d" + self._doubt("dwarf") if self.dwarf else ""
        ellipse = "" if self.ellipticity is None else f"{self.ellipticity:g}"
        if symbol[0] in "SI" and symbol != "Sph":
            bracket = f"({ellipse})" if ellipse else ""
            return f"{prefix}{symbol[0]}{family}{variety}{symbol[1:]}{bracket}"
        return f"{prefix}{symbol}{ellipse}"

    def _flags(self) -> str:
        return (
            self._doubt("type")
            + "(f)" * self.flagged
            + (",N" + self._doubt("nucleated") if self.nucleated else "")
            + (f" {self.luminosity}{self._doubt('luminosity')}" if self.luminosity else "")
            + (" pec" + self._doubt("peculiar") if self.peculiar else "")
            + (" sp" + self._doubt("spindle") if self.spindle else "")
        )

    def _doubt(self, what: str) -> str:
        return "?" if what in self.doubts else ""

    def _stages(self) -> list[float]:
        found = [each.stage for each in self.alternatives]
        placed = [stage for stage in found if stage is not None and stage != _OFF_SEQUENCE]
        return placed if len(placed) == len(found) else []
