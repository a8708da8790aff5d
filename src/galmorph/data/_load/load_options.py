"""Options that all loaders of images take."""

from concurrent.futures import Executor
from dataclasses import dataclass

from galmorph._checks import check_choice
from galmorph.data._load.workers import check_workers

__all__ = ["LoadOptions"]


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How images are read and stamps are kept; `galmorph.data.load_image_folder` describes each option.

    Raises
    ------
    InvalidValueError
        If an option is not one of its values.
    """

    workers: int | Executor | None
    on_error: str
    progress: bool
    dtype: str

    def __post_init__(self) -> None:
        check_workers(self.workers)
        check_choice("on_error", self.on_error, ("warn", "raise"))
        check_choice("dtype", self.dtype, ("uint8", "float16", "float32"))
