"""How the tests of this room hand a document to the reader."""

from datetime import UTC, datetime
from typing import Literal

from aggregator import parse
from aggregator.model import Entry, Failure, ListingRule, ParsedFeed

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
URL = "https://example.com/news/feed.xml"


def read(
    body: str | bytes,
    *,
    content_type: str = "application/xml",
    charset: str | None = None,
    url: str = URL,
    kind: Literal["auto", "feed", "listing", "sitemap"] = "auto",
    listing: ListingRule | None = None,
    max_entries: int = 100,
    is_guessing: bool = False,
) -> parse.Parsed:
    return parse.read(
        body.encode() if isinstance(body, str) else body,
        content_type=content_type,
        charset=charset,
        url=url,
        kind=kind,
        listing=listing,
        max_entries=max_entries,
        now=NOW,
        is_guessing=is_guessing,
    )


def feed(body: str | bytes, **options: object) -> ParsedFeed:
    found = read(body, **options)  # type: ignore[arg-type]
    assert isinstance(found, ParsedFeed), found
    return found


def failure(body: str | bytes, **options: object) -> str:
    found = read(body, **options)  # type: ignore[arg-type]
    assert isinstance(found, Failure), found
    return found.detail


def rss(item: str, channel: str = "", attributes: str = "") -> str:
    return (
        f'<?xml version="1.0"?><rss version="2.0" {attributes}><channel><title>Example</title>'
        f"<link>https://example.com/</link>{channel}<item>{item}</item></channel></rss>"
    )


def atom(entry: str, feed: str = "", attributes: str = "") -> str:
    return (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Example</title>'
        f"{feed}<entry>{entry}</entry></feed>"
    )


def one(body: str | bytes, **options: object) -> Entry:
    entries = feed(body, **options).entries
    assert len(entries) == 1
    return entries[0]
