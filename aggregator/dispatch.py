"""Runs due work: claims it from the database, works on a bounded amount at a time, and drains.

The database is the queue; this module only decides what runs now. The work itself stands in
`pipeline`, one function a kind of work.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from aggregator.errors import ServiceDownError
from aggregator.logs import get_logger
from aggregator.model import Failure, FailureKind, Item, SourceState
from aggregator.pipeline import article, source
from aggregator.pipeline.decide import decide
from aggregator.pipeline.parts import LEASE, Parts
from aggregator.pipeline.publish import publish
from aggregator.pipeline.source import PollReport
from aggregator.store import Connection, items, sources

POLLS = 64  # polls at a time; hosts are spared by the client, which lets each take its turn
PAGES = 32
SETTLE = timedelta(seconds=1)  # a topic is published at most this long after its first change …

log = get_logger("dispatch")


class Dispatcher:
    """Works through what is due on this process's event loop."""

    def __init__(self, parts: Parts, *, report: Callable[[PollReport], None] | None = None) -> None:
        self._parts = parts
        self._report = report or (lambda _report: None)
        self._tasks: set[asyncio.Task[None]] = set()
        self._polls = 0
        self._pages = 0
        self._touched: set[str] = set()
        self._touched_at: datetime | None = None
        self._wake = asyncio.Event()
        self._is_open = True
        self._is_down = False

    # --- the two ways to run ------------------------------------------------------------------

    async def serve(self) -> None:
        """Work until `stop`: woken by `wake` (each tick) and by work that makes other work due."""
        while self._is_open:
            await self._wake.wait()
            self._wake.clear()
            if not self._is_open:
                return
            try:
                await self._round(None)
            except ServiceDownError as error:
                self._say_down(error)
            else:
                self._say_up()

    async def run_once(self, only: Sequence[str] | None = None) -> None:
        """Poll what is due (of `only`), finish the items that this brings, publish, and return."""
        until = self._parts.clock.now()
        while True:
            busy = await self._round(only, until)
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            elif not busy:
                break
        await self.publish_touched(is_final=True)

    def wake(self) -> None:
        """Look for due work now."""
        self._wake.set()

    async def stop(self, deadline: float) -> int:
        """Take no more work, wait at most `deadline` seconds for what runs; return how many were cut off.

        What is cut off stays in the queue: its lease ends with the next start.
        """
        self._is_open = False
        self._wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=deadline)
        late = list(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self.publish_touched(is_final=True)
        return len(late)

    # --- one round ----------------------------------------------------------------------------

    async def _round(self, only: Sequence[str] | None, until: datetime | None = None) -> bool:
        """Start what is due and fits, decide what is settled, publish; say whether anything moved."""
        now = self._parts.clock.now()
        polls = await self._claim_sources(until or now, only)
        for state in polls:
            self._polls += 1
            self._start(self._poll(state), self._poll_done)
        pages, early = await self._claim_items(now)
        for item in pages:
            self._pages += 1
            self._start(self._page(item), self._page_done)
        for item in early:
            self._start(article.settle_provisionally(self._parts, item), self._wake.set)
        decided = await decide(self._parts)
        if decided.count:
            self._touch(decided.topics)
            self._wake.set()
        await self.publish_touched()
        return bool(polls or pages or early or decided.count)

    async def _claim_sources(self, now: datetime, only: Sequence[str] | None) -> tuple[SourceState, ...]:
        room = POLLS - self._polls
        if room <= 0:
            return ()
        return await self._parts.gate.write(sources.claim, now=now, lease=LEASE, limit=room, only=only)

    async def _claim_items(self, now: datetime) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
        room = PAGES - self._pages
        wait = self._parts.config.articles.wait
        return await self._parts.gate.write(_claim_items, now, room, wait)

    def _start(self, work: Coroutine[Any, Any, None], done: Callable[[], None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def finish(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            done()
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("bug", exc_info=error)

        task.add_done_callback(finish)

    async def _poll(self, state: SourceState) -> None:
        if state.id not in self._parts.sources:
            return
        try:
            report = await source.poll(self._parts, state)
        except Exception as error:
            log.error("bug", source=state.id, exc_info=error)
            failure = Failure(FailureKind.INTERNAL, f"a bug in aggregator: {type(error).__name__}: {error}")
            report = await source.fail(self._parts, state, failure)
        self._touch(report.topics)
        self._report(report)

    async def _page(self, item: Item) -> None:
        try:
            await article.settle(self._parts, item)
        except Exception as error:
            log.error("bug", item=item.uid, url=item.entry.url, exc_info=error)
            due_at = self._parts.clock.now() + article.retry_after(min(item.tries, article.TRIES), _BUG)
            await self._parts.gate.write(items.postpone_page, item.id, due_at=due_at)

    def _poll_done(self) -> None:
        self._polls -= 1
        self._wake.set()

    def _page_done(self) -> None:
        self._pages -= 1
        self._wake.set()

    def _say_down(self, error: ServiceDownError) -> None:
        # Said once, not at every tick: the next tick tries again, published feeds stay as they are.
        if not self._is_down:
            log.error("the database does not answer; trying again each second", error=str(error))
        self._is_down = True

    def _say_up(self) -> None:
        if self._is_down:
            log.info("the database answers again")
        self._is_down = False

    # --- publishing ---------------------------------------------------------------------------

    def _touch(self, topics: frozenset[str]) -> None:
        if topics and not self._touched:
            self._touched_at = self._parts.clock.now()
        self._touched |= topics

    async def publish_touched(self, *, is_final: bool = False) -> None:
        """Publish the topics that changed, once their changes have had a moment to gather."""
        if not self._touched or self._touched_at is None:
            return
        if not is_final and self._parts.clock.now() - self._touched_at < SETTLE:
            return
        topics, self._touched = sorted(self._touched), set()
        for name in await publish(self._parts, topics):
            log.info("published", file=name)


_BUG = Failure(FailureKind.INTERNAL, "")


def _claim_items(
    connection: Connection, now: datetime, room: int, wait: timedelta
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Take the items whose page is due, and those that have waited too long for theirs."""
    waiting = items.give_up_waiting(connection, now=now, wait=wait)
    early = tuple(items.by_ids(connection, waiting).values())
    for item in early:
        items.set_provisional(connection, item.id, True)
    pages = items.claim_pages(connection, now=now, lease=LEASE, limit=room) if room > 0 else ()
    return pages, early
