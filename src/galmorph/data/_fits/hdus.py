"""Which HDU of a FITS file is what: the image of the galaxy, one of its bands, a mask, a weight, or something else."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from astropy.io import fits

from galmorph._bands import lower_sloan, wavelength
from galmorph.data._fits.coordinates import celestial_wcs
from galmorph.data._fits.header_bands import image_band
from galmorph.errors import UnsuitableImageError

__all__ = ["Chosen", "HduName", "Role", "choose_hdus", "hdu_bands", "hdu_label", "hdu_role", "headers_of", "name_role"]

HduName = int | str | tuple[str, int]
Role = Literal["science", "image", "mask", "weight", "error", "auxiliary", "unknown"]

# Names in use: HST and JWST (SCI, ERR, DQ, WHT, CON, CTX, VAR_POISSON ...), DES (SCI, MSK, WGT), LSST and HSC (IMAGE,
# MASK, VARIANCE), Legacy Surveys (IMAGE, INVVAR), Euclid (SCI, RMS, FLG), astropy's CCDData (MASK, UNCERT), VISTA
# (CONF), SExtractor's check images, and ESO's HDUCLAS2 (DATA, ERROR, QUALITY). The MASKBITS of the Legacy Surveys also
# mark whole galaxies, so they hide nothing.
_NAMES: dict[Role, str] = {
    "science": "SCI SCIENCE",
    "image": "IMAGE IMG COADD COADDED DATA STACK SIGNAL INTENSITY",
    "mask": "DQ MASK MSK FLAGS FLAG FLG BPM BADPIX BITMASK QUALITY QUAL",
    "weight": "WHT WGT WEI WEIGHT WEIGHTS WT WTMAP IVAR INVVAR INVVARIANCE INVERSE_VARIANCE CONF",
    "error": "ERR ERROR ERRORS RMS SIGMA SIG STD STDDEV NOISE VAR VARIANCE UNC UNCERT UNCERTAINTY",
    "auxiliary": (
        "PSF PSFEX PSFMODEL PSFSIZE BLOBMODEL CHI2 GALDEPTH "
        "MODEL RESIDUAL RESIDUALS RESIDUAL_MAP RESID RES CON CTX CONTEXT EXP EXPMAP EXPTIME NEXP "
        "SEGM SEG SEGMAP SEGMENTATION OBJECTS BKG BACK BACKGROUND SKY VAR_POISSON VAR_RNOISE VAR_FLAT MASKBITS DEPTH "
        "AREA WCSDVARR D2IMARR WCSCORR"
    ),
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}
# IMAGETYP names the planes of the Legacy Surveys' cut-outs (image, invvar, maskbits); cameras write these exposures.
_EXPOSURES = ("SKY", "BACK", "BACKGROUND", "BKG", "OBJECTS", "EXP", "EXPTIME", "CON")
_UNNAMED = {"", "PRIMARY", "COMPRESSED_IMAGE"}
_BREAKS = re.compile(r"[\W_]+")

_MAX_PLANES = 16
# Types of axes that are not on the sky: FITS Standard 4.0, tables 25 and 28, and older ones of AIPS and IRAF.
_SPECTRAL = re.compile("FREQ|ENER|WAVN|VRAD|WAVE|VOPT|ZOPT|AWAV|VELO|BETA|FELO|LAMBDA|STOKES|MULTISPE")
_NO_BANDS = re.compile(
    "GROUP|TIME|INTEGRATION|EXPOSURE|FRAME|CHIP|CCD|DETECTOR|AMPLIFIER|PHASE|(?:UTC|TAI|UT1|TT|TDB|TDT|ET|IAT|TCG|TCB|GPS)$"
)
_PREFERENCE = ("science", "image", "unknown")  # other roles are never chosen without being named


class Chosen(NamedTuple):
    """HDUs that hold one image, and their bands if each is one of several."""

    hdus: list[Any]
    bands: tuple[str, ...] | None


def choose_hdus(hdus: Any, path: Path, wanted: HduName | None) -> Chosen:
    """Choose the HDU to read, or several that are bands of one image; refuse a file in which that is not clear."""
    if wanted is not None:
        return Chosen([_named(hdus, path, wanted)], None)
    images = [hdu for hdu in hdus if hdu.is_image and hdu.size > 0]
    if not images:
        raise UnsuitableImageError(f"{path}: no HDU holds an image: {_listing(hdus)}; look for another file")
    roles = [hdu_role(hdu) for hdu in images]
    best = min((_PREFERENCE.index(role) for role in roles if role in _PREFERENCE), default=None)
    if best is None:
        raise UnsuitableImageError(
            f"{path}: no HDU is an image of a galaxy; they are masks, weights, models and the like: {_listing(hdus)}; "
            "look for the file with the image, or choose one of these with hdu="
        )
    candidates = [hdu for hdu, role in zip(images, roles, strict=True) if role == _PREFERENCE[best]]
    suitable = [hdu for hdu in candidates if _refusal(hdu) is None]
    if not suitable:
        raise _refused(hdus, candidates[0], path)
    if len(suitable) == 1:
        return Chosen(suitable, None)
    bands = _bands_of_stack(hdus, suitable)
    if bands is None:
        raise UnsuitableImageError(
            f"{path}: expected one image of one galaxy, got {len(suitable)} HDUs that could each be one: "
            f"{_listing(hdus, suitable)}; choose one with hdu="
        )
    return Chosen(suitable, bands)


def headers_of(hdus: Any, hdu: Any) -> list[fits.Header]:
    """Header of an HDU, and after it that of the primary HDU if this holds no image, but what all others share."""
    primary = hdus[0]
    return [hdu.header] if hdu is primary or primary.size > 0 else [hdu.header, primary.header]


def hdu_role(hdu: Any) -> Role:
    """Role of an HDU by ``EXTNAME``, then ``HDUCLAS2``, ``IMAGETYP``, and GALFIT's ``OBJECT``.

    ``"science"`` is a name that is used for nothing else, ``"image"`` one that other planes may have, too.
    """
    header = hdu.header
    if hdu.name == "UNCERT" and "inv" in str(header.get("UTYPE", "")).lower():
        return "weight"  # CCDData with InverseVariance
    kind = str(header.get("IMAGETYP", "")).strip().upper()
    for text in (hdu.name, header.get("HDUCLAS2", ""), "" if kind in _EXPOSURES else kind):
        role = name_role(str(text))
        if role != "unknown":
            return role
    galfit = name_role(str(header.get("OBJECT", "")))
    return galfit if galfit == "auxiliary" and hdu.name in _UNNAMED else "unknown"


def hdu_bands(hdus: list[Any]) -> list[str | None]:
    """Bands in the names of HDUs, such as ``g`` in ``IMAGE_G``; None where there is none."""
    words = [[word for word in _words(hdu.name) if _is_band(word)] for hdu in hdus]
    bands = [found[0] if len(found) == 1 else None for found in words]
    # astropy returns names in capitals. U, R, I, Z, Y are Johnson's and Cousins' only beside B or V.
    capitals = set() if {"B", "V"} & set(bands) else set("URIZY")
    return [band.lower() if band and (band in capitals or wavelength(band) is None) else band for band in bands]


def hdu_label(hdus: Any, hdu: Any) -> str:
    """Number and name of an HDU, and its ``EXTVER`` if others have this name."""
    name = "" if hdu.name == "COMPRESSED_IMAGE" else hdu.name
    twins = name and sum(other.name == name for other in hdus) > 1
    return f"{hdus.index_of(hdu)} {name}{f',{hdu.ver}' if twins else ''}".strip()


def _named(hdus: Any, path: Path, wanted: HduName) -> Any:
    try:
        hdu = hdus[wanted]
    except (KeyError, IndexError) as error:
        raise UnsuitableImageError(f"{path}: no HDU {wanted!r}; there are {_listing(hdus)}") from error
    if _refusal(hdu):
        raise _refused(hdus, hdu, path)
    return hdu


def _refused(hdus: Any, hdu: Any, path: Path) -> UnsuitableImageError:
    return UnsuitableImageError(
        f"{path}: expected one image of one galaxy, got {_refusal(hdu)} in HDU {hdus.index_of(hdu)}; "
        f"choose another with hdu=, if one of these is an image: {_listing(hdus)}"
    )


def _refusal(hdu: Any) -> str | None:
    """Say what an HDU holds if it is not an image of a galaxy."""
    if not hdu.is_image:
        return "a table"
    if hdu.size == 0:
        return "no data"
    shape = " x ".join(map(str, hdu.shape))
    types = [str(hdu.header.get(f"CTYPE{axis}", "")).strip().upper() for axis in range(len(hdu.shape), 0, -1)]
    planes = [(length, type_) for length, type_ in zip(hdu.shape[:-2], types, strict=False) if length > 1]
    if min(hdu.shape[-2:]) < 2 or len(hdu.shape) < 2:
        return f"a spectrum or a single row ({shape})"
    if any(map(_SPECTRAL.match, types[-2:])) or "spec" in str(hdu.header.get("WAT0_001", "")):
        return f"spectra ({shape})"
    if len(planes) > 1:
        return f"a hypercube ({shape})"
    for length, type_ in planes:
        if _SPECTRAL.match(type_):
            return f"a cube ({shape}) with an axis of {type_}"
        if _NO_BANDS.match(type_):
            return f"a cube ({shape}) with an axis of {type_}, whose planes are not bands"
        if length > _MAX_PLANES:
            return f"a cube of {length} planes ({shape}; a stack of bands has at most {_MAX_PLANES}: bands, y, x)"
    return None


def _bands_of_stack(hdus: Any, images: list[Any]) -> tuple[str, ...] | None:
    """Bands of images that differ in nothing else; None if they may be of several galaxies."""
    shape = images[0].shape
    alike = all(hdu.shape == shape for hdu in images) and len(images) <= _MAX_PLANES
    if not alike or int(np.prod(shape[:-2])) > 1 or not _same_sky(images):
        return None
    for bands in ([image_band(headers_of(hdus, hdu)) for hdu in images], hdu_bands(images)):
        known = tuple(band for band in lower_sloan([band or "" for band in bands]) if wavelength(band))
        if len(set(known)) == len(images):
            return known
    return None


def _same_sky(images: list[Any]) -> bool:
    """Whether the corners of images agree to half a pixel; True if none has coordinates."""
    height, width = images[0].shape[-2:]
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1]])
    try:
        first, *others = [celestial_wcs(hdu.header) for hdu in images]
        if not first.has_celestial:
            return not any(other.has_celestial for other in others)
        return all(
            np.abs(first.wcs_world2pix(other.wcs_pix2world(corners, 0), 0) - corners).max() < 0.5 for other in others
        )
    except Exception:
        # As for the scale: coordinates that astropy can't interpret say nothing.
        return True


def _listing(hdus: Any, those: list[Any] | None = None) -> str:
    kinds = []
    for hdu in hdus if those is None else those:
        kind = (" x ".join(map(str, hdu.shape)) or "empty") if hdu.is_image else "table"
        kinds.append(f"{hdu_label(hdus, hdu)} ({kind})")
    return ", ".join(kinds[:8]) + (f" and {len(kinds) - 8} more" if len(kinds) > 8 else "")


@lru_cache(1024)
def name_role(text: str) -> Role:
    """Role that a name in a header, or in the name of a file, stands for; ``"unknown"`` for most names."""
    # "SCI_G", "MASK2": the band and the number don't matter.
    words = [word for word in _words(text.upper()) if not _is_band(word) and not word.isdigit()]
    name = "_".join(words)
    return _ROLES.get(name) or _ROLES.get(name.rstrip("0123456789"), "unknown")


def _words(text: str) -> list[str]:
    return [word for word in _BREAKS.split(text) if word]


def _is_band(word: str) -> bool:
    return wavelength(word) is not None or wavelength(word.lower()) is not None
