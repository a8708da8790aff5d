"""Compiled functions are shared by trainings of a kind, and by no others."""

from dataclasses import dataclass

import numpy as np
import pytest
from flax import nnx
from small_networks import Tiny, quick, weights

from galmorph.data import Dataset
from galmorph.training import train
from galmorph.training._engine.feed import Resident, _many_steps, _one_step
from galmorph.training._engine.scaling import measure_scaling
from galmorph.training._engine.step import Step


@pytest.mark.parametrize("compiled", [_one_step, _many_steps])
def test_trainings_of_a_kind_are_compiled_once(blobs, monkeypatch, compiled):
    """Another seed, or galaxies of another scaling and one more, learn as if it were compiled for them alone."""
    if compiled is _many_steps:  # as on accelerators
        monkeypatch.setattr("galmorph.training._engine.loop.choose_feed", lambda *given: Resident(*given[:-1]))
    darker = Dataset(blobs.stamps[:61] // 2, blobs.labels[:61], blobs.classes)
    trainings = [(blobs[np.arange(60)], 3), (blobs[np.arange(60)], 4), (darker, 3)]

    def learn(dataset, seed) -> list[np.ndarray]:
        return weights(train(Tiny(), dataset, config=quick(seed=seed), progress=False).classifier.model)

    alone = []
    for training in trainings:
        compiled.kept.cache_clear()
        alone.append(learn(*training))
    compiled.kept.cache_clear()
    together = [learn(*training) for training in trainings]
    scaling, even = measure_scaling(blobs), np.ones(2, np.float32)
    step, *_ = Step.of(Tiny(), quick(), steps=8, scaling=scaling, class_weights=even)
    assert compiled(step)._cache_size() == 1
    assert compiled.kept.cache_info().misses == 1
    for one, two in zip(alone, together, strict=True):
        for mine, theirs in zip(one, two, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    for other in alone[1:]:
        assert any(not np.array_equal(*pair) for pair in zip(alone[0], other, strict=True))


@dataclass
class Options:
    """Settings that can be changed, and so can't be hashed."""

    widths: list[int]


@pytest.fixture(scope="module")
def expected(blobs) -> np.ndarray:
    """Answers of a network that keeps nothing besides its layers."""
    return train(Tiny(), blobs, config=quick(), progress=False).classifier.logits(blobs.stamps)


@pytest.mark.parametrize("kept", [[1, 2], {"a": 1}, Options([3]), np.ones(3)], ids=["list", "dict", "object", "array"])
def test_networks_may_keep_what_they_like(blobs, expected, kept):
    """Networks of one's own that can't be hashed are compiled for each training, and learn like others."""
    model = Tiny()
    model.kept = nnx.data(kept) if isinstance(kept, np.ndarray) else nnx.static(kept)
    for _ in range(2):
        again = train(model, blobs, config=quick(), progress=False)
        np.testing.assert_array_equal(again.classifier.logits(blobs.stamps), expected)
