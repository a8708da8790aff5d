"""`plot_recipe`: what is drawn where, in pixels of the image, and what is written."""

from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from flax import nnx
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle
from PIL import Image
from tiny import Tiny

from galmorph.comparison import plot_recipe
from galmorph.errors import DatasetError, InvalidValueError, PoorImageError
from galmorph.preprocessing import AngularCrop, FractionCrop, Recipe, Stretch
from galmorph.training import Classifier, Domain, Scaling
from galmorph.types import Galaxy, GalaxyImage, Quality, Stamp


def disc(name: str = "disc", **options: Any) -> GalaxyImage:
    """A disc with a scale length of 5 pixels, axis ratio 0.4 and an angle of 30 degrees, at (70, 50)."""
    y, x = np.indices((100, 130), dtype=np.float32)
    cos, sin = np.cos(np.deg2rad(30)), np.sin(np.deg2rad(30))
    along, across = cos * (x - 70) + sin * (y - 50), cos * (y - 50) - sin * (x - 70)
    light = 500 * np.exp(-np.hypot(along, across / 0.4) / 5)
    pixels = (light + np.random.default_rng(0).normal(100, 1, light.shape))[..., np.newaxis].astype(np.float32)
    return GalaxyImage(**{"pixels": pixels, "name": name} | options)


class Fixed:
    """A stamp maker that says what it is told."""

    def __init__(self, galaxy: Galaxy, window: tuple[float, float, float] | None = None, channels: int = 1) -> None:
        self.stamp = Stamp(np.ones((8, 8, channels), np.float32), galaxy, Quality(1.0, 2.0, 0.0, 0.0), window)

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Return the stamp."""
        if image.name == "refused":
            raise PoorImageError("refused: $100 too poor")
        return self.stamp

    def to_dict(self) -> dict[str, Any]:
        """Describe nothing."""
        return {}


def ellipse_in(figure: Figure, panel: int = 0) -> Ellipse:
    """The only ellipse in a panel."""
    [ellipse] = [patch for patch in figure.axes[panel].patches if isinstance(patch, Ellipse)]
    return ellipse


def squares_in(figure: Figure, panel: int = 0) -> list[Rectangle]:
    """The windows in a panel."""
    return [patch for patch in figure.axes[panel].patches if isinstance(patch, Rectangle)]


def words(figure: Figure) -> str:
    """All texts of a figure, in one line."""
    texts = [text for axes in figure.axes for text in axes.texts] + figure.texts
    return " ".join(" ".join(text.get_text() for text in texts).split())


def test_everything_is_where_the_recipe_says():
    """Ellipse, centre and window have the numbers of the stamp, in pixels of the image; the stamp is beside."""
    image, recipe = disc(), Recipe(size=32)
    stamp = recipe(image)
    figure = plot_recipe(image, recipe)
    frame, beside = figure.axes
    ellipse, galaxy = ellipse_in(figure), stamp.galaxy
    assert tuple(ellipse.center) == (galaxy.x, galaxy.y)
    assert (ellipse.width, ellipse.height) == (2 * galaxy.radius, 2 * galaxy.radius * galaxy.axis_ratio)
    assert ellipse.angle == galaxy.angle == pytest.approx(30, abs=2)
    assert [line.get_xydata().tolist() for line in frame.lines] == [[[galaxy.x, galaxy.y]]]
    [square] = squares_in(figure)
    x, y, width = stamp.window
    assert square.get_bbox().bounds == pytest.approx((x - width / 2, y - width / 2, width, width))
    assert frame.images[0].get_extent() == [-0.5, 129.5, 99.5, -0.5]
    assert frame.get_xlim() == pytest.approx((-0.5, 129.5))
    assert frame.yaxis_inverted()
    np.testing.assert_array_equal(beside.images[0].get_array()[..., 0], np.round(255 * stamp.pixels[..., 0]))
    assert beside.get_title() == "stamp: 32 x 32 x 1"


def test_the_ellipse_is_around_a_bright_pixel():
    """On the page, the drawn ellipse is centred on the drawn pixel, and its major axis points from x towards y."""
    pixels = np.zeros((20, 30, 1), np.float32)
    pixels[6, 21] = 1
    figure = plot_recipe(
        GalaxyImage(pixels=pixels, name="dot"), Fixed(Galaxy(x=21, y=6, radius=5, axis_ratio=0.2, angle=40))
    )
    frame, ellipse = figure.axes[0], ellipse_in(figure)
    for artist in (*frame.lines, *frame.texts):
        artist.remove()
    ellipse.set(visible=False, path_effects=[])
    with_pixel = rendered(figure)
    grey = with_pixel[..., 0].astype(float)
    box = frame.get_window_extent()
    height = with_pixel.shape[0]
    inside = np.zeros(grey.shape, bool)
    inside[round(height - box.y1) : round(height - box.y0), round(box.x0) : round(box.x1)] = True
    rows, columns = np.nonzero(inside & (grey > 200))
    ellipse.set(visible=True, fill=True, facecolor="red", edgecolor="none")
    red = rendered(figure)
    marked = (red[..., 0] > 200) & (red[..., 1] < 50)
    y, x = np.nonzero(marked)
    scale = box.width / 30  # pixels of the page for each of the image
    assert abs(x.mean() - columns.mean()) < 0.1 * scale
    assert abs(y.mean() - rows.mean()) < 0.1 * scale
    assert len(rows) == pytest.approx(scale**2, rel=0.15)
    # Row 0 is at the top, so both axes point as those of the page's array.
    xx, yy, xy = np.var(x), np.var(y), np.mean((x - x.mean()) * (y - y.mean()))
    assert np.rad2deg(np.arctan2(2 * xy, xx - yy) / 2) == pytest.approx(40, abs=1)


def rendered(figure: Figure) -> np.ndarray:
    """The page as an array of pixels."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def test_sky_patches_are_outlined():
    """Sixteen rectangles along the border, whose outer edges are those of the frame."""
    figure = plot_recipe(disc(), Recipe(size=16))
    [patches] = figure.axes[0].collections
    corners = np.array([path.vertices[:4] for path in patches.get_paths()])
    assert len(corners) == 16
    assert corners.min(axis=(0, 1)).tolist() == [-0.5, -0.5]
    assert corners.max(axis=(0, 1)).tolist() == [129.5, 99.5]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "sky measured",
        "window of the stamp",
        "galaxy (Petrosian radius)",
    ]


def test_masked_pixels_are_shaded():
    """The shade covers masked pixels only."""
    mask = np.zeros((100, 130), bool)
    mask[:7, :9] = True
    figure = plot_recipe(disc(mask=mask), Recipe(size=16))
    shade = figure.axes[0].images[1].get_array()
    np.testing.assert_array_equal(shade[..., 3] > 0, mask)
    assert "masked" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_stamps_without_a_window_have_no_square():
    """A stamp maker of one's own has neither a square nor patches of the sky."""
    figure = plot_recipe(disc(), Fixed(Galaxy(70.0, 50.0, 10.0, 0.5, 0.0)))
    assert squares_in(figure) == []
    assert len(figure.axes[0].collections) == 0
    assert ellipse_in(figure).get_linestyle() == "-"
    assert "Fixed" in words(figure)


def test_what_is_no_galaxy_is_dotted():
    """The circle of a recipe that does not search for a galaxy is not drawn like a galaxy."""
    figure = plot_recipe(disc(), Recipe(size=16, crop=FractionCrop(0.5)))
    assert ellipse_in(figure).get_linestyle() == ":"
    assert "circle in place of a galaxy" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_windows_beyond_the_frame_are_shown():
    """The view grows to a window beyond the frame, but not to one that would make the frame a dot."""
    near = plot_recipe(disc(), Fixed(Galaxy(0.0, 50.0, 10.0, 1.0, 0.0), (0.0, 50.0, 60.0))).axes[0]
    assert near.get_xlim() == pytest.approx((-30 - 0.02 * 130, 129.5))
    far = plot_recipe(disc(pixel_scale=0.01), Recipe(size=16, crop=AngularCrop(60.0))).axes[0]
    assert far.get_xlim() == pytest.approx((-0.5 - 65, 129.5 + 65))


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_images_of_many_bands(channels):
    """Grey, colour and seven bands are drawn, and so are their stamps."""
    image = disc(pixels=disc().pixels.repeat(channels, axis=2))
    figure = plot_recipe(image, Recipe(size=16))
    assert figure.axes[0].images[0].get_array().shape == (100, 130, 3)
    assert figure.axes[1].get_title() == f"stamp: 16 x 16 x {channels}"


def test_contact_sheet_of_a_folder(tmp_path):
    """Sound, blank and broken files have two panels each, in the order of the files, with name or reason."""
    fits.writeto(tmp_path / "a_disc.fits", disc().pixels[..., 0])
    fits.writeto(tmp_path / "b_blank.fits", np.zeros((40, 40), np.float32))
    (tmp_path / "c_broken.fits").write_bytes(b"<html>not found</html>")
    Image.fromarray(np.full((40, 40, 3), 9, np.uint8)).save(tmp_path / "d_grey.jpg")
    figure = plot_recipe(tmp_path, Recipe(size=16), columns=3)
    assert len(figure.axes) == 8
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 1, 0, 0, 0, 1, 0]
    text = words(figure)
    assert "Recipe(16 x 16, GalaxyCrop(radii=3.0), asinh): 4 images" in text
    assert "no stamp: no galaxy: nothing rises above the sky" in text
    assert "no stamp: expected a FITS, JPEG, PNG or TIFF image" in text
    order = [text.find(name) for name in ("a_disc", "b_blank", "c_broken", "d_grey")]
    assert order == sorted(order)
    assert -1 not in order
    boxes = [axes.get_position().bounds for axes in figure.axes[::2]]
    assert len({round(left, 6) for left, *_ in boxes}) == 3
    assert boxes[3][1] < boxes[0][1]  # the fourth begins a row


def test_one_broken_file_is_a_figure(tmp_path):
    """One file that can't be read shows the reason, not an exception."""
    path = tmp_path / "broken.fits"
    path.write_bytes(b"")
    figure = plot_recipe(path, Recipe())
    assert [len(axes.images) for axes in figure.axes] == [0, 0]
    assert "no stamp: the file is empty; fetch it again" in words(figure)
    figure.savefig(tmp_path / "figure.png")


def test_paths_patterns_and_images_together(tmp_path):
    """Files, patterns and images may be mixed; braces in a name are part of the path."""
    for name in ("a", "b"):
        fits.writeto(tmp_path / f"{name}.fits", disc().pixels[..., 0])
    images = [tmp_path / "b.fits", str(tmp_path / "[ab].fits"), disc("in memory"), str(tmp_path / "M51_{g,r}.fits")]
    captions = [text.get_text() for text in plot_recipe(iter(images), Recipe(size=16)).texts]
    names = [caption.splitlines()[0] for caption in captions[1:]]
    assert names[:4] == ["b", "a", "b", "in memory"]
    assert len(names) == 5


def test_images_in_memory():
    """An array is an image, and so is a pair of an array and a position; both are one image."""
    pixels = disc().pixels[..., 0]
    assert plot_recipe(pixels, Recipe(size=16)).axes[0].get_xlim() == (-0.5, 129.5)
    cut = plot_recipe((pixels, (70.0, 50.0)), Recipe(size=16))
    assert len(cut.axes) == 2
    assert tuple(ellipse_in(cut).center) == pytest.approx(
        [(cut.axes[0].images[0].get_extent()[1] - 0.5) / 2] * 2, abs=1
    )


def test_planes_and_hdus_are_those_asked_for(tmp_path):
    """The options of reading are passed on, so three planes that the file does not name have names."""
    planes = disc().pixels.repeat(3, axis=2).transpose(2, 0, 1)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(planes[0]), fits.ImageHDU(planes)]).writeto(tmp_path / "M51.fits")
    figure = plot_recipe(tmp_path / "M51.fits", Recipe(size=16), hdu=2, bands=["g", "r", "z"])
    assert "3 channels (bands g, r, z)" in words(figure)


def test_a_classifier_draws_what_it_sees():
    """A classifier that learned from pictures stretches linear images; the figure has that stamp and the note."""
    recipe = Recipe(size=32, channels=1, stretch=Stretch(curve="linear", black=0.0, white=255.0))
    classifier = Classifier(
        model=Tiny(2, channels=1, rngs=nnx.Rngs(0)),
        classes=("edge_on", "spiral"),
        recipe=recipe,
        scaling=Scaling((0.5,), (0.3,)),
        channels=1,
        domain=Domain(linear=False),
    )
    image = disc(pixels=1e-9 * disc().pixels)
    by_recipe, by_classifier = plot_recipe(image, recipe), plot_recipe(image, classifier)
    assert by_recipe.axes[1].images[0].get_array().max() < 10
    assert by_classifier.axes[1].images[0].get_array().max() > 100
    assert "linear image, stretched as pictures are" in words(by_classifier)
    assert len(by_classifier.axes[0].collections) == 1


def test_many_images_are_thinned_evenly():
    """Of seven images, three are the first, the middle and the last, and the title says so."""
    figure = plot_recipe([disc(f"disc {number}") for number in range(7)], Recipe(size=16), most=3)
    text = words(figure)
    assert "3 of 7 images, evenly spread" in text
    assert [number for number in range(7) if f"disc {number} " in text] == [0, 3, 6]


def test_texts_do_not_overlap():
    """Long names, notes and reasons stay below and within their panels, at 100 dpi as in any notebook."""
    long = "a_name_of_a_galaxy_that_goes_on_" * 8
    notes = ("this note about the image is rather long, as notes of careful programs are " * 3,)
    images = [disc(long, notes=notes), disc("refused"), disc("$x_", notes=notes)]
    figure = plot_recipe(images, Fixed(Galaxy(70.0, 50.0, 10.0, 0.5, 0.0)), columns=2)
    figure.set_dpi(100)
    figure.canvas.draw()
    page = figure.bbox
    boxes = [text.get_window_extent() for text in figure.texts] + [figure.legends[0].get_window_extent()]
    boxes += [axes.get_window_extent() for axes in figure.axes]
    for place, box in enumerate(boxes):
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        assert box.y1 <= page.y1
        assert [other for other in boxes[:place] if box.overlaps(other)] == []
    [reason] = [text for axes in figure.axes for text in axes.texts]
    panel = reason.axes.get_window_extent()
    assert panel.x0 < reason.get_window_extent().x0
    assert reason.get_window_extent().x1 < panel.x1
    assert reason.get_text() == "no stamp: $100 too poor"


def test_long_words_stay_on_the_page():
    """The figure of one image grows with its notes."""
    notes = tuple(f"note {number}: " + "something was done to the pixels, " * 6 for number in range(5))
    figure = plot_recipe(disc(notes=notes), Recipe(size=16))
    figure.set_dpi(100)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.texts]
    assert min(box.y0 for box in boxes) > 0
    assert max(box.x1 for box in boxes) < figure.bbox.x1
    assert "note 4: something" in words(figure)


def test_a_long_reason_stays_in_its_panel(tmp_path):
    """The reason for one image is wrapped and cut to the panel."""
    path = tmp_path / ("long_name_" * 20 + ".fits")
    figure = plot_recipe(path, Recipe())
    figure.set_dpi(100)
    figure.canvas.draw()
    [reason] = figure.axes[1].texts
    assert reason.get_window_extent().x1 < figure.axes[1].get_window_extent().x1


def test_large_frames_are_reduced():
    """The picture of a large frame has hundreds of pixels a side, and keeps its place in pixels of the frame."""
    pixels = np.zeros((4000, 4000, 1), np.float32)
    pixels[1900:2100, 1800:2200] = 50
    figure = plot_recipe(
        GalaxyImage(pixels=pixels, name="large"),
        Fixed(Galaxy(2000.0, 2000.0, 200.0, 0.5, 0.0), (2000.0, 2000.0, 600.0)),
    )
    picture = figure.axes[0].images[0]
    assert max(picture.get_array().shape) <= 620
    assert figure.axes[0].get_xlim() == (-0.5, 3999.5)


def test_figures_belong_to_pyplot_where_it_is_used():
    """Where pyplot was imported, as here, the figure is its current one."""
    figure = plot_recipe(disc(), Recipe(size=16))
    assert plt.gcf() is figure


def test_wrong_arguments_are_named(tmp_path):
    """Numbers are at least one, and a folder has images."""
    with pytest.raises(InvalidValueError, match="columns: expected a whole number of at least 1, got 0"):
        plot_recipe(disc(), Recipe(), columns=0)
    with pytest.raises(InvalidValueError, match="most: expected a whole number of at least 1, got -1"):
        plot_recipe(disc(), Recipe(), most=-1)
    with pytest.raises(InvalidValueError, match="expected at least one image file or image, got none"):
        plot_recipe([], Recipe())
    with pytest.raises(InvalidValueError, match="matches none"):
        plot_recipe(str(tmp_path / "*.fits"), Recipe())
    with pytest.raises(DatasetError, match=r"expected images .*, found none"):
        plot_recipe(tmp_path, Recipe())


@pytest.mark.usefixtures("unchecked_shapes")
def test_wrong_types_are_named():
    """Images are paths or images, and a recipe is no class."""
    with pytest.raises(InvalidValueError, match=r"expected .*GalaxyImage, got a int"):
        plot_recipe([3], Recipe())
    with pytest.raises(InvalidValueError, match="expected image files or images, got a int"):
        plot_recipe(3, Recipe())
    with pytest.raises(InvalidValueError, match="a classifier or a stamp maker of your own, got a type"):
        plot_recipe(disc(), Recipe)


def test_real_images(shared_data):
    """Each FITS image at hand has a stamp and an ellipse in its frame."""
    files = sorted((shared_data / "fits").glob("decals*"))[:2] + sorted((shared_data / "ned" / "fits").glob("*"))[:1]
    figure = plot_recipe(files, Recipe(size=32))
    assert [len(axes.images) >= 1 for axes in figure.axes] == [True] * 6
    for panel in (0, 2, 4):
        height, width = figure.axes[panel].images[0].get_extent()[2], figure.axes[panel].images[0].get_extent()[1]
        x, y = ellipse_in(figure, panel).center
        assert abs(x - width / 2) < width / 5
        assert abs(y - height / 2) < height / 5
