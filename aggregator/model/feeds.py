"""A document read as entries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.fetching import Hint


class DateOrigin(StrEnum):
    """Where a date came from, so that nobody takes a guess for a fact."""

    FEED = "feed"
    PAGE = "page"
    FIRST_SEEN = "first-seen"


@dataclass(frozen=True, slots=True)
class Author:
    """A person or body named as author."""

    name: str
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that comes with an entry."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One element as the publisher gave it, cleaned of everything active but not judged."""

    raw_id: str | None  # exactly as given, before any resolution
    url: str | None  # absolute link to the article; never canonicalised
    title: str  # plain text, one line, "" when absent
    summary_html: str = ""  # sanitised
    content_html: str = ""  # sanitised; the fullest content the feed carries
    authors: tuple[Author, ...] = ()
    tags: tuple[str, ...] = ()
    lang: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    enclosures: tuple[Enclosure, ...] = ()
    image_url: str | None = None
    outlet: str | None = None  # the real outlet, where a source element names it
    outlet_url: str | None = None
    comments_url: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A document read as a list of entries, newest first as far as it tells."""

    format: str  # "rss20", "atom10", "json11", "listing", …
    title: str
    entries: tuple[Entry, ...]
    site_url: str | None = None
    lang: str | None = None
    hints: tuple[Hint, ...] = ()  # ttl, sy:updatePeriod
    skip_hours: tuple[int, ...] = ()  # UTC
    skip_days: tuple[int, ...] = ()  # Monday is 0
    note: str | None = None  # what was odd, for `status`


@dataclass(frozen=True, slots=True)
class ListingRule:
    """CSS selectors that read a page without a feed as entries."""

    item: str
    link: str = "a"
    title: str | None = None
    date: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """An HTML page that is no feed but names some: (address, title), best first."""

    links: tuple[tuple[str, str], ...]
