"""Runs due work: claims it from the database, works on a bounded amount at a time, and drains.

The database is the queue; this module only decides what runs now. The work itself stands in
`pipeline`, one function a kind of work.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from aggregator.dispatch.lane import Job, Lane, Leave
from aggregator.dispatch.publishing import Publishing
from aggregator.dispatch.rereads import SecondLooks
from aggregator.errors import AggregatorError, OutputError, ServiceDownError
from aggregator.logs import get_logger
from aggregator.model import Failure, FailureKind, Item, Outcome, SourceState
from aggregator.pipeline import article, source
from aggregator.pipeline.connectivity import PROBES
from aggregator.pipeline.decide import decide
from aggregator.pipeline.parts import LEASE, Parts
from aggregator.pipeline.review import review
from aggregator.pipeline.source import PollReport
from aggregator.store import Connection, awaited, leases, sources

POLLS = 64  # polls at a time
PAGES = 32
RESERVE = 128  # polls claimed ahead of a free place
REFILL = 96  # polls claimed at once: a question costs as much as a poll
LONG_PAUSE = 2.0  # seconds between two requests, from which nothing waits in a place for the next one
TURNS = 4  # polls or pages of one host that may wait for each connection it allows
GATHER = timedelta(seconds=2)  # items wait for others this long before they are decided
PAUSE = 0.5  # of the time that a batch of the archive took, before the next one
LONGEST_PAUSE = 1.0  # seconds between two batches of the archive

log = get_logger("dispatch")
_R = TypeVar("_R")


class Dispatcher:
    """Works through what is due on this process's event loop."""

    def __init__(self, parts: Parts, *, report: Callable[[PollReport], None] | None = None) -> None:
        self._parts = parts
        self._report = report or (lambda _report: None)
        self._tasks: set[asyncio.Task[None]] = set()
        self._most = TURNS * parts.config.fetch.per_host
        self._polls = Lane(POLLS, self._most_of, RESERVE, REFILL)
        self._pages = Lane(PAGES, self._most_of)
        self._second_looks = SecondLooks(parts, self._pages)
        self._publishing = Publishing()
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # held during a round, so that a drain sees all that it started
        self._reviewing = asyncio.Lock()  # held during a batch of the archive
        self._has_reviewer = False
        self._is_open = True
        self.rounds = 0  # how often `serve` has looked for work
        self._trouble = ""
        self._wait = parts.config.articles.wait
        self._settled_at: datetime | None = None  # since when items wait for a decision
        self._late = 0  # items that are being settled on the feed's text
        # What the queues may hold that would fit; a tick looks at everything again.
        self._has_items = True
        self._has_settled = True
        self._has_review = True

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
                    if self._trouble:
                        await self._parts.gate.write(leases.release)
                except (ServiceDownError, OutputError) as error:
                    self._say(str(error))
                else:
                    self._say("")
            self.rounds += 1

    async def run_once(self, only: Sequence[str] | None = None) -> None:
        """Poll what is due (of `only`), finish the items that this brings, publish, and return.

        Items whose page is to be tried again later are decided on the feed's text before the return.
        """
        until = self._parts.clock.now()
        await self._exhaust(until, only)
        self._wait = timedelta(0)
        await self._exhaust(until, only)
        await self._publishing.publish(self._parts, is_final=True)

    async def _exhaust(self, until: datetime, only: Sequence[str] | None) -> None:
        while True:
            if not self._tasks:
                self._look_again()
            self._wake.clear()
            is_busy = await self._round(until, only)
            if self._tasks:
                await self._wake.wait()
            elif not is_busy:
                return

    def wake(self) -> None:
        """Look for due work now."""
        self._look_again()
        self._wake.set()

    def _look_again(self) -> None:
        self._polls.has_more = self._pages.has_more = self._has_items = self._has_settled = True

    def publish_all(self) -> None:
        """Publish every topic in the next round."""
        self._publishing.touch_all()

    def publish_soon(self, topics: frozenset[str]) -> None:
        """Publish these topics in the next rounds."""
        self._publishing.touch(topics, self._parts.clock.now())

    async def adopt(self, parts: Parts, bring: Callable[[Connection], _R]) -> _R:
        """Go on with another configuration, once `bring` has told the database; return what that returned.

        It waits until nothing is being decided by the present one. Polls and pages under way are finished
        with what they began with. Raises ServiceDownError, and nothing has changed then.
        """
        async with self._turn, self._reviewing:
            result = await self._parts.gate.write(bring)
            self._parts = parts
            self._second_looks.adopt(parts)
            self._wait = parts.config.articles.wait
            self._publishing.touch_all()
        self.review()
        self.wake()
        return result

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
            await self._publishing.publish(self._parts, is_final=True)
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
            started += await self._second_looks.start(now, self._run)
        if self._has_review and not self._has_reviewer:
            self._has_review, self._has_reviewer = False, True
            self._start(self._review(), self._wake.set)
        decided = await self._decide(now)
        await self._publishing.publish(self._parts)
        return bool(started or decided)

    async def _decide(self, now: datetime) -> int:
        """Decide what is settled, once nothing is on its way to join it or it has waited for that.

        Of copies that arrive together the oldest is to lead, not the one whose server answered first.
        """
        if not self._has_settled:
            return 0
        is_waiting = self._settled_at is not None and now - self._settled_at < GATHER
        if is_waiting and (self._polls.busy or self._pages.busy):
            return 0
        self._settled_at = None
        decided = await decide(self._parts)
        self._has_settled = decided.count > 0
        if decided.count:
            self.publish_soon(decided.topics)
            self._wake.set()
        return decided.count

    def review(self) -> None:
        """Hold topics that were edited meanwhile against the archive."""
        self._has_review = True
        self._wake.set()

    async def _review(self) -> None:
        """Hold edited topics against the archive, with pauses: others are in a hurry."""
        monotonic = self._parts.clock.monotonic
        try:
            while self._is_open:
                begin = monotonic()
                async with self._reviewing:
                    done = await review(self._parts)
                if done is None:
                    return
                self.publish_soon(done.topics)
                self._wake.set()
                await asyncio.sleep(min(PAUSE * (monotonic() - begin), LONGEST_PAUSE))
        except ServiceDownError:
            self._has_review = True  # at the next tick
            raise
        finally:
            self._has_reviewer = False

    async def _start_polls(self, until: datetime, only: Sequence[str] | None) -> int:
        """Claim due polls and start them.

        While we are offline a few polls now and then find out whether we still are.
        """
        started = 0
        lane = self._polls
        connectivity = self._parts.connectivity
        if connectivity.is_offline and not connectivity.probe(self._parts.clock.now()):
            return 0
        while lane.wants_more:
            limit = min(lane.room, PROBES) if connectivity.is_offline else lane.room
            claimed = await self._parts.gate.write(
                sources.claim, now=until, lease=LEASE, limit=limit, only=only, full_hosts=lane.full_hosts()
            )
            lane.has_more = len(claimed) == limit
            for each in claimed:
                if each.state.id not in lane.keys:  # else it has waited for longer than a lease lasts
                    lane.put(Job(each.state.id, each.host, partial(self._poll, each.state)))
            started += len(claimed)
            if connectivity.is_offline and claimed:
                connectivity.probed(self._parts.clock.now())
            self._take()
            if connectivity.is_offline:
                break
        return started

    async def _start_pages(self, now: datetime) -> int:
        """Claim due pages and start them."""
        started = 0
        lane = self._pages
        room = 0 if self._parts.connectivity.is_offline else lane.room
        while room > 0:
            full = [*lane.full_hosts(), *self._parts.throttling.resting(now)]
            owners = [name for name, count in lane.owners.items() if count >= self._most]
            claimed = await self._parts.gate.write(
                awaited.claim_pages,
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
                if lane.has_room(host) and lane.owners[item.source_id] < self._most:
                    started += 1
                    self._run(lane, lane.start(Job(item.id, host, partial(self._page, item), item.source_id)))
                else:
                    back.append(item.id)
            if back:
                await self._parts.gate.write(awaited.release, back)
            lane.has_more = len(claimed) == room or bool(back)
            room = lane.room if back or len(claimed) == room else 0
        return started

    async def _start_late(self, now: datetime) -> int:
        """Start what has waited too long for its page: it is decided on the feed's text meanwhile."""
        if self._late:
            return 0
        claimed = await self._parts.gate.write(
            awaited.claim_late, now=now, lease=LEASE, wait=self._wait, limit=PAGES
        )
        self._late = len(claimed)
        for each in claimed:
            self._start(article.settle_provisionally(self._parts, each.item), self._late_done)
        return len(claimed)

    def _late_done(self) -> None:
        self._late -= 1
        self._settled()

    def _most_of(self, host: str) -> int:
        """Return how much of a host may hold a place: of one that wants long pauses, only what is next."""
        return 1 if self._parts.client.pause(host) > LONG_PAUSE else self._most

    def _wants_page(self, item: Item) -> bool:
        configured = self._parts.sources.get(item.source_id)
        return configured is not None and article.wants_page(self._parts, configured, item)

    def _run(self, lane: Lane, job: Job) -> None:
        self._start(job.work(partial(self._left, lane, job)), partial(self._done, lane, job))

    def _left(self, lane: Lane, job: Job) -> None:
        """Let others have the place of a job that needs neither network nor workers any more."""
        if lane.leave(job) and lane is self._polls and self._is_open:
            if self._is_unwanted(job.host):
                self._give_back()
            self._take()
        self._wake.set()

    def _done(self, lane: Lane, job: Job) -> None:
        self._left(lane, job)
        lane.done(job)
        if lane is not self._polls:
            lane.has_more = True
            self._settled()

    def _take(self) -> None:
        """Start the polls that wait and fit now."""
        for job in self._polls.take():
            self._run(self._polls, job)

    def _is_unwanted(self, host: str) -> bool:
        """Tell whether a host is to be left alone just now."""
        if self._parts.connectivity.is_offline:
            return True
        return self._parts.throttling.rests_until(host, self._parts.clock.now()) is not None

    def _give_back(self) -> None:
        """Give back what waits of hosts that are to be left alone by now."""
        back = self._polls.drop(self._is_unwanted)
        if back:
            ids = [str(key) for key in back]
            self._start(self._parts.gate.write(sources.release, ids), self._wake.set)

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

    async def _poll(self, state: SourceState, leave: Leave) -> None:
        parts = self._parts  # to the end: it may be another one by then
        configured = parts.sources.get(state.id)
        if configured is None or configured.digest != state.config_digest:  # since it began to wait
            await parts.gate.write(sources.release, [state.id])
            return
        try:
            report = await source.poll(parts, state, leave)
        except AggregatorError:
            raise
        except Exception as error:  # a bug must not stop the source for good, nor be silent
            log.error("bug", source=state.id, exc_info=error)
            failure = Failure(FailureKind.INTERNAL, f"a bug in aggregator: {type(error).__name__}: {error}")
            report = await source.fail(parts, state, failure)
        if report.outcome in (Outcome.NEW, Outcome.EDITED):
            self._settled()
        self.publish_soon(report.topics)
        self._report(report)

    async def _page(self, item: Item, _leave: Leave) -> None:
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
