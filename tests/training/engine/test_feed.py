"""Feeds: both ways in which galaxies reach the step function give the same steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_networks import Linear, Tiny, quick

from galmorph.data import Dataset
from galmorph.training import Scaling
from galmorph.training._engine.feed import Resident, Streamed
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.state import NO_GALAXIES
from galmorph.training._engine.step import Step

CONFIG = quick()


def start(model, config=CONFIG):
    """Make the step function, state and constants of a training on the blobs."""
    scaling, even = Scaling((0.2,), (0.3,)), np.ones(2, np.float32)
    return Step.of(model, config, steps=12, scaling=scaling, class_weights=even)


def test_the_loop_of_accelerators_takes_the_same_steps(blobs):
    """Stamps on the device with one compiled loop, and one call a batch, agree to rounding."""
    step, state, constants = start(Tiny())
    feeds = [Resident(step, constants, CONFIG, blobs), Streamed(step, constants, CONFIG, blobs, Placement(16))]
    (looped, total), (called, sums) = (feed.take(jax.tree.map(jnp.copy, state), NO_GALAXIES, 2, 1, 4) for feed in feeds)
    assert float(sums.galaxies) == float(total.galaxies) == 44
    assert float(sums.loss) == pytest.approx(float(total.loss), rel=1e-4)
    for one, two in zip(jax.tree.leaves(looped), jax.tree.leaves(called), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


def test_stamps_on_the_device_count_as_memory(blobs):
    """If the device holds all stamps, the memory of a step includes them."""
    step, state, constants = start(Linear())
    feed = Resident(step, constants, CONFIG, blobs)
    assert feed.memory() == 0
    feed.take(state, NO_GALAXIES, 0, 0, 1)
    assert feed.memory() > blobs.stamps.nbytes


@pytest.mark.parametrize("feed", [Streamed, Resident])
def test_feeds_show_what_they_are_given(blobs, feed):
    """Both ways to the step take their batches from the galaxies shown last."""
    step, state, constants = start(Linear())
    placement = (Placement(16),) if feed is Streamed else ()
    rolled = Dataset(np.roll(blobs.stamps, 5, axis=1), blobs.labels, blobs.classes)
    losses = []
    for shown in (blobs, rolled):
        feeding = feed(step, constants, CONFIG, blobs, *placement)
        feeding.show(shown, None)
        _, sums = feeding.take(jax.tree.map(jnp.copy, state), jax.tree.map(np.float32, NO_GALAXIES), 0, 0, 4)
        losses.append(float(sums.loss))
        feeding.close()
    assert losses[0] != losses[1]
