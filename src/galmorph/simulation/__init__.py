"""Simulated galaxies with known parameters, drawn by formulas and observed by a simulated telescope.

`simulate_galaxies` makes a `galmorph.data.Dataset` in seconds, offline, in the classes of Galaxy Zoo 2 or of Hubble's
sequence. Its table contains the parameters of each galaxy:

>>> from galmorph.simulation import simulate_galaxies
>>> galaxies = simulate_galaxies(100, seed=0)
>>> galaxies
Dataset(100 galaxies of 64 x 64 x 3 uint8: completely_round_smooth 29, in_between_smooth 28, cigar_shaped_smooth 2, \
edge_on 14, spiral 27)
>>> galaxies.table["pitch_angle"].unit
Unit("deg")

The same seed gives the same bits. If the galaxies do not fit into memory, `simulate_shards` makes one `Dataset` after
the other.

**A survey is a value.** `SDSS` describes the pictures of Galaxy Zoo 2: pixels, seeing, sky, noise, stretch and JPEG.
Others are `LEGACY_SURVEY`, `KIDS`, `PAN_STARRS`, `DSS` (photographic plates), `UKIDSS`, `HST` and `JWST`. You can use a
`Survey` of your own instead, with a `Band` for each channel. ``survey=[SDSS, HST]`` draws one for each galaxy, and
`MANY_TELESCOPES` is a mixture for networks that should know all of them.

**Labels are what was drawn**, not what can be seen. With ``seen=True``, they are what people can see after blur and
noise, and galaxies about which they would disagree are left out.

**Profiles are functions** of positions, for drawing and for fitting, with their formulas and sources: `sersic_profile`
(and `sersic_b`), `edge_on_profile` with `dust_depth`, `ring_profile`, `arm_pattern`, and `deproject`, which gives
positions in the plane of an inclined disc. The steps of telescope and archive are functions, too: `psf_matrix`,
`resampled`, `stretched`, `cubic_matrix`, `jpeg_compressed`. `stage_relations` gives published means along Hubble's
sequence.

**Conventions**: ``stamps[galaxy, y, x, band]``; the centre of the first pixel is ``(0, 0)``; an angle goes from the x
axis towards the y axis, in degrees in tables and in radians in functions. A stamp is 4 r90 wide, whatever its size in
pixels; r90 is the radius of 90 % of the Petrosian flux.

Importing this package loads JAX.
"""

from galmorph.simulation._arms import arm_pattern
from galmorph.simulation._hubble import stage_relations
from galmorph.simulation._observe import stretched
from galmorph.simulation._profiles import (
    deproject,
    dust_depth,
    edge_on_profile,
    ring_profile,
    sersic_b,
    sersic_profile,
)
from galmorph.simulation._simulate import simulate_galaxies, simulate_shards
from galmorph.simulation._telescope.jpeg import jpeg_compressed
from galmorph.simulation._telescope.resample import cubic_matrix, psf_matrix, resampled
from galmorph.simulation._telescope.survey import SDSS, Band, Survey
from galmorph.simulation._telescope.surveys import (
    DSS,
    HST,
    JWST,
    KIDS,
    LEGACY_SURVEY,
    MANY_TELESCOPES,
    PAN_STARRS,
    UKIDSS,
)

__all__ = [
    "DSS",
    "HST",
    "JWST",
    "KIDS",
    "LEGACY_SURVEY",
    "MANY_TELESCOPES",
    "PAN_STARRS",
    "SDSS",
    "UKIDSS",
    "Band",
    "Survey",
    "arm_pattern",
    "cubic_matrix",
    "deproject",
    "dust_depth",
    "edge_on_profile",
    "jpeg_compressed",
    "psf_matrix",
    "resampled",
    "ring_profile",
    "sersic_b",
    "sersic_profile",
    "simulate_galaxies",
    "simulate_shards",
    "stage_relations",
    "stretched",
]

for _name in __all__:
    if not _name.isupper():  # surveys are values
        globals()[_name].__module__ = __name__
