"""What holds of every poll that is ever planned, whatever the past and the server say."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator import polling
from aggregator.config.schema import PollConfig
from aggregator.model import Failure, FailureKind, Hint, Rhythm
from aggregator.polling import History, Plan, Wishes

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTINGS = PollConfig()
JITTER = 6 * MINUTE
LONGEST = {  # without hints
    FailureKind.NOT_FOUND: 7 * DAY,
    FailureKind.BAD_URL: 7 * DAY,
    FailureKind.ROBOTS: 7 * DAY,
    FailureKind.TOO_LARGE: 7 * DAY,
    FailureKind.GONE: 7 * DAY,
    FailureKind.DENIED: 2 * DAY,
    FailureKind.WALL: 2 * DAY,
    FailureKind.CLIENT_ERROR: 2 * DAY,
    FailureKind.REDIRECTS: 2 * DAY,
    FailureKind.LIMIT: 2 * DAY,
    FailureKind.NOT_A_FEED: 2 * DAY,
    FailureKind.NOT_HTML: 2 * DAY,
    FailureKind.EMPTY: 2 * DAY,
}

instants = st.datetimes(timezones=st.just(UTC))  # from the year 1 to 9999
recent = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas()  # negative ones and the longest there are
counts = st.one_of(st.just(0.0), st.floats(0, 12), st.floats(0, 1e-9))
rhythms = st.builds(
    Rhythm,
    hours=st.one_of(
        st.just(()),
        st.lists(counts, min_size=168, max_size=168).map(tuple),
        st.tuples(*(st.sampled_from([0.0, 5.0]) for _hour in range(24))).map(lambda day: day * 7),
        st.lists(counts, max_size=5).map(tuple),
    ),
    weeks=st.floats(0, 7),
    counted_until=st.none() | recent | instants,
    overlap=st.none() | st.floats(0, 1),
)
histories = st.builds(
    History,
    arrivals=st.lists(recent | instants, max_size=20).map(lambda dates: tuple(sorted(dates, reverse=True))),
    empty_polls=st.integers(0, 10**6),
    failures=st.integers(0, 10**6),
    is_retired=st.booleans(),
    rhythm=rhythms,
    holes=st.integers(0, 10**6),
    hole_at=st.none() | recent | instants,
)
wishes = st.builds(
    Wishes,
    hints=st.lists(st.builds(Hint, st.just("ttl"), spans), max_size=3).map(tuple),
    skip_hours=st.lists(st.integers(-5, 30), max_size=24).map(tuple),
    skip_days=st.lists(st.integers(-1, 8), max_size=7).map(tuple),
)
failures = st.none() | st.builds(
    Failure, st.sampled_from(FailureKind), st.just("detail"), retry_after=st.none() | spans
)


def plan(
    now: datetime, history: History, failure: Failure | None, asked: Wishes, chance: float = 0.0
) -> Plan:
    return polling.plan(
        now=now,
        settings=SETTINGS,
        fixed=None,
        history=history,
        failure=failure,
        wishes=asked,
        chance=chance,
    )


@given(recent, histories, failures, wishes, st.floats(0, 1))
def test_never_before_a_hint_and_never_beyond_ceiling_hint_jitter_and_skip(
    now: datetime, history: History, failure: Failure | None, asked: Wishes, chance: float
) -> None:
    made = plan(now, history, failure, asked, chance)
    hints = [hint.wait for hint in asked.hints]
    if failure and failure.retry_after is not None:
        hints.append(failure.retry_after)
    asked_for = max((min(hint, 7 * DAY) for hint in hints), default=timedelta(0))
    ceiling = LONGEST.get(failure.kind, DAY) if failure else DAY
    skip = 7 * DAY + 30 * MINUTE if asked.skip_hours or asked.skip_days else timedelta(0)
    wait = made.next_poll_at - now
    assert max(asked_for, SETTINGS.min_interval) <= wait <= max(ceiling, asked_for) + JITTER + skip
    assert SETTINGS.min_interval <= made.interval <= SETTINGS.max_interval
    assert made.reason
    assert "\n" not in made.reason


@given(instants, histories, failures, wishes, st.floats(0, 1))
def test_any_instant_of_the_calendar_gives_a_later_one(
    now: datetime, history: History, failure: Failure | None, asked: Wishes, chance: float
) -> None:
    made = plan(now, history, failure, asked, chance)
    assert now <= made.next_poll_at <= datetime.max.replace(tzinfo=UTC)
    assert polling.offline(now, chance).next_poll_at >= now
    assert made == plan(now, history, failure, asked, chance)


@given(recent, histories, st.sampled_from(FailureKind), st.integers(1, 60))
def test_more_failures_never_shorten_the_wait(
    now: datetime, history: History, kind: FailureKind, number: int
) -> None:
    def wait(count: int) -> timedelta:
        after = History(history.arrivals, history.empty_polls, count, history.is_retired, history.rhythm)
        return plan(now, after, Failure(kind, "detail"), Wishes()).next_poll_at - now

    assert wait(number) <= wait(number + 1)


@given(recent, histories, st.floats(0, 1))
def test_chance_only_adds(now: datetime, history: History, chance: float) -> None:
    least = plan(now, history, None, Wishes()).next_poll_at
    assert least <= plan(now, history, None, Wishes(), chance).next_poll_at <= least + JITTER


@given(recent, histories)
def test_more_empty_polls_never_shorten_the_wait(now: datetime, history: History) -> None:
    def wait(count: int) -> timedelta:
        after = History(history.arrivals, count, 0, rhythm=history.rhythm)
        return polling.usual(now=now, settings=SETTINGS, fixed=None, history=after)[0]

    assert wait(history.empty_polls) <= wait(history.empty_polls + 1)


documents = st.tuples(
    st.lists(recent | instants, max_size=30), st.integers(0, 10**6), st.integers(0, 10**6), st.booleans()
)


@given(histories, st.lists(st.tuples(recent | instants, documents), max_size=4))
def test_whatever_a_document_claims_the_counts_stay_finite(
    history: History, polls: list[tuple[datetime, tuple[list[datetime], int, int, bool]]]
) -> None:
    for now, (published, known, total, is_in_turn) in polls:
        before = history
        history = polling.observe(
            before, now=now, published=published, known=known, total=total, is_in_turn=is_in_turn
        )
        assert history.rhythm.counted_until == now
        assert all(0 <= count < 1e6 for count in history.rhythm.hours)
        assert len(history.rhythm.hours) in {0, 168, len(before.rhythm.hours)}
        assert 0 <= history.rhythm.weeks <= 14
        assert len(history.arrivals) <= 20
        assert history.arrivals == tuple(sorted(history.arrivals, reverse=True))
        assert plan(now, history, None, Wishes()).next_poll_at >= now
