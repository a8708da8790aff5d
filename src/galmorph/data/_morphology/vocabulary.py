"""Words in type strings beyond the de Vaucouleurs notation: activity, descriptions, remarks, numbers of objects.

Put a new word into the pattern of its kind. If it has several spellings, add the canonical one to the table beside it.
"""

import re

__all__ = [
    "ACTIVITY",
    "OBJECT_WORD",
    "REMARK",
    "SEVERAL",
    "TYPE_WORD",
    "WORD",
    "activity_name",
    "object_name",
    "several_name",
    "word_name",
]

# Activity of the nucleus and kinds of spectrum, as NED writes them.
ACTIVITY = re.compile(
    r"""(?P<maybe>(?:[Pp]oss(?:ible)?\b|[Cc]and(?:idate)?\b)\.?\s*)?
    (?P<name>
      NLSy1 | Sy(?:fert)?(?:[123](?:\.[0-9]{1,2})?(?:-[123](?:\.[0-9])?)?)? | Seyfert(?:\s?[12])?
    | LINER[0-9]?(?:\.[0-9])? | Liner | HII | (?:NL|BL|LL|WL)?AGN[12]?
    | Sbrst | \*burst | [Ss]tarburst | SBNG | SBG | BrClG | BCDG | BlueCG | WR
    | NELG | EMLG | ELG | ALG | LEG | HEG | LERG | HERG | NLRG | BLRG | WLRG | RLG | RQQ | RET | PAS | PEG | SF
    | (?:LL|VL|UL|HL|L)IRG | BLLAC | BL\sLac | [Bb]lazar | FSRQ | QSO[12]? | FR\s?I{1,2} | Radio\sgal(?:axy)?
    | BH\snucleus
    )(?P<doubt>[:?]*)""",
    re.VERBOSE | re.ASCII,
)
_ACTIVITY_NAMES = {
    "Liner": "LINER",
    "*burst": "Sbrst",
    "starburst": "Sbrst",
    "Starburst": "Sbrst",
    "BL Lac": "BLLAC",
    "Blazar": "blazar",
    "FRI": "FR I",
    "FRII": "FR II",
    "Radio gal": "Radio galaxy",
    "Seyfert": "Sy",
    "Seyfert1": "Sy1",
    "Seyfert2": "Sy2",
}

# Types written out; "compact" and "open" may stand before any type.
TYPE_WORD = re.compile(
    r"(?:dwarf\s+(?P<dwarf>(?:E|elliptical|irregular|irr)(?![a-z]))|(?P<plain>elliptical|ellip|spiral|lenticular|irregular))"
    r"(?![a-z])\.?",
    re.IGNORECASE | re.ASCII,
)

# A description of one object that gives no type.
WORD = re.compile(
    r"(?P<name>very\s+compact|spherical\s+compact|compact|interacting|merger|merging|rings?|disturbed|tidal|jet"
    r"|(?:north|south|east|west)ern\s+component|extended\s+src\s+\[SDSS\]|2MASS\s+extended\s+ver\.2)"
    r"(?![a-z])(?P<doubt>[:?]*)",
    re.IGNORECASE | re.ASCII,
)
_WORD_NAMES = {"rings": "ring", "merging": "merger"}

# Objects without a type that may be joined to a galaxy by a plus sign.
OBJECT_WORD = re.compile(
    r"(?P<name>\*|star|(?:[0-9]\s?)?(?:companions?|comps?|CMP|COMP)|\.\.\.)(?![A-Za-z.])", re.ASCII
)

# Remarks after a semicolon, such as "v.br.blg" or "ext.LSB dsk".
_REMARK_WORDS = (
    "v|br|bright|blg|bulge|boxy|ext|LSB|HSB|dsk|disk|dust|lane|lanes|mult|sp|arms|asymm|compact|core|in|triplet|quartet"
    "|quintet|septet|pair|group|cluster|irr|struc|l|large|small|env|shells|warped|poss|larger|merger|red|blue|jet|bar|cand|dwarf"
)
REMARK = re.compile(rf"(?P<name>(?:(?:{_REMARK_WORDS})(?![A-Za-z])[.,]*\s?)+)(?P<doubt>[:?]*)", re.ASCII)

# Several objects, given by their number and not by a type for each.
SEVERAL = re.compile(
    r"""(?:
      (?P<system>double(?P<inner>[:?]?)\s+(?:system|galaxy)|dbl\s+sys|triple\s+(?:system|galaxy)|trp\s+sys
                |quadruple\s+system|multiple(?:\s+system)?|mult|pair(?!\s+of\s))(?![a-z.])
    | (?P<kind>group|chain|pair|triplet|quartet|quintet|sextet|septet|cluster)\s+of\s+
      (?P<what>(?:[0-9]+\s+)?
        (?:(?:E|S0|S)(?![a-z0-9])(?:(?:\s+and\s+|\s+or\s+|\s*[-/]\s*)(?:E|S0|S)(?![a-z0-9]))*|(?=ga))
      )(?:\s*ga(?:l(?:a(?:x(?:y|i(?:e(?:s)?)?)?)?)?)?\.?)?(?![a-z])
    )(?P<doubt>[:?]*)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_SYSTEMS = (("d", "double"), ("t", "triple"), ("q", "quadruple"), ("m", "multiple"))


def activity_name(match: re.Match[str]) -> str:
    """Canonical name of an activity, with ``?`` if the text calls it possible or marks it as doubtful."""
    name = " ".join(match["name"].split())
    name = _ACTIVITY_NAMES.get(name, _ACTIVITY_NAMES.get(name.replace(" ", ""), name))
    return name + ("?" if match["maybe"] or match["doubt"] else "")


def word_name(match: re.Match[str]) -> str:
    """Canonical form of a word or remark."""
    name = " ".join(match["name"].split()).rstrip(".,")
    if match.re is WORD:
        name = _WORD_NAMES.get(name.lower(), name.lower())
    return name + ("?" if match["doubt"] else "")


def object_name(match: re.Match[str]) -> str:
    """Canonical name of an object beside a galaxy."""
    name = match["name"].lower()
    if name.endswith("..."):
        return name
    number = name[0] + " " if name[0].isdigit() else ""
    if "c" not in name:
        return "star"
    return number + ("companions" if number or name.endswith("s") else "companion")


def several_name(match: re.Match[str]) -> str:
    """Canonical form of the words for several objects."""
    doubt = "?" if match["doubt"] or match["inner"] else ""
    if match["kind"]:
        what = match["what"].split()
        if not what and match["kind"].lower() == "pair":
            return "pair" + doubt
        if not what or what[-1].isdigit():
            what.append("galaxies")
        return " ".join([match["kind"].lower(), "of", *what]) + doubt
    system = match["system"].lower()
    if system.startswith("pair"):
        return "pair" + doubt
    return next(name for letter, name in _SYSTEMS if system.startswith(letter)) + " system" + doubt
