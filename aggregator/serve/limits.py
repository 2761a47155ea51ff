"""What one connection may cost us: time for a request's head, time without reading, a place.

aiohttp bounds lines, header fields and bodies, and closes idle connections; it waits for ever for the
rest of a head, and for a client that does not read. It refuses to look into requests: that is HTTP's.
"""

import asyncio
from collections.abc import Callable
from typing import cast

MOST = 256  # connections; most systems give a process 1,024 files, and the sources need some
HEAD_SECONDS = 15.0  # for the whole head of a request, and from connecting to the end of the first
STALLED_SECONDS = 30.0  # without taking a byte of what waits for it
_SILENT_SECONDS = 5.0  # who said nothing for so long since its last request may lose its place to another
_SWEEP_SECONDS = 1.0
_HEAD_END = b"\r\n\r\n"


class Limits:
    """The connections of one server; `sweep` has to be run beside it."""

    def __init__(
        self, *, most: int = MOST, head: float = HEAD_SECONDS, stalled: float = STALLED_SECONDS
    ) -> None:
        self.most = most
        self.head = head  # seconds
        self.stalled = stalled  # seconds
        self._open: dict[Connection, None] = {}  # in the order in which they came

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: "Connection", now: float) -> bool:
        """Give a connection a place: that of the one which keeps us waiting longest, if all are taken.

        Whoever has not completed the head of a request goes at once, however much it says: a client that
        means it sends a head in one go, and needs its place only so long.
        """
        if len(self._open) >= self.most:
            idle = [each for each in self._open if each.is_idle(now)]
            if not idle:
                return False
            min(idle, key=lambda each: each.awaited_since).abort()
        self._open[connection] = None
        return True

    def leave(self, connection: "Connection") -> None:
        """Take a place back."""
        self._open.pop(connection, None)

    async def sweep(self) -> None:
        """End, again and again, the connections that take too long."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = asyncio.get_running_loop().time()
            for connection in [each for each in self._open if each.is_late(now, self)]:
                connection.abort()


class Connection(asyncio.Protocol):
    """Stands between a socket and the protocol that speaks HTTP on it, and watches the clock."""

    def __init__(self, http: asyncio.Protocol, limits: Limits, clock: Callable[[], float]) -> None:
        self._http = http
        self._limits = limits
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self._tail = b""
        self._is_in_head = False  # its first byte has come
        self._is_admitted = False
        self.heard_at = clock()  # the last of a request
        self._head_since: float | None = self.heard_at  # None: no head is under way
        self._waiting = 0  # octets that the client has not taken
        self._waiting_since = self.heard_at

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the connection in, if there is a place."""
        self._transport = stream = cast("asyncio.Transport", transport)  # uvloop's has another base
        self._is_admitted = self._limits.admit(self, self.heard_at)
        if self._is_admitted:
            self._http.connection_made(stream)
        else:
            stream.abort()

    def data_received(self, data: bytes) -> None:
        """Hand over what came; note whether a head has begun or ended."""
        if not self._is_admitted:
            return
        self._note(data)
        self._http.data_received(data)

    def _note(self, data: bytes) -> None:
        if not self._is_in_head:  # empty lines before a request are no part of it (RFC 9112, section 2.2)
            data = data.lstrip(b"\r\n")
            if not data:
                return
        now = self._clock()
        seen = self._tail + data
        _, end, rest = seen.rpartition(_HEAD_END)
        if end:
            self.heard_at = now
            rest = rest.lstrip(b"\r\n")
            self._head_since = now if rest else None
        elif self._head_since is None:
            self._head_since = now
        self._is_in_head = bool(rest)
        self._tail = rest[1 - len(_HEAD_END) :]

    def eof_received(self) -> bool | None:
        """Pass on that the client has said all."""
        return self._http.eof_received() if self._is_admitted else None

    def pause_writing(self) -> None:
        """Pass on that the client does not keep up."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the client has caught up."""
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._limits.leave(self)
        if self._is_admitted:
            self._http.connection_lost(exc)

    @property
    def awaited_since(self) -> float:
        """Since when we have waited for the end of a head, or for the next one."""
        return self.heard_at if self._head_since is None else self._head_since

    def is_idle(self, now: float) -> bool:
        """Tell whether the client may lose its place to another that comes."""
        return self._head_since is not None or now - self.heard_at >= _SILENT_SECONDS

    def is_late(self, now: float, limits: Limits) -> bool:
        """Tell whether the client has taken too long to say what it wants, or to take what it gets."""
        waiting = self._transport.get_write_buffer_size() if self._transport else 0
        if waiting != self._waiting or not waiting:
            self._waiting, self._waiting_since = waiting, now
        if waiting and now - self._waiting_since > limits.stalled:
            return True
        return self._head_since is not None and now - self._head_since > limits.head

    def abort(self) -> None:
        """End the connection without waiting for anybody."""
        self._limits.leave(self)
        if self._transport is not None:
            self._transport.abort()
