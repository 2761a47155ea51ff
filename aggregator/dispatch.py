"""Runs due work: claims it from the database, works on a bounded amount at a time, and drains.

The database is the queue; this module only decides what runs now. The work itself stands in
`pipeline`, one function a kind of work.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aggregator.errors import AggregatorError, OutputError, ServiceDownError
from aggregator.logs import get_logger
from aggregator.model import Failure, FailureKind, Item, Outcome, SourceState
from aggregator.pipeline import article, source
from aggregator.pipeline.connectivity import PROBES
from aggregator.pipeline.decide import decide
from aggregator.pipeline.parts import LEASE, Parts
from aggregator.pipeline.publish import publish
from aggregator.pipeline.source import PollReport
from aggregator.store import items, sources

POLLS = 64  # polls at a time
PAGES = 32
REFILL = 4  # a queue is asked again once a quarter of its places is free: a question costs as much as a poll
TURNS = 4  # polls or pages of one host that may wait for each connection it allows
GATHER = timedelta(seconds=2)  # items wait for others this long before they are decided
SETTLE = timedelta(seconds=1)  # a topic is published at most this long after its first change

log = get_logger("dispatch")


_Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class _Lane:
    """One kind of work: what runs of it, and what was claimed and waits until its host has room."""

    places: int
    running: int = 0
    keys: set[str | int] = field(default_factory=set)  # of all that runs or waits
    hosts: Counter[str] = field(default_factory=Counter)  # how much of what runs needs each host
    owners: Counter[str] = field(default_factory=Counter)  # how much of what runs is of each source
    waiting: dict[str, deque[tuple[str | int, _Work]]] = field(default_factory=dict)  # by host
    has_more: bool = True  # whether the queue may hold work that fits

    @property
    def room(self) -> int:
        """Return how many places are free."""
        return self.places - self.running

    @property
    def wants_more(self) -> bool:
        """Tell whether to ask the queue now; not for every place, since that costs as much as a poll."""
        return self.has_more and (self.room >= self.places // REFILL or not self.running)

    def has_room(self, host: str, most: int) -> bool:
        """Tell whether work of this host may start."""
        return self.running < self.places and not (host and self.hosts[host] >= most)


class Dispatcher:
    """Works through what is due on this process's event loop."""

    def __init__(self, parts: Parts, *, report: Callable[[PollReport], None] | None = None) -> None:
        self._parts = parts
        self._report = report or (lambda _report: None)
        self._tasks: set[asyncio.Task[None]] = set()
        self._polls = _Lane(POLLS)
        self._pages = _Lane(PAGES)
        self._cap = TURNS * parts.config.fetch.per_host
        self._touched: set[str] = set()
        self._touched_at: datetime | None = None
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # held during a round, so that a drain sees all that it started
        self._is_open = True
        self._trouble = ""
        self._wait = parts.config.articles.wait
        self._settled_at: datetime | None = None  # since when items wait for a decision
        self._late = 0  # items that are being settled on the feed's text
        # What the queues may hold that would fit; a tick looks at everything again.
        self._has_items = True
        self._has_settled = True

    # --- the two ways to run ------------------------------------------------------------------

    async def serve(self) -> None:
        """Work until `drain`: woken by `wake` (each tick) and by work that makes other work due.

        A database or a folder that cannot be written is said once and tried again at each tick.
        """
        while self._is_open:
            await self._wake.wait()
            self._wake.clear()
            async with self._turn:
                try:
                    if self._is_open:
                        await self._round(self._parts.clock.now(), None)
                except (ServiceDownError, OutputError) as error:
                    self._say(str(error))
                else:
                    self._say("")

    async def run_once(self, only: Sequence[str] | None = None) -> None:
        """Poll what is due (of `only`), finish the items that this brings, publish, and return.

        Items whose page is to be tried again later are decided on the feed's text before the return.
        """
        until = self._parts.clock.now()
        await self._exhaust(until, only)
        self._wait = timedelta(0)
        await self._exhaust(until, only)
        await self.publish_touched(is_final=True)

    async def _exhaust(self, until: datetime, only: Sequence[str] | None) -> None:
        while True:
            if not self._tasks:
                self._look_again()
            is_busy = await self._round(until, only)
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            elif not is_busy:
                return

    def wake(self) -> None:
        """Look for due work now."""
        self._look_again()
        self._wake.set()

    def _look_again(self) -> None:
        self._polls.has_more = self._pages.has_more = self._has_items = self._has_settled = True

    @property
    def trouble(self) -> str:
        """What keeps the work from going on, "" if nothing does."""
        return self._trouble

    async def drain(self, deadline: float) -> int:
        """Take no more work, wait at most `deadline` seconds for what runs; return how many were cut off.

        What is cut off stays in the queue: its lease ends with the next start.
        """
        self._is_open = False
        self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline), self._turn:
                if self._tasks:
                    await asyncio.wait(self._tasks)
        late = list(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        try:
            await self.publish_touched(is_final=True)
        except AggregatorError as error:
            self._say(str(error))
        return len(late)

    # --- one round ----------------------------------------------------------------------------

    async def _round(self, until: datetime, only: Sequence[str] | None) -> bool:
        """Start what is due and fits, decide what is settled, publish; say whether anything moved."""
        now = self._parts.clock.now()
        started = await self._start_polls(until, only) if self._polls.wants_more else 0
        if self._has_items:
            self._has_items = False
            if self._pages.wants_more:
                started += await self._start_pages(now)
            started += await self._start_late(now)
        decided = await self._decide(now)
        await self.publish_touched()
        return bool(started or decided)

    async def _decide(self, now: datetime) -> int:
        """Decide what is settled, once nothing is on its way to join it or it has waited for that.

        Of copies that arrive together the oldest is to lead, not the one whose server answered first.
        """
        if not self._has_settled:
            return 0
        is_waiting = self._settled_at is not None and now - self._settled_at < GATHER
        if is_waiting and (self._polls.running or self._pages.running):
            return 0
        self._settled_at = None
        decided = await decide(self._parts)
        self._has_settled = decided.count > 0
        if decided.count:
            self._touch(decided.topics)
            self._wake.set()
        return decided.count

    async def _start_polls(self, until: datetime, only: Sequence[str] | None) -> int:
        """Claim due polls and start them.

        While we are offline a few polls now and then find out whether we still are.
        """
        started = 0
        lane = self._polls
        room = lane.room
        if self._parts.connectivity.is_offline:
            if not self._parts.connectivity.probe(self._parts.clock.now()):
                return 0
            room = min(room, PROBES)
        while room > 0:
            claimed = await self._parts.gate.write(
                sources.claim, now=until, lease=LEASE, limit=room, only=only, full_hosts=self._full(lane)
            )
            if self._parts.connectivity.is_offline and claimed:
                self._parts.connectivity.probed(self._parts.clock.now())
            for each in claimed:
                if (
                    each.state.id not in lane.keys
                ):  # else it waits for longer than a lease lasts: it has a new one
                    self._offer(each.state.id, each.host, partial(self._poll, each.state))
            started += len(claimed)
            lane.has_more = len(claimed) == room
            room = lane.room if lane.has_more and not self._parts.connectivity.is_offline else 0
        return started

    async def _start_pages(self, now: datetime) -> int:
        """Claim due pages and start them."""
        started = 0
        lane = self._pages
        room = 0 if self._parts.connectivity.is_offline else lane.room
        while room > 0:
            full = [*self._full(lane), *self._parts.throttling.resting(now)]
            owners = [name for name, count in lane.owners.items() if count >= self._cap]
            claimed = await self._parts.gate.write(
                items.claim_pages,
                now=now,
                lease=LEASE,
                limit=room,
                full_hosts=full,
                full_sources=owners,
                running=[key for key in lane.keys if isinstance(key, int)],
            )
            back = []
            for each in claimed:
                item = each.item
                host = each.host if self._wants_page(item) else ""
                if lane.has_room(host, self._cap) and lane.owners[item.source_id] < self._cap:
                    started += 1
                    self._run(lane, item.id, host, partial(self._page, item), owner=item.source_id)
                else:
                    back.append(item.id)
            if back:
                await self._parts.gate.write(items.release, back)
            lane.has_more = len(claimed) == room or bool(back)
            room = lane.room if back or len(claimed) == room else 0
        return started

    async def _start_late(self, now: datetime) -> int:
        """Start what has waited too long for its page: it is decided on the feed's text meanwhile."""
        if self._late:
            return 0
        claimed = await self._parts.gate.write(
            items.claim_late, now=now, lease=LEASE, wait=self._wait, limit=PAGES
        )
        self._late = len(claimed)
        for each in claimed:
            self._start(article.settle_provisionally(self._parts, each.item), self._late_done)
        return len(claimed)

    def _late_done(self) -> None:
        self._late -= 1
        self._settled()

    def _full(self, lane: "_Lane") -> list[str]:
        """Return the hosts of which a queue need not give more."""
        busy = {host for host, count in lane.hosts.items() if host and count >= self._cap}
        return sorted(busy.union(lane.waiting))

    def _wants_page(self, item: Item) -> bool:
        configured = self._parts.sources.get(item.source_id)
        return configured is not None and article.wants_page(self._parts, configured, item)

    def _offer(self, key: str, host: str, work: "_Work") -> None:
        """Start a claimed poll, or let it wait here until its host has room."""
        lane = self._polls
        if lane.has_room(host, self._cap):
            self._run(lane, key, host, work)
        else:
            lane.keys.add(key)
            lane.waiting.setdefault(host, deque()).append((key, work))

    def _run(self, lane: "_Lane", key: str | int, host: str, work: "_Work", owner: str = "") -> None:
        lane.keys.add(key)
        lane.running += 1
        lane.hosts[host] += 1
        lane.owners[owner] += 1
        self._start(work(), partial(self._done, lane, key, host, owner))

    def _done(self, lane: "_Lane", key: str | int, host: str, owner: str) -> None:
        lane.running -= 1
        lane.keys.discard(key)
        for counter, name in ((lane.hosts, host), (lane.owners, owner)):
            counter[name] -= 1
            if not counter[name]:
                del counter[name]
        if lane is self._pages:
            lane.has_more = True
            self._settled()
        elif self._is_open:
            self._resume()
        self._wake.set()

    def _resume(self) -> None:
        """Start polls that wait and fit now; those of a host that is to be left alone go back."""
        lane = self._polls
        now = self._parts.clock.now()
        for host, queue in list(lane.waiting.items()):
            if self._parts.connectivity.is_offline or self._parts.throttling.rests_until(host, now):
                keys = [str(key) for key, _work in queue]
                queue.clear()
                lane.keys.difference_update(keys)
                self._start(self._parts.gate.write(sources.release, keys), self._wake.set)
            while queue and lane.has_room(host, self._cap):
                key, work = queue.popleft()
                self._run(lane, key, host, work)
            if not queue:
                del lane.waiting[host]
                lane.has_more = True

    def _start(self, work: Coroutine[Any, Any, None], done: Callable[[], None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def finish(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            done()
            error = None if task.cancelled() else task.exception()
            if isinstance(error, ServiceDownError):
                self._say(str(error))  # its lease ends, and it is done again
            elif error is not None:
                log.error("bug", exc_info=error)

        task.add_done_callback(finish)

    async def _poll(self, state: SourceState) -> None:
        try:
            report = await source.poll(self._parts, state)
        except AggregatorError:
            raise
        except Exception as error:  # a bug must not stop the source for good, nor be silent
            log.error("bug", source=state.id, exc_info=error)
            failure = Failure(FailureKind.INTERNAL, f"a bug in aggregator: {type(error).__name__}: {error}")
            report = await source.fail(self._parts, state, failure)
        if report.outcome in (Outcome.NEW, Outcome.EDITED):
            self._settled()
        self._touch(report.topics)
        self._report(report)

    async def _page(self, item: Item) -> None:
        await article.settle(self._parts, item)

    def _settled(self) -> None:
        """Note that there are items to look at; those that settle now wait a moment for others."""
        self._pages.has_more = self._has_items = self._has_settled = True
        self._settled_at = self._settled_at or self._parts.clock.now()
        self._wake.set()

    def _say(self, trouble: str) -> None:
        """Log what keeps the work from going on when it begins and when it ends, not at every try."""
        if trouble and not self._trouble:
            log.error("cannot go on; trying again each second", error=trouble)
        elif self._trouble and not trouble:
            log.info("going on again")
        self._trouble = trouble

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
        for topic in sorted(self._touched):
            self._touched.discard(topic)  # first: what touches it meanwhile is published next
            try:
                for name in await publish(self._parts, [topic]):
                    log.info("published", file=name)
            except AggregatorError:
                self._touched.add(topic)  # a folder that cannot be written is tried again
                raise
