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
_SILENT_SECONDS = 5.0  # who said nothing for so long may lose its place to another
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
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: "Connection", now: float) -> bool:
        """Give a connection a place, that of the one which has been silent longest if all are taken."""
        if len(self._open) >= self.most:
            silent = min(self._open, key=lambda each: each.heard_at)
            if now - silent.heard_at < _SILENT_SECONDS:
                return False
            silent.abort()
        self._open.add(connection)
        return True

    def leave(self, connection: "Connection") -> None:
        """Take a place back."""
        self._open.discard(connection)

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
        self._is_admitted = False
        self.heard_at = clock()
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
        self.heard_at = self._clock()
        seen = self._tail + data
        if _HEAD_END in seen:
            self._head_since = None if seen.endswith(_HEAD_END) else self.heard_at
        elif self._head_since is None:
            self._head_since = self.heard_at
        self._tail = b"" if self._head_since is None else seen[1 - len(_HEAD_END) :]
        self._http.data_received(data)

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
