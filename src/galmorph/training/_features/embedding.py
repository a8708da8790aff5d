"""Embedding: features of many galaxies as positions in a plane."""

import importlib
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from galmorph._checks import check, check_choice, check_seed
from galmorph.training._features.rows import check_features, known_rows

__all__ = ["Embedding", "embed"]

METHODS = ("pca", "umap")


class Embedding(NamedTuple):
    """Positions of galaxies in a plane.

    Parameters
    ----------
    positions
        Float32 of shape ``(galaxies, 2)``; NaN for galaxies without features.
    fractions
        Fraction of the variance of the features along each axis; None for UMAP, whose axes mean nothing.
    """

    positions: Float32[np.ndarray, "galaxies 2"]
    fractions: tuple[float, float] | None


def embed(
    features: Float[np.ndarray, "galaxies features"], *, method: str = "pca", neighbours: int = 15, seed: int = 0
) -> Embedding:
    """Embed features in a plane, so that they can be drawn.

    Parameters
    ----------
    features
        Features of the galaxies, as from ``Classifier.features``. Galaxies whose features are NaN stay NaN.
    method
        ``"pca"``: the two principal components, the directions along which the features vary most. Distances are real,
        as far as two directions can show them. ``"umap"``: a map that keeps neighbours together (McInnes, Healy &
        Melville 2018, arXiv:1802.03426). Groups are better apart, but their sizes and the distances between them mean
        little. It needs the package umap-learn.
    neighbours
        Number of neighbours that UMAP looks at: small numbers show small groups.
    seed
        Random seed of UMAP.

    Returns
    -------
    Embedding
        The positions.

    Raises
    ------
    InvalidValueError
        If features are not finite, there are fewer than three galaxies or two features, or the method is unknown.
    ImportError
        If umap-learn is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.training import embed
    >>> line = np.arange(5.0)[:, np.newaxis] * [3.0, 4.0]
    >>> embed(line).positions[:, 0].round(3).tolist()  # distances along the line, from its middle
    [-10.0, -5.0, 0.0, 5.0, 10.0]
    """
    check_choice("method", method, METHODS)
    check_seed("seed", seed)
    values = check_features("features", features)
    known = known_rows(values)
    count = int(np.count_nonzero(known))
    check(
        count >= 3 and values.shape[1] >= 2,
        f"features: expected at least three galaxies with features, and two features, got {count} and "
        f"{values.shape[1]}",
    )
    positions = np.full((len(values), 2), np.nan, np.float32)
    if method == "pca":
        from sklearn.decomposition import PCA

        solver = PCA(n_components=2, svd_solver="covariance_eigh" if values.shape[1] <= count else "full")
        positions[known] = solver.fit_transform(values[known].astype(np.float64))
        one, two = (float(fraction) for fraction in solver.explained_variance_ratio_)
        return Embedding(positions, (one, two))
    try:
        umap = importlib.import_module("umap")
    except ImportError as error:
        raise ImportError('method="umap" needs umap-learn: pip install umap-learn; or choose method="pca"') from error
    mapper = umap.UMAP(n_neighbors=min(neighbours, count - 1), metric="cosine", random_state=seed, n_jobs=1)
    positions[known] = mapper.fit_transform(values[known])
    return Embedding(positions, None)
