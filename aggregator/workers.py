"""The killable process pool: what is heavy or hostile runs here, under CPU, memory and time limits.

The pool opens at the first task and closes when it was idle for a while, so that a daemon that only
polls feeds that have not changed stays small. Knows nothing of what the tasks do.
"""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as PoolTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import forkserver
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from aggregator.clock import Clock
from aggregator.config.schema import WorkersConfig
from aggregator.model import Failure, FailureKind

_P = ParamSpec("_P")
_R = TypeVar("_R")
_TASKS = 1000  # after this many a worker is replaced: whatever its libraries leaked goes with it
_WALL = 3  # wall time allowed for each second of CPU time allowed
_WORN = 75  # exit code of a worker that makes room for a fresh one (EX_TEMPFAIL of sysexits.h)
_WARMING = 20  # seconds of wall time that a worker may take beside to load what its first page needs


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Workers:
    """Runs module-level functions in worker processes."""

    def __init__(
        self,
        settings: WorkersConfig,
        clock: Clock,
        *,
        preload: tuple[str, ...],
        warm: Callable[[], None] | None = None,
    ) -> None:
        """Set up without starting anything; `preload` names modules that every worker needs.

        `warm` runs before each page and loads what pages need: that is not counted as the page's time.
        """
        self._warm = warm
        self._settings = settings
        self._clock = clock
        self._preload = list(preload)
        self._pool: ProcessPool | None = None
        self._opening = threading.Lock()  # two first tasks must not open two pools
        self._busy = 0
        self._done = 0
        self._turns: dict[str, _Turn] = {}
        self._used_at = clock.monotonic()

    @property
    def progress(self) -> int | None:
        """How many tasks have ended, while some are waited for; None while there is nothing to do."""
        return self._done if self._busy else None

    @property
    def longest(self) -> float:
        """Seconds within which a task ends, one way or the other."""
        settings = self._settings
        page = min(settings.page_cpu, settings.cpu).total_seconds() * _WALL + _WARMING
        return max(settings.cpu.total_seconds() * _WALL, page)

    @contextlib.asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:
        """Hold the one place that each owner has here: a host whose documents burn all the time they may
        keeps one worker busy, never all of them.
        """
        turn = self._turns.setdefault(owner, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[owner]

    async def run(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R | Failure:
        """Run a function in a worker; one that exceeds its limits is killed and gives a Failure.

        Any exception that the function raises is raised here.
        """
        return await self._run(self._settings.cpu, None, function, *args, **kwargs)

    async def run_page(
        self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R | Failure:
        """Run a function as `run` does, within the CPU time that a page may take."""
        limit = min(self._settings.page_cpu, self._settings.cpu)
        return await self._run(limit, self._warm, function, *args, **kwargs)

    async def _run(
        self,
        limit: timedelta,
        warm: Callable[[], None] | None,
        function: Callable[_P, _R],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R | Failure:
        if kwargs:
            raise TypeError("tasks take positional arguments only")
        self._busy += 1
        cpu = limit.total_seconds()
        wall = cpu * _WALL + (_WARMING if warm else 0)
        try:
            for _worker in range(self._settings.processes + 1):
                # pebble's own lock is held while a worker starts: never from the event loop.
                future = await asyncio.to_thread(self._schedule, warm, function, args, cpu, wall)
                try:
                    return await asyncio.wrap_future(future)
                except ProcessExpired as expired:
                    if expired.exitcode != _WORN:  # else the task has not begun, the next worker may be fresh
                        raise
            return Failure(FailureKind.LIMIT, "no worker can begin: workers.memory is too small")
        except PoolTimeoutError:
            return Failure(FailureKind.LIMIT, f"stopped after {wall:g} s")
        except BrokenProcessPool as error:
            return Failure(FailureKind.LIMIT, f"the worker pool broke: {error}")
        except MemoryError:
            return Failure(FailureKind.LIMIT, "stopped: it needed more memory than workers.memory allows")
        except ProcessExpired as expired:
            if -expired.exitcode == signal.SIGPROF:
                return Failure(FailureKind.LIMIT, f"stopped after {cpu:g} s of CPU time")
            return Failure(FailureKind.LIMIT, f"the worker died (exit {expired.exitcode})")
        finally:
            self._busy -= 1
            self._done += 1
            self._used_at = self._clock.monotonic()

    def _schedule(
        self,
        warm: Callable[[], None] | None,
        function: Callable[..., _R],
        args: tuple[Any, ...],
        cpu: float,
        wall: float,
    ) -> "Future[_R]":
        with self._opening:
            if self._pool is not None and not self._pool.active:
                # A worker that dies without a task (killed from outside) breaks pebble's whole pool.
                _end(self._pool)
                self._pool = None
            pool = self._pool = self._pool or self._open()
            future: Future[_R] = pool.schedule(
                _bounded, args=(cpu, self._settings.memory, warm, function, *args), timeout=wall
            )
        return future

    def _open(self) -> ProcessPool:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(self._preload)
        return ProcessPool(
            max_workers=self._settings.processes,
            max_tasks=_TASKS,
            initializer=_start,
            initargs=(self._settings.memory,),
            context=context,
        )

    async def rest(self) -> None:
        """Close the pool if nothing has used it for `workers.idle`."""
        is_idle = self._clock.monotonic() - self._used_at >= self._settings.idle.total_seconds()
        if self._pool is not None and not self._busy and is_idle:
            await asyncio.to_thread(self._close, only_idle=True)

    async def close(self) -> None:
        """End all workers, and the process that they were forked from."""
        await asyncio.to_thread(self._close, only_idle=False)

    def _close(self, *, only_idle: bool) -> None:
        # A pool that opened meanwhile would fork its workers from the process that we wait for to end.
        with self._opening:
            if self._pool is not None and not (only_idle and self._busy):
                _end(self._pool)
                self._pool = None


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    # pebble takes away the locks that its workers share before it ends them: one that is still starting
    # would not find them and say so on stderr. So they end first, once nobody starts another.
    if pool._pool_manager_loop is not None:
        pool._pool_manager_loop.join()
    pool._pool_manager.worker_manager.force_stop_workers()  # type: ignore[no-untyped-call]
    pool.join()
    # The fork server holds every preloaded library (100 MB) until its parent ends; multiprocessing
    # has no public way to stop it, this is the one its own tests use. It restarts when needed.
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        forkserver._forkserver._stop()  # type: ignore[attr-defined]


def _start(memory: int) -> None:
    """Set up a worker: deaf to Ctrl-C (its parent decides), bounded in memory, no core dumps."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # RLIMIT_DATA counts what a process may write to, libraries' read-only pages left out (Linux 4.7).
    resource.setrlimit(resource.RLIMIT_DATA, (_data_bytes() + memory, resource.RLIM_INFINITY))


def _unbounded(warm: Callable[[], None]) -> None:
    """Load what a task needs: it is not counted as the task's memory."""
    limit, before = resource.getrlimit(resource.RLIMIT_DATA)[0], _data_bytes()
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    warm()
    more = max(_data_bytes() - before, 0)
    resource.setrlimit(resource.RLIMIT_DATA, (limit + more, resource.RLIM_INFINITY))


def _data_bytes() -> int:
    """Return the private writable memory of this process, 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path to build
            pages = int(file.read().split()[5])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _bounded(
    cpu: float, memory: int, warm: Callable[[], None] | None, function: Callable[..., _R], *args: Any
) -> _R:
    """Run a task under a timer of its CPU time, whose signal ends the process.

    Unlike RLIMIT_CPU it counts from zero for each task, and in less than seconds. A worker in which earlier
    tasks left less than half of its memory (in fragments: the allocator cannot give them back) ends first.
    """
    if resource.getrlimit(resource.RLIMIT_DATA)[0] - _data_bytes() < memory / 2:
        os._exit(_WORN)
    if warm is not None:
        _unbounded(warm)
    signal.setitimer(signal.ITIMER_PROF, cpu)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
