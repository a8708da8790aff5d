"""What saliency and Grad-CAM have in common: defaults, orientations, batches, and refusals."""

import numpy as np
import pytest
from explained_networks import NETWORKS, SHALLOW_NETWORKS, SIZE, STAMPS, Linear, Means, classifier_of, square

from galmorph.errors import InvalidValueError
from galmorph.preprocessing import in_orientations
from galmorph.training import Classifier, Scaling, grad_cam, saliency
from galmorph.training._explanations.grad_cam import _weighted_sum
from galmorph.training._explanations.saliency import _largest_gradients


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name == "lenet5" else pytest.mark.slow) for name in SHALLOW_NETWORKS],
)
def network(request):
    """Give a network of each architecture."""
    return SHALLOW_NETWORKS[request.param]()


def test_maps_of_all_networks(network):
    """Each map is from 0 to 1, and reaches 1 unless it is 0 throughout."""
    classifier = classifier_of(network, classes=3)
    for maps in (explain(classifier, STAMPS[:2], [0, 2]) for explain in (saliency, grad_cam)):
        assert (maps.shape, maps.dtype) == ((2, SIZE, SIZE), np.float32)
        assert np.isfinite(maps).all()
        assert maps.min() >= 0
        assert set(maps.max(axis=(1, 2))) <= {0.0, 1.0}


def test_defaults_are_the_answer_and_that_layer():
    """What is not said is the class that the classifier answers, and the layer of the rule."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    answers = classifier.logits(STAMPS).argmax(axis=1)
    np.testing.assert_array_equal(saliency(classifier, STAMPS), saliency(classifier, STAMPS, answers))
    expected = grad_cam(classifier, STAMPS, answers, layer="twice")
    np.testing.assert_array_equal(grad_cam(classifier, STAMPS), expected)
    assert np.abs(grad_cam(classifier, STAMPS, layer="first") - expected).max() > 0.1


@pytest.mark.parametrize("explain", [saliency, grad_cam])
def test_maps_turn_with_the_galaxy(explain):
    """Averaged over the orientations, the map of a stamp that is turned or mirrored is its map, turned or mirrored."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    stamps = STAMPS[:2]
    maps = explain(classifier, stamps, "c", orientations=True)
    assert np.abs(maps - explain(classifier, stamps, "c")).max() > 0.01
    for which in (1, 6):
        turned, expected = (list(in_orientations(each))[which] for each in (stamps, maps[..., None]))
        np.testing.assert_allclose(explain(classifier, turned, "c", orientations=True), expected[..., 0], atol=2e-3)


def test_batches_do_not_matter():
    """Of seventy galaxies, in two batches, each has the map that it has alone."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    stamps = np.random.default_rng(3).random((70, SIZE, SIZE, 1), np.float32)
    for explain in (saliency, grad_cam):
        maps = explain(classifier, stamps)
        np.testing.assert_allclose(maps[[3, 69]], explain(classifier, stamps[[3, 69]]), atol=1e-4)


def test_one_kind_of_network_is_compiled_once():
    """Another call, or another network of the kind with another scaling, gives its own maps by what is compiled."""

    def means(dense, scaling=None) -> Classifier:
        return classifier_of(Means([square(3)], dense), scaling=scaling)

    one, other = means([[1.0, 2.0]]), means([[-1.0, 3.0]], Scaling((0.0,), (2.0,)))
    first, heat = saliency(one, STAMPS, "a"), grad_cam(one, STAMPS, "a")
    compiled = (_largest_gradients._cache_size(), _weighted_sum._cache_size())
    np.testing.assert_array_equal(saliency(one, STAMPS, "a"), first)
    np.testing.assert_allclose(saliency(other, STAMPS, "a"), first, atol=1e-6)  # slopes of -1 instead of 1
    assert heat.any()
    assert not grad_cam(other, STAMPS, "a").any()
    assert (_largest_gradients._cache_size(), _weighted_sum._cache_size()) == compiled


def test_what_cannot_be_explained_is_refused():
    """Unknown layers are answered with the names that there are; stamps and classes must be the classifier's."""
    own = classifier_of(NETWORKS["own"](), classes=3)
    with pytest.raises(
        InvalidValueError, match=r"layer: expected one of 'first\.layers\.0', 'first', 'twice', 'both\.conv'"
    ):
        grad_cam(own, STAMPS, layer="conv9")
    with pytest.raises(
        InvalidValueError, match="expected a network with layers that make feature maps, got none; use saliency"
    ):
        grad_cam(classifier_of(Linear(np.zeros((SIZE, SIZE, 1, 2), np.float32))), STAMPS)
    for explain in (saliency, grad_cam):
        with pytest.raises(InvalidValueError, match=r"stamps: expected shape \(n, 32, 32, 1\), got \(5, 32, 32, 3\)"):
            explain(own, np.repeat(STAMPS, 3, axis=-1))
        with pytest.raises(InvalidValueError, match="classes: expected one of 'a', 'b', 'c', got 'd'"):
            explain(own, STAMPS, "d")
        with pytest.raises(
            InvalidValueError, match="classes: expected a name, or an index for each of 5 galaxies, got"
        ):
            explain(own, STAMPS, [0, 1])
        with pytest.raises(InvalidValueError, match="classes: expected indices from 0 to 2, got 0 to 3"):
            explain(own, STAMPS, [0, 1, 2, 3, 0])
    with pytest.raises(InvalidValueError, match="samples: expected a whole number, 0 for none, got -1"):
        saliency(own, STAMPS, samples=-1)
    with pytest.raises(InvalidValueError, match="noise: expected a finite number above 0, got 0"):
        saliency(own, STAMPS, noise=0)
