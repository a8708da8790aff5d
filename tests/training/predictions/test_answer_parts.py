"""Parts of answers: one run at a time, and nothing of others is touched."""

import json

import numpy as np
import pytest

from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.training._predictions.answer_parts import AnswerParts
from galmorph.training._predictions.prediction_table import Answers

RUN = {"classifier": "abc", "paths": True}


def answers(name: str) -> Answers:
    """Make the answer to one galaxy, whose file has a name that is not UTF-8."""
    return Answers([name], ["note"], [f"{name}\udce9.fits"], np.array([[0.25, np.nan]], np.float32))


def begun(path, *, overwrite: bool = False, **run) -> AnswerParts:
    """Begin, or resume, a run."""
    return AnswerParts(path, RUN | run, overwrite=overwrite)


def test_parts_come_back(tmp_path):
    """In their order, whatever the order in which they were written, to the last bit; bytes become escapes."""
    with begun(tmp_path / "new" / "answers.csv") as parts:
        parts.write(1, "second", answers("NGC 2"))
        parts.write(0, "first", answers("NGC 1"))
    with begun(tmp_path / "new" / "answers.csv") as parts:
        assert [0 in parts, 1 in parts, 2 in parts, len(parts)] == [True, True, False, 2]
        first, second = parts
        assert (first.names, first.notes, first.paths) == (["NGC 1"], ["note"], ["NGC 1\\udce9.fits"])
        assert second.names == ["NGC 2"]
        np.testing.assert_array_equal(first.probabilities, np.array([[0.25, np.nan]], np.float32))
        parts.check(0, "first")
        with pytest.raises(InvalidValueError, match=r"part-0000000.npz: these galaxies have changed since"):
            parts.check(0, "second")
        parts.remove()
    assert list((tmp_path / "new").iterdir()) == []


def test_one_run_at_a_time(tmp_path):
    """Who comes second is told, and may come again when the first has ended."""
    with begun(tmp_path / "answers.csv"):
        with pytest.raises(BlockingIOError, match="another process writes these answers; wait until it ends"):
            begun(tmp_path / "answers.csv").__enter__()
        with begun(tmp_path / "others.csv"):
            pass
    with begun(tmp_path / "answers.csv"):
        pass


def test_an_old_file_is_not_replaced_by_mistake(tmp_path):
    """A file needs overwrite=True to be replaced, but only where the run begins; a folder never is."""
    path = tmp_path / "answers.csv"
    path.write_text("old")
    with pytest.raises(FileExistsError, match=r"answers.csv: exists; pass overwrite=True to replace it"):
        begun(path).__enter__()
    assert [each.name for each in tmp_path.iterdir()] == ["answers.csv"]
    with begun(path, overwrite=True):
        pass
    with begun(path) as parts:
        parts.remove()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder; choose the name of a file"):
        begun(tmp_path / "folder.csv", overwrite=True).__enter__()


def test_what_is_not_ours_stays(tmp_path):
    """Files of others in the folder are kept, and scratch files of a killed run are not."""
    folder = tmp_path / "answers.csv.parts"
    folder.mkdir()
    for name in ("mine.txt", "part-1.npz", ".part-0000003.npz.abc", ".answers-abc", "part-0000005.npz"):
        (folder / name).write_text("?")  # the last one is left by a run that was killed while it cleaned up
    with begun(tmp_path / "answers.csv") as parts:
        assert len(parts) == 0
        parts.write(0, "first", answers("NGC 1"))
        (folder / ".answers-def").write_text("?")
    with begun(tmp_path / "answers.csv") as parts:
        assert not (folder / ".answers-def").exists()
        parts.remove()
    assert sorted(each.name for each in folder.iterdir()) == ["mine.txt", "part-1.npz"]


def test_damage_is_named(tmp_path):
    """A part or a description that can't be read is an error that says what to delete."""
    folder = tmp_path / "answers.csv.parts"
    with begun(tmp_path / "answers.csv") as parts:
        parts.write(0, "first", answers("NGC 1"))
    part = folder / "part-0000000.npz"
    for content in (b"", part.read_bytes()[:100], b"\x80\x04N."):
        part.write_bytes(content)
        with (
            begun(tmp_path / "answers.csv") as parts,
            pytest.raises(FileFormatError, match="delete this file, and run"),
        ):
            list(parts)
    for content in ("", "[1]", "{"):
        (folder / "run.json").write_text(content)
        with pytest.raises(FileFormatError, match=r"run.json: expected the description of a run, .* to begin anew"):
            begun(tmp_path / "answers.csv").__enter__()


def test_other_runs_are_refused(tmp_path):
    """The error lists every difference, also of versions; long values are cut."""
    with begun(tmp_path / "answers.csv", recipe={"size": 64}):
        pass
    with pytest.raises(InvalidValueError, match=r'recipe was {"size": 64}, not {"size": 32}; more was null, not "xxx'):
        begun(tmp_path / "answers.csv", recipe={"size": 32}, more="x" * 100).__enter__()
    header = tmp_path / "answers.csv.parts" / "run.json"
    described = json.loads(header.read_text()) | {"version": 99}
    del described["sha256"]
    header.write_text(json.dumps(described))
    with pytest.raises(InvalidValueError, match="version was 99, not 2"):
        begun(tmp_path / "answers.csv", recipe={"size": 64}).__enter__()
