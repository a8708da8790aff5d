"""Store: finished runs are read, only missing ones are trained, and folders of other comparisons are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from flax import nnx
from tiny import MODELS, ONE_TRAINING, PLAN, Tiny, colours, logits_of

from galmorph._folder_lock import folder_lock
from galmorph.comparison import ComparisonPlan, compare
from galmorph.comparison._runs.run import Job
from galmorph.data import Dataset
from galmorph.errors import FileFormatError


def test_a_comparison_that_is_done_is_read(kept, monkeypatch):
    """Nothing is trained again, answers are the same to the bit, and runs are reported as before."""
    folder, comparison = kept
    monkeypatch.setattr("galmorph.comparison._runs.trainings.train", lambda *_, **__: pytest.fail("trained again"))
    seen = []
    again = compare(PLAN, colours(), models=MODELS, folder=folder, progress=False, on_run=seen.append)
    np.testing.assert_array_equal(logits_of(again), logits_of(comparison))
    assert len(seen) == 8
    assert str(again) == str(comparison)


def test_only_what_is_missing_is_trained(kept):
    """Without one of its runs the folder makes the same comparison again, training that run alone."""
    folder, comparison = kept
    missing = next(folder.glob("runs/tiny-*fold1-seed1*.json"))
    before = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*")}
    missing.unlink()
    again = compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)
    changed = {path.stem for path in folder.glob("runs/*") if path.stat().st_mtime_ns != before[path]}
    assert changed == {missing.stem}
    np.testing.assert_array_equal(logits_of(again), logits_of(comparison))


def test_a_comparison_can_be_extended(kept, tmp_path):
    """With another architecture and seed, only what is missing is trained, and the earlier plan is kept."""
    smaller = replace(PLAN, architectures=("tiny",), seeds=(0,))
    compare(smaller, colours(), models=MODELS, folder=tmp_path, progress=False)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*")}
    comparison = compare(PLAN, colours(), models=MODELS, folder=tmp_path, progress=False)
    assert len(before) == 2 * 3
    assert {path: path.stat().st_mtime_ns for path in before} == before
    np.testing.assert_array_equal(logits_of(comparison), logits_of(kept[1]))
    described = json.loads((tmp_path / "plan.json").read_text())
    assert [given["hash"] for given in described["plans"]] == [smaller.hash, PLAN.hash]
    assert [ComparisonPlan.from_dict(given["plan"]) for given in described["plans"]] == [smaller, PLAN]


def test_another_network_of_the_same_name_is_refused(tmp_path):
    """What the old one answered is not taken for the new one's; a name of galmorph's own is always the same."""
    compare(ONE_TRAINING, colours(), models=MODELS, folder=tmp_path, progress=False)

    class Wider(Tiny):
        """Another layer behind the first."""

        def __init__(self, classes: int, channels: int, *, rngs: nnx.Rngs) -> None:
            super().__init__(5, channels, rngs=rngs)
            self.last = nnx.Linear(5, classes, rngs=rngs)

        def __call__(self, images):
            """Turn mean colours into logits."""
            return self.last(super().__call__(images))

    def make(*, classes: int, channels: int, seed: int, **_: int) -> Wider:
        return Wider(classes, channels, rngs=nnx.Rngs(seed))

    message = r"another network of the name tiny: expected 32 weights and .* got 8 and .*; give the new network another"
    with pytest.raises(FileFormatError, match=message):
        compare(ONE_TRAINING, colours(), models={"tiny": make}, folder=tmp_path, progress=False)

    class Squared(Tiny):
        """The same weights, on other numbers."""

        def __call__(self, images):
            """Turn mean colours into logits."""
            return super().__call__(images**2)

    def make_squared(*, classes: int, channels: int, seed: int, **_: int) -> Squared:
        return Squared(classes, channels, rngs=nnx.Rngs(seed))

    with pytest.raises(
        FileFormatError, match="another network of the name tiny, whose answers differ with the same we"
    ):
        compare(ONE_TRAINING, colours(), models={"tiny": make_squared}, folder=tmp_path, progress=False)


def test_a_folder_of_another_comparison_is_refused(kept):
    """Trainings with other settings, or of other galaxies, are not mixed with those of the folder."""
    folder, _ = kept
    before = (folder / "plan.json").read_bytes()
    longer = replace(PLAN, validation=0.5, config=replace(PLAN.config, epochs=3))
    message = r"other trainings: validation 0\.25, not 0\.5; config\.epochs 2, not 3\. Architectures"
    with pytest.raises(FileFormatError, match=message):
        compare(longer, colours(), models=MODELS, folder=folder, progress=False)
    other = Dataset(255 - colours().stamps, colours().labels, colours().classes)
    with pytest.raises(FileFormatError, match="holds a comparison with other galaxies"):
        compare(PLAN, other, models=MODELS, folder=folder, progress=False)
    assert (folder / "plan.json").read_bytes() == before


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_damaged_run_is_named(kept, ending):
    """A file that was cut short is named, with what to do."""
    folder, _ = kept
    path = sorted(folder.glob(f"runs/*.{ending}"))[0]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileFormatError, match=r"expected a run written by compare.*delete this file"):
        compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)
    path.write_bytes(content)


def test_a_damaged_plan_is_refused(tmp_path):
    """A folder whose plan can't be read, or is of another version, is refused."""
    header = {"format": "galmorph comparison", "version": 1, "galaxies": ""}
    hashless = {**header, "plans": [{"plan": PLAN.to_dict()}]}
    for content in ("{", json.dumps({**header, "plans": []}), json.dumps(hashless)):
        (tmp_path / "plan.json").write_text(content)
        with pytest.raises(FileFormatError, match="expected the plan of a comparison"):
            compare(PLAN, colours(), models=MODELS, folder=tmp_path, progress=False)
    (tmp_path / "plan.json").write_text('{"format": "galmorph comparison", "version": 99}')
    with pytest.raises(FileFormatError, match="expected 'galmorph comparison' version 1"):
        compare(PLAN, colours(), models=MODELS, folder=tmp_path, progress=False)


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_changed_run_is_refused(kept, ending):
    """Another number in a run, or another answer, is noticed."""
    folder, _ = kept
    path = sorted(folder.glob(f"runs/*.{ending}"))[0]
    content = path.read_bytes()
    place = content.index(b'"seconds": ') + 11 if ending == "json" else 200
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(FileFormatError, match=r"expected a run written by compare.*delete this file"):
        compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)
    path.write_bytes(content)


def test_two_comparisons_do_not_share_a_folder(kept):
    """Who comes second is told, and loses no plan of the other."""
    folder, _ = kept
    with (
        folder_lock(folder, who="x"),
        pytest.raises(BlockingIOError, match="another comparison is working here; wait until it ends"),
    ):
        compare(PLAN, colours(), models=MODELS, folder=folder, progress=False)


def test_learning_rates_have_their_own_files():
    """Also if they agree in six digits; others are named as before."""
    job = Job(architecture="tiny", seed=0, repeat=0, fold=0, learning_rate=0.001)
    assert job.stem.endswith("-rate0.001")
    near = replace(job, learning_rate=0.0010000001), replace(job, learning_rate=0.0010000002)
    assert near[0].stem.endswith("-rate0.0010000001")
    assert near[0].stem != near[1].stem
