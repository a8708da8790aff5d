"""Facts about the package as a whole: a light import, one public path for each name, and texts that agree."""

import importlib
import json
import re
import subprocess
import sys
import tomllib
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType, UnionType

import pytest

import galmorph

# Imports modules one after the other. For each, prints the seconds, all modules loaded so far, and network events.
PROBE = """
import json, sys, time
events, probes = [], {}
sys.addaudithook(lambda event, _: events.append(event) if event in {"socket.connect", "socket.getaddrinfo"} else None)
for name in sys.argv[1:]:
    start = time.perf_counter()
    __import__(name)
    seconds = time.perf_counter() - start
    probes[name] = {"seconds": seconds, "loaded": sorted(sys.modules), "events": events[:]}
    events.clear()
print(json.dumps(probes))
"""
# From the bottom of the package upwards, so that each import runs the code of one package.
MODULES = ("errors", "types", "data", "preprocessing", "measures", "models", "simulation", "training", "comparison")


def probe(*modules: str) -> dict[str, dict]:
    """Import modules in an interpreter of their own."""
    answer = subprocess.run([sys.executable, "-c", PROBE, *modules], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def imported() -> dict[str, dict]:
    """Import the package and all that it contains, once for all tests of this file."""
    return probe("galmorph", *(f"galmorph.{name}" for name in MODULES))


def public_module(name: str) -> ModuleType:
    """Import a package or a module of galmorph."""
    return importlib.import_module(f"galmorph.{name}")


def test_import_is_light():
    """``import galmorph`` takes less than 0.3 s and loads none of the large packages."""
    probes = [probe("galmorph")["galmorph"] for _ in range(3)]
    assert min(each["seconds"] for each in probes) < 0.3
    assert {"astropy", "flax", "jax", "matplotlib", "numpy", "requests"}.isdisjoint(probes[0]["loaded"])


@pytest.mark.parametrize("name", ["galmorph", *(f"galmorph.{name}" for name in galmorph.__all__)])
def test_import_makes_no_network_call(imported, name):
    """No package connects to anything, or looks up an address, while it is imported."""
    assert imported[name]["events"] == []


def test_figures_need_no_pyplot(imported):
    """Whether figures belong to pyplot is the user's choice, who imports it."""
    assert "matplotlib.figure" in imported["galmorph.comparison"]["loaded"]
    assert "matplotlib.pyplot" not in imported["galmorph.comparison"]["loaded"]


@pytest.mark.parametrize("name", ["galmorph.data", "galmorph.preprocessing", "galmorph.measures"])
def test_gathering_and_preparing_load_no_accelerator_stack(imported, name):
    """A machine that only downloads and prepares galaxies imports no JAX."""
    assert {"flax", "jax", "jaxlib", "optax"}.isdisjoint(imported[name]["loaded"])


@pytest.mark.parametrize("name", galmorph.__all__)
def test_public_names_have_one_path(name):
    """Every public class or function names the package that exports it as its module; a partial is what it wraps."""
    module = public_module(name)
    public = {each: getattr(module, each) for each in getattr(module, "__all__", [])}
    public = {each: item for each, item in public.items() if not isinstance(item, UnionType)}  # names of types
    whole = {each: item.func if isinstance(item, partial) else item for each, item in public.items()}
    paths = {each: getattr(item, "__module__", module.__name__) for each, item in whole.items()}
    assert {each: path for each, path in paths.items() if path != module.__name__} == {}


@pytest.mark.parametrize("name", galmorph.__all__)
def test_public_names_are_all_declared(name):
    """Every name that a package imports from its own modules is in its ``__all__``, once; the linter sorts them."""
    module = public_module(name)
    declared = getattr(module, "__all__", [])
    origins = {each: getattr(item, "__module__", None) or "" for each, item in vars(module).items()}
    # A package also exports names of its private modules; types and errors define all of theirs.
    own = "galmorph" if hasattr(module, "__path__") else module.__name__
    undeclared = {each for each, origin in origins.items() if origin.startswith(own)} - set(declared)
    assert {each for each in undeclared if not each.startswith("_")} == set()
    assert len(declared) == len(set(declared))


def test_every_package_is_listed():
    """``galmorph.__all__`` names every public package and module, and `dir` shows them."""
    package = Path(galmorph.__file__).parent
    packages = [each.parent.name for each in package.glob("[!_]*/__init__.py")]
    modules = [each.stem for each in package.glob("[!_]*.py")]
    assert galmorph.__all__ == sorted(packages + modules)
    assert set(dir(galmorph)) == {*galmorph.__all__, "__version__", "show_versions"}


def test_unknown_package_is_an_attribute_error():
    """The error for a misspelt name lists the names that exist."""
    with pytest.raises(AttributeError, match=r"'galmorph' has no attribute 'modles'; it contains .*models"):
        _ = galmorph.modles


def test_version_is_the_same_everywhere(repository):
    """pyproject.toml, the installed package, CITATION.cff and the newest entry of the changelog give one version."""
    declared = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["version"]
    citation = (repository / "CITATION.cff").read_text()
    changelog = (repository / "CHANGELOG.md").read_text()
    assert galmorph.__version__ == version("galmorph-jax") == declared
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [declared]
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == declared


def test_changelog_entry_has_text(repository):
    """The newest entry of the changelog has text before the next entry begins."""
    _, entry, *_ = re.split(r"^## .+$", (repository / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert len(entry.split()) > 10


def test_readme_and_ci_use_the_same_command(repository):
    """The README gives the same command for the tests as the script that runs on every change."""
    command = "pip install nox && nox -s tests"
    assert re.search(rf"^{command}$", (repository / "README.md").read_text(), re.MULTILINE)
    assert re.search(rf"^\({command}\)$", (repository / ".ci" / "run").read_text(), re.MULTILINE)


def test_readme_names_scripts_that_exist(repository):
    """Each script that the README runs is in the repository, among them that of the main example."""
    scripts = re.findall(r"python (\S+\.py)", (repository / "README.md").read_text())
    assert "examples/compare_architectures.py" in scripts
    assert [script for script in scripts if not (repository / script).is_file()] == []


@pytest.mark.parametrize("text", ["README.md", "docs/fits.md", "docs/index.md", "docs/pretrained.md"])
def test_code_in_texts_names_things_that_exist(repository, text):
    """Each Python example in the texts is valid, and each ``gm.package.name`` in it is public."""
    blocks = re.findall(r"^```python\n(.*?)^```", (repository / text).read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, text, "exec")
        for package, name in re.findall(r"\bgm\.([a-z]+)\.(\w+)", block):
            assert name in public_module(package).__all__, f"gm.{package}.{name} is not public"
