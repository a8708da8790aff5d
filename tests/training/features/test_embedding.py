"""Embeddings: principal components by definition, and figures of them and of neighbours."""

import importlib.util

import numpy as np
import pytest

from galmorph.errors import InvalidValueError
from galmorph.training import embed, plot_embedding, plot_neighbours


def test_principal_components_are_those_of_the_covariance():
    """Positions have the two largest eigenvalues of the covariance as variances, and are uncorrelated."""
    features = np.random.default_rng(0).normal(size=(50, 6)) * np.arange(1, 7)
    embedding = embed(features)
    variances = np.linalg.eigvalsh(np.cov(features.T))[::-1]
    np.testing.assert_allclose(np.cov(embedding.positions.T), np.diag(variances[:2]), atol=1e-3)
    np.testing.assert_allclose(embedding.fractions, variances[:2] / variances.sum(), rtol=1e-6)
    assert embedding.positions.dtype == np.float32


def test_galaxies_without_features_have_no_position():
    """Their row stays NaN, and does not change the others."""
    features = np.random.default_rng(0).normal(size=(9, 4))
    holed = np.insert(features, 4, np.nan, axis=0)
    positions = embed(holed).positions
    assert np.isnan(positions[4]).all()
    np.testing.assert_array_equal(np.delete(positions, 4, axis=0), embed(features).positions)


def test_umap_is_asked_for_by_name():
    """Without the package, the error says what to install."""
    if importlib.util.find_spec("umap") is not None:
        pytest.skip("umap-learn is installed")
    with pytest.raises(ImportError, match=r'method="umap" needs umap-learn: pip install umap-learn; or choose'):
        embed(np.random.default_rng(0).normal(size=(9, 4)), method="umap")


@pytest.mark.parametrize("shape", [(2, 4), (4, 1)])
def test_too_little_is_refused(shape):
    """A plane needs three galaxies and two features."""
    with pytest.raises(InvalidValueError, match="expected at least three galaxies with features, and two features"):
        embed(np.random.default_rng(0).normal(size=shape))


def test_dots_have_the_colours_of_classes(blobs):
    """One collection of dots for each class, at the positions of its galaxies; axes say what they show."""
    features = np.random.default_rng(0).normal(size=(60, 4))
    axes = plot_embedding(features, blobs)
    positions = embed(features).positions
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["round (30)", "long (30)"]
    for label, dots in enumerate(axes.collections):
        expected = positions[blobs.labels == label]
        np.testing.assert_allclose(sorted(map(tuple, dots.get_offsets())), sorted(map(tuple, expected)), rtol=1e-6)
    assert "% of the variance" in axes.get_xlabel()
    by_text = plot_embedding(features, ["x", "y", "z"] * 20)
    assert len(by_text.collections) == 3
    with pytest.raises(InvalidValueError, match="classes: expected one for each of 60 galaxies"):
        plot_embedding(features, ["x"] * 59)


def test_neighbours_stand_beside_their_galaxy(blobs):
    """A row for each galaxy: first its own stamp, then those of its neighbours with their distances."""
    features = blobs.stamps.reshape(60, -1).astype(np.float32)
    figure = plot_neighbours(blobs, features, [0, 7], 3)
    assert len(figure.axes) == 8
    np.testing.assert_array_equal(figure.axes[4].images[0].get_array()[..., 0], blobs.stamps[7, ..., 0])
    assert figure.axes[4].get_xlabel() == "long\nrow 7"
    with pytest.raises(InvalidValueError, match="features: expected a row for each of 60 galaxies"):
        plot_neighbours(blobs, features[:9], 0)
