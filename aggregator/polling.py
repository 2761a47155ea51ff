"""When to poll next: pure arithmetic over a source's history and what its server asks for.

Nothing here reads a clock or decides whether a source is worth keeping. Chance comes in as a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from aggregator.config.schema import PollConfig
from aggregator.model import Failure, FailureKind, Hint

HINT_LIMIT = timedelta(days=7)  # whatever a server asks, we look again after a week
GONE_RECHECK = timedelta(hours=12)  # a second 410 this long after the first retires a source
GONE_PROBE = timedelta(days=7)
_JITTER = 0.1  # share of the wait that chance may add, so that sources do not march in step
_DAY = timedelta(hours=24)

# Factor by which each further failure in a row stretches the wait, and where that ends.
_BACKOFF: dict[FailureKind, tuple[float, timedelta]] = {
    FailureKind.DENIED: (3, 2 * _DAY),
    FailureKind.WALL: (3, 2 * _DAY),
    FailureKind.NOT_FOUND: (2, 7 * _DAY),
}
_TEMPORARY = (2.0, _DAY)


@dataclass(frozen=True, slots=True)
class History:
    """What the arithmetic needs to know of a source."""

    arrivals: tuple[datetime, ...] = ()  # when its last entries were published, newest first
    empty_polls: int = 0  # in a row, without anything new
    failures: int = 0  # in a row, this one included
    is_retired: bool = False


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
    interval: timedelta  # without hints and jitter
    reason: str


def plan(
    *,
    now: datetime,
    settings: PollConfig,
    fixed: timedelta | None,
    history: History,
    failure: Failure | None,
    wishes: Wishes,
    chance: float,
) -> Plan:
    """Decide when a source is polled next.

    `chance` is in 0…1. The result is never before what a hint asks for and never beyond the ceiling
    of its case plus jitter (DESIGN: half the usual gap; x1.5 after each empty poll; hints up to 7 days).
    """
    interval, reason = usual(now=now, settings=settings, fixed=fixed, history=history)
    wait = interval
    if failure is not None:
        wait, reason = after_failure(interval, history, failure)
    for hint in wishes.hints:
        asked = min(hint.wait, HINT_LIMIT)
        if asked > wait:
            wait, reason = asked, f"the server asks for {spell(asked)} ({hint.source})"
    due = now + wait * (1 + _JITTER * chance)
    allowed = _skip(due, wishes)
    if allowed != due:
        reason = f"{reason}; not in its skipHours or skipDays"
    return Plan(allowed, interval, reason)


def usual(
    *, now: datetime, settings: PollConfig, fixed: timedelta | None, history: History
) -> tuple[timedelta, str]:
    """Return the interval that fits a source's rhythm, and why."""
    if fixed is not None:
        return fixed, f"every {spell(fixed)} as configured"
    gap = usual_gap(history.arrivals, now)
    if gap is None:
        base, reason = settings.interval, f"every {spell(settings.interval)} until its rhythm is known"
    else:
        base, reason = gap / 2, f"it publishes about every {spell(gap)}"
    if history.empty_polls:
        # Bounded before and after: no span may grow beyond what a timedelta can hold.
        base = min(
            min(base, settings.max_interval) * 1.5 ** min(history.empty_polls, 40), settings.max_interval
        )
        reason = f"{reason}; {_times(history.empty_polls, 'poll')} without news"
    return max(settings.min_interval, min(base, settings.max_interval)), reason


def usual_gap(arrivals: Sequence[datetime], now: datetime) -> timedelta | None:
    """Return the median time between a source's entries, the silence since the last included.

    None with fewer than three entries: they show no rhythm.
    """
    if len(arrivals) < 3:
        return None
    instants = [now, *sorted((arrival for arrival in arrivals if arrival <= now), reverse=True)]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(instants)]
    return timedelta(seconds=max(median(gaps), 1.0)) if len(gaps) >= 3 else None


def after_failure(interval: timedelta, history: History, failure: Failure) -> tuple[timedelta, str]:
    """Return how long to wait after a failure, and why."""
    if failure.kind is FailureKind.GONE:
        if history.is_retired:
            return GONE_PROBE, "gone (410): retired, looked at once a week"
        return GONE_RECHECK, "gone (410): looked at once more before it is retired"
    factor, ceiling = _BACKOFF.get(failure.kind, _TEMPORARY)
    wait = max(interval, min(interval * factor ** min(history.failures, 16), ceiling))
    if failure.retry_after is not None:
        asked = min(failure.retry_after, HINT_LIMIT)
        if asked > wait:
            return asked, f"the server asks for {spell(asked)} (Retry-After)"
    return wait, f"{_times(history.failures, 'failure')} in a row: {failure.kind.value}"


def spell(span: timedelta) -> str:
    """Write a span as people say it: 45 s, 5 min, 2 h, 3 d."""
    seconds = span.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _times(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _skip(due: datetime, wishes: Wishes) -> datetime:
    """Move forward out of the hours and days that the feed asks to leave out; a week of them is no wish."""
    moved = due
    for _hour in range(7 * 24):
        if moved.hour not in wishes.skip_hours and moved.weekday() not in wishes.skip_days:
            return moved
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due
