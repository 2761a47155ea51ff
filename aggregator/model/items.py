"""Our stored unit."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.feeds import DateOrigin, Entry
from aggregator.model.texts import Article


class Stage(StrEnum):
    """How far an item has come; the database is the queue."""

    NEW = "new"  # saved; its page is still to be fetched
    SETTLED = "settled"  # its text stands; copies and topics are to be decided
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What an entry looked like when it was stored: enough to recognise it under another id."""

    canonical_url: str
    title: str
    published_at: datetime | None  # None: the feed gave no date
    identity: str


@dataclass(frozen=True, slots=True)
class NewItem:
    """An entry that a poll brought for the first time, ready to be stored."""

    uid: str  # permanent, random, 16 hexadecimal digits
    source_id: str
    identity: str  # what makes the entry the same one at the next poll, within its source
    entry: Entry
    canonical_url: str  # "" where the entry has no link
    host: str  # registrable domain of the link, "" without one
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
    content_digest: str
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
    is_changed: bool = False  # its text is another one since it was decided

    @property
    def title(self) -> str:
        """The entry's title; a sitemap's entries have theirs from the page."""
        return self.entry.title or (self.article.title if self.article else None) or ""
