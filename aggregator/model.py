"""The records that the stages hand to one another: frozen, plain, picklable.

Nothing here decides, fetches or stores. Instants end in `_at` and are aware UTC; booleans start
with `is_` or `has_`; sequences are tuples. A failure that can be expected is a `Failure` value.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# --- fetching ---------------------------------------------------------------------------------


class FailureKind(StrEnum):
    """Why a poll or a page fetch did not give what was asked; each has its own back-off."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"  # not HTTP, broken framing, header limits
    BAD_URL = "bad-url"
    FORBIDDEN_ADDRESS = "forbidden-address"
    REDIRECTS = "redirects"  # a loop or more than 10 hops
    TOO_LARGE = "too-large"
    SERVER_ERROR = "server-error"  # 5xx
    RATE_LIMITED = "rate-limited"  # 429
    DENIED = "denied"  # 401, 403, 451
    WALL = "wall"  # an anti-bot page instead of the document
    NOT_FOUND = "not-found"  # 404
    GONE = "gone"  # 410
    CLIENT_ERROR = "client-error"  # any other 4xx
    ROBOTS = "robots"  # robots.txt asks us not to
    NOT_A_FEED = "not-a-feed"
    NOT_HTML = "not-html"  # a PDF, a video … behind an article link
    LIMIT = "limit"  # the worker was stopped: CPU, memory or wall time
    EMPTY = "empty"  # a page without any text


@dataclass(frozen=True, slots=True)
class Failure:
    """An expected failure, as a value."""

    kind: FailureKind
    detail: str  # one line for the user, secrets already redacted
    status: int | None = None  # HTTP status, where one came
    retry_after: timedelta | None = None  # what the server asked for


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified exactly as the server gave them, to be echoed verbatim (RFC 9110)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """A wish of the server or the feed about when to come back."""

    source: str  # "retry-after", "cache-control", "expires", "ttl", "sy:updatePeriod"
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop of a redirect chain."""

    status: int
    url: str  # where it led, absolute


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch, with the bounds that hold for this one exchange."""

    url: str
    max_bytes: int  # decoded bytes
    validators: Validators = Validators()
    headers: tuple[tuple[str, str], ...] = ()  # extra headers of this source
    accept: str = "*/*"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document that arrived whole."""

    url: str  # as asked
    final_url: str  # after redirects
    status: int
    content_type: str  # media type, lower case, without parameters; "" when absent
    charset: str | None  # charset parameter of Content-Type
    body: bytes  # decoded from any content coding
    validators: Validators
    hints: tuple[Hint, ...] = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says that our copy is still good (304)."""

    url: str
    final_url: str
    validators: Validators  # what to keep: refreshed by the 304 where it carried some
    hints: tuple[Hint, ...] = ()
    redirects: tuple[Redirect, ...] = ()


FetchResult = Fetched | NotModified | Failure

# --- parsing ----------------------------------------------------------------------------------


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


# --- articles and text ------------------------------------------------------------------------


class Quality(StrEnum):
    """What an article's text is worth."""

    FULL = "full"
    PARTIAL = "partial"
    TEASER = "teaser"
    PAYWALL = "paywall"
    CONSENT_WALL = "consent-wall"
    ERROR_PAGE = "error-page"
    FAILED = "failed"  # the page could not be had; the feed's own text stands


@dataclass(frozen=True, slots=True)
class Article:
    """The main text of the page behind an entry, or the feed's own text where that is fuller."""

    html: str  # sanitised
    text: str  # plain, paragraphs parted by an empty line
    quality: Quality
    evidence: tuple[str, ...] = ()  # why this quality, where the text came from
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    site_name: str | None = None
    image_url: str | None = None
    canonical_url: str | None = None  # what the page calls itself (rel=canonical), absolute


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text cut into folded words, column by column (all tuples have one length).

    Latin words are whole words; each Han character is a token of its own.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]  # offset of the word in the text
    ends: tuple[int, ...]
    sentences: tuple[int, ...]  # number of the sentence that holds the word
    paragraphs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a worker finds out about a text, once; later stages never tokenise again."""

    lang: str | None  # ISO 639-1
    digest: str  # of the folded body; "" under 12 tokens
    bands: tuple[int, ...]  # LSH band keys, signed 64-bit; () under 12 tokens
    title: Tokens
    text: Tokens


# --- items ------------------------------------------------------------------------------------


class Stage(StrEnum):
    """How far an item has come; the database is the queue."""

    NEW = "new"  # saved; its page is still to be fetched
    SETTLED = "settled"  # its text stands; copies and topics are to be decided
    DONE = "done"


@dataclass(frozen=True, slots=True)
class NewItem:
    """An entry that a poll brought for the first time, ready to be stored."""

    uid: str  # permanent, random, 16 hexadecimal digits
    source_id: str
    identity: str  # what makes the entry the same one at the next poll, within its source
    entry: Entry
    canonical_url: str  # "" where the entry has no link
    content_digest: str  # of title, text and link, to see edits
    published_at: datetime
    published_from: DateOrigin
    first_seen_at: datetime
    stage: Stage
    is_backlog: bool  # older than the first poll of its source publishes


@dataclass(frozen=True, slots=True)
class Item:
    """Our stored unit."""

    id: int  # the database's own number
    uid: str
    source_id: str
    identity: str
    entry: Entry
    canonical_url: str
    published_at: datetime
    published_from: DateOrigin
    first_seen_at: datetime
    updated_at: datetime | None
    stage: Stage
    tries: int
    is_backlog: bool
    is_provisional: bool
    root_id: int | None  # the first item of the family of copies; None: not decided or alone
    lang: str | None
    article: Article | None


@dataclass(frozen=True, slots=True)
class CopyEvidence:
    """Why an item counts as a copy of another."""

    root_id: int
    level: str  # "url", "canonical", "digest", "text"
    share: float  # part of the shorter text found in the longer, 0…1
    note: str  # one sentence for `explain`


# --- matching ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    """What the matcher sees of an item: texts, tokens and the attributes that fields ask for."""

    title: str
    text: str
    title_tokens: Tokens
    text_tokens: Tokens
    url: str
    site: str  # registrable domain of the article
    source_id: str
    tags: tuple[str, ...]  # of the source and of the entry
    tier: str | None
    lang: str | None
    authors: tuple[str, ...]
    published_at: datetime
    quality: Quality | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a decision, readable and sufficient to check it by eye."""

    part: str  # "title", "lead", "near", "penalty" …
    term: str  # the term as the topic writes it, or what was found
    snippet: str  # words around it
    points: float


@dataclass(frozen=True, slots=True)
class Match:
    """The decision on one item and one topic."""

    topic_id: str
    topic_version: str
    is_match: bool
    score: float  # 0…10
    reasons: tuple[Reason, ...]


# --- publishing -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carrier:
    """Another outlet that carries the same text."""

    outlet: str
    url: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class PublishedEntry:
    """An entry of a published feed, complete."""

    entry_id: str  # tag: URI, permanent (RFC 4151)
    seq: int  # order within the topic
    title: str
    url: str
    outlet: str
    outlet_url: str | None
    authors: tuple[str, ...]
    html: str  # sanitised; full text or excerpt as the topic asks
    summary: str  # plain text
    lang: str | None
    tags: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    image_url: str | None
    published_at: datetime  # what the publisher claims
    first_seen_at: datetime
    updated_at: datetime  # last substantial change
    change_note: str | None
    carriers: tuple[Carrier, ...]
    score: float
    matched: tuple[str, ...]  # the terms that matched, for the 'matched: …' line


@dataclass(frozen=True, slots=True)
class TopicFeed:
    """Everything that a published feed is made from; its bytes follow from it alone."""

    topic_id: str
    title: str
    description: str
    lang: str | None
    feed_id: str  # tag: URI
    base_url: str  # where /feeds/<topic>.<format> is served, without a final slash
    updated_at: datetime  # newest change among the entries, or when the topic was first seen
    entries: tuple[PublishedEntry, ...]  # newest first seen first
