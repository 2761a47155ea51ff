"""What a published feed is made from."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.feeds import Enclosure


@dataclass(frozen=True, slots=True)
class Carrier:
    """Another outlet that carries the same text, or a report of its own of the same event."""

    outlet: str
    url: str
    first_seen_at: datetime
    title: str = ""  # its headline
    is_copy: bool = True  # false: a report of its own


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
    agency: str | None = None  # which the text comes from
    minutes: int = 0  # that reading the whole text takes; 0: unknown


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
    rest: tuple[PublishedEntry, ...] = ()  # Atom alone: not among `entries` and in no page of the archive yet
    shows_matched: bool = True  # in the text of each entry, for eyes
    ttl: timedelta = timedelta(minutes=5)  # how long a reader may keep it before it asks again
    hub: str | None = None  # WebSub hub that tells subscribers of changes
    page: int | None = None  # of the archive (RFC 5005); None: the feed that one subscribes to
    older_page: int | None = None  # the page of the archive that comes before this document
    address: str | None = None  # where it is served, if that is not the address of its file
    page_url: str | None = None  # the same to look at; None: only the list of topics is
