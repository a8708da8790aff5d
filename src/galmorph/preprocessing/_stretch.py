"""Stretch: from brightness to display values between 0 and 1."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from galmorph._checks import check, check_choice, check_positive

__all__ = ["Stretch", "levels", "reduce_channels", "stretch"]

_CURVES = ("linear", "asinh", "log")
_WHITE = 99.5  # per cent of the pixels are darker than white


def stretch(
    pixels: Float[np.ndarray, "*batch height width channels"],
    *,
    black: float,
    white: float,
    curve: str = "linear",
    softening: float = 0.1,
) -> Float[np.ndarray, "*batch height width channels"]:
    """Map brightness to display values from 0 (black) to 1 (white), and keep the colour.

    With ``t = (I - black) / (white - black)``, where I is the mean of the channels, the curves are

    =========  ================================================  ====================================================
    linear     ``f = t``
    asinh      ``f = asinh(t / s) / asinh(1 / s)``               linear for t far below the softening s, logarithmic
                                                                 above (Lupton, Gunn & Szalay 1999, AJ 118, 1406)
    log        ``f = log(1 + t / s) / log(1 + 1 / s)``
    =========  ================================================  ====================================================

    As in Lupton et al. (2004, PASP 116, 133), each channel c becomes ``(c - black) / (white - black) * f / t``: the
    ratios of the channels, and so the colour, stay the same. A pixel with a channel above 1 is divided by its largest
    channel, so that a bright red star stays red and does not become white. All channels have the same levels. If all
    channels of a pixel rise above black by one factor, none of its display values falls.

    Parameters
    ----------
    pixels
        Images, in any units.
    black, white
        Brightness that becomes 0 and 1.
    curve
        ``"linear"``, ``"asinh"`` or ``"log"``.
    softening
        Brightness at which the curve bends, as a fraction of the range from black to white.

    Returns
    -------
    numpy.ndarray
        Float32, from 0 to 1.

    Raises
    ------
    InvalidValueError
        If white is not above black, the curve is unknown, or the softening is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.preprocessing import stretch
    >>> ramp = np.linspace(0, 100, 5, dtype=np.float32).reshape(1, 5, 1)
    >>> stretch(ramp, black=0.0, white=100.0, curve="asinh").ravel().round(2)
    array([0.  , 0.55, 0.77, 0.9 , 1.  ], dtype=float32)
    """
    check_choice("curve", curve, _CURVES)
    check_positive("softening", softening)
    check(
        math.isfinite(black) and math.isfinite(white) and white > black,
        f"white: expected a finite number above black, got black {black!r} and white {white!r}",
    )
    scaled = np.subtract(pixels, np.float32(black), dtype=np.float32)
    scaled /= np.float32(white - black)
    np.maximum(scaled, np.float32(0), out=scaled)
    if curve != "linear":
        function = {"asinh": np.arcsinh, "log": np.log1p}[curve]
        intensity = reduce_channels(np.add, scaled) / np.float32(scaled.shape[-1])
        s = np.float32(softening)
        target = function(intensity / s) / function(1 / s)
        scaled *= (target / np.where(intensity > 0, intensity, 1))[..., np.newaxis]
    brightest = reduce_channels(np.maximum, scaled)
    if brightest.max() > 1:
        scaled /= np.maximum(brightest, 1)[..., np.newaxis]
    return scaled


def reduce_channels(
    operation: np.ufunc, pixels: Float[np.ndarray, "*batch height width channels"]
) -> Float[np.ndarray, "*batch height width"]:
    """Reduce the channels by an operation, as ``operation.reduce(pixels, axis=-1)``, but channel by channel.

    NumPy reduces a last axis of three values at a tenth of this speed.
    """
    result = pixels[..., 0].copy()
    for channel in range(1, pixels.shape[-1]):
        operation(result, pixels[..., channel], out=result)
    return result


def levels(
    pixels: Float[np.ndarray, "height width channels"], *, sky: float = 0.0, noise: float = 0.0
) -> tuple[float, float]:
    """Find black and white levels for the stamp of a galaxy.

    Black is the sky. White is the brightness that one pixel in 200 exceeds in its brightest channel, so that neither a
    star nor the nucleus sets the level. White is at least five times the noise above the sky, so that an empty stamp
    stays dark.

    Parameters
    ----------
    pixels
        A stamp, in any units.
    sky
        Brightness of the sky.
    noise
        Standard deviation of one pixel of the sky.

    Returns
    -------
    tuple
        Black and white level in units of the stamp.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.preprocessing import levels
    >>> levels(np.full((8, 8, 1), 50, np.float32), sky=10.0)
    (10.0, 50.0)
    """
    brightest = reduce_channels(np.maximum, pixels).ravel()
    # The percentile with linear interpolation; numpy.percentile takes several times as long for so few pixels.
    below, part = divmod(_WHITE / 100 * (brightest.size - 1), 1)
    below, above = int(below), min(int(below) + 1, brightest.size - 1)
    ordered = np.partition(brightest, (below, above))
    white = float(ordered[below] + part * (ordered[above] - ordered[below]))
    white = max(white, sky + 5 * noise)
    return sky, white if white > sky else sky + 1.0


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """How a recipe maps brightness to display values.

    Parameters
    ----------
    curve
        ``"linear"``, ``"asinh"`` or ``"log"``, as in `stretch`.
    softening
        Brightness at which the curve bends, as a fraction of the range from black to white.
    black, white
        Brightness that becomes 0 and 1; counted from the sky if the recipe subtracts it. None takes the level from the
        stamp (see `levels`).
    """

    curve: str = "asinh"
    softening: float = 0.1
    black: float | None = None
    white: float | None = None

    def __post_init__(self) -> None:
        check_choice("curve", self.curve, _CURVES)
        check_positive("softening", self.softening)
        if self.black is not None and self.white is not None:
            check(self.white > self.black, f"white: expected more than black {self.black!r}, got {self.white!r}")

    @classmethod
    def lupton(cls, *, stretch: float = 5.0, Q: float = 8.0, minimum: float = 0.0) -> "Stretch":
        """Build the stretch that ``astropy.visualization.make_lupton_rgb`` makes with the same arguments.

        Parameters
        ----------
        stretch, Q
            Linear stretch and softening of the asinh curve.
        minimum
            Brightness that becomes black.

        Raises
        ------
        InvalidValueError
            If `stretch` or `Q` is not above 0.
        """
        check_positive("stretch", stretch)
        check_positive("Q", Q)
        # astropy's curve is 0.1 / asinh(0.1 Q) * asinh(Q / stretch * (I - minimum)): 1 where that asinh is the inverse.
        return cls._asinh(math.asinh(0.1 * Q) / 0.1, Q / stretch, minimum)

    @classmethod
    def legacy_survey(cls, *, Q: float = 20.0, m: float = 0.03) -> "Stretch":
        """Build the stretch of the pictures of the Legacy Surveys' viewer, for fluxes in nanomaggies in a pixel.

        The curve is ``arcsinh(Q I) / sqrt(Q)``, where I is the mean of the scaled bands plus m, as in the function
        ``dr2_rgb`` of the viewer (``map/views.py`` of https://github.com/legacysurvey/imagine). With ``m=0.02`` it is
        the viewer's curve for SDSS. Fluxes depend on the pixel scale: 0.262 arcsec for the Legacy Surveys, 0.396 for
        SDSS.

        Parameters
        ----------
        Q
            Softening of the curve.
        m
            Brightness that is added, so that the noise of the sky shows.

        Raises
        ------
        InvalidValueError
            If `Q` is not above 0.

        Examples
        --------
        >>> from galmorph.preprocessing import LEGACY_SURVEY, Recipe, Stretch
        >>> recipe = Recipe(channels=3, composite=LEGACY_SURVEY, stretch=Stretch.legacy_survey())
        """
        check_positive("Q", Q)
        return cls._asinh(math.sqrt(Q), Q, -m)

    @classmethod
    def _asinh(cls, inverse: float, slope: float, black: float) -> "Stretch":
        """Build the stretch ``asinh(slope * (I - black)) / inverse``, which reaches 1 where the asinh is `inverse`."""
        return cls(
            curve="asinh", softening=1 / math.sinh(inverse), black=black, white=black + math.sinh(inverse) / slope
        )
