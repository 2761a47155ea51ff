"""Time that passes only when nothing happens: a daemon's day in a minute, with every pause kept.

The real composition runs on the real event loop, with its threads, worker processes and sockets, but on a
clock that stands still while any of them is at work. It moves on to what comes first: the end of a pause
that somebody sleeps through, or the next tick. So a request lasts no time unless its server says so, and what
is logged with this clock is exact.
"""

import asyncio
import heapq
import random
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from aiohttp.abc import AbstractResolver

from aggregator import app
from aggregator.app import App
from aggregator.clock import Clock
from aggregator.config.schema import FetchConfig
from aggregator.dispatch import Dispatcher
from aggregator.fetch.client import Client
from aggregator.store.gate import Gate
from tests.support.clock import FakeClock

_CALM = 4  # turns of the loop without any sign of work, until we believe it


class SimulatedTime:
    """A clock, and the sleep that goes with it."""

    def __init__(self, start: datetime) -> None:
        self.clock = FakeClock(start)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has moved on by so much."""
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.clock.monotonic() + seconds, next(self._numbers), waker))
        await waker

    @property
    def next_waking(self) -> float:
        """Return how many seconds are left until somebody wakes."""
        return self._sleepers[0][0] - self.clock.monotonic() if self._sleepers else float("inf")

    def advance(self, seconds: float) -> None:
        """Move the clock and wake whose time has come."""
        self.clock.advance(timedelta(seconds=seconds))
        # A microsecond of grace: a clock that counts in them may stand just before what was asked for.
        while self._sleepers and self._sleepers[0][0] <= self.clock.monotonic() + 1e-6:
            waker = heapq.heappop(self._sleepers)[2]
            if not waker.done():
                waker.set_result(None)


class Simulation:
    """A running composition whose time is simulated; to be used as an async context manager.

    `held` tells how many requests its servers keep waiting on purpose. As with the daemon, what is due at the
    start is spread, unless `is_spread` is false: then all of it comes at once.
    """

    def __init__(
        self,
        plan: app.Plan,
        state: Path,
        time: SimulatedTime,
        *,
        resolver: AbstractResolver,
        held: Callable[[], int] = lambda: 0,
        is_spread: bool = True,
    ) -> None:
        self.time = time
        self._plan = plan
        self._state = state
        self._resolver = resolver
        self._held = held
        self._is_spread = is_spread
        self._at_work = 0  # threads and processes that we wait for
        self._stack = AsyncExitStack()
        self._clients: list[Client] = []
        self._chance = random.Random(3)

    async def __aenter__(self) -> Self:
        self._stack.enter_context(self._counted())
        self.app: App = await app.start(
            self._plan, self._state, self.time.clock, connect=self._connect, chance=self._chance.random
        )
        self._stack.push_async_callback(self.app.close)
        if self._is_spread:
            await self.app.parts.gate.write(app.spread, self._plan.config, self.time.clock.now())
        self.dispatcher = Dispatcher(self.app.parts)
        self._work = asyncio.create_task(self.dispatcher.serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.dispatcher.drain(0)
        await self._work
        await self._stack.aclose()

    async def run(self, span: timedelta, *, step: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let simulated time pass, with a tick every `step` seconds."""
        clock = self.time.clock
        end = clock.monotonic() + span.total_seconds()
        tick = clock.monotonic()
        while clock.monotonic() < end and not until():
            if clock.monotonic() >= tick:
                self.dispatcher.wake()
                tick += step
            await self.still()
            self.time.advance(max(0.0, min(self.time.next_waking, tick - clock.monotonic())))

    async def still(self) -> None:
        """Return once nothing can happen without time passing."""
        calm = 0
        while calm < _CALM:
            await asyncio.sleep(0)
            if self._work.done():
                await self._work  # it ends by a bug only
            if self._at_work or self._requests() > self._held():
                calm = 0
                await asyncio.sleep(0.0002)
            else:
                calm = calm + 1 if not _ready() else 0

    def _requests(self) -> int:
        """Return how many requests are under way."""
        sessions = [client._session for client in self._clients]
        return sum(
            len(session.connector._acquired)  # type: ignore[union-attr, misc]
            for session in sessions
            if session is not None and not session.closed
        )

    def _connect(self, settings: FetchConfig, clock: Clock) -> Client:
        client = Client(settings, clock, resolver=self._resolver, sleep=self.time.sleep)
        self._clients.append(client)
        return client

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count what threads and processes do for us: `wrap_future` brings it back, or the gate's own way."""

        def counted(write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            async def write_counted(gate: Gate, *args: Any, **kwargs: Any) -> Any:
                self._at_work += 1
                try:
                    return await write(gate, *args, **kwargs)
                finally:
                    self._at_work -= 1

            return write_counted

        wrap = asyncio.wrap_future

        def wrap_counted(future: "Future[Any]", **kwargs: Any) -> "asyncio.Future[Any]":
            wrapped = wrap(future, **kwargs)
            self._at_work += 1
            wrapped.add_done_callback(self._came_back)
            return wrapped

        with (
            patch("asyncio.wrap_future", wrap_counted),
            patch("asyncio.futures.wrap_future", wrap_counted),
            patch.object(Gate, "write", counted(Gate.write)),
            patch.object(Gate, "write_row", counted(Gate.write_row)),
        ):
            yield

    def _came_back(self, _future: "asyncio.Future[Any]") -> None:
        self._at_work -= 1


def _ready() -> int:
    """Return how many callbacks the loop would run at once."""
    return len(asyncio.get_running_loop()._ready)  # type: ignore[attr-defined]
