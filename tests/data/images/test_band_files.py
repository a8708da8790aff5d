"""Paths with braces and patterns: which files they stand for, in which order, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import band_files, files_of
from galmorph.data._images.band_files import expand_braces, without_bands
from galmorph.errors import InvalidValueError


def touch(folder: Path, *names: str) -> Path:
    """Make empty files, and return their folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def names(paths: list[str], folder: Path) -> list[str]:
    """Write paths relative to the folder."""
    return [Path(path).relative_to(folder).as_posix() for path in paths]


def test_braces() -> None:
    """A list in the name of a file or of a folder stands for one path for each band, in its order."""
    assert expand_braces("dir/M51_{z,g}.fits") == {"z": Path("dir/M51_z.fits"), "g": Path("dir/M51_g.fits")}
    assert expand_braces(Path("{g, r}/M51.fits")) == {"g": Path("g/M51.fits"), "r": Path("r/M51.fits")}
    assert [expand_braces(name) for name in ("M51.fits", "M51_{g}.fits", "{a/b,c}.fits", "a}{,b")] == [None] * 4


def test_file_with_braces(tmp_path: Path) -> None:
    """A file of that very name comes first; any other path stands for itself."""
    path = touch(tmp_path, "M51_{g,r}.fits") / "M51_{g,r}.fits"
    assert expand_braces(path) is None
    assert files_of(path) == [path]
    assert files_of("M51.fits") == [Path("M51.fits")]
    assert files_of("M51_{g,r}.fits") == [Path("M51_g.fits"), Path("M51_r.fits")]


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("M51_{g,g}.fits", "expected each band once, got g, g"),
        ("M51_{g,}.fits", r"expected bands of letters, digits, _, \+ and -, got ''"),
        ("{..,g}/M51.fits", r"got '\.\.'"),
        ("{g,r}/M51_{g,r}.fits", "expected one list of bands in braces, got 2"),
    ],
)
def test_wrong_braces(path: str, match: str) -> None:
    """Bands that are empty, given twice, or could lead to another folder are refused, and so are two lists."""
    with pytest.raises(InvalidValueError, match=match):
        expand_braces(path)


@given(st.lists(st.text("gGrz01", min_size=1, max_size=4), min_size=2, max_size=5, unique=True))
def test_braces_name_their_files(bands: list[str]) -> None:
    """Each path is the one with braces, with the list replaced by its band."""
    files = expand_braces("a/M51_{" + ",".join(bands) + "}.fits")
    assert files == {band: Path(f"a/M51_{band}.fits") for band in bands}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/M51_{g,r}.fits", "M51.fits"),
        ("a/M51-{g,r}.fits.gz", "M51.fits.gz"),
        ("a/M51{g,r}.fits", "M51.fits"),
        ("a/{g,r}_M51.fits", "M51.fits"),
        ("a/frame-{g,r}-0042.fits", "frame-0042.fits"),
        ("{g,r}/M51.fits", "M51.fits"),
        ("M51/{g,r}.fits.fz", "M51.fits.fz"),
        ("{g,r}.fits", "image.fits"),
        ("a/M51_{g}.fits", "M51_{g}.fits"),
    ],
)
def test_name_without_bands(path: str, expected: str) -> None:
    """The name of the galaxy is what is left without the bands, or the name of the folder."""
    assert without_bands(Path(path)).name == expected


def test_pattern(tmp_path: Path) -> None:
    """Each galaxy is one path, with all bands by wavelength, also those that it lacks; other files don't matter."""
    touch(tmp_path, "M51_z.fits", "M51_g.fits", "M51_r.fits", "NGC_1_g.fits", ".M31_g.fits", "M51.fits", "M51_g.png")
    touch(tmp_path, "sub/M33_g.fits", "M99_g.fits/file")
    found = band_files(tmp_path / "{name}_{band}.fits")
    assert names(found, tmp_path) == ["M51_{g,r,z}.fits", "NGC_1_{g,r,z}.fits"]
    assert names(band_files(f"{tmp_path}/*/{{name}}_{{g,i}}.fits"), tmp_path) == ["sub/M33_{g,i}.fits"]


def test_order_of_bands(tmp_path: Path) -> None:
    """Bands are ordered by wavelength, unknown ones by name after these; a list keeps its order, and bands= chooses."""
    touch(tmp_path, *(f"a_{band}.fits" for band in ("F444W", "F814W", "new", "F150W", "alt", "r")))
    pattern = f"{tmp_path}/{{name}}_{{band}}.fits"
    assert names(band_files(pattern), tmp_path) == ["a_{r,F814W,F150W,F444W,alt,new}.fits"]
    assert names(band_files(pattern, bands=("F444W", "r")), tmp_path) == ["a_{F444W,r}.fits"]
    assert names(band_files(f"{tmp_path}/{{name}}_{{r,alt}}.fits"), tmp_path) == ["a_{r,alt}.fits"]


def test_one_band(tmp_path: Path) -> None:
    """One band needs no braces: the paths are those of the files, also of one that is missing."""
    touch(tmp_path, "a_g.fits", "a_r.fits", "b_g.fits")
    assert names(band_files(f"{tmp_path}/{{name}}_{{band}}.fits", bands="r"), tmp_path) == ["a_r.fits", "b_r.fits"]
    assert names(band_files(f"{tmp_path}/{{name}}_g.fits"), tmp_path) == ["a_g.fits", "b_g.fits"]


@pytest.mark.parametrize("pattern", ["{band}/{name}.fits", "{name}/{band}.fits", "{name}/{name}_{band}.fits"])
def test_bands_in_folders(tmp_path: Path, pattern: str) -> None:
    """The band and the name may be those of folders; a name that is written twice is the same."""
    for name in ("a", "b"):
        for band in ("g", "r"):
            touch(tmp_path, pattern.format(name=name, band=band))
    if "/{name}_" in pattern:
        touch(tmp_path, "a/b_z.fits")
    found = names(band_files(f"{tmp_path}/{pattern}"), tmp_path)
    assert found == [pattern.format(name=name, band="{g,r}") for name in "ab"]


def test_other_characters_are_literal(tmp_path: Path) -> None:
    """Characters that regular expressions and shells treat specially mean themselves."""
    touch(tmp_path, "a+(b)[1]_g.fits", "a+(b)[1]_r.fits", "aab1_g.fits", "x+(b)[1]_gxfits")
    assert names(band_files(f"{tmp_path}/a+(b)[1]_{{band}}.fits"), tmp_path) == ["a+(b)[1]_{g,r}.fits"]
    assert names(band_files(f"{tmp_path}/?+*_{{band}}.fits"), tmp_path) == ["a+(b)[1]_{g,r}.fits"]


def test_relative_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative pattern gives relative paths."""
    touch(tmp_path, "a_g.fits", "a_r.fits")
    monkeypatch.chdir(tmp_path)
    assert band_files("{name}_{band}.fits") == ["a_{g,r}.fits"]


@pytest.mark.parametrize(
    ("pattern", "bands", "match"),
    [
        ("{name}-{band}.fits", None, r"found none; '.*' has a_g\.fits, b\.png"),
        ("none/{name}-{band}.fits", None, "there is no folder '.*none'"),
        ("{galaxy}_{band}.fits", None, r"expected \{name\}, one \{band\}, or a list .*, got '\{galaxy\}'"),
        ("{name}_{band}_{band}.fits", None, r"one \{band\}"),
        ("{band}/{name}_{band}.fits", None, r"one \{band\}, .* got '\{band\}'"),
        ("{name}_{g,g}.fits", None, "expected each band once"),
        ("{name}_{band}.fits", ("g", "z"), r"no file that fits .* is of band z; there are g"),
        ("{name}_{band}.fits", (), "expected at least one band"),
        ("{name}_g.fits", ("g",), r"expected a pattern with \{band\}"),
    ],
)
def test_wrong_patterns(tmp_path: Path, pattern: str, bands: tuple[str, ...] | None, match: str) -> None:
    """A pattern that nothing fits, or that says something else, is refused, with what there is."""
    touch(tmp_path, "a_g.fits", "b.png")
    with pytest.raises(InvalidValueError, match=match):
        band_files(tmp_path / pattern, bands=bands)


def test_masks_are_no_bands(tmp_path: Path) -> None:
    """Masks, weights and the like beside the images are bands only if they are listed by name."""
    planes = ("mask", "weight", "wht", "ivar", "invvar", "err", "rms", "sigma", "unc", "psf", "model", "seg", "segm")
    planes += ("dq", "exp", "MASK", "wei", "residual")
    touch(tmp_path, "A_g.fits", "A_r.fits", *(f"A_{plane}.fits" for plane in planes), "B_mask.fits", "A_g_mask.fits")
    pattern = f"{tmp_path}/{{name}}_{{band}}.fits"
    assert names(band_files(pattern), tmp_path) == ["A_{g,r}.fits"]
    assert names(band_files(pattern, bands=("r", "g")), tmp_path) == ["A_{r,g}.fits"]
    assert names(band_files(pattern, bands=("r", "wht")), tmp_path) == ["A_{r,wht}.fits"]
    assert names(band_files(f"{tmp_path}/{{name}}_{{g,psf}}.fits"), tmp_path) == ["A_{g,psf}.fits"]


def test_bands_of_lco(tmp_path: Path) -> None:
    """The names of Las Cumbres Observatory are ordered by wavelength."""
    touch(tmp_path, *(f"A_{band}.fits" for band in ("ip", "gp", "zs", "rp")))
    assert names(band_files(f"{tmp_path}/{{name}}_{{band}}.fits"), tmp_path) == ["A_{gp,rp,ip,zs}.fits"]
