"""The four types of Hubble's sequence, from all directions."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from clean_survey import CLEAN, through

from galmorph.data import get_scheme
from galmorph.simulation import simulate_galaxies
from galmorph.simulation._hubble_types import ELLIPTICAL, HUBBLE_TYPES, IRREGULAR, LENTICULAR, SPIRAL, _seen
from galmorph.simulation._population import draw_parameters
from galmorph.simulation._simulate import DRAWN


@pytest.fixture(scope="module")
def types():
    """Draw a thousand galaxies of each type."""
    blocks = [
        draw_parameters(
            jax.random.split(jax.random.key(5), DRAWN),
            jnp.full(DRAWN, label, jnp.int32),
            HUBBLE_TYPES,
            through(CLEAN, DRAWN),
        )
        for label in range(4)
    ]
    return [{name: np.asarray(values) for name, values in block.items()} for block in blocks]


def test_classes_are_those_of_the_catalogues():
    """Types of catalogues and simulated galaxies have the same classes in the same order."""
    assert HUBBLE_TYPES.classes == get_scheme("hubble").classes


@pytest.mark.slow
def test_discs_are_seen_from_all_directions(types):
    """Lenticulars and spirals on edge are a disc with a bulge, without arms, bar and ring; others have no height."""
    for label, share in ((LENTICULAR, 0.28), (SPIRAL, 0.15)):
        truth = types[label]
        on_edge = truth["scale_length"] > 0
        assert on_edge.mean() == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / DRAWN))
        for name in ("arm_number", "arm_fraction", "bar_fraction", "ring_fraction", "effective_radius"):
            assert (truth[name][on_edge] == 0).all(), name
        for name in ("scale_height", "truncation_radius", "dust_depth"):
            assert (truth[name][~on_edge] == 0).all(), name
        assert (truth["effective_radius"][~on_edge] > 0).all()


@pytest.mark.slow
def test_types_consist_of_what_defines_them(types):
    """Ellipticals are smooth up to E7; among lenticulars, S0/a alone have traces of arms; bulges shrink."""
    elliptical, lenticular, spiral, irregular = types
    assert (elliptical["bulge_fraction"] == 0).all()
    assert elliptical["axis_ratio"].min() >= 0.3
    assert not lenticular["arm_number"][lenticular["stage"] < -0.5].any()
    inclined = spiral["scale_length"] == 0
    assert (spiral["arm_number"][inclined] > 0).all()
    bulges = [np.median(truth["bulge_fraction"]) for truth in (lenticular, spiral, irregular)]
    assert bulges[0] > bulges[1] > bulges[2]
    knots = [np.median(truth["flocculence"]) for truth in (elliptical, spiral, irregular)]
    assert knots[0] < knots[1] < knots[2]
    stages = [(truth["stage"].min(), truth["stage"].max()) for truth in types]
    assert all(earlier[1] < later[0] for earlier, later in pairwise(stages))


def test_what_nobody_could_recognise_is_left_out():
    """Each rule, one galaxy after the other."""
    rows = [  # type, arms, knots, axis ratio, scale length, companion, and what is seen
        (ELLIPTICAL, 0.0, 0.0, 0.9, 0.0, 0.0, ELLIPTICAL),
        (LENTICULAR, 0.0, 0.0, 0.9, 0.4, 0.0, LENTICULAR),
        (SPIRAL, 0.3, 0.3, 0.9, 0.0, 0.0, SPIRAL),  # 0.42 together
        (SPIRAL, 0.1, 0.1, 0.9, 0.0, 0.0, -1),
        (SPIRAL, 0.0, 0.1, 0.3, 0.4, 0.0, SPIRAL),  # on edge
        (SPIRAL, 0.0, 0.1, 0.6, 0.4, 0.0, -1),  # on edge, but too blurred
        (IRREGULAR, 0.0, 1.0, 0.9, 0.0, 0.0, IRREGULAR),
        (IRREGULAR, 0.0, 0.4, 0.9, 0.0, 0.0, -1),
        (IRREGULAR, 0.0, 0.4, 0.9, 0.0, 0.5, IRREGULAR),  # a merging pair
    ]
    names = ("arm_visibility", "knot_visibility", "seen_axis_ratio", "scale_length", "companion")
    labels, *columns, seen = (np.array(column) for column in zip(*rows, strict=True))
    truth = {name: column.astype(np.float32) for name, column in zip(names, columns, strict=True)}
    np.testing.assert_array_equal(_seen(labels.astype(np.int32), truth), seen)


@pytest.mark.slow
def test_galaxies_are_simulated_as_they_can_be_seen():
    """The scheme has its name in `simulate_galaxies`; classes are as wanted, and are what was drawn."""
    galaxies = simulate_galaxies(64, scheme="hubble-types", class_counts=[16] * 4, survey=CLEAN, seen=True, seed=2)
    np.testing.assert_array_equal(np.bincount(galaxies.labels), 16)
    np.testing.assert_array_equal(np.asarray(galaxies.classes)[galaxies.labels], galaxies.table["drawn_class"])
    spiral = galaxies.table[(galaxies.labels == SPIRAL) & (galaxies.table["scale_length"] == 0)]
    assert np.hypot(spiral["arm_visibility"], spiral["knot_visibility"]).min() > 0.3
