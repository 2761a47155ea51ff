"""When the process is told to end: TERM and INT finish what runs, a second one ends at once.

Listened to from the first moment, so that a start which waits for a database can be ended as well. It ends
nothing itself but on the second signal.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aggregator.logs import get_logger

DRAIN = 8.0  # seconds that running work gets at the end; container managers kill after 10

_R = TypeVar("_R")

log = get_logger("daemon")


class Ending:
    """Whether, and by what, this process was told to end."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._signals = 0
        self.on_hangup: Callable[[], None] = lambda: None

    def listen(self) -> None:
        """Hear signals from now on, on the running loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)

    @property
    def is_told(self) -> bool:
        """Whether it is time to end."""
        return self._told.is_set()

    def tell(self) -> None:
        """End as a TERM signal would."""
        self._told.set()

    async def wait(self) -> None:
        """Return once it is time to end."""
        await self._told.wait()

    async def heed(self, work: Coroutine[Any, Any, _R]) -> _R:
        """Do what cannot be ended half-way and return what it came to; told to end, it gets DRAIN seconds."""
        doing = asyncio.create_task(work)
        told = asyncio.create_task(self.wait())
        await asyncio.wait({doing, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not doing.done():
            await asyncio.wait({doing}, timeout=DRAIN)
        if not doing.done():
            # Threads that wait for a silent database would be waited for; it undoes what was not committed.
            log.warning("ended before the start was over")
            os._exit(0)
        return await doing

    def _on_hangup(self) -> None:
        self.on_hangup()

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
        self._told.set()
