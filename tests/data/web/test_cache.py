"""The cache of answers: complete or not at all."""

import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from cache_process import put_many
from hypothesis import given, settings
from hypothesis import strategies as st

from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.request import Answer, Request

REQUEST = Request(url="https://ned.invalid/cgi", params=(("M", "1010"), ("page", "1")))
ANSWER = Answer(url="https://ned.invalid/cgi?M=1010", content=b"line\nline\0\xff", content_type="text/html")


def kept_file(folder: Path) -> Path:
    """The only file of a cache."""
    (file,) = (each for each in folder.rglob("*") if each.is_file())
    return file


def test_what_is_put_comes_back(tmp_path):
    """An answer comes back as it was, also from another cache in the same folder, and only for its request."""
    cache = AnswerCache(tmp_path / "new" / "folder")
    assert cache.get(REQUEST) is None
    assert REQUEST not in cache
    cache.put(REQUEST, ANSWER)
    again = AnswerCache(str(tmp_path / "new" / "folder"))
    assert again.get(REQUEST) == ANSWER
    assert REQUEST in again
    for other in (
        Request(url=REQUEST.url, params=REQUEST.params[::-1]),
        Request(url=REQUEST.url, params=(("M", "1010&page=1"),)),
        Request(url=REQUEST.url + "2", params=REQUEST.params),
    ):
        assert again.get(other) is None


@pytest.fixture(scope="module")
def used_cache(tmp_path_factory):
    """A cache that already holds an answer."""
    cache = AnswerCache(tmp_path_factory.mktemp("cache"))
    cache.put(REQUEST, ANSWER)
    return cache


@settings(max_examples=30)
@given(content=st.binary(), url=st.text(), kind=st.text())
def test_any_content_comes_back(used_cache, content, url, kind):
    """All bytes and texts come back, and each answer takes the place of the one before."""
    cache = used_cache
    answer = Answer(url=url, content=content, content_type=kind)
    cache.put(REQUEST, answer)
    assert cache.get(REQUEST) == answer


def test_files_are_addressed_by_content_of_the_request(tmp_path):
    """A file's name is 64 hexadecimal digits, in a folder of the first two: nothing of the request is in a path."""
    AnswerCache(tmp_path).put(Request(url="http://x/../../etc", params=(("a", "../../b"),)), ANSWER)
    path = kept_file(tmp_path).relative_to(tmp_path)
    assert len(path.name) == 64
    assert set(path.name) <= set("0123456789abcdef")
    assert str(path.parent) == path.name[:2]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "no header", "list", "longer", "folder"])
def test_damaged_files_count_as_absent(tmp_path, damage):
    """A file that was cut or changed, or a folder in its place, counts as missing, and can be written again."""
    cache = AnswerCache(tmp_path)
    cache.put(REQUEST, ANSWER)
    file = kept_file(tmp_path)
    whole = file.read_bytes()
    damaged = {
        "cut": whole[:-1],
        "flipped": whole[:-1] + b"\xfe",
        "empty": b"",
        "no header": b"\n" + ANSWER.content,
        "list": b"[]\n" + ANSWER.content,
        "longer": whole + b"x",
    }
    if damage == "folder":
        file.unlink()
        file.mkdir()
        assert cache.get(REQUEST) is None
        return
    file.write_bytes(damaged[damage])
    assert cache.get(REQUEST) is None
    cache.put(REQUEST, ANSWER)
    assert cache.get(REQUEST) == ANSWER


def test_larger_files_than_asked_for_are_not_read(tmp_path):
    """A file larger than the request accepts, with its header, counts as absent."""
    cache = AnswerCache(tmp_path)
    cache.put(REQUEST, Answer(url="http://x", content=bytes(200_000), content_type=""))
    assert cache.get(REQUEST) is not None
    assert cache.get(Request(url=REQUEST.url, params=REQUEST.params, max_bytes=100_000)) is None


@pytest.mark.slow
def test_processes_may_share_a_folder(tmp_path):
    """While another process writes the same answer as this one, whoever reads gets one of the two, whole."""
    cache = AnswerCache(tmp_path)
    cache.put(REQUEST, ANSWER)
    writer = get_context("spawn").Process(target=put_many, args=(str(tmp_path), REQUEST, "a"))
    writer.start()
    seen = set()
    while writer.is_alive():
        if not seen:
            time.sleep(0.001)  # the other process imports first, which takes longer while this one is busy
        else:
            cache.put(REQUEST, Answer(url="http://x", content=b"b" * 100_000, content_type=""))
        answer = cache.get(REQUEST)
        assert answer is not None
        if answer != ANSWER:
            seen.add(answer.content)
    writer.join()
    assert writer.exitcode == 0
    assert seen == {b"a" * 100_000, b"b" * 100_000}


def test_threads_may_share_a_cache(tmp_path):
    """Many threads that put the same answer leave one file and no scratch."""
    cache = AnswerCache(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cache.put(REQUEST, ANSWER), range(50)))
    assert kept_file(tmp_path).is_file()
    assert cache.get(REQUEST) == ANSWER
    assert repr(cache) == f"AnswerCache({str(tmp_path)!r})"
