"""One pass: poll what is due, or what somebody names, finish its articles, publish, and return."""

import asyncio
import gc
from collections.abc import Callable, Sequence
from pathlib import Path

from aggregator import app
from aggregator.app import App, Plan
from aggregator.clock import Clock
from aggregator.daemon.ending import DRAIN, Ending
from aggregator.daemon.reports import log_poll
from aggregator.dispatch import Dispatcher
from aggregator.logs import get_logger
from aggregator.pipeline import ops
from aggregator.pipeline.publish import publish_all
from aggregator.pipeline.pushing import push
from aggregator.pipeline.source import PollReport
from aggregator.store import sources

log = get_logger("daemon")


async def run_once(
    plan: Plan,
    state: Path,
    clock: Clock,
    *,
    only: list[str] | None = None,
    is_forced: bool = False,
    report: Callable[[PollReport], None] | None = None,
) -> None:
    """Poll what is due (with `is_forced`: the sources of `only`, or all, due or not), publish, and return.

    A signal ends it early: what runs is finished, the rest is still due for the next run.
    """
    ending = Ending()
    ending.listen()
    running = await ending.heed(app.start(plan, state, clock))
    gc.collect()
    gc.freeze()
    try:
        if is_forced and not ending.is_told:
            await running.parts.gate.write(sources.make_due, only, clock.now())
        await _work(running, ending, only, report or log_poll)
    finally:
        await running.close()


async def _work(
    running: App, ending: Ending, only: Sequence[str] | None, report: Callable[[PollReport], None]
) -> None:
    dispatcher = Dispatcher(running.parts, report=report)
    working = asyncio.create_task(dispatcher.run_once(only))
    told = asyncio.create_task(ending.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not working.done():
        late = await dispatcher.drain(DRAIN)
        await asyncio.wait({working}, timeout=DRAIN)
        log.info("ended early; the rest is done by the next run", tasks=late)
    if working.done():
        await working
    working.cancel()
    await publish_all(running.parts)
    while await push(running.parts):
        pass
    await ops.look(running.parts)
