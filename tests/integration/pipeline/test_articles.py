"""Items whose text stands on a page: fetched, tried again, given up, copies joined."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from aggregator.dispatch import Dispatcher
from aggregator.model import Item
from aggregator.pipeline import article, source
from aggregator.pipeline.parts import LEASE, Parts
from aggregator.store import awaited, sources
from aggregator.urls import registrable_domain
from tests.integration.pipeline.conftest import Bench
from tests.support.web import Answer, ScriptedWeb

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
Rss = Callable[..., str]
BODY = (
    "<p>The market regulator fined Alibaba on Monday after an inquiry that lasted four months, people at "
    "the authority said.</p><p>Merchants had complained that the platform asked them to sell nowhere else, "
    "and the company promised to change its contracts before the summer.</p><p>Analysts expect two more "
    "cases this year, one of them about loans, and none of them as large.</p>"
)


def page(title: str, body: str = BODY, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html lang=en><head><title>{title}</title>{head}</head><body>"
        f"<nav><a href=/>Home</a></nav><article><h1>{title}</h1>{body}</article></body></html>"
    )


async def poll_alone(bench: Bench) -> None:
    """Poll the only source and leave the items that it brings as they came."""
    parts = bench.running.parts
    (claimed,) = await parts.gate.write(sources.claim, now=bench.clock.now(), lease=LEASE, limit=9)
    await source.poll(parts, claimed.state)


async def test_the_page_decides_where_the_feed_is_silent(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "A record fine", "Read on."), base=base), RSS)
    bench.web.put("/1", page("A record fine"))
    await bench.start()
    await bench.poll()
    (item,) = await bench.items()
    assert item["quality"] == "full"
    assert "sell nowhere else" in item["text"]
    assert [title for _id, title, _carriers in await bench.feed()] == ["A record fine"]


async def test_a_page_that_fails_is_tried_again_and_then_the_feeds_text_stands(
    bench: Bench, rss: Rss
) -> None:
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "Alibaba fined", "The fine is large."), base=base), RSS)
    bench.web.put("/1", b"", status=503)
    await bench.start()
    await bench.poll()
    before = await bench.feed()
    (item,) = await bench.items()
    assert item["stage"] == "new", "its page is still awaited, and it stands on the feed's text meanwhile"
    for _try in range(2):
        bench.clock.advance(timedelta(minutes=5))
        await bench.run()
    (item,) = await bench.items()
    assert bench.web.hits("/1") == 3
    assert (item["stage"], item["text"]) == ("done", "The fine is large.")
    assert item["quality"] in ("teaser", "failed")
    assert any("503" in line for line in item["evidence"])
    assert len(before) == 1
    assert await bench.feed() == before


async def test_a_late_page_is_decided_first_without_and_then_with_its_text(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.settings = '[articles]\nwait = "30s"\n'
    bench.web.put("/feed.xml", rss((1, "Alibaba fined", "Large."), base=base), RSS)
    bench.web.put("/1", page("Alibaba fined"))
    bench.web.queue("/1", Answer(503))
    await bench.start()
    await bench.poll()
    bench.clock.advance(timedelta(seconds=31))
    await bench.run()
    ((early, _title, _carriers),) = await bench.feed()
    (item,) = await bench.items()
    assert (item["stage"], item["text"]) == ("new", "Large.")
    bench.clock.advance(timedelta(minutes=2))
    await bench.run()
    ((late, _title, _carriers),) = await bench.feed()
    (item,) = await bench.items()
    assert early == late
    assert item["stage"] == "done"
    assert "sell nowhere else" in item["text"]


@pytest.mark.parametrize("media", ["application/pdf", "video/mp4"])
async def test_what_is_no_page_is_not_read(bench: Bench, rss: Rss, media: str) -> None:
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "Alibaba fined", "The fine is large."), base=base), RSS)
    bench.web.put("/1", b"%PDF-1.7 alibaba", media)
    await bench.start()
    await bench.poll()
    (item,) = await bench.items()
    assert item["text"] == "The fine is large."
    assert any(media in line for line in item["evidence"])


async def test_robots_are_obeyed_unless_the_config_says_otherwise(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.web.put("/robots.txt", "User-agent: *\nDisallow: /1\n", "text/plain")
    bench.web.put("/feed.xml", rss((1, "Alibaba fined", "The fine."), base=base), RSS)
    bench.web.put("/1", page("Alibaba fined"))
    await bench.start()
    await bench.poll()
    assert bench.web.hits("/1") == 0
    (item,) = await bench.items()
    assert any("robots.txt" in line for line in item["evidence"])


async def test_backlog_pages_are_left_alone(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.settings = "[poll]\nfirst_items = 1\n"
    bench.web.put("/feed.xml", rss((1, "Alibaba a", "x"), (2, "Alibaba b", "y"), base=base), RSS)
    for number in (1, 2):
        bench.web.put(f"/{number}", page("Alibaba"))
    await bench.start()
    await bench.poll()
    assert bench.web.hits("/1") + bench.web.hits("/2") == 1


async def test_the_same_text_from_another_outlet_joins(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.source += f'[[source]]\nurl = "{base}/other.xml"\nid = "other"\ntitle = "Other"\n'
    bench.web.put("/feed.xml", rss((1, "A record fine", "x"), base=base), RSS)
    bench.web.put("/1", page("A record fine"))
    bench.web.put("/2", page("Fine for Alibaba", BODY + "<p>All rights reserved by the other paper.</p>"))
    bench.web.put("/other.xml", rss(base=base), RSS)
    await bench.start()
    await bench.run()
    before = bench.files()["alibaba.atom"]
    bench.clock.advance(timedelta(days=1))
    bench.web.put("/other.xml", rss((2, "Fine for Alibaba", "y"), base=base), RSS)
    await bench.run()
    ((_id, title, carriers),) = await bench.feed()
    after = bench.files()["alibaba.atom"]
    assert (title, carriers) == ("A record fine", ("Other",))
    assert before.count(b"<entry ") == after.count(b"<entry ") == 1
    assert b"Other" in after
    copied = [item for item in await bench.items() if item["copy_of"]]
    assert [item["copy_of"] for item in copied] == [f"{base}/1"]


async def test_work_that_was_claimed_by_a_killed_daemon_is_done_by_the_next(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "A record fine", "x"), base=base), RSS)
    bench.web.put("/1", page("A record fine"))
    running = await bench.start()
    gate, now = running.parts.gate, bench.clock.now()
    await poll_alone(bench)
    assert await gate.write(awaited.claim_pages, now=now, lease=LEASE, limit=9)
    await bench.stop()
    await bench.start()
    assert await bench.run() == [], "the source is not due again"
    assert len(await bench.feed()) == 1


async def test_after_a_long_downtime_each_page_is_fetched_once_and_kept(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    rows = [(number, f"Alibaba {number}", "short") for number in range(8)]
    bench.web.put("/feed.xml", rss(*rows, base=base), RSS)
    for number in range(8):
        bench.web.put(f"/{number}", page(f"Alibaba {number}", BODY.replace("Monday", f"day {number}")))
    await bench.start()
    await poll_alone(bench)
    await bench.stop()
    bench.clock.advance(timedelta(minutes=20))
    await bench.start()
    await bench.run()
    stored = await bench.items()
    assert [bench.web.hits(f"/{number}") for number in range(8)] == [1] * 8
    assert {item["quality"] for item in stored} == {"full"}
    assert {item["stage"] for item in stored} == {"done"}


async def test_an_edit_of_the_feed_shows_although_the_page_failed(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "A fine", "Nothing to see."), base=base), RSS)
    await bench.start()
    await bench.poll()
    assert await bench.feed() == []
    bench.web.put("/feed.xml", rss((1, "A fine", "The regulator fined Alibaba."), base=base), RSS)
    await bench.poll()
    (item,) = await bench.items()
    assert item["text"] == "The regulator fined Alibaba."
    assert len(await bench.feed()) == 1
    assert bench.web.hits("/1") == 1, "the page is not asked for again"


async def test_an_edit_while_the_page_is_read_is_not_lost(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "Alibaba before", "x"), base=base), RSS)
    bench.web.put("/1", page("Alibaba before"))
    running = await bench.start()
    gate, now = running.parts.gate, bench.clock.now()
    await poll_alone(bench)
    (held,) = await gate.write(awaited.claim_pages, now=now, lease=LEASE, limit=9)
    bench.web.put("/feed.xml", rss((1, "Alibaba after", "x"), base=base), RSS)
    await source.poll(running.parts, await bench.state())
    await article.settle(running.parts, held.item)
    await bench.run()
    assert [title for _id, title, _carriers in await bench.feed()] == ["Alibaba after"]


async def test_an_edited_item_is_read_again_as_soon_as_the_work_on_it_ends(
    bench: Bench, rss: Rss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease is given back before the work on it has ended: a claim in between must not hold it."""
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "Alibaba before", "x"), base=base), RSS)
    bench.web.put("/1", page("Alibaba before"))
    running = await bench.start()
    now = bench.clock.now()
    await poll_alone(bench)
    bench.web.put("/feed.xml", rss((1, "Alibaba after", "x"), base=base), RSS)
    settle = article.settle
    dispatcher = Dispatcher(running.parts)
    started: list[int] = []

    async def settle_an_edited_one(parts: Parts, item: Item) -> None:
        if not started:
            await source.poll(parts, await bench.state())
        await settle(parts, item)
        if not started:
            started.append(await dispatcher._start_pages(now))

    monkeypatch.setattr(article, "settle", settle_an_edited_one)
    await dispatcher._start_pages(now)
    await asyncio.wait(dispatcher._tasks)
    assert started == [0], "nothing else is to be claimed"
    monkeypatch.undo()
    await dispatcher.run_once()
    (item,) = await bench.items()
    assert (item["title"], item["stage"]) == ("Alibaba after", "done")


async def test_one_host_that_hangs_does_not_keep_the_others_waiting(bench: Bench, rss: Rss) -> None:
    with ScriptedWeb("127.0.0.2") as slow:
        blocks = [
            f'[[source]]\nurl = "{slow.url(f"/{number}.xml")}"\nid = "slow-{number:03}"\n'
            for number in range(100)
        ]
        for number in range(100):
            slow.queue(f"/{number}.xml", Answer(hang=True))
        bench.source = "".join(blocks) + bench.source
        bench.web.put("/feed.xml", rss((1, "Alibaba", "x")), RSS)
        running = await bench.start()
        dispatcher = Dispatcher(running.parts)
        await dispatcher._round(bench.clock.now(), None)
        async with asyncio.timeout(4):  # one request of the slow host takes 5 s
            while not bench.web.hits("/feed.xml"):
                await asyncio.sleep(0)
        await dispatcher.drain(0)
    assert slow.hits() <= 8


async def test_a_folder_that_cannot_be_written_is_said_and_healed(bench: Bench, rss: Rss) -> None:
    bench.settings = "[articles]\nfull_text = false\n"
    bench.web.put("/feed.xml", rss((1, "Alibaba", "x")), RSS)
    running = await bench.start()
    folder = running.parts.config.publish.folder
    folder.rmdir()
    folder.write_text("in the way")
    dispatcher = Dispatcher(running.parts)
    serving = asyncio.create_task(dispatcher.serve())
    async with asyncio.timeout(30):
        while not dispatcher.trouble:
            bench.clock.advance(timedelta(seconds=1))
            dispatcher.wake()
            await asyncio.sleep(0.01)
        folder.unlink()
        while dispatcher.trouble:
            dispatcher.wake()
            await asyncio.sleep(0.01)
    assert "Alibaba" in (folder / "alibaba.atom").read_text()
    assert not serving.done()
    await dispatcher.drain(1)
    await serving


async def test_the_pages_of_a_source_take_its_own_place_in_the_workers_whatever_it_links_to(
    bench: Bench, rss: Rss, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedWeb("127.0.0.2") as other:
        bench.web.put("/feed.xml", rss((1, "Alibaba", "x"), base=other.url("")), RSS)
        other.put("/1", page("Alibaba"))
        running = await bench.start()
        owners: list[str] = []
        turn = running.parts.workers.turn

        def noted(owner: str) -> AbstractAsyncContextManager[None]:
            owners.append(owner)
            return turn(owner)

        monkeypatch.setattr(running.parts.workers, "turn", noted)
        await bench.run()
        assert other.hits("/1") == 1
        assert owners == [registrable_domain(bench.web.url(""))] * 2


async def test_hosts_that_want_long_pauses_leave_places_to_others(bench: Bench, rss: Rss) -> None:
    """Their pages wait a minute for one another: not in the places that all share."""
    with ScriptedWeb("127.0.0.2") as slow:
        slow.put("/robots.txt", "User-agent: *\nCrawl-delay: 60\n", "text/plain")
        entries = [(number, f"Alibaba {number}", "x") for number in range(1, 13)]
        slow.put("/feed.xml", rss(*entries, base=slow.url("")), RSS)
        for number in range(1, 13):
            slow.put(f"/{number}", page(f"Alibaba {number}"))
        bench.source = f'[[source]]\nurl = "{slow.url("/feed.xml")}"\nid = "slow"\n'
        running = await bench.start()
        running.parts.client.slow_down(slow.url(""), 60.0)
        now = bench.clock.now()
        await poll_alone(bench)
        dispatcher = Dispatcher(running.parts)
        assert await dispatcher._start_pages(now) == 1
        await dispatcher.drain(0)
