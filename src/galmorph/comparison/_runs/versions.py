"""Versions: the software and the device that numbers may depend on."""

import platform
from importlib.metadata import version

import jax

__all__ = ["GALMORPH", "versions"]

#: Name of galmorph's own distribution.
GALMORPH = "galmorph-jax"

_PACKAGES = (GALMORPH, "jax", "jaxlib", "flax", "optax", "numpy", "scipy", "scikit-learn", "astropy")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages in use here and now, and what they run on."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}",
        "device": jax.devices()[0].device_kind,
    }
