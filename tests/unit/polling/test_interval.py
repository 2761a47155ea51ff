"""The interval that follows from the hours of the week, from silence and from holes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import polling
from aggregator.config.schema import PollConfig
from aggregator.model import Rhythm
from aggregator.polling import History

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 16, tzinfo=UTC)
SETTINGS = PollConfig()
WEEKS = 6.0


def paper(now: datetime, *, last: datetime | None = None) -> History:
    """Return what is known of a source that publishes at 06:05 on weekdays, as of `now`."""
    mornings = [MONDAY + 6 * HOUR + 5 * MINUTE + DAY * day for day in range(-28, 7)]
    past = [each for each in mornings if each.weekday() < 5 and each <= (last or now)]
    hours = tuple(WEEKS if hour % 24 == 6 and hour < 120 else 0.0 for hour in range(168))
    return History(tuple(reversed(past[-20:])), rhythm=Rhythm(hours, WEEKS, now))


def wire(now: datetime) -> History:
    """Return what is known of a source that publishes every 12 minutes, from 5 to 24 h."""
    past = [now - 12 * MINUTE * number for number in range(1, 200)]
    hours = tuple(5 * WEEKS if hour % 24 >= 5 else 0.0 for hour in range(168))
    return History(tuple(each for each in past if each.hour >= 5)[:20], rhythm=Rhythm(hours, WEEKS, now))


def usual(now: datetime, history: History) -> tuple[timedelta, str]:
    return polling.usual(now=now, settings=SETTINGS, fixed=None, history=history)


@pytest.mark.parametrize(
    ("now", "least", "most", "why"),
    [
        (MONDAY + DAY + 6 * HOUR, 6 * MINUTE, 12 * MINUTE, "around 06:00 UTC"),
        (MONDAY + DAY + 6 * HOUR + 4 * MINUTE, 6 * MINUTE, 12 * MINUTE, "around 06:00 UTC"),
        (MONDAY + DAY + 6 * HOUR + 12 * MINUTE, 23 * HOUR, 24 * HOUR, "around 06:00 UTC"),
        (MONDAY + DAY + 12 * HOUR, 17 * HOUR, 18.2 * HOUR, "around 06:00 UTC"),
        (MONDAY + 4 * DAY + 12 * HOUR, 18 * HOUR, 24 * HOUR, "around 06:00 UTC"),
    ],
    ids=["at its hour", "within it", "served", "afternoon", "Friday afternoon"],
)
def test_a_paper_is_asked_around_its_hour(now: datetime, least: timedelta, most: timedelta, why: str) -> None:
    wait, reason = usual(now, paper(now))
    assert least <= wait <= most
    assert reason == f"it usually publishes {why}"


def test_a_batch_that_has_just_begun_is_looked_at_once_more() -> None:
    now = MONDAY + DAY + 6 * HOUR + 6 * MINUTE
    assert usual(now, paper(now))[0] < 15 * MINUTE


@pytest.mark.parametrize("empty_polls", [0, 5, 50, 5_000])
def test_a_streak_of_empty_polls_does_not_skip_the_next_usual_hour(empty_polls: int) -> None:
    last = MONDAY + 6 * HOUR + 30 * MINUTE
    for hour in range(1, 24):
        now = last + HOUR * hour
        history = replace(paper(now, last=last), empty_polls=empty_polls)
        due = now + usual(now, history)[0]
        assert due <= MONDAY + DAY + 7 * HOUR or now >= MONDAY + DAY + 6 * HOUR


@pytest.mark.parametrize("silence", [3, 14, 90, 900])
def test_a_long_silence_still_ends_its_wait_after_the_usual_hour(silence: int) -> None:
    last = MONDAY + 6 * HOUR + 30 * MINUTE
    now = last + DAY * silence + 4 * HOUR
    while now.weekday() in {4, 5}:
        now += DAY
    wait, reason = usual(now, replace(paper(last), empty_polls=silence))
    assert 18 * HOUR < wait <= 20.5 * HOUR
    assert reason == "it usually publishes around 06:00 UTC; silent for longer than usual"


@pytest.mark.parametrize(
    ("now", "least", "most", "why"),
    [
        (MONDAY + 12 * HOUR, 5 * MINUTE, 7 * MINUTE, "about every"),
        (MONDAY + HOUR, 20 * MINUTE, 30 * MINUTE, "usually silent at this hour"),
        (MONDAY + 4 * HOUR + 50 * MINUTE, 5 * MINUTE, 18 * MINUTE, "it"),
    ],
    ids=["by day", "by night, bounded by the plain interval", "before the first"],
)
def test_a_wire_is_asked_often_by_day_and_seldom_by_night(
    now: datetime, least: timedelta, most: timedelta, why: str
) -> None:
    wait, reason = usual(now, wire(now))
    assert least <= wait <= most
    assert why in reason


def test_the_hours_say_nothing_before_a_week_is_known() -> None:
    now = MONDAY + 12 * HOUR
    known = paper(now)
    early = replace(known, rhythm=replace(known.rhythm, weeks=0.9))
    assert "it publishes about every 1 d" in usual(now, early)[1]
    rare = replace(known, rhythm=replace(known.rhythm, hours=(1.9, *[0.0] * 167)))
    assert "it publishes about every 1 d" in usual(now, rare)[1]


@pytest.mark.parametrize(
    ("overlap", "hole_age", "factor"),
    [
        (None, None, 1.0),
        (1.0, None, 1.0),
        (0.5, None, 1.0),
        (0.3, None, 0.8),
        (0.0, None, 0.5),
        (0.0, 0 * DAY, 0.25),
        (0.9, 0 * DAY, 0.5),
        (0.9, 14 * DAY, 0.5),
        (0.9, 14 * DAY + MINUTE, 1.0),
    ],
)
def test_polls_that_hardly_overlap_come_sooner_and_a_hole_is_remembered(
    overlap: float | None, hole_age: timedelta | None, factor: float
) -> None:
    now = MONDAY
    arrivals = tuple(now - 8 * HOUR * number for number in range(1, 20))
    hole_at = None if hole_age is None else now - hole_age
    history = History(arrivals, rhythm=Rhythm(overlap=overlap), hole_at=hole_at)
    wait, reason = usual(now, history)
    assert wait / (4 * HOUR) == pytest.approx(factor)
    assert ("drops entries quickly" in reason) == (factor < 1)


def test_no_hole_makes_a_poll_come_before_the_floor() -> None:
    now = MONDAY + 12 * HOUR
    history = replace(wire(now), hole_at=now, rhythm=replace(wire(now).rhythm, overlap=0.0))
    assert usual(now, history)[0] == SETTINGS.min_interval


def test_an_hour_that_is_served_is_no_reason_to_wait_for_another() -> None:
    hours = tuple({10: 0.6, 14: 1.0}.get(hour % 24, 0.0) * WEEKS for hour in range(168))
    now = MONDAY + 14 * HOUR + 45 * MINUTE
    past = tuple(now - 13 * MINUTE - DAY * day for day in range(12))
    wait, reason = usual(now, History(past, rhythm=Rhythm(hours, WEEKS, now)))
    assert 9 <= (now + wait).hour <= 11
    assert reason == "it usually publishes around 10:00 UTC"


def test_a_weekly_source_is_named_with_its_day() -> None:
    hours = tuple(WEEKS if hour == 3 * 24 + 12 else 0.0 for hour in range(168))
    now = MONDAY + 3 * DAY
    past = tuple(MONDAY - DAY * 4 + 12 * HOUR - 7 * DAY * week for week in range(6))
    wait, reason = usual(now, History(past, rhythm=Rhythm(hours, WEEKS, now)))
    assert 11 * HOUR < wait < 12.5 * HOUR
    assert reason == "it usually publishes on Thursdays around 12:00 UTC"
