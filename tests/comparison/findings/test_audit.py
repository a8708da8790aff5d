"""Audit: wrong labels are found, right ones left alone, and a link holds a name and nothing else."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from galmorph.comparison._findings.audit import audit_labels, ned_link
from galmorph.errors import InvalidValueError

CLASSES = ["elliptical", "spiral", "irregular"]


def test_wrong_labels_are_found():
    """Five flipped labels of scikit-learn's irises lead the list that three cross-validated models make."""
    flowers, truth = load_iris(return_X_y=True)
    wrong = [3, 20, 30, 110, 143]
    labels = truth.copy()
    labels[wrong] = (truth[wrong] + 1) % 3
    models = [
        make_pipeline(StandardScaler(), LogisticRegression()),
        GaussianNB(),
        RandomForestClassifier(30, random_state=0),
    ]
    probabilities = np.stack([cross_val_predict(m, flowers, labels, cv=5, method="predict_proba") for m in models])
    table = audit_labels(labels, probabilities, ["setosa", "versicolor", "virginica"], doubt=0.2, agreement=1.0)
    assert set(wrong) <= set(table["row"][:6])
    first = table[list(table["row"]).index(3)]
    assert (first["label"], first["suggested"], first["votes"], first["models"]) == ("versicolor", "setosa", 3, 3)


def test_numbers_by_hand():
    """Means over models, votes for the suggested class, the surest first, links of the names."""
    given_by_models = [
        [[0.1, 0.9, 0.0], [0.0, 0.0, 1.0], [0.9, 0.1, 0.0], [0.05, 0.9, 0.05]],
        [[0.1, 0.7, 0.2], [0.0, 0.2, 0.8], [0.8, 0.1, 0.1], [0.05, 0.35, 0.6]],
    ]
    labels = np.array([0, 0, 0, 0])
    names = ["NGC 1300", "", "M 87", "NGC 1"]
    table = audit_labels(labels, np.array(given_by_models), CLASSES, names=names)
    assert table.colnames == [
        *["row", "name", "label", "suggested", "probability", "label_probability", "votes", "models", "ned"]
    ]
    assert list(table["row"]) == [1, 0]  # the third is labelled rightly, of the fourth one model thinks otherwise
    assert list(table["suggested"]) == ["irregular", "spiral"]
    np.testing.assert_allclose(table["probability"], [0.9, 0.8])
    np.testing.assert_allclose(table["label_probability"], [0.0, 0.1], atol=1e-12)
    assert list(table["ned"]) == ["", "https://ned.ipac.caltech.edu/byname?objname=NGC%201300"]
    half = audit_labels(labels, np.array(given_by_models), CLASSES, agreement=0.5)
    assert list(half["row"]) == [1, 0, 3]
    assert list(half["votes"]) == [2, 2, 1]
    assert {"name", "ned"}.isdisjoint(half.colnames)


def test_a_model_that_learned_from_a_galaxy_has_no_vote():
    """Where it is not a number, a model is left out of mean, votes and models; without any, a galaxy is not listed."""
    nothing = [np.nan] * 3
    probabilities = np.array([[[0.0, 1.0, 0.0], nothing, nothing], [nothing, [0.0, 0.4, 0.6], nothing]])
    table = audit_labels(np.array([0, 0, 0]), probabilities, CLASSES)
    assert list(table["row"]) == [0, 1]
    np.testing.assert_allclose(table["probability"], [1.0, 0.6])
    assert list(table["votes"]) == list(table["models"]) == [1, 1]


@given(st.integers(0, 2**32), st.floats(0, 0.5), st.floats(0, 1))
def test_what_is_listed_fulfils_both_conditions(seed, doubt, agreement):
    """Listed are just the galaxies whose label is doubted and whose suggestion is agreed on, by falling probability."""
    rng = np.random.default_rng(seed)
    labels, probabilities = rng.integers(3, size=15), rng.dirichlet(np.full(3, 0.2), size=(4, 15))
    table = audit_labels(labels, probabilities, CLASSES, doubt=doubt, agreement=agreement)
    expected = []
    for row, label in enumerate(labels):
        mean = np.mean([model[row] for model in probabilities], axis=0)
        votes = sum(int(np.argmax(model[row]) == np.argmax(mean)) for model in probabilities)
        if np.argmax(mean) != label and mean[label] <= doubt and votes >= agreement * 4:
            expected.append((-mean.max(), row))
    assert list(table["row"]) == [row for _, row in sorted(expected)]


def test_right_labels_make_an_empty_table():
    """Without doubt there are no rows, but all columns."""
    table = audit_labels(np.array([0]), np.array([[[0.9, 0.05, 0.05]]]), CLASSES, names=["M 87"])
    assert len(table) == 0
    assert "ned" in table.colnames


@given(st.text())
def test_a_link_holds_one_name(name):
    """Whatever a name holds, the address stays NED's, with one value, which is the name with single blanks."""
    words = " ".join(name.split())
    link = ned_link(name)
    if not words or words.isdigit():  # an entry of another list, such as Galaxy Zoo's
        assert link == ""
        return
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "ned.ipac.caltech.edu", "/byname")
    assert parts.fragment == ""
    assert parse_qs(parts.query) == {"objname": [words]}
    assert not set(link) & set("\"'<> \n")


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_audits_are_refused():
    """Names and classes fit, there is a model, and options are fractions."""
    labels, probabilities = np.array([0]), np.array([[[0.9, 0.05, 0.05]]])
    with pytest.raises(InvalidValueError, match=r"classes: expected a name for each of 3 classes, got \['spiral'\]"):
        audit_labels(labels, probabilities, ["spiral"])
    with pytest.raises(InvalidValueError, match=r"probabilities: expected \(models, 1, classes\) with at least one"):
        audit_labels(labels, probabilities[:0], CLASSES)
    with pytest.raises(InvalidValueError, match="names: expected one for each of 1 galaxies, got 2"):
        audit_labels(labels, probabilities, CLASSES, names=["a", "b"])
    with pytest.raises(InvalidValueError, match="doubt: expected a number from 0 to 1, got 10"):
        audit_labels(labels, probabilities, CLASSES, doubt=10)
    with pytest.raises(InvalidValueError, match="agreement: expected a number from 0 to 1, got -1"):
        audit_labels(labels, probabilities, CLASSES, agreement=-1)
    with pytest.raises(InvalidValueError, match="apply softmax to logits"):
        audit_labels(labels, 2 * probabilities, CLASSES)
