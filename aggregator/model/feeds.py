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
class Link:
    """A link of an entry with what it says about itself."""

    rel: str  # "alternate", "related", "via", "replies", … or a URI (RFC 4287, 4.2.7.2)
    url: str  # absolute
    type: str | None = None  # None where unsaid, and for HTML, which is the rule
    title: str = ""
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """One of several contents of an entry."""

    html: str  # sanitised, "" where the content lies elsewhere
    type: str  # as declared: "text/html", "text/plain", "application/xhtml+xml", …
    lang: str | None = None
    url: str | None = None  # where it lies (RFC 4287, 4.1.3.2)


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
    links: tuple[Link, ...] = ()  # by rel; without a plain alternate to `url` and the enclosures
    contents: tuple[Content, ...] = ()  # those beside content_html
    is_link_opaque: bool = False  # `url` leads a reader to the article but is no page to fetch


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

    item: str  # each of these elements is an entry; all others are looked for inside of it
    link: str = "a"  # its link
    title: str | None = None  # its title; default: the first heading, else the text of the link
    date: str | None = None  # its date: the text, or datetime= of a <time>
    summary: str | None = None  # its text


class LinkOrigin(StrEnum):
    """Where the address of a feed was found, the surest first."""

    LINK_ELEMENT = "link element"
    REFRESH = "meta refresh"  # another page, which may name its feed
    PAGE_LINK = "link in the page"
    PLATFORM = "address of the platform"
    USUAL_PATH = "usual path"


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A candidate for the feed of a page."""

    url: str
    title: str
    origin: LinkOrigin


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """An HTML page that is no feed but leads to some: candidates to be tried in this order."""

    candidates: tuple[FeedLink, ...]
    page: str = ""  # what the page is, for the message when no candidate holds


@dataclass(frozen=True, slots=True)
class ChildSitemap:
    """A sitemap that an index names."""

    url: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SitemapIndex:
    """A sitemap that names others, those that may carry news first, the newest before the older."""

    children: tuple[ChildSitemap, ...]
    note: str | None = None
