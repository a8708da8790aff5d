"""Location of galaxies, and their radius, axis ratio and angle."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage
from scipy.integrate import quad
from scipy.optimize import brentq

from galmorph.errors import PoorImageError
from galmorph.preprocessing import locate
from galmorph.preprocessing._ellipse import squared_ellipse_radius
from galmorph.preprocessing._locate import _average, _convolve, _Window
from galmorph.types import Galaxy


def sersic(truth: Galaxy, shape: tuple[int, int], index: float = 1.0) -> np.ndarray:
    """A model galaxy whose brightness falls as ``exp(-(r / radius) ** (1 / index))``, of shape (height, width, 1)."""
    rows, columns = np.indices(shape)
    angle = np.deg2rad(truth.angle)
    dx, dy = columns - truth.x, rows - truth.y
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    r = np.hypot(along, across / truth.axis_ratio) / truth.radius
    return np.exp(-(r ** (1 / index))).astype(np.float32)[..., np.newaxis]


def petrosian_radius(index: float) -> float:
    """Petrosian radius of the same profile, by integration."""

    def light(r: float) -> float:
        return quad(lambda t: t * np.exp(-(t ** (1 / index))), 0, r)[0]

    def excess(r: float) -> float:
        return (light(1.25 * r) - light(0.8 * r)) / (1.25**2 - 0.8**2) - 0.2 * light(r)

    return brentq(excess, 0.5, 30)


@pytest.mark.parametrize("index", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("axis_ratio", [0.3, 0.7, 1.0])
@pytest.mark.parametrize("shape", [(160, 180), (424, 424), (900, 700)])
def test_model_galaxies(index: float, axis_ratio: float, shape: tuple[int, int]) -> None:
    """Centre, Petrosian radius, axis ratio and angle of model galaxies are found, whatever the size of the frame."""
    petrosian = petrosian_radius(index)
    radius = 0.2 * min(shape) / petrosian
    truth = Galaxy(shape[1] / 2 + 4.3, shape[0] / 2 - 3.1, radius=radius, axis_ratio=axis_ratio, angle=140.0)
    found = locate(1000 + 50 * sersic(truth, shape, index))
    assert np.hypot(found.x - truth.x, found.y - truth.y) < 0.2 + 0.01 * found.radius
    assert found.radius / radius == pytest.approx(petrosian, rel=0.06)
    assert found.axis_ratio == pytest.approx(axis_ratio, abs=0.03)
    if axis_ratio < 1:
        assert found.angle == pytest.approx(140, abs=2)


def test_gaussian_by_hand() -> None:
    """A Gaussian's Petrosian radius, taken on a line, solves ``u = 0.2 (e^u - 1)``, u = r²/2s²; ours is within 5 %."""
    u = brentq(lambda u: u - 0.2 * (np.exp(u) - 1), 0.5, 10)
    truth = Galaxy(64.0, 64.0, radius=np.sqrt(2) * 10, axis_ratio=1.0, angle=0.0)
    assert locate(sersic(truth, (128, 128), index=0.5)).radius == pytest.approx(10 * np.sqrt(2 * u), rel=0.05)


@pytest.mark.parametrize("depth", [0.3, 1.0, 4.0])
def test_radius_hardly_depends_on_depth(depth: float) -> None:
    """Noise up to a twelfth of the galaxy's peak, a factor of 13 in depth, moves the radius by less than 12 %."""
    truth = Galaxy(100.0, 100.0, radius=12.0, axis_ratio=0.6, angle=20.0)
    noise = np.random.default_rng(0).normal(0, depth, (200, 200, 1)).astype(np.float32)
    found = locate(50 * sersic(truth, (200, 200)) + noise)
    assert found.radius / 12 == pytest.approx(petrosian_radius(1.0), rel=0.12)
    assert found.axis_ratio == pytest.approx(0.6, abs=0.05)
    assert found.angle == pytest.approx(20, abs=4)


@settings(max_examples=30)
@given(
    x=st.floats(70, 86),
    y=st.floats(70, 86),
    axis_ratio=st.floats(0.3, 0.9),
    angle=st.floats(0, 179),
    flip=st.sampled_from([(1, -1), (-1, 1), (-1, -1)]),
)
def test_flips_commute(x: float, y: float, axis_ratio: float, angle: float, flip: tuple[int, int]) -> None:
    """A mirrored image has the mirrored galaxy: same radius and axis ratio, opposite angle if one axis is flipped."""
    noise = np.random.default_rng(5).normal(0, 0.01, (157, 157, 1)).astype(np.float32)
    image = sersic(Galaxy(x, y, radius=8.0, axis_ratio=axis_ratio, angle=angle), (157, 157)) + noise
    found, mirrored = locate(image), locate(np.ascontiguousarray(image[:: flip[0], :: flip[1]]))
    assert mirrored.x == pytest.approx(156 - found.x if flip[1] < 0 else found.x, abs=0.2)
    assert mirrored.y == pytest.approx(156 - found.y if flip[0] < 0 else found.y, abs=0.2)
    assert mirrored.radius == pytest.approx(found.radius, rel=0.02)
    assert mirrored.axis_ratio == pytest.approx(found.axis_ratio, abs=0.02)
    expected = found.angle if flip == (-1, -1) else -found.angle
    assert (mirrored.angle - expected + 90) % 180 - 90 == pytest.approx(0, abs=4)


@given(factor=st.floats(0.125, 1e4, width=32), shift=st.floats(-100, 1000, width=32))
@settings(max_examples=20)
def test_units_do_not_matter(factor: float, shift: float) -> None:
    """Brightness in other units, above another sky, is the same galaxy."""
    truth = Galaxy(60.0, 66.0, radius=8.0, axis_ratio=0.6, angle=20.0)
    image = 100 * sersic(truth, (128, 128)) + np.random.default_rng(6).normal(0, 1, (128, 128, 1)).astype(np.float32)
    found, other = locate(image), locate(image * np.float32(factor) + np.float32(shift * factor))
    assert (other.x, other.y) == pytest.approx((found.x, found.y), abs=0.05)
    assert other.radius == pytest.approx(found.radius, rel=0.01)


def test_bright_neighbours_do_not_matter() -> None:
    """Neither a star 20 times as bright nor a galaxy of the same size nearby moves the centre."""
    truth = Galaxy(98.0, 103.0, radius=9.0, axis_ratio=0.6, angle=60.0)
    image = sersic(truth, (200, 200))
    image += 20 * sersic(Galaxy(130.0, 60.0, radius=3.0, axis_ratio=1.0, angle=0.0), (200, 200), index=0.5)
    image += sersic(Galaxy(40.0, 140.0, radius=9.0, axis_ratio=0.8, angle=0.0), (200, 200))
    found = locate(image)
    assert np.hypot(found.x - 98, found.y - 103) < 1
    assert found.radius / 9 == pytest.approx(petrosian_radius(1.0), rel=0.1)
    assert found.axis_ratio == pytest.approx(0.6, abs=0.06)


def test_small_galaxy_in_a_large_frame() -> None:
    """A galaxy that vanishes when the frame is averaged down is measured at full scale."""
    truth = Galaxy(800.0, 640.0, radius=3.0, axis_ratio=0.7, angle=30.0)
    found = locate(sersic(truth, (1300, 1500)))
    assert (found.x, found.y) == pytest.approx((800, 640), abs=0.3)
    assert found.radius / 3 == pytest.approx(petrosian_radius(1.0), rel=0.08)


def test_masked_pixels_do_not_matter() -> None:
    """A masked satellite trail of NaN across the galaxy changes little."""
    truth = Galaxy(66.0, 61.0, radius=7.0, axis_ratio=0.6, angle=120.0)
    image = sersic(truth, (128, 128))
    mask = np.zeros((128, 128), bool)
    mask[64:67] = True
    image[mask] = np.nan
    found = locate(image, mask)
    assert (found.x, found.y) == pytest.approx((66, 61), abs=0.5)
    assert found.radius / 7 == pytest.approx(petrosian_radius(1.0), rel=0.06)


def test_channels_are_averaged() -> None:
    """Colours with the same mean are the same galaxy."""
    image = sersic(Galaxy(50.0, 52.0, radius=6.0, axis_ratio=0.6, angle=10.0), (100, 100))
    grey, colour = locate(image), locate(image * np.array([0.5, 1.0, 1.5], np.float32))
    assert (colour.x, colour.radius) == pytest.approx((grey.x, grey.radius), rel=1e-3)


def test_frame_filled_by_the_galaxy() -> None:
    """A galaxy larger than its frame has a radius that ends about where the frame does."""
    found = locate(sersic(Galaxy(63.5, 63.5, radius=80.0, axis_ratio=1.0, angle=0.0), (128, 128)))
    assert 40 < found.radius < 91


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 7, 3), (64, 64, 1)])
def test_constant_image(shape: tuple[int, int, int]) -> None:
    """A constant image of any size shows no galaxy."""
    with pytest.raises(PoorImageError, match=r"nothing rises above the sky; .* crop to AngularCrop or FractionCrop"):
        locate(np.full(shape, 3, np.float32))


def test_galaxy_in_the_corner() -> None:
    """Light in a corner is not a galaxy in the middle."""
    with pytest.raises(PoorImageError, match=r"nearest light is .*% of the side .* crop to AngularCrop"):
        locate(sersic(Galaxy(8.0, 8.0, radius=1.0, axis_ratio=1.0, angle=0.0), (128, 128), index=0.5))


@given(seed=st.integers(0, 10_000), size=st.sampled_from([3, 12, 40]), holes=st.floats(0, 1))
@example(seed=269, size=3, holes=0.75)  # its axis is level but for the rounding
def test_noise_yields_a_galaxy_or_a_typed_error(seed: int, size: int, holes: float) -> None:
    """Pure noise with holes gives finite numbers or PoorImageError."""
    generator = np.random.default_rng(seed)
    image = generator.normal(size=(size, size, 1)).astype(np.float32)
    mask = generator.random((size, size)) < holes
    image[mask] = np.nan
    try:
        found = locate(image, mask)
    except PoorImageError:
        return
    assert np.isfinite([found.x, found.y, found.radius, found.axis_ratio, found.angle]).all()
    assert found.radius > 0
    assert 0 < found.axis_ratio <= 1
    assert 0 <= found.angle < 180


@pytest.mark.parametrize("name", ["049", "051a", "051b", "058", "061", "063"])
def test_plates_from_ned(shared_data: Path, name: str) -> None:
    """NED's plates show their galaxy in the middle (the nucleus of M49 is 8.7 pixels off), not at a star."""
    pixels = fits.getdata(shared_data / "ned" / "fits" / f"MESSIER {name}.fits").astype(np.float32)[..., np.newaxis]
    found = locate(pixels)
    middle_y, middle_x = (np.array(pixels.shape[:2]) - 1) / 2
    assert np.hypot(found.x - middle_x, found.y - middle_y) < 10
    assert 0.1 < 2 * found.radius / min(pixels.shape[:2]) < 0.75


def test_sdss_images(shared_data: Path) -> None:
    """Of 60 images of Galaxy Zoo 2, centred on their galaxy, at least 9 in 10 are located within 10 of 424 pixels."""
    paths = sorted((shared_data / "galaxy_zoo_2" / "images").glob("*.jpg"))[::48]
    offsets = []
    for path in paths:
        found = locate(np.asarray(Image.open(path)).astype(np.float32))
        offsets.append(np.hypot(found.x - 211.5, found.y - 211.5))
    assert np.mean(np.array(offsets) < 10) >= 0.9


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (9, 40), (141, 96)])
def test_smoothing_is_scipys(shape: tuple[int, int]) -> None:
    """Smoothing by matrices is the Gaussian filter of SciPy, also in frames smaller than the kernel."""
    plane = np.random.default_rng(0).normal(100, 5, shape).astype(np.float32)
    np.testing.assert_allclose(_convolve(plane), ndimage.gaussian_filter(plane, 1.0), rtol=1e-5)


@pytest.mark.parametrize("factor", [1, 3, 300])
def test_averages_of_bytes(factor: int) -> None:
    """Blocks of bytes have the means of the same blocks of floats, and no sum overflows, however bright they are."""
    side = factor * (1 if factor > 100 else 20) + 1
    pixels = np.random.default_rng(0).integers(200, 256, (side, side, 3), np.uint8)
    mean, measured = _average(pixels, None, factor)
    assert measured is None
    blocks = pixels[: side - 1, : side - 1] if factor > 1 else pixels
    rows = len(blocks) // factor
    expected = blocks.astype(float).reshape(rows, factor, rows, factor, 3).mean(axis=(1, 3, 4))
    np.testing.assert_allclose(mean, expected, rtol=1e-6)


@given(
    x=st.floats(-5, 25), y=st.floats(-5, 25), axis_ratio=st.floats(0.05, 1), angle=st.floats(0, 180, exclude_max=True)
)
def test_squared_radius_by_rotation(x: float, y: float, axis_ratio: float, angle: float) -> None:
    """The quadratic form is the squared length after turning the axes and stretching the minor one."""
    rows, columns = np.arange(20), np.arange(18)
    turn = np.deg2rad(angle)
    dx, dy = columns - x, (rows - y)[:, np.newaxis]
    along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    found = squared_ellipse_radius(Galaxy(x, y, 3.0, axis_ratio, angle), rows, columns)
    np.testing.assert_allclose(found, along**2 + (across / axis_ratio) ** 2, rtol=1e-9, atol=1e-9 / axis_ratio**2)


@pytest.mark.parametrize("shape", [(3, 1000), (1000, 3), (2, 400)])
def test_strip(shape: tuple[int, int]):
    """A frame that is narrower than the blocks that it is averaged in is refused, in both directions."""
    pixels = np.random.default_rng(0).normal(size=(*shape, 1)).astype(np.float32)
    with pytest.raises(PoorImageError, match=f"a strip of {shape[0]} x {shape[1]} pixels"):
        locate(pixels)


@pytest.mark.parametrize("place", [(np.nan, 3.0, 1.0), (3.0, np.inf, 1.0), (3.0, 3.0, np.nan)])
def test_no_centre(place: tuple[float, float, float]):
    """Sums of values near 1e30 may overflow; then a galaxy has no centre, and there is no window about it."""
    with pytest.raises(PoorImageError, match="values too large for one"):
        _Window.around(*place, (60, 70))
