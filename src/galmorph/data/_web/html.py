"""HTML that came from a web service, parsed with the doubts that it deserves."""

import re
from collections.abc import Callable

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from galmorph.data._web.request import Answer
from galmorph.errors import AnswerError

__all__ = ["parse_html"]


def parse_html(answer: Answer, wrong: Callable[[str], AnswerError]) -> tuple[str, BeautifulSoup]:
    """Parse an HTML page.

    Parameters
    ----------
    answer
        What came.
    wrong
        Makes an error of what is wrong.

    Returns
    -------
    str
        The page as text.
    BeautifulSoup
        The page as a tree.

    Raises
    ------
    AnswerError
        What `wrong` returns, if it is no HTML.
    """
    try:
        text = answer.content.decode()
    except UnicodeDecodeError:
        text = answer.content.decode("latin-1")
    if re.search("<(html|body|table|form|pre)", text, re.IGNORECASE) is None:
        raise wrong(f"expected an HTML page, got {text[:80]!r}")
    # Without processing instructions (<?xml ...?>): Beautiful Soup would warn that this may be no HTML.
    try:
        return text, BeautifulSoup(re.sub(r"<\?[^>]*>?", "", text), "html.parser")
    except (ParserRejectedMarkup, AssertionError, ValueError, RecursionError) as error:
        raise wrong(f"expected an HTML page, got something that can't be parsed ({error})") from error
