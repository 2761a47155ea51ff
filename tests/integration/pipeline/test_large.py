"""Documents of many megabytes on their way through a poll: read in the worker, no file left behind."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.fetch.spool import Spool
from aggregator.model import FailureKind, Outcome
from aggregator.pipeline.source import poll
from tests.integration.pipeline.conftest import Bench

pytestmark = pytest.mark.slow

RSS = "application/rss+xml"
Rss = Callable[..., str]
SIZE = 10_000_000
FILLING = "<!--" + "filling " * (SIZE // 8) + "-->"


@pytest.fixture(autouse=True)
def roomy(bench: Bench) -> None:
    bench.settings = "[articles]\nfull_text = false\n"


def large(feed: str) -> str:
    return feed.replace("</channel>", f"{FILLING}</channel>")


def files(running: App) -> list[Path]:
    folder = running.parts.client._spool._folder
    assert folder is not None
    return list(folder.iterdir())


async def test_large_documents_lie_in_the_state_folder(bench: Bench, tmp_path: Path) -> None:
    running = await bench.start()  # elsewhere might be memory
    assert running.parts.client._spool._folder is not None
    assert running.parts.client._spool._folder.parent == tmp_path


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(spool: Spool) -> tuple[int, Path]:
        assert spool._folder is not None
        return os.open("/dev/full", os.O_WRONLY), spool._folder / "full"

    monkeypatch.setattr(Spool, "create", create)


async def test_a_feed_of_ten_megabytes_is_read_and_not_again_while_it_stays_the_same(
    bench: Bench, rss: Rss
) -> None:
    bench.web.put("/feed.xml", large(rss((2, "Alibaba two", "y"), (1, "Alibaba one", "x"))), RSS)
    running = await bench.start()
    first = await bench.poll()
    assert (first.outcome, first.new_items, files(running)) == (Outcome.NEW, 2, [])
    assert [title for _id, title, _carriers in await bench.feed()] == ["Alibaba two", "Alibaba one"]
    assert (await bench.poll()).outcome is Outcome.UNCHANGED
    assert files(running) == []


async def test_a_page_of_megabytes_is_read(bench: Bench, rss: Rss) -> None:
    bench.settings = ""
    text = "<p>The regulator fined Alibaba after an inquiry that lasted four months, people said.</p>" * 5
    page = f"<html><body><article><h1>A fine</h1>{text}<!--{'x' * 4_000_000}--></article></body></html>"
    bench.web.put("/1", page)
    bench.web.put("/feed.xml", rss((1, "A fine", "Read on."), base=bench.web.url("")), RSS)
    running = await bench.start()
    await bench.poll()
    (item,) = await bench.items()
    assert "four months" in item["text"]
    assert files(running) == []


async def test_a_large_document_that_is_no_feed_leaves_no_file(bench: Bench) -> None:
    bench.web.put("/feed.xml", "no feed at all " * 600_000, RSS)
    running = await bench.start()
    report = await bench.poll()
    assert report.failure is not None
    assert (report.failure.kind, files(running)) == (FailureKind.NOT_A_FEED, [])


async def test_a_document_that_breaks_the_workers_limits_leaves_no_file(bench: Bench, rss: Rss) -> None:
    bench.settings = f'memory = "1MB"\n{bench.settings}'  # the settings begin inside [workers]
    bench.web.put("/feed.xml", large(rss((1, "Alibaba one", "x"))), RSS)
    running = await bench.start()
    report = await bench.poll()
    assert report.failure is not None
    assert (report.failure.kind, files(running)) == (FailureKind.LIMIT, [])


async def test_a_poll_that_is_cancelled_leaves_no_file(bench: Bench, rss: Rss) -> None:
    bench.web.put("/feed.xml", large(rss((1, "Alibaba one", "x"))), RSS)
    running = await bench.start()
    async with running.parts.workers.turn("127.0.0.1"):  # it arrives, and waits for a worker
        task = asyncio.create_task(poll(running.parts, await bench.state()))
        while not files(running) or files(running)[0].stat().st_size < SIZE:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert files(running) == []


async def test_a_full_disk_costs_one_poll_and_no_source(
    bench: Bench, rss: Rss, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.web.put("/feed.xml", large(rss((1, "Alibaba one", "x"))), RSS)
    running = await bench.start()
    with monkeypatch.context() as disk:
        fill_the_disk(disk)
        report = await bench.poll()
    assert report.failure is not None
    assert report.failure.kind is FailureKind.INTERNAL
    assert "No space left on device; make room in" in report.failure.detail
    assert report.next_poll_at - bench.clock.now() <= timedelta(hours=3)  # twice the interval
    assert (await bench.state()).last_error == report.failure.detail
    bench.clock.advance(report.next_poll_at - bench.clock.now())
    (again,) = await bench.run()
    assert again.failure is None, again.failure
    assert (again.outcome, again.new_items, files(running)) == (Outcome.NEW, 1, [])


async def test_a_page_that_met_a_full_disk_is_asked_for_again(
    bench: Bench, rss: Rss, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.settings = ""
    text = "<p>The regulator fined Alibaba after an inquiry that lasted four months, people said.</p>" * 5
    bench.web.put("/1", f"<html><body><article><h1>A fine</h1>{text}<!--{'x' * 400_000}--></article></body>")
    bench.web.put("/feed.xml", rss((1, "A fine", "Read on."), base=bench.web.url("")), RSS)
    await bench.start()
    with monkeypatch.context() as disk:
        fill_the_disk(disk)
        await bench.poll()
    bench.clock.advance(timedelta(minutes=2))
    await bench.run()
    (item,) = await bench.items()
    assert (bench.web.hits("/1"), item["stage"]) == (2, "done")
    assert "four months" in item["text"]


async def test_the_parts_of_a_sitemap_may_be_large(bench: Bench) -> None:
    bench.source += 'kind = "sitemap"\n'
    base, day = bench.web.url(""), bench.clock.now().strftime("%Y-%m-%d")
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    index = (
        f"<sitemapindex xmlns='{space}'><sitemap><loc>{base}/part.xml</loc></sitemap>{FILLING}</sitemapindex>"
    )
    part = f"<urlset xmlns='{space}'><url><loc>{base}/a</loc><lastmod>{day}</lastmod></url>{FILLING}</urlset>"
    bench.web.put("/feed.xml", index, "application/xml")
    bench.web.put("/part.xml", part, "application/xml")
    running = await bench.start()
    first, again = await bench.poll(), await bench.poll()
    assert (first.outcome, first.new_items) == (Outcome.NEW, 1)
    assert (again.outcome, files(running)) == (Outcome.UNCHANGED, [])
