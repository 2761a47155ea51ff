"""What a poll that succeeded teaches about a source: when it publishes, and whether polls keep up.

Counts moments with news, not entries: thirty articles of one morning are one arrival. A publisher's
date is believed only where it can be true: after the last poll, which did not see the entry yet, and
not after this one. Otherwise the arrival is known to lie between the two polls and no better.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.model import HOURS, Rhythm
from aggregator.polling.records import History

WEEK = timedelta(days=7)
BATCH = timedelta(minutes=5)  # entries this close together are one arrival: nobody could poll between them
_HALF_LIFE = 4.0  # weeks until an arrival counts half: seasons change, one odd week is no habit
_MEAN_LIFE = _HALF_LIFE * 1.4427  # weeks; over ln 2
_KEPT = 20  # moments that show the present pace
_OLDEST = 26 * WEEK  # dates of a first document that still say something
_MADE_UP = timedelta(minutes=2)  # a date this close to the poll was probably written for it
_HOUR = timedelta(hours=1)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


def observe(
    history: History,
    *,
    now: datetime,
    published: Sequence[datetime] = (),
    known: int = 0,
    total: int = 0,
    is_in_turn: bool = True,
) -> History:
    """Carry a source's history on by one poll that succeeded.

    `published` are the dates of the entries that were new, as far as they have one; `known` of the
    `total` entries of the document were stored before. A document that did not change (304, same
    bytes) is `total=0`. A poll that came long before its time (`is_in_turn=False`) is no empty poll.
    """
    since = history.rhythm.counted_until
    new = max(total - known, 0)
    if since is None:
        return _first(history, now, published)
    since = min(since, now)  # our clock may have been set back
    believed = [date for date in published if date > since and now - date > _MADE_UP]
    moments = distinct(believed)
    # Nothing can be lost where there was nothing before: a new blog, a search that found nothing yet.
    may_be_hole = new > 0 and known == 0 and bool(history.arrivals)
    is_hole = may_be_hole and (len(moments) > 1 or (not believed and new > 1))
    begin = since
    if is_hole and moments:
        begin = moments[0]  # what came before it and was lost is unknown, so that time is not counted
    if moments:
        last = history.arrivals[0] if history.arrivals else None
        moments = [moment for moment in moments if last is None or abs(moment - last) > BATCH]
        hours = _counted(_faded(history.rhythm, since, now), moments, now)
    elif new > 0:
        moments = [now]
        hours = _spread(_faded(history.rhythm, since, now), since, now)
    else:
        hours = _faded(history.rhythm, since, now)
    overlap = history.rhythm.overlap
    if total > 0:
        overlap = (total - new) / total
        if overlap < 0.5 and len(moments) < 2 and not is_hole:
            overlap = None  # one batch that replaces the others shows nothing of how long entries stay
    weeks = history.rhythm.weeks * _fading(since, now) + _faded_weeks(begin, now)
    return replace(
        history,
        arrivals=tuple(sorted((*moments, *history.arrivals), reverse=True)[:_KEPT]),
        empty_polls=0 if new > 0 else history.empty_polls + is_in_turn,
        failures=0,
        rhythm=Rhythm(hours, weeks, now, overlap),
        holes=history.holes + is_hole,
        hole_at=now if is_hole else history.hole_at,
    )


def _first(history: History, now: datetime, published: Sequence[datetime]) -> History:
    """Read the habits of the past out of a source's first document."""
    past = [date for date in published if _MADE_UP < now - date <= _OLDEST and not _is_midnight(date)]
    moments = distinct(past)
    # One entry may be pinned for years: the oldest quarter does not say how far back the document goes.
    moments = moments[len(moments) // 4 :]
    if len(moments) < 3:
        return replace(history, failures=0, rhythm=replace(history.rhythm, counted_until=now))
    hours = [0.0] * HOURS
    for moment in moments:
        hours[hour_of_week(moment)] += 0.5 ** ((now - moment) / WEEK / _HALF_LIFE)
    span = (now - moments[0]) / WEEK
    weeks = _MEAN_LIFE * (1 - 0.5 ** (span / _HALF_LIFE))
    return replace(
        history,
        arrivals=tuple(sorted(moments, reverse=True)[:_KEPT]),
        empty_polls=0,
        failures=0,
        rhythm=Rhythm(tuple(hours), weeks, now, None),
    )


def distinct(dates: Iterable[datetime]) -> list[datetime]:
    """Return the moments at which batches of entries began, oldest first."""
    moments: list[datetime] = []
    for date in sorted(dates):
        if not moments or date - moments[-1] > BATCH:
            moments.append(date)
    return moments


def hour_of_week(instant: datetime) -> int:
    """Return the hour of the week, UTC, 0 is Monday at midnight."""
    return (instant - _MONDAY) // _HOUR % HOURS


def into_hour(instant: datetime) -> float:
    """Return which part of its hour has passed, 0…1."""
    return (instant - _MONDAY) % _HOUR / _HOUR


def _is_midnight(date: datetime) -> bool:
    """Tell whether a date has no time of day, as it seems."""
    return (date - _MONDAY) % timedelta(days=1) == timedelta(0)


def _fading(since: datetime, now: datetime) -> float:
    """Return what is left of a count: it fades in steps, each Monday.

    Poll by poll it would fade by less than what the stored digits can hold.
    """
    weeks = (now - _MONDAY) // WEEK - (since - _MONDAY) // WEEK
    return float(0.5 ** (weeks / _HALF_LIFE))


def _faded(rhythm: Rhythm, since: datetime, now: datetime) -> tuple[float, ...]:
    hours = rhythm.hours if len(rhythm.hours) == HOURS else (0.0,) * HOURS
    factor = _fading(since, now)
    return hours if factor == 1.0 else tuple(count * factor for count in hours)


def _faded_weeks(since: datetime, now: datetime) -> float:
    """Return how many weeks lie between two instants, each faded as its arrivals are."""
    span, this_week = (now - since) / WEEK, (now - _MONDAY) % WEEK / WEEK
    if span <= this_week:
        return span
    whole, rest = divmod(span - this_week, 1.0)
    fading = 0.5 ** (1 / _HALF_LIFE)
    faded = fading * (1 - fading**whole) / (1 - fading) + rest * fading ** (whole + 1)
    return float(this_week + faded)


def _counted(hours: tuple[float, ...], moments: Iterable[datetime], now: datetime) -> tuple[float, ...]:
    counts = list(hours)
    for moment in moments:
        counts[hour_of_week(moment)] += _fading(moment, now)
    return tuple(counts)


def _spread(hours: tuple[float, ...], since: datetime, now: datetime) -> tuple[float, ...]:
    """Count one arrival that came at some time between two polls.

    Spread evenly, not put at the second poll: there, polls once late would stay late, because
    the hour that they are aimed at would be the hour in which they were made.
    """
    first, last = hour_of_week(since), hour_of_week(now)
    length = HOURS if now - since >= WEEK else (last - first) % HOURS + 1
    counts = list(hours)
    for step in range(length):
        counts[(last - step) % HOURS] += 1.0 / length
    return tuple(counts)
