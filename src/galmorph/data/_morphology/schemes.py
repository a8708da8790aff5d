"""Schemes: they turn a morphological type into one class, or give the reason why there is none."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32

from galmorph._checks import check, check_choice
from galmorph.data._morphology.morphology import Morphology
from galmorph.data._morphology.parser import parse_morphology
from galmorph.errors import InvalidValueError

__all__ = ["SCHEMES", "LeftOut", "Scheme", "get_scheme"]


@dataclass(frozen=True)
class LeftOut:
    """Result of a scheme for a galaxy that it cannot place in a class.

    Parameters
    ----------
    reason
        Why, in a few words that do not depend on the galaxy: galaxies are counted by reason.
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """Classes, and the rule that places a type in one of them.

    Parameters
    ----------
    name
        Name of the scheme.
    classes
        Names of the classes. A label is an index into them.
    rule
        A function that takes one type (a `Morphology` whose outcome is ``type``) and gives the name of its class, or
        `LeftOut`. The scheme handles all other outcomes; it places alternatives if all of them have the same class.
    keep_uncertain
        Whether types that ``:`` or ``?`` marks as uncertain are placed too. False leaves them out.

    Raises
    ------
    InvalidValueError
        If there are fewer than two classes, or one is named twice or has no name.

    Examples
    --------
    A scheme of your own, with and without rings:

    >>> from galmorph.data import Scheme
    >>> rings = Scheme(name="rings", classes=("plain", "ring"), rule=lambda galaxy: "ring" if galaxy.rings else "plain")
    >>> labels, left_out = rings.label(["(R)SB(r)0/a", "SB(s)c", "SB(s)c + E", ""])
    >>> labels
    array([ 1,  0, -1, -1], dtype=int32)
    >>> left_out
    Counter({'several objects': 1, 'no text': 1})
    """

    name: str
    classes: tuple[str, ...]
    rule: Callable[[Morphology], str | LeftOut]
    keep_uncertain: bool = True

    def __post_init__(self) -> None:
        check(
            len(self.classes) >= 2 and len(set(self.classes)) == len(self.classes) and all(self.classes),
            f"classes: expected at least two different names, got {self.classes!r}",
        )

    def __call__(self, galaxy: Morphology) -> str | LeftOut:
        """Place a galaxy in a class.

        Parameters
        ----------
        galaxy
            Its type, from `parse_morphology`.

        Returns
        -------
        str or LeftOut
            One of `classes`, or the reason why there is none.

        Raises
        ------
        InvalidValueError
            If the rule gives a name that is not one of `classes`.
        """
        if galaxy.outcome in _NO_TYPE:
            return LeftOut(_NO_TYPE[galaxy.outcome])
        if galaxy.uncertain and not self.keep_uncertain:
            return LeftOut("uncertain type")
        placed = [self._place(each) for each in galaxy.alternatives or (galaxy,)]
        if len(set(placed)) == 1:
            return placed[0]
        return LeftOut("alternatives in different classes")

    def label(self, texts: Iterable[object]) -> tuple[Int32[np.ndarray, "galaxies"], Counter[str]]:
        """Label many galaxies, and count those left out by reason.

        Parameters
        ----------
        texts
            Type strings; a masked element of a column counts as empty.

        Returns
        -------
        labels
            Index into `classes`, or -1 for a galaxy that is left out; of shape ``(galaxies,)``.
        left_out
            Number of galaxies by reason.

        Raises
        ------
        InvalidValueError
            If `texts` is a single str, one of them is neither a str nor masked, or the rule gives a name that is
            not one of `classes`.
        """
        numbers = {name: number for number, name in enumerate(self.classes)}
        known: dict[str, str | LeftOut] = {}
        labels: list[int] = []
        left_out: Counter[str] = Counter()
        check(not isinstance(texts, str), f"texts: got the text {texts!r}, expected many texts; put it in a list")
        for given in texts:
            text = "" if np.ma.is_masked(given) else given
            if not isinstance(text, str):
                raise InvalidValueError(f"texts: expected only str, got {text!r}; use '' if there is no type")
            if text not in known:
                known[text] = self(parse_morphology(text))
            placed = known[text]
            if isinstance(placed, LeftOut):
                left_out[placed.reason] += 1
                labels.append(-1)
            else:
                labels.append(numbers[placed])
        return np.array(labels, dtype=np.int32), left_out

    def _place(self, galaxy: Morphology) -> str | LeftOut:
        if galaxy.outcome != "type":
            return LeftOut(_NO_TYPE[galaxy.outcome])
        placed = self.rule(galaxy)
        if not isinstance(placed, LeftOut):
            check(
                placed in self.classes,
                f"scheme {self.name!r}: the rule gave {placed!r} for {str(galaxy)!r}; expected one of "
                f"{', '.join(map(repr, self.classes))}, or LeftOut with a reason",
            )
        return placed

    def __repr__(self) -> str:
        return f"Scheme({self.name!r}, classes={self.classes!r})"


_NO_TYPE = {
    "several": "several objects",
    "word": "no type, only words",
    "activity": "no type, only activity",
    "empty": "no text",
    "unparsed": "unparsed",
}
_HUBBLE_STAGES = ("E", "S0", "S0/a", "Sa", "Sb", "Sc", "Sd", "Sm", "Im")


def _hubble(galaxy: Morphology) -> str | LeftOut:
    match galaxy.form:
        case "E" | "S0" | "S":
            return galaxy.form
        case "S0/a":
            return "S"
        case "I":
            return "Irr"
        case form:
            return LeftOut(f"form {form} has no place in the sequence")


def _hubble_stages(galaxy: Morphology) -> str | LeftOut:
    form, stage = galaxy.form, galaxy.stage
    if form in ("E", "S0", "S0/a"):
        return form
    if stage is None:
        return LeftOut("stage not given")
    if stage > 10:
        return LeftOut("stage off the sequence E to Im")
    return _HUBBLE_STAGES[8 if stage == 10 else 3 + int(stage - 1) // 2]


def _bars(galaxy: Morphology) -> str | LeftOut:
    return galaxy.family or LeftOut("no bar family")


def _hubble_bars(galaxy: Morphology) -> str | LeftOut:
    match galaxy.form:
        case "E" | "S0" | "S0/a":
            return galaxy.form
        case "S":
            return _bars(galaxy)
        case "I":
            return LeftOut("irregular")
        case form:
            return LeftOut(f"form {form} has no place in the sequence")


def _early_late(galaxy: Morphology) -> str | LeftOut:
    placed = _hubble(galaxy)
    if isinstance(placed, LeftOut):
        return placed
    return "early" if placed in ("E", "S0") else "late"


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme(name="hubble", classes=("E", "S0", "S", "Irr"), rule=_hubble),
        Scheme(name="hubble-stages", classes=_HUBBLE_STAGES, rule=_hubble_stages),
        Scheme(name="bars", classes=("A", "AB", "B"), rule=_bars),
        Scheme(name="hubble-bars", classes=("E", "S0", "S0/a", "A", "AB", "B"), rule=_hubble_bars),
        Scheme(name="early-late", classes=("early", "late"), rule=_early_late),
    )
}


def get_scheme(name: str) -> Scheme:
    """Find a scheme by its name.

    ==============  ============================================================================================
    hubble          E, S0, S (S0/a to Sm), Irr
    hubble-stages   E, S0, S0/a, Sa (Sa, Sab), Sb (Sb, Sbc), Sc (Sc, Scd), Sd (Sd, Sdm), Sm, Im
    bars            A (no bar), AB (weak), B (bar), at any stage, if the type gives the family
    hubble-bars     E, S0, S0/a, and the spirals as A, AB, B
    early-late      early (E, S0), late (S0/a and beyond)
    ==============  ============================================================================================

    The borders are those of the RC3, where S0/a (T = 0) begins the spirals, and of Cappellari et al. (2011), where
    early types have T of at most -0.5.

    Parameters
    ----------
    name
        One of the names above.

    Returns
    -------
    Scheme
        The scheme that turns types into classes.

    Raises
    ------
    InvalidValueError
        If there is no scheme of this name.

    References
    ----------
    Cappellari et al. (2011), "The ATLAS3D project - I", MNRAS 413, 813.

    Examples
    --------
    >>> from galmorph.data import get_scheme
    >>> labels, left_out = get_scheme("hubble-bars").label(["SAB(rs)bc", "E0", "SB0/a", "Sb", "E/S0", "INTERACTING"])
    >>> labels
    array([ 4,  0,  2, -1, -1, -1], dtype=int32)
    >>> for reason, galaxies in left_out.items():
    ...     print(galaxies, reason)
    1 no bar family
    1 alternatives in different classes
    1 no type, only words
    """
    check_choice("scheme", name, SCHEMES)
    return SCHEMES[name]
