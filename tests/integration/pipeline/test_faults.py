"""Each call to the system fails once, the first, the second, the third …: nothing is lost, no crash."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp.connector
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from aggregator.errors import AggregatorError
from aggregator.pipeline.publish import publish
from tests.integration.pipeline.conftest import Bench
from tests.support.clock import FakeClock
from tests.support.web import ScriptedWeb

ROWS = (
    (1, "Alibaba fined", "Alibaba was fined, Alibaba says."),
    (2, "Alibaba appeals", "Alibaba appeals, Alibaba says."),
    (3, "A new park", "The city opens a park."),
)
EVERY = "AGGREGATOR_FAULTS" in os.environ  # `make crash`: each call; else a few, spread over all
FEW = 4
NEVER = 1_000_000


class Once:
    """Fails the call with that number, counted over all calls."""

    def __init__(self, number: int, error: Exception) -> None:
        self.number = number
        self.error = error
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self.number:
            raise self.error

    @property
    def has_failed(self) -> bool:
        return self.calls >= self.number


def _wrapped(once: Once, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        once()
        return function(*args, **kwargs)

    return call


@contextmanager
def _system(name: str, once: Once, _bench: Bench) -> Iterator[None]:
    """Let a function of `os`, as our own files use it, fail once."""
    patch = pytest.MonkeyPatch()
    patch.setattr(os, name, _wrapped(once, getattr(os, name)))
    try:
        yield
    finally:
        patch.undo()


@contextmanager
def _write(_name: str, once: Once, _bench: Bench) -> Iterator[None]:
    """Let writing to a published file fail once, half of it written."""
    fdopen = os.fdopen

    def opened(descriptor: int, *args: Any, **kwargs: Any) -> Any:
        file = fdopen(descriptor, *args, **kwargs)
        if args[:1] != ("wb",):
            return file

        class Torn:
            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, body: bytes) -> int:
                if once.calls + 1 == once.number:
                    file.write(body[: len(body) // 2])
                once()
                return int(file.write(body))

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

        return Torn()

    patch = pytest.MonkeyPatch()
    patch.setattr(os, "fdopen", opened)
    try:
        yield
    finally:
        patch.undo()


@contextmanager
def _connect(_name: str, once: Once, _bench: Bench) -> Iterator[None]:
    """Let a connection to a server fail once."""
    start = aiohttp.connector.aiohappyeyeballs.start_connection

    async def connected(*args: Any, **kwargs: Any) -> Any:
        once()
        return await start(*args, **kwargs)

    patch = pytest.MonkeyPatch()
    patch.setattr(aiohttp.connector.aiohappyeyeballs, "start_connection", connected)
    try:
        yield
    finally:
        patch.undo()


@contextmanager
def _database(name: str, once: Once, bench: Bench) -> Iterator[None]:
    """Let a statement, or a commit, of the database fail once."""
    engine = bench.running.engine

    def fail(*_: Any) -> None:
        once()

    event.listen(engine, name, fail)
    try:
        yield
    finally:
        event.remove(engine, name, fail)


def _full(_number: int) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refused(_number: int) -> OSError:
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def _broken(_number: int) -> OperationalError:
    return OperationalError("statement", {}, Exception("disk I/O error"))


KINDS: dict[str, tuple[Callable[[str, Once, Bench], Any], str, Callable[[int], Exception]]] = {
    "open": (_system, "open", _full),
    "fsync": (_system, "fsync", _full),
    "rename": (_system, "rename", _full),
    "write": (_write, "", _full),
    "connect": (_connect, "", _refused),
    "statement": (_database, "before_cursor_execute", _broken),
    "commit": (_database, "commit", _broken),
}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Use the database that lies in files."""
    return f"sqlite:///{tmp_path / 'test.db'}"


async def _run(bench: Bench) -> None:
    """Do what is due; whatever is said to the user is an expected failure, anything else a bug."""
    with suppress(AggregatorError):
        await bench.run()


async def _survived(
    kind: str, number: int, folder: Path, web: ScriptedWeb, clock: FakeClock
) -> tuple[int, dict[str, bytes]]:
    """Run with one failure, and then as long as it takes; return how many calls there were, and the files."""
    failing, name, error = KINDS[kind]
    clock = FakeClock(clock.now())
    bench = Bench(folder, web, clock, f"sqlite:///{folder / 'test.db'}")
    bench.settings = "[articles]\nfull_text = false\n"
    await bench.start()
    try:
        once = Once(number, error(number))
        with failing(name, once, bench):
            await _run(bench)
        for _ in range(2):  # what failed is due again after a while
            clock.advance(timedelta(days=1))
            await bench.run()
        await publish(bench.running.parts)
        found = await bench.items()
        titles = sorted(title for _id, title, _carriers in await bench.feed())
    finally:
        await bench.stop()
    assert sorted(item["raw_id"] for item in found) == ["id-1", "id-2", "id-3"], f"{kind} {number}"
    assert {item["stage"] for item in found} == {"done"}, f"{kind} {number}"
    assert titles == ["Alibaba appeals", "Alibaba fined"], f"{kind} {number}"
    return once.calls, bench.files()


@pytest.mark.parametrize("kind", KINDS)
async def test_each_call_may_fail_once(
    kind: str, tmp_path: Path, rss: Callable[..., str], clock: FakeClock
) -> None:
    with ScriptedWeb() as web:
        web.put("/feed.xml", rss(*ROWS), "application/rss+xml", etag='"1"')
        (tmp_path / "none").mkdir()
        calls, expected = await _survived(kind, NEVER, tmp_path / "none", web, clock)
        assert calls > 0
        step = 1 if EVERY else max(1, calls // FEW)
        for number in range(1, calls + 1, step):
            folder = tmp_path / str(number)
            folder.mkdir()
            _, files = await _survived(kind, number, folder, web, clock)
            assert sorted(files) == sorted(expected), f"{kind} {number}"
            assert files["alibaba.atom"].count(b"<entry") == 2, f"{kind} {number}"
