"""Versions of the software and the device."""

from importlib.metadata import version

from galmorph.comparison._runs.versions import versions


def test_versions_are_those_installed():
    """Versions are told for whatever numbers depend on."""
    told = versions()
    assert {name: told[name] for name in ("galmorph-jax", "jax", "flax", "numpy")} == {
        name: version(name) for name in ("galmorph-jax", "jax", "flax", "numpy")
    }
    assert told["device"] == "cpu"
