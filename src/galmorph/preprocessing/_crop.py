"""Which window of an image becomes the stamp."""

from dataclasses import dataclass

from galmorph._checks import check, check_positive

__all__ = ["CROPS", "AngularCrop", "FractionCrop", "GalaxyCrop"]


@dataclass(frozen=True)
class GalaxyCrop:
    """A window as wide as so many Petrosian radii of the galaxy, centred on the galaxy.

    It makes galaxies of any distance and from any field of view alike in size, and is the one to choose for images of
    mixed origin.

    Parameters
    ----------
    radii
        Side of the window in units of the galaxy's radius (see `locate`); at 3 the galaxy's ellipse fills two thirds.
    """

    radii: float = 3.0

    def __post_init__(self) -> None:
        check_positive("radii", self.radii)


@dataclass(frozen=True)
class AngularCrop:
    """A window of a fixed angle on the sky, centred on the galaxy. It needs images that know their pixel scale.

    Apparent size stays visible to the classifier. Fit for samples within a narrow range of distances.

    Parameters
    ----------
    arcsec
        Side of the window.
    """

    arcsec: float

    def __post_init__(self) -> None:
        check_positive("arcsec", self.arcsec)


@dataclass(frozen=True)
class FractionCrop:
    """A window that is a fixed part of the frame, centred on the frame.

    Fit only for frames that were all cut to one rule, such as those of Galaxy Zoo 2: a field of view that
    differs from class to class gives the class away.

    Parameters
    ----------
    fraction
        Side of the window in units of the frame's shorter side, above 0 and at most 1.
    """

    fraction: float = 1.0

    def __post_init__(self) -> None:
        check_positive("fraction", self.fraction)
        check(self.fraction <= 1, f"fraction: expected at most 1, the whole frame, got {self.fraction!r}")


CROPS: dict[str, type[GalaxyCrop | AngularCrop | FractionCrop]] = {
    "galaxy": GalaxyCrop,
    "angular": AngularCrop,
    "fraction": FractionCrop,
}
