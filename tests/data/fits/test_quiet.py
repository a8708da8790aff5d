"""Warnings of other libraries are hidden from the user within a block, and only there."""

import threading
import warnings

import pytest

from galmorph.data._fits.quiet import quiet


def test_chosen_warnings_are_ignored() -> None:
    """Within the block the chosen classes of warnings are ignored, and no others; after it, all are shown again."""
    with quiet(DeprecationWarning, UserWarning):
        warnings.warn("hidden", UserWarning, stacklevel=1)
        warnings.warn("hidden", DeprecationWarning, stacklevel=1)
        with pytest.warns(RuntimeWarning, match="shown"):
            warnings.warn("shown", RuntimeWarning, stacklevel=1)
    with pytest.warns(UserWarning, match="shown"):
        warnings.warn("shown", UserWarning, stacklevel=1)


def test_threads_restore_the_filters() -> None:
    """Many threads that enter and leave the block leave the filters of the process as they were."""
    before = list(warnings.filters)

    def work() -> None:
        for _ in range(50):
            with quiet(UserWarning):
                warnings.warn("hidden", UserWarning, stacklevel=1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
