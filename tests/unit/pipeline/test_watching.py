"""What the operator is told of sources and topics: each rule says when it holds, and when it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import polling
from aggregator.config.schema import SourceConfig, TopicConfig
from aggregator.model import NoticeKind, SourceState
from aggregator.pipeline.watching import Arrivals, of_flood, of_source, of_topic

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOURCE = SourceConfig(url="https://press.example/feed", id="press", title="The Press", file="press.toml")
WORKS = SourceState("press", SOURCE.url, NOW + HOUR, polls=90, last_success_at=NOW - HOUR)
FAILS = replace(WORKS, failures=9, last_error="connection refused", last_error_at=NOW - HOUR)


def kinds(state: SourceState) -> list[NoticeKind]:
    return [each.kind for each in of_source(SOURCE, state, NOW)]


def daily(last: datetime, count: int = 20) -> tuple[datetime, ...]:
    return tuple(last - number * DAY for number in range(count))


def test_a_source_that_works_is_not_worth_a_word() -> None:
    assert kinds(replace(WORKS, arrivals=daily(NOW - HOUR))) == []


@pytest.mark.parametrize(
    ("state", "is_dead"),
    [
        (replace(FAILS, last_success_at=NOW - 3 * DAY), True),
        (replace(FAILS, last_success_at=NOW - 2 * DAY), False),
        (replace(FAILS, last_success_at=NOW - 30 * DAY, failures=2), False),  # we were not running
        (replace(FAILS, last_success_at=None), True),
        (replace(FAILS, last_success_at=None, failures=5), False),
        (replace(WORKS, is_retired=True), True),
    ],
)
def test_a_source_that_fails_for_days_has_died(state: SourceState, is_dead: bool) -> None:
    assert kinds(state) == ([NoticeKind.DIED] if is_dead else [])
    for each in of_source(SOURCE, state, NOW):
        assert "The Press" in each.title
        assert "aggregator " in each.text  # what to do


def test_quiet_is_measured_by_the_sources_own_rhythm() -> None:
    assert kinds(replace(WORKS, arrivals=daily(NOW - 8 * DAY))) == [NoticeKind.QUIET]
    assert kinds(replace(WORKS, arrivals=daily(NOW - 6 * DAY))) == []
    weekly = tuple(NOW - 20 * DAY - number * 7 * DAY for number in range(10))
    assert kinds(replace(WORKS, arrivals=weekly)) == []
    assert kinds(replace(WORKS, arrivals=tuple(each - 30 * DAY for each in weekly))) == [NoticeKind.QUIET]
    assert kinds(replace(FAILS, arrivals=daily(NOW - 8 * DAY))) == []  # it fails: that is another matter
    assert kinds(replace(WORKS, arrivals=daily(NOW - 90 * DAY, 4))) == []  # too few to have a rhythm


@given(
    gaps=st.lists(st.integers(1, 10_000), min_size=1, max_size=20),
    silence=st.integers(1, 20_000),
    more=st.integers(0, 1_000),
)
def test_a_longer_silence_is_never_less_remarkable(gaps: list[int], silence: int, more: int) -> None:
    moments = [NOW]
    for gap in gaps:
        moments.append(moments[-1] - gap * HOUR)
    first = polling.overdue(moments, NOW + silence * HOUR)
    second = polling.overdue(moments, NOW + (silence + more) * HOUR)
    assert first is None or second is not None
    assert first is None or first >= 7 * DAY


def test_a_hole_is_told_while_it_is_fresh() -> None:
    assert kinds(replace(WORKS, holes=1, hole_at=NOW - DAY)) == [NoticeKind.HOLE]
    assert kinds(replace(WORKS, holes=1, hole_at=NOW - 3 * DAY)) == []


def test_a_move_names_both_the_new_address_and_the_file() -> None:
    (moved,) = of_source(SOURCE, replace(WORKS, moved_url="https://new.example/feed"), NOW)
    assert moved.kind is NoticeKind.MOVED
    assert "https://new.example/feed" in moved.text
    assert "press.toml" in moved.text
    (again,) = of_source(SOURCE, replace(WORKS, moved_url="https://newer.example/feed"), NOW)
    assert again.key != moved.key


@pytest.mark.parametrize(
    ("today", "before", "is_flood"),
    [(500, 140, True), (500, 1400, False), (199, 14, False), (200, 14, True), (5000, 0, False)],
)
def test_a_flood_is_far_more_than_the_source_usually_brings(today: int, before: int, is_flood: bool) -> None:
    assert bool(list(of_flood(SOURCE, Arrivals(today, before)))) is is_flood


def test_a_topic_is_silent_by_its_own_rhythm() -> None:
    topic = TopicConfig(id="news", title="News", query="x")
    assert list(of_topic(topic, daily(NOW - DAY), NOW)) == []
    assert list(of_topic(topic, (), NOW)) == []
    (silent,) = of_topic(topic, daily(NOW - 10 * DAY), NOW)
    assert (silent.kind, silent.subject) == (NoticeKind.TOPIC_SILENT, "news")
    assert "aggregator topic misses news" in silent.text
