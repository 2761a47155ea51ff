"""Charts as paths: what is more is drawn larger, what is there is seen."""

import re

from hypothesis import given
from hypothesis import strategies as st

from aggregator.serve.pages.charts import LEVELS, bars, week

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)
BAR = re.compile(r"M(\d+) 40v-(\d+)h6v\d+z")


@given(COUNTS)
def test_a_bar_for_each_day_that_has_something_and_none_higher_than_the_chart(counts: list[int]) -> None:
    drawn = bars(counts)
    heights = {int(x): int(height) for x, height in BAR.findall(drawn.path + drawn.last)}
    assert sorted(heights) == [8 * day for day, count in enumerate(counts) if count]
    assert all(2 <= height <= drawn.height for height in heights.values())
    assert (drawn.total, drawn.most) == (sum(counts), max(counts))
    assert counts[drawn.most_at] == drawn.most
    by_count = sorted((count, heights.get(8 * day, 0)) for day, count in enumerate(counts))
    assert [height for _, height in by_count] == sorted(height for _, height in by_count)


def test_the_last_day_stands_apart() -> None:
    assert bars([1, 0, 2]).last == "M16 40v-40h6v40z"
    assert bars([1, 0]).last == ""
    assert bars([]).total == 0


@given(st.lists(st.floats(0, 1e6), min_size=168, max_size=168))
def test_each_hour_of_the_week_is_one_square_in_one_shade(hours: list[float]) -> None:
    drawn = week(hours)
    assert len(drawn.shades) == LEVELS + 1
    squares = re.findall(r"M(\d+) (\d+)h", "".join(drawn.shades))
    assert len(set(squares)) == len(squares) == 168
    assert hours[drawn.busiest] == max(hours) or max(hours) == 0
