"""A web of many hosts on one loopback port, in the event loop of the test and on its simulated time.

Each address has a script: what it answers at this instant, and what a polite client must make of it. The log
is the judge's: stamped with the simulated time, in the order in which exchanges really began and ended.
A server may take its time: the answer is held until the simulated clock has moved on.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Self

from aiohttp.abc import AbstractResolver, ResolveResult

from tests.support.judge import NO_RULES, NO_WISH, RobotRules, Seen, Wish
from tests.support.simulation import SimulatedTime


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as a script sees it."""

    now: datetime
    number: int  # how often this address was asked before
    headers: Mapping[str, str]  # names in lower case


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, and what it asks of the client."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    wish: Wish = NO_WISH
    rules: RobotRules = NO_RULES
    is_readable: bool = True
    seconds: float = 0.0  # simulated time before the answer


Script = Callable[[Ask], Reply]


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at an address."""

    domain: str
    role: str  # feed, page, robots or guess
    script: Script


class DayWeb:
    """The web server; an async context manager, whose port is known inside."""

    def __init__(self, time: SimulatedTime) -> None:
        self.log: list[Seen] = []
        self.held = 0  # requests that are kept waiting for simulated time
        self.port = 0
        self._time = time
        self._places: dict[str, Place] = {}
        self._hosts_with_pages: set[str] = set()
        self._asked: Counter[str] = Counter()
        self._order = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, url: str, role: str, script: Script) -> str:
        """Let a script answer at `http://host/path`; return the address with the port in it."""
        host = url.removeprefix("http://").partition("/")[0]
        self._places[url] = Place(_domain(host), role, script)
        if role == "page":
            self._hosts_with_pages.add(host)
        return self.url(url)

    def url(self, url: str) -> str:
        """Return an address of this web with the port in it."""
        host, slash, path = url.removeprefix("http://").partition("/")
        return f"http://{host}:{self.port}{slash}{path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connection(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client left; what it asked is in the log
        finally:
            writer.close()

    def _nowhere(self, host: str, path: str) -> Place:
        """Return what answers where nothing was put: on a host without pages somebody guesses."""
        role = "page" if host in self._hosts_with_pages else "guess"
        return Place(_domain(host), "robots" if path == "/robots.txt" else role, _nothing)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        opened, started = next(self._order), self._time.clock.now()
        path = lines[0].split(" ")[1]
        pairs = [line.partition(":") for line in lines[1:-2]]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        host = headers["host"].partition(":")[0]
        place = self._places.get(f"http://{host}{path}") or self._nowhere(host, path)
        url = f"http://{host}{path}"
        reply = place.script(Ask(started, self._asked[url], headers))
        self._asked[url] += 1
        if reply.seconds:
            self.held += 1
            await self._time.sleep(reply.seconds)
            self.held -= 1
        given = {name.lower(): value for name, value in reply.headers}
        self.log.append(
            Seen(
                opened,
                next(self._order),
                started.timestamp(),
                self._time.clock.now().timestamp(),
                place.domain,
                headers["host"],
                path,
                place.role,
                reply.status,
                headers,
                given.get("etag"),
                given.get("last-modified"),
                given.get("location"),
                reply.wish,
                reply.is_readable,
                reply.rules,
            )
        )
        keep = headers.get("connection", "").lower() != "close"
        writer.write(_bytes(reply, keep=keep))
        await writer.drain()
        return keep


def _domain(host: str) -> str:
    return ".".join(host.split(".")[-2:])  # names here end in .example


def _nothing(_ask: Ask) -> Reply:
    return Reply(404, b"nothing here", (("Content-Type", "text/plain"),))


def _bytes(reply: Reply, *, keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} X", *(f"{name}: {value}" for name, value in reply.headers)]
    if reply.status != 304:
        lines.append(f"Content-Length: {len(reply.body)}")
    if not keep:
        lines.append("Connection: close")
    head = "\r\n".join((*lines, "", "")).encode("latin-1")
    return head + (b"" if reply.status == 304 else reply.body)


class EverybodyHere(AbstractResolver):
    """Finds every name on loopback."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        """Return 127.0.0.1 for any name."""
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Release nothing."""
