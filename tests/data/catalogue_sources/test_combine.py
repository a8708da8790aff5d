"""combine: one row a galaxy, the types of all sources beside each other, and a type by rule."""

import time
import warnings

import astropy.units as u
import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from PIL import Image

from galmorph.data import SimbadClient, build_dataset, clean, combine, parse_morphology, plan_resolve, sky_groups
from galmorph.data._galaxy_table.common_table import COLUMNS
from galmorph.errors import ImplausibleWarning, IncompleteWarning, InvalidValueError
from galmorph.preprocessing import FractionCrop, Recipe

ARCSEC = 1 / 3600


def table(*rows, source="", **columns):
    """A table of (name, ra, dec, morphology)."""
    names = ("name", "ra", "dec", "morphology")
    made = Table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) | columns)
    if source:
        made["source"] = source
        made.meta["acknowledgement"] = f"Thanks to {source}."
    return made


@pytest.fixture
def three():
    """RC3, HyperLEDA and an own list: NGC 1 in all, NGC 2 in two, each with one that no other has."""
    rc3 = table(
        ("NGC 1", 10.0, 0.0, ".SXT4.."), ("NGC 2", 20.0, 5.0, ".E.2..."), ("NGC 3", 30.0, 9.0, "......."),
        source="RC3", t=MaskedColumn([4.0, -5.0, 0.0], mask=[False, False, True]), t_error=[0.3, 0.4, 0.5],
        refcode=["1991rc3..book.....D"] * 3, axis_ratio=[0.5, 0.9, 0.7],
    )  # fmt: skip
    leda = table(
        ("PGC 1", 10.0 + 3 * ARCSEC, 0.0, "Sc"), ("PGC 3", 30.0, 9.0 - 2 * ARCSEC, "SB?"), ("PGC 9", 99.0, 9.0, "Irr"),
        source="HyperLEDA", major_axis_arcmin=[3.0, 4.0, 5.0], redshift=[0.01, 0.02, 0.03],
    )  # fmt: skip
    mine = table(("NGC0001", 10.0, 4 * ARCSEC, "Sd"), ("ngc 2", np.nan, np.nan, "E/S0"), source="own list")
    return [rc3, leda, mine]


def test_types_stand_beside_each_other(three):
    """Positions and names match; each value comes from the first source that has it; T of a text is computed."""
    found = combine(three)
    assert found.colnames == [
        *COLUMNS, "label_note", "n_sources", "n_stages", "t_scatter", "t_range", "separation_arcsec", "match_note",
        "name_rc3", "morphology_rc3", "t_rc3", "t_error_rc3", "row_rc3",
        "name_hyperleda", "morphology_hyperleda", "t_hyperleda", "t_error_hyperleda", "row_hyperleda",
        "name_own_list", "morphology_own_list", "t_own_list", "t_error_own_list", "row_own_list",
    ]  # fmt: skip
    assert list(found["name"]) == ["NGC 1", "NGC 2", "NGC 3", "PGC 9"]
    assert found["n_sources"].tolist() == [3, 2, 2, 1]
    assert found["t_rc3"].tolist() == [4.0, -5.0, None, None]
    assert found["t_hyperleda"].tolist() == [5.0, None, None, None]
    assert found["t_own_list"].tolist() == [7.0, -3.5, None, None]
    assert list(found["morphology_hyperleda"]) == ["Sc", "", "SB?", "Irr"]
    assert list(found["name_own_list"]) == ["NGC0001", "ngc 2", "", ""]
    assert found["row_hyperleda"].tolist() == [0, None, 1, 2]
    assert found["major_axis_arcmin"].tolist() == [3.0, None, 4.0, 5.0]
    assert found["axis_ratio"].tolist() == [0.5, 0.9, 0.7, None]
    assert found["redshift"].tolist() == [0.01, None, 0.02, 0.03]
    assert (found["ra"].unit, found["separation_arcsec"].unit) == (u.deg, u.arcsec)
    assert found["n_stages"].tolist() == [3, 2, 0, 0]
    # By hand: 4, 5, 7 have the mean 16/3 and the squares 16/9, 1/9, 25/9, whose sum halved is 7/3.
    assert found["t_scatter"][0] == pytest.approx(np.sqrt(7 / 3))
    assert found["t_scatter"].mask.tolist() == [False, False, True, True]
    assert found["t_range"].tolist() == [3.0, 1.5, None, None]
    assert found["separation_arcsec"][0] == pytest.approx(4.0)
    assert set(found["match_note"]) == {""}
    assert found.meta["sources"] == ["RC3", "HyperLEDA", "own list"]
    assert found.meta["acknowledgement"] == "Thanks to RC3. Thanks to HyperLEDA. Thanks to own list."


def test_priority_takes_the_first_that_has_a_type(three):
    """RC3's empty code is no type. The order of the sources is that of the arguments."""
    found = combine(three)
    assert list(found["morphology"]) == [".SXT4..", ".E.2...", "SB?", "Irr"]
    assert found["t"].tolist() == [4.0, -5.0, None, None]
    assert found["t_error"].tolist() == [0.3, 0.4, None, None]
    assert list(found["source"]) == ["RC3", "RC3", "HyperLEDA", "HyperLEDA"]
    assert list(found["refcode"]) == ["1991rc3..book.....D"] * 2 + [""] * 2
    turned = combine(three[::-1])
    assert list(turned["name"]) == ["NGC0001", "ngc 2", "PGC 3", "PGC 9"]
    assert list(turned["morphology"]) == ["Sd", "E/S0", "SB?", "Irr"]
    assert list(turned["name_rc3"]) == ["NGC 1", "NGC 2", "NGC 3", ""]


@pytest.mark.parametrize(("agreement", "agree"), [(3.0, [True, True]), (2.9, [False, True]), (1.0, [False, False])])
def test_agreement_masks_what_differs(three, agreement, agree):
    """With the reason; T is the mean of all, and its error their scatter."""
    found = combine(three, rule="agreement", agreement=agreement)
    means, texts = [16 / 3, -4.25], [".SXT4..", ".E.2..."]
    reasons = [f"T differs by more than {agreement:g}: RC3 4, HyperLEDA 5, own list 7",
               f"T differs by more than {agreement:g}: RC3 -5, own list -3.5"]  # fmt: skip
    for row, good in enumerate(agree):
        assert found["t"].mask[row] != good
        assert found["morphology"][row] == (texts[row] if good else "")
        assert found["label_note"][row] == ("" if good else reasons[row])
        assert found["t_rc3"][row] == (4.0, -5.0)[row]  # the sources keep theirs
        if good:
            assert found["t"][row] == pytest.approx(means[row])
            assert found["t_error"][row] == found["t_scatter"][row]
            assert found["source"][row] == ("RC3;HyperLEDA;own list", "RC3;own list")[row]
            assert found["refcode"][row] == "1991rc3..book.....D"
    assert list(found["label_note"][2:]) == ["no source gives T"] * 2
    assert found.meta["agreement"] == agreement


def test_agreement_of_one_source_must_be_asked_for():
    """A single T agrees with nobody, unless `min_sources` is 1."""
    one, two = table(("A", 1.0, 0.0, "Sb")), table(("B", 50.0, 0.0, "Sc"), ("A", 1.0, 0.0, "S?"))
    found = combine({"x": one, "y": two}, rule="agreement")
    assert list(found["label_note"]) == ["too few sources give T: x 3", "too few sources give T: y 5"]
    single = combine({"x": one, "y": two}, rule="agreement", min_sources=1)
    assert single["t"].tolist() == [3.0, 5.0]
    assert single["t_error"].mask.all()
    assert list(single["morphology"]) == ["Sb", "Sc"]


def test_types_of_tables_with_t_alone():
    """The text is written from T, and the note says so; codes off the sequence are no T."""
    own = Table({"name": ["A", "B", "C"], "ra": [1.0, 2.0, 3.0], "dec": [0.0, 0.0, 0.0], "t": [-5.0, 3.4, 90.0]})
    found = combine({"mine": own})
    assert list(found["morphology"]) == ["E", "Sb", ""]
    assert [parse_morphology(text).stage for text in found["morphology"][:2]] == [-5.0, 3.0]
    notes = ["type written from T = -5", "type written from T = 3.4", "no source gives a type"]
    assert list(found["label_note"]) == notes
    assert found["t"].tolist() == [-5.0, 3.4, None]


def test_doubtful_matches_are_said():
    """Two rows of one source, a chain, and a name with distant positions; each galaxy has a note, and one warning."""
    one = table(("A1", 1.0, 0.0, "E"), ("A2", 1.0 + 8 * ARCSEC, 0.0, "Sb"), ("NGC 7", 70.0, 0.0, "E"))
    two = table(("B", 1.0 + 6 * ARCSEC, 0.0, "Sc"), ("NGC7", 70.0, 0.1, "E"))
    with pytest.warns(ImplausibleWarning, match=r"the matches of 3 of 3 galaxies are doubtful, such as A1 \(not join"):
        found = combine({"x": one, "y": two})
    assert list(found["name_y"]) == ["", "B", "NGC7"]
    assert found["match_note"][0].startswith("not joined with ")
    assert found["match_note"][0].endswith("both have a row of one source (and 1 more)")
    assert found["match_note"][2] == "joined by name, with positions up to 360 arcsec apart"
    assert found["separation_arcsec"][2] == pytest.approx(360.0)
    assert found.meta["ambiguous"] == 3
    chain = {key: table((key, 1.0 + place * ARCSEC, 0.0, "E")) for key, place in (("x", 0), ("y", 8), ("z", 17))}
    with pytest.warns(ImplausibleWarning, match=r"not joined with z of z, 9\.0 arcsec away: positions would form a c"):
        assert combine(chain)["n_sources"].tolist() == [2, 1]


def test_redshifts_that_differ_are_said():
    """0.01 apart is another galaxy, probably; 0.005 is not."""
    one = table(("A", 1.0, 0.0, "E"), ("B", 50.0, 0.0, "E"), redshift=[0.02, 0.02])
    two = table(("C", 1.0, 0.0, "E"), ("D", 50.0, 0.0, "E"), redshift=[0.08, 0.025])
    with pytest.warns(ImplausibleWarning, match=r"of 1 of 2 galaxies .* A \(redshifts of the sources from 0.02"):
        found = combine({"x": one, "y": two})
    assert list(found["match_note"]) == ["redshifts of the sources from 0.0200 to 0.0800", ""]


def test_rows_that_are_left_out_are_counted():
    """Rows without a name in any source, and rows that repeat a name of their source; a name elsewhere is enough."""
    one = table(("A", 1.0, 0.0, "E"), ("A", 1.0, 0.0, "S0"), ("", 2.0, 0.0, "Sa"), ("", 3.0, 0.0, "Sb"))
    two = table(("B", 2.0, 0.0, "Sc"), ("A", 1.0, 0.0, "E"))
    with pytest.warns(IncompleteWarning, match="another row of the same name in x: 1; no name: 1"):
        found = combine({"x": one, "y": two})
    assert list(found["name"]) == ["A", "B"]
    assert list(found["morphology"]) == ["E", "Sa"]
    assert found.meta["left_out"] == {"another row of the same name in x": 1, "no name": 1}


def test_sources_without_a_common_galaxy_are_said():
    """Such as positions in hours."""
    with pytest.warns(ImplausibleWarning, match=r"no galaxy is in two of the sources \(x, y\); expected some"):
        combine({"x": table(("A", 150.0, 0.0, "E")), "y": table(("B", 10.0, 0.0, "E"))})


@pytest.mark.parametrize(
    ("catalogues", "options", "message"),
    [
        (lambda a: a, {}, "expected several tables, got one"),
        (lambda _: [], {}, "expected at least one table, got none"),
        (lambda a: [a, a], {}, "a name of its own for each source, got 'X' again for catalogue 1; pass a mapping"),
        (lambda a: [a["name", "ra"]], {}, "got '' for catalogue 0; pass a mapping"),
        (lambda a: {"a-b": a, "A B": a}, {}, "got 'A B' again"),
        (lambda a: {"x": a["ra", "dec"]}, {}, "catalogue 0: expected the columns name; name missing among ra, dec"),
        (lambda _: {"x": 5}, {}, "expected tables, got int at 0"),
        (lambda a: [a], {"rule": "best"}, "rule: expected .*priority.*, got 'best'"),
        (lambda a: [a], {"tolerance": 301.0}, "tolerance: expected 0 to 300 arcsec, got 301.0"),
        (lambda a: [a], {"tolerance": float("nan")}, "tolerance: expected 0 to 300 arcsec, got nan"),
        (lambda a: [a], {"agreement": -1.0}, "agreement: expected a number of stages from 0"),
        (lambda a: [a], {"min_sources": 0}, "min_sources"),
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_wrong_arguments_are_refused(catalogues, options, message):
    """With what was expected."""
    own = table(("A", 1.0, 0.0, "E"), source="X")
    with pytest.raises(InvalidValueError, match=message):
        combine(catalogues(own), **options)


def test_empty_tables_count_as_sources(three):
    """Their columns are empty."""
    found = combine({"RC3": three[0], "none": three[1][:0]} | {"mine": three[2]})
    assert len(found) == 3
    assert found["row_none"].mask.all()
    assert len(combine({"none": three[1][:0]})) == 0


def test_the_table_is_a_catalogue(three, tmp_path):
    """It goes through ECSV, `clean`, `sky_groups`, `plan_resolve` and `build_dataset`, and may be combined again."""
    for each in three:
        each["object_type"] = "G"
    found = combine(three)
    found.write(tmp_path / "t.ecsv")
    again = Table.read(tmp_path / "t.ecsv")
    assert again.colnames == found.colnames
    assert len(clean(again)) == 4
    assert sky_groups(again, "major_axis_arcmin").tolist() == [0, 1, 2, 3]
    assert plan_resolve(again, SimbadClient()).requests == 4
    once_more = combine({"first": again, "RC3": three[0]})
    assert once_more["n_sources"].tolist() == [2, 2, 2, 1]
    random = np.random.default_rng(0)
    yy, xx = np.mgrid[:40, :40] - 20
    for name in found["name"]:
        light = 200 * np.exp(-np.hypot(xx, yy) / 4) + random.normal(10, 1, (40, 40))
        Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(tmp_path / f"{name}.png")
    files = [f"{name}.png" for name in found["name"]]
    manifest = Table({"name": found["name"], "file": files, "state": ["done"] * 4})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = build_dataset(
            found, tmp_path, recipe=Recipe(size=32, crop=FractionCrop(1.0)), scheme="early-late", manifest=manifest,
            progress=False, workers=1,
        )  # fmt: skip
    assert dataset.table["type"].tolist()[:2] == [".SXT4..", ".E.2..."]
    assert {"t_rc3", "t_scatter", "match_note"} <= set(dataset.table.colnames)
    assert dataset.table.meta["sources"] == ["RC3", "HyperLEDA", "own list"]


def test_time_grows_with_rows_and_not_with_their_square():
    """4 times the rows take less than 9 times the time (16 times if all pairs were compared)."""

    def seconds(rows: int) -> float:
        random = np.random.default_rng(0)
        ra, dec = random.uniform(0, 360, rows), np.degrees(np.arcsin(random.uniform(-1, 1, rows)))
        sources = {
            key: Table({"name": [f"{key} {row}" for row in range(rows)], "ra": ra, "dec": dec}) for key in ("x", "y")
        }
        start = time.process_time()
        found = combine(sources)
        assert (found["n_sources"] == 2).sum() > 0.99 * rows
        return time.process_time() - start

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImplausibleWarning)  # some random galaxies are close pairs
        seconds(100)
        assert seconds(12_000) < 9 * seconds(3_000)
