"""Download an image for each galaxy of a catalogue, in as many runs as it takes."""

import os
from pathlib import Path

from astropy.table import Table

from galmorph._checks import check_positive_int
from galmorph._progress import tqdm
from galmorph.data._fetch.image_source import ImageSource, Target, targets_of
from galmorph.data._fetch.manifest import Manifest, read_entries, rows_table
from galmorph.data._fetch.manifest_db import ManifestRow, file_errors
from galmorph.data._fetch.one_galaxy import ImageRun, sha256_of
from galmorph.data._fetch.scratch import clear_scratch
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import OutageError

__all__ = ["fetch_images", "plan_fetch"]

_MAX_OUTAGES = 20  # galaxies in a row without an answer


def fetch_images(
    catalogue: Table,
    source: ImageSource,
    directory: str | os.PathLike[str],
    *,
    retry_failed: bool = False,
    helpdesk_agreed: bool = False,
    max_pixels: int = 6_000 * 6_000,
    progress: bool = True,
) -> Table:
    """Fetch one image of each galaxy of a catalogue into a folder.

    A run may stop at any moment (Ctrl-C, a full disk, ``kill -9``, a power cut). Images that were fetched stay, no file
    is left half-written under its name, and the next run fetches only the rest. The folder's manifest (SQLite, see
    `read_manifest`) says for each galaxy what happened. Only one run at a time may work in a folder.

    For each galaxy, the candidates of the source are tried in order. A file gets its name only after it was read: it
    must be one image of at most `max_pixels` pixels, at least half of them valid and not all equal, and must show the
    galaxy's position if it has celestial coordinates. If a file is not such an image, the next candidate is tried. If
    it could not be read, or the service refused it, it is requested once more before that. If the service is out of
    order (`galmorph.errors.OutageError`), the galaxy fails and no other candidate is tried, so that the data set does
    not depend on the state of the network. Files are named after the galaxies, in a safe way: ``[TH2002] 433`` becomes
    ``%5BTH2002%5D_433.fits.gz``. Downloaded files are never executed.

    Parameters
    ----------
    catalogue
        A table with a column ``name``, and for most sources ``ra`` and ``dec`` (degrees, or with a unit) and
        ``major_axis_arcmin`` (masked if the diameter is unknown). A name that occurs in several rows is fetched once.
    source
        Source of the images: `NedImages`, `HipsImages`, or your own `ImageSource`. All images in a folder come from one
        source with one set of options.
    directory
        The folder; it is created if it does not exist.
    retry_failed
        Whether to try the galaxies again that failed in an earlier run. They come last, the oldest try first.
    helpdesk_agreed
        Pass True after NED's helpdesk has agreed to a run of more than six hours.
    max_pixels
        The largest image that is kept, in pixels of all channels together.
    progress
        Whether to draw a progress bar on standard error.

    Returns
    -------
    astropy.table.Table
        The manifest of the catalogue's galaxies, in their order: ``name``, ``file`` (in the folder; empty if there is
        none), ``state`` (``done`` or ``failed``), ``reason``, ``url``, ``bytes``, ``sha256``, ``retrieved`` (ISO 8601,
        UTC), ``seconds``. ``meta["options"]`` holds the source and its options.

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
    OutageError
        If 20 galaxies in a row got no answer: the service or the network is out of order.
    BlockingIOError
        If another run is working in the folder.
    OSError
        If something can't be written: the disk is full, or permissions are missing.

    See Also
    --------
    plan_fetch : How many requests this takes.

    Examples
    --------
    >>> import tempfile
    >>> from astropy.table import Table
    >>> from galmorph.data import Answer, HipsImages, Transport, fetch_images
    >>> class Recorded(Transport):  # instead of the network
    ...     def get(self, request):
    ...         return Answer(url=request.full_url, content=b"<html>", content_type="text/html")
    >>> catalogue = Table({"name": ["NGC 4472"], "ra": [187.445], "dec": [8.0], "major_axis_arcmin": [10.2]})
    >>> source = HipsImages(survey="CDS/P/DSS2/red", transport=Recorded())
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     files = fetch_images(catalogue, source, directory, progress=False)
    >>> print(files["name"][0], files["state"][0])  # the answer was not an image
    NGC 4472 failed
    """
    check_positive_int("max_pixels", max_pixels)
    targets = targets_of(catalogue)
    folder = Path(directory)
    options = {"source": source.describe(), "max_pixels": max_pixels}
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with Manifest(folder, options) as manifest:
        _recover(manifest, folder)
        entries = manifest.entries()
        left = _remaining(targets, entries, folder, retry_failed=retry_failed)
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
                if outages == _MAX_OUTAGES:
                    raise OutageError(
                        f"{outages} galaxies in a row got no answer; the last reason: {entries[name].reason}; "
                        f"continue with retry_failed=True when the service works again"
                    )
    return rows_table([entries[name] for name in targets], options)


def plan_fetch(
    catalogue: Table, source: ImageSource, directory: str | os.PathLike[str], *, retry_failed: bool = False
) -> RequestPlan:
    """Count the requests that `fetch_images` with these arguments would send. Nothing is requested or written.

    Parameters
    ----------
    catalogue, source, directory, retry_failed
        As for `fetch_images`.

    Returns
    -------
    RequestPlan
        The number of requests, and how long they take.

    Raises
    ------
    InvalidValueError
        If the catalogue has no column ``name``, or a wrong value in a column.
    DatasetError
        If the folder holds images of another source.
    FileFormatError
        If the folder's manifest is damaged or from another version.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from galmorph.data import HipsImages, plan_fetch
    >>> catalogue = Table({"name": ["NGC 4472", "MESSIER 058"], "ra": [187.445, 189.431], "dec": [8.0, 11.818]})
    >>> print(plan_fetch(catalogue, HipsImages(survey="CDS/P/DSS2/red"), "images"))
    images of CDS/P/DSS2/red for 2 galaxies: 2 requests to send, at least 2 s at 1 s a request
    """
    targets = targets_of(catalogue)
    folder = Path(directory)
    entries = read_entries(folder, {"source": source.describe()})
    return source.plan(len(_remaining(targets, entries, folder, retry_failed=retry_failed)), helpdesk_agreed=True)


def _remaining(
    targets: dict[str, Target], entries: dict[str, ManifestRow], folder: Path, *, retry_failed: bool
) -> list[str]:
    """Names of the galaxies to fetch: first those that were never tried, then by the time of the last try."""
    remaining = []
    for name in targets:
        entry = entries.get(name)
        settled = entry is not None and (_has_file(folder, entry) if entry.state == "done" else not retry_failed)
        if not settled:
            remaining.append(name)
    return sorted(remaining, key=lambda name: entries[name].retrieved if name in entries else "")


def _has_file(folder: Path, entry: ManifestRow) -> bool:
    try:
        return (folder / entry.file).stat().st_size == entry.bytes
    except FileNotFoundError:
        return False


def _recover(manifest: Manifest, folder: Path) -> None:
    """Finish the work of a run that was killed: see `Manifest.announce`."""
    for entry in manifest.arriving():
        if _has_file(folder, entry) and sha256_of((folder / entry.file).read_bytes()) == entry.sha256:
            manifest.record(entry)
    manifest.forget_arriving()
    clear_scratch(folder)
