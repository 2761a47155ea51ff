"""The life of the daemon: scheduler, signals, requests, web server, what it tells the service manager, drain.

Owns time and nothing else: one tick a second says "look for due work", the work itself is
`dispatch`'s. Runs in the foreground and logs to stderr.
"""

import asyncio
import ctypes
import gc
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import app, serve
from aggregator.app import App, Plan
from aggregator.clock import Clock
from aggregator.config.watch import snapshot
from aggregator.daemon import nights
from aggregator.daemon.ending import DRAIN, Ending
from aggregator.daemon.reload import Live, say_warnings
from aggregator.daemon.reports import log_poll
from aggregator.daemon.watchdog import Organ, Pulse
from aggregator.dispatch import Dispatcher
from aggregator.errors import AggregatorError, BusyError, OutputError, ServiceDownError
from aggregator.logs import get_logger
from aggregator.pipeline import figures, ops
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.publish import publish
from aggregator.pipeline.pushing import push
from aggregator.pipeline.source import PollReport
from aggregator.publish import files
from aggregator.store import requests, sources
from aggregator.store.engine import BUSY_SECONDS
from aggregator.systemd import Manager

_HOLD_SECONDS = 10.0
_LOOK_SECONDS = 5.0  # between two looks at whether all moves
_STATUS_SECONDS = 60.0
_PATIENCE = 2.5 * BUSY_SECONDS  # a database gets so long to answer, twice in one tick
_USUAL = 10.0  # seconds; a write that takes longer waits for somebody else
_START_SECONDS = 900.0  # how long a start may wait for the database or bring it up to date
_M_ARENA_MAX = -8  # malloc.h
_JOB = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
_PUSH_JOB = {**_JOB, "max_instances": 40}  # more than receivers at once: one that hangs holds up no other

log = get_logger("daemon")


class Daemon:
    """One running daemon on one database."""

    def __init__(
        self,
        running: App,
        *,
        report: Callable[[PollReport], None] | None = None,
        ending: Ending | None = None,
        manager: Manager | None = None,
    ) -> None:
        self._app = running
        self._clock = running.parts.clock
        self._dispatcher = Dispatcher(running.parts, report=report or log_poll)
        self._ending = ending or Ending()
        self._manager = manager or Manager()
        self._live: Live | None = None
        self._ticks = 0
        self._failing = 0
        self._held_at = self._clock.monotonic()
        self._fatal: AggregatorError | None = None
        workers, gate = running.parts.workers, running.parts.gate
        self._pulse = Pulse(
            (
                Organ("the tick", lambda: self._ticks, _PATIENCE),
                Organ("the dispatcher", lambda: self._dispatcher.rounds, 2 * _PATIENCE + workers.longest),
                Organ("the database", lambda: gate.progress, _PATIENCE, _USUAL),
                Organ("the worker processes", lambda: workers.progress, _PATIENCE + workers.longest),
            )
        )

    @property
    def _parts(self) -> Parts:
        return self._app.parts  # others after a reload

    def follow(self, read: Callable[[], Plan], folder: Path, seen: frozenset[tuple[str, ...]]) -> None:
        """Follow the files of the configuration; `read` reads them, `seen` is how they looked before that."""
        live = self._live = Live(self._app, self._dispatcher, read, folder, seen)
        live.on_begin = lambda: self._manager.reloading(self._clock.monotonic())
        live.on_end = lambda: self._manager.ready(self._status())
        self._ending.on_hangup = live.ask

    async def run(self) -> None:
        """Work until a signal or `stop` ends it, then drain."""
        self._ending.listen()
        scheduler = self._schedule()
        await asyncio.to_thread(files.clean, self._parts.config.publish.folder)
        try:
            done = await publish(self._parts)
            self._dispatcher.publish_soon(done.unfinished | done.failures.keys())
            if done.failure is not None:
                raise done.failure
            await ops.look(self._parts)
        except OutputError as error:  # a full disk, maybe: what is there is served meanwhile
            log.error("cannot publish; trying again", error=str(error))
        await self._tell_the_operator()
        server = await self._listen()
        work = asyncio.create_task(self._dispatcher.serve())
        beside = [asyncio.create_task(self._look_after())]
        if self._live is not None:
            beside.append(asyncio.create_task(self._live.watch()))
        ending = asyncio.create_task(self._ending.wait())
        # What is loaded now stays for good. Collecting it again and again would hold the loop for 100 ms.
        gc.collect()
        gc.freeze()
        scheduler.start()
        self._dispatcher.wake()
        log.info("ready", sources=len(self._parts.sources), topics=len(self._parts.topic_configs))
        self._manager.ready(self._status())
        try:
            # A loop that ends before it is told to has hit a bug: that ends the daemon, loudly.
            await asyncio.wait({work, ending, *beside}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._manager.stopping("finishing what runs")
            scheduler.shutdown(wait=False)
            await self._drain(work)
            failed = [task for task in beside if task.done()]
            for task in (ending, *beside):
                task.cancel()
            if server is not None:
                await server.close()
        for task in (work, *failed):
            if task.done():
                await task
        if self._fatal is not None:
            raise self._fatal

    def stop(self) -> None:
        """End as a TERM signal would."""
        self._ending.tell()

    def _schedule(self) -> AsyncIOScheduler:
        # Its own words would come each second while the database is silent; ours come from `_log_trouble`.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(self._tick, "interval", seconds=1, id="tick", **_JOB)
        scheduler.add_job(self._push, "interval", seconds=1, id="push", **_PUSH_JOB)
        scheduler.add_job(self._tell_the_operator, "interval", minutes=5, id="ops", **_JOB)
        scheduler.add_job(self._hourly, "cron", minute=29, id="hourly", **_JOB)
        scheduler.add_job(self._nightly, "cron", hour=3, minute=17, id="nightly", **_JOB)
        troubles = EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
        scheduler.add_listener(_log_trouble, troubles)
        return scheduler

    async def _tick(self) -> None:
        """Look for due work and requests; let idle workers go."""
        self._parts.metrics.ticked(self._clock.monotonic(), 1)
        with suppress(ServiceDownError):  # said by the dispatcher, which keeps trying
            await self._take_requests()
            await self._keep_hold()
        self._dispatcher.wake()
        await self._parts.workers.rest()
        self._ticks += 1

    async def _keep_hold(self) -> None:
        """See to it every ten seconds that the database is still ours alone."""
        now = self._clock.monotonic()
        if now - self._held_at < _HOLD_SECONDS:
            return
        self._held_at = now
        try:
            await asyncio.to_thread(self._app.hold.keep)
        except BusyError as error:
            self._fatal = error
            self.stop()

    async def _take_requests(self) -> None:
        for wanted in await self._parts.gate.read(requests.waiting):
            now = self._clock.now()
            ids = wanted.arguments.get("sources")
            count = await self._parts.gate.write(sources.make_due, ids, now)
            await self._parts.gate.write(requests.answer, wanted.id, {"sources": count}, now)

    async def _hourly(self) -> None:
        """Publish every topic, since entries leave a feed by their age alone, too."""
        self._dispatcher.publish_all()  # in its round: two at once would write over each other
        self._dispatcher.wake()

    async def _push(self) -> None:
        """Tell hubs and webhooks what was published."""
        with suppress(ServiceDownError):
            await push(self._parts)

    async def _tell_the_operator(self) -> None:
        """Tell in the feed about the daemon what has happened to sources, topics and configuration."""
        with suppress(ServiceDownError, OutputError):
            await ops.look(self._parts, self._live.state if self._live is not None else None)

    async def _nightly(self) -> None:
        """Let go of what nobody needs any more, and let the database tidy up."""
        with suppress(ServiceDownError):
            log.info("pruned", items=await nights.prune(self._parts))
            await nights.tidy_up(self._app.engine)

    # --- how we are -----------------------------------------------------------------------------

    async def _look_after(self) -> None:
        """Tell the service manager that we move, as long as we do, and now and then how we are."""
        step = min(_LOOK_SECONDS, (self._manager.watchdog or _LOOK_SECONDS) / 3)
        told, counted_at = "", float("-inf")
        hanging = ""
        while True:
            now = self._clock.monotonic()
            if self._pulse.look(now):
                self._manager.alive()
            elif self._pulse.hanging != hanging:
                log.error("nothing moves any more", what=self._pulse.hanging)
            hanging = self._pulse.hanging
            if self._manager.address is not None and now - counted_at > _STATUS_SECONDS:
                counted_at = now
                with suppress(ServiceDownError):
                    self._failing = await self._parts.gate.read(sources.failing)
            if (status := self._status()) != told:
                told = status
                self._manager.status(status)
            await asyncio.sleep(step)

    def _status(self) -> str:
        """Say in one line how we are: what is wrong first."""
        failing = f" ({self._failing} failing)" if self._failing else ""
        follows = f"{len(self._parts.sources)} sources{failing}, {len(self._parts.topic_configs)} topics"
        return "; ".join(part for part in (self._degraded(), self._remark(), follows) if part)

    def _degraded(self) -> str:
        """Say what keeps the work from going on, or what is waited for; "" if all is well."""
        waits = f"waiting for {self._pulse.slow}" if self._pulse.slow else ""
        return self._dispatcher.trouble or waits

    def _remark(self) -> str:
        """Say what of the configuration is not live; "" if all of it is."""
        return self._live.state.remark if self._live is not None else ""

    async def _listen(self) -> "serve.Server | None":
        config = self._parts.config
        if not config.serve.listen:
            return None
        application = serve.create(
            config.publish.folder,
            health=self._trouble,
            ready=self._trouble,
            remark=self._remark,
            metrics=lambda: figures.scrape(self._parts),
            parts=lambda: self._parts,
        )
        server = await serve.start(application, config.serve.listen)
        log.info("serving", address=server.address)
        return server

    async def _trouble(self) -> str:
        return self._degraded()

    async def _drain(self, work: "asyncio.Task[None]") -> None:
        late = await self._dispatcher.drain(DRAIN)
        if late:
            log.warning("work cut off; it goes on at the next start", tasks=late)
        await asyncio.wait({work}, timeout=DRAIN)


def share_one_heap() -> None:
    """Let all threads take memory from one heap (glibc): one each keeps what large documents once needed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


async def run(read: Callable[[], Plan], folder: Path, state: Path, clock: Clock, manager: Manager) -> None:
    """Run the daemon on the configuration that `read` gives, those of `folder`, until it is told to end.

    Raises ConfigError, BusyError, ServiceDownError, OutputError where it cannot start.
    """
    ending = Ending()
    ending.listen()
    share_one_heap()
    seen = snapshot(folder)
    plan = read()
    say_warnings(plan.config)
    waiting = asyncio.create_task(_ask_for_time(manager))
    try:
        running = await ending.heed(app.start(plan, state, clock))
        try:
            await running.parts.gate.write(app.spread, plan.config, clock.now())
            daemon = Daemon(running, ending=ending, manager=manager)
            daemon.follow(read, folder, seen)
            waiting.cancel()
            await daemon.run()
        finally:
            await running.close()
    finally:
        waiting.cancel()
    log.info("ended")


async def _ask_for_time(manager: Manager) -> None:
    """Tell the service manager that a start goes on: locked databases are waited for, large ones migrated."""
    step = 10.0
    for _ in range(int(_START_SECONDS / step)):
        manager.wait(3 * step)
        manager.status("opening the database")
        await asyncio.sleep(step)


def _log_trouble(event: Any) -> None:
    """Say what the scheduler would otherwise swallow."""
    error = getattr(event, "exception", None)
    if error is not None:
        log.error("bug", job=event.job_id, exc_info=error)
    elif event.code == EVENT_JOB_MISSED:
        log.warning("late: the process was held up", job=event.job_id)
    else:
        log.debug("still busy with the last run", job=event.job_id)
