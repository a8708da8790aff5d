"""Download the image of one galaxy: from the candidates of a source to a file and a row in the manifest."""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from galmorph._atomic_files import give_name, sync_folder
from galmorph.data._fetch.check_image import check_image
from galmorph.data._fetch.file_names import file_stem
from galmorph.data._fetch.image_source import Candidate, ImageSource, Target
from galmorph.data._fetch.manifest import Manifest
from galmorph.data._fetch.manifest_db import ManifestRow, file_errors
from galmorph.data._fetch.scratch import scratch_copy
from galmorph.data._images.formats import suffix_of
from galmorph.errors import ImageError, OutageError, ServiceError, UnsuitableImageError

__all__ = ["ImageRun", "sha256_of"]

_MAX_REASON = 1000  # characters


class _ForeignFileError(UnsuitableImageError):
    """A file with this name already exists, and fetch_images did not write it."""


@dataclass(frozen=True, kw_only=True)
class ImageRun:
    """The source, folder, manifest and limit that all galaxies of a run share."""

    source: ImageSource
    folder: Path
    manifest: Manifest
    max_pixels: int

    def fetch(self, galaxy: Target, known: ManifestRow | None) -> tuple[ManifestRow, bool]:
        """Fetch a galaxy's image; return its row of the manifest, and False if there was an outage, else True."""
        start = time.monotonic()
        url, reasons, answered = "", [], True
        try:
            for candidate in self.source.candidates(galaxy):
                url = candidate.url
                try:
                    return self._keep(candidate, galaxy, known, start), True
                except (ServiceError, ImageError) as error:
                    if isinstance(error, (OutageError, _ForeignFileError)):
                        raise
                    reasons.append(str(error))
        except (ServiceError, ImageError) as error:
            reasons.append(str(error))
            answered = not isinstance(error, OutageError)
        reason = _shorten("; ".join(reasons) or "the source offers no image")
        entry = ManifestRow(
            name=galaxy.name, url=url, reason=reason, retrieved=_now(), seconds=time.monotonic() - start
        )
        self.manifest.record(entry)
        return entry, answered

    def _keep(self, candidate: Candidate, galaxy: Target, known: ManifestRow | None, start: float) -> ManifestRow:
        try:
            return self._try(candidate, galaxy, known, start)
        except (UnsuitableImageError, OutageError):
            raise
        except (ServiceError, ImageError):
            # An error page, noise, a refusal: try again, so that chance does not decide which candidate is used.
            return self._try(candidate, galaxy, known, start)

    def _try(self, candidate: Candidate, galaxy: Target, known: ManifestRow | None, start: float) -> ManifestRow:
        content = self.source.fetch(candidate)
        sha256 = sha256_of(content)
        path = self.folder / (file_stem(galaxy.name) + suffix_of(content))
        with scratch_copy(self.folder, content) as scratch:
            try:
                check_image(Path(scratch.name), galaxy, max_pixels=self.max_pixels)
            except ImageError as error:
                # The scratch file will be gone, so the message gives the address instead.
                raise type(error)(str(error).replace(scratch.name, candidate.url)) from error
            ours = known is not None and known.file == path.name
            if path.exists() and not ours and sha256_of(path.read_bytes()) != sha256:
                raise _ForeignFileError(
                    f"{path}: a file with this name exists, and fetch_images did not write it; move it away, then "
                    f"pass retry_failed=True"
                )
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
            with file_errors(path):
                give_name(scratch, path)
                sync_folder(self.folder)  # before the manifest says that the file exists
        self.manifest.record(entry)
        return entry


def _shorten(reason: str) -> str:
    text = reason.encode("utf-8", "replace").decode()
    return text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 3] + "..."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def sha256_of(content: bytes) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
