"""The text of one item: its page fetched and extracted, or the feed's own text, analysed once.

A page that cannot be had is tried again a bounded number of times; then the feed's text stands and
the article says why.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator import analysis
from aggregator.analysis import PageJob, PageResult
from aggregator.config.schema import SourceConfig
from aggregator.model import DateOrigin, Failure, FailureKind, Fetched, Item
from aggregator.pipeline import pages
from aggregator.pipeline.connectivity import UNREACHED
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.source import PAGE_TRIES as TRIES
from aggregator.pipeline.source import wants_pages
from aggregator.store import Connection, families, items, prints
from aggregator.urls import canonical_url, is_http

PATIENCE = timedelta(hours=6)  # a page whose server asks for more is not asked again
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

    Backlog is not: nobody is about to read it, and a new source may bring hundreds. Where the rule of
    its site prefers the feed, a page is only for an entry without text.
    """
    url = item.entry.url
    if url is None or not is_http(url) or url == source.url or item.entry.is_link_opaque:
        return False
    site = parts.config.site(url)
    if site and site.prefer_feed and (item.entry.content_html or item.entry.summary_html):
        return False
    return not item.is_backlog and item.tries < TRIES and wants_pages(parts, source)


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
    async with pages.fetched(parts, item.entry.url or "", _visit(parts, source, item)) as answer:
        yield answer


def _visit(parts: Parts, source: SourceConfig | None, item: Item) -> pages.Visit:
    return pages.visit(
        parts,
        source,
        item.entry.url or "",
        lang=item.entry.lang or (source.lang if source else None),
        with_metadata=item.published_from is DateOrigin.FIRST_SEEN or not item.entry.title,
        entry=item.entry,
    )


async def _keep(
    parts: Parts,
    source: SourceConfig | None,
    item: Item,
    answer: Fetched | Failure | None,
    *,
    is_provisional: bool,
) -> None:
    how = _visit(parts, source, item)
    job = PageJob(
        body=b"",
        charset=None,
        url=item.entry.url or "",
        failure=answer if isinstance(answer, Failure) else None,
        entry=item.entry,
        lang=how.lang,
        with_metadata=how.with_metadata,
        now=parts.clock.now(),
    )
    result: PageResult | Failure
    if isinstance(answer, Fetched):
        result = await _read(parts, answer, how, job)
    else:
        result = await pages.in_worker(parts, how, analysis.page, job)
    if isinstance(result, Failure):
        # The page broke its limits: the feed's text, which was parsed within them, stands.
        result = await pages.in_worker(parts, how, analysis.page, replace(job, failure=result))
    if isinstance(result, Failure):
        result = analysis.nothing(result)
    parts.analyses.put(item.id, result.analysis)
    address = canonical_url(answer.final_url) if isinstance(answer, Fetched) else ""
    await parts.gate.write(_save, item, result, address, is_provisional, parts.clock.now())


async def _read(parts: Parts, page: Fetched, how: pages.Visit, job: PageJob) -> PageResult | Failure:
    """Extract and analyse an article, with the pages that follow where the rule of its site says how."""
    rule = pages.rule_for(parts, page, how)
    if rule is None or not rule.next_page:
        known = await pages.others(parts, page)
        job = replace(
            job, body=page.content, charset=page.charset, url=page.final_url, rule=rule, others=known
        )
    else:
        found = await pages.read(parts, page, how)
        if isinstance(found, Failure):
            return found
        read_pages = tuple(each.page for each in found.parts)
        job = replace(job, url=page.final_url, parts=read_pages, broken=found.broken)
    return await pages.in_worker(parts, how, analysis.page, job)


def _save(
    connection: Connection, item: Item, result: PageResult, address: str, is_provisional: bool, now: datetime
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
    if result.prints:
        prints.note(connection, address, result.prints, now)
    if result.article.published_at is not None and result.article.published_at <= now:
        items.date_from_page(connection, item.id, result.article.published_at)
