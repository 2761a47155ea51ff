"""The only way out to the network: polite, bounded, guarded.

One `fetch` is one exchange with all its redirects: each hop waits for its turn at the host, goes
only to an address that the guard allows, and shares one deadline; the body is counted while it is
undone. What can go wrong with somebody else's server comes back as a `Failure`. It keeps no cookies,
reads no environment, and decides neither when to come back nor what a body means. Behind a proxy only
literal addresses and obviously local names can be refused: see `proxies`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict

from aggregator import __version__
from aggregator.clock import Clock
from aggregator.config.schema import FetchConfig
from aggregator.fetch import answer, body, coding, failures, wire
from aggregator.fetch.access import AccessError, Credentials, check_sayable, redactor
from aggregator.fetch.guard import Dial, Guard, current_dial, literal_address
from aggregator.fetch.hints import stated_wait
from aggregator.fetch.hosts import Hosts
from aggregator.fetch.proxies import Proxies, ProxyError, is_local_name
from aggregator.fetch.spool import Spool, Spooled, SpoolError, SpoolFile
from aggregator.fetch.target import Target, TargetError
from aggregator.fetch.trace import Trace, Watch
from aggregator.model import Failure, FailureKind, FetchResult, Redirect, Request, Validators

MAX_REDIRECTS = 10

_WINDOWS = 4  # bodies at once whose coding needs megabytes of window
_MOVED = frozenset((301, 302, 303, 307, 308))


MayFollow = Callable[[str], Awaitable[Failure | None]]  # why an address is not to be asked, if so


@dataclass(slots=True)
class _Exchange:
    """What one fetch has used up and gone through."""

    request: Request
    credentials: Credentials
    remaining: float  # seconds of the deadline; waiting for a turn costs none
    windows: asyncio.Semaphore
    trace: Trace | None
    file: SpoolFile | None  # for a large body; without it, all is kept in memory
    redirects: list[Redirect] = field(default_factory=list)
    pause: float = 0.0  # seconds that the last redirect asks us to wait before it is followed
    ends_at: float = 0.0  # of the hop under way, on the loop's clock


class Client:
    """A polite client over one configuration; to be used as an async context manager.

    `resolver` replaces the name resolution of the system, `sleep` what passes the time until a turn comes;
    `spool` is the folder in which large bodies lie meanwhile.
    """

    def __init__(
        self,
        settings: FetchConfig,
        clock: Clock,
        *,
        resolver: AbstractResolver | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        spool: Path | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._resolver = resolver
        self._sleep = sleep
        self._windows = asyncio.Semaphore(_WINDOWS)
        self._guard = Guard(settings.allow_private)
        self._hosts = Hosts(settings.per_host, settings.host_delay.total_seconds(), clock, sleep=sleep)
        self._proxies = Proxies(settings.proxy, settings.environment)
        self._user_agent = f"aggregator/{__version__}"
        if settings.contact:
            self._user_agent += f" (+{settings.contact})"
        self._session: aiohttp.ClientSession | None = None
        self._spool = Spool(spool)

    async def __aenter__(self) -> Self:
        """Open the session and the folder for large bodies; OutputError if that cannot be made."""
        self._spool.open(self._clock.now())
        self._session = aiohttp.ClientSession(
            connector=wire.Connector(self._guard, self._resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            max_line_size=wire.MAX_LINE,
            max_field_size=wire.MAX_LINE,
            max_headers=wire.MAX_HEADERS,
            middlewares=(wire.without_retry,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        self._spool.close()

    def document(
        self, request: Request, *, watch: Watch | None = None, may_follow: MayFollow | None = None
    ) -> AbstractAsyncContextManager[FetchResult]:
        """Make one exchange as `fetch` does, for a document that may be large.

        One that is lies in a file, `Fetched.spool`, which is gone at the end of the block. `may_follow` is
        asked before each redirect is followed.
        """
        return Spooled(self._spool.file(), lambda file: self._fetch(request, watch, file, may_follow))

    async def fetch(self, request: Request, *, watch: Watch | None = None) -> FetchResult:
        """Make one exchange, following up to ten redirects; `watch` is told each step of it.

        A document that arrives is kept in memory; one that may be large is for `document`.
        Validators go to the address that gave them, the secrets of `request.access` to the origin it names.
        A POST is repeated after 307 and 308 only: 303 says that it was taken, 301 and 302 that it was not
        (a browser would go on with a GET, and the data would be lost in silence). Its answer has no body.
        """
        return await self._fetch(request, watch, None, None)

    async def _fetch(
        self, request: Request, watch: Watch | None, file: SpoolFile | None, may_follow: MayFollow | None
    ) -> FetchResult:
        trace = None if watch is None else Trace(watch, self._clock, request)
        result = await self._follow(request, trace, file, may_follow)
        if trace is not None:
            trace.result(result)
        return result

    def slow_down(self, url: str, delay: float) -> None:
        """Leave at least `delay` seconds between requests to the host of this origin, until told otherwise.

        The caller bounds it, and takes it back with 0 before it forgets the origin.
        """
        target = Target.parse(url)
        self._hosts.slow_down(target.domain, target.origin_url, delay)

    def pause(self, host: str) -> float:
        """Return how many seconds pass at least between two requests to this registrable domain."""
        return self._hosts.pause(host)

    def leave_alone(self, host: str, until: datetime) -> None:
        """Ask this host (a registrable domain) nothing until then; what waits for its turn is HELD too."""
        self._hosts.leave_alone(host, until)

    async def _follow(
        self, request: Request, trace: Trace | None, file: SpoolFile | None, may_follow: MayFollow | None
    ) -> FetchResult:
        try:
            target = Target.parse(request.url)
            check_sayable(request.access.user_agent, "User-Agent")
            credentials = Credentials.of(request.access, target)
        except TargetError as error:
            return failures.failure(FailureKind.BAD_URL, f"{request.url}: {error}")
        except AccessError as error:
            return failures.failure(FailureKind.BAD_URL, str(error))
        exchange = _Exchange(
            request, credentials, self._settings.timeout.total_seconds(), self._windows, trace, file
        )
        seen = {target.url}
        while True:
            outcome = await self._ask(target, exchange)
            if isinstance(outcome, Failure):
                # Who refused is not always who was asked.
                url = outcome.url or (target.text if exchange.redirects else "")
                return replace(outcome, detail=redactor(request)(outcome.detail), url=url)
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
            if may_follow is not None and (refusal := await may_follow(target.text)) is not None:
                return refusal
            if exchange.pause:
                await self._sleep(exchange.pause)
                exchange.remaining -= exchange.pause

    async def _ask(self, target: Target, exchange: _Exchange) -> FetchResult | Target:
        """Make one hop; a GET once more if a connection kept open turns out to be dead (RFC 9112, 9.3.1)."""
        try:
            proxy = self._proxies.choose(target, exchange.request.access.proxy)
        except ProxyError as error:
            return failures.failure(FailureKind.CONNECT, str(error))
        is_trusted = self._guard.is_trusted(target.host, target.port)
        refusal = None if is_trusted else self._refusal(target, has_proxy=proxy is not None)
        if refusal is not None:
            return refusal
        domain = target.domain
        for is_last in (exchange.request.method != "GET", True):
            dial = Dial(
                is_trusted or proxy is not None,
                exchange.request.max_bytes,
                is_last=is_last,
                trace=exchange.trace,
            )
            waits_since = self._clock.monotonic()
            async with self._hosts.turn(domain):
                if (span := self._hosts.rests_for(domain)) is not None:
                    return failures.held(domain, span)
                if exchange.trace is not None:
                    waited = self._clock.monotonic() - waits_since
                    exchange.trace.note("turn", f"waited {waited:.1f} s for {domain}")
                    if proxy is not None:
                        exchange.trace.note("proxy", f"through {proxy}")
                try:
                    return await self._within_deadline(target, exchange, dial, domain, proxy)
                except wire.DroppedError as error:
                    if is_last or dial.dialled:  # a new connection: the server means it
                        return failures.from_exception(error.__cause__ or error, target, dial)
        raise AssertionError("a dead connection was tried twice")

    def _refusal(self, target: Target, *, has_proxy: bool) -> Failure | None:
        """Refuse what can be refused before anything is dialled; behind a proxy this is the only check."""
        host, port = target.host, target.port
        if not self._guard.allows_port(host, port):
            return failures.failure(FailureKind.FORBIDDEN_ADDRESS, failures.bad_port(host, port))
        address = literal_address(host)
        if address is None:
            if has_proxy and is_local_name(host):
                return failures.failure(FailureKind.FORBIDDEN_ADDRESS, failures.local_name(host, port))
            return None
        plain = str(address)
        if not self._guard.allows(plain, port):
            return failures.failure(FailureKind.FORBIDDEN_ADDRESS, failures.forbidden(host, plain))
        if host != plain and ":" not in host:
            return failures.failure(FailureKind.BAD_URL, f"{host}: write the address as {address}")
        return None

    async def _within_deadline(
        self, target: Target, exchange: _Exchange, dial: Dial, domain: str, proxy: str | None
    ) -> FetchResult | Target:
        loop = asyncio.get_running_loop()
        started = loop.time()
        exchange.ends_at = started + exchange.remaining
        token = current_dial.set(dial)
        keep = self._hosts.is_busy(domain)
        try:
            async with asyncio.timeout(exchange.remaining):
                return await self._exchange_once(target, exchange, proxy, keep=keep)
        except wire.DroppedError:
            raise
        except body.TooLargeError:
            limit = f"{exchange.request.max_bytes:,} bytes"
            return failures.failure(FailureKind.TOO_LARGE, f"{target.host} sends more than {limit}")
        except SpoolError as error:
            return failures.failure(FailureKind.INTERNAL, str(error))
        except failures.EXPECTED as error:
            return failures.from_exception(error, target, dial)
        finally:
            current_dial.reset(token)
            exchange.remaining -= loop.time() - started

    async def _exchange_once(
        self, target: Target, exchange: _Exchange, proxy: str | None, *, keep: bool
    ) -> FetchResult | Target:
        if self._session is None:
            raise RuntimeError("the client is used outside of its context")
        request = exchange.request
        sent = _validators_for(target, request)
        async with self._session.request(
            request.method,
            target.url,
            headers=self._headers(target, exchange, sent, keep=keep),
            data=request.data if request.method == "POST" else None,
            allow_redirects=False,
            proxy=proxy,
        ) as response:
            try:
                return await self._answered(response, target, exchange, sent)
            finally:
                if not keep:  # said so in the request; the server need not have heard it
                    response.close()

    async def _answered(
        self, response: aiohttp.ClientResponse, target: Target, exchange: _Exchange, sent: Validators
    ) -> FetchResult | Target:
        request = exchange.request
        if exchange.trace is not None:
            exchange.trace.answer(response)
        wire.check_head(response)
        place = answer.Place(target.host, target.text, tuple(exchange.redirects))
        if response.status in _MOVED and not (request.method == "POST" and response.status == 303):
            return _onward(response, target, exchange, self._clock.now())
        if response.status == 304:
            return answer.not_modified(response.headers, request, sent, place, self._clock.now())
        if response.status == 303 or (200 <= response.status < 300 and response.status != 206):
            whole = await _document(response, exchange)
            return answer.document(
                response.status, response.headers, whole, request, place, self._clock.now()
            )
        page = await body.beginning(response, exchange.windows, exchange.ends_at)
        refusal = answer.refused(response.status, response.headers, page, target.host, self._clock.now())
        return replace(refusal, url=target.text)

    def _headers(
        self, target: Target, exchange: _Exchange, validators: Validators, *, keep: bool
    ) -> CIMultiDict[str]:
        request = exchange.request
        headers: CIMultiDict[str] = CIMultiDict()
        headers["User-Agent"] = request.access.user_agent or self._user_agent
        headers["Accept"] = request.accept
        headers["Accept-Encoding"] = coding.ACCEPTED
        if request.data_type and request.method == "POST":
            headers["Content-Type"] = request.data_type
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        headers.update(exchange.credentials.headers_for(target))
        if not keep:
            headers["Connection"] = "close"  # thousands of hosts once an hour: nothing to keep it open for
        return headers


def _validators_for(target: Target, request: Request) -> Validators:
    """Return the validators that this hop may carry; elsewhere they may stand for another document."""
    known = request.validators
    is_theirs = known.url is None or known.url == target.text
    return known if is_theirs and request.method == "GET" else Validators()


async def _document(response: aiohttp.ClientResponse, exchange: _Exchange) -> body.Body:
    if exchange.request.method == "POST":
        return replace(
            body.nothing(), start=await body.beginning(response, exchange.windows, exchange.ends_at)
        )
    whole = await body.read(response, exchange.request.max_bytes, exchange.windows, exchange.file)
    if exchange.trace is not None:
        exchange.trace.note("body", f"{whole.received:,} bytes received, {whole.size:,} decoded")
    return whole


def _onward(
    response: aiohttp.ClientResponse, target: Target, exchange: _Exchange, now: datetime
) -> Target | Failure:
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
    if exchange.request.method == "POST" and response.status in {301, 302}:
        detail = f"{target.host} did not take what was sent: it is now at {found.url}; write that address"
        return failures.failure(FailureKind.REDIRECTS, detail, response.status)
    wait = stated_wait(response.headers, now)
    exchange.pause = wait.total_seconds() if wait else 0.0
    if exchange.pause >= exchange.remaining:
        detail = f"{target.host} redirects, but asks to wait {exchange.pause:.0f} s before that"
        return replace(failures.failure(FailureKind.RATE_LIMITED, detail, response.status), retry_after=wait)
    exchange.redirects.append(Redirect(response.status, str(found.url)))
    if exchange.trace is not None:
        exchange.trace.note("redirect", f"{response.status} to {found.url}")
    return found
