"""Axes and columns that the headers of a FITS file promise, counted before astropy makes a list of them."""

import io
import math
import re
from pathlib import Path

from galmorph.errors import UnreadableImageError

__all__ = ["check_counts"]

_BLOCK = 2880
_CARD = 80
_MOST = 999  # axes and columns: FITS Standard 4.0, sections 4.4.1.1 and 7.3.1
_LONGEST = 10_000  # blocks of a header; a long history has some dozens
_NUMBER = re.compile(rb"(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS|TFIELDS) *= *([+-]?\d+|T(?= |/)|)")


def check_counts(file: io.BufferedReader | io.BytesIO, path: Path) -> None:
    """Refuse headers with more axes or columns than the standard allows, and such as never end.

    Only the few cards that give the size of an HDU are looked at. A file of which even these can't be understood is
    left to astropy, which says what is wrong.
    """
    file.seek(0)
    while cards := _header(file, path):
        values: dict[str, bytes] = {}
        for match in filter(None, map(_NUMBER.match, cards)):
            values.setdefault(match[1].decode(), match[2])  # of a repeated card, astropy takes the first
        numbers = {key: int(text) for key, text in values.items() if text not in (b"", b"T")}
        for key in ("NAXIS", "TFIELDS"):
            if numbers.get(key, 0) > _MOST:
                raise UnreadableImageError(
                    f"{path}: damaged FITS file ({key} = {numbers[key]}; the standard allows at most {_MOST}); "
                    "fetch it again"
                )
        axes = [numbers.get(f"NAXIS{axis + 1}", 0) for axis in range(numbers.get("NAXIS", 0))]
        if "GROUPS" in values and axes and axes[0] == 0:  # random groups: the first axis is no axis
            axes = axes[1:]
        count = math.prod(axes) if axes else 0
        size = abs(numbers.get("BITPIX", 8)) // 8 * numbers.get("GCOUNT", 1) * (numbers.get("PCOUNT", 0) + count)
        if not 0 <= size < 1 << 62 or min(numbers.get("PCOUNT", 0), numbers.get("GCOUNT", 1)) < 0:
            # After a negative size, astropy reads the same HDU again, for ever.
            raise UnreadableImageError(f"{path}: damaged FITS file (an HDU of {size} bytes); fetch it again")
        file.seek(-(-size // _BLOCK) * _BLOCK, io.SEEK_CUR)
    file.seek(0)


def _header(file: io.BufferedReader | io.BytesIO, path: Path) -> list[bytes]:
    """Cards of the next header; none at the end of the file, or where it does not go on as FITS."""
    cards: list[bytes] = []
    for _ in range(_LONGEST):
        block = file.read(_BLOCK)
        if not block or (not cards and not block.startswith((b"SIMPLE", b"XTENSION"))):
            return []
        cards += [block[start : start + _CARD] for start in range(0, len(block), _CARD)]
        if any(card[:8] == b"END     " for card in cards[-_BLOCK // _CARD :]):
            return cards
    raise UnreadableImageError(
        f"{path}: damaged FITS file (a header of more than {_LONGEST * _BLOCK >> 20} MiB); fetch it again"
    )
