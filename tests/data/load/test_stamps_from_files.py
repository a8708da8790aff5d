"""stamps_from_files: the order of the files, any executor, and no more in flight than needed."""

import pickle
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flat_images import Corner, load, save

import galmorph._workers.in_order as module
from galmorph.data import FileStamp, stamps_from_files
from galmorph.errors import ImageError, InvalidValueError, PoorImageError, SkippedImagesWarning
from galmorph.types import GalaxyImage, Stamp


class Lazy(Executor):
    """An executor that works only when a result is asked for, on pickled copies, and counts what is in flight."""

    def __init__(self) -> None:
        self.submitted = self.taken = self.most = self.cancelled = 0

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Promise a result."""
        self.submitted += 1
        self.most = max(self.most, self.submitted - self.taken)
        content = pickle.dumps((function, args, kwargs))
        owner = self

        class Later(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:  # noqa: ARG002  (it never waits)
                owner.taken += 1
                function, args, kwargs = pickle.loads(content)  # noqa: S301  (our own)
                return pickle.loads(pickle.dumps(function(*args, **kwargs)))  # noqa: S301

            def cancel(self) -> bool:
                owner.cancelled += 1
                return True

        return Later()


def test_executors_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads, and an executor on pickled copies, give what this thread gives, in the same order."""
    monkeypatch.setattr(module, "_IN_FLIGHT", 3)
    for number in range(30):
        save(tmp_path / f"{'xy'[number % 2]}/{number}.png", 255 if number == 7 else number)
    with warnings.catch_warnings(), ThreadPoolExecutor(3) as threads:
        warnings.simplefilter("ignore", SkippedImagesWarning)
        here, there, elsewhere = load(tmp_path), load(tmp_path, workers=threads), load(tmp_path, workers=Lazy())
    for other in (there, elsewhere):
        np.testing.assert_array_equal(here.stamps, other.stamps)
        assert list(here.table["path"]) == list(other.table["path"])
        assert here.table.meta == other.table.meta


def test_bounded(tmp_path: Path) -> None:
    """However many files there are, few are in flight, and those left over are cancelled when the caller stops."""
    path = save(tmp_path / "a.png", 1)
    lazy = Lazy()
    results = stamps_from_files([path] * 1000, Corner(), workers=lazy, progress=False)
    assert isinstance(next(results), FileStamp)
    assert lazy.most <= 64
    results.close()
    assert lazy.submitted - lazy.taken == lazy.cancelled > 0


def test_raise_cancels(tmp_path: Path) -> None:
    """The error of one image cancels the work on the others."""
    for number in range(400):
        save(tmp_path / f"x/{number:03}.png", 255)
    lazy = Lazy()
    with pytest.raises(PoorImageError, match=r"000\.png: too bright"):
        load(tmp_path, on_error="raise", workers=lazy)
    assert lazy.submitted - lazy.taken == lazy.cancelled > 0


def test_errors_in_place(tmp_path: Path) -> None:
    """The error of a file comes in the place of its stamp."""
    path = save(tmp_path / "a.png", 51)
    first, second, third = stamps_from_files([path, tmp_path / "none.png", str(path)], Corner(), progress=False)
    assert isinstance(first, FileStamp)
    assert isinstance(second, ImageError)
    assert isinstance(third, FileStamp)
    assert (first.name, first.path, first.pixel_scale, first.bands) == ("a", path, None, None)
    np.testing.assert_allclose(first.stamp.pixels, 0.2)


def test_one_path(tmp_path: Path) -> None:
    """One path instead of several is a mistake that would be taken for its letters."""
    with pytest.raises(InvalidValueError, match="paths: expected several files, got one"):
        list(stamps_from_files(str(tmp_path), Corner(), progress=False))


def test_recipe_bugs_surface(tmp_path: Path) -> None:
    """An error that is not about an image is not treated as one."""

    class Buggy(Corner):
        def __call__(self, image: GalaxyImage) -> Stamp:
            raise KeyError(f"bug with {image.name}")

    with pytest.raises(KeyError, match="bug"):
        list(stamps_from_files([save(tmp_path / "a.png", 1)], Buggy(), progress=False))


def test_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The progress bar counts images, or is silent."""
    paths = [save(tmp_path / "a.png", 1)] * 5
    list(stamps_from_files(paths, Corner()))
    assert "5/5" in capsys.readouterr().err
    list(stamps_from_files(paths, Corner(), progress=False))
    assert not capsys.readouterr().err
