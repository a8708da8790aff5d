"""Fetch an image for each galaxy of a catalogue, so that nothing is lost whenever it ends."""

import os
from pathlib import Path
from typing import Literal, overload

from astropy.table import Table
from tqdm import tqdm

from galmorph._checks import check_positive_int
from galmorph.data._fetch.manifest import Manifest, entries_table, read_entries
from galmorph.data._fetch.manifest_db import ManifestRow, file_errors
from galmorph.data._fetch.one_galaxy import ImageRun, sha256_of
from galmorph.data._fetch.scratch import clear_scratch
from galmorph.data._fetch.source import ImageSource, Target, targets_of
from galmorph.data._web.plan import RequestPlan
from galmorph.errors import TransportError

__all__ = ["fetch_images"]

_MOST_OUTAGES = 20  # galaxies in a row that got no answer


@overload
def fetch_images(
    catalogue: Table,
    source: ImageSource,
    directory: str | os.PathLike[str],
    *,
    retry_failed: bool = ...,
    dry_run: Literal[False] = ...,
    helpdesk_agreed: bool = ...,
    max_pixels: int = ...,
    progress: bool = ...,
) -> Table: ...


@overload
def fetch_images(
    catalogue: Table,
    source: ImageSource,
    directory: str | os.PathLike[str],
    *,
    retry_failed: bool = ...,
    dry_run: Literal[True],
    helpdesk_agreed: bool = ...,
    max_pixels: int = ...,
    progress: bool = ...,
) -> RequestPlan: ...


def fetch_images(
    catalogue: Table,
    source: ImageSource,
    directory: str | os.PathLike[str],
    *,
    retry_failed: bool = False,
    dry_run: bool = False,
    helpdesk_agreed: bool = False,
    max_pixels: int = 6_000 * 6_000,
    progress: bool = True,
) -> Table | RequestPlan:
    """Fetch one image of each galaxy of a catalogue into a folder.

    A run may end at any moment (Ctrl-C, a full disk, ``kill -9``, a power cut): what was fetched stays, no file is left
    half-written under its name, and the next run does only what is left. The folder's manifest (SQLite, see
    `read_manifest`) tells for each galaxy what became of it; one run at a time may work in a folder.

    For each galaxy the source's candidates are tried in order. A file is read before it gets its name: it must be one
    image of at most `max_pixels` pixels, half of them valid and not all equal, and show the galaxy's position where it
    has celestial coordinates. What is no such image makes room for the next candidate; what could not be read, or was
    refused, is asked for once more before. Where the service is out of order (after all tries of the transport), the
    galaxy fails rather than take the next candidate, so that the data set does not depend on the weather of the
    network. Files are named after the galaxies, safely: ``[TH2002] 433`` becomes ``%5BTH2002%5D_433.fits.gz``.

    Nothing that comes is ever run.

    Parameters
    ----------
    catalogue
        A column ``name``, and for most sources ``ra`` and ``dec`` (degrees, or with a unit), and ``major_axis_arcmin``
        (masked where the diameter is unknown). A name that comes more than once is fetched once.
    source
        Where images come from: `NedImages`, `HipsImages`, or your own `ImageSource`. All images of a folder come from
        one source with one set of options.
    directory
        The folder; it is made if it does not exist.
    retry_failed
        Whether to try those again that failed in an earlier run; they come last, the oldest try first.
    dry_run
        Only tell how many requests are left, and how long they take; nothing is asked or written.
    helpdesk_agreed
        Pass True once the service's people have agreed to a run of more than six hours (NED).
    max_pixels
        The largest image that is kept, in pixels of all channels together.
    progress
        Whether to draw a progress bar on standard error.

    Returns
    -------
    astropy.table.Table or RequestPlan
        The manifest of the catalogue's galaxies, in their order: ``name``, ``file`` (in the folder; empty where there
        is none), ``state`` (``done`` or ``failed``), ``reason``, ``url``, ``bytes``, ``sha256``, ``retrieved`` (ISO
        8601, UTC), ``seconds``; ``meta["options"]`` tells source and options. With `dry_run`, the plan.

    Raises
    ------
    InvalidValueError
        If the catalogue has no column ``name``, or a wrong value in a column.
    DatasetError
        If the folder holds images of another source or other options.
    FileFormatError
        If the folder's manifest is damaged or from another version.
    LongRunError
        If the service wants to be asked before so long a run.
    TransportError
        If 20 galaxies in a row got no answer: the service is out of order, or the network.
    BlockingIOError
        If another run is at work in the folder.
    OSError
        If something can't be written: the disk is full, or rights are missing.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from galmorph.data import HipsImages, fetch_images
    >>> catalogue = Table({"name": ["NGC 4472", "MESSIER 058"], "ra": [187.445, 189.431], "dec": [8.0, 11.818]})
    >>> source = HipsImages(survey="CDS/P/DSS2/red")
    >>> print(fetch_images(catalogue, source, "images", dry_run=True))
    images of CDS/P/DSS2/red for 2 galaxies: 2 requests to send, at least 2 s at 1 s a request
    """
    check_positive_int("max_pixels", max_pixels)
    targets = targets_of(catalogue)
    folder = Path(directory)
    options = {"source": source.describe(), "max_pixels": max_pixels}
    if dry_run:
        left = _left(targets, read_entries(folder, options), folder, retry_failed=retry_failed)
        return source.plan(len(left), helpdesk_agreed=True)

    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with Manifest(folder, options) as manifest:
        _recover(manifest, folder)
        entries = manifest.entries()
        left = _left(targets, entries, folder, retry_failed=retry_failed)
        source.plan(len(left), helpdesk_agreed=helpdesk_agreed)
        run = ImageRun(source=source, folder=folder, manifest=manifest, max_pixels=max_pixels)
        outages = 0
        with tqdm(
            total=len(targets), initial=len(targets) - len(left), desc="images", unit="galaxy", disable=not progress
        ) as bar:
            for name in left:
                entries[name], answered = run.fetch(targets[name], entries.get(name))
                bar.update()
                outages = 0 if answered else outages + 1
                if outages == _MOST_OUTAGES:
                    raise TransportError(
                        f"{outages} galaxies in a row got no answer, the last one: {entries[name].reason}; "
                        f"go on with retry_failed=True when the service is well again"
                    )
    return entries_table([entries[name] for name in targets], options)


def _left(
    targets: dict[str, Target], entries: dict[str, ManifestRow], folder: Path, *, retry_failed: bool
) -> list[str]:
    """Names of what is left to do: what was never tried first, then by the time of the last try."""
    left = []
    for name in targets:
        entry = entries.get(name)
        settled = entry is not None and (_is_there(folder, entry) if entry.state == "done" else not retry_failed)
        if not settled:
            left.append(name)
    return sorted(left, key=lambda name: entries[name].retrieved if name in entries else "")


def _is_there(folder: Path, entry: ManifestRow) -> bool:
    try:
        return (folder / entry.file).stat().st_size == entry.bytes
    except FileNotFoundError:
        return False


def _recover(manifest: Manifest, folder: Path) -> None:
    """Finish what a run that was killed had begun."""
    for entry in manifest.arriving():
        if _is_there(folder, entry) and sha256_of((folder / entry.file).read_bytes()) == entry.sha256:
            manifest.record(entry)
    manifest.forget_arriving()
    clear_scratch(folder)
