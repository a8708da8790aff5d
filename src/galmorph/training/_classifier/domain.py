"""The domain of a classifier: the kind of its training images."""

from dataclasses import dataclass

import numpy as np

from galmorph.data import Dataset

__all__ = ["Domain"]


@dataclass(frozen=True, kw_only=True)
class Domain:
    """Kind of the training images of a classifier. On images of another kind it can't be trusted.

    Parameters
    ----------
    bands
        The sets of bands among the training images; empty if the files did not give them.
    pixel_scales
        Smallest and largest pixel scale (arcsec) among the training images, or None if the files did not give it.
    """

    bands: tuple[tuple[str, ...], ...] = ()
    pixel_scales: tuple[float, float] | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> "Domain":
        """Kind of the images of a data set, from the columns ``bands`` and ``pixel_scale`` of its table."""
        bands = {names for names in _bands(dataset) if names is not None}
        scales = [scale for scale in _pixel_scales(dataset) if scale is not None]
        return cls(bands=tuple(sorted(bands)), pixel_scales=(min(scales), max(scales)) if scales else None)

    def doubts_of(self, dataset: Dataset) -> list[str]:
        """Say for each galaxy of a data set how its image differs from the training images; empty if it does not."""
        images = zip(_bands(dataset), _pixel_scales(dataset), strict=True)
        return ["; ".join(self.doubts(bands, scale)) for bands, scale in images]

    def doubts(self, bands: tuple[str, ...] | None, pixel_scale: float | None) -> list[str]:
        """Say how an image differs from the training images; its pixel scale may be beyond theirs by half."""
        doubts = []
        if self.bands and bands is not None and bands not in self.bands:
            doubts.append(
                f"bands {'/'.join(bands)}, learned from {' or '.join('/'.join(known) for known in self.bands)}"
            )
        if self.pixel_scales is not None and pixel_scale is not None:
            low, high = self.pixel_scales
            if not low / 1.5 <= pixel_scale <= high * 1.5:
                doubts.append(f"{pixel_scale:.3g} arcsec/pixel, learned from {low:.3g} to {high:.3g}")
        return doubts


def _bands(dataset: Dataset) -> list[tuple[str, ...] | None]:
    if "bands" not in dataset.table.colnames:
        return [None] * len(dataset)
    texts = map(str, np.ma.filled(np.ma.asarray(dataset.table["bands"], str), ""))
    return [tuple(text.split("/")) if text else None for text in texts]


def _pixel_scales(dataset: Dataset) -> list[float | None]:
    if "pixel_scale" not in dataset.table.colnames:
        return [None] * len(dataset)
    scales: np.ndarray = np.ma.filled(np.ma.asarray(dataset.table["pixel_scale"], float), np.nan)
    return [float(scale) if np.isfinite(scale) else None for scale in scales]
