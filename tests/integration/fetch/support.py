"""What the tests of fetching share: a client with test settings, a resolver by table, a canary, a watch."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.clock import Clock
from aggregator.config.proxies import variables
from aggregator.config.schema import FetchConfig
from aggregator.fetch.client import Client
from aggregator.model import Access, Request, Validators

LOOPBACK = ("127.0.0.0/8", "::1")
NOTHING: tuple[str, ...] = ()


@asynccontextmanager
async def a_client(
    *,
    allow: tuple[str, ...] = LOOPBACK,
    timeout: float = 5,  # noqa: ASYNC109
    delay: float = 0,
    per_host: int = 2,
    resolver: AbstractResolver | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    proxy: str = "",
    **settings: str,
) -> AsyncIterator[Client]:
    config = FetchConfig.model_validate(
        {
            "timeout": timedelta(seconds=timeout),
            "host_delay": timedelta(seconds=delay),
            "per_host": per_host,
            "allow_private": allow,
            "proxy": proxy,
            "environment": variables(environ or {}),
            **settings,
        }
    )
    async with Client(config, clock or Clock(), resolver=resolver, sleep=sleep) as client:
        yield client


def request(
    url: str,
    max_bytes: int = 1_000_000,
    etag: str | None = None,
    last_modified: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Request:
    return Request(url, max_bytes, Validators(etag, last_modified), Access(headers=headers))


def named(table: Mapping[str, object]) -> list[object]:
    """Make the parameters of a table of cases: the name, then what it holds."""
    return [
        pytest.param(name, *(values if isinstance(values, tuple) else (values,)), id=name)
        for name, values in table.items()
    ]


_watches: list[list[tuple[str, int]]] = []


def _audit(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect" and _watches:
        place = args[1]
        for watch in _watches:
            watch.append((str(place[0]), int(place[1])) if isinstance(place, tuple) else (str(place), 0))


sys.addaudithook(_audit)


@contextmanager
def every_connect() -> Iterator[list[tuple[str, int]]]:
    """Collect address and port of each connect() of this process, as the interpreter reports it (PEP 578)."""
    seen: list[tuple[str, int]] = []
    _watches.append(seen)
    try:
        yield seen
    finally:
        _watches.remove(seen)


class TableResolver(AbstractResolver):
    """Answers from a table, each time the next list of addresses; what is not there does not exist."""

    def __init__(self, table: Mapping[str, list[list[str]]]) -> None:
        self.table = {host: list(answers) for host, answers in table.items()}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        answers = self.table.get(host)
        if not answers:
            raise OSError(None, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Canary:
    """A listener that nobody may ever connect to."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.bind((host, port))
        self._socket.listen()
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    @property
    def is_untouched(self) -> bool:
        # The system completes a connection before anybody accepts it, so this misses none.
        with contextlib.suppress(BlockingIOError):
            self._socket.accept()[0].close()
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
