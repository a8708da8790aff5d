"""Segmentation: which pixels of an image belong to the galaxy."""

import numpy as np
from scipy import ndimage

from galmorph.errors import PoorImageError

__all__ = ["galaxy_segment"]

_FAINTEST = 0.2  # brightness of the faintest pixel of the galaxy, over the mean of all brighter ones


def galaxy_segment(image: np.ndarray, threshold: float) -> np.ndarray:
    """Find the pixels of the galaxy: the clump with the most light above a threshold, without its faint outskirts.

    The threshold alone would make the galaxy the larger, the deeper the image. A galaxy that is bright enough therefore
    ends where its brightness falls to 0.2 times the mean of all brighter pixels, which depends on its profile alone.
    This is Petrosian's criterion, applied to pixels sorted by brightness instead of to rings.

    Parameters
    ----------
    image
        Brightness above the sky, of shape ``(height, width)``.
    threshold
        Least brightness of a pixel that may belong to the galaxy.

    Returns
    -------
    numpy.ndarray
        True for the pixels of the galaxy.

    Raises
    ------
    PoorImageError
        If no pixel is above the threshold.
    """
    clump = _brightest_clump(image, image > threshold)
    descending = np.sort(image[clump])[::-1]
    means = np.cumsum(descending) / np.arange(1, len(descending) + 1)
    faintest = descending[descending >= _FAINTEST * means].min()
    # The cut may separate a neighbour that touched the galaxy at its outskirts, so the clump is sought once more.
    return _brightest_clump(image, clump & (image >= faintest))


def _brightest_clump(image: np.ndarray, bright: np.ndarray) -> np.ndarray:
    # Dilation closes gaps of up to two pixels, so that knots of an irregular galaxy or a spiral arm are one clump.
    labels, count = ndimage.label(ndimage.binary_dilation(bright))
    if count == 0:
        raise PoorImageError("no galaxy in the middle: the light there is not symmetric; leave the image out")
    light = np.bincount(labels[bright], weights=image[bright], minlength=count + 1)
    return bright & (labels == np.argmax(light))
