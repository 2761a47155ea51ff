"""All stages of an article together: fetched from loopback, extracted, analysed, matched, stored.

The composition is the daemon's, with the shipped topics and a SQLite file; only the workers' functions run
here, each job and each result pickled all the same, so that one clock of CPU time sees everything but the
server. The poll that brings the items is not counted. Each round begins with an empty database.
"""

import asyncio
import multiprocessing
import pickle
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar

from aggregator import app
from aggregator.clock import Clock
from aggregator.config.schema import WorkersConfig
from aggregator.dispatch import Dispatcher
from aggregator.model import Failure
from aggregator.pipeline import source
from aggregator.pipeline.parts import LEASE
from aggregator.store import items, sources
from aggregator.workers import Workers
from tests.benchmarks.extraction import Sample
from tests.support.shared import REPOSITORY
from tests.support.web import ScriptedWeb

ROUNDS = 7
_SETTINGS = """
[fetch]
host_delay = "0s"
per_host = 8
allow_private = ["127.0.0.0/8"]
[poll]
first_items = 1000
[publish]
formats = ["atom"]
"""
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _sent(value: _R) -> _R:
    """Return what another process would get."""
    copy: _R = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own
    return copy


class _Here(Workers):
    """Runs in this process what belongs into a worker."""

    async def run(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R | Failure:
        work, given = _sent((function, args))
        return _sent(work(*given, **kwargs))

    async def run_page(
        self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R | Failure:
        return await self.run(function, *args, **kwargs)

    @asynccontextmanager
    async def turn(self, _owner: str) -> AsyncIterator[None]:
        yield


def _serve(pipe: Connection, pages: list[Sample]) -> None:
    """Be the outlet, until the other end closes."""
    date = format_datetime(datetime.now(UTC))
    with ScriptedWeb() as web:
        entries = []
        for number, page in enumerate(pages):
            web.put(f"/{number}", page.body, "text/html")
            title = escape(page.gold.strip().partition("\n")[0][:120] or page.name)
            entries.append(
                f"<item><title>{title}</title><link>{web.url(f'/{number}')}</link><pubDate>{date}</pubDate></item>"
            )
        feed = f"<rss version='2.0'><channel><title>t</title>{''.join(entries)}</channel></rss>"
        web.put("/feed.xml", feed, "application/rss+xml")
        pipe.send(web.url("/feed.xml"))
        pipe.recv()


async def _round(folder: Path, feed: str, count: int) -> float:
    """Follow the feed from an empty database; return the CPU seconds of its articles."""
    config = folder / "config"
    (config / "sources.d").mkdir(parents=True)
    for name in ("topics.d", "lists.d"):
        (config / name).symlink_to(REPOSITORY / "config" / name)
    (config / "aggregator.toml").write_text(_SETTINGS)
    (config / "sources.d/press.toml").write_text(f'[[source]]\nurl = "{feed}"\n')
    clock = Clock()
    running = await app.start(app.prepare(config, folder, {}, {}), folder, clock)
    try:
        parts = replace(running.parts, workers=_Here(WorkersConfig(), clock, preload=()))
        (claimed,) = await parts.gate.write(sources.claim, now=clock.now(), lease=LEASE, limit=1)
        await source.poll(parts, claimed.state)
        begin = time.process_time()
        await Dispatcher(parts).run_once()
        seconds = time.process_time() - begin
        assert await parts.gate.read(items.count) == count, "every page is an item"
        assert not await parts.gate.read(items.unfinished), "every item is decided"
    finally:
        await running.close()
    return seconds


def measure(pages: list[Sample], unit: Callable[[], float]) -> list[tuple[float, float]]:
    """Return CPU seconds of all stages over these pages, round by round, and of `unit` around each.

    A shared machine runs now faster, now slower: only what ran side by side compares.
    """
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, pages))
    process.start()
    feed: str = ours.recv()
    rounds = []
    before = unit()
    for _ in range(1 + ROUNDS):
        with TemporaryDirectory() as folder:
            seconds = asyncio.run(_round(Path(folder), feed, len(pages)))
        after = unit()
        rounds.append((seconds, (before + after) / 2))
        before = after
    ours.send(None)
    process.join()
    return rounds[1:]  # the first one loads what pages need
