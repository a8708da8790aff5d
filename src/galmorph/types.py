"""Plain values that the packages of galmorph exchange. They need NumPy only.

Conventions, everywhere in galmorph: an image has the shape ``(height, width, channels)`` and is indexed as
``pixels[y, x]``; the centre of the first pixel is ``(x, y) = (0, 0)``; the orientation is that of the file. Sizes on
the sky are in arcsec, angles in degrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from galmorph._checks import check, check_positive
from galmorph.errors import PoorImageError

__all__ = ["Batch", "Galaxy", "GalaxyImage", "Quality", "Stamp", "StampMaker"]

_LEAST_CONTRAST = 0.02  # five grey values of 255
_OUTLIERS = 0.5  # per cent of the pixels at either end that may be anything, such as a star


class GalaxyImage:
    """One image of one galaxy, as it is in its file.

    Parameters
    ----------
    pixels
        Float32 or, for a picture, uint8 of shape ``(height, width, channels)``, in the units of the file; finite where
        `mask` is False. The attribute `pixels` is float32 in both cases.
    mask
        Bool of shape ``(height, width)``; True for a pixel without a measurement (astropy's convention). None if all
        are measured.
    name
        Name of the galaxy, normally the file's name without its extension.
    pixel_scale
        Side of a pixel on the sky in arcsec, or None if the file does not say.
    bands
        A name for each channel (``("g", "r", "i")``, ``("red", "green", "blue")``), or None if the file does not say.
    linear
        True if the pixels are proportional to flux (or meant to be), False if a stretch was already applied (JPEG,
        PNG).
    metadata
        Other information from the file, as text.
    notes
        What a reader of results should know: what was done to the pixels, and what looks doubtful, in short texts such
        as ``"pixels made linear (BSOFTEN, BOFFSET)"``.

    Attributes
    ----------
    stored_pixels
        The pixels as they were given. Take these if you need a part of a large picture only: `pixels` converts it as a
        whole.
    has_mask
        Whether any pixel is masked.
    """

    def __init__(
        self,
        *,
        pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
        mask: Bool[np.ndarray, "height width"] | None = None,
        name: str,
        pixel_scale: float | None = None,
        bands: tuple[str, ...] | None = None,
        linear: bool = True,
        metadata: Mapping[str, str] | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        check(
            pixels.ndim == 3 and pixels.size > 0,
            f"pixels: expected (height, width, channels), got shape {pixels.shape}; a grey image has one channel",
        )
        if mask is not None:
            check(
                mask.shape == pixels.shape[:2],
                f"mask: expected the image's shape {pixels.shape[:2]}, got {mask.shape}",
            )
        if pixel_scale is not None:
            check_positive("pixel_scale", pixel_scale)
        if bands is not None:
            check(
                len(bands) == pixels.shape[2],
                f"bands: expected one name for each of {pixels.shape[2]} channels, got {bands!r}",
            )
        self.stored_pixels = pixels
        self.has_mask = mask is not None and bool(mask.any())
        self.name, self.pixel_scale, self.bands, self.linear = name, pixel_scale, bands, linear
        self.metadata: Mapping[str, str] = {} if metadata is None else metadata
        self.notes = notes
        self._mask = mask

    @cached_property
    def pixels(self) -> Float[np.ndarray, "height width channels"]:
        """Pixels as float32, or as the floats that were given."""
        return self.stored_pixels.astype(np.float32) if self.stored_pixels.dtype == np.uint8 else self.stored_pixels

    @cached_property
    def mask(self) -> Bool[np.ndarray, "height width"]:
        """True for a pixel without a measurement."""
        return np.zeros(self.stored_pixels.shape[:2], np.bool_) if self._mask is None else self._mask

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.stored_pixels.shape[0]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.stored_pixels.shape[1]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.stored_pixels.shape[2]

    def __repr__(self) -> str:
        scale = "unknown scale" if self.pixel_scale is None else f"{self.pixel_scale:.3g} arcsec/pixel"
        bands = "" if self.bands is None else f", bands {'/'.join(self.bands)}"
        bad = f", {self.mask.mean():.1%} masked" if self.has_mask else ""
        return f"GalaxyImage({self.name!r}: {self.height} x {self.width} x {self.channels}, {scale}{bands}{bad})"


@dataclass(frozen=True)
class Galaxy:
    """Position, size and shape of a galaxy in its image, measured from its pixels.

    Parameters
    ----------
    x, y
        Centre in pixels; ``(0, 0)`` is the centre of the first pixel.
    radius
        Petrosian radius along the major axis in pixels (see `galmorph.preprocessing.locate`).
    axis_ratio
        Minor over major axis, in (0, 1].
    angle
        Angle of the major axis in degrees, in [0, 180): from the x axis (columns) towards the y axis (rows).
    """

    x: float
    y: float
    radius: float
    axis_ratio: float
    angle: float


@dataclass(frozen=True)
class Quality:
    """Quality measures of an image of a galaxy.

    Parameters
    ----------
    signal_to_noise
        Mean signal of the galaxy's pixels over the noise of one background pixel; NaN if the background has no noise.
    diameter
        Diameter of the galaxy along its major axis in pixels of the image: twice the Petrosian radius.
    bad_fraction
        Fraction of the stamp's area without a measurement, because it is masked or outside the image.
    truncation
        Fraction of the galaxy's ellipse that lies outside the image.
    """

    signal_to_noise: float
    diameter: float
    bad_fraction: float
    truncation: float


@dataclass(frozen=True, eq=False)
class Stamp:
    """Result of a recipe for one image: the pixels that a network sees, and what the recipe measured.

    Parameters
    ----------
    pixels
        Float32 of shape ``(size, size, channels)``, between 0 (black) and 1 (white). Stamps on their way into a data
        set may be float16, or uint8 (0 to 255).
    galaxy
        The galaxy that was found, in pixels of the image.
    quality
        Quality measures of the image.
    window
        The window of the image that the stamp shows, ``(x, y, width)`` in pixels of the image; None if it is not a
        square along the axes.
    notes
        What was done to the image besides the steps that every image goes through, in short texts.
    doubts
        What makes the image doubtful, in short texts: most of its light lies outside of the galaxy, for example.

    Raises
    ------
    PoorImageError
        If a pixel is not finite.
    """

    pixels: Float[np.ndarray, "size size channels"] | UInt8[np.ndarray, "size size channels"]
    galaxy: Galaxy
    quality: Quality
    window: tuple[float, float, float] | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not np.isfinite(self.pixels).all():
            raise PoorImageError(
                "the stamp has pixels that are not finite numbers: values of the image overflow in the recipe; "
                "look at the image, or leave it out"
            )

    @property
    def blank(self) -> str:
        """``"black"`` or ``"white"`` if nearly the whole stamp is, because the levels don't fit the image; else empty.

        Black means that all pixels but one in 200 are within five of 255 grey values. White means the same, or that
        more than half of the pixels are at the upper end.
        """
        brightest = self.pixels[..., 0]
        for channel in range(1, self.pixels.shape[2]):
            brightest = np.maximum(brightest, self.pixels[..., channel])
        if brightest.dtype == np.uint8:
            brightest = brightest / np.float32(255)
        # Most stamps are neither, which counting shows ten times faster than percentiles do.
        grey = np.count_nonzero((brightest > _LEAST_CONTRAST) & (brightest < 1 - _LEAST_CONTRAST))
        if grey > brightest.size / 2:
            return ""
        low, high = np.percentile(brightest, (_OUTLIERS, 100 - _OUTLIERS))
        if high < _LEAST_CONTRAST:
            return "black"
        return "white" if low > 1 - _LEAST_CONTRAST or (brightest >= 1).mean() > 0.5 else ""


@runtime_checkable
class StampMaker(Protocol):
    """A callable that turns an image into a stamp, such as `galmorph.preprocessing.Recipe` or a class of your own.

    `galmorph.data` does not import `galmorph.preprocessing`. This protocol is all that it needs of a recipe.
    """

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Turn an image into a stamp; raise `galmorph.errors.ImageError` if that is not possible."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Describe the recipe with values that JSON can hold."""
        ...


@dataclass(frozen=True, eq=False)
class Batch:
    """A fixed number of stamps with their labels. The last batch of an epoch is filled up with rows that don't count.

    Parameters
    ----------
    indices
        Int32 of shape ``(batch,)``: rows of the data set.
    images
        Uint8, float16 or float32 of shape ``(batch, height, width, channels)``.
    labels
        Int32 of shape ``(batch,)``.
    valid
        Bool of shape ``(batch,)``: True for rows that count. False for rows that fill up the batch; they repeat
        galaxies of the epoch.
    """

    indices: Int[np.ndarray, "batch"]
    images: UInt8[np.ndarray, "batch height width channels"] | Float[np.ndarray, "batch height width channels"]
    labels: Int[np.ndarray, "batch"]
    valid: Bool[np.ndarray, "batch"]
