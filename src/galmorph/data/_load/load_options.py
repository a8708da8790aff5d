"""Options that all loaders of images take."""

from concurrent.futures import Executor
from dataclasses import dataclass

from galmorph._checks import check_choice

__all__ = ["LoadOptions"]


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How images are read and stamps are kept; `galmorph.data.load_image_folder` describes each option.

    Raises
    ------
    InvalidValueError
        If `on_error` or `dtype` is not one of its values.
    """

    executor: Executor | None
    on_error: str
    progress: bool
    dtype: str

    def __post_init__(self) -> None:
        check_choice("on_error", self.on_error, ("warn", "raise"))
        check_choice("dtype", self.dtype, ("uint8", "float16", "float32"))
