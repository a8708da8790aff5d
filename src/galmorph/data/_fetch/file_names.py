"""File names for galaxies: safe on every disk, different for different names, and readable back."""

import hashlib
import re
from urllib.parse import unquote_to_bytes

__all__ = ["MOST_BYTES", "file_stem", "original_name"]

MOST_BYTES = 200  # of a stem; a suffix, and what a copying program adds, must still fit into 255
_PLAIN = re.compile(rb"[A-Za-z0-9+.-]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_STEM = re.compile(r"((?:[A-Za-z0-9+._-]|%[0-9A-F]{2})*)(?:~([0-9A-F]+))?", re.ASCII)


def file_stem(name: str) -> str:
    """Write a name so that it can be that of a file.

    Letters, digits, ``+``, ``-`` and ``.`` stay; a blank becomes ``_``; everything else becomes the ``%XX`` of its
    bytes in UTF-8, and so does what Windows or a shell would misread: a dot or a minus in front, a dot at the end, the
    first letter of a device's name such as ``CON``. A name with small letters gets a tail ``~`` and a hexadecimal
    number whose bits tell which letters are small, so that names which differ in case alone stay apart on disks that
    ignore case. A stem of more than 200 bytes is cut, and ends with ``~h`` and the first 32 digits of the name's
    SHA-256; it is the only kind that can't be read back.

    Parameters
    ----------
    name
        Any text.

    Returns
    -------
    str
        From 1 to 200 ASCII characters, without a suffix.

    Examples
    --------
    >>> from galmorph.data._fetch.file_names import file_stem
    >>> file_stem("MESSIER 049"), file_stem("[TH2002] 433"), file_stem("../../x"), file_stem("Mrk 231")
    ('MESSIER_049', '%5BTH2002%5D_433', '%2E.%2F..%2Fx~1', 'Mrk_231~3')
    """
    content = name.encode("utf-8", "surrogatepass")
    escaped = "".join(_escape(content[i : i + 1]) for i in range(len(content)))
    if escaped[:1] in (".", "-") or _RESERVED.match(escaped):
        escaped = f"%{ord(escaped[0]):02X}{escaped[1:]}"
    if escaped.endswith("."):
        escaped = escaped[:-1] + "%2E"
    tail = _small_letters(escaped)
    stem = escaped + (f"~{tail:X}" if tail or not escaped else "")
    if len(stem) <= MOST_BYTES:
        return stem
    # Not within an escape, so that what is left can be read.
    start = re.sub("%.?$", "", escaped[: MOST_BYTES - 34])
    return f"{start}~h{hashlib.sha256(content).hexdigest()[:32]}"


def original_name(stem: str) -> str | None:
    """Read back the name from which `file_stem` made a stem.

    Parameters
    ----------
    stem
        Name of a file without its suffix, in any case.

    Returns
    -------
    str or None
        The name; None where the stem is not one of `file_stem`, or was cut.

    Examples
    --------
    >>> from galmorph.data._fetch.file_names import original_name
    >>> original_name("%5BTH2002%5D_433"), original_name("MRK_231~3"), original_name("no such [name]")
    ('[TH2002] 433', 'Mrk 231', None)
    """
    match = _STEM.fullmatch(re.sub("(%..|~.*)", lambda found: found[0].upper(), stem))
    if match is None:
        return None
    escaped, tail = match[1], int(match[2] or "0", 16)
    letters = _letters(escaped)
    if tail >= 1 << len(letters) and tail:
        return None
    characters = list(escaped)
    for bit, place in enumerate(reversed(letters)):
        characters[place] = characters[place].lower() if tail >> bit & 1 else characters[place].upper()
    content = unquote_to_bytes("".join(characters).replace("_", " "))
    try:
        name = content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return name if file_stem(name).upper() == stem.upper() else None


def _escape(byte: bytes) -> str:
    if _PLAIN.fullmatch(byte):
        return byte.decode("ascii")
    return "_" if byte == b" " else f"%{byte[0]:02X}"


def _letters(escaped: str) -> list[int]:
    """Where the letters stand that are not part of an escape."""
    return [found.start() for found in re.finditer("%..|([A-Za-z])", escaped) if found[1]]


def _small_letters(escaped: str) -> int:
    """Bits, the last letter's lowest, that tell which letters are small."""
    bits = 0
    for place in _letters(escaped):
        bits = bits << 1 | escaped[place].islower()
    return bits
