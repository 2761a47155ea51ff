"""What the feed promised of a page, compared with what came.

Titles and summaries are evidence that the page is the one that was meant; they are never its text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from aggregator.extract.phrases import HAN, LIST_PATH, weight
from aggregator.model import Entry
from aggregator.text.html import plain

_WORD = re.compile(r"[^\W_]{2,}")
_SAME = 0.6  # share of a title's words that makes two titles one
_TELLING = 2  # words of a title by which a page can be missed
_SUMMARY = 150  # weight from which a summary says enough to be looked for
_FRONT = re.compile(
    r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?|home|accueil|startseite)?/?(?:(?:index|default|home)\.\w{2,5})?/?"
)
_VIEW = re.compile(r"(?:amp|print|printable|rss|feed|atom|mobile|index)(?:\.\w{2,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Expected:
    """An entry as its feed describes it; all empty where nothing is known."""

    title: str = ""
    summary: str = ""
    url: str = ""  # the link in the feed

    def names(self, titles: Iterable[str]) -> bool | None:
        """Tell whether one of the page's titles is the entry's; None where either is unknown."""
        wanted = _units(self.title)
        if not wanted:
            return None
        is_known = False
        for title in titles:
            there = _units(title)
            is_known |= bool(there)
            if len(wanted & there) >= _SAME * len(wanted):
                return True
        return False if is_known else None

    def shares_words(self, titles: Iterable[str]) -> bool:
        """Tell whether the entry's title may have anything in common with a page; one word tells nothing."""
        wanted = {word for word in _units(self.title) if len(word) > 3 or HAN.match(word)}
        return len(wanted) < _TELLING or any(wanted & _units(title) for title in titles)

    def found_in(self, text: str) -> float | None:
        """Return which share of the summary's words a text has; None if the summary says too little."""
        if weight(self.summary) < _SUMMARY:
            return None
        wanted = {word for word in _units(self.summary) if len(word) > 3 or HAN.match(word)}
        return len(wanted & _units(text)) / len(wanted) if wanted else None

    def leads_away(self, url: str) -> bool:
        """Tell whether a redirect led to another path than the feed's link has."""
        return bool(self.url and url) and urlsplit(self.url).path.rstrip("/") != urlsplit(url).path.rstrip(
            "/"
        )

    def elsewhere(self, url: str) -> str | None:
        """Say where a redirect led instead of an article: to the front page, a section or a list."""
        if not self.url or not url:
            return None
        asked, given = urlsplit(self.url), urlsplit(url)
        before, after = asked.path.rstrip("/"), given.path.rstrip("/")
        if before == after and asked.query == given.query:
            return None
        was_front = _FRONT.fullmatch(before) and (given.query or not asked.query)
        if _FRONT.fullmatch(after) and not was_front:
            return "the front page"
        if before.startswith(f"{after}/") and asked.hostname == given.hostname:
            # The same article in another dress is no section: /story/amp leads to /story.
            return None if _VIEW.fullmatch(before, len(after) + 1) else "a section"
        target = f"{given.path}?{given.query}"
        if LIST_PATH.search(target.lower()) and not LIST_PATH.search(asked.path.lower()):
            return "a list"
        return None


def expected(entry: Entry | None) -> Expected:
    """Return what an entry says of its page."""
    if entry is None:
        return Expected()
    return Expected(entry.title, plain(entry.summary_html or entry.content_html)[:2000], entry.url or "")


def is_front(url: str) -> bool:
    """Tell the address of a site's front page."""
    return _FRONT.fullmatch(urlsplit(url).path.rstrip("/")) is not None


def _units(text: str) -> set[str]:
    """Return the words of a text, and pairs of characters where words are not parted."""
    units: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if HAN.search(word):
            units.update(word[start : start + 2] for start in range(len(word) - 1))
        else:
            units.add(word)
    return units
