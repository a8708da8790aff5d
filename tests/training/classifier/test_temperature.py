"""Temperatures against scikit-learn, calculus and hand computations; classifiers that have one."""

from dataclasses import replace
from importlib.resources import as_file

import jax.numpy as jnp
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from small_networks import quick

from galmorph.data import Dataset
from galmorph.errors import FewGalaxiesWarning, FileFormatError, GalmorphWarning, InvalidValueError
from galmorph.preprocessing import in_orientations
from galmorph.training import Classifier, Ensemble, evaluate, fit_temperature, train, with_temperature
from galmorph.training._classifier.pretrained import pretrained_file
from galmorph.training._classifier.weights_file import read_header


def noisy(galaxies: int, classes: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that are drawn from them at a temperature."""
    rng = np.random.default_rng(seed)
    logits = 3 * rng.normal(size=(galaxies, classes))
    labels = [rng.choice(classes, p=each) for each in softmax(logits / temperature, axis=1)]
    return logits, np.array(labels)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_of_two_classes_is_a_logistic_regression(temperature):
    """One over the temperature is the slope of the label on the difference of the logits, without an intercept."""
    logits, labels = noisy(400, 2, temperature)
    difference = logits[:, 1:] - logits[:, :1]
    fitted = LogisticRegression(C=1e9, fit_intercept=False, tol=1e-10).fit(difference, labels)
    assert fit_temperature(logits, labels) == pytest.approx(1 / fitted.coef_[0, 0], rel=1e-4)


@given(st.integers(0, 2**32), st.integers(2, 6), st.floats(0.3, 5))
def test_temperature_is_where_the_slope_is_zero(seed, classes, temperature):
    """The loss is least where the mean logit of the labels equals the mean logit that the probabilities expect."""
    logits, labels = noisy(60, classes, temperature, seed)
    found = fit_temperature(logits, labels)
    assume(0.051 < found < 19.9)
    expected = (softmax(logits / found, axis=1) * logits).sum(axis=1).mean()
    assert logits[np.arange(60), labels].mean() == pytest.approx(expected, abs=1e-4)


def test_temperature_is_found_again():
    """With many galaxies the temperature that drew the labels comes back, in float32 too."""
    logits, labels = noisy(20_000, 4, 2.0)
    assert fit_temperature(logits, labels) == pytest.approx(2.0, rel=0.05)
    assert fit_temperature(logits.astype(np.float32), labels) == pytest.approx(
        fit_temperature(logits, labels), rel=1e-4
    )


def test_temperature_has_limits():
    """All right: the coldest; answers that are no better than chance: the hottest."""
    logits = np.tile([2.0, 0.0], (10, 1))
    assert fit_temperature(logits, np.zeros(10, int)) == 0.05
    assert fit_temperature(logits, np.repeat([0, 1], 5)) == 20


@given(arrays(np.float64, (4, 3), elements=st.floats(-50, 50)), st.floats(0.05, 20))
def test_temperature_changes_no_answer(logits, temperature):
    """Classes keep their order: the likeliest stays among the likeliest, and probabilities add up to 1."""
    probabilities = with_temperature(logits, temperature)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert np.all(
        np.take_along_axis(probabilities, logits.argmax(axis=1)[:, None], 1)[:, 0] == probabilities.max(axis=1)
    )


def test_temperature_of_one_changes_nothing():
    """At 1 it is softmax itself, for runs of galaxies too; at 2, 0.9 and 0.1 are as their roots: 3 to 1."""
    logits = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(with_temperature(logits, 1.0), softmax(logits, axis=-1))
    np.testing.assert_allclose(with_temperature(np.log([[0.9, 0.1]]), 2.0), [[0.75, 0.25]])


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_logits_are_refused():
    """Logits are finite, labels fit, temperatures are above zero."""
    with pytest.raises(InvalidValueError, match="logits: expected finite numbers"):
        fit_temperature(np.array([[np.inf, 0.0]]), np.array([0]))
    with pytest.raises(InvalidValueError, match="labels: expected classes from 0 to 1, got 2 to 2"):
        fit_temperature(np.array([[1.0, 0.0]]), np.array([2]))
    with pytest.raises(InvalidValueError, match="labels: expected one for each of 1 rows of logits and at least one"):
        fit_temperature(np.array([[1.0, 0.0]]), np.array([0, 0]))
    with pytest.raises(InvalidValueError, match="temperature: expected a finite number above 0, got 0"):
        with_temperature(np.array([[1.0, 0.0]]), 0)


def calibrate(classifier: Classifier, blobs: Dataset) -> Classifier:
    """Calibrate on the galaxies of the training, all of which the classifier answers right."""
    with pytest.warns(GalmorphWarning, match=r"the temperature is 0\.05, the limit of the search: are the answers"):
        return classifier.calibrate(blobs)


def test_a_calibrated_classifier_answers_as_before_and_is_surer_or_less_sure(classifier, blobs):
    """Logits and answers stay; probabilities are those of the temperature that fits, whatever it was before."""
    calibrated = calibrate(classifier, blobs)
    logits = classifier.logits(blobs.stamps)
    assert calibrated.temperature == fit_temperature(logits, blobs.labels) != 1
    np.testing.assert_array_equal(calibrated.logits(blobs.stamps), logits)
    expected = softmax(logits / calibrated.temperature, axis=1)
    np.testing.assert_allclose(calibrated.probabilities(blobs.stamps), expected, rtol=1e-5)
    table, before = calibrated.predict(blobs), classifier.predict(blobs)
    np.testing.assert_array_equal(table["class"], before["class"])
    np.testing.assert_allclose(table["p_long"], expected[:, 1], rtol=1e-5)
    assert calibrate(calibrated, blobs).temperature == calibrated.temperature
    assert classifier.temperature == 1


def test_a_handful_of_galaxies_is_too_few_to_calibrate(classifier, blobs):
    """Twenty galaxies, five of them with a wrong label, give a temperature, and a warning of how few they are."""
    wrong = Dataset(
        blobs.stamps[:20], np.where(np.arange(20) < 5, 1 - blobs.labels[:20], blobs.labels[:20]), blobs.classes
    )
    with pytest.warns(FewGalaxiesWarning, match="calibrated on 20 galaxies, which say little; use a few hundred"):
        classifier.calibrate(wrong)


def test_scores_are_at_the_temperature(classifier, blobs):
    """Evaluating a calibrated classifier tells the log loss of what it answers."""
    warm = replace(classifier, temperature=2.5)
    scores = evaluate(warm, blobs)
    np.testing.assert_allclose(scores.probabilities, warm.probabilities(blobs.stamps), rtol=1e-5)
    np.testing.assert_array_equal(evaluate(classifier, blobs).logits, classifier.logits(blobs.stamps))


def test_calibration_needs_the_same_classes(classifier, blobs):
    """Classes in another order are other classes."""
    swapped = Dataset(blobs.stamps, 1 - blobs.labels, ("long", "round"))
    with pytest.raises(
        InvalidValueError,
        match=r"expected the classes of the training, \('round', 'long'\), in this order, got \('long', 'round'\)",
    ):
        classifier.calibrate(swapped)


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf, np.nan])
def test_impossible_temperatures_are_refused(classifier, temperature):
    """A classifier's temperature is above zero."""
    with pytest.raises(InvalidValueError, match="temperature: expected a finite number above 0, got"):
        replace(classifier, temperature=temperature)


def test_the_temperature_survives_the_file(tmp_path, classifier, blobs):
    """It comes back to the last bit."""
    calibrated = calibrate(classifier, blobs)
    calibrated.save(tmp_path / "calibrated")
    loaded = Classifier.load(tmp_path / "calibrated")
    assert loaded.temperature == calibrated.temperature
    np.testing.assert_array_equal(loaded.probabilities(blobs.stamps), calibrated.probabilities(blobs.stamps))


def test_files_of_classifiers_without_one_stay_as_they_were(tmp_path, classifier):
    """At a temperature of 1 the file says nothing of it; that of the package is written again but for its hash."""
    classifier.save(tmp_path / "plain")
    assert "temperature" not in read_header(tmp_path / "plain")
    with as_file(pretrained_file("galaxy-zoo-2", "safetensors")) as path:
        Classifier.load(path).save(tmp_path / "copy", precision="float16")
        before, after = read_header(path), read_header(tmp_path / "copy")
        assert {**after, "sha256": None} == {**before, "sha256": None}
        weights = path.read_bytes()[-10_000:]
        assert (tmp_path / "copy").read_bytes().endswith(weights)


@pytest.mark.parametrize(
    ("temperature", "error", "message"),
    [
        ("warm", FileFormatError, "the header is incomplete or damaged"),
        (None, FileFormatError, "the header is incomplete or damaged"),
        (0, FileFormatError, "temperature: expected a finite number above 0, got 0"),
    ],
)
def test_a_damaged_temperature_is_refused(tmp_path, classifier, monkeypatch, temperature, error, message):
    """Anything but a number above zero is a typed error."""
    classifier.save(tmp_path / "damaged")
    header = {**read_header(tmp_path / "damaged"), "temperature": temperature}
    monkeypatch.setattr("galmorph.training._classifier.classifier_file.read_header", lambda _path: header)
    with pytest.raises(error, match=message):
        Classifier.load(tmp_path / "damaged")


def test_fine_tuning_starts_without_one(classifier, blobs):
    """A temperature belongs to weights; other weights start from 1."""
    tuned = train(calibrate(classifier, blobs), blobs, config=quick(epochs=1), progress=False).classifier
    assert tuned.temperature == 1


def test_probabilities_over_orientations_do_not_turn(classifier, blobs):
    """They are the mean of eight, in the file table too, and the same for galaxies turned and mirrored."""
    calibrated = replace(classifier, temperature=2.0)
    each = [calibrated.probabilities(turned) for turned in in_orientations(blobs.stamps)]
    mean = calibrated.probabilities(blobs.stamps, orientations=True)
    np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-5)
    assert mean.dtype == np.float32
    for turned in in_orientations(blobs.stamps):
        np.testing.assert_allclose(calibrated.probabilities(turned, orientations=True), mean, rtol=1e-4)
    np.testing.assert_allclose(calibrated.probabilities(jnp.asarray(blobs.stamps), orientations=True), mean, rtol=1e-5)
    np.testing.assert_allclose(calibrated.predict(blobs, orientations=True)["p_long"], mean[:, 1], rtol=1e-5)
    assert np.abs(mean - each[0]).max() > 1e-3


@pytest.mark.usefixtures("unchecked_shapes")
def test_a_classifier_says_whether_its_answers_are_means(tmp_path, classifier, blobs):
    """What it says holds for `predict` unless told otherwise, and is kept in its file, its hash and when fine-tuned."""
    averaging = replace(classifier, orientations=True)
    means, single = (classifier.predict(blobs, orientations=each)["p_long"] for each in (True, False))
    np.testing.assert_array_equal(averaging.predict(blobs)["p_long"], means)
    np.testing.assert_array_equal(averaging.predict(blobs, orientations=False)["p_long"], single)
    np.testing.assert_array_equal(classifier.predict(blobs)["p_long"], single)
    np.testing.assert_allclose(Ensemble([averaging] * 2).predict(blobs)["p_long"], means, rtol=1e-5)
    averaging.save(tmp_path / "kept")
    assert Classifier.load(tmp_path / "kept").orientations
    assert averaging.fingerprint() != classifier.fingerprint()
    assert train(averaging, blobs, config=quick(epochs=1), progress=False).classifier.orientations
    with pytest.raises(InvalidValueError, match="orientations: expected True or False, got 8"):
        replace(classifier, orientations=8)


def test_files_are_turned_too(tmp_path, classifier):
    """The answer to an image and to its mirror image is the same, over all orientations."""
    y, x = np.indices((64, 64)) - 31.5
    light = (1000 * np.exp(-np.hypot(x + y, 2 * (x - y)) / 9)).astype(np.float32)
    fits.writeto(tmp_path / "one.fits", light)
    fits.writeto(tmp_path / "two.fits", light[:, ::-1])
    table = classifier.predict([tmp_path / "one.fits", tmp_path / "two.fits"], orientations=True)
    assert table["p_long"][0] == pytest.approx(table["p_long"][1], rel=1e-3)
