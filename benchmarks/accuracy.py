"""Accuracy of galmorph and PyTorch with the same galaxies, folds, recipe and budget.

    python benchmarks/accuracy.py --images DIR --labels FILE [--epochs N] [--output predictions.csv]

Trains a ResNet-18 on each of five folds of Galaxy Zoo 2 (stratified, groups kept whole), with galmorph and with a plain
PyTorch loop: He's initial weights, batches of 32, random quarter turns, mirror images and shifts of up to two pixels,
AdamW with warm-up and cosine decay. Each galaxy is classified once, by the network of the last epoch that was not
trained on its fold. Answers are added to the output fold by fold; folds that are already there are not trained again.
"""

import argparse
import csv
import math
import time
from pathlib import Path

import _torch_networks
import numpy as np
import torch
from _machine import cores, describe
from scipy.stats import binomtest
from sklearn.model_selection import StratifiedGroupKFold

import galmorph as gm

FOLDS = 5
BATCH = 32
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-2
WARMUP = 0.1
SHIFT = 2


def with_galmorph(train: gm.data.Dataset, test: gm.data.Dataset, epochs: int, seed: int) -> np.ndarray:
    """Train and classify with galmorph."""
    config = gm.training.TrainConfig(
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY,
        warmup=WARMUP,
        augmentation=gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=SHIFT),
        seed=seed,
    )
    classifier = gm.training.train("resnet18", train, config=config).classifier
    return gm.training.evaluate(classifier, test).probabilities.argmax(axis=1)


def with_torch(train: gm.data.Dataset, test: gm.data.Dataset, epochs: int, seed: int) -> np.ndarray:
    """Train and classify with a plain loop in PyTorch."""
    torch.manual_seed(seed)
    torch.set_num_threads(cores())
    stamps, labels = torch.from_numpy(np.ascontiguousarray(train.stamps)), torch.from_numpy(train.labels).long()
    pixels = stamps.double() / 255
    mean, std = pixels.mean((0, 1, 2)).float(), pixels.std((0, 1, 2)).float()

    def to_maps(rows: torch.Tensor) -> torch.Tensor:
        return ((rows.float() / 255 - mean) / std).permute(0, 3, 1, 2)

    network = _torch_networks.create("resnet18", len(train.classes), train.channels, stamps.shape[1])
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    network = network.to(memory_format=torch.channels_last)
    kernels = [weights for weights in network.parameters() if weights.ndim > 1]
    others = [weights for weights in network.parameters() if weights.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, fused=True)
    steps = math.ceil(len(stamps) / BATCH) * epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _cosine(step, steps))

    for _ in range(epochs):
        network.train()
        for rows in torch.randperm(len(stamps)).split(BATCH):
            images = _augment(to_maps(stamps[rows])).contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(network(images), labels[rows]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.inference_mode():
        parts = torch.from_numpy(np.ascontiguousarray(test.stamps)).split(256)
        return torch.cat([network(to_maps(part)).argmax(1) for part in parts]).numpy()


def _cosine(step: int, steps: int) -> float:
    warmup = round(WARMUP * steps)
    if step < warmup:
        return step / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def _augment(images: torch.Tensor) -> torch.Tensor:
    def at_random(changed: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        return torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, changed, images)

    images = at_random(images.flip(3), images)
    images = at_random(images.flip(2, 3), images)
    images = at_random(images.transpose(2, 3).flip(2), images)
    pixels = torch.arange(images.shape[2])
    down, across = (pixels - torch.randint(-SHIFT, SHIFT + 1, (len(images), 1)) for _ in range(2))
    down, across = (places.clamp(0, len(pixels) - 1) for places in (down, across))
    rows = torch.arange(len(images))[:, None, None]
    return images.permute(0, 2, 3, 1)[rows, down[:, :, None], across[:, None, :]].permute(0, 3, 1, 2)


FRAMEWORKS = {"galmorph": with_galmorph, "torch": with_torch}


def main() -> None:
    """Train the missing folds, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--output", type=Path, default=Path("predictions.csv"))
    options = parser.parse_args()
    print(describe(), flush=True)
    galaxies = gm.data.load_galaxy_zoo_2(options.images, options.labels, recipe=gm.preprocessing.DAI_TONG)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    folds = list(splitter.split(np.arange(len(galaxies)), galaxies.labels, galaxies.groups))
    fold_of = np.zeros(len(galaxies), int)
    for fold, (_, test) in enumerate(folds):
        fold_of[test] = fold

    answers = {framework: np.full(len(galaxies), -1) for framework in FRAMEWORKS}
    if options.output.exists():
        with options.output.open(newline="") as file:
            for framework, row, answer in csv.reader(file):
                answers[framework][int(row)] = int(answer)
    for fold, (train, test) in enumerate(folds):
        for framework, answer in FRAMEWORKS.items():
            if (answers[framework][test] >= 0).all():
                continue
            begin = time.perf_counter()
            answers[framework][test] = answer(galaxies[train], galaxies[test], options.epochs, fold)
            with options.output.open("a", newline="") as file:
                csv.writer(file).writerows((framework, row, answers[framework][row]) for row in test)
            correct = (answers[framework] == galaxies.labels)[test].mean()
            print(f"fold {fold}, {framework}: {correct:.4f} in {time.perf_counter() - begin:.0f} s", flush=True)

    right = {framework: answers[framework] == galaxies.labels for framework in FRAMEWORKS}
    for framework, correct in right.items():
        low, high = gm.comparison.wilson_interval(correct.sum(), len(correct))
        by_fold = ", ".join(f"{correct[fold_of == fold].mean():.3f}" for fold in range(FOLDS))
        print(f"{framework}: {correct.mean():.4f} [{low:.4f}, {high:.4f}], folds {by_fold}")
    differ = right["galmorph"] != right["torch"]
    alone = {framework: int(correct[differ].sum()) for framework, correct in right.items()}
    p = binomtest(alone["galmorph"], int(differ.sum())).pvalue if differ.any() else 1.0
    print(f"right alone: {alone}; McNemar's exact p = {p:.3f}")


if __name__ == "__main__":
    main()
