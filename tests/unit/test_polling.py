"""When to poll next: tables of cases, and properties that hold for every input."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("kind", "failures", "wait"),
    [
        (FailureKind.TIMEOUT, 1, 2 * HOUR),
        (FailureKind.SERVER_ERROR, 3, 8 * HOUR),
        (FailureKind.DNS, 9, DAY),
        (FailureKind.NOT_A_FEED, 2, 4 * HOUR),
        (FailureKind.DENIED, 1, 3 * HOUR),
        (FailureKind.DENIED, 9, 2 * DAY),
        (FailureKind.WALL, 2, 9 * HOUR),
        (FailureKind.NOT_FOUND, 9, 7 * DAY),
        (FailureKind.GONE, 1, 12 * HOUR),
        (FailureKind.TIMEOUT, 10_000, DAY),
    ],
)
def test_failures_stretch_the_wait(kind: FailureKind, failures: int, wait: timedelta) -> None:
    made = plan(History(failures=failures), failure=kind)
    assert made.next_poll_at - NOW == wait
    assert kind.value in made.reason or "410" in made.reason


def test_a_retired_source_is_looked_at_once_a_week() -> None:
    made = plan(History(failures=2, is_retired=True), failure=FailureKind.GONE)
    assert made.next_poll_at - NOW == 7 * DAY


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


def test_skipped_hours_and_days_are_left_out() -> None:
    made = plan(wishes=Wishes(skip_hours=(10, 11)))
    assert made.next_poll_at == NOW.replace(hour=12, minute=0, second=0, microsecond=0)
    made = plan(wishes=Wishes(skip_days=(5, 6)))
    assert made.next_poll_at == datetime(2026, 3, 16, tzinfo=UTC)
    assert "skipHours or skipDays" in made.reason


def test_a_feed_that_skips_every_hour_is_polled_all_the_same() -> None:
    assert plan(wishes=Wishes(skip_hours=tuple(range(24)))).next_poll_at == NOW + HOUR


def test_jitter_only_adds() -> None:
    assert plan(chance=1.0).next_poll_at == NOW + 1.1 * HOUR


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


histories = st.builds(
    History,
    arrivals=st.lists(st.datetimes(datetime(1995, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))).map(
        lambda dates: tuple(sorted(dates, reverse=True))
    ),
    empty_polls=st.integers(0, 10**6),
    failures=st.integers(0, 10**6),
    is_retired=st.booleans(),
)
hints = st.lists(
    st.builds(Hint, st.just("ttl"), st.timedeltas(timedelta(0), timedelta(days=400))), max_size=3
).map(tuple)


@given(histories, st.sampled_from([None, *FailureKind]), hints, st.floats(0, 1))
def test_never_before_a_hint_never_beyond_the_ceiling(
    history: History, kind: FailureKind | None, asked: tuple[Hint, ...], chance: float
) -> None:
    made = plan(history, failure=kind, wishes=Wishes(hints=asked), chance=chance)
    bounded = [min(hint.wait, polling.HINT_LIMIT) for hint in asked]
    wait = made.next_poll_at - NOW
    assert wait >= max(bounded, default=timedelta(0))
    assert SETTINGS.min_interval <= wait <= 7 * DAY * 1.1 + MINUTE


@given(histories, st.sampled_from(list(FailureKind)), st.integers(1, 60))
def test_more_failures_never_shorten_the_wait(history: History, kind: FailureKind, failures: int) -> None:
    def wait(count: int) -> timedelta:
        fewer = History(history.arrivals, history.empty_polls, count, history.is_retired)
        return plan(fewer, failure=kind).next_poll_at - NOW

    assert wait(failures) <= wait(failures + 1)
