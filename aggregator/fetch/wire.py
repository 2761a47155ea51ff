"""The connections themselves: which addresses they go to, and how much may come in over one.

The library bounds each header but not what comes before or between: interim answers without end,
chunk extensions, trailers. Here every byte that a server sends is counted. It is also where a
connection is dropped on which something came in while nobody had asked.
"""

import asyncio
import re
import socket
from functools import partial
from itertools import chain
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.tracing import Trace as LibraryTrace

from aggregator.fetch.body import TooLargeError
from aggregator.fetch.guard import Guard, current_dial

MAX_LINE = 16 * 1024  # status line, and the length of one header; policies of large sites reach 10 kB
MAX_HEADERS = 128
MAX_HEAD = 64 * 1024  # all headers of an answer

_HTTP = b"HTTP/"
_TOO_EARLY = "it speaks before it is asked"
_TLS = (b"\x15\x03", b"\x16\x03")  # how an alert and a handshake begin (RFC 8446, 5.1)
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_NAME = b"content-length:"
_LENGTH = re.compile(
    rb"(?<=\n)content-length:[ \t]*(\d{1,19})((?:[ \t]*,[ \t]*\1(?!\d)){0,9})[ \t]*\r?\n", re.IGNORECASE
)
_LONGEST_LENGTH = 256  # characters of such a line
_BEFORE_BODY = 2 * MAX_HEAD  # interim answers stand before the one that counts
_AFTER_BODY = 256 * 1024  # what may come in at once with the end of a body
_MAX_ADDRESSES = 8  # of one family; a host with a thousand addresses would be dialled a thousand times
_IDLE = 15.0  # seconds that an unused connection is kept


class DroppedError(aiohttp.ClientConnectionError):
    """The server closed the connection before it answered."""


class _Head:
    """Takes out of a head what repeats its Content-Length: the parser refuses even equal ones.

    Lengths that differ stay, and are refused (RFC 9110, 8.6).
    """

    def __init__(self) -> None:
        self._is_line_due = False  # whether what comes next begins a line; the status line does not count
        self._held = b""
        self._length: bytes | None = None

    def without_repeats(self, data: bytes) -> bytes:
        """Pass on the next piece, less a last line that may become a Content-Length."""
        text = self._held + data
        start = text.rfind(b"\n") + 1
        last = text[start:]
        is_held = bool((start or self._is_line_due) and len(last) < _LONGEST_LENGTH) and _NAME.startswith(
            last[: len(_NAME)].lower()
        )
        self._held = last if is_held else b""
        text = text[:start] if is_held else text
        if not text:
            return b""
        before = b"\n" if self._is_line_due else b" "
        self._is_line_due = text.endswith(b"\n")
        return _LENGTH.sub(self._once, before + text)[1:]

    def _once(self, line: re.Match[bytes]) -> bytes:
        value, repeats = line.groups()
        if self._length is None:
            self._length = value
            return _NAME + value + b"\r\n" if repeats else line.group()
        return b"" if value == self._length else line.group()


class _Wire(ResponseHandler):
    """A connection that counts what comes in, and takes the head of an answer by itself.

    The library would lose a good head if the bytes behind its body, in the same read, are no HTTP.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.is_used = False
        self.early = b""  # what came before anything was asked
        self.expect(0)

    def expect(self, max_bytes: int) -> None:
        """Allow an answer: what comes before its body, and a body of so many bytes in chunks of any size.

        Counted here and not once somebody reads: by then, much of the body may be here.
        """
        self._left = _BEFORE_BODY
        self._left_of_body = 2 * max_bytes + _AFTER_BODY
        self._is_first = self._is_head_due = True
        self._head = _Head()
        self._before = b""  # the end of what came last: the end of a head may come in two parts

    def set_response_params(self, **settings: Any) -> None:
        """Begin to read an answer: a server that is too busy to listen may have sent it before."""
        super().set_response_params(**settings)
        early, self.early = self.early, b""
        if early:
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            self.early += data
            if len(self.early) > _BEFORE_BODY:
                self._give_up(HttpProcessingError(message=_TOO_EARLY))
            return
        if self._is_first and data.startswith(_TLS):
            self._give_up(HttpProcessingError(message="it answers in TLS; write https://"))
            return
        self._is_first = False
        while self._is_head_due and (end := _END_OF_HEAD.search(self._before + data)):
            at = end.end() - len(self._before)
            self._left -= at
            if self._left < 0:
                break
            super().data_received(self._head.without_repeats(data[:at]))
            data, self._before, self._head = data[at:], b"", _Head()
            # Interim answers (1xx) come before the one that we wait for.
            self._is_head_due = not (self._buffer and self._buffer[-1][0][0].code >= 200)
        if self._is_head_due:
            self._left -= len(data)
        else:
            self._left_of_body -= len(data)
        if self._left < 0:
            self._give_up(HttpProcessingError(message=f"more than {_BEFORE_BODY:,} bytes before an answer"))
            return
        if self._left_of_body < 0:
            self._give_up(TooLargeError())
            return
        if self._is_head_due:
            self._before = (self._before + data)[-3:]
            data = self._head.without_repeats(data)
        if data and not self._is_head_due and self._payload is not None and self._payload.is_eof():
            self._should_close = True  # nobody asked for more: this connection is not used again
        elif data or not self._is_head_due:
            super().data_received(data)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Note that nothing more will come; who reads the body must hear it too, else they wait."""
        super().set_exception(exc, exc_cause or exc)
        body = self._payload
        if body is not None and body.exception() is None and not body.is_eof():
            body.set_exception(exc)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note the end of the connection; a body that a reset cut off is not whole.

        The library takes one without a length for whole, whatever ended it.
        """
        body = self._payload
        if exc is not None and body is not None and body.exception() is None and not body.is_eof():
            body.set_exception(aiohttp.ClientPayloadError("the connection was reset"), exc)
        super().connection_lost(exc)

    def _give_up(self, reason: Exception) -> None:
        self.set_exception(reason)
        self._parser = self._payload = None  # else the end of the connection would replace our reason
        if self.transport is not None:
            self.transport.abort()


class Connector(aiohttp.TCPConnector):
    """Connections to allowed addresses, each counted; `resolver` replaces the one of the system."""

    def __init__(self, guard: Guard, resolver: AbstractResolver | None) -> None:
        super().__init__(
            limit=0,  # how much runs at once is for the caller to say; here, slow hosts could fill a limit
            keepalive_timeout=_IDLE,
            resolver=_ShortResolver(resolver or aiohttp.DefaultResolver()),
            socket_factory=guard.open_socket,
        )
        make: type[ResponseHandler] = _Wire
        self._factory = partial(make, loop=self._loop)

    async def connect(
        self,
        req: ClientRequest,
        traces: list[LibraryTrace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
    ) -> Connection:
        """Give a connection, new or kept; never one on which something came in while nobody had asked."""
        dial = current_dial.get()
        while True:
            connection = await super().connect(req, traces, timeout)
            wire = connection.protocol
            if not isinstance(wire, _Wire):
                raise TypeError("aiohttp makes its connections otherwise than expected: see fetch/wire.py")
            if wire.early and not wire.early.startswith(_HTTP[: len(wire.early)]):
                connection.close()
                raise HttpProcessingError(message=_TOO_EARLY)
            if not (wire.is_used and (wire.should_close or (dial is not None and dial.is_last))):
                break
            connection.close()
        if dial is not None and dial.trace is not None:
            dial.trace.connected(connection.transport, is_kept=wire.is_used)
            dial.trace.request(req)
        wire.is_used = True
        wire.expect(dial.max_bytes if dial is not None else 0)
        return connection


def check_head(response: aiohttp.ClientResponse) -> None:
    """Raise HttpProcessingError if the head of an answer is too large or announces what we cannot undo."""
    if sum(map(len, chain.from_iterable(response.raw_headers))) > MAX_HEAD:
        raise HttpProcessingError(message=f"more than {MAX_HEAD:,} bytes of headers")
    coding = response.headers.get("Transfer-Encoding")
    # RFC 9112, 6.1: none other unless we ask for it.
    if coding is not None and coding.strip().lower() not in {"chunked", "identity"}:
        raise HttpProcessingError(message="a transfer coding that nobody asked for")


class _ShortResolver(AbstractResolver):
    """A resolver that gives at most eight addresses of each family."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a host name; OSError if it has no address."""
        found = await self._inner.resolve(host, port, family)
        short: list[ResolveResult] = []
        for version in (socket.AF_INET6, socket.AF_INET):
            short += [entry for entry in found if entry["family"] == version][:_MAX_ADDRESSES]
        dial = current_dial.get()
        if dial is not None and dial.trace is not None:
            dial.trace.note(
                "resolved", f"{host}: {', '.join(entry['host'] for entry in short) or 'no address'}"
            )
        return short

    async def close(self) -> None:
        """Release what the inner resolver holds."""
        await self._inner.close()


async def without_retry(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the library from asking again at once, past our turn, when a server drops a request."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise DroppedError from error
