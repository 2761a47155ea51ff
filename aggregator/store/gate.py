"""The way from the event loop to the database: reads on a few threads, writes on one.

All writes that wait while a transaction commits go into the next one together, each behind a
savepoint: the cost of a commit is shared by what many polls bring, and one bad write harms no other.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from aggregator.errors import ServiceDownError
from aggregator.store.engine import down, is_trouble, reading, writing

_P = ParamSpec("_P")
_R = TypeVar("_R")
_GROUP = 200  # writes in one transaction
_READERS = 2
_LOOKERS = 2
_MOMENT = 0.05  # seconds that a row waits for others: a commit costs more than a row
_ROWS = 128  # rows that wait for no more
_LAST_SECONDS = 30.0

_Many = Callable[[Connection, Sequence[Any]], None]


@dataclass(slots=True, eq=False)
class _Job:
    """One write that waits: a function to be called, or a row for one that takes many."""

    future: "asyncio.Future[Any]"
    function: Callable[[Connection], Any] | None = None
    many: _Many | None = None
    row: Any = None

    def run(self, connection: Connection) -> Any:
        """Write this one alone."""
        if self.many is not None:
            return self.many(connection, (self.row,))
        return None if self.function is None else self.function(connection)


_Result = tuple[_Job, bool, Any]  # whether it is done, and what it returned or raised


class Gate:
    """Runs functions that take a `Connection` off the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._lookers = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="store-look")
        self._handed, self._answered = 0, 0  # writes
        self._transactions = 0
        # Handed over together: each time, the writer's thread takes its turn from the event loop's.
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._rows: list[_Job] = []  # wait for others
        self._writer = threading.Thread(target=self._write_all, name="store-write", daemon=True)
        self._writer.start()

    async def read(
        self, function: Callable[Concatenate[Connection, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Run a function in a read transaction and return its answer."""
        return await self._read(self._readers, lambda connection: function(connection, *args, **kwargs))

    async def look(
        self, function: Callable[Concatenate[Connection, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Read as `read` does, for people: what they ask may take seconds, and no poll waits behind it."""
        return await self._read(self._lookers, lambda connection: function(connection, *args, **kwargs))

    async def _read(self, threads: ThreadPoolExecutor, function: Callable[[Connection], _R]) -> _R:
        def job() -> _R:
            with reading(self._engine) as connection:
                return function(connection)

        return await asyncio.get_running_loop().run_in_executor(threads, job)

    async def write(
        self, function: Callable[Concatenate[Connection, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Run a function in a write transaction; returns once that is committed.

        The function may run twice (if the transaction it first shared failed), never commit twice.
        A cancelled caller does not undo a write that has begun.
        """
        future: asyncio.Future[_R] = asyncio.get_running_loop().create_future()
        job = _Job(future, lambda connection: function(connection, *args, **kwargs))
        rows, self._rows = self._rows, []
        self._jobs.put([*rows, job])
        return await self._answer(future)

    async def write_row(self, function: Callable[[Connection, Sequence[_R]], None], row: _R) -> None:
        """Hand a row to a function that writes many; rows that wait together are written in one call.

        Rows are in no hurry: for a moment others may join them.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._rows.append(_Job(future, many=function, row=row))
        if len(self._rows) == 1:
            loop.call_later(_MOMENT, self._hand_over)
        elif len(self._rows) >= _ROWS:
            self._hand_over()
        await self._answer(future)

    async def _answer(self, future: "asyncio.Future[_R]") -> _R:
        self._handed += 1
        try:
            return await future
        finally:
            self._answered += 1

    @property
    def progress(self) -> int | None:
        """How many transactions the writer has tried, while writes wait; None while none does."""
        return self._transactions if self._handed > self._answered else None

    def _hand_over(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, []
            self._jobs.put(rows)

    async def close(self) -> None:
        """Finish the writes that wait, then end the threads."""
        self._hand_over()
        self._jobs.put(None)
        # A database that does not answer any more does not keep us: what waits is lost with its claim.
        await asyncio.to_thread(self._writer.join, _LAST_SECONDS)
        # A reader that is under way gives its connection back before the engine is disposed of.
        readers = threading.Thread(target=self._end_readers, name="store-end", daemon=True)
        readers.start()
        await asyncio.to_thread(readers.join, _LAST_SECONDS)

    def _end_readers(self) -> None:
        for threads in (self._readers, self._lookers):
            threads.shutdown(cancel_futures=True)

    def _write_all(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                _tell(self._write_group(group))

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Wait for a write and take those that wait with it; say whether more may come."""
        group: list[_Job] = []
        jobs = self._jobs.get()
        while jobs is not None:
            group += [job for job in jobs if not job.future.cancelled()]
            if len(group) >= _GROUP or self._jobs.empty():
                return group, True
            jobs = self._jobs.get()
        return group, False

    def _write_group(self, group: list[_Job]) -> list[_Result]:
        """Write a group in one transaction, or each by itself if that fails as a whole."""
        results: list[_Result] = []
        self._transactions += 1
        has_begun = False
        try:
            with writing(self._engine) as connection:
                has_begun = True
                if len(group) == 1:  # harms no other: the transaction is its savepoint
                    return [(group[0], True, group[0].run(connection))]
                for jobs in _alike(group):
                    results += self._write_alike(connection, jobs)
        except (ServiceDownError, DBAPIError) as error:
            if (
                len(group) == 1 or not has_begun
            ):  # locked or gone: it is nobody's fault, and would last for each
                return [(job, False, error) for job in group]
            return [result for job in group for result in self._write_group([job])]
        except BaseException as error:  # noqa: BLE001 - handed to the callers, who must hear of it
            return [(job, False, error) for job in group]
        return results

    def _write_alike(self, connection: Connection, jobs: list[_Job]) -> list[_Result]:
        many = jobs[0].many
        if many is not None and len(jobs) > 1:
            rows = [job.row for job in jobs]
            is_done, _ = _attempt(self._engine, connection, lambda connection: many(connection, rows))
            if is_done:
                return [(job, True, None) for job in jobs]
        return [(job, *_attempt(self._engine, connection, job.run)) for job in jobs]


def _alike(group: list[_Job]) -> Iterable[list[_Job]]:
    """Put rows for the same function together, first; everything else stays alone and in order.

    First, since what was handed over later may be about them (a failure that is forgiven).
    """
    rows: dict[_Many, list[_Job]] = {}
    for job in group:
        if job.many is not None:
            rows.setdefault(job.many, []).append(job)
    yield from rows.values()
    yield from ([job] for job in group if job.many is None)


def _tell(results: list[_Result]) -> None:
    """Give the results to those who wait: one call into each event loop, not one for each write."""
    loops: dict[asyncio.AbstractEventLoop, list[_Result]] = {}
    for result in results:
        loops.setdefault(result[0].future.get_loop(), []).append(result)
    for loop, mine in loops.items():
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(_settle, mine)


def _settle(results: list[_Result]) -> None:
    for job, is_done, value in results:
        if job.future.done():
            continue
        if is_done:
            job.future.set_result(value)
        else:
            job.future.set_exception(value)


def _attempt(
    engine: Engine, connection: Connection, function: Callable[[Connection], Any]
) -> tuple[bool, Any]:
    """Run one write behind a savepoint; a database that is gone fails the whole group instead."""
    try:
        with connection.begin_nested():
            return True, function(connection)
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error.orig, OSError):
            raise
        return False, down(engine, error) if is_trouble(error) else error
    except Exception as error:  # noqa: BLE001 - handed to the caller, who must hear of it
        return False, error
