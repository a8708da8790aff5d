"""Progress bars in a terminal and in a file."""

import io

import pytest

from galmorph._progress import tqdm


class Screen(io.StringIO):
    """Standard error, of a terminal or a file."""

    def __init__(self, *, watched: bool) -> None:
        super().__init__()
        self.watched = watched

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return self.watched


@pytest.mark.parametrize(("watched", "least", "most"), [(True, 50, 110), (False, 2, 2)])
def test_a_log_is_not_filled(monkeypatch: pytest.MonkeyPatch, watched: bool, least: int, most: int) -> None:
    """A terminal sees the bar move; a file gets its beginning and its end."""
    screen = Screen(watched=watched)
    monkeypatch.setattr("sys.stderr", screen)
    with tqdm(total=100, file=screen) as bar:
        for _ in range(100):
            bar.start_t, bar.last_print_t = bar.start_t - 1, bar.last_print_t - 0.2  # a fifth of a second goes by
            bar.update()
    assert least <= screen.getvalue().count("\r") <= most
    assert "100/100" in screen.getvalue()
