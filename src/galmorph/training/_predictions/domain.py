"""The domain of a classifier: the kind of its training images."""

from dataclasses import dataclass

import numpy as np

from galmorph.data import Dataset

__all__ = ["Domain", "ImageKind"]

_TOLERANCE = 1.5  # by which a scale may be beyond those of the training images


@dataclass(frozen=True, kw_only=True)
class ImageKind:
    """Kind of one image; None for what is not known.

    Parameters
    ----------
    bands
        Names of its channels.
    linear
        Whether its pixels are proportional to flux; False for a picture.
    pixel_scale
        Side of a pixel in arcsec.
    radius
        Petrosian radius of its galaxy in pixels of the image.
    """

    bands: tuple[str, ...] | None = None
    linear: bool | None = None
    pixel_scale: float | None = None
    radius: float | None = None


@dataclass(frozen=True, kw_only=True)
class Domain:
    """Kind of the training images of a classifier. On images of another kind it can't be trusted.

    Parameters
    ----------
    bands
        The sets of bands among the training images; empty if the files did not give them.
    linear
        Whether the pixels of the training images were proportional to flux; False for pictures, to which a stretch was
        already applied; None if there were both, or if it is not known.
    pixel_scales
        Smallest and largest pixel scale (arcsec) among the training images, or None if the files did not give it.
    radii
        Smallest and largest Petrosian radius of the training galaxies in pixels of their images, or None if radii were
        not measured. This is the pixel scale in units of the galaxy's radius: it tells how much of a galaxy an image
        can show.
    """

    bands: tuple[tuple[str, ...], ...] = ()
    linear: bool | None = None
    pixel_scales: tuple[float, float] | None = None
    radii: tuple[float, float] | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> "Domain":
        """Kind of the images of a data set, from its table and its recipe."""
        kinds = image_kinds(dataset)
        linear = {kind.linear for kind in kinds}
        return cls(
            bands=tuple(sorted({kind.bands for kind in kinds if kind.bands is not None})),
            linear=linear.pop() if len(linear) == 1 else None,
            pixel_scales=_range([kind.pixel_scale for kind in kinds]),
            radii=_range([kind.radius for kind in kinds]),
        )

    def doubts_of(self, dataset: Dataset) -> list[str]:
        """Say for each galaxy of a data set how its image differs from the training images; empty if it does not."""
        return ["; ".join(self.doubts(kind)) for kind in image_kinds(dataset)]

    def doubts(self, image: ImageKind) -> list[str]:
        """Say how an image differs from the training images; scales may be beyond theirs by half."""
        doubts = []
        if None not in (self.linear, image.linear) and self.linear != image.linear:
            words = ("picture", "linear image")
            doubts.append(f"a {words[bool(image.linear)]}, learned from {words[bool(self.linear)]}s")
        elif self.bands and image.bands is not None and image.bands not in self.bands:
            known = " or ".join("/".join(bands) for bands in self.bands)
            doubts.append(f"bands {'/'.join(image.bands)}, learned from {known}")
        if self.radii is not None and image.radius is not None:
            # What a stamp shows of its galaxy depends on the pixels across the galaxy, not on their angle on the sky.
            if _outside(image.radius, self.radii):
                low, high = self.radii
                doubts.append(f"radius of {image.radius:.3g} pixels, learned from {low:.3g} to {high:.3g}")
            return doubts
        if (
            self.pixel_scales is not None
            and image.pixel_scale is not None
            and _outside(image.pixel_scale, self.pixel_scales)
        ):
            low, high = self.pixel_scales
            doubts.append(f"{image.pixel_scale:.3g} arcsec/pixel, learned from {low:.3g} to {high:.3g}")
        return doubts


def image_kinds(dataset: Dataset) -> list[ImageKind]:
    """Kinds of the images of a data set, from the columns that the loaders and the simulation make."""
    scales, linear = _numbers(dataset, "pixel_scale"), _numbers(dataset, "linear")
    # The radius of other crops is half the width of their window.
    crop = (dataset.recipe or {}).get("crop")
    measured = isinstance(crop, dict) and crop.get("kind") == "galaxy"
    radii = _numbers(dataset, "radius") if measured else [None] * len(dataset)
    return [
        ImageKind(bands=bands, linear=None if flag is None else bool(flag), pixel_scale=scale, radius=radius)
        for bands, flag, scale, radius in zip(_bands(dataset), linear, scales, radii, strict=True)
    ]


def _range(values: list[float | None]) -> tuple[float, float] | None:
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else None


def _outside(value: float, limits: tuple[float, float]) -> bool:
    return not limits[0] / _TOLERANCE <= value <= limits[1] * _TOLERANCE


def _bands(dataset: Dataset) -> list[tuple[str, ...] | None]:
    if "bands" not in dataset.table.colnames:
        return [None] * len(dataset)
    texts = map(str, np.ma.filled(np.ma.asarray(dataset.table["bands"], str), ""))
    return [tuple(text.split("/")) if text else None for text in texts]


def _numbers(dataset: Dataset, column: str) -> list[float | None]:
    if column not in dataset.table.colnames:
        return [None] * len(dataset)
    numbers: np.ndarray = np.ma.filled(np.ma.asarray(dataset.table[column], float), np.nan)
    return [float(number) if np.isfinite(number) else None for number in numbers]
