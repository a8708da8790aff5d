"""Versions of the software and the device."""

from importlib.metadata import version

from galmorph.comparison._runs.versions import versions


def test_versions_are_those_installed():
    """The versions are those of the installed packages, and the device is the CPU."""
    used = versions()
    assert {name: used[name] for name in ("galmorph-jax", "jax", "flax", "numpy")} == {
        name: version(name) for name in ("galmorph-jax", "jax", "flax", "numpy")
    }
    assert used["device"] == "cpu"
