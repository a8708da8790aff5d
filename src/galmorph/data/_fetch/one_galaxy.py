"""One galaxy's image: from a source's candidates to a file under its name and a row in the manifest."""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from galmorph.data._fetch.check_image import check_image
from galmorph.data._fetch.file_names import file_stem
from galmorph.data._fetch.manifest import Manifest
from galmorph.data._fetch.manifest_db import ManifestRow
from galmorph.data._fetch.scratch import give_name, scratch_file, suffix_of
from galmorph.data._fetch.source import Candidate, ImageSource, Target
from galmorph.data._web.body import HiccupError
from galmorph.errors import ImageError, ServiceError, TransportError, UnsuitableImageError

__all__ = ["ImageRun", "sha256_of"]

_MOST_REASON = 1000  # characters


class _InTheWayError(UnsuitableImageError):
    """A file of this name is there, and not from here."""


@dataclass(frozen=True, kw_only=True)
class ImageRun:
    """What all galaxies of a run share."""

    source: ImageSource
    folder: Path
    manifest: Manifest
    max_pixels: int

    def fetch(self, galaxy: Target, known: ManifestRow | None) -> tuple[ManifestRow, bool]:
        """Fetch a galaxy's image; return what became of it, and whether the service was there."""
        start = time.monotonic()
        url, reasons, answered = "", [], True
        try:
            for candidate in self.source.candidates(galaxy):
                url = candidate.url
                try:
                    return self._keep(candidate, galaxy, known, start), True
                except (ServiceError, ImageError) as error:
                    if _is_outage(error) or isinstance(error, _InTheWayError):
                        raise
                    reasons.append(str(error))
        except (ServiceError, ImageError) as error:
            reasons.append(str(error))
            answered = not _is_outage(error)
        reason = _shorten("; ".join(reasons) or "the source offers no image")
        entry = ManifestRow(
            name=galaxy.name, url=url, reason=reason, retrieved=_now(), seconds=time.monotonic() - start
        )
        self.manifest.record(entry)
        return entry, answered

    def _keep(self, candidate: Candidate, galaxy: Target, known: ManifestRow | None, start: float) -> ManifestRow:
        try:
            return self._try(candidate, galaxy, known, start)
        except UnsuitableImageError:
            raise
        except (ServiceError, ImageError) as error:
            if _is_outage(error):
                raise
            # An error page, noise, a refusal: once more, lest an accident decide which candidate is taken.
            return self._try(candidate, galaxy, known, start)

    def _try(self, candidate: Candidate, galaxy: Target, known: ManifestRow | None, start: float) -> ManifestRow:
        content = self.source.fetch(candidate)
        sha256 = sha256_of(content)
        path = self.folder / (file_stem(galaxy.name) + suffix_of(content))
        with scratch_file(self.folder, content) as scratch:
            try:
                check_image(scratch, galaxy, max_pixels=self.max_pixels)
            except ImageError as error:
                # The address tells more than a name that is gone by then.
                raise type(error)(str(error).replace(str(scratch), candidate.url)) from error
            ours = known is not None and known.file == path.name
            if path.exists() and not ours and sha256_of(path.read_bytes()) != sha256:
                raise _InTheWayError(f"{path}: this file is there, and not from here; move it away, then retry_failed")
            entry = ManifestRow(
                name=galaxy.name,
                file=path.name,
                state="done",
                url=candidate.url,
                bytes=len(content),
                sha256=sha256,
                retrieved=_now(),
                seconds=time.monotonic() - start,
            )
            self.manifest.announce(entry)
            give_name(scratch, path)
        self.manifest.record(entry)
        return entry


def _is_outage(error: Exception) -> bool:
    """Whether a service did not answer although it was asked several times."""
    return isinstance(error, TransportError) and isinstance(error.__cause__, HiccupError)


def _shorten(reason: str) -> str:
    text = reason.encode("utf-8", "replace").decode()
    return text if len(text) <= _MOST_REASON else text[: _MOST_REASON - 3] + "..."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def sha256_of(content: bytes) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
