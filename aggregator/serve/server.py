"""Bind the application to an address, and say clearly why that did not work."""

import asyncio
import contextlib
import errno
import logging
import socket
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from aggregator.errors import BusyError, OutputError
from aggregator.serve.answers import protect
from aggregator.serve.limits import Connection, Limits

_KEEPALIVE = 75.0  # seconds; longer than most proxies keep theirs, so that they close first
_SHUTDOWN = 2.0  # seconds that open requests get to finish
_LINE = 8190  # octets of a request line or a header field
_HEADERS = 100


def _is_ours(record: logging.LogRecord) -> bool:
    """Let bugs through; a request that is no HTTP is its sender's mistake, and may hold anything."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_log = logging.getLogger("aggregator.http")
_log.addFilter(_is_ours)


class _Http(web.RequestHandler):
    """aiohttp's exchange, whose own refusals of broken requests are protected like all answers."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse a request that is no HTTP, or admit to a bug."""
        response = super().handle_error(request, status, exc, message)
        protect(response)
        return response


def _speaker(server: web.Server, loop: asyncio.AbstractEventLoop) -> _Http:
    return _Http(
        server,
        loop=loop,
        access_log=None,  # type: ignore[arg-type]  # none: a token may stand in an address
        keepalive_timeout=_KEEPALIVE,
        logger=_log,
        max_line_size=_LINE,
        max_field_size=_LINE,
        max_headers=_HEADERS,
    )


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens."""

    runner: web.AppRunner
    listener: asyncio.Server
    sweeper: "asyncio.Task[None]"
    host: str
    port: int  # the real one, also where 0 was asked for

    @property
    def address(self) -> str:
        """What it listens on, as "host:port"."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address of the start page, without a final slash."""
        return f"http://{self.address}"

    async def close(self) -> None:
        """Stop listening, let open requests finish for a moment, free the port."""
        self.listener.close()
        await self.runner.cleanup()
        self.sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.sweeper


async def start(app: web.Application, listen: str, limits: Limits | None = None) -> Server:
    """Serve an application on "host:port"; port 0 takes a free one.

    Raises BusyError if the port is taken, OutputError if the address cannot be used.
    """
    host, port = _host_and_port(listen)
    limits = Limits() if limits is None else limits
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=_SHUTDOWN)
    await runner.setup()
    http = runner.server
    if http is None:
        raise RuntimeError("the runner has no server after its set-up")
    loop = asyncio.get_running_loop()
    try:
        listener = await loop.create_server(
            lambda: Connection(_speaker(http, loop), limits, loop.time), host, port, reuse_address=True
        )
    except OSError as error:
        await runner.cleanup()
        raise _explained(error, listen) from error
    address = listener.sockets[0].getsockname()
    return Server(runner, listener, asyncio.create_task(limits.sweep()), address[0], address[1])


def _host_and_port(listen: str) -> tuple[str, int]:
    host, separator, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise OutputError(
            f'cannot listen on "{listen}": write serve.listen as "host:port", e.g. "127.0.0.1:8080"'
        )
    return host, int(port)


def _explained(error: OSError, listen: str) -> BusyError | OutputError:
    if error.errno == errno.EADDRINUSE:
        return BusyError(
            f"cannot listen on {listen}: another program has that port. Stop it, or give serve.listen another"
            " port."
        )
    if error.errno == errno.EACCES:
        reason = "this user may not use that port. Give serve.listen a port from 1024 up"
    elif error.errno == errno.EADDRNOTAVAIL:
        reason = "this machine has no such address. Give serve.listen one of its own, e.g. 127.0.0.1"
    elif isinstance(error, socket.gaierror):
        reason = "that host name is unknown. Give serve.listen an address, e.g. 127.0.0.1"
    else:
        reason = f"{error.strerror}. Change serve.listen"
    return OutputError(f"cannot listen on {listen}: {reason}.")
