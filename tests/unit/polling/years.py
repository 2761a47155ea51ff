"""A simulated year of a source: what it publishes, what our polls see of it, and what that cost."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from aggregator import polling
from aggregator.config.schema import PollConfig
from aggregator.model import Failure, FailureKind, Rhythm

START = datetime(2026, 1, 5, 10, 17, tzinfo=UTC)  # a Monday
YEAR = timedelta(days=364)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTINGS = PollConfig()

Dates = Callable[[datetime, datetime], datetime | None]  # (truth, time of the poll) -> what the feed claims


def honest(truth: datetime, now: datetime) -> datetime | None:
    return truth


@dataclass(frozen=True, slots=True)
class Source:
    """What a source publishes in a year, and how its feed shows it."""

    entries: tuple[datetime, ...]  # oldest first
    window: int  # entries in the document
    dates: Dates = honest
    dead: tuple[datetime, datetime] | None = None  # answers 503 in between


@dataclass(frozen=True, slots=True)
class Year:
    """What a year of polls came to."""

    polls: tuple[datetime, ...]
    delays: tuple[timedelta, ...]  # from publication to the poll that saw it, of each entry seen
    lost: int  # entries that no poll saw …
    lost_later: int  # … after the first two weeks, in which the rhythm is learnt
    history: polling.History
    reasons: tuple[str, ...]

    @property
    def a_day(self) -> float:
        return len(self.polls) / (YEAR / DAY)

    @property
    def usual_delay(self) -> timedelta:
        return sorted(self.delays)[len(self.delays) // 2]

    @property
    def long_delay(self) -> timedelta:
        return sorted(self.delays)[int(len(self.delays) * 0.95)]


def live(source: Source, *, fixed: timedelta | None = None, seed: int = 1, is_rounded: bool = False) -> Year:
    """Poll a source for a year; `fixed` is the naive rule, `is_rounded` what the store makes of counts."""
    chance = Random(seed)
    entries, now = source.entries, START
    history = polling.History()
    polls, reasons, delays = [], [], []
    seen = failures = lost = lost_later = 0
    while now < START + YEAR:
        polls.append(now)
        failure = None
        if source.dead and source.dead[0] <= now < source.dead[1]:
            failure = Failure(FailureKind.SERVER_ERROR, "503", status=503)
            failures += 1
            history = replace(history, failures=failures)
        else:
            failures = 0
            there = bisect_right(entries, now)
            shown = entries[max(0, there - source.window) : there]
            new = entries[max(seen, there - source.window) : there]
            if len(polls) > 1:
                missed = max(0, there - source.window - seen)
                lost += missed
                lost_later += missed if now - START > 14 * DAY else 0
                delays += [now - entry for entry in new]
            history = polling.observe(
                history,
                now=now,
                published=[date for entry in new if (date := source.dates(entry, now)) is not None],
                known=len(shown) - len(new) if new else 0,
                total=len(shown) if new else 0,  # else 304
            )
            seen = there
            if is_rounded:
                history = replace(history, rhythm=_rounded(history.rhythm))
        made = polling.plan(
            now=now,
            settings=SETTINGS,
            fixed=fixed,
            history=history,
            failure=failure,
            wishes=polling.Wishes(),
            chance=chance.random(),
        )
        reasons.append(made.reason)
        now = made.next_poll_at
    return Year(tuple(polls), tuple(delays), lost, lost_later, history, tuple(reasons))


def _rounded(rhythm: Rhythm) -> Rhythm:
    hours = tuple(round(count, 3) for count in rhythm.hours)
    return replace(rhythm, hours=hours, weeks=round(rhythm.weeks, 4))


def _sorted(entries: Sequence[datetime]) -> tuple[datetime, ...]:
    return tuple(sorted(entries))


def _midnights() -> list[datetime]:
    """Return the days of the year, and those of the four weeks before it."""
    begin = START.replace(hour=0, minute=0)
    return [begin + DAY * number for number in range(-28, 365)]


def daily_paper(seed: int = 2) -> Source:
    """Thirty articles within a minute, on weekdays between 06:00 and 06:15; the document holds 60."""
    chance = Random(seed)
    entries = []
    for day in _midnights():
        if day.weekday() < 5:
            printed = day + 6 * HOUR + 15 * MINUTE * chance.random()
            entries += [printed + timedelta(seconds=2 * number) for number in range(30)]
    return Source(_sorted(entries), window=60)


def newswire(seed: int = 3) -> Source:
    """A hundred a day at random, none from midnight to five; the document holds 20."""
    chance = Random(seed)
    entries = [day + 5 * HOUR + 19 * HOUR * chance.random() for day in _midnights() for _number in range(100)]
    return Source(_sorted(entries), window=20)


def ticker(seed: int = 8) -> Source:
    """Four hundred a day at random, none from midnight to five; the document holds only 10."""
    chance = Random(seed)
    days = _midnights()[:70]  # six weeks of the year are enough
    entries = [day + 5 * HOUR + 19 * HOUR * chance.random() for day in days for _number in range(400)]
    return Source(_sorted(entries), window=10)


def monthly_blog(seed: int = 4) -> Source:
    """One post about once a month, at any hour of the day."""
    chance = Random(seed)
    months = range(-12, 13)
    entries = [START + 30 * DAY * month + 5 * DAY * (chance.random() + 1) for month in months]
    return Source(_sorted(entries), window=10)


def weekly_magazine(seed: int = 5) -> Source:
    """Twelve articles on Thursdays between 12:00 and 12:30."""
    chance = Random(seed)
    entries = []
    for day in _midnights():
        if day.weekday() == 3:
            printed = day + 12 * HOUR + 30 * MINUTE * chance.random()
            entries += [printed + timedelta(seconds=number) for number in range(12)]
    return Source(_sorted(entries), window=24)


def lazarus(seed: int = 6) -> Source:
    """Five a day in office hours; for two months its server is down, and it goes on publishing."""
    chance = Random(seed)
    entries = [day + 8 * HOUR + 10 * HOUR * chance.random() for day in _midnights() for _number in range(5)]
    return Source(_sorted(entries), window=50, dead=(START + 120 * DAY, START + 180 * DAY))


def liar(seed: int = 7) -> Source:
    """Bulletins at 07:00, 13:00 and 19:00, each day; its dates may be false."""
    chance = Random(seed)
    entries = [
        day + hour * HOUR + 10 * MINUTE * chance.random() for day in _midnights() for hour in (7, 13, 19)
    ]
    return Source(_sorted(entries), window=15)


LIES: dict[str, Dates] = {
    "all are now": lambda _truth, now: now - timedelta(seconds=1),
    "all are a cache's age": lambda _truth, now: now - 20 * MINUTE,
    "all are tomorrow": lambda _truth, now: now + DAY,
    "one for all": lambda _truth, _now: datetime(2020, 1, 1, tzinfo=UTC),
    "none": lambda _truth, _now: None,
    "the day only": lambda truth, _now: truth.replace(hour=0, minute=0, second=0, microsecond=0),
}
