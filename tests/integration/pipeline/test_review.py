"""Edited topics against the archive: what is found, what is published, what leaves, what a kill costs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from aggregator.dispatch import Dispatcher
from aggregator.pipeline import review as module
from aggregator.pipeline.review import review
from aggregator.store import Connection, matches, publications, reviews
from tests.integration.pipeline.conftest import Bench
from tests.support.archive import Piece, store

DAY = timedelta(days=1)
LOOSE = "[score]\nthreshold = 1\n"
PIECES = (
    Piece("Tencent long ago", "Tencent spoke of itself. Tencent again.", age=40 * DAY),
    Piece("Alibaba long ago", "Alibaba spoke of itself. Alibaba again.", age=30 * DAY),
    Piece("Tencent lately", "Tencent spoke of itself. Tencent again.", age=3 * DAY),
    Piece("Tencent lately", "Tencent spoke of itself. Tencent again.", age=2 * DAY, copy_of=3),
    Piece("Alibaba lately", "Alibaba spoke of itself. Alibaba again.", age=DAY),
    Piece("Tencent from a new source", "Tencent it was. Tencent again.", is_backlog=True),
)


@pytest.fixture
async def archive(bench: Bench, rss: Callable[..., str]) -> Bench:
    """Return a bench whose archive holds the pieces, held against a topic on Alibaba."""
    bench.web.put("/feed.xml", rss())
    bench.topic = _topic("alibaba")
    await bench.start()
    await bench.run()
    await bench.running.parts.gate.write(_fill, bench)
    await edit(bench, 'alibaba OR "alibaba"')
    return bench


def _topic(query: str) -> str:
    return f"title = \"A topic\"\nquery = '{query}'\n{LOOSE}"


def _fill(connection: Connection, bench: Bench) -> None:
    store(connection, PIECES, bench.clock.now())


async def edit(bench: Bench, query: str) -> None:
    """Write another query into the topic's file, start again and do what is due."""
    await bench.stop()
    bench.topic = _topic(query)
    await bench.start()
    await bench.run()


async def titles(bench: Bench) -> list[str]:
    return [title for _id, title, _carriers in await bench.feed()]


async def decided(bench: Bench) -> list[int]:
    """Return the items that the topic matches."""

    def ask(connection: Connection) -> list[int]:
        found = matches.topics_of(connection, range(1, len(PIECES) + 1))
        return sorted(item_id for item_id, topics in found.items() if topics == ("alibaba",))

    return await bench.running.parts.gate.read(ask)


async def test_a_topic_finds_the_whole_archive_and_publishes_what_is_recent(archive: Bench) -> None:
    assert await decided(archive) == [2, 5]
    assert await titles(archive) == ["Alibaba lately"]


async def test_an_edit_adds_and_removes_and_announces_nothing_old(archive: Bench) -> None:
    await edit(archive, "tencent")
    assert await decided(archive) == [1, 3, 4, 6]
    assert await titles(archive) == ["Tencent lately"]
    ((_id, _title, carriers),) = await archive.feed()
    assert carriers == ("Presse",), "the later one of the two joins the entry of the first"


async def test_what_comes_back_is_the_entry_that_it_was(archive: Bench) -> None:
    before = await archive.feed()
    await edit(archive, "tencent")
    away = await archive.feed()
    await edit(archive, "alibaba OR tencent")
    after = await archive.feed()
    assert {entry[0] for entry in after} == {entry[0] for entry in (*before, *away)}
    assert len(after) == 2


async def test_the_window_is_configurable(archive: Bench) -> None:
    archive.settings = '[poll]\nfirst_age = "35d"\n'
    await edit(archive, "tencent OR alibaba")
    assert await titles(archive) == ["Alibaba lately", "Tencent lately", "Alibaba long ago"]


async def test_files_follow(archive: Bench) -> None:
    assert b"Alibaba lately" in archive.files()["alibaba.atom"]
    await edit(archive, "tencent")
    assert b"Alibaba lately" not in archive.files()["alibaba.atom"]
    assert b"Tencent lately" in archive.files()["alibaba.atom"]


async def test_decisions_on_the_archive_keep_their_reasons(archive: Bench) -> None:
    await edit(archive, "tencent")
    (kept,) = [
        match
        for found in (await archive.running.parts.gate.read(matches.of_items, [3])).values()
        for match in found
    ]
    assert kept.reasons
    assert kept.topic_version == archive.running.parts.topics.version("alibaba")


async def test_a_killed_review_goes_on_where_it_was(archive: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    await archive.stop()
    archive.topic = _topic("tencent OR alibaba")
    parts = (await archive.start()).parts
    assert await review(parts) is not None
    ahead = await parts.gate.read(reviews.next_review)
    await archive.stop()
    await archive.start()
    assert await archive.running.parts.gate.read(reviews.next_review) == ahead
    await archive.run()
    assert await decided(archive) == [1, 2, 3, 4, 5, 6]
    assert await archive.running.parts.gate.read(reviews.next_review) is None


async def test_a_topic_that_was_away_is_held_against_what_came_meanwhile(archive: Bench) -> None:
    versions: dict[str, str] = {}
    await archive.running.parts.gate.write(publications.sync_topics, versions, archive.clock.now())
    await archive.stop()
    await archive.start()
    waiting = await archive.running.parts.gate.read(reviews.next_review)
    assert waiting is not None
    assert waiting.topic_ids == ("alibaba",)


async def test_items_in_the_queue_are_left_to_the_queue(archive: Bench) -> None:
    def put_back(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE items SET stage = 'settled' WHERE id = 3")

    await archive.stop()
    archive.topic = _topic("tencent")
    parts = (await archive.start()).parts
    await parts.gate.write(put_back)
    while await review(parts):
        pass
    assert await decided(archive) == [1, 4, 6]
    await archive.run()
    assert await decided(archive) == [1, 3, 4, 6]


async def test_a_bug_on_one_text_costs_that_text_only(
    archive: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = module.archive.read

    def broken(shown: Any) -> Any:
        if shown.title == "Tencent long ago":
            raise RuntimeError("a bug")
        return real(shown)

    monkeypatch.setattr(module.archive, "read", broken)
    await edit(archive, "tencent")
    assert await decided(archive) == [3, 4, 6]


async def test_a_daemon_at_work_reviews_when_it_is_told_to(archive: Bench) -> None:
    parts = archive.running.parts
    begin = reviews.begin
    await parts.gate.write(begin, ["alibaba"], parts.clock.now())
    dispatcher = Dispatcher(parts)
    await dispatcher.run_once()
    assert await parts.gate.read(reviews.next_review) is None


async def test_a_batch_that_holds_the_writer_for_too_long_is_written_in_parts(
    archive: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HOLD", -1.0)  # after each item
    calls = []
    record = module._record
    monkeypatch.setattr(module, "_record", lambda *each: calls.append(each) or record(*each))
    await edit(archive, "tencent")
    assert await decided(archive) == [1, 3, 4, 6]
    assert len(calls) >= len(PIECES)
