"""Files of weights from PyTorch: the state dict of a network in one safetensors file."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from galmorph._checks import check, check_choice
from galmorph._saved_json import damaged_file
from galmorph._tensor_file import open_tensors
from galmorph.errors import FileFormatError
from galmorph.models._create import SIZELESS
from galmorph.models._from_torch import check_entries, from_torch_state_dict

__all__ = ["load_torch_weights"]

PICKLES = (b"PK\x03\x04", b"\x80")  # how the files of torch.save begin: today's, and those before PyTorch 1.6
NUMBERS = ("F16", "F32", "F64")


def load_torch_weights(path: str | Path, architecture: str) -> nnx.Module:
    """Make a network with the weights of a file from PyTorch, such as those that torchvision learned from ImageNet.

    PyTorch need not be installed. Reading a safetensors file never runs code. The files of ``torch.save`` (``.pth``,
    ``.pt``) are pickles, which can, and are refused. On a machine with PyTorch, convert one by
    ``safetensors.torch.save_file(torch.load("resnet18.pth", weights_only=True), "resnet18.safetensors")``.

    Parameters
    ----------
    path
        A safetensors file with a state dict under torchvision's names, as for `from_torch_state_dict`.
    architecture
        Name of the network in `create_model`: AlexNet, VGG-16, a ResNet or a DenseNet.

    Returns
    -------
    model
        The network, with as many channels and classes as the file has (1,000 for ImageNet).

    Raises
    ------
    FileFormatError
        If the file is missing, a pickle, damaged or no safetensors file, or if its weights are not finite numbers.
    InvalidValueError
        If the architecture is unknown or has no names in torchvision, or if entries are missing, left over or of
        another shape. Nothing is read before that is checked.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> import numpy as np
    >>> from safetensors.numpy import save_file
    >>> from galmorph.models import load_torch_weights
    >>> path = f"{mkdtemp()}/weights.safetensors"
    >>> save_file({"conv1.weight": np.zeros((64, 3, 7, 7), np.float32)}, path)
    >>> load_torch_weights(path, "resnet18")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    galmorph.errors.InvalidValueError: ...: expected the weights of resnet18, but fc.weight is missing
    """
    check_choice("architecture", architecture, [name for name in SIZELESS if name != "resnet26_dai_tong"])
    path = Path(path)
    _check_no_pickle(path)
    with damaged_file(path, "weights from PyTorch in a safetensors file"), open_tensors(path) as file:
        entries = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        shapes = {name: tuple(entry.get_shape()) for name, entry in entries.items()}
        types = {name: entry.get_dtype() for name, entry in entries.items()}
    shapes = {name: shape for name, shape in shapes.items() if not name.endswith("num_batches_tracked")}
    first, last = _ends(architecture)
    for name, axes in ((first, 4), (last, 2)):
        check(name in shapes, f"{path}: expected the weights of {architecture}, but {name} is missing")
        check(len(shapes[name]) == axes, f"{path}: expected {axes} axes of {name}, got the shape {shapes[name]}")
    make, (_, channels, *_), (classes, *_) = SIZELESS[architecture], shapes[first], shapes[last]
    model = nnx.eval_shape(lambda: make(classes, channels=channels, rngs=nnx.Rngs(0)))
    check_entries(model, shapes)
    others = sorted({types[name] for name in shapes} - set(NUMBERS))
    if others:
        raise FileFormatError(
            f"{path}: expected weights of type {', '.join(NUMBERS)}, got {', '.join(others)}; save them as float32"
        )
    with damaged_file(path, "weights from PyTorch in a safetensors file"), open_tensors(path) as file:
        arrays = {name: file.get_tensor(name) for name in shapes}
    bad = sorted(name for name, array in arrays.items() if not np.isfinite(array).all())
    if bad:
        raise FileFormatError(f"{path}: expected finite weights, got NaN or infinity in {', '.join(bad)}")
    nnx.reseed(model, dropout=0)  # the file has no random streams, and eval_shape made none
    state = nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat))
    nnx.update(model, jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), state))
    return from_torch_state_dict(model, arrays)


def _check_no_pickle(path: Path) -> None:
    """Raise `FileFormatError` if there is no file, or one of ``torch.save``."""
    if not path.is_file():
        there = "a folder" if path.is_dir() else "no file of this name"
        raise FileFormatError(f"{path}: expected a safetensors file of weights, but there is {there}")
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(PICKLES):
        raise FileFormatError(
            f"{path}: expected a safetensors file of weights, got a pickle, which can run code when it is read; "
            f'convert it where PyTorch is: safetensors.torch.save_file(torch.load("{path.name}", weights_only=True), '
            f'"{path.stem}.safetensors")'
        )


def _ends(architecture: str) -> tuple[str, str]:
    """Names in PyTorch of the kernels of the first convolution, and of the last dense layer."""
    if architecture.startswith("densenet"):
        return "features.conv0.weight", "classifier.weight"
    if architecture in ("alexnet", "vgg16"):
        return "features.0.weight", "classifier.6.weight"
    return "conv1.weight", "fc.weight"
