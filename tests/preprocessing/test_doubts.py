"""Doubts about linear images."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from galmorph.errors import PoorImageError
from galmorph.preprocessing import DAI_TONG, AngularCrop, FractionCrop, QualityLimits, Recipe
from galmorph.preprocessing._doubts import doubts_of_sky
from galmorph.types import GalaxyImage

SIDE = 256
ROWS, COLUMNS = np.indices((SIDE, SIDE))


def noise(seed: int = 0) -> np.ndarray:
    """Sky with a noise of 1."""
    return np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE))


def source(x: float, y: float, peak: float, length: float) -> np.ndarray:
    """A round exponential disc."""
    return peak * np.exp(-np.hypot(COLUMNS - x, ROWS - y) / length)


def notes(pixels: np.ndarray, recipe: Recipe | None = None, **options: Any) -> tuple[str, ...]:
    """What a recipe notes about one plane."""
    image = GalaxyImage(pixels=pixels.astype(np.float32)[..., np.newaxis], name="NGC 1", **options)
    return (Recipe() if recipe is None else recipe)(image).doubts


def test_a_galaxy_raises_no_doubt() -> None:
    """A galaxy, also with a bright star beside it, has no note: a star is bright, but small."""
    galaxy = source(128, 126, 40, 9) + noise()
    assert notes(galaxy) == ()
    assert notes(galaxy + 2000 * np.exp(-((COLUMNS - 40) ** 2 + (ROWS - 60) ** 2) / 8)) == ()


def test_stacks_with_an_empty_band() -> None:
    """A band without data does not make a mask of the others; a stack of masks is one."""
    galaxy = (source(128, 126, 40, 9) + noise()).astype(np.float32)
    for empty in range(3):
        planes = np.stack([galaxy] * 3, axis=-1)
        planes[..., empty] = 0
        image = GalaxyImage(pixels=planes, name="NGC 1", bands=("g", "r", "z"))
        assert Recipe()(image).doubts == ()
    segments = np.repeat((np.hypot(ROWS - 128, COLUMNS - 128) < 40)[..., np.newaxis].astype(np.float32), 3, axis=-1)
    (doubt,) = Recipe(crop=FractionCrop(1.0))(GalaxyImage(pixels=segments, name="NGC 1")).doubts
    assert doubt.startswith("only 2 distinct values")


def test_default_limits_are_doubts() -> None:
    """Without limits of its own, a recipe says which of the usual ones an image misses; with limits, it refuses it."""
    tiny = 60 * np.exp(-((COLUMNS - 128) ** 2 + (ROWS - 128) ** 2) / (2 * 1.2**2)) + noise()
    (doubt,) = notes(tiny)
    assert re.fullmatch(r"diameter is \d\.\d+ pixels, at least 8 is needed", doubt)
    assert notes(source(128, 126, 40, 9)) == ()  # a model without noise
    with pytest.raises(PoorImageError, match="diameter is"):
        notes(tiny, Recipe(limits=QualityLimits()))


def test_bright_neighbour() -> None:
    """A neighbour three times as long has most of the light."""
    (note,) = notes(source(128, 128, 40, 5) + source(60, 40, 60, 15) + noise())
    assert re.fullmatch(r"9\d% of the light lies outside of the galaxy, in \d other sources?: a brighter neigh.*", note)


@pytest.mark.parametrize("seed", range(3))
def test_field(seed: int) -> None:
    """A field of sixty galaxies is called one, whether the middle one or a chain of them is taken for the galaxy."""
    rng = np.random.default_rng(seed)
    field = noise(seed) + source(128, 128, 40, 4)
    for _ in range(60):
        field += source(*rng.uniform(5, 250, 2), rng.uniform(10, 60), rng.uniform(2, 4))
    assert re.search(r"in [2-5]\d other sources: a field of many\?|not concentrated .*: a field", str(notes(field)))


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(crop=FractionCrop(1.0)), Recipe(crop=AngularCrop(100.0))])
def test_masks(recipe: Recipe) -> None:
    """A mask and a map of segments have few values, whatever the crop; nothing else is said about them."""
    segments = np.zeros((SIDE, SIDE))
    segments[np.hypot(COLUMNS - 128, ROWS - 128) < 25] = 1
    assert notes(segments, recipe, pixel_scale=1.0) == ("only 2 distinct values: a mask or a map of segments?",)
    for number in range(30):
        segments[np.hypot(COLUMNS - 8 * number, ROWS - 20 - (37 * number) % 60) < 6] = number + 2
    (note,) = notes(segments, recipe, pixel_scale=1.0)
    assert note.startswith("only ")
    assert "distinct values: a mask or a map of segments?" in note


def test_counts_are_no_mask() -> None:
    """An image of whole numbers, such as a scanned plate, has few values too, but its neighbours differ."""
    assert notes(np.round(source(128, 128, 20, 9) + noise())) == ()


def test_masked_borders_are_no_mask() -> None:
    """A constant border that is masked does not count as equal values."""
    pixels = source(128, 126, 40, 9) + noise()
    mask = np.ones((SIDE, SIDE), bool)
    mask[80:180, 80:180] = False
    pixels[mask] = 0
    assert notes(pixels, mask=mask) == ()


def test_maps_of_exposure_and_noise() -> None:
    """A smooth bump as wide as the frame, and noise that is correlated over many pixels, are no galaxies."""
    doubt = "not concentrated as galaxies are: a field, or a map of noise or weights?"
    bump = np.exp(-((COLUMNS - 128) ** 2 + (ROWS - 128) ** 2) / 2 / 180**2) + 0.002 * noise()
    assert doubt in notes(bump)
    flat_top = 40.0 * (np.hypot(COLUMNS - 128, ROWS - 128) < 50) + noise()
    assert doubt in notes(flat_top)


def test_pictures_are_not_doubted() -> None:
    """Pictures are shown as they are, whatever is on them."""
    pixels = np.zeros((SIDE, SIDE))
    pixels[np.hypot(COLUMNS - 128, ROWS - 128) < 25] = 200
    assert notes(pixels, linear=False) == ()


def test_real_images(shared_data: Path) -> None:
    """No real galaxy is called a mask or a map of noise; those beside a brighter galaxy are told so."""
    doubted = {}
    for path in sorted((shared_data / "fits").glob("*.fit*"))[::2]:
        with fits.open(path) as file:
            planes = next(unit.data for unit in file if unit.data is not None).astype(np.float32)
        pixels = np.ascontiguousarray(np.moveaxis(planes.reshape(-1, *planes.shape[-2:]), 0, -1))
        mask = ~np.isfinite(pixels).all(axis=-1)
        bands = ("g", "r", "z") if pixels.shape[2] == 3 else None
        stamp = Recipe()(GalaxyImage(pixels=pixels, mask=mask, bands=bands, name=path.stem))
        doubted[path.stem] = [doubt for doubt in stamp.doubts if "is needed" not in doubt and "is allowed" not in doubt]
    assert not any(note.startswith(("only", "not")) for found in doubted.values() for note in found)
    assert {name.split("_F")[0] for name, found in doubted.items() if found} == {"GALFITS_examples_2114_2114"}


@pytest.mark.parametrize("recipe", [Recipe(), DAI_TONG], ids=["galaxy", "fraction"])
@pytest.mark.parametrize("linear", [True, False])
def test_inverted_images(recipe: Recipe, linear: bool) -> None:
    """A galaxy that is darker than its sky is doubted, or refused as inverted if the recipe must find a galaxy."""
    grey = np.clip(source(128, 126, 180, 20) + 20 + 3 * noise(), 0, 255).astype(np.uint8)[..., np.newaxis]
    upright, inverted = (
        GalaxyImage(pixels=pixels.astype(np.float32) if linear else pixels, name="NGC 1", linear=linear)
        for pixels in (grey, 255 - grey)
    )
    assert recipe(upright).doubts == ()
    if recipe is DAI_TONG:
        assert recipe(inverted).doubts == ("the middle is darker than the sky: an inverted picture?",)
    else:
        with pytest.raises(
            PoorImageError, match=r"NGC 1: the middle is darker .* inverted picture\? Subtract its values"
        ):
            recipe(inverted)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("level", [0, 100])
def test_nothing_is_not_inverted(masked: bool, level: int) -> None:
    """Noise, rounding and a middle without measurement are not darker than the sky."""
    mask = np.zeros((SIDE, SIDE), bool)
    mask[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = masked
    for pixels in (level + noise(), np.rint(level + noise() / 9).clip(0), np.full((SIDE, SIDE), level)):
        stored = pixels.clip(0).astype(np.uint8)[..., np.newaxis]
        assert doubts_of_sky(stored, mask if masked else None, level=level, noise=0.3) == ()
