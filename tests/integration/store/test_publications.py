"""The ledger: an entry's id, lead and place are for life, on both databases."""

from datetime import datetime, timedelta

import pytest

from aggregator.store import Connection, Engine, families, items, publications, sources, stories
from aggregator.store.engine import writing
from aggregator.store.publications import Collapse
from tests.support.records import new_item, source_state, stand_alone


@pytest.fixture
def ledger(engine: Engine, now: datetime) -> Engine:
    """Return a database with a topic and four items: 1 and 2 are copies, 3 and 4 stand alone."""
    with writing(engine) as connection:
        sources.sync(
            connection, [sources.Wanted(source_state("press", now), "https://press.example/", "x")], now
        )
        items.add(connection, [new_item(number, now + timedelta(minutes=number)) for number in (1, 2, 3, 4)])
        for number in (1, 2, 3, 4):
            stand_alone(connection, number, now)
        families.assign(connection, 1, 1, [2])
        publications.sync_topics(connection, {"t": "v1"}, now)
    return engine


def record(
    connection: Connection,
    item_id: int,
    now: datetime,
    *,
    collapse: Collapse = "copies",
    may_open: bool = True,
) -> bool:
    return publications.record(
        connection,
        topic_id="t",
        item_id=item_id,
        collapse=collapse,
        may_open=may_open,
        entry_id=f"tag:x:{item_id}",
        now=now,
    )


def test_entries_are_numbered_and_shown_newest_first(ledger: Engine, now: datetime) -> None:
    with writing(ledger) as connection:
        assert record(connection, 3, now)
        assert record(connection, 1, now)
        live = publications.live(connection, "t", limit=9)
        assert publications.counts(connection)["t"] == (2, now)
    assert [(each.entry_id, each.seq) for each in live] == [("tag:x:3", 1), ("tag:x:1", 2)]


def test_a_copy_joins_without_a_new_entry_or_a_new_date(ledger: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with writing(ledger) as connection:
        record(connection, 1, now)
        assert record(connection, 2, later)
        (entry,) = publications.live(connection, "t", limit=9)
    assert (entry.entry_id, entry.lead_item_id, entry.members) == ("tag:x:1", 1, (2,))
    assert (entry.first_published_at, entry.updated_at) == (now, now)


def test_the_root_joins_a_copy_that_was_published_before_it(ledger: Engine, now: datetime) -> None:
    with writing(ledger) as connection:
        record(connection, 2, now)
        assert record(connection, 1, now)
        (entry,) = publications.live(connection, "t", limit=9)
    assert (entry.entry_id, entry.lead_item_id, entry.members) == ("tag:x:2", 2, (1,))


def test_recording_twice_changes_nothing(ledger: Engine, now: datetime) -> None:
    with writing(ledger) as connection:
        record(connection, 1, now)
        record(connection, 2, now)
        before = publications.live(connection, "t", limit=9)
        assert not record(connection, 1, now + timedelta(days=1))
        assert not record(connection, 2, now + timedelta(days=1))
        assert publications.live(connection, "t", limit=9) == before


def test_without_collapsing_each_copy_is_an_entry(ledger: Engine, now: datetime) -> None:
    with writing(ledger) as connection:
        record(connection, 1, now, collapse="none")
        record(connection, 2, now, collapse="none")
        assert len(publications.live(connection, "t", limit=9)) == 2


def test_backlog_joins_but_never_opens(ledger: Engine, now: datetime) -> None:
    with writing(ledger) as connection:
        assert not record(connection, 3, now, may_open=False)
        record(connection, 1, now)
        assert record(connection, 2, now, may_open=False)
        (entry,) = publications.live(connection, "t", limit=9)
        assert publications.changed_topics(connection, [2, 3]) == {"t"}
        assert publications.changed_topics(connection, [3]) == frozenset()
    assert entry.members == (2,)


def test_feeds_are_bounded_by_number_and_by_age(ledger: Engine, now: datetime) -> None:
    with writing(ledger) as connection:
        for item_id in (1, 3, 4):
            record(connection, item_id, now)
        newest = publications.live(connection, "t", limit=2)
        recent = publications.live(connection, "t", limit=9, since=now + timedelta(minutes=3))
    assert [each.lead_item_id for each in newest] == [4, 3]
    assert [each.lead_item_id for each in recent] == [4, 3]


def test_a_topic_is_changed_when_its_version_is(ledger: Engine, now: datetime) -> None:
    with writing(ledger) as connection:
        assert publications.sync_topics(connection, {"t": "v1"}, now) == ()
        later = now + timedelta(days=1)
        assert publications.sync_topics(connection, {"t": "v2", "u": "v1"}, later) == ("t", "u")
        assert publications.sync_topics(connection, {"u": "v1"}, later) == ()
        assert publications.sync_topics(connection, {"t": "v2", "u": "v1"}, later) == ("t",), "it was away"
        states = publications.topic_states(connection)
    assert states["t"].first_seen_at == now
    assert states["u"].first_seen_at == later


def test_when_stories_become_one_the_older_entry_carries_on(ledger: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with writing(ledger) as connection:
        for number in (1, 3, 4):
            assert record(connection, number, now, collapse="stories")
        stories.merge(connection, [3, 1])
        changed = publications.unite(connection, 3, {"t": "stories", "other": "copies", "all": "none"}, later)
        live = {each.entry_id: each for each in publications.live(connection, "t", limit=9)}
        assert not record(connection, 3, later, collapse="stories"), "it is carried already"
        assert not publications.unite(connection, 3, {"t": "stories"}, later), "nothing is left to do"
    assert changed == {"t"}
    assert set(live) == {"tag:x:1", "tag:x:4"}
    assert live["tag:x:1"].members == (3,)
    assert live["tag:x:1"].updated_at == now, "nothing is announced again"
