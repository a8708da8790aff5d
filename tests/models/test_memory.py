"""Memory that stays in the process, in processes of their own."""

import os
import platform
import subprocess
import sys

import pytest

from galmorph.models._memory import keep_memory

pytestmark = pytest.mark.slow

# The imports that take seconds come once, before the fork; the package is imported after it.
FAULTS = """
import os
import resource
import statistics
import flax.nnx, jax, jax.numpy as jnp

def work(values):
    return ((values + 1) @ values[0]).sum()  # needs 64 MiB in between

for keep in ("0", "1"):
    child = os.fork()  # before JAX has started any thread
    if child == 0:
        os.environ["GALMORPH_KEEP_MEMORY"] = keep
        import galmorph.models

        work = jax.jit(work)
        values = jnp.zeros((4096, 4096))
        touched = []
        for _ in range(31):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            work(values).block_until_ready()
            touched.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
        print(statistics.median(touched), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="for the GNU C library")
def test_intermediate_results_reuse_memory():
    """Where memory is given back each call touches its 16,384 pages anew; where it is kept, hardly any.

    The median, for the heap settles in the first calls: now and then a block finds its place taken, and it grows.
    """
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    answer = subprocess.run([sys.executable, "-c", FAULTS], env=environment, capture_output=True, text=True, check=True)
    given_back, kept = map(float, answer.stdout.split())
    assert given_back > 8_000
    assert kept < 800


def test_memory_is_left_alone_where_the_environment_says_so(monkeypatch):
    """The switch is respected."""
    monkeypatch.setenv("GALMORPH_KEEP_MEMORY", "0")
    assert keep_memory() is False
