"""Locks on folders: who comes second is told, and a process that was killed holds none."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from galmorph._folder_lock import folder_lock

HOLD = """
import sys
from pathlib import Path
from galmorph._folder_lock import folder_lock

with folder_lock(Path(sys.argv[1]), who="x"):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_one_process_at_a_time(tmp_path: Path):
    """Another process holds the lock until it is killed; nothing stays in the folder when the next one has ended."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with (
            pytest.raises(BlockingIOError, match="another training is working here; wait until it ends, or choo"),
            folder_lock(tmp_path, who="another training"),
        ):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    with folder_lock(tmp_path, who="another training"):
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert list(tmp_path.iterdir()) == []
