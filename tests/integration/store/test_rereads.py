"""Pages that are asked for once more: in what order, by whom, how often; on both databases."""

from datetime import datetime, timedelta

import pytest

from aggregator import analysis
from aggregator.model import CopyEvidence, Item, Quality, Stage, Validators
from aggregator.pipeline.kinship import relate
from aggregator.store import (
    Connection,
    Engine,
    awaited,
    families,
    items,
    publications,
    rereads,
    retention,
    sources,
)
from aggregator.store.engine import writing
from tests.support.records import article, new_item, source_state, stand_alone

LEASE = timedelta(minutes=10)
HOUR = timedelta(hours=1)


@pytest.fixture
def stored(engine: Engine, now: datetime) -> Engine:
    """Return a database with one source."""
    with writing(engine) as connection:
        state = source_state("press", now)
        sources.sync(connection, [sources.Wanted(state, state.url, "x")], now)
    return engine


def store(
    connection: Connection,
    number: int,
    now: datetime,
    *,
    quality: Quality = Quality.FULL,
    age: int = 0,
    host: str | None = None,
    due_at: datetime | None = None,
) -> Item:
    """Store an item that is done and whose page is asked for once more now."""
    published_at = now - age * HOUR
    items.add(
        connection, [new_item(number, now, published_at=published_at, host=host or f"h{number}.example")]
    )
    save(connection, number, now)
    item = items.by_ids(connection, [number])[number]
    assert items.settle(connection, item, is_provisional=False)
    items.decided(connection, item)
    rereads.plan(
        connection,
        item,
        quality,
        due_at=due_at or now,
        validators=Validators('"e"', "yesterday", "https://press.example/x"),
        body_digest="b",
    )
    return items.by_ids(connection, [number])[number]


def save(
    connection: Connection, number: int, now: datetime, text: str = "A text.", *, is_first: bool = False
) -> None:
    families.save_article(
        connection,
        number,
        article(text),
        lang="en",
        digest="",
        bands=(),
        canonical_key="",
        now=now,
        is_first=is_first,
    )


def claimed(
    connection: Connection, now: datetime, limit: int = 9, full_hosts: tuple[str, ...] = ()
) -> list[int]:
    found = rereads.claim(connection, now=now, lease=LEASE, limit=limit, full_hosts=full_hosts)
    return [each.item.id for each in found]


def test_what_fell_short_comes_first_then_the_newest(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        store(connection, 1, now, age=3)
        store(connection, 2, now, age=1)
        store(connection, 3, now, age=9, quality=Quality.TEASER)
        store(connection, 4, now, age=5, quality=Quality.FAILED)
        store(connection, 5, now, due_at=now + HOUR)
        assert claimed(connection, now, limit=3) == [4, 3, 2]
        assert claimed(connection, now) == [1]
        assert claimed(connection, now) == []
        assert claimed(connection, now + HOUR) == [4, 3, 5, 2, 1], "their lease has ended"
        assert rereads.count(connection) == 5


def test_a_claim_brings_what_lets_the_server_answer_not_modified(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        item = store(connection, 1, now)
        (found,) = rereads.claim(connection, now=now, lease=LEASE, limit=1)
    assert found.item == item
    assert (found.host, found.body_digest, found.tries) == ("h1.example", "b", 0)
    assert found.validators == Validators('"e"', "yesterday", "https://press.example/x")


def test_no_host_is_asked_that_is_busy_or_of_which_new_pages_are_due(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        store(connection, 1, now, host="busy.example")
        store(connection, 2, now, host="news.example")
        store(connection, 3, now, host="quiet.example")
        items.add(connection, [new_item(4, now, host="news.example")])
        assert claimed(connection, now, full_hosts=("busy.example",)) == [3]
        awaited.postpone_page(connection, 4, due_at=now + HOUR)
        assert claimed(connection, now, full_hosts=("busy.example",)) == [2], "its new page waits itself"


def test_leases_end_with_the_daemon_that_held_them(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        store(connection, 1, now)
        store(connection, 2, now)
        assert claimed(connection, now) == [2, 1]
        rereads.release(connection, [2])
        assert claimed(connection, now) == [2]
        rereads.release_leases(connection)
        assert len(claimed(connection, now)) == 2


def test_a_failure_counts_unless_it_was_our_own(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        store(connection, 1, now)
        for counts, tries in ((False, 0), (True, 1)):
            assert claimed(connection, now) == [1]
            rereads.postpone(connection, 1, due_at=now + HOUR, counts=counts)
            assert claimed(connection, now) == []
            now += HOUR
            (found,) = rereads.claim(connection, now=now, lease=LEASE, limit=1)
            assert found.tries == tries
            rereads.release(connection, [1])


def test_there_is_one_second_look_and_no_third(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        item = store(connection, 1, now)
        rereads.finish(connection, 1, "not modified", now + HOUR)
        assert rereads.due_at(connection, 1) is None
        rereads.plan(connection, item, Quality.FULL, due_at=now, validators=Validators(), body_digest="")
        assert rereads.count(connection) == 0
        (history,) = rereads.histories(connection, [1]).values()
    assert (history.reread_at, history.reread_note) == (now + HOUR, "not modified")
    assert history.previous_text is None


def test_the_text_before_is_kept_unless_it_was_for_the_time_being(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        for number in (1, 2, 3):
            store(connection, number, now)
        save(connection, 1, now + HOUR, "Another text.")
        save(connection, 2, now + HOUR, "Another text.", is_first=True)
        save(connection, 3, now + HOUR, "Long. " * 100_000)
        save(connection, 3, now + 2 * HOUR, "Short.")
        found = rereads.histories(connection, [1, 2, 3])
    assert (found[1].previous_text, found[1].previous_at) == ("A text.", now)
    assert 2 not in found
    assert len(found[3].previous_text or "") == 200_000


def test_a_text_that_changed_is_decided_again_and_then_at_rest(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        item = store(connection, 1, now)
        assert items.settle_again(connection, item)
        (waiting,) = items.settled(connection, 9)
        assert waiting.is_changed
        assert not items.settle_again(connection, item), "it is not at rest"
        items.decided(connection, waiting)
        (found,) = items.by_ids(connection, [1]).values()
        assert (found.stage, found.is_changed) == (Stage.DONE, False)
        items.edit(connection, [items.Edit(1, item.entry, "other")], now, no_more_tries=3)
        items.decided(connection, items.by_ids(connection, [1])[1])
        assert not items.settle_again(connection, item), "its entry was edited"


def test_readers_are_told_of_a_change_once_and_not_of_what_they_never_saw(
    stored: Engine, now: datetime
) -> None:
    with writing(stored) as connection:
        publications.sync_topics(connection, {"old": "v", "new": "v"}, now)
        item = store(connection, 1, now)
        stand_alone(connection, 1, now)

        def publish(topic: str, at: datetime) -> None:
            assert publications.record(
                connection,
                topic_id=topic,
                item_id=item.id,
                collapse="copies",
                may_open=True,
                entry_id=f"tag:{topic}",
                now=at,
            )

        publish("old", now)
        publications.changed(connection, item.id)
        (entry,) = publications.live(connection, "old", limit=9)
        assert (entry.updated_at, entry.change_note) == (now, None), "nothing has changed yet"
        rereads.changed(connection, item.id, "text grew", now + HOUR)
        publish("new", now + 2 * HOUR)
        for _time in range(2):
            publications.changed(connection, item.id)
        (entry,) = publications.live(connection, "old", limit=9)
        assert (entry.updated_at, entry.change_note) == (now + HOUR, "text grew")
        assert entry.first_published_at == now
        (fresh,) = publications.live(connection, "new", limit=9)
        assert (fresh.updated_at, fresh.change_note) == (now + 2 * HOUR, None)


def test_old_texts_and_second_looks_are_pruned_with_their_item(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        store(connection, 1, now)
        save(connection, 1, now + HOUR, "Another text.")
        assert retention.prune(connection, now + HOUR) == 1
        assert rereads.count(connection) == 0
        assert rereads.histories(connection, [1]) == {}


def test_a_root_that_is_looked_at_again_keeps_its_story_and_a_copy_leaves_with_a_new_one(
    stored: Engine, now: datetime
) -> None:
    with writing(stored) as connection:
        for number in (1, 2):
            store(connection, number, now)
            stand_alone(connection, number, now)

        def look_again(item_id: int) -> None:
            item = items.by_ids(connection, [item_id])[item_id]
            relate(connection, item, analysis.blank("en"), story_uid="y" * 16, now=now)

        look_again(1)
        assert families.stories_of(connection, [1]) == {1: f"{1:016d}"}
        families.record_likenesses(
            connection, 2, [CopyEvidence(other_id=1, level="text", share=0.9, note="n")]
        )
        families.assign(connection, 1, None, [2])
        assert (families.has_copies(connection, 1), families.has_copies(connection, 2)) == (True, False)
        look_again(2)
        assert families.stories_of(connection, [2]) == {2: "y" * 16}
        assert families.copies_of(connection) == {}
        assert families.evidence_of(connection, 2) == ()
