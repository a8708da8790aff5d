"""``galmorph compare``: options that are wrong are found at once, and tables of types become classes."""

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from galmorph._command import compare as command
from galmorph._command.main import main
from galmorph._command.type_classes import classes_of_types
from galmorph.data import get_scheme
from galmorph.errors import DatasetError, DatasetWarning

TYPES = ["SAB(rs)bc", "E0", "SB(s)c", "SA0^-", "Im", "E/S0", ""]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Seven FITS files of a disc in the folder ``images``; the current folder is above it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    y, x = np.indices((48, 48)) - 24
    for row in range(len(TYPES)):
        disc = np.exp(-np.hypot(x, y / 0.7) / 3) + rng.normal(0, 0.01, x.shape)
        fits.writeto(tmp_path / "images" / f"g{row}.fits", disc.astype(np.float32))
    return tmp_path


@pytest.fixture
def loaded(monkeypatch):
    """Stop the command when the galaxies are loaded, and give the data sets so far."""
    kept = []
    original = command._galaxies

    def load(arguments):
        kept.append(original(arguments))
        raise DatasetError("enough")

    monkeypatch.setattr(command, "_galaxies", load)
    return kept


def write(header: str, separator: str) -> None:
    """Write a table of types, one for each file."""
    rows = [f"g{row}{separator}{cell}" for row, cell in enumerate(TYPES)]
    Path("types.csv").write_text("\n".join(["# types of RC3", header, *rows]) + "\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--networks", "lenet"], "--networks: expected one of 'lenet5', .*did you mean 'lenet5'"),
        (["--labels", "t.csv", "--scheme", "hubbel"], "scheme: expected one of 'hubble', .*did you mean 'hubble'"),
        (["--scheme", "hubble"], "--scheme: expected --labels, too"),
        (["--class-column", "x"], "--class-column: expected --labels, too"),
        (["--seeds", "0"], "--seeds: expected a whole number of at least 1, got 0"),
        (["--epochs", "0"], "--epochs: expected a whole number of at least 1, got 0"),
    ],
)
def test_names_are_checked_before_images_are_read(monkeypatch, capsys, options, message):
    """A typo does not cost the time that thousands of images take."""
    monkeypatch.setattr(command, "_galaxies", lambda _: pytest.fail("images were read"))
    assert main(["compare", "images", *options]) == 2
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("header", "separator", "options"),
    [("id,hubble", ",", []), ("galaxy;T", ";", ["--class-column", "T"]), ("x,T", ",", ["--name-column", "x"])],
)
@pytest.mark.usefixtures("folder")
def test_types_are_labelled(loaded, capsys, header, separator, options):
    """Whatever the columns are called, the scheme makes classes of them; what has none is said with the reason."""
    write(header, separator)
    arguments = ["compare", "images", "--labels", "types.csv", "--scheme", "hubble", "--quiet", "--size", "32"]
    assert main([*arguments, *options]) == 2
    (galaxies,) = loaded
    assert galaxies.classes == ("E", "S0", "S", "Irr")
    assert [galaxies.classes[label] for label in galaxies.labels] == ["S", "E", "S", "S0", "Irr"]
    said = capsys.readouterr().err
    assert "2 of 7 types have no class in the scheme hubble (" in said
    assert "1 no text" in said
    assert "1 alternatives in different classes" in said


def test_an_interruption_says_if_anything_is_kept(tmp_path, monkeypatch, capsys):
    """The folder of results is there from the first training on."""
    monkeypatch.chdir(tmp_path)

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_galaxies", stop)
    assert main(["compare", "images"]) == 130
    assert capsys.readouterr().err == "galmorph: interrupted; nothing was kept yet\n"
    (tmp_path / "comparison-images").mkdir()
    assert main(["compare", "images"]) == 130
    assert capsys.readouterr().err == "galmorph: interrupted; the same command goes on from here\n"


def test_a_column_of_types_is_found_or_asked_for(folder):
    """The one in which most texts are types; two of them, none, or a wrong name are errors that list the columns."""
    scheme = get_scheme("early-late")
    Table({"name": ["a", "b"], "velocity": ["12", "30"], "RC3": ["Sb", "E3"]}).write("t.csv")
    table, column = classes_of_types(folder / "t.csv", scheme, None)
    assert (column, list(table["RC3"])) == ("RC3", ["late", "early"])
    Table({"name": ["a", "b"], "RC3": ["Sb", "E3"], "NED": ["Sb", "E3"]}).write("two.csv")
    with pytest.raises(DatasetError, match=r"got 'RC3' and 'NED' among name, RC3, NED; name it with --class-column"):
        classes_of_types(folder / "two.csv", scheme, None)
    with pytest.raises(DatasetError, match="expected one of the columns name, RC3, NED, got 'SDSS'"):
        classes_of_types(folder / "two.csv", scheme, "SDSS")
    with pytest.raises(DatasetError, match="got texts that have no class in the scheme early-late"):
        classes_of_types(folder / "two.csv", scheme, "name")
    with pytest.raises(DatasetError, match="at least two columns"):
        classes_of_types(folder / "images" / "g0.fits", scheme, None)
    with pytest.raises(DatasetError, match="no such file"):
        classes_of_types(folder / "none.csv", scheme, None)
    Table({"name": ["a", "b"], "type": ["SBb", "E3"]}).write("bars.csv")
    with pytest.warns(DatasetWarning, match=r"1 of 2 types have no class in the scheme bars \(1 no bar family\)"):
        classes_of_types(folder / "bars.csv", get_scheme("bars"), None)


def test_what_is_read_is_chosen(folder, loaded, capsys):
    """``--files`` and ``--class-column`` reach the loader; a saved data set refuses what can't have an effect."""
    rows = [f"g{row},x,{'ab'[row % 2]}\n" for row in range(7)]
    Path("labels.csv").write_text("name,class,mine\n" + "".join(rows))
    arguments = ["compare", "images", "--labels", "labels.csv", "--class-column", "mine", "--files", "g*.fits"]
    assert main([*arguments, "--quiet", "--size", "32"]) == 2
    assert loaded[0].classes == ("a", "b")
    loaded[0].save(folder / "saved")
    capsys.readouterr()
    assert main(["compare", "saved", "--hdu", "1"]) == 2
    assert "--hdu: saved is a saved data set" in capsys.readouterr().err


@pytest.mark.usefixtures("loaded")
def test_an_hdu_of_pictures_has_no_effect(tmp_path, capsys):
    """A warning says so."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for row in range(2):
            noise = np.random.default_rng(row).integers(0, 255, (40, 40), np.uint8)
            Image.fromarray(noise).save(tmp_path / name / f"{name}{row}.png")
    main(["compare", str(tmp_path), "--hdu", "1", "--size", "32", "--quiet"])
    assert "--hdu has no effect, because no image is a FITS file" in capsys.readouterr().err


@pytest.mark.parametrize(("header", "votes"), [("GalaxyID,Class1.1", True), ("GalaxyID,type", False), ("a,b", False)])
def test_votes_are_told_from_other_tables(tmp_path, header, votes):
    """A table of GalaxyID and classes is none of votes."""
    (tmp_path / "t.csv").write_text(f"{header}\n1,0.5\n")
    assert command._is_galaxy_zoo(tmp_path / "t.csv") is votes


def test_votes_heed_the_size(tmp_path, monkeypatch, loaded):
    """The stamps of Galaxy Zoo 2 have the side that is asked for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zoo").mkdir()
    disc = np.exp(-np.hypot(*(np.indices((90, 90)) - 45)) / 8)
    for name in (1, 2):
        Image.fromarray((200 * disc + name).astype(np.uint8)).convert("RGB").save(tmp_path / "zoo" / f"{name}.png")
    answers = ("1.1", "1.2", "2.1", "2.2", "4.1", "7.1", "7.2", "7.3")
    rows = ["1,0.9,0.1,0,0.1,0,0.9,0,0", "2,0.1,0.9,0,0.9,0.9,0.1,0,0"]
    Path("votes.csv").write_text("\n".join(["GalaxyID," + ",".join(f"Class{each}" for each in answers), *rows]))
    main(["compare", "zoo", "--labels", "votes.csv", "--size", "32", "--quiet"])
    assert loaded[0].stamps.shape == (2, 32, 32, 3)
