"""Documents as they came, read as lists of entries.

What a document is, its bytes decide; Content-Type only helps to decode it. Nothing here fetches or
stores, and nothing is raised for what a publisher sent: a document that cannot be read is a
`Failure` that says what it is. The libraries below are heavy: only workers import this package.
"""

import zlib
from datetime import datetime
from typing import Literal

from aggregator.model import Failure, FailureKind, FeedLinks, ListingRule, ParsedFeed
from aggregator.parse import discover, feed, jsonfeed
from aggregator.parse import listing as listing_page
from aggregator.parse.page import Page
from aggregator.parse.sniff import binary_name, markup_of, root_name
from aggregator.text.decode import decode
from aggregator.text.repair import repair
from aggregator.text.xmlchars import one_line
from aggregator.urls import redact

_MAX_INFLATED = 64 * 1024 * 1024

Parsed = ParsedFeed | FeedLinks | Failure


def read(
    body: bytes,
    *,
    content_type: str,
    charset: str | None,
    url: str,
    kind: Literal["auto", "feed", "listing"],
    listing: ListingRule | None,
    max_entries: int,
    now: datetime,
) -> Parsed:
    """Read a fetched document as a feed, or as a listing where the source says so.

    An HTML page that is no feed but names some gives `FeedLinks`; anything else gives
    `Failure(NOT_A_FEED)` whose detail says what the document is.
    """
    try:
        return _read(
            body, content_type, charset, url, listing if kind == "listing" else None, max_entries, now
        )
    except MemoryError:
        raise  # the worker's limit; its owner reports it
    except Exception as error:  # noqa: BLE001 - the libraries raise anything on hostile input
        return _not_a_feed(f"it cannot be read ({type(error).__name__}: {error})")


def _read(
    body: bytes,
    content_type: str,
    charset: str | None,
    url: str,
    rule: ListingRule | None,
    max_entries: int,
    now: datetime,
) -> Parsed:
    body = _inflate(body)
    if not body.strip(b"\0 \t\r\n"):
        return _not_a_feed("the document is empty")
    if binary := binary_name(body):
        return _not_a_feed(binary)
    markup = markup_of(body) if rule is None else "html"
    text = decode(body, charset, markup=markup)
    if rule is not None:
        try:
            return listing_page.read(repair(text, None), rule, url=url, max_entries=max_entries, now=now)
        except listing_page.SelectorMistakeError as error:
            return Failure(FailureKind.NOT_A_FEED, one_line(str(error)))
    if markup == "json":
        try:
            return jsonfeed.read(text, url=url, max_entries=max_entries, now=now)
        except jsonfeed.NotJSONFeedError as error:
            return _not_a_feed(str(error))
    if markup == "html":
        return _page(text, url)
    found = feed.read(text, url=url, max_entries=max_entries, now=now)
    return found or _not_a_feed(_describe(text, content_type))


def _inflate(body: bytes) -> bytes:
    """Undo gzip that no header announced; a cut stream gives what it held."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, _MAX_INFLATED)
    except zlib.error:
        return body


def _page(text: str, url: str) -> FeedLinks | Failure:
    page = Page(text, url)
    if links := discover.find(page):
        return links
    return _not_a_feed(f"an HTML page titled “{page.title}”" if page.title else "an HTML page without title")


def _describe(text: str, content_type: str) -> str:
    root = root_name(text)
    if root:
        return f"XML whose root element is <{root}>"
    start = one_line(text[:80])
    served = f", served as {one_line(content_type)}" if content_type else ""
    return f"text that begins “{start}”{served}"


def _not_a_feed(what: str) -> Failure:
    return Failure(FailureKind.NOT_A_FEED, redact(one_line(f"not a feed: {what}"[:400])))
