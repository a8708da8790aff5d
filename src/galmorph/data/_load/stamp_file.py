"""The file that stamps go to when memory is too small for them."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

__all__ = ["stamp_file"]


@contextmanager
def stamp_file(folder: Path, path: str | os.PathLike[str] | None) -> Iterator[Callable[[], BinaryIO]]:
    """Give what opens a file for stamps: without a name in the folder, or one that gets its name in the end.

    Raises
    ------
    FileExistsError
        If the path exists.
    """
    target = None if path is None else Path(path)
    if target is not None and target.exists():
        raise FileExistsError(f"{target}: exists; delete it, or write the stamps to another file")
    scratch: list[Path] = []
    with ExitStack() as stack:

        def opener() -> BinaryIO:
            if target is None:
                return cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile(dir=folder)))
            file = tempfile.NamedTemporaryFile(prefix=f".{target.name}.", dir=target.parent, delete=False)  # noqa: SIM115
            scratch.append(Path(file.name))
            return cast(BinaryIO, stack.enter_context(file))

        try:
            yield opener
            if target is not None and scratch:
                scratch[0].chmod(0o644)
                scratch[0].replace(target)
        except BaseException:
            with suppress(OSError):  # a full disk shows again as the last bytes are written out
                stack.close()
            for leftover in scratch:
                leftover.unlink(missing_ok=True)
            raise
