"""What we remember of a source between polls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.fetching import FailureKind, Hint, Validators


class Outcome(StrEnum):
    """What one poll came to."""

    NEW = "new"  # at least one entry that we had not seen
    EDITED = "edited"  # no new entry, but the text of a known one changed
    NOTHING = "nothing"  # the document changed, its entries did not
    UNCHANGED = "unchanged"  # 200 with the same bytes
    NOT_MODIFIED = "not-modified"  # 304
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What we remember of a source between polls."""

    id: str
    url: str  # as configured
    next_poll_at: datetime
    feed_url: str | None = None  # found behind a page, polled instead of url
    title: str | None = None  # as the document calls itself
    site_url: str | None = None
    config_digest: str = ""
    validators: Validators = Validators()
    body_digest: str = ""
    reason: str = "never polled"  # why next_poll_at is what it is
    interval: timedelta | None = None
    arrivals: tuple[datetime, ...] = ()  # when its last entries were published, newest first
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
