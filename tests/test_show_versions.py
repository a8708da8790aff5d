"""`galmorph.show_versions`: text for a report of a fault."""

import io
import sys
from importlib.metadata import version

import pytest

import galmorph as gm


def shown() -> dict[str, str]:
    """What is printed, by name."""
    text = io.StringIO()
    gm.show_versions(text)
    return dict(line.split(maxsplit=1) for line in text.getvalue().splitlines())


def test_versions_are_those_installed(capsys):
    """Each line names a package and its installed version; by default they are printed."""
    found = shown()
    assert found["galmorph"] == version("galmorph-jax")
    assert found["Python"].startswith(".".join(map(str, sys.version_info[:3])))
    for name in ("numpy", "scipy", "astropy", "jax", "flax", "optax", "pillow"):
        assert found[name] == version(name)
    assert "cpu" in found["devices"]
    gm.show_versions()
    assert capsys.readouterr().out.startswith("galmorph ")


def test_a_broken_jax_is_said(monkeypatch):
    """The text is there when the installation is the fault."""
    monkeypatch.setitem(sys.modules, "jax", None)
    assert shown()["devices"].startswith("JAX finds none: ")


def test_missing_packages_are_said(monkeypatch):
    """A package that is not installed has a line, which says whether it is needed."""
    monkeypatch.setattr("galmorph._versions._PACKAGES", ("no-such-package",))
    monkeypatch.setattr("galmorph._versions._OPTIONAL", ("no-such-option",))
    found = shown()
    assert found["no-such-package"] == "not installed"
    assert found["no-such-option"] == "not installed (optional)"


def test_it_is_found_under_its_public_name():
    """It is a function of the package, although it is imported only when it is used."""
    assert gm.show_versions.__module__ == "galmorph"
    with pytest.raises(AttributeError, match="no attribute 'show_version'"):
        _ = gm.show_version
