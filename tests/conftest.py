"""What all tests share."""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

# Before anything imports JAX or matplotlib, which read these once; subprocesses inherit them.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # subprocesses need not compile the sources again
# What one test has compiled, others, in other processes too, need not compile again.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="galmorph-compiled-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.05"
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)
# Compiling takes most of the time; `full_optimization` is for tests about what XLA makes of a function.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import hypothesis
import jaxtyping
import matplotlib.pyplot as plt
import pytest
from ned_server import NedServer

# Before the first module of galmorph, since jaxtyping takes no .pyc files for what such a module imports.
for name in ("astropy.table", "astropy.visualization", "bs4", "flax.nnx", "matplotlib.pyplot", "optax", "requests"):
    import_module(name)
for name in ("scipy.optimize", "scipy.sparse", "scipy.stats", "sklearn.metrics", "sklearn.model_selection"):
    import_module(name)

# The first call of a jitted function compiles, which no deadline can foresee.
hypothesis.settings.register_profile("galmorph", deadline=None)
hypothesis.settings.load_profile("galmorph")


# Examples in docstrings that train, or compile large networks.
SLOW_EXAMPLES = {
    "galmorph",
    "galmorph.comparison.compare",
    "galmorph.comparison.plot_explanations",
    "galmorph.training",
    *(
        f"galmorph.training.{name}"
        for name in ("Ensemble", "SoftLabels", "evaluate_fractions", "grad_cam", "saliency", "train", "train_seeds")
    ),
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these examples to ``nox -s slow``, as slow tests are."""
    for item in items:
        if isinstance(item, pytest.DoctestItem) and item.name in SLOW_EXAMPLES:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data(repository: Path) -> Path:
    """Real data beside the checkout, whose licences keep it out of the repository."""
    path = repository.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"needs the real data in {path}, which is not part of the repository")
    return path


@pytest.fixture
def unchecked_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as users do: in tests, the types of the arguments would refuse wrong shapes before our own checks."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt`, as in a terminal, also where it is ignored: in a job in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    """Close the figures that a test leaves open."""
    yield
    plt.close("all")


@pytest.fixture
def full_optimization() -> Iterator[None]:
    """Let XLA compile as it does for users."""
    import jax

    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


@pytest.fixture
def ned_server() -> Iterator[NedServer]:
    """A server on the loopback that answers as NED does."""
    with NedServer() as server:
        yield server
