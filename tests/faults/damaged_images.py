"""Damage image files at random, read and prepare them, and report each outcome: file, damage, outcome, detail.

Run by `test_damaged_images.py` as a script of its own, because a file might kill the process or never end:
``python damaged_images.py SEED FIRST COUNT [FOLDER]``. The files of a folder, if there is one, are damaged, too.
"""

import io
import json
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from PIL import Image

from galmorph.data import read_image
from galmorph.errors import ImageError
from galmorph.preprocessing import DAI_TONG, Recipe

SECONDS = 2  # for one file
MEMORY = 1 << 30  # bytes of address space besides those of the start
LARGEST = 3_000_000  # bytes of a file of the folder; larger ones take most of the time
RECIPES = (DAI_TONG, Recipe(size=64, channels=1))

VALUES = [
    *(
        "T",
        "F",
        "0",
        "-1",
        "1",
        "999",
        "1000",
        "100000000",
        "9" * 30,
        "1E400",
        "-1E308",
        "NaN",
        "INF",
        "''",
        "'x'",
        "'TEXT  '",
    ),
    *(
        "0.0",
        "1.0E-300",
        "3.4E38",
        "(1,2)",
        "'RA---TAN-SIP'",
        "'DEC--TPV'",
        "'GZIP_1  '",
        "'RICE_1  '",
        "2147483648",
        "-32768",
        "16",
    ),
]
KEYS = [
    *(
        "BITPIX",
        "NAXIS",
        "NAXIS1",
        "NAXIS2",
        "NAXIS3",
        "PCOUNT",
        "GCOUNT",
        "TFIELDS",
        "TFORM1",
        "TTYPE1",
        "THEAP",
        "EXTEND",
    ),
    *(
        "BSCALE",
        "BZERO",
        "BLANK",
        "ZBITPIX",
        "ZNAXIS",
        "ZNAXIS1",
        "ZTILE1",
        "ZTILE2",
        "ZCMPTYPE",
        "ZVAL1",
        "ZVAL2",
        "ZBLANK",
    ),
    *(
        "CTYPE1",
        "CTYPE2",
        "CRVAL1",
        "CRPIX1",
        "CDELT1",
        "CD1_1",
        "CD2_2",
        "PV1_1",
        "A_ORDER",
        "A_0_2",
        "CUNIT1",
        "LONPOLE",
    ),
    *(
        "AMDX1",
        "AMDX14",
        "AMDY20",
        "CNPIX1",
        "PLTRAH",
        "PLTDECSN",
        "XPIXELSZ",
        "EXTNAME",
        "FILTER",
        "BUNIT",
        "DATASUM",
        "BSOFTEN",
    ),
]


def galaxy(shape: tuple[int, int] = (60, 70)) -> np.ndarray:
    """Draw an exponential disc on a noisy sky."""
    y, x = np.indices(shape)
    radius = np.hypot(x - shape[1] / 2, y - shape[0] / 2)
    return 400 * np.exp(-radius / 6) + np.random.default_rng(0).normal(50, 3, shape)


def whole_files() -> dict[str, bytes]:
    """One file of each kind."""
    files: dict[str, bytes] = {}
    pixels = galaxy()

    def keep(name: str, *hdus: object, checksum: bool = False) -> None:
        with io.BytesIO() as file:
            fits.HDUList(list(hdus)).writeto(file, checksum=checksum)
            files[name] = file.getvalue()

    tan = fits.Header(
        {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 20.0, "CRPIX1": 35.0, "CRPIX2": 30.0}
        | {"CD1_1": -1e-4, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-4, "FILTER": "r", "BUNIT": "nanomaggy"}
    )
    keep("plain.fits", fits.PrimaryHDU(pixels.astype(np.float32), tan))
    whole = fits.PrimaryHDU(pixels.astype(np.int16), tan)
    whole.header.update({"BSCALE": 0.5, "BZERO": 3.0, "BLANK": -32768})
    keep("scaled.fits", whole, checksum=True)
    for kind in ("RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"):
        keep(
            f"{kind}.fits.fz", fits.PrimaryHDU(), fits.CompImageHDU(pixels.astype(np.int16), tan, compression_type=kind)
        )
    keep("quantised.fits.fz", fits.PrimaryHDU(), fits.CompImageHDU(pixels.astype(np.float32), tan))
    science, errors = (fits.ImageHDU(values.astype(np.float32), tan, name=name) for name, values in
                       (("SCI", pixels), ("ERR", np.sqrt(pixels))))  # fmt: skip
    table = fits.BinTableHDU.from_columns([fits.Column("a", "PJ()", array=np.array([[1, 2], [3]], dtype=object))])
    keep(
        "planes.fits",
        fits.PrimaryHDU(),
        science,
        errors,
        fits.ImageHDU((pixels > 400).astype(np.uint8), name="DQ"),
        table,
    )
    keep("stack.fits", fits.PrimaryHDU(np.stack([pixels] * 3).astype(np.float32), fits.Header({"BANDS": "grz"})))
    grey = np.clip(pixels, 0, 255).astype(np.uint8)
    colour = np.stack([grey, grey // 2, grey // 3], axis=-1)
    for name, picture, options in (
        ("a.jpg", colour, {}),
        ("progressive.jpg", colour, {"progressive": True}),
        ("grey.jpg", grey, {}),
        ("a.png", colour, {}),
        ("sixteen.png", grey.astype(np.uint16) * 200, {}),
        ("a.tif", colour, {}),
        ("lzw.tif", colour, {"compression": "tiff_lzw"}),
    ):
        with io.BytesIO() as file:
            suffix = {"jpg": "JPEG", "png": "PNG", "tif": "TIFF"}[name.rpartition(".")[2]]
            Image.fromarray(picture).save(file, suffix, **options)
            files[name] = file.getvalue()
    return files


def damage(rng: random.Random, content: bytes) -> tuple[str, bytes]:
    """Damage a file, and say how. Half of the damage to FITS files is to a card of a header."""
    data = bytearray(content)
    if content.startswith(b"SIMPLE") and rng.random() < 0.6:
        cards = [at for at in range(0, min(len(data), 200_000), 80) if data[at + 8 : at + 10] == b"= "]
        at = rng.choice(cards)
        if rng.random() < 0.4:
            place = at + rng.randrange(80)
            data[place] ^= 1 << rng.randrange(7)
            return "flip a bit of a header", bytes(data)
        key = bytes(data[at : at + 8]).decode("latin-1") if rng.random() < 0.6 else rng.choice(KEYS)
        value = rng.choice(VALUES)
        data[at : at + 80] = f"{key:8}= {value:>20}".ljust(80)[:80].encode("latin-1")
        return f"{key.strip()} = {value}", bytes(data)
    at = rng.randrange(min(len(data), rng.choice((64, 3000, len(data)))))
    end = min(len(data), at + rng.choice((1, 2, 8, 100, 5000)))
    kind = rng.choice(("flip a bit", "set a byte", "cut", "leave out", "repeat", "zeros", "ones", "noise"))
    if kind == "flip a bit":
        data[at] ^= 1 << rng.randrange(8)
    elif kind == "set a byte":
        data[at] = rng.randrange(256)
    elif kind == "cut":
        del data[at:]
    elif kind == "leave out":
        del data[at:end]
    elif kind == "repeat":
        data[at:at] = data[at:end] * rng.choice((1, 2, 50))
    else:
        data[at:end] = {"zeros": bytes(end - at), "ones": b"\xff" * (end - at), "noise": rng.randbytes(end - at)}[kind]
    return kind, bytes(data)


def outcome(path: Path) -> tuple[str, str]:
    """Read a damaged file, and prepare it."""
    signal.setitimer(signal.ITIMER_REAL, 5 * SECONDS)
    start = time.process_time()
    said = "right"
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            image = read_image(path)
            for recipe in RECIPES:
                try:
                    recipe(image)
                except ImageError:
                    said = "typed error"
        if heard:
            return "warning of another library", f"{heard[0].category.__name__}: {heard[0].message}"[:200]
    except ImageError as error:
        str(error).encode("utf-8")
        return "typed error", str(error)[-80:]
    except Exception as error:  # what is looked for
        return "raw error", f"{type(error).__name__}: {error}"[:300]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = time.process_time() - start
    return (said, "") if seconds < SECONDS else ("hang", f"{seconds:.1f} s")


def main(seed: int, first: int, count: int, folder: str = "") -> None:
    """Go through the cases; the same seed and number make the same case."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a file that takes too long ends the process
    files = whole_files()
    if folder:
        for path in sorted(Path(folder).rglob("*.fits")):
            if path.stat().st_size < LARGEST:
                files[path.name] = path.read_bytes()
    for recipe in RECIPES:
        assert np.isfinite(recipe(read_image_of(files["plain.fits"])).pixels).all()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + _address_space(), resource.getrlimit(resource.RLIMIT_AS)[1]))
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(first, first + count):
            rng = random.Random(f"{seed} {number}")  # noqa: S311 (no cryptography)
            name = rng.choice(sorted(files))
            how, content = damage(rng, files[name])
            path = Path(scratch) / name
            path.write_bytes(content)
            print(json.dumps([number, name, how]), flush=True)
            print(json.dumps([number, *outcome(path)]), flush=True)


def read_image_of(content: bytes) -> object:
    """Read an image that is not in a file."""
    with tempfile.NamedTemporaryFile(suffix=".fits") as file:
        Path(file.name).write_bytes(content)
        return read_image(file.name)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), *sys.argv[4:])
