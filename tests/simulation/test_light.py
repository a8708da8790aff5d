"""Light of galaxies above the telescope, against the parameters that it was drawn from."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from clean_survey import CLEAN, GRID, positions, through, truth_of

from galmorph.simulation import Band
from galmorph.simulation._light import galaxy_light
from galmorph.simulation._observe import FRAME
from galmorph.simulation._random_fields import FIELD_NORMALS
from galmorph.simulation._simulate import BLOCK


def light_of(truth: dict[str, jax.Array], bands: tuple[Band, ...] = CLEAN.bands) -> np.ndarray:
    """Draw light alone, as the flux of each pixel, if that of the galaxy is one."""
    pixel = jnp.full((BLOCK, 1, 1), FRAME / GRID)
    axis = jnp.broadcast_to(jnp.asarray(positions(), jnp.float32)[None], (BLOCK, GRID))
    normals = jnp.zeros((BLOCK, FIELD_NORMALS))
    light = galaxy_light(truth, axis[:, None], axis[:, :, None], pixel, normals, through(replace(CLEAN, bands=bands)))
    return np.asarray(light, np.float64) * (FRAME / GRID) ** 2


def test_moments_give_axis_ratio_and_angle():
    """Eigenvalues of the second moments give the axis ratio, the larger one's axis the angle, first moments x and y."""
    rng = np.random.default_rng(0)
    axis_ratio, angle = rng.uniform(0.4, 0.9, BLOCK), rng.uniform(0, 180, BLOCK)
    x0, y0 = rng.uniform(-0.1, 0.1, (2, BLOCK))
    body = {"effective_radius": 0.6, "sersic_index": 0.5}
    light = light_of(truth_of(x=x0, y=y0, axis_ratio=axis_ratio, angle=angle, **body))[:, 0]
    total = light.sum(axis=(1, 2))
    np.testing.assert_allclose(total, 1, atol=1e-2)
    axis = positions()
    x, y = light.sum(axis=1) @ axis / total, light.sum(axis=2) @ axis / total
    np.testing.assert_allclose(np.stack([x, y]), [x0, y0], atol=2e-3)
    across = np.einsum("gyx,y,x->g", light, axis, axis) / total - x * y
    along_x = light.sum(axis=1) @ axis**2 / total - x**2
    along_y = light.sum(axis=2) @ axis**2 / total - y**2
    values, vectors = np.linalg.eigh(np.stack([along_x, across, across, along_y], axis=1).reshape(-1, 2, 2))
    np.testing.assert_allclose(np.sqrt(values[:, 0] / values[:, 1]), axis_ratio, atol=0.01)
    found = np.rad2deg(np.arctan2(vectors[:, 1, 1], vectors[:, 0, 1]))
    assert abs((found - angle + 90) % 180 - 90).max() < 0.5


def test_colour_runs_from_level_to_level_and_slope():
    """Light of colour t has brightness level + slope t in a band, of the body and of the bulge."""
    colour = np.linspace(0, 1, BLOCK)
    bands = (Band("a", 1.0, 0.0), Band("b", 0.5, 0.7))
    light = light_of(truth_of(effective_radius=0.4, sersic_index=1.0, colour=colour, bulge_colour=colour), bands)
    green, red = light.sum(axis=(2, 3)).T
    np.testing.assert_allclose(green, green[0], rtol=1e-5)
    np.testing.assert_allclose(red / green, 0.5 + 0.7 * colour, rtol=1e-4)


def test_parts_share_one_flux():
    """However much of it is in bulge, bar, ring and arms, the light of a face-on galaxy is one."""
    rng = np.random.default_rng(1)
    bulge, bar, ring, arms = rng.uniform(0, 0.3, (4, BLOCK))
    truth = truth_of(
        effective_radius=0.5, sersic_index=0.6, bulge_radius=0.2, bulge_index=1.0, bar_length=0.4, ring_radius=0.6,
        bulge_fraction=bulge, bar_fraction=bar, ring_fraction=ring, arm_fraction=arms, arm_number=2, arm_radius=0.3,
        pitch_angle=20,
    )  # fmt: skip
    np.testing.assert_allclose(light_of(truth).sum(axis=(1, 2, 3)), 1, atol=0.03)


def test_dust_darkens_a_disc_on_edge_by_less_than_half():
    """In the plane of a disc on edge, optical depth tau lets (1 + exp(-tau)) / 2 of the light through."""
    depth = np.linspace(0, 3, BLOCK)
    truth = truth_of(
        axis_ratio=0.25, scale_length=0.5, scale_height=0.2, height_power=2.0, truncation_radius=1.6, dust_depth=depth
    )
    light = light_of(truth)[:, 0]
    middle = light[:, GRID // 2 - 1 : GRID // 2 + 1, GRID // 2 - 1 : GRID // 2 + 1].mean(axis=(1, 2))
    ratio = middle / middle[0]
    assert (ratio > (1 + np.exp(-depth)) / 2 - 1e-4).all()
    np.testing.assert_allclose(ratio, (1 + np.exp(-depth)) / 2, rtol=0.1)
