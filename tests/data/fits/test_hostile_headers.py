"""Headers that end Python, take all memory, or never end, in astropy and the libraries below it."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from galmorph.data import read_image
from galmorph.data._fits.coordinates import celestial_wcs, pixel_scale
from galmorph.errors import UnreadableImageError

TAN = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 20.0, "CRPIX1": 5.0, "CRPIX2": 5.0,
       "CDELT1": -1e-4, "CDELT2": 1e-4}  # fmt: skip
# A plate of the Digitized Sky Survey: 67.2 arcsec/mm, 25.28445 micrometres a pixel.
PLATE = (
    {"PLTRAH": 13, "PLTRAM": 6, "PLTRAS": 38.7, "PLTDECSN": "+", "PLTDECD": 41, "PLTDECM": 13, "PLTDECS": 24.1}
    | {"PLTSCALE": 67.2, "CNPIX1": 6969, "CNPIX2": 6969, "XPIXELSZ": 25.28445, "YPIXELSZ": 25.28445}
    | {"PPO3": 177474.7, "PPO6": 177474.7}
    | {f"AMD{axis}{number}": 67.2 if number == 1 else 0.0 for axis in "XY" for number in range(1, 21)}
)
SCALE_OF_PLATE = 67.2 * 25.28445e-3
HOSTILE = [("CNPIX1", "text"), ("AMDX2", True), ("PLTRAH", "x"), ("XPIXELSZ", "x"), ("PPO3", "a"), ("PLTDECSN", 5),
           ("AMDX14", 1e-3), ("AMDX17", 1.0), ("AMDY20", 1.0), ("AMDX21", 2.0), ("AMDX99", 1.0)]  # fmt: skip

# Reads headers from a file, and prints how far it came before it died.
CHILD = """
import json, sys, warnings
from astropy.io import fits
from galmorph.data._fits.coordinates import pixel_scale
warnings.simplefilter("ignore")
for text in json.load(open(sys.argv[1])):
    print(pixel_scale(fits.Header.fromstring(text), 100, 100), flush=True)
"""


def in_a_child(tmp_path: Path, headers: list[str], timeout: float = 300) -> list[str]:
    """Pixel scales of headers, by a process that they may end."""
    (tmp_path / "headers.json").write_text(json.dumps(headers))
    command = [sys.executable, "-c", CHILD, str(tmp_path / "headers.json")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert result.returncode == 0, f"died after {len(result.stdout.split())} headers: {result.stderr}"
    return result.stdout.split()


def test_plate_solution():
    """A whole plate solution gives the scale of the plate, also if the coefficients without a place are left out."""
    assert pixel_scale(fits.Header(PLATE), 100, 100) == pytest.approx(SCALE_OF_PLATE, rel=1e-4)
    fewer = {key: value for key, value in PLATE.items() if not key.endswith(("14", "15", "20"))}
    assert pixel_scale(fits.Header(fewer), 100, 100) == pytest.approx(SCALE_OF_PLATE, rel=1e-4)


@pytest.mark.parametrize("missing", ["AMDX1", "AMDY13", "PLTDECSN"])
def test_plate_solution_in_part(missing: str):
    """Part of a plate solution is no coordinates; a header that has others uses these."""
    part = {key: value for key, value in PLATE.items() if key != missing}
    with pytest.raises(ValueError, match="plate solution"):
        celestial_wcs(fits.Header(part))
    assert pixel_scale(fits.Header(part), 100, 100) is None
    assert pixel_scale(fits.Header(part | TAN), 100, 100) == pytest.approx(0.36)


def test_values_that_end_python(tmp_path: Path):
    """A text, a truth value or a late coefficient in a plate solution, which end Python in wcslib, do nothing."""
    headers = [fits.Header(base | {key: value}).tostring() for base in (TAN, PLATE) for key, value in HOSTILE]
    scales = in_a_child(tmp_path, headers)
    assert scales[: len(HOSTILE)] == ["0.3599999965785538"] * len(HOSTILE)
    assert scales[len(HOSTILE) :] == ["None"] * len(HOSTILE)


@pytest.mark.trial
def test_flipped_bits(tmp_path: Path, shared_data: Path):
    """20,000 single flipped bits in the headers of each kind of coordinates don't end Python."""
    chance = np.random.default_rng(0)
    kinds = {}
    for path in sorted([*(shared_data / "ned" / "fits").glob("*.fits"), *(shared_data / "fits").rglob("*.fits")]):
        with fits.open(path) as hdus:
            header = next(hdu.header for hdu in hdus if hdu.is_image and hdu.size)
        if header.get("CTYPE1") is not None or "AMDX1" in header:
            kinds.setdefault((header.get("CTYPE1"), "AMDX1" in header, "CD1_1" in header), header.tostring())
    assert len(kinds) >= 2
    for text in kinds.values():
        headers = []
        while len(headers) < 20_000:
            flipped = bytearray(text.encode("ascii"))
            flipped[chance.integers(len(flipped))] ^= 1 << int(chance.integers(7))
            headers.append(flipped.decode("latin-1"))
        assert len(in_a_child(tmp_path, headers, timeout=3600)) == len(headers)


def write_header(path: Path, *cards: tuple[str, object], extension: bool = False) -> None:
    """Write a file of one HDU with these cards, or of an empty HDU and one extension with them."""
    content = fits.Header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)]).tostring() * extension
    start = [("XTENSION", "BINTABLE")] if extension else [("SIMPLE", True)]
    path.write_bytes((content + fits.Header([*start, *cards]).tostring()).encode() + bytes(2880))


@pytest.mark.parametrize("extension", [False, True])
@pytest.mark.parametrize("key", ["NAXIS", "TFIELDS"])
def test_counts_without_end(tmp_path: Path, key: str, extension: bool):
    """A hundred million axes or columns are refused at once, also in an extension."""
    cards = [("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", 4), ("NAXIS2", 3), ("PCOUNT", 0), ("GCOUNT", 1), ("TFIELDS", 1)]
    write_header(tmp_path / "a.fits", *[(k, 10**8 if k == key else value) for k, value in cards], extension=extension)
    start = time.perf_counter()
    with pytest.raises(UnreadableImageError, match=f"{key} = 100000000; the standard allows at most 999"):
        read_image(tmp_path / "a.fits")
    assert time.perf_counter() - start < 60  # it took for ever


def test_the_first_of_repeated_counts_is_taken(tmp_path: Path):
    """As by astropy, so that a second, harmless card hides nothing."""
    cards = [("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", 4), ("NAXIS2", 3), ("PCOUNT", 0), ("GCOUNT", 1)]
    write_header(tmp_path / "a.fits", *cards, ("TFIELDS", 10**8), ("PCOUNT", 0), extension=True)
    content = (tmp_path / "a.fits").read_bytes()
    second = b"TFIELDS =                    1".ljust(80)
    place = content.rindex(b"PCOUNT")
    (tmp_path / "a.fits").write_bytes(content[:place] + second + content[place + 80 :])
    with pytest.raises(UnreadableImageError, match="TFIELDS = 100000000; the standard allows at most 999"):
        read_image(tmp_path / "a.fits")


@pytest.mark.parametrize(("key", "value"), [("GCOUNT", -1), ("PCOUNT", -2880), ("NAXIS1", -4), ("NAXIS2", 10**18)])
def test_sizes_that_lead_nowhere(tmp_path: Path, key: str, value: int):
    """A negative size, after which astropy would read the same HDU for ever, and one beyond any disk are refused."""
    cards = [("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", 400), ("NAXIS2", 30), ("PCOUNT", 0), ("GCOUNT", 1), ("TFIELDS", 0)]
    cards = [(name, value if name == key else usual) for name, usual in cards]
    write_header(tmp_path / "a.fits", *cards, extension=True)
    if key == "NAXIS2":
        content = (
            (tmp_path / "a.fits")
            .read_bytes()
            .replace(b"NAXIS1  =                  400", b"NAXIS1  =      999999999999999")
        )
        (tmp_path / "a.fits").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=r"damaged FITS file \(an HDU of"):
        read_image(tmp_path / "a.fits")


def test_header_without_end(tmp_path: Path):
    """A header that goes on for 30 MB is refused before astropy collects its cards."""
    first = fits.Header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0)]).tostring(endcard=False, padding=False)
    (tmp_path / "a.fits").write_bytes(first.encode() + b" " * 30_000_000)
    with pytest.raises(UnreadableImageError, match="a header of more than 27 MiB"):
        read_image(tmp_path / "a.fits")


def test_random_groups_and_many_extensions(tmp_path: Path):
    """The sizes of HDUs are those that astropy finds: an image behind tables, groups and empty HDUs is still read."""
    groups = fits.GroupsHDU(
        fits.GroupData(np.ones((3, 4, 5), np.float32), bitpix=-32, parnames=["U"], pardata=[np.ones(3)])
    )
    table = fits.BinTableHDU.from_columns([fits.Column("a", "PJ()", array=np.array([[1, 2], [3]], dtype=object))])
    image = fits.ImageHDU(np.arange(12.0).reshape(3, 4), name="SCI")
    bad = fits.ImageHDU(np.ones((3, 4)), name="LAST")
    bad.header["HISTORY"] = "NAXIS   = 100000000"
    fits.HDUList([groups, table, image, bad]).writeto(tmp_path / "a.fits")
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits").pixels[..., 0], np.arange(12.0).reshape(3, 4))
    with fits.open(tmp_path / "a.fits", mode="update") as hdus:
        hdus[3].header["NAXIS"] = 2
    content = (tmp_path / "a.fits").read_bytes()
    place = content.rindex(b"NAXIS   =                    2")
    (tmp_path / "a.fits").write_bytes(content[:place] + b"NAXIS   =             10000000" + content[place + 30 :])
    with pytest.raises(UnreadableImageError, match="NAXIS = 10000000"):
        read_image(tmp_path / "a.fits")


@pytest.mark.parametrize("kind", ["GZIP_1", "GZIP_2"])
def test_tile_that_unpacks_to_gigabytes(tmp_path: Path, kind: str):
    """A tile of 100 x 100 pixels that unpacks to 100 MB is refused before memory is taken."""
    import gzip

    packed = np.frombuffer(gzip.compress(bytes(100_000_000), compresslevel=9), np.uint8)
    whole = fits.CompImageHDU(np.ones((100, 100), np.int16), compression_type=kind, tile_shape=(100, 100))
    fits.HDUList([fits.PrimaryHDU(), whole]).writeto(tmp_path / "whole.fits")
    with fits.open(tmp_path / "whole.fits", disable_image_compression=True) as hdus:
        cards = [card for card in hdus[1].header.cards if card.keyword.startswith("Z")]
    table = fits.BinTableHDU.from_columns([fits.Column("COMPRESSED_DATA", "PB()", array=np.array([packed], object))])
    table.header.extend(cards)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "bomb.fits")
    assert read_image(tmp_path / "whole.fits").height == 100
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableImageError, match="tile 1 unpacks to more than 80000 bytes"):
        read_image(tmp_path / "bomb.fits")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_tile_larger_than_its_image(tmp_path: Path):
    """HCOMPRESS writes as many pixels as a tile says, beyond the memory of a smaller image: it is refused."""
    pixels = np.random.default_rng(0).integers(0, 1000, (60, 70)).astype(np.int16)
    whole = fits.CompImageHDU(pixels, compression_type="HCOMPRESS_1", tile_shape=(16, 70))  # the last has 12 rows
    fits.HDUList([fits.PrimaryHDU(), whole]).writeto(tmp_path / "a.fits.fz")
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits.fz").pixels[..., 0], pixels)
    content = (tmp_path / "a.fits.fz").read_bytes()
    assert content.count(b"ZNAXIS1 =                   70") == 1
    narrow = content.replace(b"ZNAXIS1 =                   70", b"ZNAXIS1 =                   16")
    (tmp_path / "a.fits.fz").write_bytes(narrow)
    with pytest.raises(UnreadableImageError, match="tile 1 does not unpack to the pixels"):
        read_image(tmp_path / "a.fits.fz")


@pytest.mark.parametrize("packed", [False, True])
def test_datasum(tmp_path: Path, packed: bool):
    """Data that don't add up to the sum that their writer left are said to be damaged; the sum is astropy's."""
    pixels = np.random.default_rng(0).integers(0, 1000, (41, 30)).astype(np.int16)
    hdu = fits.CompImageHDU(pixels) if packed else fits.ImageHDU(pixels)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "a.fits", checksum=True)
    assert read_image(tmp_path / "a.fits").notes == ()
    with fits.open(tmp_path / "a.fits", disable_image_compression=True) as hdus:
        place = hdus[1].fileinfo()["datLoc"]
    content = bytearray((tmp_path / "a.fits").read_bytes())
    content[place + (8 if not packed else 3000 - 2880 + 200)] ^= 1
    (tmp_path / "b.fits").write_bytes(content)
    assert "do not add up to its DATASUM" in read_image(tmp_path / "b.fits").notes[0]


@pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
@pytest.mark.parametrize("repeated", [("RADECSYS", "ICRS"), ("PROJP1", 1.0), ("CTYPE1", "RA---TAN"), ("CRVAL1", 10.0)])
def test_repeated_keywords(tmp_path: Path, repeated: tuple[str, object]):
    """Sixty times RADECSYS or PROJP1, and wcslib writes beyond its memory; the first card of a keyword counts."""
    header = fits.Header(TAN)
    for _ in range(500):
        header.append(fits.Card(*repeated))
    scales = in_a_child(tmp_path, [header.tostring()] * 20)
    assert len(scales) == 20
    assert float(scales[0]) == pytest.approx(0.36, rel=1e-3)
    keywords = list(celestial_wcs(header).to_header())
    assert len(keywords) == len(set(keywords))
