"""The only way out to the network: polite, bounded, guarded.

One `fetch` is one exchange with all its redirects: each hop waits for its turn at the host, goes
only to an address that the guard allows, and shares one deadline; the body is counted while it is
undone. What can go wrong with somebody else's server comes back as a `Failure`. It keeps no cookies,
reads no environment, and decides neither when to come back nor what a body means.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict

from aggregator import __version__
from aggregator.clock import Clock
from aggregator.config.schema import FetchConfig
from aggregator.fetch import answer, coding, failures
from aggregator.fetch.guard import Dial, Guard, current_dial, literal_address
from aggregator.fetch.hosts import Hosts
from aggregator.fetch.target import Target, TargetError
from aggregator.fetch.walls import LOOK_AT
from aggregator.model import Failure, FailureKind, FetchResult, Redirect, Request
from aggregator.urls import registrable_domain

MAX_REDIRECTS = 10

_MOVED = frozenset((301, 302, 303, 307, 308))
_MAX_LINE = 16 * 1024  # status line, and the length of one header; policies of large sites reach 10 kB
_MAX_HEADERS = 128
_MAX_ADDRESSES = 8  # of one family; a host with a thousand addresses would be dialled a thousand times
_IDLE = 15.0  # seconds that an unused connection is kept
_REFUSAL_PATIENCE = 5.0  # seconds for an error page
_YIELD_EVERY = 1_000_000  # decoded bytes between two chances for other tasks


class _TooLargeError(Exception):
    """The body is longer than the request allows; `pieces` is what came until then."""

    def __init__(self, pieces: Sequence[bytes] = ()) -> None:
        super().__init__()
        self.pieces = pieces


class _DroppedError(aiohttp.ClientConnectionError):
    """The server closed the connection before it answered."""


@dataclass(slots=True)
class _Exchange:
    """What one fetch has used up and gone through."""

    request: Request
    origin: tuple[str, str, int]  # that the headers of the source are meant for
    authorization: str | None
    remaining: float  # seconds of the deadline; waiting for a turn costs none
    redirects: list[Redirect] = field(default_factory=list)


class Client:
    """A polite client over one configuration; to be used as an async context manager.

    `resolver` replaces the name resolution of the system.
    """

    def __init__(
        self, settings: FetchConfig, clock: Clock, *, resolver: AbstractResolver | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._resolver = resolver
        self._guard = Guard(settings.allow_private)
        self._hosts = Hosts(settings.per_host, settings.host_delay.total_seconds(), clock)
        self._user_agent = f"aggregator/{__version__}"
        if settings.contact:
            self._user_agent += f" (+{settings.contact})"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # how much runs at once is for the caller to say; here, slow hosts could fill a limit
            keepalive_timeout=_IDLE,
            resolver=_ShortResolver(self._resolver or aiohttp.DefaultResolver()),
            socket_factory=self._guard.open_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
            max_headers=_MAX_HEADERS,
            middlewares=(_without_retry,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, request: Request) -> FetchResult:
        """Fetch one document, following up to ten redirects.

        Validators are sent at every hop, other headers of the source only to the origin it names.
        """
        try:
            target = Target.parse(request.url)
        except TargetError as error:
            return failures.failure(FailureKind.BAD_URL, f"{request.url}: {error}")
        exchange = _Exchange(
            request, target.origin, target.authorization, self._settings.timeout.total_seconds()
        )
        seen = {target.url}
        while True:
            outcome = await self._ask(target, exchange)
            if not isinstance(outcome, Target):
                return outcome
            target = outcome
            if target.url in seen:
                return failures.failure(
                    FailureKind.REDIRECTS, f"redirects in a circle at {target.url} (it may insist on cookies)"
                )
            if len(exchange.redirects) > MAX_REDIRECTS:
                return failures.failure(FailureKind.REDIRECTS, f"more than {MAX_REDIRECTS} redirects")
            seen.add(target.url)

    async def _ask(self, target: Target, exchange: _Exchange) -> FetchResult | Target:
        """Make one hop; once more if a connection kept open turns out to be dead (RFC 9112, 9.3.1)."""
        refusal = self._refusal(target)
        if refusal is not None:
            return refusal
        domain = registrable_domain(target.origin_url) or target.host
        for is_last in (False, True):
            dial = Dial(self._settings.proxy != "" or self._guard.is_trusted(target.host, target.port))
            async with self._hosts.turn(domain):
                try:
                    return await self._within_deadline(target, exchange, dial, domain)
                except _DroppedError as error:
                    if is_last or dial.dialled:  # a new connection: the server means it
                        return failures.from_exception(error.__cause__ or error, target.host, dial)
        raise AssertionError("a dead connection was tried twice")

    def _refusal(self, target: Target) -> Failure | None:
        """Refuse literal addresses before anything is dialled; behind a proxy this is the only check."""
        address = literal_address(target.host)
        if address is None or self._guard.is_trusted(target.host, target.port):
            return None
        if not self._guard.allows(str(address), target.port):
            return failures.failure(
                FailureKind.FORBIDDEN_ADDRESS, failures.forbidden(target.host, str(address))
            )
        if target.host != str(address) and ":" not in target.host:
            return failures.failure(FailureKind.BAD_URL, f"{target.host}: write the address as {address}")
        return None

    async def _within_deadline(
        self, target: Target, exchange: _Exchange, dial: Dial, domain: str
    ) -> FetchResult | Target:
        loop = asyncio.get_running_loop()
        started = loop.time()
        token = current_dial.set(dial)
        try:
            async with asyncio.timeout(exchange.remaining):
                return await self._exchange_once(target, exchange, keep=self._hosts.has_queue(domain))
        except _DroppedError:
            raise
        except _TooLargeError:
            limit = f"{exchange.request.max_bytes:,} bytes"
            return failures.failure(FailureKind.TOO_LARGE, f"{target.host} sends more than {limit}")
        except failures.EXPECTED as error:
            return failures.from_exception(error, target.host, dial)
        finally:
            current_dial.reset(token)
            exchange.remaining -= loop.time() - started

    async def _exchange_once(
        self, target: Target, exchange: _Exchange, *, keep: bool
    ) -> FetchResult | Target:
        if self._session is None:
            raise RuntimeError("the client is used outside of its context")
        async with self._session.get(
            target.url,
            headers=self._headers(target, exchange, keep=keep),
            allow_redirects=False,
            proxy=self._settings.proxy or None,
        ) as response:
            if response.status in _MOVED:
                return _onward(response, target, exchange)
            place = answer.Place(target.host, str(target.url), tuple(exchange.redirects))
            if response.status == 304:
                return answer.not_modified(response.headers, exchange.request, place, self._clock.now())
            if 200 <= response.status < 300 and response.status != 206:
                if (response.content_length or 0) > exchange.request.max_bytes:
                    raise _TooLargeError
                body = await _read(response, exchange.request.max_bytes)
                return answer.document(
                    response.status, response.headers, body, exchange.request, place, self._clock.now()
                )
            body = await _read_refusal(response)
            return answer.refused(response.status, response.headers, body, target.host, self._clock.now())

    def _headers(self, target: Target, exchange: _Exchange, *, keep: bool) -> CIMultiDict[str]:
        request = exchange.request
        headers: CIMultiDict[str] = CIMultiDict(
            {
                "User-Agent": self._user_agent,
                "Accept": request.accept,
                "Accept-Encoding": coding.ACCEPTED,
            }
        )
        if request.validators.etag:
            headers["If-None-Match"] = request.validators.etag
        if request.validators.last_modified:
            headers["If-Modified-Since"] = request.validators.last_modified
        if target.origin == exchange.origin:
            if exchange.authorization:
                headers["Authorization"] = exchange.authorization
            headers.update(request.access.headers)
        if not keep:
            headers["Connection"] = "close"  # thousands of hosts once an hour: nothing to keep it open for
        return headers


def _onward(response: aiohttp.ClientResponse, target: Target, exchange: _Exchange) -> Target | Failure:
    """Note a redirect and say where it leads."""
    location = response.headers.get("Location", "")
    if not location:
        detail = f"{target.host} redirects without saying where"
        return failures.failure(FailureKind.PROTOCOL, detail, response.status)
    try:
        found = target.follow(location)
    except TargetError as error:
        detail = f"{target.host} redirects to {location[:100]!r}: {error}"
        return failures.failure(FailureKind.BAD_URL, detail, response.status)
    exchange.redirects.append(Redirect(response.status, str(found.url)))
    return found


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Read and undo a body; _TooLargeError as soon as either form of it is longer than allowed."""
    decoder = coding.decoder(response.headers.getall("Content-Encoding", ()))
    pieces: list[bytes] = []
    received = size = 0
    yield_at = _YIELD_EVERY
    async for chunk in response.content.iter_any():
        received += len(chunk)
        for piece in decoder.feed(chunk):
            size += len(piece)
            pieces.append(piece)
            if max(size, received) > max_bytes:
                raise _TooLargeError(pieces)
            if size > yield_at:  # inflating runs on the loop
                yield_at = size + _YIELD_EVERY
                await asyncio.sleep(0)
        if received > max_bytes:
            raise _TooLargeError
    decoder.finish()
    return b"".join(pieces)


async def _read_refusal(response: aiohttp.ClientResponse) -> bytes:
    """Read the beginning of an error page; whatever goes wrong, the status is what counts."""
    try:
        async with asyncio.timeout(_REFUSAL_PATIENCE):
            return await _read(response, LOOK_AT)
    except _TooLargeError as error:
        return b"".join(error.pieces)
    except failures.EXPECTED:
        return b""


async def _without_retry(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the library from asking again at once, past our turn, when a server drops a request."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _DroppedError from error


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
        return short

    async def close(self) -> None:
        """Release what the inner resolver holds."""
        await self._inner.close()
