"""``galmorph classify``: a table on the screen, or in a file."""

import numpy as np
import pytest
from astropy.table import Table
from PIL import Image

from galmorph._command.main import main
from galmorph.simulation import simulate_galaxies
from galmorph.training import Classifier


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Three pictures of galaxies, and a file that is none."""
    folder = tmp_path_factory.mktemp("images")
    galaxies = simulate_galaxies(3, size=64, seed=0)
    for row, (stamp, _) in enumerate(galaxies):
        Image.fromarray(stamp).save(folder / f"a_galaxy_with_a_name_that_is_rather_long_{row}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.mark.slow
def test_the_table_is_readable_at_80_columns(images, capsys, monkeypatch):
    """It has the classes and probabilities of `Classifier.predict`, and a reason for the file without an answer."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["classify", str(images), "--quiet", "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["name", "class", "prob.", "note"]
    with pytest.warns(UserWarning, match=r"broken"):
        expected = Classifier.pretrained("galaxy-zoo-2").predict(images, workers=1)
    for row in expected[:3]:
        assert f"{row['class']}" in out
        assert f"  {row['probability']:.2f}" in out
    assert [line.split()[1:3] for line in lines if line.startswith("broken")] == [["-", "-"]]
    assert "galmorph: warning:" in err
    assert "broken" in err


def test_a_file_has_all_columns(images, tmp_path, capsys):
    """With ``--to`` the file is that of `Classifier.predict_to`; it is replaced only with ``--overwrite``."""
    path = tmp_path / "answers.ecsv"
    arguments = ["classify", *map(str, sorted(images.glob("a_*"))), "--to", str(path), "--quiet", "--workers", "1"]
    assert main(arguments) == 0
    written = path.read_bytes()
    assert len(Table.read(path)) == 3
    assert {"name", "class", "probability", "note", "p_spiral"} <= set(Table.read(path).colnames)
    assert main(arguments) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0
    assert path.read_bytes() == written


def test_a_classifier_of_your_own(images, tmp_path, capsys):
    """``--classifier`` takes a saved file; it answers with its own classes."""
    classifier = Classifier.pretrained("galaxy-zoo-2")
    path = tmp_path / "mine.safetensors"
    classifier.save(path)
    image = str(next(images.glob("a_*_0.png")))
    assert main(["classify", image, "--classifier", str(path), "--quiet", "--workers", "1"]) == 0
    answer = classifier.predict(image, workers=1)["class"][0]
    assert answer in capsys.readouterr().out
    assert np.isin(answer, classifier.classes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing*.fits"], "matches none"),
        (["x.png", "--network", "resnet"], "expected one of 'galaxy-zoo-2'"),
        (["x.png", "--classifier", "missing.safetensors"], "missing.safetensors: expected a classifier"),
    ],
)
def test_errors_of_the_library_are_lines(tmp_path, monkeypatch, capsys, arguments, message):
    """What is missing or unknown is said in one line."""
    monkeypatch.chdir(tmp_path)
    assert main(["classify", *arguments]) == 2
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1
