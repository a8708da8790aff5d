"""Ensembles: the mean of what the members say, on everything that a classifier takes, and one file without code."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.table import Table
from scipy.special import softmax
from small_networks import Linear

from galmorph.data import Dataset
from galmorph.errors import FileFormatError, InvalidValueError, MismatchWarning
from galmorph.preprocessing import FractionCrop
from galmorph.training import Classifier, Domain, Ensemble, Scaling, disagreement, evaluate


@pytest.fixture(scope="module")
def members(classifier) -> list[Classifier]:
    """A trained LeNet-5, and two random layers of one's own, one of which has a temperature."""
    layers = [replace(classifier, model=Linear(seed=seed), architecture=None) for seed in (1, 2)]
    layers[1] = replace(layers[1], temperature=2.5, scaling=Scaling((0.5,), (0.3,)))
    return [classifier, *layers]


@pytest.fixture(scope="module")
def ensemble(members) -> Ensemble:
    """All three together."""
    return Ensemble(members)


def test_probabilities_are_means_at_the_temperatures_of_the_members(ensemble, members, blobs):
    """Each member is calibrated by itself, then averaged; softmax of the ensemble's logits gives the same."""
    expected = np.mean([softmax(one.logits(blobs.stamps) / one.temperature, axis=1) for one in members], axis=0)
    np.testing.assert_allclose(ensemble.probabilities(blobs.stamps), expected, atol=1e-6)
    np.testing.assert_allclose(softmax(ensemble.logits(blobs.stamps), axis=1), expected, atol=1e-6)
    assert repr(ensemble) == "Ensemble(1 lenet5, 2 Linear: 32 x 32 x 1 -> round, long)"
    assert len(ensemble) == 3


def test_evaluation_and_prediction_agree(ensemble, blobs):
    """Scores have the probabilities of the table, whose last column is the disagreement of the members."""
    scores, table = evaluate(ensemble, blobs), ensemble.predict(blobs)
    np.testing.assert_allclose(scores.probabilities[:, 0], table["p_round"], atol=1e-6)
    expected = disagreement(ensemble.member_probabilities(blobs.stamps))
    np.testing.assert_allclose(table["disagreement"], expected, atol=1e-6)
    assert table.colnames[-1] == "disagreement"


def test_files_have_the_table(tmp_path, ensemble, blobs):
    """In parts or in one, with the column of the disagreement; what was begun by another ensemble is not continued."""
    path = tmp_path / "answers.ecsv"
    ensemble.predict_to(blobs, path, part=25, progress=False)
    expected, written = ensemble.predict(blobs), Table.read(path)
    assert written.colnames == expected.colnames
    assert written["class"].tolist() == expected["class"].tolist()
    np.testing.assert_allclose(written["disagreement"], expected["disagreement"], atol=1e-6)

    def interrupted():
        yield "first", blobs.stamps[0]
        yield "second", blobs.stamps[1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensemble.predict_to(interrupted(), path, part=1, overwrite=True, progress=False)
    pairs = list(zip(["first", "second"], blobs.stamps, strict=False))
    with pytest.raises(InvalidValueError, match="answers of another run, whose ensemble was"):
        replace(ensemble, temperature=3.0).predict_to(iter(pairs), path, part=1, overwrite=True, progress=False)
    ensemble.predict_to(iter(pairs), path, part=1, overwrite=True, progress=False)
    assert Table.read(path)["name"].tolist() == ["first", "second"]


def test_orientations_are_averaged(ensemble, blobs):
    """The mean over members and orientations does not depend on the order of the means."""
    few = blobs.stamps[:4]
    expected = np.mean([one.probabilities(few, orientations=True) for one in ensemble.members], axis=0)
    np.testing.assert_allclose(ensemble.probabilities(few, orientations=True), expected, atol=1e-6)


def test_a_temperature_of_the_ensemble_changes_the_mean_alone(ensemble, blobs):
    """Answers and members stay; a temperature t takes probabilities to the power 1 / t."""
    wrong = np.where(np.arange(60) % 5 == 0, 1 - blobs.labels, blobs.labels)  # so that nobody can be sure
    doubtful = Dataset(blobs.stamps, wrong, blobs.classes)
    calibrated = ensemble.calibrate(doubtful)
    before, after = ensemble.probabilities(blobs.stamps), calibrated.probabilities(blobs.stamps)
    power = before ** (1 / calibrated.temperature)
    np.testing.assert_allclose(after, power / power.sum(axis=1, keepdims=True), atol=1e-5)
    assert calibrated.members == ensemble.members
    assert evaluate(calibrated, doubtful).log_loss <= evaluate(ensemble, doubtful).log_loss + 1e-6


def test_the_file_gives_back_what_was_saved(tmp_path, ensemble, blobs):
    """Every answer, bit for bit, also in the bytes of a second file; networks of one's own are asked for."""
    path, again = tmp_path / "three.galmorph", tmp_path / "again.galmorph"
    calibrated = replace(ensemble, temperature=1.5)
    calibrated.save(path)
    with pytest.raises(
        InvalidValueError, match="network of member 2 of 3 is not one of galmorph's; pass one of the sa"
    ):
        Ensemble.load(path)
    with pytest.raises(InvalidValueError, match="models: expected one, or None, for each of 3 members, got 1"):
        Ensemble.load(path, models=[None])
    loaded = Ensemble.load(path, models=[None, Linear(seed=8), Linear(seed=9)])
    np.testing.assert_array_equal(loaded.probabilities(blobs.stamps), calibrated.probabilities(blobs.stamps))
    assert loaded.fingerprint() == calibrated.fingerprint() != ensemble.fingerprint()
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_damaged_and_other_files_are_refused(tmp_path, ensemble, classifier):
    """A changed weight, a cut file, and a classifier are no ensembles; and an ensemble is no classifier."""
    path, single = tmp_path / "three.galmorph", tmp_path / "one.galmorph"
    ensemble.save(path)
    classifier.save(single)
    models = [None, Linear(), Linear()]
    with pytest.raises(FileFormatError, match="expected 'galmorph ensemble' version 1, got 'galmorph classifier'"):
        Ensemble.load(single)
    with pytest.raises(FileFormatError, match="expected 'galmorph classifier' version 1, got 'galmorph ensemble'"):
        Classifier.load(path)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"an ensemble written by Ensemble\.save, .* does not match its hash"):
        Ensemble.load(path, models=models)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileFormatError, match=r"three\.galmorph: expected an ensemble written by Ensemble\.save"):
        Ensemble.load(path, models=models)


def test_members_must_take_the_same_stamps_and_name_the_same_classes(classifier):
    """Everything that the members must share is compared, and the error says what differs."""
    recipe = replace(classifier.recipe, crop=FractionCrop(0.5))
    picture, linear = (replace(classifier, domain=Domain(linear=kind)) for kind in (False, True))
    for pair, message in [
        ([classifier], "members: expected at least two classifiers, got 1"),
        ([classifier, replace(classifier, classes=("long", "round"))], "expected the classes of the first one in memb"),
        ([classifier, replace(classifier, dtype="float32")], "expected the dtype of the first one in member 2, uint8"),
        (
            [classifier, replace(classifier, recipe=recipe)],
            "the recipe of the first one in member 2, but they differ: ",
        ),
        ([picture, linear], "got pictures and linear images, which are not prepared in the same way"),
    ]:
        with pytest.raises(InvalidValueError, match=message):
            Ensemble(pair)


@pytest.mark.usefixtures("unchecked_shapes")
def test_other_arguments_are_refused(classifier):
    """A single classifier is not several, and a path is no classifier."""
    with pytest.raises(InvalidValueError, match="members: expected several classifiers, got a Classifier"):
        Ensemble(classifier)
    with pytest.raises(InvalidValueError, match=r"expected a Classifier, got a str; load a file with Classifier\.load"):
        Ensemble(["a.galmorph", "b.galmorph"])


def test_images_are_doubtful_if_no_member_knows_their_kind(classifier, blobs):
    """Scales between those of the members, and those of either, are known; others have a note."""
    near, far = (replace(classifier, domain=Domain(pixel_scales=limits)) for limits in ((0.2, 0.3), (0.5, 0.6)))
    galaxies = blobs[:4]
    scales = Dataset(galaxies.stamps, galaxies.labels, galaxies.classes, table=_scales([0.2, 0.4, 0.6, 3.0]))
    with pytest.warns(MismatchWarning, match="1 of 4 images has a note"):
        table = Ensemble([near, far]).predict(scales)
    assert [bool(note) for note in table["note"]] == [False, False, False, True]
    assert Ensemble([near, classifier]).domain.pixel_scales is None


def _scales(values):
    from astropy.table import Table

    return Table({"pixel_scale": values})
