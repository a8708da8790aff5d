"""Which HDU of a FITS file is the galaxy, and which are its bands; what is refused."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty

from galmorph.data import read_image
from galmorph.data._fits.hdus import hdu_role
from galmorph.errors import UnreadableImageError, UnsuitableImageError

RAMP = np.arange(60, dtype=np.float32).reshape(10, 6)
SKY = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 187.4, "CRVAL2": 12.0, "CRPIX1": 3.0, "CRPIX2": 5.0,
       "CDELT1": -1 / 3600, "CDELT2": 1 / 3600}  # fmt: skip


def image(value: float, name: str | None = None, ver: int | None = None, **cards: object) -> fits.ImageHDU:
    """Build an HDU whose pixels are those of the ramp and a value."""
    return fits.ImageHDU(RAMP + value, fits.Header(cards), name=name, ver=ver)


def write(path: Path, *hdus: fits.ImageHDU, **cards: object) -> Path:
    """Write HDUs after an empty primary one."""
    fits.HDUList([fits.PrimaryHDU(header=fits.Header(cards)), *hdus]).writeto(path)
    return path


def values(path: Path, **options: object) -> list[float]:
    """Values that the HDUs that are read have added to the ramp."""
    return list(read_image(path, **options).pixels[0, 0])


# Roles


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *((name, "science") for name in ("SCI", "sci", "SCIENCE", "SCI_G", "F814W_SCI", "SCI2")),
        *((name, "image") for name in ("IMAGE", "COADD", "DATA", "IMAGE_R", "r image", "STACK")),
        *((name, "mask") for name in ("DQ", "MASK", "MSK", "FLAGS", "FLG", "BPM", "MASK_I", "QUALITY")),
        *((name, "weight") for name in ("WHT", "WEIGHT", "IVAR", "INVVAR", "WGT", "INVVAR-G", "CONF")),
        *((name, "error") for name in ("ERR", "RMS", "SIGMA", "VAR", "VARIANCE", "UNCERT", "NOISE")),
        *((name, "auxiliary") for name in ("PSF", "MODEL", "RESIDUAL", "residual map", "CON", "CTX", "EXP", "SEGM")),
        *((name, "auxiliary") for name in ("BKG", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "MASKBITS", "WCSDVARR")),
        *((name, "unknown") for name in ("", "PRIMARY", "M_BKGSUB", "NGC 1365", "g", "F814W", "COMPRESSED_IMAGE")),
    ],
)
def test_roles_of_names(name: str, role: str):
    """The names that telescopes and programs give to HDUs, with a band or a number if there are several."""
    assert hdu_role(image(0, name)) == role


@pytest.mark.parametrize(
    ("cards", "role"),
    [
        ({"HDUCLAS1": "IMAGE", "HDUCLAS2": "DATA"}, "image"),
        ({"HDUCLAS2": "ERROR"}, "error"),
        ({"HDUCLAS2": "QUALITY"}, "mask"),
        ({"OBJECT": "model"}, "auxiliary"),
        ({"OBJECT": "residual map"}, "auxiliary"),
        ({"OBJECT": "NGC 3344"}, "unknown"),
        ({"OBJECT": "mask"}, "unknown"),
        ({"IMAGETYP": "image"}, "image"),  # Legacy Surveys
        ({"IMAGETYP": "invvar"}, "weight"),
        ({"IMAGETYP": "maskbits"}, "auxiliary"),
        ({"IMAGETYP": "SKY"}, "unknown"),  # cameras
        ({"IMAGETYP": "object"}, "unknown"),
        ({"EXTNAME": "UNCERT", "UTYPE": "InverseVariance"}, "weight"),
        ({"EXTNAME": "UNCERT", "UTYPE": "StdDevUncertainty"}, "error"),
        ({"EXTNAME": "SCI", "HDUCLAS2": "ERROR", "OBJECT": "model"}, "science"),
    ],
)
def test_roles_of_other_keywords(cards: dict[str, str], role: str):
    """HDUCLAS2, GALFIT's OBJECT and CCDData's UTYPE speak where EXTNAME does not."""
    assert hdu_role(image(0, **cards)) == role


# One image


@pytest.mark.parametrize(
    "names",
    [
        ("SCI", "WHT", "CTX"),  # HST
        ("SCI", "ERR", "CON", "WHT", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"),  # JWST
        ("IMAGE", "MASK", "VARIANCE", "PSF"),  # LSST
        ("WHT", "ERR", "SCI"),
        ("DQ", None, "MODEL"),
        ("IMAGE", "SCI"),
        ("EXTRA", "IMAGE"),
    ],
)
def test_the_science_image_is_read(tmp_path: Path, names: tuple[str | None, ...]):
    """SCI comes before other names of images, these before unknown ones, wherever they are in the file."""
    path = write(tmp_path / "a.fits", *(image(1 + number, name) for number, name in enumerate(names)))
    wanted = next(name for name in ("SCI", "IMAGE", None) if name in names)
    read = read_image(path)
    assert read.pixels[0, 0, 0] == 1 + names.index(wanted)
    assert read.metadata["hdu"] == str(1 + names.index(wanted))


def test_galfit_output(tmp_path: Path):
    """Of GALFIT's image block, the galaxy is read, not its model or the residuals."""
    blocks = [image(1, OBJECT="n5419"), image(2, OBJECT="model"), image(3, OBJECT="residual map")]
    assert values(write(tmp_path / "imgblock.fits", *blocks)) == [1]


@pytest.mark.parametrize("kind", [StdDevUncertainty, InverseVariance])
def test_ccddata(tmp_path: Path, kind: type):
    """A file of astropy's CCDData has its image, and its mask and uncertainty mask pixels."""
    mask = RAMP == 7
    uncertainty = np.where(RAMP == 8, 0, 1.0)
    data = CCDData(RAMP, unit="adu", mask=mask, uncertainty=kind(uncertainty))
    data.write(tmp_path / "a.fits")
    read = read_image(tmp_path / "a.fits")
    np.testing.assert_array_equal(read.pixels[..., 0], RAMP)
    np.testing.assert_array_equal(read.mask, mask | (RAMP == 8))


def test_sdss_frame(tmp_path: Path):
    """A frame of SDSS has a row of numbers and tables after its image, which don't matter."""
    table = fits.BinTableHDU.from_columns([fits.Column("ALLSKY", "E", array=[1.0])])
    fits.HDUList([fits.PrimaryHDU(RAMP), fits.ImageHDU(np.ones(6)), table]).writeto(tmp_path / "frame-r.fits")
    assert values(tmp_path / "frame-r.fits") == [0]


def test_the_primary_header_counts(tmp_path: Path):
    """Band and description come from an empty primary HDU if the image's own header lacks them."""
    path = write(tmp_path / "a.fits", image(1, "SCI", OBJECT="M51"), FILTER="F606W", TELESCOP="HST", OBJECT="ANY")
    read = read_image(path)
    assert read.bands == ("F606W",)
    assert (read.metadata["TELESCOP"], read.metadata["OBJECT"]) == ("HST", "M51")


@pytest.mark.parametrize(
    ("name", "cards", "bands"),
    [("SCI_G", {}, ("g",)), ("F814W", {}, ("F814W",)), ("R", {"FILTER": "V"}, ("V",)), ("SCI", {}, None)],
)
def test_band_from_the_name(tmp_path: Path, name: str, cards: dict[str, str], bands: tuple[str, ...] | None):
    """The name of the HDU gives the band if no header does."""
    assert read_image(write(tmp_path / "a.fits", image(1, name, **cards))).bands == bands


# No image, or several


def test_only_masks(tmp_path: Path):
    """A file of nothing but masks and weights is refused, with what there is."""
    path = write(tmp_path / "a.fits", image(1, "DQ"), image(2, "IVAR"))
    match = r"a\.fits: no HDU is an image of a galaxy; .*1 DQ \(10 x 6\), 2 IVAR \(10 x 6\); .*hdu="
    with pytest.raises(UnsuitableImageError, match=match):
        read_image(path)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("DQ", "HDU 2 DQ is a mask plane, not an image"),
        ("WHT", "HDU 3 WHT is a weight plane, not an image"),
        ("ERR", "HDU 4 ERR is an error plane, not an image"),
        ("MODEL", "HDU 5 MODEL is an auxiliary plane, not an image"),
    ],
)
def test_planes_that_are_named(tmp_path: Path, name: str, note: str):
    """A plane that hdu names is read as it is, and a note says what it is."""
    names = ("SCI", "DQ", "WHT", "ERR", "MODEL")
    path = write(tmp_path / "a.fits", *(image(1 + number, each) for number, each in enumerate(names)))
    for hdu in (name, names.index(name) + 1, (name, 1)):
        read = read_image(path, hdu=hdu)
        assert read.notes == (note,)
        assert read.pixels[0, 0, 0] == names.index(name) + 1
        assert not read.mask.any()


def test_several_galaxies(tmp_path: Path):
    """Several images with the same name are listed; hdu chooses one, by number or by name and version."""
    hdus = [image(1, "SCI", 1), image(2, "DQ", 1), image(3, "SCI", 2), image(4, "DQ", 2)]
    path = write(tmp_path / "a.fits", *hdus)
    match = r"got 2 HDUs that could each be one: 1 SCI,1 \(10 x 6\), 3 SCI,2 \(10 x 6\); choose one with hdu="
    with pytest.raises(UnsuitableImageError, match=match):
        read_image(path)
    assert values(path, hdu=("SCI", 2)) == values(path, hdu=3) == [3]
    with pytest.raises(UnsuitableImageError, match=r"no HDU \('SCI', 3\); there are .*3 SCI,2"):
        read_image(path, hdu=("SCI", 3))


@pytest.mark.parametrize(
    "hdus",
    [
        (image(1), image(2)),
        (image(1, FILTER="r"), image(2, FILTER="r")),
        (image(1, FILTER="r"), image(2)),
        (image(1, "NGC_1"), image(2, "NGC_2")),
        (image(1, FILTER="r"), fits.ImageHDU(np.full((9, 6), 9.0), fits.Header({"FILTER": "g"}))),
        (image(1, FILTER="r", **SKY), image(2, FILTER="g", **SKY | {"CRVAL2": 12.001})),
    ],
    ids=["unnamed", "same band", "a band is missing", "objects", "another shape", "elsewhere"],
)
def test_what_may_be_several_galaxies(tmp_path: Path, hdus: tuple[fits.ImageHDU, ...]):
    """Images are no bands of one galaxy if a band is unknown or there twice, or if shape or position differ."""
    path = write(tmp_path / "a.fits", *hdus)
    with pytest.raises(UnsuitableImageError, match="got 2 HDUs that could each be one"):
        read_image(path)
    assert values(path, hdu=2) != values(path, hdu=1)


def test_image_in_the_primary_hdu_and_another(tmp_path: Path):
    """The primary HDU has no privilege over another image."""
    fits.HDUList([fits.PrimaryHDU(RAMP), image(1)]).writeto(tmp_path / "a.fits")
    with pytest.raises(UnsuitableImageError, match=r"0 PRIMARY \(10 x 6\), 1 \(10 x 6\)"):
        read_image(tmp_path / "a.fits")


# Bands in several HDUs


@pytest.mark.parametrize(
    ("hdus", "bands"),
    [
        ((image(1, "g"), image(2, "r"), image(3, "z")), ("g", "r", "z")),
        ((image(1, "SCI_I"), image(2, "SCI_R")), ("i", "r")),
        ((image(1, "B"), image(2, "V"), image(3, "R")), ("B", "V", "R")),
        ((image(1, FILTER="HSC-G"), image(2, FILTER="HSC-R2")), ("g", "r")),
        ((image(1, "SCI", 1, FILTER="F435W"), image(2, "SCI", 2, FILTER="F814W")), ("F435W", "F814W")),
        ((image(1, "f115w"), image(2, "PSF"), image(3, "F444W")), ("F115W", "F444W")),
        ((image(1, "BLUE"), image(2, "RED")), ("blue", "red")),
        ((image(1, "g", **SKY), image(2, "r", **SKY | {"CRPIX1": 3.2})), ("g", "r")),
    ],
)
def test_bands_in_several_hdus(tmp_path: Path, hdus: tuple[fits.ImageHDU, ...], bands: tuple[str, ...]):
    """Images of one shape with different bands in their names or headers are the channels, in the file's order."""
    read = read_image(write(tmp_path / "a.fits", *hdus))
    assert read.bands == bands
    assert read.pixels.shape == (10, 6, len(bands))
    assert list(read.pixels[0, 0]) == [hdu.data[0, 0] for hdu in hdus if hdu.name != "PSF"]


def test_each_band_has_its_mask(tmp_path: Path):
    """Planes go with the image of their version, or of their band, or with all; their masks are joined."""
    masks = [np.zeros((10, 6), np.uint8) for _ in range(3)]
    for number, mask in enumerate(masks):
        mask[number, 0] = 1
    hdus = [image(1, "SCI", 1, FILTER="g"), image(2, "SCI", 2, FILTER="r")]
    dq = [fits.ImageHDU(mask, name="DQ", ver=ver + 1) for ver, mask in enumerate(masks)]
    path = write(tmp_path / "versions.fits", *hdus, *dq)
    np.testing.assert_array_equal(np.argwhere(read_image(path).mask), [[0, 0], [1, 0]])
    path = write(
        tmp_path / "bands.fits",
        image(1, "IMAGE_G"),
        image(2, "IMAGE_R"),
        *(fits.ImageHDU(mask, name=name) for mask, name in zip(masks, ("MASK_G", "MASK", "MASK_Z"), strict=True)),
    )
    np.testing.assert_array_equal(np.argwhere(read_image(path).mask), [[0, 0], [1, 0]])


def test_compressed_bands(tmp_path: Path):
    """Tile-compressed HDUs, whose default name means nothing, are bands by their headers."""
    hdus = [
        fits.CompImageHDU(RAMP.astype(np.int16) + value, fits.Header({"BAND": band}))
        for value, band in enumerate("grz")
    ]
    read = read_image(write(tmp_path / "a.fits.fz", *hdus))
    assert (read.bands, list(read.pixels[0, 0])) == (("g", "r", "z"), [0, 1, 2])


def test_size_of_all_bands_counts(tmp_path: Path):
    """The limit is for all HDUs that become channels together, and is checked for masks, too."""
    path = write(tmp_path / "a.fits", image(1, "g"), image(2, "r"))
    assert read_image(path, max_pixels=120).channels == 2
    with pytest.raises(UnsuitableImageError, match="2 images with 120 pixels are more than 119"):
        read_image(path, max_pixels=119)


# Damaged planes


def test_tile_bomb_in_a_mask(tmp_path: Path):
    """A mask with a tile larger than the limit is refused, however small the image."""
    path = write(tmp_path / "a.fits", image(1, "SCI"), fits.CompImageHDU(np.zeros((10, 6), np.int16), name="DQ"))
    content = path.read_bytes()
    start = content.index(b"ZTILE1  =") + 10
    path.write_bytes(content[:start] + b"2000000000".rjust(20) + content[start + 20 :])
    with pytest.raises(UnsuitableImageError, match="more than 100000000"):
        read_image(path)


def test_cut_mask(tmp_path: Path):
    """A file whose mask is cut is refused: what it would hide is unknown."""
    path = write(tmp_path / "a.fits", image(1, "SCI"), fits.ImageHDU(np.zeros((10, 6)), name="DQ"))
    path.write_bytes(path.read_bytes()[: -2880 + 100])
    with pytest.raises(UnreadableImageError, match="cut short"):
        read_image(path)


# Cut-outs of the Legacy Surveys, and cubes


def test_cut_out_of_the_legacy_surveys(tmp_path: Path):
    """The planes that IMAGETYP names are no images; the weights mask, and maskbits don't."""
    stack = np.stack([RAMP, RAMP + 1, RAMP + 2])
    weight = np.ones_like(stack)
    weight[:, 0] = 0
    cards = {"SURVEY": "LegacySurvey", "BANDS": "grz"}
    fits.HDUList(
        [
            fits.PrimaryHDU(stack, fits.Header(cards | {"IMAGETYP": "image"})),
            fits.ImageHDU(weight, fits.Header(cards | {"IMAGETYP": "invvar"})),
            fits.ImageHDU(np.ones((10, 6), np.int32), fits.Header(cards | {"IMAGETYP": "maskbits"})),
        ]
    ).writeto(tmp_path / "a.fits")
    read = read_image(tmp_path / "a.fits")
    assert (read.bands, read.notes) == (("g", "r", "z"), ("10 % of the pixels masked by HDU 1",))
    np.testing.assert_array_equal(read.mask, np.arange(10)[:, None].repeat(6, 1) == 0)


def test_weights_of_each_band(tmp_path: Path):
    """Images and weights without names, whose headers give their bands: a weight masks the image of its band."""
    hdus = []
    for row, band in enumerate("grz"):
        weight = np.ones_like(RAMP)
        weight[row] = 0
        hdus += [image(row, BAND=band, IMAGETYP="image")]
        hdus += [fits.ImageHDU(weight, fits.Header({"BAND": band, "IMAGETYP": "invvar"}))]
    path = write(tmp_path / "a.fits", *hdus)
    together = read_image(path)
    assert together.bands == ("g", "r", "z")
    assert list(np.flatnonzero(together.mask[:, 0])) == [0, 1, 2]
    assert list(np.flatnonzero(read_image(path, hdu=3).mask[:, 0])) == [1]


def test_bands_in_capitals(tmp_path: Path):
    """FILTER cards in capitals, one an HDU, with G: bands of SDSS's system."""
    hdus = [image(value, FILTER=band) for value, band in enumerate("GRZ")]
    assert read_image(write(tmp_path / "a.fits", *hdus)).bands == ("g", "r", "z")


@pytest.mark.parametrize("axis", ["GROUP_NUMBER", "TIME", "UTC", "INTEGRATION"])
def test_cubes_of_exposures(tmp_path: Path, axis: str):
    """Planes that are exposures or detectors are no bands, however few."""
    fits.writeto(tmp_path / "a.fits", np.stack([RAMP] * 4), fits.Header({"CTYPE3": axis}))
    with pytest.raises(UnsuitableImageError, match=rf"with an axis of {axis}, whose planes are not bands"):
        read_image(tmp_path / "a.fits")
    fits.writeto(tmp_path / "b.fits", RAMP[None], fits.Header({"CTYPE3": axis}))
    assert read_image(tmp_path / "b.fits").channels == 1
