"""Audit: labels that may be wrong, because models that never saw the galaxy agree on another class."""

from collections.abc import Sequence
from urllib.parse import quote

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float, Int

from galmorph._checks import check, check_between
from galmorph.comparison._statistics.confusion import check_answers

__all__ = ["audit_labels", "ned_link"]


def audit_labels(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "models galaxies classes"],
    classes: Sequence[str],
    *,
    names: Sequence[str] | None = None,
    doubt: float = 0.1,
    agreement: float = 0.8,
) -> Table:
    """List the galaxies whose label cross-validated models confidently contradict, the surest first.

    A galaxy is listed where the models give its label a mean probability of at most `doubt`, and at least the part
    `agreement` of them answer the same other class. Each model must judge only galaxies that it did not learn from:
    a network can learn wrong labels by heart (Northcutt, Jiang & Chuang 2021, JAIR 70, 1373, from where ranking by
    held-out probabilities is taken). A listed label may be wrong, the galaxy may be odd, or the models may share a
    fault: look.

    Parameters
    ----------
    labels
        The label of each galaxy.
    probabilities
        Probability of each class by each model; not a number (all classes) where a model has learned from the galaxy.
    classes
        Names of the classes.
    names
        Name of each galaxy, for the links; blank where there is none.
    doubt
        Largest mean probability of the label, from 0 to 1.
    agreement
        Least part of the models that answer the suggested class, from 0 to 1.

    Returns
    -------
    Table
        One row a doubtful label, by falling ``probability``:

        - ``row``: number of the galaxy in the arrays; ``name``: its name, if names were given;
        - ``label``: name of its class; ``suggested``: the class that the models think likeliest;
        - ``probability``, ``label_probability``: mean probability of the suggested class and of the label;
        - ``votes``: number of models that answer the suggested class; ``models``: number of those that judged;
        - ``ned``: address of its page in NED, if names were given, blank where there is none.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import audit_labels
    >>> probabilities = np.array([[[0.02, 0.98], [0.9, 0.1]], [[0.04, 0.96], [0.8, 0.2]]])
    >>> table = audit_labels(np.array([0, 0]), probabilities, ["elliptical", "spiral"], names=["NGC 1300", "M 87"])
    >>> print(table["name", "label", "suggested", "probability", "votes"])
      name     label    suggested probability votes
    -------- ---------- --------- ----------- -----
    NGC 1300 elliptical    spiral       0.970     2
    """
    check(
        probabilities.shape[2] == len(classes),
        f"classes: expected a name for each of {probabilities.shape[2]} classes, got {list(classes)}",
    )
    check(
        probabilities.shape[1] == len(labels) and len(probabilities) > 0,
        f"probabilities: expected (models, {len(labels)}, classes) and a model at least, got {probabilities.shape}",
    )
    check(
        names is None or len(names) == len(labels),
        f"names: expected one for each of {len(labels)} galaxies, got {0 if names is None else len(names)}",
    )
    check_between("doubt", doubt, 0, 1)
    check_between("agreement", agreement, 0, 1)
    judged = ~np.isnan(probabilities).all(axis=2)  # (models, galaxies)
    for model, seen in zip(probabilities, judged, strict=True):
        if seen.any():
            check_answers(labels[seen], model[seen])
    models = judged.sum(axis=0)
    sums = np.where(judged[:, :, None], probabilities, 0).sum(axis=0, dtype=np.float64)
    mean = sums / np.maximum(models, 1)[:, None]
    suggested = mean.argmax(axis=1)
    votes = np.sum(judged & (np.nan_to_num(probabilities).argmax(axis=2) == suggested), axis=0)
    rows = np.arange(len(labels))
    of_label, of_suggested = mean[rows, labels], mean[rows, suggested]
    listed = (models > 0) & (suggested != labels) & (of_label <= doubt) & (votes >= agreement * models)
    chosen = rows[listed]
    chosen = chosen[np.lexsort((of_label[chosen], -of_suggested[chosen]))]
    table = Table({"row": chosen})
    if names is not None:
        table["name"] = Column([str(names[row]) for row in chosen], dtype=str)
    table["label"] = Column([classes[index] for index in labels[chosen]], dtype=str)
    table["suggested"] = Column([classes[index] for index in suggested[chosen]], dtype=str)
    table["probability"] = Column(of_suggested[chosen], format=".3f")
    table["label_probability"] = Column(of_label[chosen], format=".3f")
    table["votes"] = votes[chosen]
    table["models"] = models[chosen]
    if names is not None:
        table["ned"] = Column([ned_link(str(names[row])) for row in chosen], dtype=str)
    return table


def ned_link(name: str) -> str:
    """Address of the page that NED shows of a galaxy; blank for a blank name or a bare number, which are no names.

    Whatever the name holds, it stays one value of the address: nothing in it can add to the address or leave it.

    Examples
    --------
    >>> from galmorph.comparison import ned_link
    >>> ned_link("2MASX J12345678+0123456")
    'https://ned.ipac.caltech.edu/byname?objname=2MASX%20J12345678%2B0123456'
    """
    words = " ".join(name.split())
    if not words or words.isdigit():
        return ""
    return f"https://ned.ipac.caltech.edu/byname?objname={quote(words, safe='')}"
