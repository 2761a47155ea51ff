"""A year of six kinds of sources: what they cost, how late we are, what we miss, beside polling hourly.

`pytest -rP tests/unit/polling/test_years.py` prints the table.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from tests.unit.polling import years
from tests.unit.polling.years import DAY, HOUR, MINUTE, START, Source, Year, live

NAMES = f"{'source':24}{'polls a day':>12}{'median delay':>14}{'95 %':>10}{'lost':>6}   hourly:"


@cache
def hourly_of(make: Callable[[], Source]) -> Year:
    return live(make(), fixed=HOUR)


def compare(name: str, make: Callable[[], Source], dates: years.Dates = years.honest) -> tuple[Year, Year]:
    ours, hourly = live(replace(make(), dates=dates)), hourly_of(make)
    cells = [
        f"{it.a_day:12.1f}{it.usual_delay / MINUTE:10.1f} min{it.long_delay / MINUTE:6.0f} min{it.lost:6}"
        for it in (ours, hourly)
    ]
    print(f"{NAMES}\n{name:24}{cells[0]}   {cells[1]}")
    return ours, hourly


def test_a_daily_paper_is_read_as_it_comes_out_with_a_tenth_of_the_polls() -> None:
    ours, hourly = compare("daily paper", years.daily_paper)
    assert ours.a_day < 3
    assert ours.usual_delay < 7 * MINUTE
    assert ours.long_delay < 20 * MINUTE
    assert ours.lost == 0
    assert ours.a_day < hourly.a_day / 7
    assert ours.usual_delay < hourly.usual_delay / 4
    assert "it usually publishes around 06:00 UTC" in ours.reasons[-1]


def test_thirty_articles_at_once_do_not_make_a_paper_a_newswire() -> None:
    ours = live(years.daily_paper())
    gaps = [later - earlier for earlier, later in zip(ours.polls, ours.polls[1:], strict=False)]
    assert min(gaps) > 5 * MINUTE
    days = [(poll - START) // DAY for poll in ours.polls]
    assert max(map(days.count, range(28))) < 15


def test_a_newswire_is_followed_by_day_and_left_alone_by_night() -> None:
    ours, hourly = compare("newswire", years.newswire)
    assert ours.a_day < 140
    assert ours.usual_delay < 6 * MINUTE
    assert ours.long_delay < 12 * MINUTE
    assert ours.lost == 0
    assert ours.usual_delay < hourly.usual_delay / 5
    by_night = sum(1 <= poll.hour < 4 for poll in ours.polls) / 364
    assert by_night < 5  # by day the same three hours see about twenty


def test_a_ticker_whose_document_is_short_loses_nothing_once_it_is_known() -> None:
    ours, hourly = compare("ticker, 10 entries", years.ticker)
    assert ours.lost_later == 0
    assert ours.lost < 100
    assert hourly.lost > 5_000
    assert ours.usual_delay < 4 * MINUTE


def test_a_monthly_blog_is_asked_once_a_day() -> None:
    ours, hourly = compare("monthly blog", years.monthly_blog)
    assert ours.a_day < 1.2
    assert ours.long_delay <= DAY + 6 * MINUTE
    assert ours.lost == 0
    assert ours.a_day < hourly.a_day / 15


def test_a_weekly_magazine_is_met_on_its_day() -> None:
    ours, hourly = compare("weekly magazine", years.weekly_magazine)
    assert ours.a_day < 2
    assert ours.usual_delay < 8 * MINUTE
    assert ours.usual_delay < hourly.usual_delay / 4
    assert ours.lost == 0
    usual = [reason for reason in ours.reasons if "on Thursdays around 12:00 UTC" in reason]
    assert len(usual) > len(ours.reasons) * 0.9


def test_a_feed_that_dies_and_returns_is_found_again_within_a_day() -> None:
    source = years.lazarus()
    assert source.dead is not None
    died, returned = source.dead
    ours, hourly = compare("dead for two months", years.lazarus)
    dead = [poll for poll in ours.polls if died + 4 * DAY <= poll < returned]
    assert len(dead) <= 57  # once a day
    back = next(poll for poll in ours.polls if poll >= returned)
    assert back - returned <= DAY + 6 * MINUTE
    week = [poll for poll in ours.polls if back < poll <= back + 7 * DAY]
    assert 10 < len(week) / 7 < 35  # oftener than before, as the return left a hole …
    later = [poll for poll in ours.polls if back + 21 * DAY < poll <= back + 28 * DAY]
    assert 8 < len(later) / 7 < 16  # … for two weeks
    assert ours.a_day < hourly.a_day
    assert ours.usual_delay < hourly.usual_delay
    assert ours.lost <= hourly.lost  # what fell out of the document while the server was down
    assert ours.history.holes == 1


@pytest.mark.parametrize("lie", years.LIES)
def test_false_dates_cost_little(lie: str) -> None:
    ours, hourly = compare(f"dates: {lie}", years.liar, years.LIES[lie])
    assert ours.a_day < hourly.a_day / 1.8
    assert ours.usual_delay < 22 * MINUTE < hourly.usual_delay
    assert ours.long_delay < HOUR
    assert ours.lost == 0


@pytest.mark.parametrize(
    ("make", "pause", "polls_a_day", "delay"),
    [
        (years.daily_paper, 21, 2.5, 30 * MINUTE),
        (years.daily_paper, 60, 2.5, 75 * MINUTE),
        (years.weekly_magazine, 21, 2.5, 75 * MINUTE),
        (years.lazarus, 60, 2.0, DAY + 6 * MINUTE),
    ],
)
def test_a_long_silence_costs_few_polls_and_misses_no_usual_hour(
    make: Callable[[], Source], pause: int, polls_a_day: float, delay: timedelta
) -> None:
    begin = START + 120 * DAY
    end = begin + pause * DAY
    source = make()
    entries = tuple(entry for entry in source.entries if not begin <= entry < end)
    ours = live(replace(source, entries=entries, dead=None))
    silent = [poll for poll in ours.polls if begin + 7 * DAY <= poll < end]
    assert len(silent) / (pause - 7) < polls_a_day
    first = next(entry for entry in entries if entry >= end)
    assert next(poll for poll in ours.polls if poll >= first) - first < delay


def test_a_year_is_the_same_each_time_and_other_chances_change_little() -> None:
    one, same, other = (live(years.daily_paper(), seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.polls != other.polls
    assert abs(one.usual_delay - other.usual_delay) < 2 * MINUTE


def test_the_digits_that_are_stored_are_enough() -> None:
    exact, stored = live(years.lazarus()), live(years.lazarus(), is_rounded=True)
    assert abs(exact.a_day - stored.a_day) < 0.5
    assert abs(exact.usual_delay - stored.usual_delay) < 2 * MINUTE
