"""Citation: a paragraph on methods with its citations, and the BibTeX entries of everything that it cites."""

import re
from importlib.resources import files

import numpy as np

from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.words import in_words, listed, plural
from galmorph.comparison._runs.versions import GALMORPH
from galmorph.data import GALAXY_ZOO_2_CLASSES, Dataset
from galmorph.preprocessing import Augmentation
from galmorph.simulation._columns import COLUMNS
from galmorph.training import TrainConfig

__all__ = ["bibtex", "learned_weights", "methods"]

# Keys of the entries in references.bib, and how the text cites them.
_CITED = {
    "galmorph": "The galmorph developers 2026",
    "lecun1998": "LeCun et al. 1998",
    "krizhevsky2012": "Krizhevsky et al. 2012",
    "simonyan2015": "Simonyan & Zisserman 2015",
    "he2016": "He et al. 2016",
    "huang2017": "Huang et al. 2017",
    "dai2018": "Dai & Tong 2018",
    "willett2013": "Willett et al. 2013",
    "loshchilov2017": "Loshchilov & Hutter 2017",
    "loshchilov2019": "Loshchilov & Hutter 2019",
    "sutskever2013": "Sutskever et al. 2013",
    "szegedy2016": "Szegedy et al. 2016",
    "zhang2018": "Zhang et al. 2018",
    "newcombe1998": "Newcombe 1998",
    "dieleman2015": "Dieleman et al. 2015",
    "walmsley2022": "Walmsley et al. 2022",
    "wilson1927": "Wilson 1927",
    "rubin1981": "Rubin 1981",
    "korn1998": "Korn & Graubard 1998",
    "bonett2012": "Bonett & Price 2012",
    "mcnemar1947": "McNemar 1947",
    "ruschendorf1982": "Rüschendorf 1982",
    "holm1979": "Holm 1979",
    "student1908": "Student 1908",
    "owen2007": "Owen 2007",
    "cameron2011": "Cameron et al. 2011",
    "benavoli2017": "Benavoli et al. 2017",
    "guo2017": "Guo et al. 2017",
    "jax2018github": "Bradbury et al. 2018",
    "flax2020github": "Heek et al. 2020",
    "astropy2013": "Astropy Collaboration 2013",
    "astropy2018": "2018",
    "astropy2022": "2022",
}

# Name of each architecture in the text, and the key of its paper.
_ARCHITECTURES = {
    "lenet5": ("LeNet-5", "lecun1998"),
    "alexnet": ("AlexNet", "krizhevsky2012"),
    "vgg16": ("VGG-16", "simonyan2015"),
    "small_resnet": ("a small ResNet", "he2016"),
    **{f"resnet{depth}": (f"ResNet-{depth}", "he2016") for depth in (18, 34, 50, 101, 152)},
    "resnet26_dai_tong": ("a wide ResNet-26", "dai2018"),
    "dieleman": ("the network for many views of a galaxy", "dieleman2015"),
    **{f"densenet{depth}": (f"DenseNet-{depth}", "huang2017") for depth in (121, 169, 201, 264)},
}


def methods(comparison: Findings) -> str:
    """Describe a comparison in a paragraph for the methods section of a paper.

    Square brackets mark what you need to add.

    Parameters
    ----------
    comparison
        The comparison.

    Returns
    -------
    text
        Plain text with citations by author and year; `bibtex` gives their entries.
    """
    return _Writer(comparison).paragraph()


def bibtex(comparison: Findings) -> str:
    """BibTeX entries of everything that `methods` cites, in the same order.

    Parameters
    ----------
    comparison
        The comparison.

    Returns
    -------
    entries
        BibTeX.
    """
    writer = _Writer(comparison)
    writer.paragraph()
    text = files("galmorph.comparison._report").joinpath("references.bib").read_text(encoding="utf-8")
    entries = {found[1]: found[0] for found in re.finditer(r"@\w+\{(\w+),.*?^\}$", text, re.MULTILINE | re.DOTALL)}
    packages = {"galmorph": GALMORPH, "jax2018github": "jax", "flax2020github": "flax"}
    filled = [
        entries[key].replace("VERSION", comparison.versions[packages[key]]) if key in packages else entries[key]
        for key in writer.cited
    ]
    return "\n\n".join(filled) + "\n"


class _Writer:
    """Writes the paragraph, and records the keys of what it cites."""

    def __init__(self, comparison: Findings) -> None:
        self._comparison = comparison
        self._plan = comparison.plan
        self.cited: list[str] = []

    def paragraph(self) -> str:
        """Write the paragraph."""
        sentences = [
            self._compared(),
            self._data(),
            self._stamps(),
            *self._folds(),
            *self._learned(),
            *self._chosen(),
            *self._judged(),
            *self._asked_besides(),
            self._software(),
        ]
        return " ".join(sentence for sentence in sentences if sentence)

    def _cite(self, *keys: str) -> str:
        self.cited += [key for key in keys if key not in self.cited]
        return ", ".join(_CITED[key] for key in keys)

    def _compared(self) -> str:
        names = []
        entries = dict(self._plan.entries)
        for name in self._plan.architectures:
            known, key = _ARCHITECTURES.get(name, ("", ""))
            if key:
                names.append(f"{known} ({self._cite(key)})")
            elif name in self._plan.ensembles:
                names.append(f"{name} ({entries[name]})")
            elif name in entries:
                what = entries[name].rpartition("; SHA-256")[0]
                names.append(f"{name} ({what} [say from which data it learned, and cite it])")
            else:
                names.append(f"{name} [describe this network]")
        dataset = self._comparison.dataset
        return (
            f"We compared {listed(names)} on {len(dataset):,} galaxies in {len(dataset.classes)} classes with "
            f"galmorph {self._comparison.versions[GALMORPH]} ({self._cite('galmorph')})."
        )

    def _data(self) -> str:
        dataset = self._comparison.dataset
        zoo = dataset.classes == GALAXY_ZOO_2_CLASSES
        if set(COLUMNS) <= set(dataset.table.colnames):
            classes = f" in the five classes of Dai & Tong ({self._cite('dai2018')[-4:]})" if zoo else ""
            return f"The galaxies were simulated with galmorph{classes}."
        if "acknowledgement" in dataset.table.meta:
            said = " ".join(str(dataset.table.meta["acknowledgement"]).split())
            return f"{said} [Cite the sources of the types and of the images.]"
        if zoo and "scheme" not in dataset.table.meta:
            return (
                f"The images and votes are from Galaxy Zoo 2 ({self._cite('willett2013')}); the five classes are those "
                f"of Dai & Tong ({self._cite('dai2018')[-4:]})."
            )
        return "[State the sources of the images and types of the galaxies, and cite them.]"

    def _stamps(self) -> str:
        dataset = self._comparison.dataset
        side = f"{dataset.size} x {dataset.size} pixels"
        return (
            f"Each galaxy was given to the networks as a stamp of {side} with {plural(dataset.channels, 'channel')}"
            f"{_crop(dataset)}."
        )

    def _folds(self) -> list[str]:
        plan, dataset = self._plan, self._comparison.dataset
        groups = len(np.unique(dataset.groups))
        together = (
            "" if groups == len(dataset) else f", with images of the same sky ({groups:,} groups) in the same fold"
        )
        folds = (
            f"The galaxies were split into {plan.folds} folds, stratified by class{together} (random seed "
            f"{plan.split_seed})"
        )
        tested_folds = plan.tested_folds or plan.folds
        if tested_folds == plan.folds:
            tested = "each fold was classified by networks that were trained on the other folds"
        else:
            tested = (
                f"{in_words(tested_folds)} of them, with {len(self._comparison.test):,} galaxies, "
                f"{'was' if tested_folds == 1 else 'were'} classified by networks that were trained on the other folds"
            )
        again = f" This was done {plan.repeats} times with different folds." if plan.repeats > 1 else ""
        count = in_words(len(plan.seeds))
        seeds = f"{count} random seed{'s' if len(plan.seeds) > 1 else ''} ({', '.join(map(str, plan.seeds))})"
        return [
            f"{folds}; {tested}.{again}",
            f"Each architecture was trained with {seeds} for each tested fold, "
            f"{plural(plan.trainings, 'training')} in total.",
            f"Of the galaxies outside the tested fold, {100 * plan.validation:.3g} % were used for validation, and "
            f"{listed([f'{size:,}' for size in self._comparison.by_size])} for training; nothing was selected on the "
            "tested galaxies.",
        ]

    def _learned(self) -> list[str]:
        config = self._plan.config
        optimizers = {
            "adamw": f"AdamW ({self._cite('loshchilov2019')})" if config.optimizer == "adamw" else "",
            "sgd": f"SGD with Nesterov momentum ({self._cite('sutskever2013')})" if config.optimizer == "sgd" else "",
        }
        named = config.optimizer if isinstance(config.optimizer, str) else ""
        optimizer = optimizers.get(named) or f"{config.to_dict()['optimizer']} [describe this optimiser]"
        schedules = {
            "cosine": "then decreased to zero along half a cosine",
            "steps": f"then dropped to a tenth after each {config.decay_steps:,} steps"
            if config.decay_steps
            else "then dropped to a tenth after half of the training, and again after three quarters of it",
            "constant": "then remained constant",
        }
        rise = (
            f"increased over the first {100 * config.warmup:.3g} % of the steps"
            if config.warmup
            else "started at its maximum"
        )
        fall = schedules[config.schedule]
        if config.schedule == "cosine":
            fall += f" ({self._cite('loshchilov2017')})"
        rates = self._plan.learning_rates
        tried = listed([f"{rate:g}" for rate in rates]) if rates else ""
        rate = (
            f"its maximum was chosen from {tried} for each architecture and tested fold by the loss on the validation "
            "galaxies, with the first seed"
            if rates
            else f"its maximum was {config.learning_rate:g}"
        )
        sentences = [
            f"All architectures were trained in the same way: for {plural(config.epochs, 'epoch')} with {optimizer}, "
            f"in batches of {config.batch_size}, with a weight decay of {config.weight_decay:g}. The learning rate "
            f"{rise} and {fall}; {rate}.",
            *(["Each stamp was brought to zero mean and unit variance."] if config.scaling == "stamp" else []),
            _augmentation(config.augmentation),
            *(["Features were not augmented."] if self._plan.on_features else []),
        ]
        if self._plan.entries and (learned := learned_weights(config)):
            sentences.append(f"In networks that start from learned weights, {learned}.")
        if config.soft_labels is not None:
            sentences.append(
                "Networks learned from the fractions of votes for the classes, by the cross entropy with them; answers "
                "were judged by the labels."
                if config.soft_labels.kind == "fractions"
                else "Networks learned from the numbers of votes for the classes, by their Dirichlet-multinomial "
                f"likelihood ({self._cite('walmsley2022')}); answers were judged by the labels."
            )
        extras = []
        if config.gradient_clip is not None:
            extras.append(f"gradients were clipped to a norm of {config.gradient_clip:g}")
        if config.label_smoothing:
            extras.append(f"labels were smoothed by {config.label_smoothing:g} ({self._cite('szegedy2016')})")
        if config.mixup:
            extras.append(f"mixup with alpha = {config.mixup:g} was applied ({self._cite('zhang2018')})")
        if config.class_weighting:
            extras.append("losses were weighted by the inverse frequency of the classes")
        if config.balanced_sampling:
            extras.append("all classes were sampled equally often")
        if config.weight_average:
            extras.append(f"weights were averaged exponentially with a decay of {config.weight_average:g} per step")
        if extras:
            text = listed(extras)
            sentences.append(f"{text[0].upper()}{text[1:]}.")
        return sentences

    def _chosen(self) -> list[str]:
        config = self._plan.config
        stop = (
            f", and a training stopped after {plural(config.patience, 'epoch')} without a lower loss"
            if config.patience
            else ""
        )
        kept = (
            "The weights of the epoch with the lowest validation loss were kept"
            if config.keep_best
            else "The weights of the last epoch were kept"
        )
        return [
            f"{kept}{stop}.",
            f"Probabilities were calibrated by temperature scaling ({self._cite('guo2017')}), fitted to the validation "
            "galaxies.",
        ]

    def _judged(self) -> list[str]:
        test, plan = self._comparison.test, self._plan
        shared = len(np.unique(test.groups)) < len(test)
        effective = (
            f", for the effective number of galaxies, since images share their sky ({self._cite('korn1998')}),"
            if shared
            else ""
        )
        together = ", in which images of the same sky have the same weight" if shared else ""
        sentences = [
            f"We give 95 % confidence intervals: score intervals ({self._cite('wilson1927')}) for accuracy, recall and "
            f"precision{effective} and percentiles of the Bayesian bootstrap over galaxies ({self._cite('rubin1981')}; "
            f"2,000 resamples{together}) for the other metrics."
        ]
        if len(self._comparison.results) > 1:
            mcnemar = self._cite("mcnemar1947")
            combined = (
                f"combined over the trainings as twice the mean ({self._cite('ruschendorf1982')}) and "
                if plan.passes > 1
                else ""
            )
            sentences.append(
                f"We call two architectures distinguishable if the p-value of McNemar's exact test ({mcnemar}), "
                f"{combined}corrected for the number of pairs ({self._cite('holm1979')}), is at most 0.05, and the "
                f"95 % confidence interval of the difference ({self._cite('bonett2012')}) excludes zero."
            )
            if len(plan.seeds) > 1:
                sentences.append(
                    "The effect of the random seed on a difference is given by the paired t interval over seeds "
                    f"({self._cite('student1908')}), and that of other seeds and other galaxies together by an "
                    f"interval with two-way variances ({self._cite('owen2007', 'cameron2011')}). We give the "
                    "probabilities that a difference is larger than one percentage point in either direction "
                    f"({self._cite('benavoli2017')})."
                )
        return sentences

    def _asked_besides(self) -> list[str]:
        """How many galaxies are needed, and whether the networks travel."""
        comparison = self._comparison
        sentences = []
        if comparison.smaller:
            sizes = listed([f"{size:,}" for size in comparison.by_size])
            sentences.append(
                f"Each architecture was trained with {sizes} galaxies, which are nested subsets, and tested on the "
                "same galaxies."
            )
        if comparison.external:
            others = listed([f"{len(galaxies):,} galaxies of {name}" for name, galaxies in comparison.external.items()])
            sentences.append(
                f"The trained networks also classified {others} [cite their sources]; the intervals of the differences "
                f"between surveys combine the intervals of both ({self._cite('newcombe1998')})."
            )
        return sentences

    def _software(self) -> str:
        astropy, used = self._cite("astropy2013", "astropy2018", "astropy2022"), self._comparison.versions
        return (
            f"The networks were implemented in Flax {used['flax']} ({self._cite('flax2020github')}) on JAX "
            f"{used['jax']} ({self._cite('jax2018github')}); tables and images were read with Astropy "
            f"{used['astropy']} ({astropy})."
        )


def learned_weights(config: TrainConfig) -> str:
    """Say what the configuration does to weights that were learned before; empty if nothing."""
    done = []
    if config.frozen:
        done.append(f"the layers {listed(config.frozen)} were frozen")
    if config.kept_rate != 1:
        done.append(f"the learning rate of all layers but a new last one was multiplied by {config.kept_rate:g}")
    return listed(done) if done else ""


def _crop(dataset: Dataset) -> str:
    """Describe the width of a stamp, if the data set has a recipe of galmorph."""
    crop = (dataset.recipe or {}).get("crop")
    kinds = {
        "galaxy": ("radii", ", {:.3g} Petrosian radii of the galaxy wide"),
        "angular": ("arcsec", ", {:.3g} arcsec wide"),
        "fraction": ("fraction", ", cut from the centre of its image with {:.3g} of its side length"),
    }
    if not isinstance(crop, dict) or crop.get("kind") not in kinds:
        return ""
    name, text = kinds[crop["kind"]]
    return text.format(crop[name])


def _augmentation(moves: Augmentation) -> str:
    kinds = {"any": "rotated by any angle", "quarter": "rotated by multiples of 90 degrees", "none": ""}
    described = moves.to_dict()  # without options that are off
    ranges = {
        "zoom": "enlarged by factors of {} to {}",
        "blur": "blurred by Gaussians with standard deviations of {} to {} pixels",
        "colour": "changed in colour by factors of {} to {} for each channel",
        "contrast": "changed in contrast by factors of {} to {}",
        "brightness": "changed in brightness by factors of {} to {}",
        "noise": "given Gaussian noise with standard deviations of {} to {} of the brightest value",
    }
    done = [
        *([kinds[moves.rotation]] if kinds[moves.rotation] else []),
        *(["mirrored"] if moves.flip else []),
        *([f"shifted by up to {plural(moves.shift, 'pixel')}"] if moves.shift else []),
        *(text.format(*(f"{end:g}" for end in described[name])) for name, text in ranges.items() if name in described),
        *([f"changed by {described['extra']} [describe this function]"] if "extra" in described else []),
    ]
    return f"During training, stamps were {listed(done)} at random." if done else "Stamps were not augmented."
