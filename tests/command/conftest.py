"""What the tests of the command share."""

import pytest

from galmorph._command import output


@pytest.fixture
def terminal(capsys, monkeypatch):
    """Take standard output for a terminal of 80 columns, and capture it."""
    monkeypatch.setattr(output, "_on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    return capsys
