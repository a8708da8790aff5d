"""The architectures that galmorph compares, as Flax NNX modules.

Every model is called with float32 images of shape ``(batch, height, width, channels)`` and returns logits of shape
``(batch, classes)``; `jax.nn.softmax` turns these into probabilities.

==============================  ===============================================  =============================
`LeNet5`                        LeCun et al. 1998, made for 32 x 32 digits        `61,706` weights
`AlexNet`                       Krizhevsky et al. 2012, made for 224 x 224        `61,100,840` weights
`VGG16`                         Simonyan & Zisserman 2015, made for 224 x 224    `138,357,544` weights
`ResNet` 18, 34, 50, 101, 152   He et al. 2016, made for 224 x 224                `11,689,512` to `60,192,808`
`SmallResNet`                   a ResNet of four basic blocks, for 64 x 64       `155,925` weights
`DenseNet` 121, 169, 201, 264   Huang et al. 2017, made for 224 x 224            `7,978,856` to `33,337,704`
`DaiTongResNet26`               Dai & Tong 2018, made for 64 x 64                `55,679,429` weights
`DielemanNet`                   Dieleman et al. 2015, for 99 x 99 alone          `42,377,125` weights
==============================  ===============================================  =============================

Weights are counted as published: LeNet-5 with 10 classes on 32 x 32 x 1 pixels, AlexNet, VGG-16, the ResNets and the
DenseNets with 1,000 classes on three channels, `DielemanNet` with 37. `SmallResNet`, our own design, and
`DaiTongResNet26` are counted with 5 classes.

`create_model` makes a network by name, `summary` lists its layers and their costs, and `from_torch_state_dict` fills it
with weights that were trained in PyTorch; `load_torch_weights` reads them from a file. Dropout and batch norm behave
differently in training and prediction. For predictions use
``flax.nnx.view(model, deterministic=True, use_running_average=True, raise_if_not_found=False)``; `galmorph.training`
does this for you.

On Linux, importing this room makes the C library keep freed memory in the process, so training on CPUs is a quarter
faster. Set ``GALMORPH_KEEP_MEMORY=0`` in the environment to prevent this.
"""

from galmorph.models._alexnet import AlexNet
from galmorph.models._create import ARCHITECTURES, create_model, parameter_count
from galmorph.models._dai_tong import DaiTongResNet26
from galmorph.models._densenet import (
    DenseLayer,
    DenseNet,
    DenseNet121,
    DenseNet169,
    DenseNet201,
    DenseNet264,
    Transition,
)
from galmorph.models._dieleman import DielemanNet
from galmorph.models._from_torch import from_torch_state_dict
from galmorph.models._lenet import LeNet5
from galmorph.models._memory import keep_memory as _keep_memory
from galmorph.models._resnet import (
    BasicBlock,
    Bottleneck,
    ResNet,
    ResNet18,
    ResNet34,
    ResNet50,
    ResNet101,
    ResNet152,
    SmallResNet,
)
from galmorph.models._summary import LayerSummary, ModelSummary, summary
from galmorph.models._torch_file import load_torch_weights
from galmorph.models._vgg import VGG16

__all__ = [
    "ARCHITECTURES",
    "VGG16",
    "AlexNet",
    "BasicBlock",
    "Bottleneck",
    "DaiTongResNet26",
    "DenseLayer",
    "DenseNet",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "DenseNet264",
    "DielemanNet",
    "LayerSummary",
    "LeNet5",
    "ModelSummary",
    "ResNet",
    "ResNet18",
    "ResNet34",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "SmallResNet",
    "Transition",
    "create_model",
    "from_torch_state_dict",
    "load_torch_weights",
    "parameter_count",
    "summary",
]

_keep_memory()

for _public in (
    VGG16,
    AlexNet,
    BasicBlock,
    Bottleneck,
    DaiTongResNet26,
    DenseLayer,
    DenseNet,
    DielemanNet,
    LayerSummary,
    LeNet5,
    ModelSummary,
    ResNet,
    Transition,
    create_model,
    from_torch_state_dict,
    load_torch_weights,
    parameter_count,
    summary,
):
    _public.__module__ = __name__
