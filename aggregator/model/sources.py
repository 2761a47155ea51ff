"""What we remember of a source between polls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.fetching import FailureKind, Hint, Validators
from aggregator.model.rhythm import Rhythm


class Outcome(StrEnum):
    """What one poll came to."""

    NEW = "new"  # at least one entry that we had not seen
    EDITED = "edited"  # no new entry, but the text of a known one changed
    NOTHING = "nothing"  # the document changed, its entries did not
    UNCHANGED = "unchanged"  # 200 with the same bytes
    NOT_MODIFIED = "not-modified"  # 304
    FAILED = "failed"
    HELD = "held"  # it was not asked, since it was not the time for it


@dataclass(frozen=True, slots=True)
class Child:
    """A document that a source's own document names and that is polled with it: a sitemap of an index."""

    url: str
    validators: Validators = Validators()
    body_digest: str = ""
    validated_at: datetime | None = None  # when the document last came whole


@dataclass(frozen=True, slots=True)
class SourceState:
    """What we remember of a source between polls."""

    id: str
    url: str  # as configured
    next_poll_at: datetime
    feed_url: str | None = None  # found behind a page, polled instead of url
    moved_url: str | None = None  # where url has moved for good; polled instead of it
    moving_url: str | None = None  # where url redirects for good lately, not yet believed
    moving_polls: int = 0  # good answers in a row from there
    moving_since: datetime | None = None
    title: str | None = None  # as the document calls itself
    site_url: str | None = None
    config_digest: str = ""
    validators: Validators = Validators()
    validated_at: datetime | None = None  # when they last came with a whole document
    body_digest: str = ""
    children: tuple[Child, ...] = ()
    reason: str = "never polled"  # why next_poll_at is what it is
    interval: timedelta | None = None
    arrivals: tuple[datetime, ...] = ()  # when its last entries were published, newest first
    rhythm: Rhythm = Rhythm()
    holes: int = 0  # polls that may have come too late for some entries
    hole_at: datetime | None = None  # the last of them
    hints: tuple[Hint, ...] = ()  # what the document itself asks for; a 304 does not repeat it
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    empty_polls: int = 0
    failures: int = 0  # in a row
    polls: int = 0
    polls_not_modified: int = 0
    first_polled_at: datetime | None = None  # first success
    last_success_at: datetime | None = None
    last_error: str | None = None
    last_error_kind: FailureKind | None = None
    last_error_at: datetime | None = None
    note: str | None = None  # what is odd about it although it works
    is_retired: bool = False  # 410 twice a day apart
