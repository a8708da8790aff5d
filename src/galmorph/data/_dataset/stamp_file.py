"""The file that holds stamps on disk when they don't fit into memory."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from galmorph._atomic_files import give_name, scratch_file

__all__ = ["stamp_file"]


@contextmanager
def stamp_file(folder: Path | None, path: str | os.PathLike[str] | None) -> Iterator[Callable[[], BinaryIO]]:
    """Give a function that opens a file for stamps.

    Without a `path`, the file has no name and is in `folder` or, if that is None, where the system has its temporary
    files. With one, it gets this name at the end, unless an error was raised.

    Raises
    ------
    FileExistsError
        If the path exists.
    """
    target = None if path is None else Path(path)
    if target is not None and target.exists():
        raise FileExistsError(f"{target}: exists; delete it, or write the stamps to another file")
    opened: list[BinaryIO] = []
    with ExitStack() as stack:

        def opener() -> BinaryIO:
            if target is None:
                file = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile(dir=folder)))
            else:
                file = stack.enter_context(scratch_file(target.parent, prefix=f".{target.name}."))
            opened.append(file)
            return file

        try:
            yield opener
        except BaseException:
            for file in opened:
                with suppress(OSError):  # if the disk is full, writing the last bytes fails a second time here
                    file.close()
            raise
        if target is not None:
            for file in opened:
                give_name(file, target)
