"""The text of one item: its page fetched and extracted, or the feed's own text, analysed once.

A page that cannot be had is tried again a bounded number of times; then the feed's text stands and
the article says why.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from aggregator import analysis
from aggregator.analysis import PageJob, PageResult
from aggregator.config.schema import SourceConfig
from aggregator.errors import AggregatorError
from aggregator.logs import get_logger
from aggregator.model import (
    DateOrigin,
    Failure,
    FailureKind,
    Fetched,
    FetchResult,
    Item,
    NotModified,
    Request,
)
from aggregator.pipeline.connectivity import UNREACHED
from aggregator.pipeline.network import learn
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.source import PAGE_TRIES as TRIES
from aggregator.pipeline.source import wants_pages
from aggregator.store import Connection, families, items
from aggregator.urls import is_http, registrable_domain

log = get_logger("article")

ACCEPT = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1"
PATIENCE = timedelta(hours=6)  # a page whose server asks for more is not asked again
_HTML = {"", "text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain"}
_TEMPORARY = {
    FailureKind.DNS,
    FailureKind.CONNECT,
    FailureKind.TLS,
    FailureKind.TIMEOUT,
    FailureKind.PROTOCOL,
    FailureKind.SERVER_ERROR,
    FailureKind.RATE_LIMITED,
    FailureKind.HELD,
    FailureKind.INTERNAL,  # no room for the page on this machine
}


async def settle(parts: Parts, item: Item) -> None:
    """Give an item its text, from its page where there is one to fetch, and put it before the decision."""
    source = parts.sources.get(item.source_id)
    async with _page(parts, source, item) as answer:
        if isinstance(answer, Failure):
            is_ours = answer.kind in UNREACHED and parts.connectivity.is_offline
            wait = retry_after(item.tries, answer)
            is_worth_it = answer.kind in _TEMPORARY and item.tries + 1 < TRIES and wait <= PATIENCE
            if is_ours or is_worth_it:
                due_at = parts.clock.now() + wait
                counts = not is_ours and answer.kind is not FailureKind.HELD
                await parts.gate.write(items.postpone_page, item.id, due_at=due_at, counts=counts)
                return
        await _keep(parts, source, item, answer, is_provisional=False)


async def settle_provisionally(parts: Parts, item: Item) -> None:
    """Let an item be decided on the feed's text while its page is still awaited."""
    await _keep(parts, parts.sources.get(item.source_id), item, None, is_provisional=True)


def wants_page(parts: Parts, source: SourceConfig, item: Item) -> bool:
    """Say whether an item has a page of its own that is worth a request.

    Backlog is not: nobody is about to read it, and a new source may bring hundreds.
    """
    url = item.entry.url
    is_own_page = url is not None and is_http(url) and url != source.url and not item.entry.is_link_opaque
    return is_own_page and not item.is_backlog and item.tries < TRIES and wants_pages(parts, source)


def retry_after(tries: int, failure: Failure) -> timedelta:
    """Return how long to wait before the next try at a page: 1, 4 minutes, or what the server asks."""
    wait = timedelta(minutes=4**tries)
    asked = failure.retry_after or timedelta(0)
    return max(wait, asked)


@asynccontextmanager
async def _page(
    parts: Parts, source: SourceConfig | None, item: Item
) -> AsyncIterator[Fetched | Failure | None]:
    """Give an item's page or what came instead, until the block ends; None if there is none to fetch."""
    if source is None or not wants_page(parts, source, item):
        yield None
        return
    url = item.entry.url or ""
    may_ask = partial(parts.robots.check, access=source.access) if _obeys_robots(parts, source) else None
    if may_ask is not None and (refusal := await may_ask(url)) is not None:
        yield refusal
        return
    request = Request(url=url, max_bytes=parts.config.fetch.max_page, access=source.access, accept=ACCEPT)
    async with parts.client.document(request, may_follow=may_ask) as answer:
        yield await _judged(parts, item, answer)


async def _judged(parts: Parts, item: Item, answer: FetchResult) -> Fetched | Failure:
    url = item.entry.url or ""
    if isinstance(answer, Failure):
        answer = replace(answer, detail=parts.config.redact(answer.detail))
    failure = answer if isinstance(answer, Failure) else None
    await learn(parts, url, failure, blamed=None)
    if isinstance(answer, NotModified):  # no validators were sent: the server is confused
        return Failure(FailureKind.PROTOCOL, "the server answered 304 to a request without validators")
    if isinstance(answer, Fetched) and answer.content_type not in _HTML:
        return Failure(FailureKind.NOT_HTML, f"the link leads to {answer.content_type}, not to a page")
    return answer


def _obeys_robots(parts: Parts, source: SourceConfig) -> bool:
    return parts.config.articles.robots if source.robots is None else source.robots


async def _keep(
    parts: Parts,
    source: SourceConfig | None,
    item: Item,
    answer: Fetched | Failure | None,
    *,
    is_provisional: bool,
) -> None:
    lang = item.entry.lang or (source.lang if source else None)
    job = PageJob(
        body=answer.content if isinstance(answer, Fetched) else b"",
        charset=answer.charset if isinstance(answer, Fetched) else None,
        url=answer.final_url if isinstance(answer, Fetched) else item.entry.url or "",
        failure=answer if isinstance(answer, Failure) else None,
        entry=item.entry,
        lang=lang,
        with_metadata=item.published_from is DateOrigin.FIRST_SEEN or not item.entry.title,
    )
    result = await _read(parts, item, job)
    if isinstance(result, Failure):
        # The page broke its limits: the feed's text, which was parsed within them, stands.
        result = await _read(parts, item, PageJob(b"", None, job.url, result, item.entry, lang, False))
    if isinstance(result, Failure):
        result = analysis.nothing(result)
    parts.analyses.put(item.id, result.analysis)
    await parts.gate.write(_save, item, result, is_provisional, parts.clock.now())


async def _read(parts: Parts, item: Item, job: PageJob) -> PageResult | Failure:
    """Extract and analyse in a worker; a bug that one page brings out costs that page, and is loud."""
    try:
        async with parts.workers.turn(_owner(parts, item)):
            return await parts.workers.run(analysis.page, job)
    except AggregatorError:
        raise
    except Exception as error:
        log.error("bug", item=item.uid, url=item.entry.url, exc_info=error)
        return Failure(FailureKind.INTERNAL, f"a bug in aggregator: {type(error).__name__}: {error}")


def _owner(parts: Parts, item: Item) -> str:
    """Return whose place in the workers an item takes: its source's, whatever hosts the source links to."""
    source = parts.sources.get(item.source_id)
    return registrable_domain(source.url) if source else item.source_id


def _save(
    connection: Connection, item: Item, result: PageResult, is_provisional: bool, now: datetime
) -> None:
    if not items.settle(connection, item, is_provisional=is_provisional):
        return  # its entry was edited while we read: it is read again
    families.save_article(
        connection,
        item.id,
        result.article,
        lang=result.analysis.lang,
        digest=result.analysis.digest,
        bands=result.analysis.bands,
        canonical_key=result.canonical_key,
        now=now,
    )
    if result.article.published_at is not None and result.article.published_at <= now:
        items.date_from_page(connection, item.id, result.article.published_at)
