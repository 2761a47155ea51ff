"""What an exchange tells whoever watches it: one step at a time, one line each, no secrets.

Made only when somebody watches (`aggregator poll URL --dry-run`). It explains what was done; it
decides nothing, and nothing that a server sends reaches the watcher with its control characters.
"""

import asyncio
from collections.abc import Callable

import aiohttp

from aggregator.clock import Clock
from aggregator.fetch.access import redactor
from aggregator.model import Failure, Fetched, FetchResult, Request, Step
from aggregator.text.xmlchars import one_line

Watch = Callable[[Step], None]

_MAX_DETAIL = 400
_MAX_RAW = 8 * _MAX_DETAIL  # characters that are looked at; an address may be 8 kB
_SECRET_HEADERS = frozenset(("authorization", "proxy-authorization", "cookie"))
# The headers of an answer that decide what we do next.
_TELLING = (
    *("Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Location", "Server"),
    *("ETag", "Last-Modified", "Date", "Age", "Cache-Control", "Expires", "Retry-After"),
    *("RateLimit", "RateLimit-Remaining", "RateLimit-Reset", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    "WWW-Authenticate",
)


class Trace:
    """The steps of one exchange, on their way to the watcher."""

    def __init__(self, watch: Watch, clock: Clock, request: Request) -> None:
        self._watch = watch
        self._clock = clock
        self._began = clock.monotonic()
        self._redact = redactor(request)
        self._hidden = _SECRET_HEADERS.union(name.lower() for name, _ in request.access.headers)

    def note(self, what: str, detail: str) -> None:
        """Report one step; whatever the detail, it becomes one bounded line without secrets."""
        line = one_line(self._redact(detail[:_MAX_RAW]))
        if len(line) > _MAX_DETAIL:
            line = f"{line[: _MAX_DETAIL - 2]} …"
        self._watch(Step(self._clock.monotonic() - self._began, what, line))

    def connected(self, transport: asyncio.Transport | None, *, is_kept: bool) -> None:
        """Report the connection that will be used."""
        peer = transport.get_extra_info("peername") if transport else None
        secure = transport.get_extra_info("ssl_object") if transport else None
        detail = f"{peer[0]} port {peer[1]}" if peer else "somewhere"
        detail += f", {secure.version()}" if secure else ", not encrypted"
        self.note("connected", detail + (", a connection kept open" if is_kept else ""))

    def request(self, request: aiohttp.ClientRequest) -> None:
        """Report a request as it goes out: its first line, then each header."""
        target = request.url if request.proxy and not request.is_ssl() else request.url.raw_path_qs
        self.note("request", f"{request.method} {target} HTTP/1.1")
        for name, value in request.headers.items():
            self.note("sent", f"{name}: {'***' if name.lower() in self._hidden else value}")

    def answer(self, response: aiohttp.ClientResponse) -> None:
        """Report the head of an answer: status, then the headers that matter."""
        version = response.version
        self.note(
            "answer",
            f"HTTP/{version.major}.{version.minor} {response.status}" if version else str(response.status),
        )
        for name in _TELLING:
            if name in response.headers:
                self.note("header", f"{name}: {response.headers[name]}")

    def result(self, result: FetchResult) -> None:
        """Report what was learned: validators and hints, or why there is nothing."""
        if isinstance(result, Failure):
            self.note("failure", f"{result.kind}: {result.detail}")
            if result.retry_after is not None:
                self.note("hint", f"come back in {result.retry_after.total_seconds():.0f} s")
            return
        kept = result.validators
        self.note(
            "document" if isinstance(result, Fetched) else "not modified",
            f"{result.final_url}, {result.content_type or 'no type'}"
            if isinstance(result, Fetched)
            else result.final_url,
        )
        self.note("validators", f"ETag {kept.etag or 'none'}, Last-Modified {kept.last_modified or 'none'}")
        for hint in result.hints:
            self.note("hint", f"{hint.source}: {hint.wait.total_seconds():.0f} s")
