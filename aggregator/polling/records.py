"""The records of this room: what is known of a source, what its server wishes, what follows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model import Hint, Rhythm


@dataclass(frozen=True, slots=True)
class History:
    """What polls have shown of a source; `observe` carries it on, `plan` reads it."""

    arrivals: tuple[datetime, ...] = ()  # its last moments with news, newest first; a batch is one moment
    empty_polls: int = 0  # in a row, without anything new
    failures: int = 0  # in a row, this one included
    is_retired: bool = False
    rhythm: Rhythm = Rhythm()
    holes: int = 0  # polls that may have come too late for some entries
    hole_at: datetime | None = None  # the last of them


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the server and the document ask for."""

    hints: tuple[Hint, ...] = ()
    skip_hours: tuple[int, ...] = ()  # UTC
    skip_days: tuple[int, ...] = ()  # Monday is 0


@dataclass(frozen=True, slots=True)
class Plan:
    """When the next poll is due, and why."""

    next_poll_at: datetime
    interval: timedelta  # what the wait was made from: no poll that comes half as soon is in turn
    reason: str
