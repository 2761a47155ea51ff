"""Prints of the pages of a site: one row a page, few a site, none for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from aggregator.store import Engine, prints, schema
from aggregator.store.engine import reading, writing

NOW = datetime(2026, 3, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PAGE = "https://paper.example/{}"


def rows(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(schema.prints)) or 0


def test_a_page_counts_once_and_knows_only_the_others(engine: Engine) -> None:
    with writing(engine) as connection:
        for time, mark in enumerate((1, 2, 3)):
            prints.note(connection, PAGE.format("a"), (mark,), NOW + time * MINUTE)
        prints.note(connection, PAGE.format("b"), (7, -(2**63), 2**63 - 1), NOW)
        prints.note(connection, "https://www.paper.example/a", (8,), NOW)
    with reading(engine) as connection:
        assert prints.others(connection, PAGE.format("b")) == ((3,),)
        assert prints.others(connection, PAGE.format("a")) == ((7, -(2**63), 2**63 - 1),)
        assert prints.others(connection, PAGE.format("c")) == ((3,), (7, -(2**63), 2**63 - 1))
        assert prints.others(connection, "https://other.example/") == ()
        assert prints.others(connection, "") == ()
    assert rows(engine) == 3


def test_a_page_counts_for_the_host_that_sent_it(engine: Engine) -> None:
    caches = (
        "https://www.google.com/amp/s/paper.example/a",
        "https://paper-example.cdn.ampproject.org/c/s/paper.example/b",
    )
    with writing(engine) as connection:
        for mark, cache in enumerate(caches):
            prints.note(connection, cache, (mark,), NOW)
        prints.note(connection, "http://joe:pw@PAPER.example:80/c?utm_source=rss", (7,), NOW)
        assert prints.others(connection, PAGE.format("x")) == ((7,),)
        assert prints.others(connection, PAGE.format("c")) == ()


def test_a_site_keeps_its_newest_pages(engine: Engine) -> None:
    with writing(engine) as connection:
        for number in range(prints.PAGES + 20):
            prints.note(connection, PAGE.format(number), (number,), NOW + number * MINUTE)
    with reading(engine) as connection:
        kept = prints.others(connection, PAGE.format("new"))
    assert [mark for (mark,) in kept] == list(range(prints.PAGES + 19, 19, -1))
    assert rows(engine) == prints.PAGES


@pytest.mark.parametrize("address", ["", "nonsense"])
def test_what_is_on_no_site_is_not_kept(engine: Engine, address: str) -> None:
    with writing(engine) as connection:
        prints.note(connection, address, (1,), NOW)
    assert rows(engine) == 0


def test_what_is_old_is_forgotten_whatever_its_site(engine: Engine) -> None:
    with writing(engine) as connection:
        prints.note(connection, PAGE.format("a"), (1,), NOW)
        prints.note(connection, "https://other.example/b", (2,), NOW + timedelta(days=2))
        prints.forget(connection, NOW + timedelta(days=89))
        assert prints.others(connection, PAGE.format("x")) == ((1,),)
        prints.forget(connection, NOW + timedelta(days=91))
        assert prints.others(connection, PAGE.format("x")) == ()
    assert rows(engine) == 1
