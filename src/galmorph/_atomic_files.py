"""Write files so that they exist completely or not at all."""

import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

_POSIX = os.name == "posix"
if _POSIX:  # Windows has no such locks, and refuses to delete an open file
    import fcntl

__all__ = ["give_folder_name", "give_name", "scratch_file", "scratch_folder", "sync_folder", "write_atomically"]

# Scratch files of this machine end so. Those of other machines in a shared folder are left to their own next writer.
_MACHINE = hashlib.sha256(platform.node().encode("utf-8", "replace")).hexdigest()[:6]
_ENDING = re.compile(rf"galmorph-{_MACHINE}-[0-9a-f]{{8}}")
_LONGEST_PREFIX = 200  # bytes; most file systems take names of 255
_OWNED = ".written"  # locked file in a scratch folder
_looked_through: set[tuple[int, int]] = set()  # folders in which this process looked for files of dead ones


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a file so that readers, and whoever looks after a crash, see the old content or the new one, never a mix.

    The file gets the permissions that the umask leaves.

    Parameters
    ----------
    path
        Where to write. Missing folders are made.
    content
        The whole content.

    Raises
    ------
    OSError
        If the file can't be written; the message names `path`, not the scratch file.
    """
    path = Path(path)
    try:
        if path.is_dir():  # which not every system says
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_file(path.parent, prefix=f".{path.name}.") as file:
            file.write(content)
            give_name(file, path)
    except OSError as error:
        # A folder can't be made if a file has its name. Python finds the class of the error by its number.
        number = errno.ENOTDIR if isinstance(error, FileExistsError) else error.errno or errno.EIO
        reason = f"can't write this file ({os.strerror(number)}); choose a file name in a folder that you can write to"
        raise OSError(number, reason, str(path)) from error


@contextmanager
def scratch_file(folder: Path, *, prefix: str) -> Iterator[BinaryIO]:
    """Open a new file in a folder; it is deleted at the end unless `give_name` has renamed it.

    The file is locked. What processes of this machine left in the folder when they were killed has no lock any more,
    and is removed when this process first writes there.

    Parameters
    ----------
    folder
        The folder in which the file will get its name: files can be renamed atomically only within one disk.
    prefix
        Start of the scratch file's name. Begin it with a dot, so that the file is hidden.
    """
    _remove_abandoned(folder)
    file = _open_locked(folder, prefix)
    try:
        yield file
    finally:
        with suppress(OSError):  # if the disk is full, writing the last bytes fails a second time here
            file.close()
        Path(file.name).unlink(missing_ok=True)


@contextmanager
def scratch_folder(folder: Path, *, prefix: str) -> Iterator[Path]:
    """Make a new folder in a folder; it is deleted at the end unless `give_folder_name` has renamed it.

    A hidden file in it is locked, as a `scratch_file` is.
    """
    _remove_abandoned(folder)
    scratch, file = _make_locked(folder, prefix)
    try:
        with file:
            yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def give_name(file: BinaryIO, path: Path) -> None:
    """Write a scratch file's content to the disk and rename the file, in place of any other with that name."""
    with file:
        file.flush()
        os.fsync(file.fileno())
        if _POSIX:
            Path(file.name).replace(path)  # while it is locked, so that nobody takes it for abandoned
    if not _POSIX:
        Path(file.name).replace(path)


def give_folder_name(scratch: Path, folder: Path) -> None:
    """Rename a scratch folder.

    Raises
    ------
    FileExistsError
        If something has that name, unless it is an empty folder.
    """
    sync_folder(scratch)
    try:
        scratch.replace(folder)
    except OSError as error:
        if folder.exists():
            raise FileExistsError(errno.EEXIST, "exists by now; choose another name", str(folder)) from error
        raise
    (folder / _OWNED).unlink(missing_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Write a folder's list of names to the disk, so that a file that got its name keeps it after a power cut."""
    if os.name == "posix":  # other systems can't synchronise a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _scratch_name(prefix: str) -> str:
    short = os.fsdecode(os.fsencode(prefix)[:_LONGEST_PREFIX])
    return f"{short}galmorph-{_MACHINE}-{secrets.token_hex(4)}"


def _open_locked(folder: Path, prefix: str) -> BinaryIO:
    """Open a new file and lock it. The permissions are those that the umask leaves."""
    while True:
        path = folder / _scratch_name(prefix)
        file = cast(BinaryIO, path.open("x+b"))
        _lock(file)
        if path.exists():
            return file
        file.close()  # another process took it for abandoned before it was locked


def _make_locked(folder: Path, prefix: str) -> tuple[Path, BinaryIO]:
    """Make a new folder, with a locked file in it."""
    while True:
        scratch = folder / _scratch_name(prefix)
        scratch.mkdir()
        try:
            file = (scratch / _OWNED).open("xb")
        except FileNotFoundError:
            continue  # another process took it for abandoned before the file was there
        if not _lock(file):
            file.close()  # Windows renames no folder with an open file
        return scratch, cast(BinaryIO, file)


def _lock(file: BinaryIO) -> bool:
    """Lock an open file until it is closed; False if another process holds the lock or the file system has none."""
    if not _POSIX:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_abandoned(folder: Path) -> None:
    """Remove the scratch files and folders of processes that were killed, once for each folder."""
    with suppress(OSError):
        found = folder.stat()
        if not _POSIX or (found.st_dev, found.st_ino) in _looked_through:
            return
        _looked_through.add((found.st_dev, found.st_ino))
        with os.scandir(folder) as entries:
            old = [entry for entry in entries if entry.name.startswith(".") and _ENDING.search(entry.name)]
        for entry in old:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                _remove_abandoned_folder(path)
                continue
            with suppress(OSError), path.open("r+b") as file:
                if _lock(file):
                    path.unlink()


def _remove_abandoned_folder(scratch: Path) -> None:
    """Remove a scratch folder unless its file is locked; the file last, so that the next one can end what is begun."""
    with suppress(OSError), (scratch / _OWNED).open("r+b") as file:
        if not _lock(file):
            return
        for path in scratch.iterdir():
            if path.name != _OWNED:
                path.unlink()
        (scratch / _OWNED).unlink()
    with suppress(OSError):
        scratch.rmdir()  # only if it is empty
