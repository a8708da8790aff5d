"""Galaxies that are left out of a data set: which ones, why, and how many for each reason."""

from collections import Counter
from collections.abc import Sequence

from galmorph.errors import ImageError, PoorImageError, UnreadableImageError, UnsuitableImageError

__all__ = ["LeftOutGalaxies", "plain"]

_REASONS = {
    UnreadableImageError: "image unreadable",
    UnsuitableImageError: "image unsuitable",
    PoorImageError: "image too poor",
}


class LeftOutGalaxies:
    """Galaxies left out of a data set.

    Parameters
    ----------
    names
        Names of all galaxies, as the catalogue or the labels give them.
    on_error
        ``"raise"`` to stop at the first image that is missing or unsound, ``"warn"`` to go on.
    """

    def __init__(self, names: Sequence[str], on_error: str) -> None:
        self.rows: set[int] = set()
        self.names = names
        self._raises = on_error == "raise"
        self._entries: list[tuple[int, str, str]] = []
        self._images: Counter[str] = Counter()

    def skip(self, row: int, reason: str, detail: str = "", *, image: bool = False) -> None:
        """Leave out a galaxy, because it has no sound `image` or for another reason; the detail may be long."""
        self.rows.add(row)
        self._entries.append((row, reason, f"{reason}: {detail}" if detail else reason))
        if image:
            self._images[reason] += 1

    def skip_image(self, row: int, error: ImageError, reason: str = "") -> None:
        """Leave out a galaxy whose image is missing or unsound, or raise the error."""
        if self._raises:
            raise error
        self.skip(row, reason or _REASONS.get(type(error), "no stamp"), str(error), image=True)

    @property
    def images(self) -> int:
        """Number of galaxies that are left out because they have no sound image."""
        return self._images.total()

    def reasons(self) -> list[str]:
        """Give the reason for each galaxy, in the order of the names."""
        return [reason for _, reason, _ in sorted(self._entries)]

    def entries(self) -> list[dict[str, str]]:
        """Give name and reason, with its details, of each galaxy, in the order of the names."""
        return [{"name": plain(self.names[row]), "reason": plain(detail)} for row, _, detail in sorted(self._entries)]

    def summary(self, *, images: bool = False) -> str:
        """Count the reasons, the most frequent first: all, or only those that concern images."""
        counts = self._images if images else Counter(self.reasons())
        return ", ".join(f"{reason} {count}" for reason, count in counts.most_common())


def plain(text: str) -> str:
    r"""Write the bytes of a file name that is not UTF-8 as ``\udcff``, so that tables and JSON can hold it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
