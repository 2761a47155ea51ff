"""Documents as they came, read as lists of entries.

What a document is, its bytes decide; Content-Type only helps to decode it. Nothing here fetches or
stores, and nothing is raised for what a publisher sent: a document that cannot be read is a
`Failure` that says what it is. The libraries below are heavy: only workers import this package.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from aggregator.model import Failure, FailureKind, FeedLinks, ListingRule, ParsedFeed, SitemapIndex
from aggregator.parse import discover, feed, jsonfeed, searches, sitemap
from aggregator.parse import listing as listing_page
from aggregator.parse.page import Page
from aggregator.parse.sniff import binary_name, markup_of, root_name
from aggregator.text.decode import decode
from aggregator.text.repair import repair
from aggregator.text.selectors import SelectorMistakeError
from aggregator.text.xmlchars import one_line
from aggregator.urls import redact

_MAX_INFLATED = 64 * 1024 * 1024

Parsed = ParsedFeed | FeedLinks | SitemapIndex | Failure


@dataclass(frozen=True, slots=True)
class _Document:
    """What is read, and how."""

    content_type: str
    charset: str | None
    url: str
    max_entries: int
    now: datetime
    is_guessing: bool


def read(
    body: bytes,
    *,
    content_type: str,
    charset: str | None,
    url: str,
    kind: Literal["auto", "feed", "listing", "sitemap"],
    listing: ListingRule | None,
    max_entries: int,
    now: datetime,
    is_guessing: bool = False,
) -> Parsed:
    """Read a fetched document as a feed, or as a listing or sitemap where the source says so.

    An HTML page that is no feed but leads to some gives `FeedLinks`; with `is_guessing` these include
    the usual paths, so that every page gives some. A sitemap of sitemaps gives `SitemapIndex`.
    Anything else gives `Failure(NOT_A_FEED)` whose detail says what the document is.
    """
    document = _Document(content_type, charset, url, max_entries, now, is_guessing)
    try:
        found = _read(body, document, kind, listing)
    except MemoryError:
        raise  # the worker's limit; its owner reports it
    except Exception as error:  # noqa: BLE001 - the libraries raise anything on hostile input
        return _not_a_feed(f"it cannot be read ({type(error).__name__}: {error})")
    if isinstance(found, ParsedFeed):
        return replace(found, entries=tuple(map(searches.settle, found.entries)))
    if isinstance(found, Failure) and kind == "sitemap":
        return replace(found, detail=found.detail.replace("not a feed", "not a sitemap", 1))
    return found


def _read(
    body: bytes,
    document: _Document,
    kind: Literal["auto", "feed", "listing", "sitemap"],
    rule: ListingRule | None,
) -> Parsed:
    body = _inflate(body)
    if not body.strip(b"\0 \t\r\n"):
        return _not_a_feed("the document is empty")
    if binary := binary_name(body):
        return _not_a_feed(binary)
    url, limit, now = document.url, document.max_entries, document.now
    if kind == "listing" and rule is not None:
        text = decode(body, document.charset, markup="html")
        try:
            return listing_page.read(repair(text, None), rule, url=url, max_entries=limit, now=now)
        except SelectorMistakeError as error:
            return Failure(FailureKind.NOT_A_FEED, one_line(str(error)))
    markup = markup_of(body)
    text = decode(body, document.charset, markup=markup)
    if markup == "json":
        try:
            return jsonfeed.read(text, url=url, max_entries=limit, now=now)
        except jsonfeed.NotJSONFeedError as error:
            return _not_a_feed(str(error))
    if markup == "html":
        return _page(text, document)
    root = root_name(text)
    if sitemap.is_sitemap(root or "") or (kind == "sitemap" and root is None):
        return _sitemap(text, document)
    found = feed.read(text, url=url, max_entries=limit, now=now)
    return found or _not_a_feed(_describe(text, document.content_type))


def _inflate(body: bytes) -> bytes:
    """Undo gzip that no header announced; a cut stream gives what it held."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, _MAX_INFLATED)
    except zlib.error:
        return body


def _page(text: str, document: _Document) -> FeedLinks | Failure:
    page = Page(text, document.url)
    links = discover.find(page, is_guessing=document.is_guessing)
    return links or _not_a_feed(discover.describe(page))


def _sitemap(text: str, document: _Document) -> ParsedFeed | SitemapIndex | Failure:
    found = sitemap.read(text, url=document.url, max_entries=document.max_entries, now=document.now)
    return found or _not_a_feed(_describe(text, document.content_type))


def _describe(text: str, content_type: str) -> str:
    root = root_name(text)
    if root:
        return f"XML whose root element is <{root}>"
    start = one_line(text[:80])
    served = f", served as {one_line(content_type)}" if content_type else ""
    return f"text that begins “{start}”{served}"


def _not_a_feed(what: str) -> Failure:
    return Failure(FailureKind.NOT_A_FEED, redact(one_line(f"not a feed: {what}"[:400])))
