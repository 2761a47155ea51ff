"""Items on their way through the stages, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from aggregator.model import Author, CopyEvidence, DateOrigin, Enclosure, Entry, Match, Quality, Reason, Stage
from aggregator.store import (
    Connection,
    Engine,
    awaited,
    families,
    items,
    matches,
    publications,
    retention,
    sources,
)
from aggregator.store.engine import writing
from tests.support.records import article, new_item, source_state, stand_alone

LEASE = timedelta(minutes=10)


@pytest.fixture
def stored(engine: Engine, now: datetime) -> Engine:
    """Return a database with one source."""
    with writing(engine) as connection:
        states = [source_state("press", now), source_state("other", now)]
        sources.sync(connection, [sources.Wanted(state, state.url, "x") for state in states], now)
    return engine


def move(connection: Connection, item_id: int, stage: Stage) -> None:
    item = items.by_ids(connection, [item_id])[item_id]
    assert items.settle(connection, item, is_provisional=False)
    if stage is Stage.DONE:
        items.decided(connection, item)


def settle(
    connection: Connection,
    item_id: int,
    now: datetime,
    *,
    text: str = "A text.",
    bands: tuple[int, ...] = (),
    is_from_page: bool = False,
) -> None:
    families.save_article(
        connection,
        item_id,
        article(text, is_from_page=is_from_page),
        lang="fr",
        digest=f"d-{text}",
        bands=bands,
        canonical_key="",
        now=now,
    )
    move(connection, item_id, Stage.SETTLED)


def test_an_item_comes_back_whole(stored: Engine, now: datetime) -> None:
    entry = Entry(
        raw_id="tag:x,2026:1",
        url="https://press.example/é?a=1",
        title="Pékin ‑ 阿里巴巴",
        summary_html="<p>s</p>",
        content_html="<p>c</p>",
        authors=(Author("Zoé", None, "https://z/"), Author("李")),
        tags=("tech", "Chine"),
        lang="fr",
        published_at=now,
        updated_at=now,
        enclosures=(Enclosure("https://press.example/a.mp3", "audio/mpeg", 12),),
        image_url="https://press.example/i.png",
        outlet="Le Canard",
        outlet_url="https://canard.example/",
        comments_url="https://press.example/c",
    )
    with writing(stored) as connection:
        assert items.add(connection, [new_item(1, now, entry=entry)]) == 1
        settle(connection, 1, now)
        found = items.by_ids(connection, [1])[1]
    assert found.entry == entry
    assert found.article == article()
    assert (found.uid, found.stage, found.lang, found.published_from) == (
        f"{1:016x}",
        Stage.SETTLED,
        "fr",
        DateOrigin.FEED,
    )


def test_an_entry_is_stored_once_however_often_it_is_brought(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        assert items.add(connection, [new_item(1, now), new_item(2, now)]) == 2
        again = [replace(new_item(2, now), uid="f" * 16), new_item(3, now)]
        assert items.add(connection, again) == 1
        assert items.count(connection) == 3
        assert set(items.known(connection, "press", ["id-1", "id-2", "id-9"])) == {"id-1", "id-2"}


def test_the_same_identity_in_two_sources_is_two_items(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        items.add(connection, [replace(new_item(2, now, "other"), identity="id-1")])
        assert items.count(connection) == 2


def test_many_identities_are_looked_up_in_pieces(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(number, now) for number in range(1, 1203)])
        assert len(items.known(connection, "press", [f"id-{number}" for number in range(5000)])) == 1202
        assert len(list(items.every(connection))) == 1202


def test_pages_are_claimed_newest_first_and_released(stored: Engine, now: datetime) -> None:
    fresh = [new_item(number, now, published_at=now - timedelta(hours=number)) for number in (3, 1, 2)]
    with writing(stored) as connection:
        items.add(connection, fresh)
        first = awaited.claim_pages(connection, now=now, lease=LEASE, limit=2)
        second = awaited.claim_pages(connection, now=now, lease=LEASE, limit=2)
        awaited.release_leases(connection)
        again = awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
    assert [claim.item.identity for claim in first] == ["id-1", "id-2"]
    assert [claim.item.identity for claim in second] == ["id-3"]
    assert len(again) == 3


def test_a_failed_page_waits_and_counts(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
        awaited.postpone_page(connection, 1, due_at=now + timedelta(minutes=1))
        assert not awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
        (claim,) = awaited.claim_pages(connection, now=now + timedelta(minutes=1), lease=LEASE, limit=9)
    assert claim.item.tries == 1


def test_an_item_that_waits_too_long_is_taken_once_and_by_nobody_else(stored: Engine, now: datetime) -> None:
    wait = timedelta(minutes=10)

    def late(connection: Connection, at: datetime) -> list[int]:
        claimed = awaited.claim_late(connection, now=at, lease=LEASE, wait=wait, limit=9)
        return [claim.item.id for claim in claimed]

    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        assert late(connection, now + timedelta(minutes=9)) == []
        assert late(connection, now + wait) == [1]
        assert late(connection, now + wait) == []
        assert awaited.claim_pages(connection, now=now + wait, lease=LEASE, limit=9) == ()
        item = items.by_ids(connection, [1])[1]
        assert items.settle(connection, item, is_provisional=True)
        items.decided(connection, items.by_ids(connection, [1])[1])
        assert late(connection, now + 9 * wait) == [], "it was decided once without its page"
        assert len(awaited.claim_pages(connection, now=now + wait, lease=LEASE, limit=9)) == 1


def test_what_is_still_worked_on_is_not_claimed_again(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now), new_item(2, now)])
        (claim,) = awaited.claim_pages(connection, now=now, lease=LEASE, limit=9, running=[1])
        (later,) = awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
    assert (claim.item.id, later.item.id) == (2, 1)


def test_pages_of_a_busy_host_are_left_for_later(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now, host="slow.example"), new_item(2, now, host="b.example")])
        (first,) = awaited.claim_pages(connection, now=now, lease=LEASE, limit=9, full_hosts=["slow.example"])
        (second,) = awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
        awaited.release(connection, [second.item.id])
        (third,) = awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
    assert [claim.item.id for claim in (first, second, third)] == [2, 1, 1]
    assert first.host == "b.example"


def test_an_edit_keeps_the_item_and_reads_again_only_the_feeds_own_text(
    stored: Engine, now: datetime
) -> None:
    edited = Entry(raw_id="raw-1", url="https://elsewhere.example/", title="New title")
    with writing(stored) as connection:
        items.add(connection, [new_item(number, now) for number in (1, 2, 3)])
        settle(connection, 1, now)
        settle(connection, 2, now, is_from_page=True)
        for item_id in (1, 2):
            items.decided(connection, items.by_ids(connection, [item_id])[item_id])
        edits = [items.Edit(number, edited, f"e{number}") for number in (1, 2, 3)]
        items.edit(connection, edits, now + timedelta(hours=1), no_more_tries=3)
        found = items.by_ids(connection, [1, 2, 3])
    assert [found[key].entry.title for key in (1, 2, 3)] == ["New title"] * 3
    assert [(found[key].stage, found[key].tries) for key in (1, 2, 3)] == [
        (Stage.NEW, 3),  # the feed's own text: read again, its page is not asked for
        (Stage.SETTLED, 0),  # the page's text: decided again under its title
        (Stage.NEW, 0),  # its page is still awaited
    ]
    assert found[1].entry.url == "https://press.example/1", "the link of an item never changes"
    assert found[1].updated_at == now + timedelta(hours=1)


def test_what_was_read_before_an_edit_does_not_settle_the_item(stored: Engine, now: datetime) -> None:
    edited = Entry(raw_id="raw-1", url=None, title="New title")
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        before = items.by_ids(connection, [1])[1]
        awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
        items.edit(connection, [items.Edit(1, edited, "e")], now, no_more_tries=3)
        assert not items.settle(connection, before, is_provisional=False)
        (claim,) = awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
        assert items.settle(connection, claim.item, is_provisional=False)
        items.decided(connection, before)
        assert items.by_ids(connection, [1])[1].stage is Stage.SETTLED


def test_the_queue_is_read_by_its_index_on_sqlite(stored: Engine, now: datetime) -> None:
    if stored.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's planner chooses by size; its partial index needs no help")
    statements: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        statements.append((statement, parameters))

    with writing(stored) as connection:
        event.listen(stored, "before_cursor_execute", note)
        awaited.claim_pages(connection, now=now, lease=LEASE, limit=9)
        awaited.claim_late(connection, now=now, lease=LEASE, wait=LEASE, limit=9)
        items.settled(connection, 9)
        event.remove(stored, "before_cursor_execute", note)
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
            for statement, parameters in statements
            if "stage" in statement
        ]
    assert len(plans) == 3
    assert all("ix_items_queue" in plan for plan in plans), plans


def test_an_edited_text_keeps_the_one_before(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        settle(connection, 1, now, text="Old.", bands=(1, 2))
        settle(connection, 1, now, text="New.", bands=(2, 3))
        previous = connection.exec_driver_sql("SELECT text, previous_text FROM articles").one()
        bands = connection.exec_driver_sql("SELECT band FROM bands ORDER BY band").scalars().all()
    assert tuple(previous) == ("New.", "Old.")
    assert bands == [2, 3]


def test_only_an_unknown_date_is_taken_from_the_page(stored: Engine, now: datetime) -> None:
    seen = new_item(2, now, published_from=DateOrigin.FIRST_SEEN)
    page_date = datetime(2026, 3, 1, tzinfo=UTC)
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now), seen])
        for item_id in (1, 2):
            items.date_from_page(connection, item_id, page_date)
        found = items.by_ids(connection, [1, 2])
    assert (found[1].published_at, found[1].published_from) == (now, DateOrigin.FEED)
    assert (found[2].published_at, found[2].published_from) == (page_date, DateOrigin.PAGE)


def test_relatives_share_a_band_a_digest_or_an_address(stored: Engine, now: datetime) -> None:
    far = now - timedelta(days=20)
    with writing(stored) as connection:
        items.add(connection, [new_item(number, now) for number in range(1, 6)])
        items.add(connection, [new_item(6, far, first_seen_at=far)])
        settle(connection, 1, now, text="one", bands=(10, 11))
        settle(connection, 2, now, text="two", bands=(11, 12))  # a band in common
        settle(connection, 3, now, text="one")  # the same digest
        settle(connection, 4, now, text="four")  # the same address
        settle(connection, 5, now, text="five", bands=(99,))  # a stranger
        settle(connection, 6, far, text="one", bands=(10, 11))  # too long ago
        for item_id in range(2, 7):
            stand_alone(connection, item_id, now)
        found, is_cut = families.relatives(
            connection,
            1,
            around=now,
            window=timedelta(days=14),
            keys=["https://press.example/4", ""],
            digest="d-one",
        )
    assert sorted(relative.item_id for relative in found) == [2, 3, 4]
    assert next(relative.text for relative in found if relative.item_id == 2) == "two"
    assert not is_cut


def test_a_copy_has_the_root_and_the_story_of_its_family(stored: Engine, now: datetime) -> None:
    evidence = CopyEvidence(other_id=1, level="text", share=0.9, note="90 % of its words")
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now), new_item(2, now)])
        stand_alone(connection, 1, now)
        families.record_likenesses(connection, 2, [evidence])
        members, likenesses = families.alike(connection, 1)
        families.assign(connection, 1, members[1].story_id, [2])
        assert [(each.item_id, each.other_id, each.share) for each in likenesses] == [(2, 1, 0.9)]
        assert set(members) == {1, 2}
        assert families.copies_of(connection) == {2: (f"{1:016x}", "https://press.example/1")}
        assert families.stories_of(connection, [1, 2]) == {1: f"{1:016d}", 2: f"{1:016d}"}
        assert families.evidence_of(connection, 2) == (evidence,)
        assert families.evidence_of(connection, 1) == (replace(evidence, other_id=2),)


def test_decisions_replace_earlier_ones_and_keep_their_reasons(stored: Engine, now: datetime) -> None:
    def match(topic: str, score: float) -> Match:
        return Match(topic, "v1", score >= 3, score, (Reason("title", "阿里巴巴", "… 阿里巴巴 …", 2.5),))

    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        matches.save(connection, 1, [match("a", 5.0), match("b", 2.0)], now)
        matches.save(connection, 1, [match("b", 4.0)], now)
        assert matches.of_items(connection, [1]) == {1: (match("b", 4.0),)}


def test_pruning_keeps_what_topics_carry_and_every_identity(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now), new_item(2, now), new_item(3, now)])
        for item_id in (1, 2):
            settle(connection, item_id, now, text=f"text {item_id}", bands=(item_id,))
            stand_alone(connection, item_id, now)
            move(connection, item_id, Stage.DONE)
        publications.sync_topics(connection, {"t": "v"}, now)
        publications.record(
            connection, topic_id="t", item_id=1, collapse="copies", may_open=True, entry_id="tag:1", now=now
        )
        assert retention.prune(connection, now) == 0, "nothing is that old"
        assert retention.prune(connection, now + timedelta(days=1)) == 1
        assert retention.prune(connection, now + timedelta(days=1)) == 0
        found = items.by_ids(connection, [1, 2, 3])
        assert items.add(connection, [new_item(2, now)]) == 0, "a pruned entry never returns"
    assert found[1].article is not None
    assert found[2].article is None
    assert found[3].stage is Stage.NEW


def test_unfinished_items_are_counted_by_stage(stored: Engine, now: datetime) -> None:
    with writing(stored) as connection:
        items.add(connection, [new_item(number, now) for number in (1, 2, 3)])
        move(connection, 2, Stage.SETTLED)
        move(connection, 3, Stage.DONE)
        assert items.unfinished(connection) == {"new": 1, "settled": 1}
        assert [item.id for item in items.settled(connection, 9)] == [2]


def test_an_article_keeps_its_quality_and_evidence(stored: Engine, now: datetime) -> None:
    teaser = article("Short.", quality=Quality.TEASER, evidence=("the page says: subscribe",))
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        families.save_article(
            connection, 1, teaser, lang=None, digest="", bands=(), canonical_key="https://c/", now=now
        )
        assert items.by_ids(connection, [1])[1].article == teaser
        assert families.canonical_key(connection, 1) == "https://c/"


def test_of_an_item_the_nearest_near_misses_are_kept(stored: Engine, now: datetime) -> None:
    near = [Match(f"t{number}", "v", False, number / 10, ()) for number in range(30)]
    with writing(stored) as connection:
        items.add(connection, [new_item(1, now)])
        matches.save(connection, 1, [*near, Match("m", "v", True, 0.1, ())], now)
        kept = matches.of_items(connection, [1])[1]
    assert {match.topic_id for match in kept} == {"m", *(f"t{number}" for number in range(10, 30))}
