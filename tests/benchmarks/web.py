"""The loopback web of the benchmarks: many hosts, one cheap process, pre-rendered feeds, true 304s.

    with NewsWeb(feeds=1000) as web:
        web.urls            # one feed a host: http://127.1.0.1:PORT/feed/0 …
        web.change(10)      # 10 % of the feeds get a new entry and new validators
        web.counts()        # what was asked for since the last look

Politeness is per host and port for literal addresses, and all of 127/8 is this machine, so each feed
has an address of its own. What it counts is how a benchmark knows that the work it measured is the work
it meant. It speaks only as much HTTP/1.1 as our client and `requests` need.
"""

import argparse
import asyncio
import gzip
import json
import resource
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address
from types import TracebackType
from typing import Self

from tests.benchmarks.rendering import CONTENT_TYPES, FORMATS, document, page

_FIRST = IPv4Address("127.1.0.1")
_SPREAD = 7919  # a prime: neighbours get latencies that are far apart


@dataclass(slots=True)
class Counts:
    """Requests since the last look; instants in seconds of the server's monotonic clock."""

    feeds: int = 0
    not_modified: int = 0
    pages: int = 0
    other: int = 0
    began_at: float = 0.0  # first request
    ended_at: float = 0.0  # last answer

    @property
    def seconds(self) -> float:
        """Wall time from the first request to the last answer."""
        return self.ended_at - self.began_at


def latency(feed: int, low: float, high: float) -> float:
    """Return the seconds that a feed's answer takes: always the same, evenly spread over the feeds."""
    return low + (high - low) * (feed * _SPREAD % 1000) / 999


class NewsWeb:
    """The web in a process of its own; use as a context manager."""

    def __init__(self, feeds: int, *, entries: int = 20, hosts: int | None = None) -> None:
        self._feeds = feeds
        self._hosts = hosts or feeds
        self._words = [f"--feeds={feeds}", f"--entries={entries}"]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.web", *self._words],
            stdin=subprocess.PIPE,  # it ends when this closes, however we end
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the loopback web did not start"
        self.port = int(line)
        self.urls = tuple(
            f"http://{_FIRST + feed % self._hosts}:{self.port}/feed/{feed}" for feed in range(self._feeds)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def counts(self) -> Counts:
        """Return what was asked for since the last look."""
        return Counts(**json.loads(self._control("counts")))

    def change(self, percent: float) -> int:
        """Let so many of the feeds change; return how many that are. Each call takes the next ones."""
        return int(self._control(f"change/{percent}"))

    def delay(self, low: float, high: float) -> float:
        """Let the answers for feeds take `low` to `high` seconds; return the mean."""
        self._control(f"delay/{low}/{high}")
        return sum(latency(feed, low, high) for feed in range(self._feeds)) / self._feeds

    def _control(self, command: str) -> bytes:
        with urllib.request.urlopen(f"http://{_FIRST}:{self.port}/control/{command}", timeout=120) as answer:
            body: bytes = answer.read()
        return body


# --- the process -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Feed:
    base: str
    version: int = 0
    etag: bytes = b""
    changed: bytes = b""
    full: bytes = b""
    unchanged: bytes = b""


@dataclass(slots=True)
class _State:
    began_at: datetime
    entries: int
    feeds: list[_Feed]
    low: float = 0.0
    high: float = 0.0
    next_change: int = 0
    counts: Counts = field(default_factory=Counts)

    def render(self, number: int) -> None:
        """Make the answers of a feed at its version."""
        feed = self.feeds[number]
        body = document(feed.base, number, entries=self.entries, version=feed.version, began_at=self.began_at)
        feed.etag = b'"%d-%d"' % (number, feed.version)
        changed_at = self.began_at + timedelta(seconds=feed.version)
        feed.changed = format_datetime(changed_at, usegmt=True).encode()
        head = b"ETag: %b\r\nLast-Modified: %b\r\n" % (feed.etag, feed.changed)
        kind = CONTENT_TYPES[FORMATS[number % len(FORMATS)]]
        feed.full = _answer(b"200 OK", kind, gzip.compress(body, 5), head + b"Content-Encoding: gzip\r\n")
        feed.unchanged = b"HTTP/1.1 304 Not Modified\r\n%bContent-Length: 0\r\n\r\n" % head

    def control(self, command: list[str]) -> bytes:
        """Obey a command from the benchmark."""
        match command:
            case ["counts"]:
                counted, self.counts = self.counts, Counts()
                return json.dumps(asdict(counted)).encode()
            case ["change", percent]:
                count = round(len(self.feeds) * float(percent) / 100)
                for place in range(self.next_change, self.next_change + count):
                    self.feeds[place % len(self.feeds)].version += 1
                    self.render(place % len(self.feeds))
                self.next_change += count
                return b"%d" % count
            case ["delay", low, high]:
                self.low, self.high = float(low), float(high)
                return b"done"
        raise AssertionError(command)


class _Connection(asyncio.Protocol):
    def __init__(self, state: _State) -> None:
        self._state = state
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._request(head)

    def _request(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        path = first.split(b" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        kind, *rest = path[1:].decode().split("/")
        state, delay = self._state, 0.0
        if kind == "control":
            answer = _answer(b"200 OK", "text/plain", state.control(rest))
        else:
            answer, delay = self._public(kind, rest, headers)
        is_last = headers.get(b"connection", b"").lower() == b"close"
        if delay:
            asyncio.get_running_loop().call_later(delay, self._send, answer, kind, is_last)
        else:
            self._send(answer, kind, is_last)

    def _public(self, kind: str, rest: list[str], headers: dict[bytes, bytes]) -> tuple[bytes, float]:
        state, counts = self._state, self._state.counts
        counts.began_at = counts.began_at or time.monotonic()
        if kind == "feed":
            counts.feeds += 1
            number = int(rest[0])
            feed = state.feeds[number]
            delay = latency(number, state.low, state.high)
            etag = headers.get(b"if-none-match")
            if etag == feed.etag or (etag is None and headers.get(b"if-modified-since") == feed.changed):
                counts.not_modified += 1
                return feed.unchanged, delay
            return feed.full, delay
        if kind == "article":
            counts.pages += 1
            body = gzip.compress(page(int(rest[0]), int(rest[1])), 1)
            return _answer(b"200 OK", "text/html; charset=utf-8", body, b"Content-Encoding: gzip\r\n"), 0.0
        counts.other += 1
        return _answer(b"404 Not Found", "text/plain", b""), 0.0

    def _send(self, answer: bytes, kind: str, is_last: bool) -> None:
        self._transport.write(answer)
        if kind != "control":
            self._state.counts.ended_at = time.monotonic()
        if is_last:
            self._transport.close()


def _answer(status: bytes, kind: str, body: bytes, more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status, kind.encode(), more, len(body)) + body


async def _serve(feeds: int, entries: int) -> None:
    loop = asyncio.get_running_loop()
    hosts = [str(_FIRST + feed) for feed in range(feeds)]
    state = _State(datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1), entries, [])
    first = await loop.create_server(lambda: _Connection(state), hosts[0], 0, backlog=128)
    port = first.sockets[0].getsockname()[1]
    if hosts[1:]:
        await loop.create_server(lambda: _Connection(state), hosts[1:], port, backlog=16)
    state.feeds = [_Feed(f"http://{host}:{port}") for host in hosts]
    for number in range(feeds):
        state.render(number)
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=20)
    given = parser.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # one socket listens for each feed
    asyncio.run(_serve(given.feeds, given.entries))


if __name__ == "__main__":
    main()
