"""Serve the demo web: one server for each outlet, on free ports of the loopback interface.

It behaves as a good outlet does (ETag, Last-Modified, 304, robots.txt) and knows nothing about the
program that reads it. New articles appear as the injected clock moves; it never sleeps or waits.
"""

import hashlib
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from aggregator.demo.feeds import FEED_PATHS, FEED_TYPES, FeedEntry, feed, summary
from aggregator.demo.library import DemoArticle, Format, Outlet, articles, outlets, page_of
from aggregator.demo.pages import article_page, home_page
from aggregator.model import ListingRule

LISTING = ListingRule(item="ul.bulletin > li", link="a", title="a", date="time", summary="p")
_RELATED = 4
_ROBOTS = b"User-agent: *\nDisallow: /popular\nDisallow: /letter\n"


@dataclass(frozen=True, slots=True)
class DemoSource:
    """An outlet as a configuration names it."""

    url: str
    id: str
    title: str
    lang: str
    tags: tuple[str, ...]
    tier: str
    listing: ListingRule | None = None  # None: the URL is that of a feed

    @property
    def authority(self) -> str:
        """Return host:port."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class _Document:
    body: bytes
    content_type: str
    modified_at: datetime


class DemoWeb:
    """The demo web, from `async with` to its end; it listens on `host` only.

    `now` tells the time. Raises OSError where no port can be had.
    """

    def __init__(self, now: Callable[[], datetime], host: str = "127.0.0.1") -> None:
        self.answers: Counter[int] = Counter()  # how many answers went out, by status
        self._now = now
        self._host = host
        self._started_at = now()
        self._bases: dict[str, str] = {}
        self._servers = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as servers:
            for outlet in outlets():
                self._bases[outlet.id] = await self._serve(outlet, servers)
            self._servers = servers.pop_all()
        self._started_at = self._now()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._servers.aclose()

    # --- what there is ------------------------------------------------------------------------

    @property
    def sources(self) -> tuple[DemoSource, ...]:
        """Return what a configuration needs to follow all outlets."""
        return tuple(
            DemoSource(
                url=self._bases[outlet.id] + FEED_PATHS.get(outlet.format, "/"),
                id=outlet.id,
                title=outlet.title,
                lang=outlet.lang,
                tags=outlet.tags,
                tier=outlet.tier,
                listing=LISTING if outlet.format is Format.LISTING else None,
            )
            for outlet in outlets()
        )

    def online(self) -> tuple[DemoArticle, ...]:
        """Return the articles that have appeared so far, newest first."""
        now = self._now()
        there = (item for item in articles() if item.after <= now - self._started_at)
        return tuple(sorted(there, key=self.published_at, reverse=True))

    def upcoming(self) -> tuple[tuple[timedelta, DemoArticle], ...]:
        """Return what is still to appear and in how long, the next first."""
        passed = self._now() - self._started_at
        waits = ((item.after - passed, item) for item in articles() if item.after > passed)
        return tuple(sorted(waits, key=lambda pair: pair[0]))

    def published_at(self, article: DemoArticle) -> datetime:
        """Return when an article appeared or will appear."""
        return article.published_at(self._started_at)

    def link(self, article: DemoArticle) -> str:
        """Return the address by which a feed announces an article, tracking parameters included."""
        page = page_of(article)
        address = self._bases[page.outlet.id] + page.outlet.path.format(id=page.id)
        return f"{address}?{article.query}" if article.query else address

    # --- the servers --------------------------------------------------------------------------

    async def _serve(self, outlet: Outlet, servers: AsyncExitStack) -> str:
        """Start the server of an outlet and return the address of its host, without a final slash."""
        app = web.Application()
        app.router.add_get("/", self._handler(lambda _: self._home(outlet)))
        app.router.add_get("/robots.txt", self._handler(lambda _: self._robots()))
        app.router.add_get(outlet.path, self._handler(lambda request: self._page(outlet, request)))
        if outlet.format in FEED_PATHS:
            app.router.add_get(FEED_PATHS[outlet.format], self._handler(lambda _: self._feed(outlet)))
        # Bound here and not by the site, so that the port is known; closed last, after its server.
        listener = servers.enter_context(socket.create_server((self._host, 0)))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        servers.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        return f"http://{self._host}:{listener.getsockname()[1]}"

    def _handler(self, find: Callable[[web.Request], _Document | None]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            document = find(request)
            response = (
                web.Response(status=404, text="404\n") if document is None else _answer(request, document)
            )
            self.answers[response.status] += 1
            return response

        return handle

    def _of(self, outlet: Outlet) -> tuple[DemoArticle, ...]:
        return tuple(article for article in self.online() if article.outlet is outlet)

    def _newest(self, found: tuple[DemoArticle, ...]) -> datetime:
        return max((self.published_at(article) for article in found), default=self._started_at)

    def _feed(self, outlet: Outlet) -> _Document:
        found = self._of(outlet)
        entries = tuple(
            FeedEntry(
                id=f"tag:{outlet.domain},2026:{article.id}",
                link=self.link(article),
                title=article.title,
                summary=summary(article.text, outlet.lang),
                author=article.author,
                published_at=self.published_at(article),
            )
            for article in found
        )
        newest = self._newest(found)
        body = feed(outlet, self._bases[outlet.id], entries, newest)
        media = FEED_TYPES[outlet.format]
        # Another charset than UTF-8 is named in the XML declaration only, as is common.
        content_type = f"{media}; charset=utf-8" if outlet.charset == "utf-8" else media
        return _Document(body, content_type, newest)

    def _home(self, outlet: Outlet) -> _Document:
        found = self._of(outlet)
        entries = tuple(
            (self.link(item), item.title, self.published_at(item), summary(item.text, outlet.lang))
            for item in found
        )
        path = FEED_PATHS.get(outlet.format)
        body = home_page(outlet, (path, FEED_TYPES[outlet.format]) if path else None, entries)
        return _Document(body, _html(outlet), self._newest(found))

    def _page(self, outlet: Outlet, request: web.Request) -> _Document | None:
        wanted = request.match_info["id"]
        found = [item for item in self._of(outlet) if item.id == wanted and page_of(item) is item]
        if not found:
            return None
        article = found[0]
        # Only what was there from the start: a page does not change when news come in.
        related = tuple(
            (self.link(item), item.title)
            for item in articles()
            if item.outlet is outlet and item is not article and not item.after
        )[:_RELATED]
        published_at = self.published_at(article)
        body = article_page(article, self.link(article), related, published_at)
        return _Document(body, _html(outlet), published_at)

    def _robots(self) -> _Document:
        return _Document(_ROBOTS, "text/plain; charset=utf-8", self._started_at)


def _html(outlet: Outlet) -> str:
    return "text/html" if outlet.announced == "meta" else f"text/html; charset={outlet.charset}"


def _answer(request: web.Request, document: _Document) -> web.Response:
    """Answer 200 or, where the client's copy is still good, 304 (RFC 9110, 13.2.2)."""
    etag = hashlib.sha256(document.body).hexdigest()[:16]
    modified_at = document.modified_at.replace(microsecond=0)
    if request.if_none_match is not None:
        is_current = any(tag.value in {etag, "*"} for tag in request.if_none_match)
    else:
        is_current = request.if_modified_since is not None and modified_at <= request.if_modified_since
    response = web.Response(status=304) if is_current else web.Response(body=document.body)
    if not is_current:
        response.headers["Content-Type"] = document.content_type
    response.etag = etag
    response.last_modified = modified_at
    response.headers["Cache-Control"] = "max-age=0, must-revalidate"
    return response
