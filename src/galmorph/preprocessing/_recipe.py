"""Recipe: all steps from an image to a stamp, as one frozen value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar, cast

import numpy as np

from galmorph._checks import check, check_positive_int
from galmorph.errors import FileFormatError, InvalidValueError, PoorImageError, UnsuitableImageError
from galmorph.preprocessing._background import mean_background
from galmorph.preprocessing._composite import Composite, compose
from galmorph.preprocessing._crop import CROPS, AngularCrop, FractionCrop, GalaxyCrop
from galmorph.preprocessing._doubts import doubts_of_frame, doubts_of_sky, doubts_of_values
from galmorph.preprocessing._geometry import resample
from galmorph.preprocessing._holes import fill_holes, find_holes
from galmorph.preprocessing._locate import locate_in, reduce_frame
from galmorph.preprocessing._quality import QualityLimits, check_holes, measure_quality, rounding_noise
from galmorph.preprocessing._stretch import Stretch, levels, stretch
from galmorph.types import Galaxy, GalaxyImage, Stamp

__all__ = ["DAI_TONG", "Recipe"]

_ROUNDING = 4e-6  # of float32 values that were summed, relative to the level of the sky
WIDEST = 100  # widest window, in units of the longer side of the frame

_Part = TypeVar("_Part")


@dataclass(frozen=True, kw_only=True, repr=False)
class Recipe:
    """Recipe that turns a `galmorph.types.GalaxyImage` into a `galmorph.types.Stamp` when it is called.

    The steps, always in this order:

    - *Holes* (masked regions inside the frame, such as a saturated nucleus) are interpolated from their rim.
    - *Compose*: bands of a linear image become red, green and blue (`Composite`). Without a composite, bands of known
      wavelength are ordered, the reddest first, if there are three, or more and ``channels`` is 1 or 3. g, r, i and
      g, r, z are scaled as in the pictures of SDSS and the Legacy Surveys, others to equal light of the galaxy. Of two
      bands, green is the mean.
    - *Background*: level and noise of the sky (`estimate_background`).
    - *Locate* the galaxy (`locate`). If none is found, an `AngularCrop` uses the middle of the frame. A `FractionCrop`
      does not search. In both cases, the largest circle in the window replaces the galaxy.
    - *Crop* and *resample*, in one interpolation (`resample`). Pixels outside the frame are filled with sky.
    - *Stretch*: the sky is subtracted, channels are averaged or repeated, levels are found (`levels`), and the curve is
      applied. Images with ``linear=False`` are already stretched: their curve is linear, whatever the recipe says.
    - *Normalise* to 0 (black) … 1 (white) (`stretch`).
    - *Quality* is measured in the original image (`measure_quality`) and compared with the limits.

    What was done to bands and holes is in the ``notes`` of the stamp. What looks doubtful in a linear image (most light
    lies outside of the galaxy, the values of a mask, no concentration) is in its ``doubts``, and so is a middle that is
    darker than the sky, as in an inverted picture; without limits, so is what misses the default limits.

    Parameters
    ----------
    size
        Side of the stamp in pixels.
    channels
        None (as many as the image; three with a composite), 1 (mean of the channels) or 3 (a grey image is repeated).
    background
        Whether the level of the sky is subtracted from each channel.
    crop
        Window of the image: `GalaxyCrop`, `AngularCrop` or `FractionCrop`.
    stretch
        Curve and levels.
    limits
        Limits that an image must meet, or None to accept all images.
    composite
        Which bands of a linear image become red, green and blue, and their factors. None chooses by wavelength. An
        image of one band is shown grey. Pictures (``linear=False``) are composites already.

    Raises
    ------
    InvalidValueError
        If a value is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.preprocessing import AngularCrop, Recipe
    >>> from galmorph.types import GalaxyImage
    >>> y, x = np.indices((100, 120), dtype=np.float32)
    >>> pixels = np.exp(-np.hypot(x - 61, (y - 52) / 0.6) / 5)[..., np.newaxis]
    >>> image = GalaxyImage(pixels=pixels, mask=np.zeros((100, 120), bool), name="disc", pixel_scale=0.4)
    >>> recipe = Recipe(size=32, crop=AngularCrop(20.0))
    >>> recipe
    Recipe(32 x 32, AngularCrop(arcsec=20.0), asinh)
    >>> stamp = recipe(image)
    >>> stamp.pixels.shape, round(stamp.galaxy.x), round(stamp.galaxy.y)
    ((32, 32, 1), 61, 52)
    >>> Recipe.from_dict(recipe.to_dict()) == recipe
    True
    """

    size: int = 64
    channels: int | None = None
    background: bool = True
    crop: GalaxyCrop | AngularCrop | FractionCrop = field(default_factory=GalaxyCrop)
    stretch: Stretch = field(default_factory=Stretch)
    limits: QualityLimits | None = None
    composite: Composite | None = None

    def __post_init__(self) -> None:
        check_positive_int("size", self.size)
        check(self.channels in (None, 1, 3), f"channels: expected None, 1 or 3, got {self.channels!r}")
        check(isinstance(self.background, bool), f"background: expected True or False, got {self.background!r}")
        crops = tuple(CROPS.values())
        names = ", ".join(crop.__name__ for crop in crops)
        check(isinstance(self.crop, crops), f"crop: expected one of {names}, got {self.crop!r}")
        check(isinstance(self.stretch, Stretch), f"stretch: expected a Stretch, got {self.stretch!r}")
        check(
            self.limits is None or isinstance(self.limits, QualityLimits),
            f"limits: expected QualityLimits or None, got {self.limits!r}",
        )
        check(
            self.composite is None or isinstance(self.composite, Composite),
            f"composite: expected a Composite or None, got {self.composite!r}",
        )

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Turn an image into a stamp.

        Raises
        ------
        PoorImageError
            If no pixel is measured, the crop needs a galaxy and none is found, a hole covers more than a quarter of the
            galaxy, or the image misses a limit.
        UnsuitableImageError
            If the crop needs a pixel scale and the image has none or an impossible one, if the image lacks a band of
            the composite, or if its channels can't become those of the recipe.
        """
        if self.channels == 3 and image.channels not in (1, 3) and not image.linear:
            raise UnsuitableImageError(
                f"{image.name}: expected 1 or 3 channels to make 3 of, got {image.channels}; choose channels=1 or None"
            )
        try:
            # Values near the largest that are read overflow in squares; what they make of a stamp is checked there.
            with np.errstate(over="ignore", invalid="ignore"):
                return self._make(image)
        except PoorImageError as error:
            raise PoorImageError(f"{image.name}: {error}") from error

    def _make(self, image: GalaxyImage) -> Stamp:
        # A picture of bytes stays one: only the border and the window are converted.
        pixels, mask, holes = image.stored_pixels, image.mask if image.has_mask else None, None
        unmeasured, notes = mask, list[str]()
        doubts: tuple[str, ...] = ()
        if mask is not None:
            pixels, holes = _without_holes(pixels, mask)
        if mask is not None and holes is not None:
            # The sky and the quality are measured without the interpolated pixels.
            unmeasured = mask & ~holes
            count = np.count_nonzero(holes)
            notes.append(f"{count} pixel{'s' if count > 1 else ''} without measurement interpolated")
        if image.linear:
            doubts = doubts_of_values(pixels, mask)
            pixels, composed = compose(image, pixels, mask, composite=self.composite, channels=self.channels)
            notes += composed
        # Without masked pixels, a window in the frame is never filled with sky.
        whole = mask is None and isinstance(self.crop, FractionCrop)
        mean_sky, sky = mean_background(pixels, mask, channels=self.background or not whole)
        level, noise = float(mean_sky.level[0]), float(mean_sky.noise[0])

        least_noise = noise if image.linear else max(noise, rounding_noise(pixels))
        inverted = doubts_of_sky(pixels, mask, level=level, noise=least_noise)
        try:
            galaxy, window, about_frame = self._choose_window(image, pixels, unmeasured)
        except PoorImageError as error:
            if inverted:
                raise PoorImageError(f"{inverted[0]} Subtract its values from the largest, or leave it out") from error
            raise
        if holes is not None:
            check_holes(galaxy, holes)
        stamp = resample(pixels, *window, self.size, mask=unmeasured, fill=0.0 if sky is None else sky.level)
        if self.background and sky is not None:
            stamp -= sky.level
        shown = self._display(stamp, level, noise, image)
        quality = measure_quality(pixels, galaxy, sky=level, noise=least_noise, window=window, mask=mask)
        doubtful = doubts or inverted or about_frame
        if self.limits is not None:
            self.limits.check(quality)
        elif image.linear and isinstance(self.crop, GalaxyCrop):
            measured = quality if least_noise > 0 else replace(quality, signal_to_noise=np.inf)
            doubtful += QualityLimits().misses(measured)
        return Stamp(shown, galaxy, quality, window, tuple(notes), doubtful)

    def _choose_window(
        self, image: GalaxyImage, pixels: np.ndarray, mask: np.ndarray | None
    ) -> tuple[Galaxy, tuple[float, float, float], tuple[str, ...]]:
        """Return the galaxy, the window, ``(x, y, width)`` in pixels of the image, and doubts about a linear frame."""
        x, y = (image.width - 1) / 2, (image.height - 1) / 2
        if isinstance(self.crop, FractionCrop):
            width = self.crop.fraction * min(image.height, image.width)
            return _circle(x, y, width), (x, y, width), ()
        width = 0.0
        if isinstance(self.crop, AngularCrop):
            if image.pixel_scale is None:
                raise UnsuitableImageError(
                    f"{image.name}: {self.crop!r} needs the pixel scale, which the image does not have; set its "
                    "pixel_scale or crop by GalaxyCrop"
                )
            width = self.crop.arcsec / image.pixel_scale
            # The matrices of `resample` grow with the window: a damaged header must not use up all memory.
            if width > WIDEST * max(image.height, image.width):
                raise UnsuitableImageError(
                    f"{image.name}: {self.crop!r} is {width:.3g} pixels wide at {image.pixel_scale:g} arcsec/pixel, in "
                    f"a frame of {image.height} x {image.width}; check the pixel scale"
                )
        frame = reduce_frame(pixels, mask)
        try:
            galaxy = locate_in(frame, pixels, mask)
        except PoorImageError:
            if isinstance(self.crop, GalaxyCrop):
                raise
            return _circle(x, y, width), (x, y, width), ()
        if isinstance(self.crop, GalaxyCrop):
            width = self.crop.radii * galaxy.radius
        doubts = doubts_of_frame(frame, galaxy) if image.linear else ()
        return galaxy, (galaxy.x, galaxy.y, width), doubts

    def _display(self, stamp: np.ndarray, level: float, noise: float, image: GalaxyImage) -> np.ndarray:
        if self.channels == 1:
            stamp = stamp.mean(axis=-1, keepdims=True)
        elif stamp.shape[-1] != 3 and (self.channels == 3 or self.composite is not None):
            stamp = np.broadcast_to(stamp, (*stamp.shape[:2], 3))
        black, white = self.stretch.black, self.stretch.white
        if black is None:
            black = 0.0 if self.background else level
        if white is None:
            white = levels(stamp, sky=black, noise=noise)[1]
            if white - black <= _ROUNDING * abs(level):  # only rounding rises above the sky
                white = black + 1.0
        if white <= black:
            raise PoorImageError(f"the sky, {black:g}, is not darker than the recipe's white level, {white:g}")
        curve = self.stretch.curve if image.linear else "linear"
        return stretch(stamp, black=black, white=white, curve=curve, softening=self.stretch.softening)

    def __repr__(self) -> str:
        channels = "" if self.channels is None else f" x {self.channels}"
        sky = "" if self.background else ", sky kept"
        limits = "" if self.limits is None else ", with limits"
        colours = "" if self.composite is None else f", {'/'.join(self.composite.bands)} as red/green/blue"
        return f"Recipe({self.size} x {self.size}{channels}, {self.crop!r}, {self.stretch.curve}{sky}{limits}{colours})"

    def _repr_html_(self) -> str:
        from galmorph._drawing import html

        given, composite = self.stretch, self.composite
        ends = (("black", given.black), ("white", given.white))
        levels = ", ".join(f"{name} at {level:g}" for name, level in ends if level is not None)
        bent = "" if given.curve == "linear" else f", softening {given.softening:g}"
        rows = [
            ("stamp", f"{self.size} x {self.size}, channels: {self.channels or 'as many as the image'}"),
            ("window", repr(self.crop)),
            ("sky", "subtracted" if self.background else "kept"),
            ("curve", f"{given.curve}{bent}; {levels or 'levels of each stamp'}"),
            ("limits", "none" if self.limits is None else repr(self.limits)),
            ("red, green, blue", "by wavelength" if composite is None else ", ".join(composite.bands)),
        ]
        return f"{html.heading('Recipe', 'from an image to a stamp')}\n{html.settings(rows)}"

    def to_dict(self) -> dict[str, Any]:
        """Describe the recipe in values that JSON can hold. Without a composite, there is no entry for it."""
        kind = next(name for name, crop in CROPS.items() if isinstance(self.crop, crop))
        described = {**asdict(self), "crop": {"kind": kind, **asdict(self.crop)}}
        composite = described.pop("composite")
        if composite is not None:
            described["composite"] = {name: list(values) for name, values in composite.items()}
        return described

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any]) -> "Recipe":
        """Build the recipe that `to_dict` described.

        Raises
        ------
        FileFormatError
            If an entry is missing or unknown. Defaults are not used, because they may differ between versions. Only
            ``composite`` may be missing, which means None.
        InvalidValueError
            If a value is of the wrong type or out of range.
        """
        if isinstance(mapping, Mapping):
            mapping = {**mapping, "composite": mapping.get("composite")}
        _check_entries("recipe", mapping, [entry.name for entry in fields(cls)])
        crop = mapping["crop"]
        kind = crop.get("kind") if isinstance(crop, Mapping) else None
        if kind not in CROPS:
            raise FileFormatError(f"recipe: crop: expected a kind among {', '.join(CROPS)}, got {crop!r}")
        limits, composite = mapping["limits"], mapping["composite"]
        if isinstance(composite, Mapping):
            composite = {name: tuple(v) if isinstance(v, list) else v for name, v in composite.items()}
        parts = {
            "crop": _build("recipe: crop", CROPS[kind], {name: crop[name] for name in crop if name != "kind"}),
            "stretch": _build("recipe: stretch", Stretch, mapping["stretch"]),
            "limits": None if limits is None else _build("recipe: limits", QualityLimits, limits),
            "composite": None if composite is None else _build("recipe: composite", Composite, composite),
        }
        return _build("recipe", cls, {**mapping, **parts})


def _without_holes(pixels: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Interpolate holes, and set all other pixels without a measurement to 0; also return the holes."""
    holes = find_holes(mask)
    if holes is None:
        return np.where(mask[..., np.newaxis], pixels.dtype.type(0), pixels), None
    return fill_holes(np.where(mask[..., np.newaxis], np.float32(0), pixels), mask, holes), holes


def _circle(x: float, y: float, width: float) -> Galaxy:
    """Return a replacement for a galaxy that was not searched or not found: the largest circle in the window."""
    return Galaxy(x, y, radius=width / 2, axis_ratio=1.0, angle=0.0)


def _check_entries(where: str, mapping: Any, names: list[str]) -> None:
    if not isinstance(mapping, Mapping):
        raise FileFormatError(f"{where}: expected a mapping with {', '.join(names)}, got {mapping!r}")
    for problem, entries in [("missing", set(names) - set(mapping)), ("unknown", set(mapping) - set(names))]:
        if entries:
            raise FileFormatError(
                f"{where}: {problem} {', '.join(sorted(map(str, entries)))}; expected {', '.join(names)}. "
                "Was it written by another version of galmorph?"
            )


def _build(where: str, kind: type[_Part], mapping: Any) -> _Part:
    _check_entries(where, mapping, [entry.name for entry in fields(cast(Any, kind))])
    try:
        return kind(**mapping)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"{where}: {error}; got {dict(mapping)!r}") from error


DAI_TONG = Recipe(
    channels=3,
    crop=FractionCrop(176 / 424),
    background=False,
    stretch=Stretch(curve="linear", black=0.0, white=255.0),
)
"""The input of Dai & Tong (2018, arXiv:1807.10406) for the images of Galaxy Zoo 2.

Their code tests on the central 220 of 424 pixels, resampled to 80, of which it takes the central 64. Since 220 / 80 =
176 / 64, that is one resampling of the central 176 pixels to 64, in colour, linear from 0 to 255. (In training, they
crop between 170 and 241 pixels. 170 pixels, the narrowest, correspond to the central 136, which was this recipe in
earlier versions.) That each stamp is brought to zero mean and unit variance is left to the training
(``TrainConfig(scaling="stamp")``).
"""
