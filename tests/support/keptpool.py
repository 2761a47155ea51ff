"""Workers that serve many tests of one module: to start one takes longer than most tests.

A daemon's workers serve a thousand tasks of all sources, too. A pool that broke, or that a test left
with a task under way, is ended as the daemon ends it and never handed on.
"""

import contextlib
from collections.abc import Iterator
from multiprocessing import forkserver

import pytest
from pebble import ProcessPool

from aggregator import workers
from aggregator.workers import Workers

_Settings = tuple[int, int]  # processes, memory


class KeptPools:
    """The pools that no test uses now, one for each of what the settings say of them."""

    def __init__(self) -> None:
        self._idle: dict[_Settings, ProcessPool] = {}
        self._lent: dict[ProcessPool, _Settings] = {}
        self._open = Workers._open
        self._end = workers._end

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Let all workers lend their pools here."""
        kept = self

        def lend(self: Workers) -> ProcessPool:
            settings = (self._settings.processes, self._settings.memory)
            pool = kept._idle.pop(settings, None)
            if pool is None or not pool.active:
                pool = kept._open(self)
            kept._lent[pool] = settings
            return pool

        patch.setattr(Workers, "_open", lend)
        patch.setattr(workers, "_end", self._take_back)
        _keep_forkserver(patch)  # what workers are forked from takes 2 s to load

    def _take_back(self, pool: ProcessPool) -> None:
        settings = self._lent.pop(pool)
        if pool.active and not pool._context.task_queue.unfinished_tasks and settings not in self._idle:
            self._idle[settings] = pool
        else:
            self._end(pool)

    def close(self) -> None:
        """End them all, and what they were forked from: it waits for all of them, so it comes last."""
        while self._idle:
            _, pool = self._idle.popitem()
            with pytest.MonkeyPatch.context() as patch:
                if self._idle:
                    _keep_forkserver(patch)
                self._end(pool)


def _keep_forkserver(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(forkserver._forkserver, "_stop", lambda: None)  # type: ignore[attr-defined]


@contextlib.contextmanager
def kept_pools() -> Iterator[KeptPools]:
    """Give pools that end with the block."""
    pools = KeptPools()
    try:
        yield pools
    finally:
        pools.close()
