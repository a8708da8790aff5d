"""Audit of labels: find labels that may be wrong, because cross-validated models agree on another class."""

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
    """List the galaxies whose label cross-validated models confidently contradict, most confident first.

    A galaxy is listed if the models give its label a mean probability of at most `doubt`, and at least a fraction
    `agreement` of them agree on another class. Each model must only judge galaxies with which it was not trained,
    because a network can memorise wrong labels. The ranking by held-out probabilities follows Northcutt, Jiang & Chuang
    (2021, JAIR 70, 1373). A listed label may be wrong, the galaxy may be unusual, or the models may share an error:
    look at the image.

    Parameters
    ----------
    labels
        The label of each galaxy.
    probabilities
        Probability of each class by each model; NaN for all classes if the model was trained with the galaxy.
    classes
        Names of the classes.
    names
        Name of each galaxy, for the links; blank if it has none.
    doubt
        Largest mean probability of the label, from 0 to 1.
    agreement
        Smallest fraction of the models that must answer the suggested class, from 0 to 1.

    Returns
    -------
    Table
        One row for each doubtful label, by falling ``probability``:

        - ``row``: index of the galaxy in the arrays; ``name``: its name, if names were given;
        - ``label``: name of its class; ``suggested``: the class with the highest mean probability;
        - ``probability``, ``label_probability``: mean probability of the suggested class and of the label;
        - ``votes``: number of models that answer the suggested class; ``models``: number of models that judged it;
        - ``ned``: address of its page in NED, if names were given; blank for a galaxy without a name.

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
        f"probabilities: expected (models, {len(labels)}, classes) with at least one model, got {probabilities.shape}",
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
    """Address of NED's page for a galaxy; blank if the name is blank or a bare number, which NED does not know.

    The name is quoted, so it can't change any other part of the address.

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
