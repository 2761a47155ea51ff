"""Huge feeds are cut before they cost a parse."""

from aggregator.parse.thin import thin
from tests.unit.parse.reading import NOW, feed


def items(count: int, date: str = "<pubDate>{day:02} Jan 2025 00:00:00 GMT</pubDate>") -> str:
    parts = (f"<item><title>{day}</title>{date.format(day=day)}</item>" for day in range(1, count + 1))
    return "<rss version='2.0'><channel><title>x</title>" + "\n".join(parts) + "</channel></rss>"


def test_a_document_within_the_limit_is_left_alone() -> None:
    assert thin(items(9), 9, NOW) == items(9)


def test_the_newest_are_kept() -> None:
    assert [entry.title for entry in feed(items(9), max_entries=2).entries] == ["9", "8"]
    assert thin(items(9), 2, NOW).count("<item>") == 2


def test_the_first_are_kept_where_a_date_is_not_exact() -> None:
    body = thin(items(9, "<pubDate>0{day}/01/2025</pubDate>"), 2, NOW)
    assert "<title>1</title>" in body
    assert "<title>9</title>" not in body


def test_truncated_and_odd_documents() -> None:
    assert thin("<item>" * 5, 2, NOW) == "<item>" * 5
    assert thin("</item>" * 5, 2, NOW) == "</item>" * 5
