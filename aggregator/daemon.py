"""The life of the daemon: scheduler, signals, requests, web server, drain.

Owns time and nothing else: one tick a second says "look for due work", the work itself is
`dispatch`'s. Runs in the foreground and logs to stderr.
"""

import asyncio
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
from aggregator.errors import ServiceDownError
from aggregator.logs import get_logger
from aggregator.model import Outcome
from aggregator.pipeline.publish import publish
from aggregator.pipeline.source import PollReport
from aggregator.publish import files
from aggregator.store import items, requests, sources

DRAIN = 20.0  # seconds that running work gets at the end
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

    async def run(self) -> None:
        """Work until a signal or `stop` ends it, then drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        scheduler = self._schedule()
        await asyncio.to_thread(files.clean, self._parts.config.publish.folder)
        await publish(self._parts)
        server = await self._listen()
        work = asyncio.create_task(self._dispatcher.serve())
        ending = asyncio.create_task(self._stop.wait())
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
        await work

    def stop(self) -> None:
        """End as a TERM signal would."""
        self._stop.set()

    def _schedule(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(self._tick, "interval", seconds=1, id="tick", **_JOB)
        scheduler.add_job(self._nightly, "cron", hour=3, minute=17, id="nightly", **_JOB)
        troubles = EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
        scheduler.add_listener(_log_trouble, troubles)
        return scheduler

    async def _tick(self) -> None:
        """Look for due work and requests; let idle workers go."""
        with suppress(ServiceDownError):  # said by the dispatcher, which keeps trying
            await self._take_requests()
        self._dispatcher.wake()
        await self._parts.workers.rest()

    async def _take_requests(self) -> None:
        for wanted in await self._parts.gate.read(requests.waiting):
            now = self._parts.clock.now()
            ids = wanted.arguments.get("sources")
            count = await self._parts.gate.write(sources.make_due, ids, now)
            await self._parts.gate.write(requests.answer, wanted.id, {"sources": count}, now)

    async def _nightly(self) -> None:
        """Let go of texts that nobody needs any more."""
        before = self._parts.clock.now() - timedelta(days=self._parts.config.store.keep_days)
        pruned = 0
        while count := await self._parts.gate.write(items.prune, before):
            pruned += count
        log.info("pruned", items=pruned)

    async def _listen(self) -> "serve.Server | None":
        config = self._parts.config
        if not config.serve.listen:
            return None
        server = await serve.start(serve.create(config.publish.folder), config.serve.listen)
        log.info("serving", address=server.address)
        return server

    async def _drain(self, work: "asyncio.Task[None]") -> None:
        late = await self._dispatcher.stop(DRAIN)
        if late:
            log.warning("work cut off; it goes on at the next start", tasks=late)
        with suppress(asyncio.CancelledError):
            await asyncio.wait({work})

    def _on_signal(self, number: int) -> None:
        self._signals += 1
        if self._signals > 1:
            log.warning("ending now", signal=signal.Signals(number).name)
            raise SystemExit(0)
        log.info("ending: finishing what runs", signal=signal.Signals(number).name)
        self._stop.set()


async def run(plan: Plan, state: Path, clock: Clock) -> None:
    """Run the daemon until it is told to end."""
    running = await app.start(plan, state, clock)
    try:
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
    try:
        if is_forced:
            await running.parts.gate.write(sources.make_due, only, clock.now())
        await Dispatcher(running.parts, report=report or _log_poll).run_once(only)
        await publish(running.parts)
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


def _log_trouble(event: Any) -> None:
    """Say what the scheduler would otherwise swallow."""
    log.error("scheduler", job=event.job_id, code=event.code, exc_info=getattr(event, "exception", None))
