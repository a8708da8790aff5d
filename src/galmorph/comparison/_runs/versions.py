"""Versions of the software, and the device, on which results may depend."""

import platform
from importlib.metadata import version

import jax

__all__ = ["GALMORPH", "versions"]

#: Name of galmorph's distribution.
GALMORPH = "galmorph-jax"

_PACKAGES = (GALMORPH, "jax", "jaxlib", "flax", "optax", "numpy", "scipy", "scikit-learn", "astropy")


def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages, and the machine and device that they run on."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}",
        "device": jax.devices()[0].device_kind,
    }
