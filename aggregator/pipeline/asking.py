"""How a source's document is found: at its address, behind a page that leads to it, in a sitemap's parts.

Everything goes through the one client, each request with its own turn at the host. What is found is
handed back; nothing is stored or decided here.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aggregator import analysis
from aggregator.analysis import ParsedSource
from aggregator.config.schema import SourceConfig
from aggregator.model import (
    Child,
    Failure,
    FailureKind,
    FeedLink,
    FeedLinks,
    Fetched,
    FetchResult,
    Hint,
    LinkOrigin,
    NotModified,
    Request,
    SitemapIndex,
    SourceState,
    Step,
    Validators,
)
from aggregator.pipeline import moves
from aggregator.pipeline.parts import Parts
from aggregator.store import items
from aggregator.urls import registrable_domain

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.5, */*;q=0.1"
)
MAX_ENTRIES = 1000  # newest ones of a document
VALIDATORS_LAST = timedelta(days=8)  # then a document is asked for whole: a server may be wrong about it

_UNDATED = datetime.min.replace(tzinfo=UTC)
_CANDIDATES = 8  # addresses that are tried for the feed of a page
_CHILDREN = 3  # sitemaps of an index that are polled
_NAMED = 3  # other feeds of a page that are named
_NO_FEED_THERE = {
    FailureKind.NOT_FOUND,
    FailureKind.GONE,
    FailureKind.NOT_A_FEED,
    FailureKind.DENIED,
    FailureKind.CLIENT_ERROR,
    FailureKind.REDIRECTS,
    FailureKind.FORBIDDEN_ADDRESS,
    FailureKind.BAD_URL,
}

Watch = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Same:
    """The document is the one we have, by the server's word or by its bytes."""

    answer: NotModified | Fetched
    children: tuple[Child, ...] = ()
    note: str | None = None
    hints: tuple[Hint, ...] = ()  # of parts that could not be had


@dataclass(frozen=True, slots=True)
class Arrived:
    """A document that could be read, and where it was found."""

    parsed: ParsedSource
    answer: NotModified | Fetched  # 304 where only the parts of a sitemap changed
    feed_url: str | None
    digest: str
    children: tuple[Child, ...] = ()
    note: str | None = None  # what the user should know of how it was found
    hints: tuple[Hint, ...] = ()  # of parts that could not be had


Asked = Failure | Same | Arrived


async def ask(parts: Parts, source: SourceConfig, state: SourceState, watch: Watch | None) -> Asked:
    """Fetch and read a source's document, unless it has not changed."""
    return await _Asking(parts, source, state, watch).document()


class _Asking:
    """One poll's questions."""

    def __init__(self, parts: Parts, source: SourceConfig, state: SourceState, watch: Watch | None) -> None:
        self._parts = parts
        self._source = source
        self._state = state
        self._watch = watch
        self._now = parts.clock.now()

    async def document(self) -> Asked:
        """Ask the source's address."""
        state = self._state
        validators = self._fresh(state.validators, state.validated_at)
        async with self._fetch(moves.address(state), validators) as answer:
            return answer if isinstance(answer, Failure) else await self._answered(answer)

    async def _answered(self, answer: NotModified | Fetched) -> Asked:
        state = self._state
        digest = answer.digest if isinstance(answer, Fetched) else state.body_digest
        if isinstance(answer, NotModified) or digest == state.body_digest:
            if state.children:
                return await self._children(answer, digest, state.children)
            return Same(answer)
        # Addresses that were never promised are not asked again and again: not where none of them held.
        has_none = state.last_error_kind is FailureKind.NOT_A_FEED and not self._has_lost_its_feed()
        # A feed that has turned into a page is none any more; another one that the page names is not it.
        is_guessing = self._source.kind == "auto" and not has_none and not self._was_feed()
        read = await self._read(answer, is_guessing=is_guessing)
        if isinstance(read, ParsedSource):
            return Arrived(read, answer, state.feed_url, digest)
        if isinstance(read, Failure):
            return replace(read, hints=answer.hints)
        if isinstance(read, SitemapIndex):
            if not read.children:
                return replace(_without_others(answer.final_url), hints=answer.hints)
            known = {child.url: child for child in state.children}
            chosen = tuple(known.get(each.url, Child(each.url)) for each in read.children[:_CHILDREN])
            return await self._children(answer, digest, chosen)
        if state.feed_url is not None or self._source.kind != "auto" or self._was_feed():
            return _only_leads_on(answer.final_url, read, self._source.kind)
        return await self._behind(answer.final_url, read)

    def _was_feed(self) -> bool:
        """Tell whether the configured address itself was a feed: then it has turned into a page."""
        return self._state.first_polled_at is not None and self._state.body_digest != ""

    def _has_lost_its_feed(self) -> bool:
        """Tell whether a feed was found behind this page that has just been given up."""
        state = self._state
        return state.first_polled_at is not None and state.failures <= moves.FAILED_POLLS

    async def _behind(self, page: str, links: FeedLinks) -> Asked:
        """Try the addresses to which a page leads, the surest first."""
        waiting = list(links.candidates)
        tried: list[str] = []
        while waiting and len(tried) < _CANDIDATES:
            link = waiting.pop(0)
            tried.append(link.url)
            found: ParsedSource | FeedLinks | SitemapIndex | Failure
            async with self._fetch(link.url, Validators()) as answer:
                if isinstance(answer, Fetched):
                    found = await self._read(answer, is_guessing=False)
                    if isinstance(found, ParsedSource):
                        return Arrived(found, answer, link.url, answer.digest, note=_others(links, link))
                elif isinstance(answer, Failure):
                    found = answer
                else:
                    found = Failure(FailureKind.PROTOCOL, f"{link.url}: 304 without a question")
            if isinstance(found, FeedLinks) and link.origin is LinkOrigin.REFRESH:
                links = found
                waiting = [each for each in found.candidates if each.url not in tried] + waiting
            elif isinstance(found, Failure) and _may_be_there(found, link):
                return found  # it may well be the feed: trying others now would take a worse one for good
        what = f": {links.page}" if links.page else ""
        return Failure(
            FailureKind.NOT_A_FEED,
            f"not a feed{what}; no feed found behind {page} (tried {', '.join(tried[:_NAMED])})",
        )

    async def _children(
        self, answer: NotModified | Fetched, digest: str, children: tuple[Child, ...]
    ) -> Asked:
        """Poll the sitemaps that an index names, each with its own validators."""
        kept: list[Child] = []
        arrived: list[ParsedSource] = []
        failures: list[Failure] = []
        for child in children:
            async with self._fetch(child.url, self._fresh(child.validators, child.validated_at)) as got:
                if isinstance(got, Failure):
                    failures.append(replace(got, detail=f"{child.url}: {got.detail}"))
                    kept.append(child)
                elif isinstance(got, NotModified):
                    # Where nobody noted since when, the eight days begin now.
                    since = child.validated_at or self._now
                    kept.append(replace(child, validators=got.validators, validated_at=since))
                elif got.digest == child.body_digest:
                    kept.append(replace(child, validators=got.validators, validated_at=self._now))
                else:
                    read = await self._read(got, is_guessing=False)
                    if isinstance(read, ParsedSource):
                        arrived.append(read)
                        kept.append(Child(child.url, got.validators, got.digest, self._now))
                    else:
                        failures.append(
                            read if isinstance(read, Failure) else _nested(child.url, read, answer.final_url)
                        )
                        kept.append(child)
        if failures and len(failures) == len(children):
            return failures[0]
        note = "; ".join(failure.detail for failure in failures) or None
        hints = tuple(hint for failure in failures for hint in _hints(failure))
        if not arrived:
            return Same(answer, tuple(kept), note, hints)
        return Arrived(_joined(arrived), answer, self._state.feed_url, digest, tuple(kept), note, hints)

    def _fresh(self, validators: Validators, given_at: datetime | None) -> Validators:
        """Return the validators of a document, none if it is time to ask for it whole."""
        is_old = given_at is not None and self._now - given_at >= VALIDATORS_LAST
        return Validators() if is_old else validators

    def _fetch(self, url: str, validators: Validators) -> AbstractAsyncContextManager[FetchResult]:
        request = Request(
            url=url,
            max_bytes=self._parts.config.fetch.max_feed,
            validators=validators,
            access=self._source.access,
            accept=ACCEPT,
        )
        return self._parts.client.document(request, watch=self._watch)

    async def _read(
        self, fetched: Fetched, *, is_guessing: bool
    ) -> ParsedSource | FeedLinks | SitemapIndex | Failure:
        parts = self._parts
        job = analysis.ParseJob(
            body=fetched.content,
            content_type=fetched.content_type,
            charset=fetched.charset,
            url=fetched.final_url,
            kind=self._source.kind,
            listing=self._source.listing,
            max_entries=MAX_ENTRIES,
            now=parts.clock.now(),
            seen=await parts.gate.read(items.sightings, self._state.id, MAX_ENTRIES),
            is_guessing=is_guessing,
        )
        async with parts.workers.turn(registrable_domain(self._source.url)):
            return await parts.workers.run(analysis.parse, job)


def _hints(failure: Failure) -> tuple[Hint, ...]:
    """Return all that a failure says about when to come back."""
    if failure.retry_after is None:
        return failure.hints
    return (*failure.hints, Hint("retry-after", failure.retry_after))


def _may_be_there(failure: Failure, link: FeedLink) -> bool:
    """Tell whether a feed may be at an address that could not be had: promised, or not asked for."""
    is_sure = link.origin in (LinkOrigin.LINK_ELEMENT, LinkOrigin.REFRESH)
    return failure.kind is FailureKind.HELD or (is_sure and failure.kind not in _NO_FEED_THERE)


def _others(links: FeedLinks, taken: FeedLink) -> str | None:
    """Name the other feeds of a page, those that were not merely guessed."""
    named = (LinkOrigin.LINK_ELEMENT, LinkOrigin.PAGE_LINK)
    others = [link.url for link in links.candidates if link.origin in named and link.url != taken.url]
    return f"the page names other feeds too: {', '.join(others[:_NAMED])}" if others else None


def _only_leads_on(url: str, links: FeedLinks, kind: str) -> Failure:
    if kind == "sitemap":
        return Failure(FailureKind.NOT_A_FEED, f"not a sitemap: {url} is {links.page or 'a page'}")
    names = ", ".join(link.url for link in links.candidates[:_NAMED])
    return Failure(
        FailureKind.NOT_A_FEED, f"not a feed: {url} is a page that leads to {names}; put that into url"
    )


def _without_others(url: str) -> Failure:
    return Failure(
        FailureKind.NOT_A_FEED,
        f"{url} is a sitemap of sitemaps that names no other; robots.txt of the host may name one"
        " that lists pages",
    )


def _nested(url: str, read: FeedLinks | SitemapIndex, parent: str) -> Failure:
    """Say what a part of a sitemap is instead; parts of parts are not followed, they may go in a circle."""
    if isinstance(read, FeedLinks):
        return Failure(FailureKind.NOT_A_FEED, f"{url} is a page, no sitemap")
    names = ", ".join([child.url for child in read.children if child.url != parent][:_NAMED])
    if not names:
        return Failure(
            FailureKind.NOT_A_FEED, f"{url} and {parent} are sitemaps of sitemaps that name only one another"
        )
    return Failure(
        FailureKind.NOT_A_FEED,
        f"{parent} names a sitemap of sitemaps: put {url} into url, or one of those that it names: {names}",
    )


def _joined(arrived: list[ParsedSource]) -> ParsedSource:
    """Make one document of the parts of a sitemap, as long as one may be."""
    pairs = [pair for each in arrived for pair in zip(each.feed.entries, each.keys, strict=True)]
    if len(pairs) > MAX_ENTRIES:
        pairs.sort(key=lambda pair: pair[0].published_at or pair[0].updated_at or _UNDATED, reverse=True)
    entries, keys = zip(*pairs[:MAX_ENTRIES], strict=True) if pairs else ((), ())
    return ParsedSource(replace(arrived[0].feed, entries=entries), keys)
