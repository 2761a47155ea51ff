"""How long one callback holds the event loop while a daemon reads a news web for the first time.

In CPU time of the loop's thread: what other programs take of the machine is no fault of a callback. The
first second, before anything is polled or served, is left out.
"""

import asyncio
import time
from asyncio.events import Handle
from pathlib import Path

from aggregator import app
from aggregator.clock import Clock
from aggregator.daemon import Daemon
from aggregator.store import items


def longest_callback(config: Path, state: Path, *, within: float = 60.0) -> tuple[float, int]:
    """Run the daemon in this process until it is done; return the longest callback in ms and the items."""
    plan = app.prepare(config, state, {}, {"serve.listen": ""})
    held: list[float] = []
    run = Handle._run

    def timed(handle: Handle) -> None:
        begin = time.thread_time()
        run(handle)
        held.append(time.thread_time() - begin)

    async def work() -> int:
        running = await app.start(plan, state, Clock())
        try:
            daemon = Daemon(running, report=lambda _report: None)
            serving = asyncio.create_task(daemon.run())
            end = time.monotonic() + within
            count = 0
            await asyncio.sleep(1)
            held.clear()
            while time.monotonic() < end:
                await asyncio.sleep(1)
                count = await running.parts.gate.read(items.count)
                if count and not await running.parts.gate.read(items.unfinished):
                    break
            daemon.stop()
            await serving
            return count
        finally:
            await running.close()

    # mypy sees a method; asyncio calls it on every handle, which is all that is needed here.
    Handle._run = timed  # type: ignore[method-assign,assignment]
    try:
        count = asyncio.run(work())
    finally:
        Handle._run = run  # type: ignore[method-assign]
    return max(held) * 1000, count
