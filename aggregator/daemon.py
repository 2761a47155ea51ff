"""The life of the daemon: scheduler, signals, requests, web server, drain.

Owns time and nothing else: one tick a second says "look for due work", the work itself is
`dispatch`'s. Runs in the foreground and logs to stderr.
"""

import asyncio
import ctypes
import gc
import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import app, serve
from aggregator.app import App, Plan
from aggregator.clock import Clock
from aggregator.dispatch import Dispatcher
from aggregator.errors import AggregatorError, BusyError, OutputError, ServiceDownError
from aggregator.logs import get_logger
from aggregator.model import Outcome
from aggregator.pipeline.publish import publish
from aggregator.pipeline.pushing import push
from aggregator.pipeline.source import PollReport
from aggregator.publish import files
from aggregator.store import matches, prints, requests, retention, sources, stories
from aggregator.store.migrate import tidy

DRAIN = 8.0  # seconds that running work gets at the end; container managers kill after 10
CLUES = timedelta(days=14)  # how long reports are looked up; twice the window of a story
NEAR_MISSES = timedelta(days=30)  # how long decisions against an item are kept
_HOLD_SECONDS = 10.0
_M_ARENA_MAX = -8  # malloc.h
_JOB = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}

log = get_logger("daemon")


class Daemon:
    """One running daemon on one database."""

    def __init__(self, running: App, *, report: Callable[[PollReport], None] | None = None) -> None:
        self._app = running
        self._parts = running.parts
        self._dispatcher = Dispatcher(running.parts, report=report or _log_poll)
        self._stop = asyncio.Event()
        self._signals = 0
        self._held_at = running.parts.clock.monotonic()
        self._fatal: AggregatorError | None = None

    async def run(self) -> None:
        """Work until a signal or `stop` ends it, then drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        loop.add_signal_handler(signal.SIGHUP, _on_hangup)
        scheduler = self._schedule()
        await asyncio.to_thread(files.clean, self._parts.config.publish.folder)
        await publish(self._parts)
        server = await self._listen()
        work = asyncio.create_task(self._dispatcher.serve())
        ending = asyncio.create_task(self._stop.wait())
        # What is loaded now stays for good. Collecting it again and again would hold the loop for 100 ms.
        gc.collect()
        gc.freeze()
        scheduler.start()
        self._dispatcher.wake()
        log.info("ready", sources=len(self._parts.sources), topics=len(self._parts.topic_configs))
        try:
            # A worker loop that ends before it is told to has hit a bug: that ends the daemon, loudly.
            await asyncio.wait({work, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            scheduler.shutdown(wait=False)
            await self._drain(work)
            ending.cancel()
            if server is not None:
                await server.close()
        if work.done():
            await work
        if self._fatal is not None:
            raise self._fatal

    def stop(self) -> None:
        """End as a TERM signal would."""
        self._stop.set()

    def _schedule(self) -> AsyncIOScheduler:
        # Its own words would come each second while the database is silent; ours come from `_log_trouble`.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(self._tick, "interval", seconds=1, id="tick", **_JOB)
        scheduler.add_job(self._push, "interval", seconds=1, id="push", **_JOB)
        scheduler.add_job(self._hourly, "cron", minute=29, id="hourly", **_JOB)
        scheduler.add_job(self._nightly, "cron", hour=3, minute=17, id="nightly", **_JOB)
        troubles = EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
        scheduler.add_listener(_log_trouble, troubles)
        return scheduler

    async def _tick(self) -> None:
        """Look for due work and requests; let idle workers go."""
        with suppress(ServiceDownError):  # said by the dispatcher, which keeps trying
            await self._take_requests()
            await self._keep_hold()
        self._dispatcher.wake()
        await self._parts.workers.rest()

    async def _keep_hold(self) -> None:
        """See to it every ten seconds that the database is still ours alone."""
        now = self._parts.clock.monotonic()
        if now - self._held_at < _HOLD_SECONDS:
            return
        self._held_at = now
        try:
            await asyncio.to_thread(self._app.hold.keep)
        except BusyError as error:
            self._fatal = error
            self._stop.set()

    async def _take_requests(self) -> None:
        for wanted in await self._parts.gate.read(requests.waiting):
            now = self._parts.clock.now()
            ids = wanted.arguments.get("sources")
            count = await self._parts.gate.write(sources.make_due, ids, now)
            await self._parts.gate.write(requests.answer, wanted.id, {"sources": count}, now)

    async def _push(self) -> None:
        """Tell hubs and webhooks what was published."""
        with suppress(ServiceDownError):
            await push(self._parts)

    async def _hourly(self) -> None:
        """Publish every topic, since entries leave a feed by their age alone, too."""
        with suppress(ServiceDownError, OutputError):
            await publish(self._parts)

    async def _nightly(self) -> None:
        """Let go of what nobody needs any more, and let the database tidy up."""
        now = self._parts.clock.now()
        before = now - timedelta(days=self._parts.config.store.keep_days)
        pruned = 0
        with suppress(ServiceDownError):
            while count := await self._parts.gate.write(retention.prune, before):
                pruned += count
            while await self._parts.gate.write(stories.prune, now - CLUES):
                pass
            await self._parts.gate.write(matches.forget_near_misses, now - NEAR_MISSES)
            await self._parts.gate.write(prints.forget, now)
            await asyncio.to_thread(tidy, self._app.engine)
        log.info("pruned", items=pruned)

    async def _listen(self) -> "serve.Server | None":
        config = self._parts.config
        if not config.serve.listen:
            return None
        server = await serve.start(
            serve.create(
                config.publish.folder, health=self._trouble, ready=self._trouble, parts=lambda: self._parts
            ),
            config.serve.listen,
        )
        log.info("serving", address=server.address)
        return server

    async def _trouble(self) -> str:
        return self._dispatcher.trouble

    async def _drain(self, work: "asyncio.Task[None]") -> None:
        late = await self._dispatcher.drain(DRAIN)
        if late:
            log.warning("work cut off; it goes on at the next start", tasks=late)
        await asyncio.wait({work}, timeout=DRAIN)

    def _on_signal(self, number: int) -> None:
        self._signals += 1
        if self._signals > 1:
            log.warning("ending now", signal=signal.Signals(number).name)
            # Not SystemExit: threads that wait for a silent database would be waited for.
            os._exit(0)
        log.info(
            "ending: finishing what runs, a few seconds at most; again to end now",
            signal=signal.Signals(number).name,
        )
        self._stop.set()


def _share_one_heap() -> None:
    """Let all threads take memory from one heap (glibc): one each keeps what large documents once needed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


async def run(plan: Plan, state: Path, clock: Clock) -> None:
    """Run the daemon until it is told to end."""
    _share_one_heap()
    running = await app.start(plan, state, clock)
    try:
        await running.parts.gate.write(app.spread, plan.config, clock.now())
        await Daemon(running).run()
    finally:
        await running.close()
    log.info("ended")


async def run_once(
    plan: Plan,
    state: Path,
    clock: Clock,
    *,
    only: list[str] | None = None,
    is_forced: bool = False,
    report: Callable[[PollReport], None] | None = None,
) -> None:
    """Poll what is due (with `is_forced`: the sources of `only`, or all, due or not), publish, and return."""
    running = await app.start(plan, state, clock)
    gc.collect()
    gc.freeze()
    try:
        if is_forced:
            await running.parts.gate.write(sources.make_due, only, clock.now())
        await Dispatcher(running.parts, report=report or _log_poll).run_once(only)
        await publish(running.parts)
        await push(running.parts)
    finally:
        await running.close()


def _log_poll(report: PollReport) -> None:
    if report.failure is not None:
        log.warning(
            "poll failed",
            source=report.source_id,
            kind=report.failure.kind.value,
            error=report.failure.detail,
            next=report.next_poll_at.isoformat(timespec="seconds"),
        )
    elif report.outcome is Outcome.NEW:
        log.info("new items", source=report.source_id, count=report.new_items)
    else:
        log.debug("polled", source=report.source_id, outcome=report.outcome.value)


def _on_hangup() -> None:
    log.warning("HUP does nothing in this version; start the daemon again to read the configuration")


def _log_trouble(event: Any) -> None:
    """Say what the scheduler would otherwise swallow."""
    error = getattr(event, "exception", None)
    if error is not None:
        log.error("bug", job=event.job_id, exc_info=error)
    elif event.code == EVENT_JOB_MISSED:
        log.warning("late: the process was held up", job=event.job_id)
    else:
        log.debug("still busy with the last run", job=event.job_id)
