"""Crops: which window of an image becomes the stamp."""

from dataclasses import dataclass

from galmorph._checks import check, check_positive

__all__ = ["CROPS", "AngularCrop", "FractionCrop", "GalaxyCrop"]


@dataclass(frozen=True)
class GalaxyCrop:
    """A window whose side is a multiple of the galaxy's Petrosian radius, centred on the galaxy.

    Galaxies have the same size on the stamp, whatever their distance and the field of view of their image. Choose this
    crop for images of mixed origin.

    Parameters
    ----------
    radii
        Side of the window in units of the galaxy's Petrosian radius (see `locate`). With 3, the galaxy's ellipse is two
        thirds as long as the side.
    """

    radii: float = 3.0

    def __post_init__(self) -> None:
        check_positive("radii", self.radii)


@dataclass(frozen=True)
class AngularCrop:
    """A window of a fixed angle on the sky, centred on the galaxy. It needs the pixel scale of each image.

    The classifier sees the apparent size of galaxies. This suits samples in a narrow range of distances.

    Parameters
    ----------
    arcsec
        Side of the window in arcsec.
    """

    arcsec: float

    def __post_init__(self) -> None:
        check_positive("arcsec", self.arcsec)


@dataclass(frozen=True)
class FractionCrop:
    """A window that is a fixed fraction of the frame, centred on the frame.

    Use it only for frames that were all cut by one rule, such as those of Galaxy Zoo 2. A field of view that differs
    from class to class reveals the class.

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
