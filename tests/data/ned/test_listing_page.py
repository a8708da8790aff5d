"""A page of NED's lists: a table, or an error that keeps the page."""

import html
import math
import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ned_server import Row, listing_page

from galmorph.data._ned.listing_page import NED_CLASSES, BadRow, class_code, listing_request, parse_listing
from galmorph.data._web.request import Answer
from galmorph.errors import AnswerError, InvalidValueError

NAMES = ("MESSIER 049", "[TH2002] 433", "2MASX J00243207-4007300", "NGC 5194 NED01")


def rows(number: int) -> list[Row]:
    """Rows with the types that NED's two columns write differently."""
    return [
        Row(
            f"{NAMES[each % 4]} {each}",
            morphology="(R)SB0/a(r)?",
            activity="Sy2",
            legacy_type="(R'_1)SB(rs)0/a?Sy2",
            note="*" if each % 3 == 0 else "",
        )
        for each in range(number)
    ]


def answer(content: bytes) -> Answer:
    """Make an answer of a page."""
    return Answer(url="https://ned.invalid/cgi-bin/OBJatt?M=1010", content=content, content_type="text/html")


def parse(content: bytes, *, page: int = 1, strict: bool = True):
    """Parse a page of class E."""
    return parse_listing(answer(content), classification="E", page=page, strict=strict)


def test_request_is_what_ned_expects():
    """The request holds the parameters that public scripts send, in order, with their repetitions."""
    request = listing_request("https://ned.ipac.caltech.edu", "S0/a", 7)
    assert request.full_url == (
        "https://ned.ipac.caltech.edu/cgi-bin/OBJatt?M=1250&delimiter=bar&NO_LINKS=1&nondb=row_count&crosid=objname"
        "&enotes=objnote&position=ra%2Cdec&position=pretype&position=z&position=zflag&gadata=morphol&attdat_CON=M"
        "&attdat_CON=S&page=7"
    )


def test_classes_have_names_and_codes():
    """A class is asked for by its name or by any number; something else is an error that lists the names."""
    assert class_code("E") == "1010"
    assert class_code("1927") == "1927"
    assert len(set(NED_CLASSES.values())) == len(NED_CLASSES) == 15
    for wrong in ("e", "", "E0", "1010 ", "-1", "\u0661"):
        with pytest.raises(InvalidValueError, match=r"classification: expected one of 'E', 'S0', .*code of another"):
            class_code(wrong)


def test_cells_are_what_they_say():
    """Names keep NED's spelling, entities and no-break spaces are decoded; positions are degrees, computed by hand."""
    row = Row(
        "A&B <1>  2",
        ra="12h29m46.8s",
        dec="-08d00m36.0s",
        object_type="GPair",
        redshift="-0.000811",
        redshift_flag="SUN",
        legacy_type="E+/cD   Sy1",
        morphology="E^+^",
        activity="Sy1",
        note="*",
    )
    page = parse(listing_page([row], 1).replace(b"GPair", b"&nbsp;GPair"))
    (read,) = page.rows
    assert (page.page, page.pages, page.bad_rows) == (1, 1, ())
    assert read[0] == "A&B <1>  2"
    assert read.ra == pytest.approx(15 * (12 + 29 / 60 + 46.8 / 3600), abs=1e-12)
    assert read.dec == pytest.approx(-8.01, abs=1e-12)
    assert read[3:] == ("GPair", -0.000811, "SUN", "E^+^", "Sy1", "E+/cD   Sy1", "*")


@pytest.mark.parametrize("dec", ["-00d00m36.0s", "+00d00m36.0s", "00d00m36.0s", "+00d00.6m", "-00d00m36s"])
def test_the_sign_counts_where_degrees_are_zero(dec):
    """Minus zero degrees is south; rough positions may lack their seconds."""
    (row,) = parse(listing_page([Row("x", dec=dec, ra="00h00.0m")], 1)).rows
    assert row.dec == pytest.approx(-0.01 if dec.startswith("-") else 0.01)
    assert row.ra == 0


def test_missing_redshifts_are_no_numbers():
    """A blank redshift is NaN."""
    (row,) = parse(listing_page([Row("x", redshift="", redshift_flag="")], 1)).rows
    assert math.isnan(row.redshift)


def test_flag_of_notes_may_stand_before_the_name():
    """Two public parsers of such pages show the flag before the name; the server of our tests writes it behind."""
    before = b"".join(
        b"%d|%b|NGC %d|00h00m00.85s|-40d54m11.9s|G|0.02|SLS|E|E0||%d\n" % (number, flag, number, number)
        for number, flag in ((1, b" "), (2, b"*"))
    )
    page = b"<form>Page 1 of 1</form><pre><strong>Row|N|Object Name</strong>\n||||\n%b</pre>" % before
    assert [(row.name, row.note) for row in parse(page).rows] == [("NGC 1", ""), ("NGC 2", "*")]


def test_pages_go_on_where_the_last_one_ended():
    """The rows of 250 galaxies come on three pages, each once, in order."""
    all_rows = rows(250)
    pages = [parse(listing_page(all_rows, number), page=number) for number in (1, 2, 3)]
    assert [page.pages for page in pages] == [3, 3, 3]
    assert [row.name for page in pages for row in page.rows] == [row.name for row in all_rows]


def test_empty_classes_are_not_cut_pages():
    """Page 1 of 1, or of 0, without rows is an empty list; the same page cut, or page 1 of 2, is an error."""
    empty = listing_page([], 1)
    assert parse(empty).rows == ()
    assert parse(empty.replace(b"of&nbsp;1", b"of&nbsp;0")).rows == ()
    with pytest.raises(AnswerError, match=r"expected the end of the list \(</pre>\)"):
        parse(empty[: empty.index(b"</pre>")])
    with pytest.raises(AnswerError, match="expected 100 rows on page 1 of 2, got 0"):
        parse(empty.replace(b"of&nbsp;1", b"of&nbsp;2"))


PAGE = listing_page(rows(250), 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an HTML page, got ''"),
        (b"{}", "expected an HTML page, got '{}'"),
        (b"<html><body>Please try later</body></html>", "expected a form that says 'Page N of M', got none"),
        (PAGE.replace(b"<form", b"<div"), "expected a form that says 'Page N of M', got none"),
        (PAGE.replace(b"Page&nbsp;2", b"Page&nbsp;1"), "expected page 2, got page 1 of 3"),
        (PAGE.replace(b"of&nbsp;3", b"of&nbsp;1"), "expected page 2, got page 2 of 1"),
        (PAGE.replace(b"<pre>", b"<div>"), "expected a list (<pre>) with its header"),
        (PAGE.replace(b"strong>", b"b>"), "expected a list (<pre>) with its header"),
        (PAGE[: len(PAGE) * 2 // 3], "expected the end of the list (</pre>), got none; the page was cut"),
        (PAGE.replace(b"</pre>", b""), "expected the end of the list (</pre>), got none; the page was cut"),
        (
            b"\n".join(line for line in PAGE.split(b"\n") if b" 199|" not in line),
            "expected 100 rows on page 2 of 3, got 99",
        ),
        (PAGE.replace(b"</pre>", b"201|x|201\n</pre>"), "expected 100 rows on page 2 of 3, got 101"),
        (PAGE.replace(b"   150|", b"   151|"), "expected row 150, with its number first and last"),
        (PAGE.replace(b"|   150\n", b"|\n"), "expected row 150, with its number first and last"),
        (listing_page(rows(250), 1), "expected page 2, got page 1 of 3"),
    ],
)
def test_wrong_pages_are_errors_that_keep_them(content, message):
    """Each way in which a page can be wrong is an error that names page and class and keeps the bytes."""
    with pytest.raises(AnswerError) as caught:
        parse(content, page=2)
    assert str(caught.value).startswith("page 2 of class 'E': ")
    assert message in str(caught.value)
    assert (caught.value.content, caught.value.url) == (content, "https://ned.invalid/cgi-bin/OBJatt?M=1010")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"NGC 5194 NED01 3  ", b"a |b| c", "expected 12 columns, got 14"),
        (b"|SLS  |", b"|SLS  ", "expected 12 columns, got 11"),
        (b"00h00m00.85s", b"25h00m00.85s", "expected a position as .*'25h00m00.85s'"),
        (b"00h00m00.85s", b"00h61m00.85s", "expected a position as .*'00h61m00.85s'"),
        (b"-40d54m11.9s", b"-90d54m11.9s", "expected a position as .*'-90d54m11.9s'"),
        (b"-40d54m11.9s", b"", "expected a position as .* and ''"),
        (b"0.023|", b"0.0x3|", "expected a redshift or nothing, got '0.0x3'"),
        (b"0.023|", b"  nan|", "expected a redshift or nothing, got 'nan'"),
        (b"NGC 5194 NED01 3", b"                ", "expected a name and a flag"),
    ],
)
def test_wrong_rows_are_errors_or_left_out(old, new, reason):
    """A row whose cells are wrong is an error that says why; with ``strict=False`` it is left out, and listed."""
    page = listing_page(rows(10), 1)
    before, line, after = page.partition(page[page.index(b"     4|") : page.index(b"     5|")])
    assert old in line
    page = before + line.replace(old, new) + after
    with pytest.raises(AnswerError, match=f"row 4: {reason}.*strict=False leaves such rows out"):
        parse(page)
    lenient = parse(page, strict=False)
    assert len(lenient.rows) == 9
    (bad,) = lenient.bad_rows
    assert isinstance(bad, BadRow)
    assert bad.number == 4
    assert bad.text == html.unescape(line.replace(old, new).decode()).strip()


def test_a_full_class_parses_in_seconds_and_little_memory():
    """A tenth of a class of 38,060 rows takes less than 1 s; a page leaves only its rows in memory."""
    pages = [listing_page(rows(300), number) for number in (1, 2, 3)]
    parse(pages[0])
    start = time.process_time()
    for number in range(38):
        parse(pages[number % 2], page=number % 2 + 1)
    assert time.process_time() - start < 1
    tracemalloc.start()
    parse(pages[0])
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for _ in range(5):
        parse(pages[0])
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 5 << 20
    assert after - before < 1 << 20


SMALL = listing_page(rows(3), 1)


def check_any(content: bytes) -> None:
    """The page is read completely, or a typed error keeps it."""
    for strict in (True, False):
        try:
            page = parse(content, strict=strict)
        except AnswerError as error:
            kept = error.content
            page = None
        if page is None:
            assert kept == content
            continue
        for row in page.rows:
            assert row.name
            assert 0 <= row.ra <= 360.3
            assert -90 <= row.dec <= 90
            assert "|" not in "".join(each for each in row if isinstance(each, str))


@given(st.binary())
@example(b"<!")
@example(b"<![if")
@example(b"<?xml version='1.0'?><pre>")
@example(b"<form>Page 1 of 1</form><pre><strong></strong></pre>")
@example(b"<form>Page 1 of 1</form><pre><strong></strong>|</pre>")
@example(b"<form>Page 1 of 1</form><pre><strong></strong>1</pre>")
def test_any_bytes_are_a_page_or_an_error(content):
    """Whatever comes, nothing but `AnswerError` is raised."""
    check_any(content)
    check_any(b"<form>Page 1 of 1</form><pre><strong></strong>" + content + b"</pre>")


@given(data=st.data())
def test_changed_pages_are_a_page_or_an_error(data):
    """A real page with pieces cut out, doubled or overwritten is a page or an error."""
    content = SMALL
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(len(content), start + 300)))
        piece = data.draw(
            st.one_of(
                st.sampled_from(
                    [b"", content[start:stop] * 2, b"|", b"</pre>", b"<pre>", b"<", b"\n", b"&#0;", b"<!["]
                ),
                st.binary(max_size=20),
            )
        )
        content = content[:start] + piece + content[stop:]
    check_any(content)


@given(
    st.lists(
        st.text(st.characters(blacklist_characters="|\n\r\0", blacklist_categories=("Cs",)), max_size=15),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_without_bars_comes_back(names):
    """A name of any characters but bars and line ends comes back, without the blanks around it."""
    wanted = [name.replace("\xa0", " ").strip() for name in names]
    names = [name for name, want in zip(names, wanted, strict=True) if want not in ("", "*")]
    page = parse(listing_page([Row(name) for name in names], 1))
    assert [row.name for row in page.rows] == [want for want in wanted if want not in ("", "*")]
