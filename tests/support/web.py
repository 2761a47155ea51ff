"""A scripted loopback web server for all tests: well-behaved by default, as rude as a test asks.

It runs on a thread of its own with its own event loop, so one form serves tests of coroutines and
tests that start the program as a subprocess:

    with ScriptedWeb() as web:                      # or: async with ScriptedWeb() as web:
        web.put("/feed.xml", body, "application/rss+xml", etag='"1"')
        ...                                         # fetch web.url("/feed.xml")
        assert web.hits("/feed.xml") == 1
        assert web.log[0].headers["user-agent"].startswith("aggregator/")

`put` gives a path its standing answer (validators are honoured: a matching If-None-Match or
If-Modified-Since is answered 304). `queue` adds answers that are played once each, in order, before the
standing one. Several hosts are several servers: `ScriptedWeb("127.0.0.2")` works on Linux, and two
servers on one address differ by port. It speaks just enough HTTP/1.1; it never compresses by
itself and it knows nothing about the program under test.
"""

import asyncio
import contextlib
import gzip as gziplib
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server; the defaults are polite, each field can be made rude."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0  # seconds before the status line
    drip: float = 0.0  # seconds between single bytes of the body
    hang: bool = (
        False  # never answer, or nothing after `raw`; the connection stays open until the server stops
    )
    close: bool = False  # close the connection after the answer
    raw: bytes | None = None  # sent instead of status line, headers and body


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str  # request target, with its query
    headers: dict[str, str]  # names in lower case; of repeated ones the last
    at: float  # time.monotonic() when the head of the request was complete
    status: int  # what was answered; 0 for `raw` and `hang`
    connection: int  # number of the connection, from 1
    body: bytes = b""


@dataclass(slots=True)
class _Route:
    standing: Answer | None = None
    etag: str | None = None
    last_modified: str | None = None
    queued: deque[Answer] = field(default_factory=deque)


class ScriptedWeb:
    """A web server on `host`, port chosen by the system, that answers what `put` and `queue` say."""

    def __init__(self, host: str = "127.0.0.1", *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.host = host
        self.port = port
        self.log: list[Seen] = []
        self.connections = 0  # accepted so far
        self._tls = tls
        self._routes: defaultdict[str, _Route] = defaultdict(_Route)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name=f"web-{host}", daemon=True)

    # --- script -------------------------------------------------------------------------------

    def url(self, path: str = "/") -> str:
        """Return the absolute URL of a path on this server."""
        return f"{'https' if self._tls else 'http'}://{self.authority}{path}"

    @property
    def authority(self) -> str:
        """Return host:port, as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def put(
        self,
        path: str,
        body: bytes | str = b"",
        content_type: str = "text/html; charset=utf-8",
        *,
        status: int = 200,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        delay: float = 0.0,
        gzip: bool = False,
    ) -> None:
        """Set the standing answer of a path (with or without query), validators included."""
        data = body.encode() if isinstance(body, str) else body
        head = [("Content-Type", content_type)] if content_type else []
        if gzip:
            data = gziplib.compress(data, mtime=0)
            head.append(("Content-Encoding", "gzip"))
        route = self._routes[path]
        route.standing = Answer(status, (*head, *headers), data, delay)
        route.etag, route.last_modified = etag, last_modified

    def queue(self, path: str, *answers: Answer) -> None:
        """Add answers that are given once each, in order, before the standing one."""
        self._routes[path].queued.extend(answers)

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        """Let a path lead elsewhere."""
        self._routes[path].standing = Answer(status, (("Location", location),))

    def hits(self, path: str | None = None) -> int:
        """Return how many requests came, for one path or altogether."""
        return sum(path in (None, seen.path, seen.path.partition("?")[0]) for seen in self.log)

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start to listen; `port` is known afterwards."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        """Stop, cutting every connection that is still open."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            task = asyncio.create_task(self._connection(reader, writer, self.connections))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        try:
            server = await asyncio.start_server(
                accepted, self.host, self.port, ssl=self._tls, limit=2**20, backlog=1024
            )
        except OSError as error:
            self._error = error
            self._ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close on the next turn of the loop

    # --- one connection -----------------------------------------------------------------------

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        try:
            while await self._exchange(reader, writer, number):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client left; what it asked is in the log
        finally:
            writer.transport.abort() if self._stop.is_set() else writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        """Read one request and answer it; say whether the connection stays open."""
        first = await reader.readexactly(1)
        if not first.isalpha():
            return False  # the beginning of a TLS handshake, not of a request
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        at = time.monotonic()
        method, path, _ = head[0].split(" ", 2)
        headers = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        answer = self._answer(path, headers)
        silent = answer.hang or answer.raw is not None
        status = 0 if silent else answer.status
        self.log.append(Seen(method, path, headers, at, status, number, body))
        await asyncio.sleep(answer.delay)
        keep = not answer.close and headers.get("connection", "").lower() != "close"
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
        if answer.hang:
            await self._stop.wait()
        if silent:
            return keep and not answer.hang
        has_body = method != "HEAD" and status not in {204, 304}
        await self._send(writer, answer, keep=keep, has_body=has_body)
        return keep

    def _answer(self, path: str, headers: dict[str, str]) -> Answer:
        bare = path.partition("?")[0]
        route = self._routes.get(path) or self._routes.get(bare)
        if route is not None and route.queued:
            return route.queued.popleft()
        if route is None or route.standing is None:
            return Answer(404, (("Content-Type", "text/plain"),), b"nothing here\n")
        validators = []
        if route.etag is not None:
            validators.append(("ETag", route.etag))
        if route.last_modified is not None:
            validators.append(("Last-Modified", route.last_modified))
        standing = route.standing
        extra = (*standing.headers, *validators)
        if self._is_current(route, headers):
            kept = tuple(pair for pair in extra if not pair[0].lower().startswith("content-"))
            return Answer(304, kept, b"", standing.delay)
        return Answer(standing.status, extra, standing.body, standing.delay)

    @staticmethod
    def _is_current(route: _Route, headers: dict[str, str]) -> bool:
        if "if-none-match" in headers:  # RFC 9110, 13.2.2: it overrides If-Modified-Since
            return route.etag is not None and headers["if-none-match"] == route.etag
        return route.last_modified is not None and headers.get("if-modified-since") == route.last_modified

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, answer: Answer, *, keep: bool, has_body: bool) -> None:
        lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Whatever')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        given = {name.lower() for name, _ in answer.headers}
        if not given & {"content-length", "transfer-encoding"} and answer.status not in {204, 304}:
            lines.append(f"Content-Length: {len(answer.body)}")
        if not keep:
            lines.append("Connection: close")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        if has_body and answer.drip:
            for byte in answer.body:
                writer.write(bytes((byte,)))
                await asyncio.sleep(answer.drip)
        elif has_body:
            writer.write(answer.body)
        await writer.drain()
