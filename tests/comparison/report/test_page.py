"""The report: a page with everything in it that loads nothing and is accessible."""

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from astropy.time import Time
from bs4 import BeautifulSoup, Tag
from chromium import look_at
from fabricated import contrast, fabricate_comparison, fabricate_galaxies
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from galmorph.comparison import Comparison
from galmorph.comparison._figures.galleries import confident_mistakes, galaxy_names
from galmorph.comparison._report import pictures
from galmorph.comparison._report.page import CONTENTS
from galmorph.data import Dataset
from galmorph.preprocessing import Recipe

NASTY = ('<script>alert("1")</script>', "<b>bold</b> & 'quoted'", "javascript:alert(1)", "{{ 7 * 7 }}", "Arp 220\u202e")


@pytest.fixture
def without_rendering(monkeypatch):
    """Make every figure of a page, but put empty drawings of the same sizes in their places, which saves seconds."""
    monkeypatch.setattr(pictures, "_as_svg", empty_drawing)


def empty_drawing(figure: Figure) -> bytes:
    """Draw nothing, in the size of a figure."""
    width, height = 72 * figure.get_size_inches()
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt"/>'.encode()


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Three architectures on galaxies with malicious names, and a class with one."""
    names = [NASTY[number % len(NASTY)] + f" {number}" for number in range(210)]
    classes = ("round", "<i>in</i>_between", "cigar", "edge_on", "spiral")
    skills = {"lenet5": 1.2, "resnet18": 2.5, "small_resnet": 2.4}
    made = fabricate_galaxies(classes=classes, names=names)
    galaxies = Dataset(made.stamps, made.labels, classes, table=made.table, recipe=Recipe(size=32).to_dict())
    return fabricate_comparison(skills, galaxies=galaxies)


@pytest.fixture(scope="module")
def path(comparison, tmp_path_factory) -> Path:
    """The page."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    comparison.write_report(path, title="Which <u>one</u>?", command="compare --seeds 2 && echo <done>")
    return path


@pytest.fixture(scope="module")
def page(path) -> BeautifulSoup:
    """The page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_every_section_is_there(page):
    """Each section has its anchor, its heading and some text, and the contents lead to it."""
    there = {name: heading for name, heading in CONTENTS.items() if name not in ("sizes", "external")}
    assert [heading["id"] for heading in page.find_all("h2")] == list(there)
    assert [heading.get_text() for heading in page.find_all("h2")] == list(there.values())
    assert [link["href"] for link in page.nav.find_all("a")] == [f"#{name}" for name in there]
    for section in page.find_all("section"):
        assert section["aria-labelledby"] == section.h2["id"]
        assert len(section.get_text().split()) > 15


def test_structure_for_screen_readers(page):
    """There is a language, a title, one main part, headings without gaps, and each anchor once."""
    assert page.html["lang"] == "en"
    assert page.title.get_text() == page.h1.get_text() == "Which <u>one</u>?"
    assert len(page.find_all("main")) == len(page.find_all("h1")) == 1
    levels = [int(heading.name[1]) for heading in page.find_all(re.compile(r"^h[1-6]$"))]
    assert levels[0] == 1
    assert max(np.diff(levels)) <= 1
    anchors = [tag["id"] for tag in page.find_all(id=True)]
    assert len(anchors) == len(set(anchors))


def test_every_picture_has_words(page):
    """Each image has a description of its own, and a size, so that nothing jumps while the page loads."""
    images = page.find_all("img")
    words = [image["alt"] for image in images]
    assert len(images) > 25
    assert min(map(len, words)) > 20
    assert len(set(words)) == len(words)
    assert all(int(image["width"]) > 0 and int(image["height"]) > 0 for image in images)


def test_tables_have_heads(page):
    """Each table has a caption, heads for its columns and its rows, and as many cells in each row; it may scroll."""
    tables = page.find_all("table")
    assert len(tables) == 14
    for table in tables:
        assert table.caption.get_text()
        heads = table.thead.find_all("th")
        assert {head["scope"] for head in heads} == {"col"}
        for row in table.tbody.find_all("tr"):
            assert row.th["scope"] == "row"
            assert len(row.find_all(["th", "td"])) == len(heads)
        assert table.parent["class"] == ["scroll"]
        assert table.parent["tabindex"] == "0"


def test_nothing_is_loaded(page, path):
    """No script, no frame, no style sheet, no address but data, anchors and pages of NED; and a policy that says so."""
    assert page.find_all(["script", "iframe", "object", "embed", "form", "base", "svg", "video"]) == []
    assert [link["href"] for link in page.find_all("link")] == ["data:,"]
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on") or name in ("srcset", "background", "action")]
        assert tag.get("src", "data:").startswith(("data:image/svg+xml;base64,", "data:image/png;base64,", "data:"))
        assert tag.get("href", "#").startswith(("#", "data:,", "https://ned.ipac.caltech.edu/byname?objname="))
    style = "".join(tag.get_text() for tag in page.find_all("style"))
    assert "url(" not in style
    assert "@import" not in style
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert path.read_text(encoding="utf-8").count("<!DOCTYPE") == 1


def test_names_from_outside_are_text(comparison, page):
    """Whatever names, classes, title and command hold, they are shown as they are, and make no elements."""
    assert page.find_all(["script", "b", "i", "u", "done"]) == []
    shown = page.find("section", attrs={"aria-labelledby": "mistakes"})
    names = list(confident_mistakes(comparison.best, galaxy_names(comparison.test), count=12)["name"])
    assert [tag.get_text() for tag in shown.find_all("bdi")] == names
    assert {name.rpartition(" ")[0] for name in names} == set(NASTY)
    assert "<i>in</i>_between" in page.find("section", attrs={"aria-labelledby": "classes"}).get_text()
    assert page.find("pre").find_next("pre").get_text() == "compare --seeds 2 && echo <done>"


def test_the_page_says_what_the_comparison_says(comparison, page):
    """Verdict, sentences of the pairs, numbers of the ranking, plan, methods and bibliography are all there."""
    text = page.get_text().replace("\N{NO-BREAK SPACE}", " ")
    assert comparison.verdict in text
    assert all(f"{pair}." in text for pair in comparison.pairs)
    ranking = page.find("section", attrs={"aria-labelledby": "ranking"})
    for result, row in zip(comparison.results, ranking.tbody.find_all("tr"), strict=True):
        cells = [cell.get_text() for cell in row.find_all(["th", "td"])]
        assert cells[:4] == [
            result.architecture,
            *map(str, (result.accuracy, result.balanced_accuracy, result.macro_f1)),
        ]
    for expected in (
        comparison.plan.hash,
        comparison.dataset.fingerprint(),
        "Which architecture is better?",
        "@article{mcnemar1947,",
        "cigar: 12 tested galaxies.",
        "GalaxyCrop(radii=3.0)",
        '"architectures": [',
        "We compared LeNet-5 (LeCun et al. 1998), ResNet-18",
    ):
        assert expected in text


def test_doubtful_names_lead_to_ned(page):
    """Each doubtful label links to NED's page of the galaxy, by a name that can't leave the address."""
    section = page.find("section", attrs={"aria-labelledby": "doubt"})
    links = [link["href"] for link in section.find_all("a")]
    assert links
    assert all(re.fullmatch(r"https://ned\.ipac\.caltech\.edu/byname\?objname=[\w%.~-]+", link) for link in links)


def write(comparison: Comparison, folder: Path) -> Tag:
    """Write a page and parse it."""
    comparison.write_report(folder / "page.html")
    return BeautifulSoup((folder / "page.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.usefixtures("without_rendering")
def test_one_architecture_without_mistakes(tmp_path):
    """Alone and always right, an architecture gets a page that says so, with the call that makes it again."""
    page = write(fabricate_comparison({"oracle": 50.0}, seeds=(0,)), tmp_path)
    text = " ".join(page.get_text().split())
    assert page.title.get_text() == "Which network classifies these galaxies better?"
    assert "There is only one architecture" in text
    assert "oracle made no mistakes on these galaxies." in text
    assert "There are none: no label is confidently contradicted" in text
    assert 'comparison = compare(plan, dataset, models={"oracle": ...})' in text
    assert "nan" not in re.findall(r"[a-z]+", text)


@pytest.mark.usefixtures("without_rendering")
def test_a_class_without_galaxies_and_one_seed(tmp_path):
    """What can't be measured is a dash, and with one seed the second question stays open."""
    page = write(fabricate_comparison({"one": 2.0, "two": 1.0}, (60, 50, 0, 30, 58), seeds=(0,)), tmp_path)
    text = " ".join(page.get_text().split())
    assert "With one seed, this comparison does not answer it." in text
    assert "cigar: 0 tested galaxies." in text
    assert "nan" not in re.findall(r"[a-z]+", text)


@pytest.mark.usefixtures("without_rendering")
def test_cautions_follow_the_verdict(tmp_path):
    """What is implausible stands at the top of the page, and above the labels that may be wrong."""
    comparison = fabricate_comparison({"one": 1.0}, seeds=(0,))
    page = write(comparison, tmp_path)
    assert comparison.cautions
    said = [item.get_text().replace("\xa0", " ") for item in page.header.find("ul").find_all("li")]
    assert tuple(said) == comparison.cautions
    assert comparison.audit_caution in page.main.get_text().replace("\xa0", " ")


@pytest.mark.usefixtures("without_rendering")
def test_sky_that_was_not_compared_is_not_claimed(tmp_path):
    """Without positions nobody knows whether galaxies share their sky; with positions and no groups, they don't."""
    galaxies = fabricate_galaxies()
    assert (
        "no positions, so it is not known which"
        in write(fabricate_comparison({"one": 2.0}, galaxies=galaxies), tmp_path).get_text()
    )
    galaxies.table["ra"], galaxies.table["dec"] = np.arange(210.0), 0.0
    assert "no two share their sky" in write(fabricate_comparison({"one": 2.0}, galaxies=galaxies), tmp_path).get_text()


@pytest.mark.usefixtures("without_rendering")
@pytest.mark.parametrize("value", ["12 34 56.7", [1.0, 2.0], None, Time("2026-11-30")], ids=str)
def test_columns_of_other_kinds_do_no_harm(value, tmp_path):
    """Positions in hours and minutes are unknown ones, and magnitudes and formats that are no numbers are not used."""
    galaxies = fabricate_galaxies()
    for name in ("ra", "dec", "redshift", "magnitude", "radius", "format", "width"):
        galaxies.table[name] = Time([value] * len(galaxies)) if isinstance(value, Time) else [value] * len(galaxies)
    page = write(fabricate_comparison({"one": 2.0}, galaxies=galaxies), tmp_path)
    assert "no positions, so it is not known which" in page.get_text()


@pytest.mark.usefixtures("without_rendering")
def test_galaxies_left_out_are_counted(tmp_path):
    """The section on galaxies says how many were left out of the data set, and why."""
    comparison = fabricate_comparison({"one": 2.0}, seeds=(0,))
    comparison.dataset.table.meta["left_out"] = {"image unreadable": 1, "no class": 3}
    assert "1 (image unreadable), 3 (no class)" in write(comparison, tmp_path).get_text()


@pytest.mark.slow
def test_the_same_comparison_gives_the_same_bytes(comparison, path, tmp_path):
    """Whatever the user's matplotlib is set to, two pages of one comparison are equal; the settings stay."""
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.fonttype": "none"}):
        comparison.write_report(
            tmp_path / "again.html", title="Which <u>one</u>?", command="compare --seeds 2 && echo <done>"
        )
        assert mpl.rcParams["font.size"] == 20
    assert (tmp_path / "again.html").read_bytes() == path.read_bytes()


def test_measured_times_are_kept_apart(tmp_path, monkeypatch):
    """Pages of two equal comparisons that took different times differ in the one section that says so."""
    pages = []
    monkeypatch.setattr(pictures, "_as_svg", lambda figure: repr([each.get_text() for each in figure.findobj(Text)] + [
        line.get_xydata().tolist() for line in figure.findobj(Line2D)
    ]).encode())  # fmt: skip
    for factor in (1, 7):
        comparison = fabricate_comparison({"one": 2.0, "two": 1.0}, (30, 30), classes=("a", "b"), seeds=(0,))
        for run in (run for result in comparison for run in result.runs):
            object.__setattr__(run, "seconds", run.seconds * factor)
            object.__setattr__(run, "rate", run.rate * factor)
            run.history["seconds"] *= factor
        page = write(comparison, tmp_path)
        measured = page.find_all(attrs={"data-measured": True})
        assert [section.h2["id"] for section in measured] == ["measured"]
        assert f"{40 * factor} s" in measured[0].get_text()
        measured[0].extract()
        pages.append((str(page), str(measured[0])))
    assert pages[0][0] == pages[1][0]
    assert pages[0][1] != pages[1][1]


@pytest.mark.usefixtures("without_rendering")
def test_known_quantities_and_examples_are_shown(tmp_path):
    """Accuracy by redshift is shown if there is one; each class with galaxies has a strip of examples."""
    galaxies = fabricate_galaxies((20, 20, 0), classes=("round", "oval", "cigar"))
    page = write(fabricate_comparison({"one": 2.0}, galaxies=galaxies, seeds=(0,)), tmp_path)
    section = page.find("section", attrs={"aria-labelledby": "columns"})
    assert section.find("img") is None
    assert "has no column with a magnitude" in section.get_text()
    examples = page.find("ul", attrs={"class": "examples"}).find_all("li")
    assert [item.p.get_text() for item in examples] == ["round", "oval"]
    assert examples[0].img["alt"] == "6 stamps of the class round, chosen at random."
    galaxies.table["redshift"] = np.arange(40) / 1000
    page = write(fabricate_comparison({"one": 2.0}, galaxies=galaxies, seeds=(0,)), tmp_path)
    section = page.find("section", attrs={"aria-labelledby": "columns"})
    assert [image["alt"] for image in section.find_all("img")] == ["Accuracy by redshift, in bins, for one."]


@pytest.mark.usefixtures("without_rendering")
def test_folders_are_made(comparison, tmp_path):
    """The folder of a page need not exist; where no page can be, the error names it, and nothing is left behind."""
    comparison.write_report(tmp_path / "new" / "one" / "page.html")
    assert [path.name for path in (tmp_path / "new" / "one").iterdir()] == ["page.html"]
    with pytest.raises(IsADirectoryError, match=r"can't write this file .*; choose a file name.*/new'$"):
        comparison.write_report(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.usefixtures("without_rendering")
def test_a_report_opens_no_figure(comparison, tmp_path):
    """Its figures stay out of pyplot, so a notebook does not show them, and the user's figure stays the current one."""
    own = plt.figure()
    comparison.write_report(tmp_path / "page.html")
    assert plt.get_fignums() == [own.number]
    plt.close(own)


@pytest.mark.slow
def test_large_stamps_make_no_large_page(tmp_path, monkeypatch):
    """Stamps of 160 pixels are reduced: nine architectures stay below 3 MB."""
    rendered, render = {}, pictures._as_svg

    def render_each_kind_once(figure: Figure) -> bytes:
        # Figures with equal labels differ in their numbers, hardly in their number of bytes; rendering takes long.
        kind = tuple(axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes)
        if kind not in rendered:
            rendered[kind] = render(figure)
        return rendered[kind]

    monkeypatch.setattr(pictures, "_as_svg", render_each_kind_once)
    comparison = fabricate_comparison(
        {f"network_{number}": 1 + number / 8 for number in range(9)}, seeds=(0,), size=160
    )
    write(comparison, tmp_path)
    assert (tmp_path / "page.html").stat().st_size < 3_000_000


def test_contrast(page):
    """Text and links have a contrast of at least 4.5 to 1 on light and dark backgrounds, as WCAG AA requires."""
    themes = [
        dict(re.findall(r"--(\w+): (#\w+);", block))
        for block in re.findall(r":root \{(.*?)\}", page.style.get_text(), re.DOTALL)
    ]
    assert len(themes) == 3
    for theme in themes:
        for front, back in [
            ("ink", "paper"),
            ("faint", "paper"),
            ("link", "paper"),
            ("ink", "box"),
            ("ink", "mark"),
        ]:
            assert contrast(to_rgb(theme[front]), to_rgb(theme[back])) >= 4.5, (theme, front, back)


@pytest.mark.slow
@pytest.mark.parametrize("width", [375, 1280])
def test_in_a_browser(path, width, tmp_path):
    """On a phone and on a desk: no complaint, nothing wider than the window, all pictures shown, and no blank page."""
    seen = look_at(path, width, tmp_path)
    assert seen.complaints == []
    assert seen.content <= seen.window <= width
    assert seen.broken == 0
    assert seen.height > 4000
    assert 0.01 < np.mean(seen.pixels.min(axis=2) < 128) < 0.5


@pytest.mark.slow
def test_the_browser_sees_faults(tmp_path):
    """What the tests above rely on: a script that the policy forbids, a wide element and a broken picture are seen."""
    (tmp_path / "bad.html").write_text(
        "<!DOCTYPE html><meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'\"><script>1</script><p style='width: 2000px'>wide</p>"
        "<img src='data:image/png;base64,AAAA'>"
    )
    seen = look_at(tmp_path / "bad.html", 375, tmp_path)
    assert any("Content Security Policy" in line for line in seen.complaints)
    assert seen.content >= 2000 > seen.window
    assert seen.broken == 1


@pytest.mark.slow
@pytest.mark.usefixtures("without_rendering")
def test_long_names_in_a_browser(tmp_path):
    """Names without a blank break, or scroll within their table: the page of a phone stays as wide as the phone."""
    skills = {f"network_{'x' * 40}_{number}": 1.0 + number for number in range(2)}
    names = [f"WISEA{'J123456789+01234' * 5}{row}" for row in range(210)]
    classes = tuple(f"class_{'y' * 40}_{number}" for number in range(5))
    comparison = fabricate_comparison(skills, seeds=(0,), names=names, classes=classes)
    comparison.write_report(tmp_path / "page.html", title="z" * 80, command="w" * 300)
    seen = look_at(tmp_path / "page.html", 375, tmp_path)
    assert seen.content <= seen.window
