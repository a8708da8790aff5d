"""Images to logits: the architectures that galmorph compares, in Flax NNX.

Every model is called with float32 images of shape ``(batch, height, width, channels)`` and returns logits of shape
``(batch, classes)``; `jax.nn.softmax` turns these into probabilities.

==============================  ===============================================  =============================
`LeNet5`                        LeCun et al. 1998, made for 32 x 32 digits        `61,706` weights
`AlexNet`                       Krizhevsky et al. 2012, made for 224 x 224        `61,100,840` weights
`ResNet` 18, 34 and 50          He et al. 2016, made for 224 x 224                `11,689,512` to `25,557,032`
==============================  ===============================================  =============================

(The weights are counted as published: LeNet-5 with 10 classes on 32 x 32 x 1 pixels, the others with 1,000 classes on
three channels.) `create_model` makes one by name. Dropout and batch norm behave differently in training; take the view
of a model that you need, ``flax.nnx.view(model, deterministic=True, use_running_average=True,
raise_if_not_found=False)`` for predictions. `galmorph.training` does so for you.
"""

from galmorph.models._alexnet import AlexNet
from galmorph.models._create import ARCHITECTURES, create_model, parameter_count
from galmorph.models._lenet import LeNet5
from galmorph.models._resnet import BasicBlock, Bottleneck, ResNet, ResNet18, ResNet34, ResNet50

__all__ = [
    "ARCHITECTURES",
    "AlexNet",
    "BasicBlock",
    "Bottleneck",
    "LeNet5",
    "ResNet",
    "ResNet18",
    "ResNet34",
    "ResNet50",
    "create_model",
    "parameter_count",
]

for _public in (AlexNet, BasicBlock, Bottleneck, LeNet5, ResNet, create_model, parameter_count):
    _public.__module__ = __name__
