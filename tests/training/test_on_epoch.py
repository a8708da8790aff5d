"""Loggers: each epoch is reported once, in order, and a function that raises stops the training without a loss."""

import csv
from dataclasses import asdict

import numpy as np
import pytest
from small_networks import Linear, quick, weights

from galmorph.errors import InvalidValueError
from galmorph.training import EpochReport, train


def test_each_epoch_is_reported_as_the_history_has_it(blobs):
    """The function gets the numbers of the history, row by row, while the training runs."""
    reports: list[EpochReport] = []
    result = train(Linear(), blobs[16:], validation=blobs[:16], config=quick(), progress=False, on_epoch=reports.append)
    for report, row in zip(reports, result.history, strict=True):
        given = asdict(report)
        assert (given.pop("epochs"), given.pop("resumed")) == (2, False)
        assert given == {name: row[name] for name in row.colnames}
    alone: list[EpochReport] = []
    train(Linear(), blobs, config=quick(epochs=1), progress=False, on_epoch=alone.append)
    assert (alone[0].validation_loss, alone[0].validation_accuracy) == (None, None)


class Enough(Exception):  # noqa: N818 (it stops a training, which is no error)
    """The user has seen enough."""


def test_a_function_that_raises_stops_with_a_checkpoint(tmp_path, blobs):
    """The epoch is saved, the error comes through, and the next call tells what was done and does the rest."""
    options = {"config": quick(epochs=3), "progress": False, "checkpoints": tmp_path / "run"}

    def stop(report: EpochReport) -> None:
        if report.epoch == 2:
            raise Enough

    with pytest.raises(Enough):
        train(Linear(), blobs, on_epoch=stop, **options)
    assert [path.name for path in (tmp_path / "run").glob("step*")] == ["step-000000008.safetensors"]
    reports: list[EpochReport] = []
    resumed = train(Linear(), blobs, on_epoch=reports.append, **options)
    assert [(report.epoch, report.resumed) for report in reports] == [(1, True), (2, True), (3, False)]
    whole = train(Linear(), blobs, config=options["config"], progress=False)
    for one, other in zip(weights(resumed.classifier.model), weights(whole.classifier.model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_csv_file_of_the_manual_is_complete(tmp_path, blobs):
    """The lines of docs/training.md write one row for each epoch."""
    path = tmp_path / "training.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, EpochReport.__dataclass_fields__)
        writer.writeheader()

        def log(report: EpochReport) -> None:
            writer.writerow(asdict(report))
            file.flush()

        result = train(Linear(), blobs, config=quick(), progress=False, on_epoch=log)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [float(row["loss"]) for row in rows] == result.history["loss"].tolist()
    assert rows[0]["validation_loss"] == ""


@pytest.mark.usefixtures("unchecked_shapes")
def test_only_functions_are_called(blobs):
    """Anything else is refused before the first step."""
    with pytest.raises(InvalidValueError, match="on_epoch: expected a function of an EpochReport, got 'log'"):
        train(Linear(), blobs, config=quick(), progress=False, on_epoch="log")
