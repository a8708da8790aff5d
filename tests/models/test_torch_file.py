"""Files of weights from PyTorch, made here of random numbers; no PyTorch is needed."""

import io
import zipfile

import jax
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import save_file
from torch_weights import random_state_dict

from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.models import load_torch_weights


@pytest.fixture(scope="module")
def weights():
    """Random weights of a small ResNet with ImageNet's 1,000 classes."""
    return random_state_dict("small_resnet", classes=1000)


def test_the_weights_of_a_file_are_those_of_the_network(weights, tmp_path):
    """Classes and channels are the file's; kernels have Flax's order of axes; the counts of batches are ignored."""
    path = tmp_path / "weights.safetensors"
    save_file(weights | {"bn1.num_batches_tracked": np.array(7)}, path)
    model = load_torch_weights(path, "small_resnet")
    np.testing.assert_array_equal(model.conv.kernel[...], weights["conv1.weight"].transpose(2, 3, 1, 0))
    np.testing.assert_array_equal(model.blocks[3].norm2.var[...], weights["layer4.0.bn2.running_var"])
    np.testing.assert_array_equal(model.dense.kernel[...], weights["fc.weight"].T)
    assert model.dense.kernel.shape == (64, 1000)


@pytest.mark.parametrize("architecture", ["vgg16", "densenet121"])
def test_other_architectures_are_refused_before_anything_is_read(architecture, weights, tmp_path):
    """The names of each architecture are torchvision's, and a file of another one says what is missing."""
    path = tmp_path / "weights.safetensors"
    save_file(weights, path)
    with pytest.raises(InvalidValueError, match=r"missing"):
        load_torch_weights(path, architecture)


def pickled(path):
    """Write what torch.save writes: a zip file with a pickle in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
    path.write_bytes(content.getvalue())


def old_pickled(path):
    """Write how files began before PyTorch 1.6."""
    path.write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")


@pytest.mark.parametrize("write", [pickled, old_pickled])
def test_pickles_are_refused(write, tmp_path):
    """A pickle can run code. It is never opened, whatever its name, and the message has the line that converts it."""
    for name in ("resnet18.pth", "resnet18.safetensors"):
        write(tmp_path / name)
        with pytest.raises(FileFormatError, match=rf'a pickle, .*save_file\(torch.load\("{name}", weights_only=True\)'):
            load_torch_weights(tmp_path / name, "resnet18")


def test_damaged_files_are_refused(weights, tmp_path):
    """No file, a folder, a cut file, weights that are NaN or whole numbers, and an entry of another shape."""
    path = tmp_path / "weights.safetensors"
    with pytest.raises(FileFormatError, match="there is no file of this name"):
        load_torch_weights(path, "small_resnet")
    with pytest.raises(FileFormatError, match="there is a folder"):
        load_torch_weights(tmp_path, "small_resnet")
    save_file(weights, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileFormatError, match=r"weights.safetensors: .*weights from PyTorch in a safetensors file"):
        load_torch_weights(path, "small_resnet")
    for entry, error, message in [
        (np.full(1000, np.nan, np.float32), FileFormatError, "expected finite weights, got NaN or infinity in fc.bias"),
        (np.zeros(1000, np.int8), FileFormatError, "expected weights of type F16, F32, F64, got I8"),
        (np.zeros(10, np.float32), InvalidValueError, r"fc.bias \(10,\), not \(1000,\)"),
    ]:
        save_file(weights | {"fc.bias": entry}, path)
        with pytest.raises(error, match=message):
            load_torch_weights(path, "small_resnet")


@pytest.mark.usefixtures("unchecked_shapes")
def test_architectures_without_names_in_torchvision_are_refused(tmp_path):
    """LeNet-5 and the network of Dai & Tong have no weights there."""
    for name in ("lenet5", "resnet26_dai_tong"):
        with pytest.raises(InvalidValueError, match="architecture: expected one of 'alexnet', 'vgg16'"):
            load_torch_weights(tmp_path / "weights.safetensors", name)


@pytest.mark.trial
@pytest.mark.parametrize("architecture", ["alexnet", "resnet18", "densenet121"])
def test_torchvisions_networks_answer(architecture, tmp_path):
    """Networks of full size are read, with dropout too, and give 1,000 finite logits."""
    path = tmp_path / "weights.safetensors"
    save_file(random_state_dict(architecture, classes=1000), path)
    model = nnx.view(
        load_torch_weights(path, architecture), deterministic=True, use_running_average=True, raise_if_not_found=False
    )
    logits = jax.jit(lambda images: model(images))(np.ones((2, 64, 64, 3), np.float32))
    assert logits.shape == (2, 1000)
    assert np.isfinite(logits).all()
