"""Parse HTML pages of web services, which may be damaged or something else."""

import re

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from galmorph.data._web.request import Answer, answer_error

__all__ = ["parse_html"]

_MOST_TAGS = 100_000  # a page of 500 images has 20,000; each takes 50 microseconds


def parse_html(answer: Answer, *, asked: str) -> tuple[str, BeautifulSoup]:
    """Parse an HTML page.

    Parameters
    ----------
    answer
        The answer of the service.
    asked
        What was requested, for messages.

    Returns
    -------
    str
        The page as text.
    BeautifulSoup
        The page as a tree.

    Raises
    ------
    AnswerError
        If the answer is not an HTML page, or one of more than 100,000 tags.
    """
    try:
        text = answer.content.decode()
    except UnicodeDecodeError:
        text = answer.content.decode("latin-1")
    if re.search("<(html|body|table|form|pre)", text, re.IGNORECASE) is None:
        raise answer_error(answer, asked, f"expected an HTML page, got {text[:80]!r}")
    if (tags := text.count("<")) > _MOST_TAGS:
        raise answer_error(answer, asked, f"expected an HTML page of at most {_MOST_TAGS} tags, got one of {tags}")
    # Beautiful Soup would warn about processing instructions (<?xml ...?>) that this may not be HTML.
    try:
        return text, BeautifulSoup(re.sub(r"<\?[^>]*>?", "", text), "html.parser")
    except (ParserRejectedMarkup, AssertionError, ValueError, RecursionError) as error:
        raise answer_error(answer, asked, f"expected an HTML page, got one that can't be parsed ({error})") from error
