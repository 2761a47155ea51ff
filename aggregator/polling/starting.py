"""When sources are due at a start, so that thousands of them do not come at once.

The rule: ten start each second, or as many more as it takes to start all within `poll.interval`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.polling.planning import later

_PACE = timedelta(seconds=0.1)  # between two starts, where there is time for it


def first(*, now: datetime, index: int, count: int, interval: timedelta) -> datetime:
    """Return when the source at place `index` of `count` that were never polled is due.

    `interval` is `poll.interval`. Let neighbours belong to different hosts: a host is a queue of its own.
    """
    place = min(max(index, 0), max(count, 0))
    return later(now, min(_PACE * place, interval * (place / max(count, 1))))


def resume(due: Sequence[datetime], *, now: datetime, interval: timedelta) -> tuple[datetime, ...]:
    """Return when sources are due after a time without us, in the order in which they came.

    Those overdue start by the same rule as new ones, the longest due first; the others stay.
    """
    overdue = sorted((instant, place) for place, instant in enumerate(due) if instant <= now)
    moved = list(due)
    for index, (_instant, place) in enumerate(overdue):
        moved[place] = first(now=now, index=index, count=len(overdue), interval=interval)
    return tuple(moved)
