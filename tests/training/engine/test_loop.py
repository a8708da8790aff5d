"""The progress bar of a training."""

import re

import pytest
from small_networks import Linear, quick

from galmorph.training import train


def seconds_left(text: str) -> list[int]:
    """Read all estimates of the remaining time that a bar has shown."""
    found = re.findall(r"<(-?)(?:(\d+):)?(\d+):(\d\d)", text)
    assert all(not sign for sign, *_ in found)
    return [3600 * int(hours or 0) + 60 * int(minutes) + int(seconds) for _, hours, minutes, seconds in found]


@pytest.mark.slow
def test_estimates_leave_out_compiling(blobs, capsys):
    """No estimate counts each of 600 short steps as long as the first one, which compiles; the last one is zero."""
    train(Linear(), blobs, config=quick(epochs=150), progress=True)
    shown = capsys.readouterr().err
    assert "100%" in shown
    assert seconds_left(shown)[-1] == 0
    assert max(seconds_left(shown)) < 60
