"""``galmorph simulate``: a data set or pictures in a folder."""

import numpy as np
import pytest
from astropy.table import Table
from PIL import Image

from galmorph import simulation
from galmorph._command import simulate
from galmorph._command.main import main
from galmorph.data import Dataset
from galmorph.simulation import simulate_galaxies


def test_a_folder_holds_what_the_library_simulates(tmp_path, capsys):
    """The data set is that of `simulate_galaxies`, bit for bit."""
    out = tmp_path / "new" / "galaxies"
    assert main(["simulate", "5", str(out), "--size", "32", "--seed", "3"]) == 0
    assert Dataset.load(out).fingerprint() == simulate_galaxies(5, size=32, seed=3).fingerprint()
    assert f"written to {out}" in capsys.readouterr().out


def test_pictures_are_the_stamps(tmp_path):
    """With ``--png``, each stamp is a file in the folder of its class, and the table says which."""
    out = tmp_path / "pictures"
    assert main(["simulate", "5", str(out), "--size", "32", "--seed", "3", "--png"]) == 0
    expected, truth = simulate_galaxies(5, size=32, seed=3), Table.read(out / "truth.ecsv")
    for row, (stamp, label) in zip(truth, expected, strict=True):
        assert row["class"] == expected.classes[label]
        np.testing.assert_array_equal(np.asarray(Image.open(out / row["class"] / f"{row['name']}.png")), stamp)


def test_a_folder_that_exists_is_kept(tmp_path, capsys):
    """Nothing is overwritten."""
    (tmp_path / "mine").write_text("precious")
    assert main(["simulate", "5", str(tmp_path / "mine")]) == 2
    assert "exists; choose another folder" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "precious"


def test_nothing_half_written_is_left(tmp_path, monkeypatch, capsys):
    """If a picture can't be written, the folder does not appear."""

    def full(_: Image.Image, file: object) -> None:
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setattr(Image.Image, "save", full)
    assert main(["simulate", "5", str(tmp_path / "out"), "--size", "32", "--seed", "3", "--png"]) == 2
    assert "No space left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_surveys_have_the_names_of_the_library(tmp_path, capsys):
    """Each constant of `galmorph.simulation` is a survey of the command, and its help names it."""
    constants = [name for name in simulation.__all__ if name.isupper()]
    assert len(constants) >= 9
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["simulate", "--help"])
    text = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    for constant in constants:
        name = constant.lower().replace("_", "-")
        assert simulate._surveys(name) is getattr(simulation, constant)
        assert name in text
    assert main(["simulate", "5", str(tmp_path / "out"), "--survey", "sdsss"]) == 2
    assert "did you mean 'sdss'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["0", "out"], "error: N: expected a whole number of at least 1, got 0"),
        (["3", "out", "--seed", "-1"], "error: --seed: expected"),
        (["3", "out", "--size", "3"], "error: --size: expected"),
    ],
)
def test_wrong_numbers_have_the_names_of_options(tmp_path, monkeypatch, capsys, options, message):
    """Not those of arguments of functions."""
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", *options]) == 2
    assert message in capsys.readouterr().err
