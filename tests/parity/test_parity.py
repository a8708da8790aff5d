"""The networks against PyTorch versions written from the papers: equal weights give equal logits and gradients.

Layers have the names of torchvision. Run by ``nox -s parity``.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from galmorph import models
from galmorph.models import create_model, from_torch_state_dict

torch = pytest.importorskip("torch", reason="compares with PyTorch, which `nox -s parity` installs")
nn = torch.nn


class LeNet5(nn.Module):
    """LeNet-5 with average pooling and the squashing function of the paper."""

    def __init__(self, classes, channels, size):
        super().__init__()
        side = ((size - 4) // 2 - 4) // 2
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * side**2, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        """Turn images into logits."""
        x = nn.functional.avg_pool2d(squash(self.conv1(x)), 2)
        x = nn.functional.avg_pool2d(squash(self.conv2(x)), 2)
        x = squash(self.fc1(torch.flatten(x, 1)))
        return self.fc3(squash(self.fc2(x)))


def squash(x):
    """Equation 6 of LeCun et al. (1998)."""
    return 1.7159 * torch.tanh(2 * x / 3)


class AlexNet(nn.Module):
    """AlexNet in one tower."""

    def __init__(self, classes, channels):
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(channels, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            *(nn.Dropout(), nn.Linear(256 * 36, 4096), nn.ReLU()),
            *(nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU()),
            nn.Linear(4096, classes),
        )

    def forward(self, x):
        """Turn images into logits."""
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class VGG16(nn.Module):
    """VGG-16 without batch norm."""

    def __init__(self, classes, channels):
        super().__init__()
        layers, inputs = [], channels
        for count, features in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]:
            for _ in range(count):
                layers += [nn.Conv2d(inputs, features, 3, padding=1), nn.ReLU()]
                inputs = features
            layers.append(nn.MaxPool2d(2, stride=2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            *(nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Dropout()),
            *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()),
            nn.Linear(4096, classes),
        )

    def forward(self, x):
        """Turn images into logits."""
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Block(nn.Module):
    """A residual block: kernels are (extent, features, stride) of its convolutions."""

    def __init__(self, inputs, kernels):
        super().__init__()
        self.length = len(kernels)
        before, step = inputs, 1
        for i, (extent, features, stride) in enumerate(kernels, start=1):
            convolution = nn.Conv2d(before, features, extent, stride=stride, padding=extent // 2, bias=False)
            self.add_module(f"conv{i}", convolution)
            self.add_module(f"bn{i}", nn.BatchNorm2d(features))
            before, step = features, step * stride
        self.downsample = nn.Sequential()
        if step != 1 or before != inputs:
            shortcut = nn.Conv2d(inputs, before, 1, stride=step, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(before))

    def forward(self, x):
        """Add the output of the convolutions to the maps."""
        y = x
        for i in range(1, self.length + 1):
            y = self.get_submodule(f"bn{i}")(self.get_submodule(f"conv{i}")(y))
            if i < self.length:
                y = torch.relu(y)
        return torch.relu(y + self.downsample(x))


class ResNet(nn.Module):
    """Residual network of basic blocks, or of bottlenecks with the stride in the 3 x 3 convolution."""

    def __init__(self, classes, channels, depths, *, bottleneck, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = []
        inputs = width
        for stage, depth in enumerate(depths):
            inner, blocks = width * 2**stage, []
            for i in range(depth):
                stride = 2 if stage > 0 and i == 0 else 1
                basic = [(3, inner, stride), (3, inner, 1)]
                kernels = [(1, inner, 1), (3, inner, stride), (1, 4 * inner, 1)] if bottleneck else basic
                blocks.append(Block(inputs, kernels))
                inputs = kernels[-1][1]
            self.stages.append(f"layer{stage + 1}")
            self.add_module(self.stages[-1], nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        """Turn images into logits."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = self.get_submodule(stage)(x)
        return self.fc(x.mean(dim=(2, 3)))


class DenseLayer(nn.Module):
    """New maps of all maps before: norm, ReLU and convolution, twice."""

    def __init__(self, inputs, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        """Append the new maps."""
        y = self.conv1(torch.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(torch.relu(self.norm2(y)))], dim=1)


class DenseNet(nn.Module):
    """Densely connected network (DenseNet-BC)."""

    def __init__(self, classes, channels, depths, *, growth=32):
        super().__init__()
        features = 2 * growth
        stem = nn.Conv2d(channels, features, 7, stride=2, padding=3, bias=False)
        parts = {"conv0": stem, "norm0": nn.BatchNorm2d(features), "relu0": nn.ReLU()}
        parts["pool0"] = nn.MaxPool2d(3, stride=2, padding=1)
        for block, depth in enumerate(depths, start=1):
            layers = nn.Sequential()
            for i in range(1, depth + 1):
                layers.add_module(f"denselayer{i}", DenseLayer(features, growth))
                features += growth
            parts[f"denseblock{block}"] = layers
            if block < len(depths):
                transition = {"norm": nn.BatchNorm2d(features), "relu": nn.ReLU()}
                transition["conv"] = nn.Conv2d(features, features // 2, 1, bias=False)
                transition["pool"] = nn.AvgPool2d(2, stride=2)
                parts[f"transition{block}"] = nn.Sequential()
                for name, module in transition.items():
                    parts[f"transition{block}"].add_module(name, module)
                features //= 2
        parts[f"norm{len(depths) + 1}"] = nn.BatchNorm2d(features)
        self.features = nn.Sequential()
        for name, module in parts.items():
            self.features.add_module(name, module)
        self.classifier = nn.Linear(features, classes)

    def forward(self, x):
        """Turn images into logits."""
        return self.classifier(torch.relu(self.features(x)).mean(dim=(2, 3)))


def randomise_norms(network, rng):
    """Give batch norms statistics and weights that reveal a wrong constant or a wrong order."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            # Some variances are near epsilon, and the weights make up for them.
            variance = 10 ** rng.uniform(-4, 0, module.num_features)
            for entry, values in [
                (module.running_var, variance),
                (module.running_mean, rng.normal(0, 0.1, module.num_features)),
                (module.weight.data, np.sqrt(variance) * rng.uniform(0.5, 1.5, module.num_features)),
                (module.bias.data, rng.normal(0, 0.1, module.num_features)),
            ]:
                entry.copy_(torch.as_tensor(values))


def draw_images(rng, count, size, channels):
    """Draw noise for both frameworks: channels last, and channels first."""
    images = rng.normal(size=(count, size, size, channels)).astype(np.float32)
    return jnp.asarray(images), torch.as_tensor(images.transpose(0, 3, 1, 2).copy())


def assert_close(ours, theirs, tolerance=1e-4):
    """Compare arrays relative to the largest value."""
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * np.abs(theirs).max())


DEPTHS = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
    "densenet121": (6, 12, 24, 16),
    "densenet169": (6, 12, 32, 32),
    "densenet201": (6, 12, 48, 32),
}


@pytest.mark.parametrize(
    ("name", "size", "channels"),
    [
        ("lenet5", 32, 1),
        ("lenet5", 65, 3),
        ("alexnet", 64, 3),
        ("alexnet", 97, 1),
        ("vgg16", 97, 3),
        ("resnet18", 64, 3),
        ("resnet18", 97, 1),
        ("resnet34", 64, 3),
        ("resnet50", 97, 3),
        ("resnet101", 64, 3),
        ("densenet121", 97, 3),
        ("densenet169", 64, 3),
        ("densenet201", 64, 1),
    ],
)
def test_logits_agree(name, size, channels):
    """In prediction, logits differ by less than 1e-4 of the largest: kernels, strides, paddings, norms, poolings."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    match name:
        case "lenet5":
            network = LeNet5(5, channels, size)
        case "alexnet":
            network = AlexNet(5, channels)
        case "vgg16":
            network = VGG16(5, channels)
        case "densenet121" | "densenet169" | "densenet201":
            network = DenseNet(5, channels, DEPTHS[name])
        case _:
            network = ResNet(5, channels, DEPTHS[name], bottleneck=name in ("resnet50", "resnet101"))
    randomise_norms(network, rng)
    images, torch_images = draw_images(rng, 2, size, channels)
    with torch.no_grad():
        expected = network.eval()(torch_images)
    model = from_torch_state_dict(create_model(name, classes=5, channels=channels, size=size), network.state_dict())
    graph, state = nnx.split(nnx.view(model, deterministic=True, use_running_average=True, raise_if_not_found=False))
    predict = jax.jit(lambda state, images: nnx.merge(graph, state)(images))  # much faster than layer by layer
    assert_close(predict(state, images), expected)


@pytest.fixture(scope="module", params=["basic", "bottleneck", "dense"])
def trained(request):
    """Give a small network of each framework, images, and the result of one training step in PyTorch."""
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    if request.param == "dense":
        network = DenseNet(3, 2, (3, 2), growth=4)
        bare = models.DenseNet(3, channels=2, depths=(3, 2), growth=4, rngs=nnx.Rngs(0))
    else:
        network = ResNet(3, 2, (2, 1), bottleneck=request.param == "bottleneck", width=8)
        block = models.Bottleneck if request.param == "bottleneck" else models.BasicBlock
        bare = models.ResNet(3, channels=2, depths=(2, 1), block=block, width=8, rngs=nnx.Rngs(0))
    randomise_norms(network, rng)
    model = from_torch_state_dict(bare, network.state_dict())
    images, torch_images = draw_images(rng, 4, 33, 2)
    before = {name: values.numpy().copy() for name, values in network.state_dict().items()}
    logits = network.train()(torch_images)
    (logits**2).sum().backward()
    return network, before, model, images, logits.detach()


def _last_shortcut_norm(model):
    return model.blocks[-1].shortcut.norm


def test_training_agrees(trained):
    """In training, logits from the statistics of the batch agree, and so do the running means after it."""
    network, _, model, images, expected = trained
    copy = nnx.clone(model)
    logits = nnx.view(copy, use_running_average=False)(images)
    assert_close(logits, expected)
    after = from_torch_state_dict(model, network.state_dict())
    assert_close(copy.norm.mean, after.norm.mean)
    last = (lambda model: model.last_norm) if isinstance(model, models.DenseNet) else _last_shortcut_norm
    assert_close(last(copy).mean, last(after).mean)
    # PyTorch's running variance is that of a sample, ours that of the batch itself.
    pixels = 4 * 17 * 17
    old = 0.9 * np.asarray(model.norm.var)
    gain, expected_gain = np.asarray(copy.norm.var) - old, np.asarray(after.norm.var) - old
    assert_close(gain * pixels / (pixels - 1), expected_gain, tolerance=1e-3)


def test_gradients_agree(trained):
    """In training, the gradient of every weight agrees with PyTorch's."""
    network, before, model, images, _ = trained
    graph, params, others = nnx.split(nnx.view(model, use_running_average=False), nnx.Param, ...)

    @jax.jit
    def loss(params, others):
        return (nnx.merge(graph, params, others, copy=True)(images) ** 2).sum()

    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    expected = nnx.state(from_torch_state_dict(model, before | gradients), nnx.Param)
    ours = dict(nnx.to_flat_state(jax.grad(loss)(params, others)))
    theirs = dict(nnx.to_flat_state(expected))
    assert ours.keys() == theirs.keys()
    for name, gradient in ours.items():
        assert_close(gradient[...], theirs[name][...], tolerance=1e-3)
