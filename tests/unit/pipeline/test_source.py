"""New items, edits and what a poll teaches: the pure parts of a poll."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.analysis import Keys, recognised
from aggregator.config.schema import PollConfig
from aggregator.model import DateOrigin, Entry, Sighting
from aggregator.pipeline.outcomes import counts, edited, new_items
from aggregator.store.items import Known
from tests.support.records import source_state

NOW = datetime(2026, 3, 14, tzinfo=UTC)
DAY = timedelta(days=1)
UIDS = [f"{number:016x}" for number in range(50)]


def entry(number: int, age: timedelta | None = timedelta(0)) -> Entry:
    published_at = NOW - age if age is not None else None
    return Entry(
        raw_id=str(number), url=f"https://a.example/{number}", title=f"T {number}", published_at=published_at
    )


def keyed(*entries: Entry) -> list[tuple[Entry, Keys]]:
    return [
        (each, Keys(f"id:{each.raw_id}", f"d{each.raw_id}", each.url or "", "a.example")) for each in entries
    ]


def test_items_are_made_oldest_first_with_the_date_the_feed_claims() -> None:
    made = new_items(
        keyed(entry(1), entry(2, DAY), entry(3, None)), source_id="s", settings=None, now=NOW, uids=UIDS
    )
    assert [item.identity for item in made] == ["id:2", "id:3", "id:1"]
    assert [item.published_from for item in made] == [
        DateOrigin.FEED,
        DateOrigin.FIRST_SEEN,
        DateOrigin.FEED,
    ]
    assert {item.host for item in made} == {"a.example"}
    assert not any(item.is_backlog for item in made)


def test_the_first_poll_leaves_old_and_surplus_entries_in_the_backlog() -> None:
    settings = PollConfig(first_items=2, first_age=7 * DAY)
    fresh = keyed(entry(1), entry(2, DAY), entry(3, 2 * DAY), entry(4, 30 * DAY))
    made = new_items(fresh, source_id="s", settings=settings, now=NOW, uids=UIDS)
    assert {item.identity: item.is_backlog for item in made} == {
        "id:1": False,
        "id:2": False,
        "id:3": True,
        "id:4": True,
    }


def test_an_identity_that_stands_twice_in_a_document_is_one_item() -> None:
    made = new_items(keyed(entry(1), entry(1)), source_id="s", settings=None, now=NOW, uids=UIDS)
    assert len(made) == 1


def test_only_known_entries_with_another_digest_are_edits() -> None:
    stored = {"id:1": Known(1, "d1"), "id:2": Known(2, "old")}
    (change,) = edited(keyed(entry(1), entry(2), entry(3)), stored)
    assert (change.item_id, change.content_digest) == (2, "d2")


@pytest.mark.parametrize(
    ("since", "is_counted"),
    [(timedelta(minutes=1), False), (timedelta(minutes=29), False), (timedelta(minutes=30), True)],
)
def test_a_poll_long_before_its_time_teaches_nothing(since: timedelta, is_counted: bool) -> None:
    state = source_state("s", NOW, interval=timedelta(hours=1), last_success_at=NOW - since)
    assert counts(state, NOW) is is_counted


def test_the_first_poll_counts() -> None:
    assert counts(source_state("s", NOW), NOW)


def test_an_entry_is_recognised_by_link_and_title_unless_it_bears_another_date() -> None:
    def seen(published_at: datetime | None) -> tuple[Sighting, ...]:
        return (Sighting("https://a.example/1", "T 1", published_at, "id:old"),)

    like = ("https://a.example/1", "T 1")
    assert recognised([entry(1)], seen(NOW)) == {like: "id:old"}
    assert recognised([entry(1)], seen(None)) == {like: "id:old"}
    assert recognised([entry(1, None)], seen(NOW)) == {like: "id:old"}
    assert recognised([entry(1)], seen(NOW - DAY)) == {}
