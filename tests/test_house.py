"""What holds for the house as a whole: a light import, one public path for each name, and texts that agree."""

import importlib
import json
import re
import subprocess
import sys
import tomllib
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

import galmorph

# Imports modules, then prints the seconds that took, what got loaded, and what was asked of the network.
PROBE = """
import json, sys, time
asked = []
sys.addaudithook(lambda event, _: asked.append(event) if event in {"socket.connect", "socket.getaddrinfo"} else None)
start = time.perf_counter()
for name in sys.argv[1:]:
    __import__(name)
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "loaded": sorted(sys.modules), "asked": asked}))
"""


def probe(*modules: str) -> dict:
    """Import modules in an interpreter of their own."""
    answer = subprocess.run([sys.executable, "-c", PROBE, *modules], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def public_module(name: str) -> ModuleType:
    """Import a room or a module of galmorph."""
    return importlib.import_module(f"galmorph.{name}")


def test_import_is_light():
    """``import galmorph`` takes less than 0.3 s and loads none of the large packages."""
    probes = [probe("galmorph") for _ in range(3)]
    assert min(each["seconds"] for each in probes) < 0.3
    assert {"astropy", "flax", "jax", "matplotlib", "numpy", "requests"}.isdisjoint(probes[0]["loaded"])


@pytest.mark.parametrize("name", ["galmorph", *(f"galmorph.{name}" for name in galmorph.__all__)])
def test_import_makes_no_network_call(name):
    """No room connects to anything, or asks for an address, while it is imported."""
    assert probe(name)["asked"] == []


def test_gathering_and_preparing_load_no_accelerator_stack():
    """A machine that only downloads and prepares galaxies does without JAX at import time."""
    assert {"flax", "jax", "jaxlib", "optax"}.isdisjoint(probe("galmorph.data", "galmorph.preprocessing")["loaded"])


@pytest.mark.parametrize("name", galmorph.__all__)
def test_public_names_have_one_path(name):
    """Every public class or function says that it comes from the room that exports it; a partial is what it wraps."""
    module = public_module(name)
    public = {each: getattr(module, each) for each in getattr(module, "__all__", [])}
    whole = {each: item.func if isinstance(item, partial) else item for each, item in public.items()}
    paths = {each: getattr(item, "__module__", module.__name__) for each, item in whole.items()}
    assert {each: path for each, path in paths.items() if path != module.__name__} == {}


@pytest.mark.parametrize("name", galmorph.__all__)
def test_public_names_are_all_declared(name):
    """What a room takes from its own modules stands in its ``__all__``, each name once; the linter sorts them."""
    module = public_module(name)
    declared = getattr(module, "__all__", [])
    origins = {each: getattr(item, "__module__", None) or "" for each, item in vars(module).items()}
    # A room also collects what its private modules export; types and errors define everything themselves.
    own = "galmorph" if hasattr(module, "__path__") else module.__name__
    undeclared = {each for each, origin in origins.items() if origin.startswith(own)} - set(declared)
    assert {each for each in undeclared if not each.startswith("_")} == set()
    assert len(declared) == len(set(declared))


def test_every_room_is_listed():
    """``galmorph.__all__`` names every public room and module of the package, and `dir` shows them."""
    package = Path(galmorph.__file__).parent
    rooms = [each.parent.name for each in package.glob("*/__init__.py")]
    modules = [each.stem for each in package.glob("[!_]*.py")]
    assert galmorph.__all__ == sorted(rooms + modules)
    assert set(dir(galmorph)) == {*galmorph.__all__, "__version__"}


def test_unknown_room_is_an_attribute_error():
    """A misspelt room is answered with the rooms that there are."""
    with pytest.raises(AttributeError, match=r"'galmorph' has no attribute 'modles'; its rooms are .*models"):
        _ = galmorph.modles


def test_version_is_the_same_everywhere(repository):
    """pyproject.toml, the installed package, CITATION.cff and the newest entry of the changelog tell one version."""
    declared = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["version"]
    citation = (repository / "CITATION.cff").read_text()
    changelog = (repository / "CHANGELOG.md").read_text()
    assert galmorph.__version__ == version("galmorph-jax") == declared
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [declared]
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == declared


def test_changelog_entry_tells_something(repository):
    """The newest entry of the changelog has text before the next entry begins."""
    _, entry, *_ = re.split(r"^## .+$", (repository / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert len(entry.split()) > 10


def test_readme_and_ci_use_the_same_command(repository):
    """The command that the README gives for the tests is the one that is run on every change."""
    command = "pip install nox && nox -s tests"
    assert re.search(rf"^{command}$", (repository / "README.md").read_text(), re.MULTILINE)
    assert re.search(rf"^\({command}\)$", (repository / ".ci" / "run").read_text(), re.MULTILINE)


def test_readme_names_scripts_that_exist(repository):
    """Each script that the README tells to run is in the repository, the main job's among them."""
    scripts = re.findall(r"python (\S+\.py)", (repository / "README.md").read_text())
    assert "examples/compare_architectures.py" in scripts
    assert [script for script in scripts if not (repository / script).is_file()] == []


@pytest.mark.parametrize("text", ["README.md", "docs/tutorial.md"])
def test_code_in_texts_names_things_that_exist(repository, text):
    """Each Python example in the texts is valid, and each ``gm.room.name`` in it is public."""
    blocks = re.findall(r"^```python\n(.*?)^```", (repository / text).read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, text, "exec")
        for room, name in re.findall(r"\bgm\.([a-z]+)\.(\w+)", block):
            assert name in public_module(room).__all__, f"gm.{room}.{name} is not public"
