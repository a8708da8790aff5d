"""Citation: a paragraph that says how a comparison was made, with its sources, and the entries for the bibliography."""

import re
from importlib.resources import files

import numpy as np

from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.words import listed
from galmorph.comparison._runs.versions import GALMORPH
from galmorph.data import GALAXY_ZOO_2_CLASSES, Dataset
from galmorph.simulation._columns import COLUMNS

__all__ = ["bibtex", "display_name", "methods"]

# Key of each entry of references.bib, and how a text cites it.
_CITED = {
    "galmorph": "The galmorph developers 2026",
    "lecun1998": "LeCun et al. 1998",
    "krizhevsky2012": "Krizhevsky et al. 2012",
    "he2016": "He et al. 2016",
    "dai2018": "Dai & Tong 2018",
    "willett2013": "Willett et al. 2013",
    "loshchilov2017": "Loshchilov & Hutter 2017",
    "loshchilov2019": "Loshchilov & Hutter 2019",
    "sutskever2013": "Sutskever et al. 2013",
    "szegedy2016": "Szegedy et al. 2016",
    "zhang2018": "Zhang et al. 2018",
    "wilson1927": "Wilson 1927",
    "efron1979": "Efron 1979",
    "mcnemar1947": "McNemar 1947",
    "ruschendorf1982": "Rüschendorf 1982",
    "holm1979": "Holm 1979",
    "student1908": "Student 1908",
    "guo2017": "Guo et al. 2017",
    "jax2018github": "Bradbury et al. 2018",
    "flax2020github": "Heek et al. 2020",
    "astropy2013": "Astropy Collaboration 2013",
    "astropy2018": "2018",
    "astropy2022": "2022",
}

# What each architecture is called in a text, and its paper.
_ARCHITECTURES = {
    "lenet5": ("LeNet-5", "lecun1998"),
    "alexnet": ("AlexNet", "krizhevsky2012"),
    "small_resnet": ("a small ResNet for small stamps", "he2016"),
    **{f"resnet{depth}": (f"ResNet-{depth}", "he2016") for depth in (18, 34, 50, 101, 152)},
    "resnet26_dai_tong": ("a wide ResNet-26, reconstructed", "dai2018"),
}


def methods(comparison: Findings) -> str:
    """Say how a comparison was made, as a paragraph for a paper; what it leaves to you stands in square brackets.

    Parameters
    ----------
    comparison
        The comparison.

    Returns
    -------
    text
        Plain text, sources by author and year; their entries are those of `bibtex`.
    """
    return _Writer(comparison).paragraph()


def bibtex(comparison: Findings) -> str:
    """Entries for all that `methods` cites, in its order.

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


def display_name(architecture: str) -> str:
    """Name of an architecture in a text; one of your own is called as it is."""
    return _ARCHITECTURES[architecture][0] if architecture in _ARCHITECTURES else architecture


class _Writer:
    """Writes the paragraph, and remembers what it cites."""

    def __init__(self, comparison: Findings) -> None:
        self._comparison = comparison
        self._plan = comparison.plan
        self.cited: list[str] = []

    def paragraph(self) -> str:
        """Write it."""
        sentences = [
            self._compared(),
            self._data(),
            self._stamps(),
            *self._folds(),
            *self._learned(),
            *self._chosen(),
            *self._judged(),
            self._software(),
        ]
        return " ".join(sentence for sentence in sentences if sentence)

    def _cite(self, *keys: str) -> str:
        self.cited += [key for key in keys if key not in self.cited]
        return ", ".join(_CITED[key] for key in keys)

    def _compared(self) -> str:
        names = []
        for name in self._plan.architectures:
            known, key = _ARCHITECTURES.get(name, ("", ""))
            names.append(f"{known} ({self._cite(key)})" if key else f"{name} [describe this network]")
        dataset = self._comparison.dataset
        return (
            f"We compared {listed(names)} on {len(dataset):,} galaxies of {len(dataset.classes)} classes with "
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
                f"Images and votes are those of Galaxy Zoo 2 ({self._cite('willett2013')}), in the five classes of "
                f"Dai & Tong ({self._cite('dai2018')[-4:]})."
            )
        return "[Say here where images and types of the galaxies come from, and cite it.]"

    def _stamps(self) -> str:
        dataset = self._comparison.dataset
        side = f"{dataset.size} x {dataset.size} pixels"
        channels = f"{dataset.channels} channel{'s' if dataset.channels > 1 else ''}"
        return f"Each was shown to the networks as a stamp of {side} and {channels}{_crop(dataset)}."

    def _folds(self) -> list[str]:
        plan, dataset = self._plan, self._comparison.dataset
        groups = len(np.unique(dataset.groups))
        together = "" if groups == len(dataset) else f", images of the same sky ({groups:,} groups) kept together"
        folds = f"The galaxies were cut into {plan.folds} folds, stratified by class{together} (seed {plan.split_seed})"
        tested_folds = plan.tested_folds or plan.folds
        if tested_folds == plan.folds:
            tested = "each fold was classified by networks that had learned from the others"
        else:
            tested = (
                f"{_number(tested_folds)} of them, {len(self._comparison.test):,} galaxies, "
                f"{'was' if tested_folds == 1 else 'were'} classified by networks that had learned from the others"
            )
        again = f" This was repeated {plan.repeats} times, with folds cut anew." if plan.repeats > 1 else ""
        seeds = (
            f"Each architecture was trained with {_number(len(plan.seeds))} seeds ({', '.join(map(str, plan.seeds))})"
            if len(plan.seeds) > 1
            else f"Each architecture was trained with one seed ({plan.seeds[0]})"
        )
        return [
            f"{folds}; {tested}.{again}",
            f"{seeds} on each fold, {plan.trainings} trainings in all.",
            f"Of the galaxies outside the tested fold, {100 * plan.validation:.3g} % were held back for validation; "
            "the tested galaxies chose nothing.",
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
            "cosine": "then fell to zero as half a cosine",
            "steps": "then fell to a tenth after half of the training and again after three quarters",
            "constant": "then stayed",
        }
        rise = (
            f"rose over the first {100 * config.warmup:.3g} % of the steps" if config.warmup else "began at its largest"
        )
        fall = schedules[config.schedule]
        if config.schedule == "cosine":
            fall += f" ({self._cite('loshchilov2017')})"
        rates = self._plan.learning_rates
        tried = listed([f"{rate:g}" for rate in rates], "or") if rates else ""
        rate = (
            f"the largest was chosen for each architecture and fold out of {tried} by the loss "
            "on the validation galaxies, with the first seed"
            if rates
            else f"the largest was {config.learning_rate:g}"
        )
        sentences = [
            f"All learned alike: {_plural(config.epochs, 'epoch')} of {optimizer} in batches of {config.batch_size}, "
            f"with a weight decay of {config.weight_decay:g}. The learning rate {rise} and {fall}; {rate}.",
            _augmentation(config.augmentation.rotation, config.augmentation.flip, config.augmentation.shift),
        ]
        extras = []
        if config.gradient_clip is not None:
            extras.append(f"gradients were clipped to a norm of {config.gradient_clip:g}")
        if config.label_smoothing:
            extras.append(f"labels were smoothed by {config.label_smoothing:g} ({self._cite('szegedy2016')})")
        if config.mixup:
            extras.append(f"stamps were mixed with alpha = {config.mixup:g} ({self._cite('zhang2018')})")
        if config.class_weighting:
            extras.append("losses were weighted by the inverse frequency of the classes")
        if config.balanced_sampling:
            extras.append("classes were sampled equally often")
        if config.weight_average:
            extras.append(f"weights were averaged exponentially with a decay of {config.weight_average:g} a step")
        if extras:
            text = listed(extras)
            sentences.append(f"{text[0].upper()}{text[1:]}.")
        return sentences

    def _chosen(self) -> list[str]:
        config = self._plan.config
        stop = f", and training stopped after {config.patience} epochs without a lower one" if config.patience else ""
        kept = (
            "The weights of the epoch with the lowest validation loss were kept"
            if config.keep_best
            else ("The weights of the last epoch were kept")
        )
        return [
            f"{kept}{stop}.",
            f"Probabilities were calibrated by a temperature ({self._cite('guo2017')}), fitted to the validation "
            "galaxies.",
        ]

    def _judged(self) -> list[str]:
        test, plan = self._comparison.test, self._plan
        shared = len(np.unique(test.groups)) < len(test)
        wilson = f"Wilson's ({self._cite('wilson1927')[-4:]})"
        bootstrap = f"percentiles of the bootstrap over galaxies ({self._cite('efron1979')}; 2,000 drawings"
        bootstrap += ", images of the same sky drawn together)" if shared else ")"
        ours = f"{wilson} for recall and precision" if shared else f"{wilson} for accuracy, recall and precision"
        sentences = [f"Intervals hold 95 %: {ours}, {bootstrap} otherwise."]
        if len(self._comparison.results) > 1:
            mcnemar = self._cite("mcnemar1947")
            joined = (
                f", with p-values of several trainings joined as twice their mean ({self._cite('ruschendorf1982')})"
                if plan.passes > 1
                else ""
            )
            sentences.append(
                f"Two architectures are called distinguishable where McNemar's exact test ({mcnemar}){joined}, "
                f"corrected for the number of pairs ({self._cite('holm1979')}), gives "
                "p \N{LESS-THAN OR EQUAL TO} 0.05, and the 95 % interval of the paired bootstrap leaves out zero."
            )
            if len(plan.seeds) > 1:
                sentences.append(
                    "What other seeds would change is the t interval of the differences seed by seed "
                    f"({self._cite('student1908')})."
                )
        return sentences

    def _software(self) -> str:
        astropy, used = self._cite("astropy2013", "astropy2018", "astropy2022"), self._comparison.versions
        return (
            f"The networks were written in Flax {used['flax']} ({self._cite('flax2020github')}) on JAX {used['jax']} "
            f"({self._cite('jax2018github')}); tables and images were read with Astropy {used['astropy']} ({astropy})."
        )


def _crop(dataset: Dataset) -> str:
    """What a stamp shows, where the data set has a recipe of galmorph."""
    crop = (dataset.recipe or {}).get("crop")
    kinds = {
        "galaxy": ("radii", ", {:.3g} Petrosian radii of the galaxy wide"),
        "angular": ("arcsec", ", {:.3g} arcsec wide"),
        "fraction": ("fraction", ", the middle {:.3g} of the side of its image"),
    }
    if not isinstance(crop, dict) or crop.get("kind") not in kinds:
        return ""
    name, text = kinds[crop["kind"]]
    return text.format(crop[name])


def _augmentation(rotation: str, flip: bool, shift: int) -> str:
    kinds = {"any": "turned by any angle", "quarter": "turned by quarter turns", "none": ""}
    done = [
        *([kinds[rotation]] if kinds[rotation] else []),
        *(["mirrored"] if flip else []),
        *([f"shifted by up to {_plural(shift, 'pixel')}"] if shift else []),
    ]
    return f"While they learned, stamps were {listed(done)} at random." if done else "Stamps were not augmented."


def _number(count: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count < len(words) else str(count)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
