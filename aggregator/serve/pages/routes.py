"""Which address is which page, and how a page becomes an answer."""

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from aggregator.errors import ServiceDownError
from aggregator.pipeline.parts import Parts
from aggregator.serve.answers import RETRY_SECONDS, accepts_gzip
from aggregator.serve.pages import home, item, search, source, topic
from aggregator.serve.pages.dress import render, static
from aggregator.serve.pages.page import Page, lost

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

Make = Callable[[Parts, web.Request], Awaitable[Page]]

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: http:; media-src https: http:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TYPE = "text/html; charset=utf-8"
_FOREVER = "max-age=31536000, immutable"  # the address of a file changes with its bytes
_FILES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_LEVEL = 5
_MOST = 16  # pages that are being asked of the database
_BUSY = "Many pages are being asked for at this moment. Try again in a few seconds."
_DOWN = "The database does not answer at the moment. What is published is still served; try again soon."


class Pages:
    """Answers requests for pages from what the daemon works with now, a few at a time."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self.parts = parts
        self._under_way = 0

    def handler(self, make: Make, otherwise: Handler | None = None) -> Handler:
        """Return the handler of a page; `otherwise` answers while the database does not."""

        async def handle(request: web.Request) -> web.StreamResponse:
            parts = self.parts()
            try:
                page = await self._made(make, parts, request)
            except ServiceDownError:
                if otherwise is not None:
                    return await otherwise(request)
                page = lost("Not now", _DOWN, status=503)
            return await self.answer(request, parts, page)

        return handle

    async def _made(self, make: Make, parts: Parts, request: web.Request) -> Page:
        if self._under_way >= _MOST:
            return lost("Too much at once", _BUSY, status=503)
        self._under_way += 1
        try:
            return await make(parts, request)
        finally:
            self._under_way -= 1

    async def answer(self, request: web.Request, parts: Parts, page: Page) -> web.Response:
        """Render a page and answer with it, or say that the client has it already."""
        is_zipped = accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        body, etag = await asyncio.to_thread(_bytes, parts, page, is_zipped=is_zipped)
        headers = {
            hdrs.ETAG: f'"{etag}"',
            hdrs.CACHE_CONTROL: "private, no-cache",  # kept by who asked, and asked about each time
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            "Content-Security-Policy": _POLICY,
        }
        known = request.if_none_match
        if page.status == 200 and known is not None and any(each.value == etag for each in known):
            return web.Response(status=304, headers=headers)
        headers[hdrs.CONTENT_TYPE] = _TYPE
        if page.status == 503:
            headers[hdrs.RETRY_AFTER] = RETRY_SECONDS
        if is_zipped:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(status=page.status, body=body, headers=headers)


def add(app: web.Application, parts: Callable[[], Parts], static_home: Handler) -> None:
    """Serve the pages: `parts` gives what the daemon works with now, `static_home` the page without them."""
    pages = Pages(parts)
    routes: dict[str, Make] = {
        "/topics/{id}": lambda parts, request: topic.page(
            parts, request.match_info["id"], request.query.get("before")
        ),
        "/topics/{id}/misses": lambda parts, request: topic.misses(parts, request.match_info["id"]),
        "/items/{name:.+}": lambda parts, request: item.page(parts, request.match_info["name"]),
        "/sources": lambda parts, request: source.listed(
            parts, request.query.get("state"), request.query.get("page")
        ),
        "/sources/{id}": lambda parts, request: source.page(parts, request.match_info["id"]),
        "/search": lambda parts, request: search.page(parts, request.query.get("q")),
    }
    app.router.add_get("/", pages.handler(_home, static_home))
    for path, make in routes.items():
        app.router.add_get(path, pages.handler(make))
    for name in _FILES:
        app.router.add_get(f"/{name}", _file(name))
    app.middlewares.append(_dressed(pages))


def _home(parts: Parts, request: web.Request) -> Awaitable[Page]:
    return home.page(parts, request.query.get("page"))


def _file(name: str) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        body, digest = static(name)
        headers = {
            hdrs.CONTENT_TYPE: _FILES[name],
            hdrs.CACHE_CONTROL: _FOREVER,
            hdrs.ETAG: f'"{digest}"',
        }
        return web.Response(body=body, headers=headers)

    return handle


def _dressed(pages: Pages) -> Middleware:
    @web.middleware
    async def dress(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Show browsers a page where there is nothing."""
        try:
            return await handler(request)
        except web.HTTPNotFound:
            if "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
                raise
            page = lost("Nothing here", "The address may be mistyped; the list of topics is a good start.")
            return await pages.answer(request, pages.parts(), page)

    return dress


def _bytes(parts: Parts, page: Page, *, is_zipped: bool) -> tuple[bytes, str]:
    """Render a page, without secrets that a source may have echoed; return its bytes and their digest."""
    root = urlsplit(parts.config.publish.base_url).path.rstrip("/")
    html = render(page.template, {"now": parts.clock.now(), **page.data, "root": root})
    if parts.config.secrets:
        html = parts.config.redact.known(html)
    body = html.encode("utf-8", "replace")
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    if not is_zipped:
        return body, digest
    return gzip.compress(body, _LEVEL, mtime=0), f"{digest}-gz"
