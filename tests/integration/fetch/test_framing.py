"""Where one answer ends and another may not begin: lengths, chunks, interim answers, floods, surplus."""

import asyncio
import gzip
import socket
import threading
import tracemalloc
from types import TracebackType
from typing import Self

import pytest

from aggregator.model import Failure, FailureKind, Fetched, FetchResult, NotModified
from tests.integration.fetch.support import a_client, every_connect, named, request
from tests.support.cases import NewCase, doing, outcome
from tests.support.web import Answer, ScriptedWeb

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FIVE = b"Content-Length: 5\r\n\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
K = FailureKind


async def answer_to(raw: bytes) -> FetchResult:
    with ScriptedWeb() as web:
        web.queue("/", Answer(raw=raw, close=True))
        async with a_client() as client:
            return await client.fetch(request(web.url("/"), 100_000, etag='"1"'))


# Each with the body that we take from it; None is "not modified".
TAKEN: dict[str, tuple[bytes, bytes | None]] = {
    "304 with a body": (b"HTTP/1.1 304 Not Modified\r\n" + FIVE, None),
    "304 with a chunked body": (
        b"HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        None,
    ),
    "204 with a body": (b"HTTP/1.1 204 No Content\r\n" + FIVE, b""),
    "205 with a body": (b"HTTP/1.1 205 Reset Content\r\n" + FIVE, b"hello"),
    "an empty body": (OK + b"Content-Length: 0\r\n\r\n", b""),
    "an empty body said to be gzip": (OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", b""),
    "no body and no length": (OK + b"\r\n", b""),
    "the same length twice": (OK + b"Content-Length: 5\r\n" + FIVE, b"hello"),
    "the same length thrice, written otherwise": (
        OK + b"content-length:5\r\nX: y\r\nCONTENT-LENGTH: 5 \r\n" + FIVE,
        b"hello",
    ),
    "a list of one length": (OK + b"Content-Length: 5, 5\r\n\r\nhello", b"hello"),
    "the same length twice, in the body": (
        OK + b"Content-Length: 42\r\n\r\n\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        b"\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    ),
    "a length in an interim answer": (INTERIM[:-2] + b"Content-Length: 9\r\n\r\n" + OK + FIVE, b"hello"),
    "a length that is too short": (OK + b"Content-Length: 2\r\n\r\nhello", b"he"),
    "an answer behind the answer": (OK + FIVE + OK + b"Content-Length: 6\r\n\r\nforged", b"hello"),
    "garbage behind the last chunk": (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n<!-- 0.1 s -->", b"hello"),
    "chunk extensions": (CHUNKED + b'5;name="a;b"\r\nhello\r\n0;x\r\n\r\n', b"hello"),
    "trailers": (CHUNKED + b'5\r\nhello\r\n0\r\nETag: "forged"\r\nX: y\r\n\r\n', b"hello"),
    "chunks of one byte": (CHUNKED + b"1\r\nx\r\n" * 30_000 + b"0\r\n\r\n", b"x" * 30_000),
    "twenty interim answers": (INTERIM * 20 + OK + FIVE, b"hello"),
    "blank lines first": (b"\r\n\r\n" + OK + FIVE, b"hello"),
    "a folded header": (OK + b"X: a\r\n b\r\n" + FIVE, b"hello"),
    "60 kB of headers": (OK + (b"X: " + b"a" * 995 + b"\r\n") * 60 + FIVE, b"hello"),
    "two codings, one of them none": (
        OK + b"Content-Encoding: identity, gzip\r\n\r\n" + gzip.compress(b"hello"),
        b"hello",
    ),
}


@pytest.mark.parametrize(("name", "raw", "body"), named(TAKEN))
async def test_an_answer_ends_where_it_says(name: str, raw: bytes, body: bytes | None, case: NewCase) -> None:
    row = case(f"framing: {name}", doing(Answer(raw=raw, close=True)))
    result = await answer_to(raw)
    row.came_to(outcome(result))
    if body is None:
        assert isinstance(result, NotModified)
    else:
        assert isinstance(result, Fetched)
        assert result.body == body
        assert result.validators.etag is None  # not from a trailer


REFUSED = {
    "two lengths": (OK + b"Content-Length: 4\r\n" + FIVE, K.PROTOCOL),
    "two lengths, the second with a sign": (
        OK + b"Content-Length: 5\r\nContent-Length: +5\r\n\r\nhello",
        K.PROTOCOL,
    ),
    "two lengths, one with a zero before it": (OK + b"Content-Length: 05\r\n" + FIVE, K.PROTOCOL),
    "the same length twice and another": (
        OK + b"Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
        K.PROTOCOL,
    ),
    "a list of two lengths": (OK + b"Content-Length: 5, 55\r\n\r\nhello", K.PROTOCOL),
    "the same length twice, and chunks": (
        CHUNKED[:-2] + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        K.PROTOCOL,
    ),
    "a length with a sign": (OK + b"Content-Length: +5\r\n\r\nhello", K.PROTOCOL),
    "a hexadecimal length": (OK + b"Content-Length: 0x5\r\n\r\nhello", K.PROTOCOL),
    "length and chunks": (CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n", K.PROTOCOL),
    "a length that is too long": (OK + b"Content-Length: 6\r\n\r\nhello", K.PROTOCOL),
    "gzip as a transfer coding": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", K.PROTOCOL),
    "chunked twice": (OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", K.PROTOCOL),
    "a chunk of negative size": (CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", K.PROTOCOL),
    "a chunk larger than numbers": (CHUNKED + b"f" * 17 + b"\r\nhello\r\n0\r\n\r\n", K.PROTOCOL),
    "a chunk extension of 1 MB": (
        CHUNKED + b"5;" + b"a" * 1_000_000 + b"\r\nhello\r\n0\r\n\r\n",
        K.TOO_LARGE,
    ),
    "a long extension at each chunk": (CHUNKED + (b"1;" + b"a" * 9999 + b"\r\nx\r\n") * 100, K.TOO_LARGE),
    "100,000 trailers": (CHUNKED + b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", K.PROTOCOL),
    "100 kB of headers": (OK + (b"X: " + b"a" * 995 + b"\r\n") * 100 + FIVE, K.PROTOCOL),
    "an endless reason": (b"HTTP/1.1 200 " + b"a" * 100_000 + b"\r\n" + FIVE, K.PROTOCOL),
    "an endless name of a header": (OK + b"a" * 400_000, K.PROTOCOL),
    "a header without a colon": (OK + b"Content-Length 5\r\n\r\nhello", K.PROTOCOL),
    "CR alone between headers": (OK + b"X: a\rY: b\r\n" + FIVE, K.PROTOCOL),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n" + FIVE, K.PROTOCOL),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n" + FIVE, K.PROTOCOL),
    "a status of letters": (b"HTTP/1.1 OK\r\n" + FIVE, K.PROTOCOL),
    "status 000": (b"HTTP/1.1 000 X\r\n" + FIVE, K.PROTOCOL),
    "HTTP/3.0": (b"HTTP/3.0 200 OK\r\n" + FIVE, K.PROTOCOL),
    "http in small letters": (b"http/1.1 200 OK\r\n" + FIVE, K.PROTOCOL),
    "an interim answer and no other": (INTERIM, K.CONNECT),
    "two codings in two headers": (
        OK + b"Content-Encoding: gzip\r\nContent-Encoding: br\r\n" + FIVE,
        K.PROTOCOL,
    ),
}


@pytest.mark.parametrize(("name", "raw", "kind"), named(REFUSED))
async def test_what_cannot_be_told_apart_is_refused(
    name: str, raw: bytes, kind: FailureKind, case: NewCase
) -> None:
    row = case(f"framing: {name}", doing(Answer(raw=raw, close=True)))
    result = await asyncio.wait_for(answer_to(raw), 3)  # well before the deadline of 5 s
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert result.kind is kind
    assert "hello" not in result.detail


class Pours:
    """A server that sends `first` and then the same piece for ever, until the client has enough."""

    def __init__(self, first: bytes, piece: bytes) -> None:
        self._first, self._piece = first, piece
        self.sent = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.settimeout(10)
            try:
                connection.recv(65536)
                connection.sendall(self._first)
                while self.sent < 500_000_000:
                    connection.sendall(self._piece)
                    self.sent += len(self._piece)
            except OSError:
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join()
        self._socket.close()


FLOODS = {
    "interim answers": (b"", INTERIM * 1000, K.PROTOCOL),
    "blank lines": (b"", b"\r\n" * 10_000, K.PROTOCOL),
    "headers": (OK, b"X: y\r\n" * 10_000, K.PROTOCOL),
    "one header": (OK + b"X: ", b"y" * 60_000, K.PROTOCOL),
    "the body, without a length": (OK + b"\r\n", b"x" * 60_000, K.TOO_LARGE),
    "one chunk extension": (CHUNKED + b"5;", b"y" * 60_000, K.TOO_LARGE),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000, K.PROTOCOL),
}


@pytest.mark.parametrize(("name", "first", "piece", "kind"), named(FLOODS))
async def test_a_flood_is_shut_off(
    name: str, first: bytes, piece: bytes, kind: FailureKind, case: NewCase
) -> None:
    row = case(f"flood: {name}", f"sends {doing(Answer(raw=piece))[6:40]} … without end")
    with Pours(first, piece) as server:
        async with a_client(timeout=8) as client:
            tracemalloc.start()
            try:
                result = await asyncio.wait_for(client.fetch(request(server.url, 100_000)), 5)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    row.came_to(f"{outcome(result)}; {peak / 1e6:.0f} MB of memory at most")
    assert isinstance(result, Failure)
    assert result.kind is kind
    assert peak < 40_000_000
    assert server.sent < 20_000_000  # what the system buffers on both sides


class Injects:
    """A server that sends more on a connection than was asked for, `later` or at once."""

    def __init__(self, surplus: bytes, later: float) -> None:
        self._surplus, self._later = surplus, later
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._run)]
        self._is_over = threading.Event()

    def _run(self) -> None:
        while not self._is_over.is_set():
            connection, _ = self._socket.accept()
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                while asked := connection.recv(65536):
                    path = asked.split(b" ", 2)[1]
                    answer = OK + b"Content-Length: %d\r\n\r\n" % len(path) + path
                    if not self._later:
                        connection.sendall(answer + self._surplus)
                        continue
                    connection.sendall(answer)
                    self._is_over.wait(self._later)
                    connection.sendall(self._surplus)
            except OSError:
                return

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        socket.create_connection(self._socket.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._socket.close()


FORGED = OK + b"Content-Length: 6\r\n\r\nforged"
SURPLUS: dict[str, tuple[bytes, float]] = {
    "at once": (FORGED, 0),
    "later, while nobody asks": (FORGED, 0.02),
    "a part of one, later": (FORGED[:20], 0.02),
    "an interim one, later": (INTERIM, 0.02),
    "garbage, later": (b"garbage\r\n\r\n", 0.02),
}


@pytest.mark.parametrize(("name", "surplus", "later"), named(SURPLUS))
async def test_surplus_is_never_the_next_answer(
    name: str, surplus: bytes, later: float, case: NewCase
) -> None:
    row = case(f"surplus: {name}", f"{doing(Answer(raw=surplus))} behind each answer, after {later} s")
    with Injects(surplus, later) as server:
        async with a_client(per_host=1, delay=0.5) as client:
            paths = [f"/{number}" for number in range(3)]
            results = await asyncio.gather(*(client.fetch(request(server.url + path)) for path in paths))
    bodies = [result.body.decode() if isinstance(result, Fetched) else outcome(result) for result in results]
    row.came_to(f"answers {' '.join(bodies)} over {server.connections} connections")
    assert bodies == paths
    assert server.connections == len(paths) + 1  # each a new one; the last is the end of the test


REDIRECTS: dict[str, str] = {
    "a file": "file:///etc/passwd",
    "data": "data:text/xml,<rss/>",
    "a script": "javascript:alert(1)",
    "ftp": "ftp://example.com/feed",
    "gopher": "gopher://127.0.0.1:70/1",
    "the mail": "mailto:me@example.com",
    "two slashes": "//",
    "two slashes and a query": "//?x",
    "backslashes": "\\\\example.com\\feed",
    "slash and backslash": "/\\example.com/feed",
    "no host": "http://",
    "a port beyond all": "http://example.com:99999/",
    "port 0": "http://example.com:0/",
    "a blank in the host": "http://exa mple.com/",
    "the view of a source": "view-source:http://example.com/",
    "a socket": "ws://example.com/",
    "9 kB": "http://example.com/" + "a" * 9000,
    "the port of SSH": "http://127.0.0.1:22/",
    "the port of mail": "http://127.0.0.1:25/",
    "the port of SIP, secure": "https://127.0.0.1:5061/",
    "nothing": "",
}


@pytest.mark.parametrize(("name", "location"), named(REDIRECTS))
async def test_redirects_that_lead_nowhere_good(name: str, location: str, case: NewCase) -> None:
    row = case(f"redirect: to {name}", f"302 to {location[:60]}")
    with ScriptedWeb() as web, every_connect() as connects:
        web.redirect("/feed", location)
        async with a_client() as client:
            result = await client.fetch(request(web.url("/feed")))
    row.came_to(outcome(result))
    assert set(connects) == {("127.0.0.1", web.port)}  # to nobody else, whatever it was taken for
    assert isinstance(result, Failure)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
@pytest.mark.parametrize(
    "raw",
    [
        INTERIM * 2 + CHUNKED + b"5;x\r\nhello\r\n3\r\n, w\r\n4\r\norld\r\n0\r\nX: y\r\n\r\n",
        INTERIM + OK + b"Content: x\r\nContent-Length: 12\r\ncontent-length: 12\r\nX: y\r\n\r\nhello, world",
    ],
)
async def test_the_cuts_between_reads_do_not_matter(raw: bytes, step: int) -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.recv(65536)
            for at in range(0, len(raw), step):
                connection.sendall(raw[at : at + step])
                pause.wait(0.001)

    pause = threading.Event()
    thread = threading.Thread(target=serve)
    thread.start()
    async with a_client() as client:
        result = await client.fetch(request(f"http://127.0.0.1:{server.getsockname()[1]}/"))
    await asyncio.to_thread(thread.join)
    server.close()
    assert isinstance(result, Fetched)
    assert result.body == b"hello, world"
