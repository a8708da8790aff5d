"""Citations: the paragraph says what the plan says, and every source in it has an entry."""

import dataclasses
import re
from importlib.metadata import version
from importlib.resources import files

import numpy as np
import optax
import pytest
from fabricated import fabricate_comparison, fabricate_galaxies

from galmorph.comparison import Comparison
from galmorph.comparison._report.citation import _CITED, bibtex, methods
from galmorph.data import GALAXY_ZOO_2_CLASSES, Dataset
from galmorph.models import ARCHITECTURES
from galmorph.preprocessing import DAI_TONG, AngularCrop, Augmentation, Recipe
from galmorph.simulation import simulate_galaxies
from galmorph.training import SoftLabels, TrainConfig

REFERENCES = files("galmorph.comparison._report").joinpath("references.bib").read_text(encoding="utf-8")


def make(dataset=None, architectures=("lenet5", "resnet18"), config=None, **options) -> Comparison:
    """Compare fabricated answers."""
    galaxies = fabricate_galaxies((30, 25, 12, 20, 23)) if dataset is None else dataset
    config = TrainConfig(epochs=7, batch_size=16) if config is None else config
    options = {"seeds": (0,), "config": config} | options
    return fabricate_comparison(dict.fromkeys(architectures, 1.5), galaxies=galaxies, **options)


def changed(dataset: Dataset, *, classes=None, meta=None, recipe=None, groups=None) -> Dataset:
    """Describe the same galaxies in another way."""
    table = dataset.table.copy()
    table.meta.update(meta or {})
    classes = dataset.classes if classes is None else classes
    groups = dataset.groups if groups is None else groups
    return Dataset(dataset.stamps, dataset.labels, classes, table=table, groups=groups, recipe=recipe)


def entries(text: str) -> dict[str, str]:
    """Entries of a bibliography by their keys."""
    found = re.split(r"^@\w+\{", text, flags=re.MULTILINE)[1:]
    return {entry.partition(",")[0]: entry for entry in found}


def test_every_reference_is_used_and_has_its_year():
    """File and citations have the same keys; the year of an entry is the one that texts cite."""
    known = entries(REFERENCES)
    assert list(known) == list(dict.fromkeys(known))
    assert set(known) == set(_CITED)
    for key, entry in known.items():
        assert re.search(r"year = \{(\d{4})\}", entry)[1] == _CITED[key][-4:]
        assert entry.count("{") + 1 == entry.count("}")
        assert re.search(r"author = .*title = ", entry, re.DOTALL)


def test_the_bibliography_holds_what_the_paragraph_cites():
    """Each entry is cited by author or year, each citation has an entry, and no version is left open."""
    comparison = make(seeds=(0, 1))
    text, cited = methods(comparison), entries(bibtex(comparison))
    assert {key for key in cited if _CITED[key] in text} >= set(cited) - {"dai2018"}
    years = set(re.findall(r"(?:\d{4})(?=[),;])", text))
    assert years <= {_CITED[key][-4:] for key in cited}
    assert "VERSION" not in bibtex(comparison)
    assert f"version = {{{version('jax')}}}" in cited["jax2018github"]
    assert {"lecun1998", "he2016", "mcnemar1947", "holm1979", "wilson1927", "rubin1981", "guo2017"} <= set(cited)
    assert {"galmorph", "jax2018github", "flax2020github", "astropy2022"} <= set(cited)
    assert "krizhevsky2012" not in cited


def test_galmorph_is_cited_as_it_asks_for(repository):
    """Its entry has the authors, the title and the version of CITATION.cff."""
    wanted = (repository / "CITATION.cff").read_text()
    entry = entries(bibtex(make()))["galmorph"]
    for name in ("title", "version"):
        assert f"{name} = {{{re.search(rf'^{name}: (.+)$', wanted, re.MULTILINE)[1]}}}" in entry
    assert f"author = {{{{{re.search(r'- name: (.+)', wanted)[1]}}}}}" in entry


def test_every_architecture_has_a_paper():
    """Each architecture of galmorph is named as in the literature, with its paper."""
    expected = {
        "lenet5": "LeNet-5 (LeCun et al. 1998)",
        "alexnet": "AlexNet (Krizhevsky et al. 2012)",
        "vgg16": "VGG-16 (Simonyan & Zisserman 2015)",
        "small_resnet": "a small ResNet (He et al. 2016)",
        "resnet18": "ResNet-18 (He et al. 2016)",
        "resnet34": "ResNet-34 (He et al. 2016)",
        "resnet50": "ResNet-50 (He et al. 2016)",
        "resnet101": "ResNet-101 (He et al. 2016)",
        "resnet152": "ResNet-152 (He et al. 2016)",
        "resnet26_dai_tong": "a wide ResNet-26 (Dai & Tong 2018)",
        "dieleman": "the network for many views of a galaxy (Dieleman et al. 2015)",
        **{f"densenet{depth}": f"DenseNet-{depth} (Huang et al. 2017)" for depth in (121, 169, 201, 264)},
    }
    assert set(expected) == set(ARCHITECTURES)
    *first, last = expected.values()
    assert f"We compared {', '.join(first)} and {last} on 110 galaxies" in methods(make(architectures=tuple(expected)))


def test_an_architecture_of_your_own():
    """Of a network that galmorph does not know, only the name is known."""
    assert "We compared LeNet-5 (LeCun et al. 1998) and my-net [describe this network]" in methods(
        make(architectures=("lenet5", "my-net"))
    )


def test_numbers_of_the_plan():
    """Folds, seeds, trainings, epochs, batches, rates, augmentation and validation are those of the plan."""
    config = TrainConfig(
        epochs=9,
        batch_size=24,
        weight_decay=0.05,
        warmup=0.2,
        augmentation=Augmentation(rotation="any", flip=False, shift=2),
    )
    text = methods(
        make(
            config=config, seeds=(3, 5), folds=4, repeats=2, validation=0.25, learning_rates=(1e-3, 3e-3), split_seed=8
        )
    )
    for expected in (
        "split into 4 folds, stratified by class (random seed 8)",
        "each fold was classified by networks that were trained on the other folds",
        "This was done 2 times with different folds.",
        "two random seeds (3, 5) for each tested fold, 48 trainings in total",
        "25 % were used for validation",
        "9 epochs with AdamW (Loshchilov & Hutter 2019), in batches of 24, with a weight decay of 0.05",
        "increased over the first 20 % of the steps",
        "chosen from 0.001 and 0.003 for each architecture and tested fold by the loss on the validation galaxies",
        "stamps were rotated by any angle and shifted by up to 2 pixels at random",
    ):
        assert expected in text


def test_one_split_with_one_seed():
    """If one fold is tested, its number of galaxies is given, and nothing is said about other seeds."""
    comparison = make(tested_folds=1, folds=5)
    text = methods(comparison)
    assert f"one of them, with {len(comparison.test)} galaxies, was classified by networks" in text
    assert "one random seed (0)" in text
    assert "Student" not in text
    assert "Rüschendorf" not in text


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"optimizer": "sgd"}, "SGD with Nesterov momentum (Sutskever et al. 2013)"),
        ({"optimizer": optax.adamw}, "adamw [describe this optimiser]"),
        ({"schedule": "steps"}, "then dropped to a tenth after half of the training"),
        ({"schedule": "steps", "decay_steps": 30_000}, "then dropped to a tenth after each 30,000 steps;"),
        ({"scaling": "stamp"}, "Each stamp was brought to zero mean and unit variance."),
        ({"schedule": "constant", "warmup": 0.0}, "started at its maximum and then remained constant"),
        ({"label_smoothing": 0.1}, "Labels were smoothed by 0.1 (Szegedy et al. 2016)."),
        (
            {"mixup": 0.2, "gradient_clip": 1.0},
            "Gradients were clipped to a norm of 1 and mixup with alpha = 0.2 was applied",
        ),
        ({"soft_labels": SoftLabels(("a", "b"))}, "learned from the fractions of votes for the classes, by the cross"),
        ({"soft_labels": SoftLabels(("a", "b"), "counts")}, "Dirichlet-multinomial likelihood (Walmsley et al. 2022);"),
        ({"class_weighting": True}, "Losses were weighted by the inverse frequency"),
        ({"balanced_sampling": True}, "All classes were sampled equally often"),
        ({"weight_average": 0.99}, "Weights were averaged exponentially with a decay of 0.99 per step"),
        ({"patience": 5}, "stopped after 5 epochs without a lower loss"),
        ({"keep_best": False}, "The weights of the last epoch were kept"),
        ({"augmentation": Augmentation(rotation="none", flip=False)}, "Stamps were not augmented."),
        (
            {"augmentation": Augmentation(zoom=(0.8, 1.25), noise=(0, 0.03), extra=optax.adamw)},
            "mirrored, enlarged by factors of 0.8 to 1.25, given Gaussian noise with standard deviations of 0 to 0.03 "
            "of the brightest value and changed by adamw [describe this function] at random",
        ),
    ],
)
def test_options_of_the_training(options, expected):
    """Options that differ from the defaults are described with their sources; unused sources are not cited."""
    comparison = make(config=TrainConfig(epochs=2, **options))
    text = methods(comparison)
    assert expected in text
    assert ("loshchilov2019" in bibtex(comparison)) == (comparison.plan.config.optimizer == "adamw")


@pytest.mark.slow
def test_simulated_galaxies():
    """Simulated galaxies cite galmorph, and the scheme's source; no survey."""
    galaxies = simulate_galaxies(60, size=32, seed=0, class_counts=[12] * 5)
    comparison = make(galaxies, folds=2, validation=0.5)
    text = methods(comparison)
    assert "The galaxies were simulated with galmorph in the five classes of Dai & Tong (2018)." in text
    assert "[" not in text
    assert "willett2013" not in bibtex(comparison)
    assert "dai2018" in bibtex(comparison)


def test_galaxy_zoo():
    """Galaxies in its five classes that were not simulated are those of Galaxy Zoo 2."""
    galaxies = changed(fabricate_galaxies(), classes=GALAXY_ZOO_2_CLASSES, recipe=DAI_TONG.to_dict())
    comparison = make(galaxies)
    text = methods(comparison)
    assert "Galaxy Zoo 2 (Willett et al. 2013); the five classes are those of Dai & Tong (2018)." in text
    assert "{willett2013," in bibtex(comparison)
    assert "32 x 32 pixels with 3 channels, cut from the centre of its image with 0.415 of its side length" in text


def test_galaxies_of_ned():
    """What NED asks for is said, and the rest is left to the user."""
    galaxies = changed(fabricate_galaxies(), meta={"acknowledgement": "This research used\n NED."})
    assert "This research used NED. [Cite the sources of the types and of the images.]" in methods(make(galaxies))


def test_unknown_galaxies_are_left_to_the_user():
    """If the origin is unknown, a sentence in brackets asks for it."""
    assert "[State the sources of the images and types of the galaxies, and cite them.]" in methods(make())


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (Recipe().to_dict(), ", 3 Petrosian radii of the galaxy wide."),
        (Recipe(crop=AngularCrop(30.0)).to_dict(), ", 30 arcsec wide."),
        ({"crop": "by hand"}, "3 channels."),
        ({"kind": "my own"}, "3 channels."),
    ],
)
def test_recipes(recipe, expected):
    """The width of a stamp is given if it follows from a recipe of galmorph."""
    assert (
        f"stamp of 32 x 32 pixels with {expected.lstrip() if expected[0] != ',' else f'3 channels{expected}'}"
        in methods(make(changed(fabricate_galaxies(), recipe=recipe)))
    )


def test_galaxies_that_share_their_sky():
    """Groups are mentioned, and how the intervals take them into account."""
    galaxies = fabricate_galaxies()
    text = methods(make(changed(galaxies, groups=np.arange(len(galaxies)) // 2)))
    assert "with images of the same sky (105 groups) in the same fold" in text
    assert "for the effective number of galaxies, since images share their sky (Korn & Graubard 1998)" in text
    assert "in which images of the same sky have the same weight" in text


def test_one_architecture_needs_no_test():
    """Alone, an architecture is not tested against another."""
    comparison = make(architectures=("alexnet",))
    assert "mcnemar1947" not in bibtex(comparison)
    assert "distinguishable" not in methods(comparison)


def test_trainings_with_several_versions_are_described():
    """Versions are those of the trainings, each once in the order of the trainings, and not those of the reader."""
    comparison = make()
    result = comparison.results[0]
    older = dataclasses.replace(result.runs[0], versions={**result.runs[0].versions, "jax": "0.4.1", "gpu": "A100"})
    changed = dataclasses.replace(result, runs=(older, *result.runs[1:]))
    mixed = dataclasses.replace(comparison, results=(changed, *comparison.results[1:]))
    assert mixed.versions == {**comparison.versions, "jax": f"0.4.1, {version('jax')}", "gpu": "A100"}
    assert f"on JAX 0.4.1, {version('jax')} (" in methods(mixed)
    assert f"version = {{0.4.1, {version('jax')}}}" in bibtex(mixed)


def test_another_split_gives_another_seed():
    """The paragraph follows the plan: another seed of the split is another text."""
    comparison = make()
    other = dataclasses.replace(comparison, plan=dataclasses.replace(comparison.plan, split_seed=4))
    assert methods(comparison).replace("(random seed 0)", "(random seed 4)") == methods(other)
