"""Dask's workers: several processes, here or elsewhere, of which one may die."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flat_images import Corner, load
from PIL import Image

from galmorph.data import stamps_from_files
from galmorph.types import GalaxyImage, Stamp

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.trial  # ten seconds, most of which Dask takes to start processes, and again

IMAGES = 240


@pytest.fixture(scope="module")
def client() -> Iterator["distributed.Client"]:
    """A cluster of two worker processes with one thread each, which are started again if they die."""
    with (
        distributed.LocalCluster(
            n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small images of two classes."""
    folder = tmp_path_factory.mktemp("images")
    stamps = np.random.default_rng(0).integers(0, 255, (IMAGES, 5, 5, 3), np.uint8)
    for number, stamp in enumerate(stamps):
        (folder / f"c{number % 2}").mkdir(exist_ok=True)
        Image.fromarray(stamp).save(folder / f"c{number % 2}" / f"{number:03d}.png")
    return folder


def test_a_worker_that_is_killed_changes_nothing(client: "distributed.Client", images: Path, tmp_path: Path) -> None:
    """A worker process dies in the middle of a load; what it had to do is done again, with the same bits."""
    killed = tmp_path / "killed"

    class Deadly(Corner):  # inside of the test, so that Dask sends the class to its workers
        def __call__(self, image: GalaxyImage) -> Stamp:
            if image.name == "121" and not killed.exists():
                killed.write_text(str(os.getpid()))
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(image)

    shattered = load(images, recipe=Deadly(), workers=client.get_executor(), shards=tmp_path / "shards")
    whole = load(images, workers=1)
    assert int(killed.read_text()) != os.getpid()
    assert shattered.fingerprint() == whole.fingerprint()
    assert shattered.table.pformat(-1) == whole.table.pformat(-1)
    assert load(images, workers=1, shards=tmp_path / "shards").fingerprint() == whole.fingerprint()


def test_tasks_that_nobody_waits_for_are_cancelled(
    client: "distributed.Client", images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the results are no longer wanted, tasks that have not started never do, and the executor stays open."""
    gate = tmp_path / "gate"
    files = sorted(images.rglob("*.png"))
    first = {path.stem for path in files[:16]}

    class Waiting(Corner):
        def __call__(self, image: GalaxyImage) -> Stamp:
            (tmp_path / image.name).touch()
            deadline = time.monotonic() + 20
            while image.name not in first and not gate.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            return super().__call__(image)

    executor = client.get_executor()
    results = stamps_from_files(files, Waiting(), workers=executor)
    assert next(results).name == "000"
    results.close()
    assert f"/{IMAGES} [" in capsys.readouterr().err
    gate.touch()
    deadline = time.monotonic() + 20
    while any(client.processing().values()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(client.processing().values())
    assert len(list(tmp_path.iterdir())) < IMAGES / 2
    assert executor.submit(pow, 2, 3).result() == 8
