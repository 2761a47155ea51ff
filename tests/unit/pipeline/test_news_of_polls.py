"""What of a poll is logged: how a source is changes once, however often it is polled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Failure, FailureKind, Outcome, SourceState
from aggregator.pipeline.outcomes import Decided
from aggregator.pipeline.source import is_news

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORKS = SourceState("press", "https://a.example/", NOW, last_success_at=NOW - HOUR)
FAILS = replace(WORKS, failures=3, last_error_kind=FailureKind.DNS, last_error_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("before", "kind", "expected"),
    [
        (WORKS, FailureKind.DNS, True),
        (FAILS, FailureKind.DNS, False),
        (FAILS, FailureKind.NOT_FOUND, True),
        (replace(FAILS, last_error_at=NOW - 13 * HOUR), FailureKind.DNS, True),  # yesterday
        (replace(FAILS, last_error_at=NOW - 11 * HOUR), FailureKind.DNS, False),
    ],
)
def test_a_failure_is_news_when_it_begins_changes_or_a_day_has_passed(
    before: SourceState, kind: FailureKind, expected: bool
) -> None:
    decided = Decided(before, Outcome.FAILED, Failure(kind, "no"))
    assert is_news(before, decided, NOW) is expected


@pytest.mark.parametrize(("before", "expected"), [(WORKS, False), (FAILS, True)])
def test_a_success_is_news_after_failures(before: SourceState, expected: bool) -> None:
    assert is_news(before, Decided(before, Outcome.NOT_MODIFIED), NOW) is expected


def test_a_poll_that_was_not_made_is_no_news() -> None:
    assert not is_news(FAILS, Decided(FAILS, Outcome.HELD), NOW)


def test_a_source_that_fails_for_a_week_says_so_once_a_day() -> None:
    state, told = WORKS, 0
    for hour in range(24 * 7):
        now = NOW + hour * HOUR
        told += is_news(state, Decided(state, Outcome.FAILED, Failure(FailureKind.DNS, "no")), now)
        state = replace(FAILS, last_error_at=now)
    assert told == 8
