"""Domain: what kind of images a classifier knows."""

from dataclasses import dataclass

import numpy as np

from galmorph.data import Dataset

__all__ = ["Domain"]


@dataclass(frozen=True, kw_only=True)
class Domain:
    """The kind of images that a classifier learned from: what it has not seen, it can't be trusted on.

    Parameters
    ----------
    bands
        The sets of bands among the training images; empty where the files did not tell.
    pixel_scales
        Smallest and largest side of a pixel in arcsec among the training images, or None where the files did not tell.
    """

    bands: tuple[tuple[str, ...], ...] = ()
    pixel_scales: tuple[float, float] | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> "Domain":
        """Read the kind of images off the table of a data set (columns ``bands`` and ``pixel_scale``)."""
        bands: tuple[tuple[str, ...], ...] = ()
        if "bands" in dataset.table.colnames:
            bands = tuple(sorted({tuple(text.split("/")) for text in map(str, dataset.table["bands"]) if text}))
        scales = np.zeros(0)
        if "pixel_scale" in dataset.table.colnames:
            column: np.ndarray = np.ma.filled(np.ma.asarray(dataset.table["pixel_scale"], float), np.nan)
            scales = column[np.isfinite(column)]
        return cls(bands=bands, pixel_scales=(float(scales.min()), float(scales.max())) if len(scales) else None)

    def doubts(self, bands: tuple[str, ...] | None, pixel_scale: float | None) -> list[str]:
        """Say in what an image differs from those that the classifier learned from; scales may differ by a half."""
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
