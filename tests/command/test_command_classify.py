"""``galmorph classify``: a table on the screen, or in a file."""

import re

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from galmorph._command.answered import has_answers
from galmorph._command.main import main
from galmorph.simulation import simulate_galaxies
from galmorph.training import Classifier
from galmorph.training._classifier.pretrained import PRETRAINED
from galmorph.training._predictions.answer_file import write_answer_file
from galmorph.training._predictions.prediction_table import Answers, prediction_table


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
@pytest.mark.filterwarnings(
    "ignore:. of 4 images have a note:galmorph.errors.MismatchWarning"
)  # of an overfilled frame
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
    image = str(next(images.glob("a_*_1.png")))
    assert main(["classify", image, "--classifier", str(path), "--quiet", "--workers", "1"]) == 0
    answer = classifier.predict(image, workers=1)["class"][0]
    assert answer in capsys.readouterr().out
    assert np.isin(answer, classifier.classes)


@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_nothing_classified_ends_with_status_1(images, tmp_path, capsys, suffix):
    """On the screen and with a file, as documented; one answer among failures is enough for 0."""
    to = ["--to", str(tmp_path / f"answers{suffix}"), "--overwrite"] if suffix else []
    common = [*to, "--quiet", "--workers", "1"]
    assert main(["classify", "missing/", str(images / "broken.png"), *common]) == 1
    assert main(["classify", "missing/", str(next(images.glob("a_*_0.png"))), *common]) == 0
    assert "missing: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".csv", ".ecsv", ".fits", ".parquet"])
def test_answers_are_found_in_files(tmp_path, suffix):
    """In each format, with names that look like comments."""
    path = tmp_path / f"answers{suffix}"
    for last in (np.nan, 0.5):
        probabilities = np.array([[np.nan, np.nan]] * 3 + [[last, last]], np.float32)
        table = prediction_table(Answers(["#1", "#2", "a\n#3", "#4"], [""] * 4, None, probabilities), ("E", "S"))
        write_answer_file(path, lambda table=table: iter([table]), scratch=tmp_path)
        assert has_answers(path) is (last == 0.5)


def test_notes_are_cut_to_a_line_or_whole(tmp_path, capsys, monkeypatch):
    """What is routine is not on the screen without ``--notes``; a reason has a line without the path."""
    monkeypatch.setenv("COLUMNS", "80")
    y, x = np.indices((60, 60)) - 30
    noise = np.random.default_rng(0).normal(0, 0.01, x.shape)
    for name, scale in (("good", 3), ("over", 60)):
        fits.writeto(tmp_path / f"{name}.fits", (noise + np.exp(-np.hypot(x, y / 0.7) / scale)).astype(np.float32))
    (tmp_path / "broken.fits").write_bytes(b"SIMPLE  =")
    assert main(["classify", str(tmp_path), "--quiet", "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    _, _, broken, good, over = out.splitlines()
    assert re.fullmatch(r"broken  -  +-      [^/]+", broken)
    assert re.fullmatch(r"good +\w+ +0\.\d\d", good)
    assert re.fullmatch(r"over +\w+ +0\.\d\d +\d\d% of the stamp is without data.*\N{HORIZONTAL ELLIPSIS}", over)
    assert "1 of 3 images have a note, the first: 41% of the stamp" in err
    assert "linear image" not in err
    assert main(["classify", str(tmp_path), "--quiet", "--workers", "1", "--notes"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "does the galaxy overfill the frame?; linear image, stretched" in text


def test_the_help_names_the_networks(capsys):
    """All that `Classifier.pretrained` knows; the help does not wait for JAX to say so."""
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["classify", "--help"])
    text = capsys.readouterr().out
    assert re.search(rf"--network NAME +{PRETRAINED[0]} \(default\) or {' or '.join(PRETRAINED[1:])}\n", text)
    assert "exit status" in text


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
