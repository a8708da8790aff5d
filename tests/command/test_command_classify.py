"""``galmorph classify``: a table on the screen, or in a file."""

import dataclasses
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from galmorph._command.answered import has_answers, kept_answers
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
    "ignore:. of 4 images ha.* a note:galmorph.errors.MismatchWarning"
)  # of an overfilled frame
def test_the_table_is_readable_at_80_columns(images, terminal):
    """It has the classes and probabilities of `Classifier.predict`, and a reason for the file without an answer."""
    assert main(["classify", str(images), "--quiet", "--workers", "1"]) == 0
    out, err = terminal.readouterr()
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
    path = tmp_path / "mine.galmorph"
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


@pytest.fixture
def fits_files(tmp_path):
    """A folder with a galaxy that is in order, one that overfills its frame, and a file that is none."""
    y, x = np.indices((60, 60)) - 30
    noise = np.random.default_rng(0).normal(0, 0.01, x.shape)
    for name, scale in (("good", 3), ("over", 60)):
        fits.writeto(tmp_path / f"{name}.fits", (noise + np.exp(-np.hypot(x, y / 0.7) / scale)).astype(np.float32))
    (tmp_path / "broken.fits").write_bytes(b"SIMPLE  =")
    return tmp_path


def test_notes_are_cut_to_a_line_or_whole(fits_files, terminal):
    """What is routine is not on the screen without ``--notes``; a reason has a line without the path."""
    assert main(["classify", str(fits_files), "--quiet", "--workers", "1"]) == 0
    out, err = terminal.readouterr()
    _, _, broken, good, over = out.splitlines()
    assert re.fullmatch(r"broken  -  +-      [^/]+", broken)
    assert re.fullmatch(r"good +\w+ +0\.\d\d", good)
    assert re.fullmatch(r"over +\w+ +0\.\d\d +\d\d% of the stamp is without data.*\N{HORIZONTAL ELLIPSIS}", over)
    assert "1 of 3 images has a note, the first: 41% of the stamp" in err
    assert "linear image" not in err
    assert main(["classify", str(fits_files), "--quiet", "--workers", "1", "--notes"]) == 0
    text = " ".join(terminal.readouterr().out.split())
    assert "does the galaxy overfill the frame?; linear image, stretched" in text


@pytest.mark.parametrize("notes", [False, True])
def test_a_pipe_gets_whole_lines(fits_files, capsys, monkeypatch, notes):
    """One for each image, with tabs between columns; nothing is cut or wrapped, whatever ``COLUMNS`` says."""
    monkeypatch.setenv("COLUMNS", "40")
    long = "a_galaxy_with_a_name_that_is_rather_long_" * 3
    (fits_files / "over.fits").rename(fits_files / f"{long}.fits")
    assert main(["classify", str(fits_files), "--quiet", "--workers", "1", *["--notes"] * notes]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["name", "class", "prob.", "note"]
    assert [line[0] for line in lines[1:]] == [long, "broken", "good"]
    assert lines[1][3].startswith("41% of the stamp is without data: does the galaxy overfill the frame?")
    assert ("linear image, stretched" in lines[1][3]) is notes
    assert lines[2][1:3] == ["-", "-"]
    assert "\N{HORIZONTAL ELLIPSIS}" not in str(lines)


def test_standard_output_gets_the_whole_table(images, tmp_path, capsys, monkeypatch):
    """``--to -`` writes the bytes of a CSV file and nothing else, here for a list from standard input."""
    paths = sorted(map(str, images.glob("a_*")))
    common = ["--quiet", "--workers", "1"]
    assert main(["classify", *paths, "--to", str(tmp_path / "answers.csv"), *common]) == 0
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(paths)))
    assert main(["classify", "-", "--to", "-", *common]) == 0
    assert capsys.readouterr().out == (tmp_path / "answers.csv").read_text()
    assert main(["classify", "missing.png", "--to", "-", *common]) == 1


def test_a_list_is_resumed(images, tmp_path, capsys, monkeypatch):
    """A list of files has the answers of the files, and the command goes on from the parts that a run has kept."""
    paths = sorted(map(str, images.glob("a_*")))
    (tmp_path / "list.txt").write_text("# mine\n\n" + "\n".join([*paths, paths[0]]))
    to = tmp_path / "answers.csv"
    arguments = ["classify", str(tmp_path / "list.txt"), "--to", str(to), "--quiet", "--workers", "1"]
    original, seen = Classifier.predict_to, []

    def stopped(self, files, path, **options):
        seen.append(files)
        original(self, files, path, **options)
        Path(path).unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(Classifier, "predict_to", stopped)
    assert main(arguments) == 130
    assert seen == [paths]
    assert "interrupted; nothing was kept yet" in capsys.readouterr().err
    monkeypatch.undo()
    assert main(arguments) == 0
    assert Table.read(to)["path"].tolist() == paths


def test_an_interruption_says_how_much_is_kept(images, tmp_path, capsys, monkeypatch):
    """The answers in complete parts; a part that is damaged does not count."""
    to = tmp_path / "answers.csv"
    size = Classifier.pretrained("galaxy-zoo-2").recipe.size

    def pairs():
        for row in range(5):
            yield str(row), np.full((size, size, 3), row, np.uint8)
        raise KeyboardInterrupt

    original = Classifier.predict_to

    def stopped(self, _, path, **__):
        original(self, pairs(), path, part=2, progress=False)

    monkeypatch.setattr(Classifier, "predict_to", stopped)
    assert main(["classify", str(images), "--to", str(to), "--quiet"]) == 130
    line = capsys.readouterr().err
    assert line == "galmorph: interrupted; 4 answers are kept, and the same command goes on from here\n"
    (tmp_path / "answers.csv.parts" / "part-0000001.npz").write_bytes(b"PK")
    assert kept_answers(to) == 2


def test_averaged_channels_are_no_doubt(images, capsys):
    """The mean of a colour picture, for a network of one band, is on the screen with ``--notes`` only."""
    image = str(next(images.glob("a_*_1.png")))
    common = ["classify", image, "--network", "hubble", "--quiet", "--workers", "1"]
    assert main(common) == 0
    assert "averaged" not in capsys.readouterr().out
    assert main([*common, "--notes"]) == 0
    assert "3 channels averaged to make one" in capsys.readouterr().out


def test_an_hdu_without_fits_files_has_no_effect(images, fits_files, capsys):
    """A warning says so; one FITS file is enough to need it."""
    image = str(next(images.glob("a_*_1.png")))
    for more, warned in ([], True), ([str(fits_files / "good.fits")], False):
        assert main(["classify", image, *more, "--hdu", "0", "--quiet", "--workers", "1"]) == 0
        assert ("--hdu has no effect, because no image is a FITS file" in capsys.readouterr().err) is warned


def test_the_file_to_write_is_named_in_errors(images, tmp_path, monkeypatch, capsys):
    """Not the folder of its parts; ``~`` is the home folder, and a folder is no file."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    image = str(next(images.glob("a_*_1.png")))
    (tmp_path / "file").touch()
    for to, message in (
        ("~/file/out.csv", f"error: {tmp_path / 'file' / 'out.csv'}: can't write this file (Not a directory)"),
        ("~/", f"error: --to: {tmp_path} is a folder; give the name of a file, such as"),
        ("out.txt", "error: --to: expected a file name that ends in .parquet, .fits, .ecsv, .csv, got 'out.txt'"),
    ):
        assert main(["classify", image, "--to", to, "--quiet", "--workers", "1"]) == 2
        line = capsys.readouterr().err
        assert message in line
        assert ".parts" not in line
    assert main(["classify", image, "--to", "~/out.csv", "--quiet", "--workers", "1"]) == 0
    assert (tmp_path / "out.csv").is_file()


def test_parquet_is_said_to_need_a_package(images, tmp_path, monkeypatch, capsys):
    """The help and the error say what to install; examples work without."""
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["classify", "--help"])
    options, _, examples = " ".join(capsys.readouterr().out.split()).partition("examples:")
    assert '.parquet file, which needs pyarrow (pip install "galmorph-jax[parquet]")' in options
    assert "parquet" not in examples
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["classify", str(images), "--to", str(tmp_path / "answers.parquet")]) == 2
    assert capsys.readouterr().err.startswith("galmorph: error: Parquet files need pyarrow, which is not installed")


def test_a_network_of_your_own_needs_python(tmp_path, capsys):
    """A file whose network is none of galmorph's is refused in words of the shell."""
    classifier = Classifier.pretrained("galaxy-zoo-2")
    path = tmp_path / "own.galmorph"
    dataclasses.replace(classifier, architecture=None).save(path)
    assert main(["classify", "x.png", "--classifier", str(path)]) == 2
    assert "is not one of galmorph's, and can be used in Python only" in capsys.readouterr().err


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
        (["x.png", "--network", "resnet"], "error: --network: expected"),
        (
            ["x.png", "--classifier", "missing.galmorph"],
            "missing.galmorph: expected a classifier: a file of Classifier.",
        ),
        (["x.png", "--classifier", "hubble"], "hubble: no such file; --network hubble is that classifier"),
        (["x.png", "--workers", "0"], "error: --workers: expected a whole number of at least 1, got 0"),
    ],
)
def test_errors_of_the_library_are_lines(tmp_path, monkeypatch, capsys, arguments, message):
    """What is missing or unknown is said in one line."""
    monkeypatch.chdir(tmp_path)
    assert main(["classify", *arguments]) == 2
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1
