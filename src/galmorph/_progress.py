"""Progress bars: a widget in notebooks that have ipywidgets, text elsewhere."""

import sys
import warnings
from typing import Any

from tqdm import TqdmWarning

with warnings.catch_warnings():
    # Without ipywidgets, a notebook gets bars of text, which is no reason to warn whoever imports galmorph.
    warnings.simplefilter("ignore", TqdmWarning)
    from tqdm.auto import tqdm as _tqdm

__all__ = ["tqdm"]

_IN_A_FILE = 30.0  # seconds between two lines in the log of a job

_WIDGET = any(cls.__module__ == "tqdm.notebook" for cls in _tqdm.__mro__)


class tqdm(_tqdm):  # type: ignore[type-arg]  # noqa: N801  (generic in its stubs alone; known by this name)
    """A progress bar that seldom writes if nobody watches it: a log would get ten lines a second."""

    def __init__(self, *args: Any, **options: Any) -> None:
        if not _WIDGET and not sys.stderr.isatty():
            options.setdefault("mininterval", _IN_A_FILE)
            options.setdefault("maxinterval", _IN_A_FILE)
        super().__init__(*args, **options)
