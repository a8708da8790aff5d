"""Segmentation: which pixels of an image belong to the galaxy."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from galmorph.errors import PoorImageError

__all__ = ["Segment", "galaxy_segment"]

_FAINTEST = 0.2  # brightness of the faintest pixel of the galaxy, over the mean of all brighter ones
_CROSS = ndimage.generate_binary_structure(2, 1)  # pixels that share a side are neighbours


class Segment(NamedTuple):
    """Pixels of an image, within a box around them.

    Parameters
    ----------
    box
        Rows and columns of the box.
    members
        True for a pixel of the box that belongs to the segment.
    """

    box: tuple[slice, slice]
    members: Bool[np.ndarray, "rows columns"]


def galaxy_segment(image: np.ndarray, threshold: float) -> Segment:
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
    Segment
        The pixels of the galaxy.

    Raises
    ------
    PoorImageError
        If no pixel is above the threshold.
    """
    clump = _brightest_clump(image, _around(image > threshold))
    descending = np.sort(image[clump.box][clump.members])[::-1]
    means = np.cumsum(descending) / np.arange(1, len(descending) + 1)
    faintest = descending[descending >= _FAINTEST * means].min()
    # The cut may separate a neighbour that touched the galaxy at its outskirts, so the clump is sought once more.
    return _brightest_clump(image, _around(clump.members & (image[clump.box] >= faintest), clump.box))


def _around(bright: np.ndarray, box: tuple[slice, slice] = (slice(0, None), slice(0, None))) -> Segment:
    """Find the smallest box around bright pixels of a box. Little is left of a frame to be searched for clumps."""
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    if len(rows) == 0:
        raise PoorImageError("no galaxy in the middle: the light there is not symmetric; leave the image out")
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    y, x = box[0].start, box[1].start
    return Segment((slice(y + top, y + bottom), slice(x + left, x + right)), bright[top:bottom, left:right])


def _brightest_clump(image: np.ndarray, bright: Segment) -> Segment:
    labels, count = ndimage.label(_dilate(bright.members), _CROSS)
    if count == 1:
        return bright
    light = np.bincount(labels[bright.members], weights=image[bright.box][bright.members], minlength=count + 1)
    return _around(bright.members & (labels == np.argmax(light)), bright.box)


def _dilate(bright: np.ndarray) -> np.ndarray:
    """Add the neighbours of bright pixels, so that knots of an irregular galaxy or a spiral arm are one clump.

    This closes gaps of up to two pixels. On boxes of this size it is several times faster than SciPy's function.
    """
    wide = bright.copy()
    wide[1:] |= bright[:-1]
    wide[:-1] |= bright[1:]
    wide[:, 1:] |= bright[:, :-1]
    wide[:, :-1] |= bright[:, 1:]
    return wide
