"""What a poll teaches: arrivals and not entries, believable dates only, holes, fading."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Rhythm
from aggregator.polling import History, observe
from aggregator.polling.observing import hour_of_week

NOW = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)  # a Wednesday, hour 57 of the week
LAST = NOW - timedelta(hours=2)
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)
KNOWN = History(rhythm=Rhythm(counted_until=LAST))


def arrivals(history: History) -> dict[int, float]:
    return {hour: round(count, 3) for hour, count in enumerate(history.rhythm.hours) if count}


SPREAD = {55: 0.333, 56: 0.333, 57: 0.333}  # at some time between the two polls


@pytest.mark.parametrize(
    ("published", "new", "counted"),
    [
        ([NOW - HOUR], 1, {56: 1.0}),
        ([NOW - HOUR + timedelta(seconds=number) for number in range(30)], 30, {56: 1.0}),
        ([NOW - HOUR, NOW - 20 * MINUTE, NOW - 19 * MINUTE], 3, {56: 1.0, 57: 1.0}),
        ([NOW - timedelta(seconds=1)] * 9, 9, SPREAD),
        ([NOW + DAY] * 9, 9, SPREAD),
        ([datetime(2020, 1, 1, tzinfo=UTC)] * 9, 9, SPREAD),
        ([datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)], 2, SPREAD),
        ([NOW.replace(hour=0, minute=0)], 1, SPREAD),
        ([LAST - MINUTE], 1, SPREAD),
        ([], 3, SPREAD),
        ([datetime(2020, 1, 1, tzinfo=UTC), NOW - HOUR], 2, {56: 1.0}),
        ([], 0, {}),
    ],
    ids=[
        "a date between the polls is believed",
        "a batch is one arrival",
        "two batches are two",
        "all are now",
        "all are tomorrow",
        "one date for all",
        "ends of the calendar",
        "the day only",
        "older than the poll that did not see it",
        "none",
        "one that can be believed is enough",
        "nothing new",
    ],
)
def test_an_arrival_is_counted_where_it_can_have_been(
    published: list[datetime], new: int, counted: dict[int, float]
) -> None:
    after = observe(KNOWN, now=NOW, published=published, known=20 - new, total=20)
    assert arrivals(after) == counted
    assert after.rhythm.weeks == pytest.approx(2 / 168)
    assert after.rhythm.counted_until == NOW
    assert after.empty_polls == (0 if new else 1)


def test_a_batch_that_two_polls_saw_is_one_arrival() -> None:
    half = observe(KNOWN, now=NOW, published=[NOW - 3 * MINUTE], known=10, total=20)
    whole = observe(half, now=NOW + 9 * MINUTE, published=[NOW + MINUTE], known=10, total=20)
    assert arrivals(whole) == {57: 1.0}
    assert whole.arrivals == (NOW - 3 * MINUTE,)


def test_an_arrival_without_a_date_is_remembered_at_its_poll() -> None:
    assert observe(KNOWN, now=NOW, known=9, total=10).arrivals == (NOW,)


def test_only_the_last_twenty_arrivals_are_kept() -> None:
    after = KNOWN
    for number in range(50):
        now = NOW + HOUR * number
        after = observe(after, now=now, published=[now - 10 * MINUTE], known=9, total=10)
    assert len(after.arrivals) == 20
    assert after.arrivals[0] == NOW + 49 * HOUR - 10 * MINUTE


def test_an_unchanged_document_lets_time_pass_and_counts_as_empty() -> None:
    after = observe(observe(KNOWN, now=NOW), now=NOW + HOUR)
    assert (after.empty_polls, after.rhythm.overlap, arrivals(after)) == (2, None, {})
    assert after.rhythm.weeks == pytest.approx(3 / 168)


def test_a_poll_out_of_turn_is_no_empty_poll_but_what_it_finds_counts() -> None:
    assert observe(KNOWN, now=NOW, is_in_turn=False).empty_polls == 0
    found = observe(KNOWN, now=NOW, published=[NOW - HOUR], known=1, total=2, is_in_turn=False)
    assert arrivals(found) == {56: 1.0}


def test_a_success_ends_a_row_of_failures() -> None:
    assert observe(History(failures=7), now=NOW).failures == 0
    assert observe(History(failures=7, rhythm=KNOWN.rhythm), now=NOW).failures == 0


def test_half_is_left_after_four_weeks_and_the_pace_stays_the_same() -> None:
    history = History(rhythm=Rhythm((1.0,) * 168, 2.0, NOW))
    after = observe(history, now=NOW + 4 * WEEK)
    assert set(after.rhythm.hours) == {0.5}
    assert 1.0 + 2.7 < after.rhythm.weeks < 1.0 + 3.0  # those of the four weeks fade as well


def test_an_arrival_of_the_week_before_has_faded_as_its_week_has() -> None:
    saturday = NOW - 4 * DAY
    before = History(rhythm=Rhythm(counted_until=saturday - HOUR))
    after = observe(before, now=NOW, published=[saturday, NOW - HOUR], known=8, total=10)
    assert arrivals(after) == {56: 1.0, hour_of_week(saturday): 0.841}


def test_counts_of_a_steady_source_settle() -> None:
    history, now = History(rhythm=Rhythm(counted_until=NOW)), NOW
    for _day in range(365):
        now += DAY
        history = observe(history, now=now, published=[now - HOUR], known=9, total=10)
    assert 5 < history.rhythm.weeks < 6.5
    assert sum(history.rhythm.hours) / history.rhythm.weeks == pytest.approx(7, rel=0.03)


@pytest.mark.parametrize(
    ("published", "known", "total", "is_hole", "overlap"),
    [
        ([NOW - HOUR, NOW - 30 * MINUTE], 0, 2, True, 0.0),
        ([NOW - HOUR, NOW - 30 * MINUTE], 1, 3, False, 1 / 3),
        ([NOW - HOUR] * 30, 0, 30, False, None),  # one morning replaced the other: nothing tells
        ([NOW - HOUR] * 30, 10, 40, False, None),
        ([NOW - HOUR], 19, 20, False, 0.95),
        ([], 0, 5, True, 0.0),  # without dates
        ([], 0, 1, False, None),  # a document that always holds one entry
        ([], 5, 5, False, 1.0),
        ([], 0, 0, False, 0.25),  # unchanged: as before
    ],
)
def test_a_document_without_a_known_entry_is_a_hole(
    published: list[datetime], known: int, total: int, is_hole: bool, overlap: float | None
) -> None:
    before = History(arrivals=(LAST,), rhythm=Rhythm(counted_until=LAST, overlap=0.25), holes=2)
    after = observe(before, now=NOW, published=published, known=known, total=total)
    assert (after.holes, after.hole_at) == ((3, NOW) if is_hole else (2, None))
    assert after.rhythm.overlap == overlap


def test_the_first_entries_of_an_empty_feed_are_no_hole() -> None:
    empty = observe(History(), now=LAST)
    after = observe(empty, now=NOW, published=[NOW - HOUR, NOW - 30 * MINUTE], total=2)
    assert (after.holes, after.hole_at) == (0, None)


def test_time_in_which_entries_were_lost_is_not_taken_for_silence() -> None:
    known = replace(KNOWN, arrivals=(NOW - DAY,))
    after = observe(known, now=NOW + WEEK, published=[NOW + WEEK - 2 * HOUR, NOW + WEEK - HOUR], total=2)
    assert after.rhythm.weeks == pytest.approx(2 / 168)


def test_a_first_document_shows_the_past() -> None:
    mornings = [NOW.replace(hour=6) - DAY * number for number in range(28)]
    after = observe(History(), now=NOW, published=mornings, total=28)
    assert set(arrivals(after)) == {6 + 24 * day for day in range(7)}
    assert sum(after.rhythm.hours) / after.rhythm.weeks == pytest.approx(7, rel=0.1)
    assert after.arrivals == tuple(mornings[:20])
    assert (after.holes, after.rhythm.overlap) == (0, None)


@pytest.mark.parametrize(
    "published",
    [
        [],
        [NOW - HOUR] * 30,
        [NOW - timedelta(seconds=number) for number in range(60)],
        [NOW + DAY * number for number in range(30)],
        [datetime(2010, 1, 1, tzinfo=UTC) + DAY * number for number in range(30)],
        [NOW.replace(hour=0, minute=0) - DAY * number for number in range(30)],
    ],
    ids=["none", "one batch", "made up for us", "future", "archive", "days only"],
)
def test_a_first_document_with_false_dates_shows_nothing(published: list[datetime]) -> None:
    after = observe(History(), now=NOW, published=published, total=30)
    assert after == History(rhythm=Rhythm(counted_until=NOW))


def test_a_pinned_entry_does_not_make_a_busy_source_slow() -> None:
    busy = [NOW - HOUR * number for number in range(1, 20)]
    pinned = NOW - 20 * WEEK
    assert observe(History(), now=NOW, published=[*busy, pinned], total=20).rhythm.weeks < 0.1


def test_a_clock_that_was_set_back_does_no_harm() -> None:
    ahead = History(rhythm=Rhythm((0.5,) * 168, 3.0, NOW + 52 * WEEK))
    after = observe(ahead, now=NOW, published=[NOW - HOUR], known=9, total=10)
    assert after.rhythm.counted_until == NOW
    assert after.rhythm.weeks == 3.0
    assert sum(after.rhythm.hours) == pytest.approx(85)
