"""Versions of galmorph, of Python and of the packages, and the devices, as text for a report of a fault."""

import io
import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TextIO

__all__ = ["show_versions"]

_PACKAGES = (
    "numpy",
    "scipy",
    "astropy",
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "scikit-learn",
    "pillow",
    "simplejpeg",
    "matplotlib",
    "safetensors",
    "jaxtyping",
    "loky",
    "requests",
)
_OPTIONAL = ("pyarrow", "h5py")


def show_versions(file: TextIO | io.TextIOBase | None = None) -> None:
    """Print the versions of galmorph, Python and the packages, and the devices of JAX: text for a report of a fault.

    Packages are looked up, not imported, except for JAX, which is asked for its devices. What is missing or broken is
    said in its line, so that the text is there when the installation is the fault.

    Parameters
    ----------
    file
        Where to write; by default standard output.

    Examples
    --------
    >>> import io
    >>> import galmorph as gm
    >>> text = io.StringIO()
    >>> gm.show_versions(text)
    >>> text.getvalue().split()[0]
    'galmorph'
    """
    lines = list(_lines())
    width = max(len(name) for name, _ in lines)
    (sys.stdout if file is None else file).write("".join(f"{name:<{width}}  {text}\n" for name, text in lines))


show_versions.__module__ = "galmorph"  # its public path


def _lines() -> Iterator[tuple[str, str]]:
    yield "galmorph", _version("galmorph-jax")
    yield "Python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"
    for name in _PACKAGES:
        yield name, _version(name)
    for name in _OPTIONAL:
        yield name, _version(name, "not installed (optional)")
    yield "devices", _devices()


def _version(name: str, missing: str = "not installed") -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return missing


def _devices() -> str:
    """Kind and number of the devices that JAX finds, or why it finds none."""
    try:
        import jax

        kinds = [f"{device.device_kind} ({device.platform})" for device in jax.devices()]
    except Exception as error:  # whatever is broken belongs into the text
        return f"JAX finds none: {type(error).__name__}: {' '.join(str(error).split())}"
    return ", ".join(f"{kinds.count(kind)} x {kind}" for kind in dict.fromkeys(kinds))
