"""How a start is spread: new sources, and those that waited while we were off."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import polling

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (1, timedelta(0)),
        (10, 0.9 * SECOND),
        (200, 19.9 * SECOND),
        (10_000, 999.9 * SECOND),  # 17 minutes
        (100_000, HOUR - 0.036 * SECOND),
    ],
)
def test_few_start_at_once_and_many_within_the_interval(count: int, last: timedelta) -> None:
    due = [polling.first(now=NOW, index=index, count=count, interval=HOUR) for index in (0, count - 1)]
    assert due[0] == NOW
    assert due[1] - NOW == last


def test_no_second_of_a_start_of_ten_thousand_is_crowded() -> None:
    due = [polling.first(now=NOW, index=index, count=10_000, interval=HOUR) for index in range(10_000)]
    seconds = [(instant - NOW) // SECOND for instant in due]
    assert max(map(seconds.count, set(seconds))) == 10


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-5, 10**7),
    st.integers(-5, 10**7),
    st.timedeltas(timedelta(0), timedelta(days=36_500)),
)
def test_a_start_is_never_longer_than_the_interval(
    now: datetime, index: int, count: int, interval: timedelta
) -> None:
    due = polling.first(now=now, index=index, count=count, interval=interval)
    assert timedelta(0) <= due - now <= interval


def test_after_a_night_off_the_longest_due_come_first_and_the_others_keep_their_time() -> None:
    due = (NOW - HOUR, NOW + HOUR, NOW - 3 * HOUR, NOW, NOW - 2 * HOUR)
    assert polling.resume(due, now=NOW, interval=HOUR) == (
        NOW + 0.2 * SECOND,
        NOW + HOUR,
        NOW,
        NOW + 0.3 * SECOND,
        NOW + 0.1 * SECOND,
    )


def test_thousands_that_are_overdue_are_spread_like_new_ones() -> None:
    due = [NOW - SECOND * number for number in range(10_000)]
    moved = polling.resume(due, now=NOW, interval=HOUR)
    assert list(moved) == sorted(moved, reverse=True)
    assert (min(moved), max(moved)) == (NOW, NOW + 999.9 * SECOND)
