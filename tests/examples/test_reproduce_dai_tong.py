"""The comparison of Dai & Tong runs on the images that are at hand, and its copy of the paper's numbers is exact."""

import argparse
import runpy

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_percentages_of_the_abstract(repository):
    """The whole numbers give the percentages that the abstract of arXiv:1807.10406 states, to all its digits."""
    example = runpy.run_path(str(repository / "examples" / "reproduce_dai_tong.py"))
    stated = {
        "completely_round_smooth": 96.6785,
        "in_between_smooth": 94.4238,
        "cigar_shaped_smooth": 58.6207,
        "edge_on": 94.3590,
        "spiral": 97.6953,
    }
    for name, percent in stated.items():
        right, of = example["PAPER"][name]
        assert 100 * right / of == pytest.approx(percent, abs=5e-5)
    right, of = example["PAPER_ALL"]
    assert 100 * right / of == pytest.approx(95.2083, abs=5e-5)
    assert right == sum(each for each, _ in example["PAPER"].values())


def test_their_protocol(repository):
    """100,000 steps of 128 are 494 epochs of 25,910 images; crops of 170 and 241 pixels show 136 and 192.8 of them."""
    example = runpy.run_path(str(repository / "examples" / "reproduce_dai_tong.py"))
    arguments = argparse.Namespace(steps=100_000, batch_size=None)
    config = example["theirs"](arguments, 25_910)
    # 203 steps an epoch: 25,910 / 128 = 202.4, and the last batch is filled.
    assert (config.epochs, config.batch_size, config.decay_steps) == (493, 128, 30_000)
    least, most = config.augmentation.zoom
    assert (176 / most, 176 / least) == pytest.approx((136, 192.8))


def test_it_runs_on_a_few_galaxies(run_example_here, shared_data, tmp_path):
    """LeNet-5 for a few steps on a hundred galaxies: the table, the paper beside it, and the report."""
    zoo = shared_data / "galaxy_zoo_2"
    rng = np.random.default_rng(0)
    head, *lines = (zoo / "labels.csv").read_text().splitlines()
    chosen = rng.choice(lines, 100, replace=False)
    (tmp_path / "labels.csv").write_text("\n".join([head, *chosen]))
    protocol = ("--protocol", "theirs", "--steps", 3, "--batch-size", 16)
    options = (*protocol, "--architectures", "lenet5", "--folds", 2, "--tested-folds", 2)
    data = ("--images", zoo / "images", "--votes", tmp_path / "labels.csv", "--output", tmp_path / "here")
    printed = run_example_here("reproduce_dai_tong.py", *data, *options)
    assert "3 steps instead of their 100,000" in printed
    assert "100 tested galaxies" in printed
    assert "0.586 [0.458, 0.704] of 58" in printed
    assert "Dai &amp; Tong (2018), with intervals" in (tmp_path / "here" / "report.html").read_text()
