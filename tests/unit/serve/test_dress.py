"""What templates may do to a value: cut, write instants, refuse addresses; and escaping, whatever comes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.serve.pages.dress import apart, day, hour, machine, minute, moment, render, short, static
from aggregator.serve.pages.page import number
from tests.support.xss import VECTORS

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@given(st.text(max_size=400), st.integers(10, 100))
def test_a_short_text_is_one_line_and_no_longer_than_asked(text: str, length: int) -> None:
    cut = short(text, length)
    assert len(cut) <= length
    assert "\n" not in cut


def test_a_text_is_cut_at_a_word_and_wide_characters_count_twice() -> None:
    assert short("One two three four five", 15) == "One two three…"
    assert short("短文", 15) == "短文"
    assert short("监管部门要求平台公开推荐规则为用户提供", 20) == "监管部门要求平台公…"


def test_a_text_of_megabytes_costs_what_its_beginning_costs() -> None:
    assert len(short("word " * 1_000_000, 260)) <= 260


def test_instants_are_written_in_utc_and_as_briefly_as_is_clear() -> None:
    east = datetime(2026, 3, 15, 1, 5, tzinfo=timezone(timedelta(hours=8)))
    assert (day(east), hour(east), machine(east)) == (
        "Saturday, 14 March 2026",
        "17:05",
        "2026-03-14T17:05:00Z",
    )
    assert moment(east, NOW) == "17:05"
    assert moment(NOW - timedelta(days=2), NOW) == "12 Mar, 09:26"
    assert moment(NOW - timedelta(days=200), NOW) == minute(NOW - timedelta(days=200)) == "26 Aug 2025, 09:26"
    assert machine("2026-03-14T09:26:53+00:00") == "2026-03-14T09:26:53Z"
    spans = {12: "12 s", 90: "1.5 min", 870: "14 min", 5_400: "1.5 h", 25_236: "7 h", 10**8: "1157 d"}
    assert {seconds: apart(NOW, NOW - timedelta(seconds=seconds)) for seconds in spans} == spans
    assert apart(NOW, NOW) == "0 s"


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_are_instants_too(at: datetime) -> None:
    for write in (day, hour, minute, machine):
        assert write(at)
    assert moment(at.astimezone(timezone(timedelta(0))), NOW)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "٣", "1" * 10, " 1", "0x1"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text) is None
    assert number("30") == 30


def test_a_page_shows_markup_as_text() -> None:
    harmless = render("lost.html", {"title": "x", "hint": "x", "here": "", "root": "", "now": NOW})
    for vector in VECTORS:
        html = render("lost.html", {"title": vector, "hint": vector, "here": "", "root": "", "now": NOW})
        assert html.count("<") == harmless.count("<"), vector
        assert html.count('"') == harmless.count('"'), vector


def test_the_style_has_one_accent_in_each_scheme_and_asks_nobody_for_anything() -> None:
    style = static("style.css")[0].decode()
    assert style.count("--accent:") == 2
    assert "url(" not in style
    assert "@import" not in style
