"""State dicts as PyTorch's, of random numbers."""

import numpy as np
from flax import nnx

from galmorph.models import create_model
from galmorph.models._from_torch import torch_entries

__all__ = ["random_state_dict"]


def random_state_dict(architecture: str, *, classes: int, channels: int = 3) -> dict[str, np.ndarray]:
    """Draw weights of an architecture in PyTorch's names and layout, on the scale of a network that has learned."""
    rng = np.random.default_rng(0)
    model = nnx.eval_shape(lambda: create_model(architecture, classes=classes, channels=channels, size=32))
    arrays = {}
    for name, shape in torch_entries(model).items():
        if name.endswith("running_var"):
            arrays[name] = rng.uniform(0.5, 1.5, shape).astype(np.float32)
        elif len(shape) > 1:
            arrays[name] = (rng.standard_normal(shape, np.float32) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)
        else:
            arrays[name] = rng.normal(1.0 if name.endswith("weight") else 0.0, 0.1, shape).astype(np.float32)
    return arrays
