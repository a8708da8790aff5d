"""File names for galaxies that are safe on every disk and different for different names."""

import hashlib
import re

__all__ = ["MAX_BYTES", "file_stem"]

MAX_BYTES = 200  # of a stem: 255 must also hold a suffix, and what a copying program may add
_PLAIN = re.compile(rb"[A-Za-z0-9+.-]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def file_stem(name: str) -> str:
    """Write a galaxy's name as a file name without suffix.

    Letters, digits, ``+``, ``-`` and ``.`` stay, and a blank becomes ``_``. All other characters become ``%XX``, the
    hexadecimal values of their bytes in UTF-8. So do characters that Windows or a shell would misread: a dot or minus
    at the start, a dot at the end, the first letter of a device name such as ``CON``.

    A name with small letters gets a tail: ``~`` and a hexadecimal number whose bits say which letters are small. So
    names that differ only in case have different files even on disks that ignore case. A stem of more than 200 bytes
    is cut, and ends with ``~h`` and the first 32 digits of the name's SHA-256. Every other stem can be decoded to its
    name.

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
    # A name without characters gets a tail, too, because a file needs a name.
    stem = escaped + (f"~{tail:X}" if tail or not escaped else "")
    if len(stem) <= MAX_BYTES:
        return stem
    start = re.sub("%.?$", "", escaped[: MAX_BYTES - 34])  # without an escape that was cut in the middle
    return f"{start}~h{hashlib.sha256(content).hexdigest()[:32]}"


def _escape(byte: bytes) -> str:
    if _PLAIN.fullmatch(byte):
        return byte.decode("ascii")
    return "_" if byte == b" " else f"%{byte[0]:02X}"


def _small_letters(escaped: str) -> int:
    """Bits that say which letters outside of escapes are small; the lowest bit is that of the last letter."""
    bits = 0
    for found in re.finditer("%..|([A-Za-z])", escaped):
        if found[1]:
            bits = bits << 1 | found[1].islower()
    return bits
