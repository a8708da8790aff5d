"""Feature maps: which layers make them, and where their pixels are centred, against arithmetic."""

import numpy as np
import pytest
from explained_networks import NETWORKS, SIZE, STACKS, Means, means_of

from galmorph.training._engine.state import split_model
from galmorph.training._explanations.feature_maps import feature_layers, feature_map_centres


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_pixels_of_maps_look_where_arithmetic_says(stack):
    """Row j of a convolution has its centre at ``stride j + (side - 1) / 2 - padding`` of the rows before."""
    parts = split_model(means_of(stack))
    layer = list(feature_layers(parts, (SIZE, SIZE, 1)).values())[-1]
    expected = np.arange(layer.shape[0], dtype=float)
    for side, step, pad in reversed(stack):
        expected = step * expected + (side - 1) / 2 - pad
    for centres in feature_map_centres(parts, layer, (SIZE, SIZE, 1)):
        np.testing.assert_array_equal(centres, expected)


class OneSize(Means):
    """A network that takes stamps of one size only."""

    def __call__(self, images):
        """Turn images into logits."""
        if images.shape[1] != SIZE:
            raise TypeError("another size")
        return super().__call__(images)


def test_a_network_for_one_size_has_its_maps_spread():
    """Sizes tell nothing, so a map of 8 rows has them at 1.5, 5.5 and so on of 32."""
    parts = split_model(means_of([(4, 4, 0)], OneSize))
    (layer,) = feature_layers(parts, (SIZE, SIZE, 1)).values()
    np.testing.assert_allclose(feature_map_centres(parts, layer, (SIZE, SIZE, 1))[0], 4 * np.arange(8) + 1.5)


def test_layers_are_listed_as_they_are_done():
    """Blocks stand after their parts, what is used twice at its last use, and what returns no maps not at all."""
    layers = feature_layers(split_model(NETWORKS["own"]()), (SIZE, SIZE, 1))
    assert list(layers) == ["first.layers.0", "first", "twice", "both.conv"]
    assert layers["twice"] == ("twice", (8, 8, 4), 2, 0)
    assert [layer.depth for layer in layers.values()] == [0, 0, 0, 1]
