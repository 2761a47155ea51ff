"""What a user's rule for a site makes of a page: what is stripped, the body, title, authors, date, next page.

A selector that finds nothing, or fails here, is said in the notes; the page is then read as without it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement

from aggregator.extract.page import Page
from aggregator.model import SiteRule
from aggregator.text import selectors
from aggregator.text.dates import parse_date
from aggregator.text.selectors import SelectorMistakeError
from aggregator.text.xmlchars import one_line
from aggregator.urls import join

_AUTHORS = 10
_TITLE = 500  # characters
_NAME = 200

Told = Callable[[str, HtmlElement], None]
"""Is told the name of a cut and the element that goes."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule reads of a page beside the text; None and () where it has no selector or finds nothing."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    next_url: str | None = None
    notes: tuple[str, ...] = ()


def read(page: Page, rule: SiteRule, lang: str | None, now: datetime | None) -> Said:
    """Read an uncut page; a date needs `now`, by which it is judged."""
    notes: list[str] = []
    title = next(_texts(page.tree, rule.title, "title", notes), None)
    authors = tuple(
        name[:_NAME]
        for text in _texts(page.tree, rule.author, "author", notes)
        for name in text.split(";")
        if name.strip()
    )
    written = _texts(page.tree, rule.date, "date", notes, "datetime", "content") if now else ()
    dates = [parse_date(text, lang=lang, now=now, is_relative_allowed=True) for text in written if now]
    published_at = next(filter(None, dates), None)
    if dates and published_at is None:
        notes.append("the rule's date finds no text that is a date")
    return Said(
        title=title[:_TITLE] if title else None,
        authors=tuple(dict.fromkeys(name.strip() for name in authors))[:_AUTHORS],
        published_at=published_at,
        next_url=_next_url(page, rule, notes),
        notes=tuple(notes),
    )


def strip(tree: HtmlElement, rule: SiteRule, told: Told | None = None) -> tuple[str, ...]:
    """Take out of a tree, in place, what the rule strips; the notes say which selector failed.

    One that finds nothing is no mistake: not every page holds a box for readers.
    """
    notes = []
    for selector in rule.strip:
        try:
            found = selectors.elements(tree, selector)
        except SelectorMistakeError as error:
            notes.append(_failed("strip", selector, error))
            continue
        for element in found:
            if element.getparent() is None:  # the whole page, or gone with another
                continue
            if told:
                told("strip", element)
            if element.tail and not element.tail.strip():
                element.tail = None  # joining white space to what is before costs its length each time
            element.drop_tree()
    return tuple(notes)


def body(tree: HtmlElement, rule: SiteRule) -> tuple[tuple[HtmlElement, ...], tuple[str, ...]]:
    """Choose the elements of the body, none inside of another, and say why there are none."""
    notes: list[str] = []
    for selector in rule.body:
        try:
            found = selectors.elements(tree, selector)
        except SelectorMistakeError as error:
            notes.append(_failed("body", selector, error))
            continue
        if found:
            chosen = set(found)
            return tuple(each for each in found if chosen.isdisjoint(each.iterancestors())), tuple(notes)
    if rule.body:
        notes.append("the rule's body finds nothing on this page")
    return (), tuple(notes)


def _texts(
    tree: HtmlElement, wanted: tuple[str, ...], key: str, notes: list[str], *attributes: str
) -> Iterator[str]:
    """Give what the first selector that finds any text finds."""
    for selector in wanted:
        try:
            found = selectors.texts(tree, selector, *attributes)
        except SelectorMistakeError as error:
            notes.append(_failed(key, selector, error))
            continue
        if found:
            yield from found
            return
    if wanted and key != "next_page":  # that there is none is how the last page looks
        notes.append(f"the rule's {key} finds nothing on this page")


def _next_url(page: Page, rule: SiteRule, notes: list[str]) -> str | None:
    for text in _texts(page.tree, rule.next_page, "next_page", notes, "href"):
        if url := join(page.base, text):
            return url
    return None


def _failed(key: str, selector: str, error: SelectorMistakeError) -> str:
    return f"the rule's {key} {one_line(selector)[:100]!r} {error}"
