"""The event loop that everything runs on: uvloop, on which a poll costs less CPU than on asyncio's own.

Runs one piece of work and returns what it came to; knows nothing of what it runs.
"""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` on an event loop of its own until it is done."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


class _Loop(uvloop.Loop):
    """The loop of uvloop, less one thing: it has each address that is dialled looked up by a thread.

    `sock_connect` asks for sockets of every kind; asked for streams, a literal address is read at once.
    """

    async def getaddrinfo(
        self,
        host: str | bytes | None,
        port: str | bytes | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the library's signature
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Resolve a host; sockets are for streams where nobody says otherwise."""
        kind = type or socket.SOCK_STREAM
        return await super().getaddrinfo(host, port, family=family, type=kind, proto=proto, flags=flags)
