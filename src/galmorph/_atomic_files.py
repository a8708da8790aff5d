"""Write files so that they exist completely or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

__all__ = ["give_name", "scratch_file", "sync_folder", "write_atomically"]


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a file so that readers, and whoever looks after a crash, see the old content or the new one, never a mix.

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

    Parameters
    ----------
    folder
        The folder in which the file will get its name: files can be renamed atomically only within one disk.
    prefix
        Start of the scratch file's name. Begin it with a dot, so that the file is hidden.
    """
    # Not deleted by itself, because after renaming there would be nothing to delete.
    file = tempfile.NamedTemporaryFile(prefix=prefix, dir=folder, delete=False)  # noqa: SIM115
    try:
        yield cast(BinaryIO, file)
    finally:
        with suppress(OSError):  # if the disk is full, writing the last bytes fails a second time here
            file.close()
        Path(file.name).unlink(missing_ok=True)


def give_name(file: BinaryIO, path: Path) -> None:
    """Write a scratch file's content to the disk and rename the file, in place of any other with that name."""
    with file:
        file.flush()
        os.fsync(file.fileno())
    scratch = Path(file.name)
    scratch.chmod(0o644)
    scratch.replace(path)


def sync_folder(folder: Path) -> None:
    """Write a folder's list of names to the disk, so that a file that got its name keeps it after a power cut."""
    if os.name == "posix":  # other systems can't synchronise a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
