"""The way from the event loop to the database: reads on a few threads, writes on one.

All writes that wait while a transaction commits go into the next one together, each behind a
savepoint: the cost of a commit is shared by what many polls bring, and one bad write harms no other.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from aggregator.errors import ServiceDownError
from aggregator.store.engine import down, is_trouble, reading, writing

_P = ParamSpec("_P")
_R = TypeVar("_R")
_GROUP = 200  # writes in one transaction
_READERS = 2
_LAST_SECONDS = 30.0

_Job = tuple[Callable[[Connection], Any], "Future[Any]"]


class Gate:
    """Runs functions that take a `Connection` off the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="store-write", daemon=True)
        self._writer.start()

    async def read(
        self, function: Callable[Concatenate[Connection, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Run a function in a read transaction and return its answer."""

        def job() -> _R:
            with reading(self._engine) as connection:
                return function(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, job)

    async def write(
        self, function: Callable[Concatenate[Connection, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Run a function in a write transaction; returns once that is committed.

        The function may run twice (if the transaction it first shared failed), never commit twice.
        A cancelled caller does not undo a write that has begun.
        """
        future: Future[_R] = Future()
        self._jobs.put((lambda connection: function(connection, *args, **kwargs), future))
        return await asyncio.wrap_future(future)

    async def close(self) -> None:
        """Finish the writes that wait, then end the threads."""
        self._jobs.put(None)
        # A database that does not answer any more does not keep us: what waits is lost with its claim.
        await asyncio.to_thread(self._writer.join, _LAST_SECONDS)
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _write_all(self) -> None:
        is_open = True
        while is_open:
            group: list[_Job] = []
            job = self._jobs.get()
            while True:
                if job is None:
                    is_open = False
                    break
                if job[1].set_running_or_notify_cancel():
                    group.append(job)
                if len(group) == _GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            if group:
                self._write_group(group)

    def _write_group(self, group: list[_Job]) -> None:
        results: list[tuple[bool, Any]] = []
        try:
            with writing(self._engine) as connection:
                for function, _future in group:
                    results.append(_attempt(self._engine, connection, function))
        except (ServiceDownError, DBAPIError) as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for job in group:
                self._write_group([job])
            return
        except BaseException as error:  # noqa: BLE001 - handed to the callers, who must hear of it
            for _function, future in group:
                future.set_exception(error)
            return
        for (_function, future), (is_done, value) in zip(group, results, strict=True):
            if is_done:
                future.set_result(value)
            else:
                future.set_exception(value)


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
