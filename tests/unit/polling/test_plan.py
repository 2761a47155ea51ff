"""When to poll next: tables of what failures, hints and skipped hours do to a wait."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator import polling
from aggregator.config.schema import PollConfig
from aggregator.model import Failure, FailureKind, Hint
from aggregator.polling import History, Plan, Wishes

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)  # a Saturday
SETTINGS = PollConfig()
NEW, NONE = History(), Wishes()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def plan(
    history: History = NEW,
    *,
    failure: FailureKind | None = None,
    retry_after: timedelta | None = None,
    fixed: timedelta | None = None,
    wishes: Wishes = NONE,
    chance: float = 0.0,
    settings: PollConfig = SETTINGS,
) -> Plan:
    return polling.plan(
        now=NOW,
        settings=settings,
        fixed=fixed,
        history=history,
        failure=Failure(failure, "detail", retry_after=retry_after) if failure else None,
        wishes=wishes,
        chance=chance,
    )


def every(gap: timedelta, count: int = 20) -> tuple[datetime, ...]:
    return tuple(NOW - gap * number for number in range(1, count + 1))


@pytest.mark.parametrize(
    ("history", "wait", "why"),
    [
        (History(), HOUR, "until its rhythm is known"),
        (History(every(HOUR, 2)), HOUR, "until its rhythm is known"),
        (History(every(HOUR)), 30 * MINUTE, "about every 1 h"),
        (History(every(MINUTE)), 5 * MINUTE, "about every 1 min"),
        (History(every(DAY)), 12 * HOUR, "about every 1 d"),
        (History(every(30 * DAY)), DAY, "about every 30 d"),
        (History(every(HOUR), empty_polls=1), 45 * MINUTE, "1 poll without news"),
        (History(every(HOUR), empty_polls=3), 101 * MINUTE + timedelta(seconds=15), "3 polls without news"),
        (History(every(HOUR), empty_polls=10_000), DAY, "10000 polls without news"),
    ],
)
def test_the_wait_follows_the_rhythm(history: History, wait: timedelta, why: str) -> None:
    made = plan(history)
    assert made.next_poll_at - NOW == wait
    assert why in made.reason


# kind: waits after the first, second, third failure and after the ten-thousandth, of a source asked hourly
FAILURES: dict[FailureKind, tuple[timedelta, ...]] = {
    FailureKind.DNS: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.CONNECT: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.TLS: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.TIMEOUT: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.PROTOCOL: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.SERVER_ERROR: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.RATE_LIMITED: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.HELD: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.FORBIDDEN_ADDRESS: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.INTERNAL: (2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    FailureKind.NOT_A_FEED: (2 * HOUR, 4 * HOUR, 8 * HOUR, 2 * DAY),
    FailureKind.NOT_HTML: (2 * HOUR, 4 * HOUR, 8 * HOUR, 2 * DAY),
    FailureKind.EMPTY: (2 * HOUR, 4 * HOUR, 8 * HOUR, 2 * DAY),
    FailureKind.DENIED: (3 * HOUR, 9 * HOUR, 27 * HOUR, 2 * DAY),
    FailureKind.WALL: (3 * HOUR, 9 * HOUR, 27 * HOUR, 2 * DAY),
    FailureKind.CLIENT_ERROR: (3 * HOUR, 9 * HOUR, 27 * HOUR, 2 * DAY),
    FailureKind.REDIRECTS: (3 * HOUR, 9 * HOUR, 27 * HOUR, 2 * DAY),
    FailureKind.LIMIT: (3 * HOUR, 9 * HOUR, 27 * HOUR, 2 * DAY),
    FailureKind.NOT_FOUND: (2 * HOUR, 4 * HOUR, 8 * HOUR, 7 * DAY),
    FailureKind.BAD_URL: (2 * HOUR, 4 * HOUR, 8 * HOUR, 7 * DAY),
    FailureKind.ROBOTS: (2 * HOUR, 4 * HOUR, 8 * HOUR, 7 * DAY),
    FailureKind.TOO_LARGE: (3 * HOUR, 9 * HOUR, 27 * HOUR, 7 * DAY),
    FailureKind.GONE: (DAY, DAY, DAY, DAY),
}


def test_every_kind_of_failure_has_a_row() -> None:
    assert set(FAILURES) == set(FailureKind)


@pytest.mark.parametrize("kind", FAILURES)
def test_failures_stretch_the_wait(kind: FailureKind) -> None:
    made = [plan(History(failures=failures), failure=kind) for failures in (1, 2, 3, 10_000)]
    assert tuple(each.next_poll_at - NOW for each in made) == FAILURES[kind]
    assert kind.value in made[0].reason
    assert {each.interval for each in made} == {HOUR}


def test_an_accident_does_not_cost_a_slow_source_two_days() -> None:
    monthly = History(every(30 * DAY), failures=1)
    assert plan(monthly).next_poll_at - NOW == DAY
    failed = plan(monthly, failure=FailureKind.TIMEOUT)
    assert failed.next_poll_at - NOW == 2 * HOUR
    assert failed.interval == HOUR  # or the next failure would seem out of turn, and not count
    assert plan(monthly, failure=FailureKind.DENIED).next_poll_at - NOW == 2 * DAY
    assert plan(monthly, failure=FailureKind.TIMEOUT, fixed=3 * DAY).next_poll_at - NOW == 3 * DAY


def test_a_server_that_says_too_fast_gets_an_hour_at_least() -> None:
    made = plan(History(every(MINUTE), failures=1), failure=FailureKind.RATE_LIMITED)
    assert made.next_poll_at - NOW == HOUR


def test_a_retired_source_is_looked_at_once_a_week() -> None:
    made = plan(History(failures=2, is_retired=True), failure=FailureKind.GONE)
    assert made.next_poll_at - NOW == 7 * DAY
    assert DAY > polling.GONE_RECHECK  # the planned second look comes late enough to retire it


def test_retry_after_is_obeyed_and_bounded() -> None:
    assert plan(History(failures=1), failure=FailureKind.RATE_LIMITED, retry_after=5 * HOUR).next_poll_at == (
        NOW + 5 * HOUR
    )
    assert plan(History(failures=1), failure=FailureKind.RATE_LIMITED, retry_after=99 * DAY).next_poll_at == (
        NOW + 7 * DAY
    )
    assert plan(History(failures=1), failure=FailureKind.SERVER_ERROR, retry_after=MINUTE).next_poll_at == (
        NOW + 2 * HOUR
    )


def test_the_longest_hint_wins_and_is_named() -> None:
    made = plan(wishes=Wishes(hints=(Hint("ttl", 3 * HOUR), Hint("cache-control", 2 * HOUR))))
    assert made.next_poll_at - NOW == 3 * HOUR
    assert made.reason == "the server asks for 3 h (ttl)"


def test_a_fixed_interval_is_kept_but_not_against_the_server() -> None:
    assert plan(History(every(HOUR), empty_polls=9), fixed=10 * MINUTE).next_poll_at - NOW == 10 * MINUTE
    asked = Wishes(hints=(Hint("expires", HOUR),))
    assert plan(fixed=10 * MINUTE, wishes=asked).next_poll_at - NOW == HOUR


@pytest.mark.parametrize(
    ("wishes", "chance", "due"),
    [
        (Wishes(skip_hours=(10, 11)), 0.0, NOW.replace(hour=12, minute=0, second=0)),
        (Wishes(skip_hours=(10, 11)), 0.5, NOW.replace(hour=12, minute=15, second=0)),
        (Wishes(skip_hours=(10, 12)), 1.0, NOW.replace(hour=11, minute=30, second=0)),
        (Wishes(skip_hours=(9, 11)), 0.0, NOW + HOUR),
        (Wishes(skip_days=(5, 6)), 0.0, datetime(2026, 3, 16, tzinfo=UTC)),
        (Wishes(skip_days=(5,), skip_hours=(24, 1)), 0.0, datetime(2026, 3, 15, 2, tzinfo=UTC)),
        (
            Wishes(hints=(Hint("ttl", 2 * HOUR),), skip_hours=(11,)),
            0.0,
            NOW.replace(hour=12, minute=0, second=0),
        ),
        (Wishes(skip_hours=tuple(range(24))), 0.0, NOW + HOUR),
        (Wishes(skip_days=tuple(range(7))), 0.0, NOW + HOUR),
        (Wishes(skip_days=(9,), skip_hours=(10**9,)), 0.0, NOW + HOUR),
    ],
)
def test_skipped_hours_and_days_are_left_out(wishes: Wishes, chance: float, due: datetime) -> None:
    made = plan(wishes=wishes, chance=chance)
    assert made.next_poll_at == due
    assert ("skipHours or skipDays" in made.reason) == (due != NOW + HOUR)


def test_sources_that_leave_a_skipped_hour_together_are_spread() -> None:
    due = [plan(wishes=Wishes(skip_hours=(10,)), chance=number / 100).next_poll_at for number in range(100)]
    assert len(set(due)) == 100
    assert max(due) - min(due) > 25 * MINUTE


def test_jitter_only_adds_and_never_misses_the_hour() -> None:
    assert plan(chance=1.0).next_poll_at == NOW + HOUR + 6 * MINUTE
    assert plan(History(every(20 * MINUTE)), chance=1.0).next_poll_at == NOW + 11 * MINUTE
    assert plan(History(every(30 * DAY)), chance=1.0).next_poll_at == NOW + DAY + 6 * MINUTE


@pytest.mark.parametrize("wishes", [NONE, Wishes(skip_hours=(23,)), Wishes(hints=(Hint("ttl", 9 * DAY),))])
def test_after_the_end_of_the_calendar_nothing_is_due(wishes: Wishes) -> None:
    end = datetime.max.replace(tzinfo=UTC)
    made = polling.plan(
        now=end - MINUTE,
        settings=SETTINGS,
        fixed=None,
        history=NEW,
        failure=None,
        wishes=wishes,
        chance=1.0,
    )
    assert made.next_poll_at == end
    assert polling.offline(end, 1.0).next_poll_at == end


def test_being_offline_costs_a_minute_or_two_and_blames_nobody() -> None:
    soon, late = polling.offline(NOW, 0.0), polling.offline(NOW, 1.0)
    assert (soon.next_poll_at - NOW, late.next_poll_at - NOW) == (MINUTE, 2 * MINUTE)
    assert "no connection to the internet here" in soon.reason


def test_dates_in_the_future_show_no_rhythm() -> None:
    assert polling.usual_gap(tuple(NOW + HOUR * number for number in range(9)), NOW) is None


def test_a_silence_counts_as_a_gap() -> None:
    past = tuple(arrival - 40 * DAY for arrival in every(HOUR, 3))
    assert polling.usual_gap(past, NOW) == HOUR
    assert polling.usual_gap(past[:3], NOW + DAY) == HOUR


@pytest.mark.parametrize(
    ("span", "text"), [(45, "45 s"), (300, "5 min"), (5400, "1.5 h"), (172_800, "2 d"), (0.5, "0.5 s")]
)
def test_spans_are_spelt_as_people_say_them(span: float, text: str) -> None:
    assert polling.spell(timedelta(seconds=span)) == text
