"""JPEG files of galaxies that a benchmark makes for itself: discs with noise, in frames like those of Galaxy Zoo 2."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["FRAME", "make_files"]

FRAME = 424  # pixels, the side of a frame of Galaxy Zoo 2
_IN_A_FOLDER = 10_000
_RED, _BLUE = np.array([240.0, 190.0, 140.0], np.float32), np.array([170.0, 190.0, 240.0], np.float32)
_NOISE = 2.2  # grey values; the files are then as large as those of Galaxy Zoo 2, about 13 kB


def make_files(folder: Path, number: int, *, side: int = FRAME) -> list[Path]:
    """Write JPEGs of discs of all sizes, shapes and colours; those that are already there stay as they are.

    Parameters
    ----------
    folder
        Where to write them, ten thousand in a sub-folder.
    number
        How many.
    side
        Side of a picture in pixels.

    Returns
    -------
    paths
        The files, in order.
    """
    paths = [folder / f"{row // _IN_A_FOLDER:03}" / f"{row:07}.jpg" for row in range(number)]
    for parent in {path.parent for path in paths}:
        parent.mkdir(parents=True, exist_ok=True)
    missing = [row for row, path in enumerate(paths) if not path.exists()]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda row: _write(paths[row], row, side), missing))
    return paths


def _write(path: Path, seed: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    angle, axis_ratio = rng.uniform(0, np.pi), rng.uniform(0.2, 1)
    x, y = (np.arange(side, dtype=np.float32) - side / 2 + rng.normal(0, 1) for _ in range(2))
    along = x * np.cos(angle) + y[:, np.newaxis] * np.sin(angle)
    across = (y[:, np.newaxis] * np.cos(angle) - x * np.sin(angle)) / axis_ratio
    light = np.exp(-np.hypot(along, across) / (side * rng.uniform(0.02, 0.08)))
    redness, brightness = rng.uniform(size=2)
    colour = (0.5 + 0.5 * brightness) * (redness * _RED + (1 - redness) * _BLUE)
    picture = light[..., np.newaxis] * colour + rng.normal(12, _NOISE, (side, side, 3)).astype(np.float32)
    scratch = path.with_suffix(".part")
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(scratch, "JPEG", quality=90)
    scratch.rename(path)
