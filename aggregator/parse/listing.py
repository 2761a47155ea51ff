"""A page without a feed, read as entries with the CSS selectors of its source.

An item without a link has no address and no id, so that its identity falls to its title
and text; a link is never invented. This module refuses to guess selectors.
"""

from copy import deepcopy
from datetime import datetime

from lxml.html import HtmlElement, tostring

from aggregator.model import Entry, Failure, FailureKind, ListingRule, ParsedFeed
from aggregator.parse.entries import clean_title, newest, text_as_html
from aggregator.parse.page import Page
from aggregator.text import selectors
from aggregator.text.dates import parse_date
from aggregator.text.html import plain, sanitise
from aggregator.text.selectors import SelectorMistakeError
from aggregator.text.xmlchars import one_line
from aggregator.urls import join

_HEADINGS = selectors.css("h1, h2, h3, h4, h5, h6")


def read(text: str, rule: ListingRule, *, url: str, max_entries: int, now: datetime) -> ParsedFeed | Failure:
    """Read the items of a decoded page in the order of the page (newest first where all are dated).

    Without a title selector the first heading of an item is its title, else its link's text, else
    its first line; what follows the title is its content. A Failure if no item gives an entry: the page
    was built anew, or the selectors were never right.
    """
    page = Page(text, url)
    items = _select(page.tree, rule.item, "item")
    entries = [entry for node in items if (entry := _entry(node, rule, page, now)) is not None]
    if not entries:
        why = f"{len(items)} items, none with a title or text" if items else _note(items, rule)
        return Failure(FailureKind.EMPTY, f"nothing to list: {why}")
    return ParsedFeed(
        format="listing",
        title=page.title,
        entries=tuple(newest(entries, [entry.published_at for entry in entries], max_entries)),
        site_url=url,
        lang=page.lang,
        note=_note(items, rule),
    )


def _note(items: list[HtmlElement], rule: ListingRule) -> str | None:
    """Name the selectors that match nothing: the page was built anew, or they were never right."""
    if not items:
        return f"no item matches the selector {rule.item!r}"
    unmatched = [
        f"{name} {selector!r}"
        for name in ("link", "title", "date", "summary")
        if (selector := getattr(rule, name))
        and selector != "a"  # the link that nobody asked for: an item may be one, or need none
        and not any(_select(item, selector, name) for item in items)
    ]
    return f"of {len(items)} items none matches {', '.join(unmatched)}" if unmatched else None


def check(rule: ListingRule) -> tuple[tuple[str, str], ...]:
    """Name each selector that is no CSS, as (field, message)."""
    fields = {
        "item": rule.item,
        "link": rule.link,
        "title": rule.title,
        "date": rule.date,
        "summary": rule.summary,
    }
    problems = []
    for name, selector in fields.items():
        try:
            selectors.css(selector or "*")
        except SelectorMistakeError as error:
            problems.append((name, f"{selector!r} {error}"))
    return tuple(problems)


def _select(node: HtmlElement, selector: str, field: str) -> list[HtmlElement]:
    try:
        return list(selectors.css(selector)(node))
    except SelectorMistakeError as error:
        raise SelectorMistakeError(f"listing.{field}: {selector!r} {error}") from None


def _first(node: HtmlElement, selector: str | None, field: str) -> HtmlElement | None:
    return next(iter(_select(node, selector, field)), None) if selector else None


def _entry(item: HtmlElement, rule: ListingRule, page: Page, now: datetime) -> Entry | None:
    links = [
        node for node in (item, *_select(item, rule.link, "link")) if node.tag == "a" and node.get("href")
    ]
    heading = _first(item, rule.title, "title")
    if heading is None and not rule.title:
        heading = next(iter(_HEADINGS(item)), None)
    if heading is None and not rule.title and links:
        heading = next((link for link in links if one_line(link.text_content())), None)
    title = clean_title(heading.text_content()) if heading is not None else ""
    date = _first(item, rule.date, "date")
    summary = _first(item, rule.summary, "summary")
    content = (
        _html(summary, page.base_url) if summary is not None else _after(item, heading, date, page.base_url)
    )
    if not title:
        title, content = _split_title(content)
    if not title and not content:
        return None
    href = _link(links, heading, page.base_url)
    return Entry(
        raw_id=None,
        url=href,
        title=title,
        summary_html=content if summary is not None else "",
        content_html="" if summary is not None else content,
        lang=page.lang,
        published_at=_date(date, page.lang, now),
    )


def _link(links: list[HtmlElement], heading: HtmlElement | None, base_url: str) -> str | None:
    """Take the link of the heading, else the first that leads to another document."""
    around = [] if heading is None else [*heading.iter("a"), *heading.iterancestors("a")]
    ordered = [link for link in links if link in around] + [link for link in links if link not in around]
    hrefs = (str(link.get("href", "")).strip() for link in ordered)
    return next(
        (found for href in hrefs if href[:1] not in ("", "#") and (found := join(base_url, href))), None
    )


def _html(node: HtmlElement, base_url: str) -> str:
    return sanitise(tostring(node, encoding="unicode", with_tail=False), base_url=base_url)


def _after(item: HtmlElement, heading: HtmlElement | None, date: HtmlElement | None, base_url: str) -> str:
    """Give what stands in an item after its heading, without its date."""
    twin = dict(zip(item.iter(), (clone := deepcopy(item)).iter(), strict=True))
    if date is not None and date is not item:
        twin[date].drop_tree()
    if heading is not None and heading is not item:
        above = {item, *heading.iterancestors()}
        for node in item.iter():
            if node is heading:
                break
            if node in above:
                twin[node].text = None
            elif node.getparent() in above and twin[node].getparent() is not None:
                twin[node].tail = None
                twin[node].drop_tree()
        if twin[heading].getparent() is not None:
            twin[heading].drop_tree()
    return _html(clone, base_url)


def _split_title(content: str) -> tuple[str, str]:
    """Take the first line of a text as its title, the rest as its content."""
    first, _, rest = plain(content).partition("\n")
    return clean_title(first), text_as_html(rest)


def _date(node: HtmlElement | None, lang: str | None, now: datetime) -> datetime | None:
    if node is None:
        return None
    written = [str(node.get(name, "")) for name in ("datetime", "content", "title")]
    dates = (
        parse_date(text, lang=lang, now=now, is_relative_allowed=True)
        for text in (*written, str(node.text_content()))
        if text.strip()
    )
    return next((date for date in dates if date), None)
