"""The text of one item: its page fetched and extracted, or the feed's own text, analysed once.

A page that cannot be had is tried again a bounded number of times; then the feed's text stands and
the article says why. Some hours after a page was asked for, it is looked at once more: see `rereading`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator import analysis
from aggregator.analysis import PageJob, PageResult
from aggregator.config.schema import SourceConfig
from aggregator.model import DateOrigin, Failure, FailureKind, Fetched, Item, Validators
from aggregator.pipeline import pages
from aggregator.pipeline.connectivity import UNREACHED
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.source import PAGE_TRIES as TRIES
from aggregator.pipeline.source import wants_pages
from aggregator.store import Connection, awaited, families, items, prints, rereads
from aggregator.urls import is_http

PATIENCE = timedelta(hours=6)  # a page whose server asks for more is not asked again
_AWAITED = "the feed's own text; its page is awaited still"
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
_FINAL = {  # what would be the same some hours later, or costs too much to find out
    FailureKind.BAD_URL,
    FailureKind.FORBIDDEN_ADDRESS,
    FailureKind.REDIRECTS,
    FailureKind.TOO_LARGE,
    FailureKind.GONE,
    FailureKind.ROBOTS,
    FailureKind.NOT_HTML,
    FailureKind.LIMIT,
}


@dataclass(frozen=True, slots=True)
class _Second:
    """When a page is asked for once more, and what lets its server answer that nothing has changed."""

    due_at: datetime
    validators: Validators = Validators()
    body_digest: str = ""


async def settle(parts: Parts, item: Item) -> None:
    """Give an item its text, from its page where there is one to fetch, and put it before the decision."""
    source = parts.sources.get(item.source_id)
    async with _page(parts, source, item) as answer:
        if isinstance(answer, Failure) and (later := try_again(parts, answer, item.tries)):
            due_at, counts = later
            await parts.gate.write(awaited.postpone_page, item.id, due_at=due_at, counts=counts)
            return
        await _keep(parts, source, item, answer, is_provisional=False)


async def settle_provisionally(parts: Parts, item: Item) -> None:
    """Let an item be decided on the feed's text while its page is still awaited."""
    await _keep(parts, parts.sources.get(item.source_id), item, None, is_provisional=True)


def wants_page(parts: Parts, source: SourceConfig, item: Item) -> bool:
    """Say whether an item's page is to be asked for.

    Backlog is not: nobody is about to read it, and a new source may bring hundreds.
    """
    return not item.is_backlog and item.tries < TRIES and has_page(parts, source, item)


def has_page(parts: Parts, source: SourceConfig, item: Item) -> bool:
    """Say whether an item has a page of its own that is worth a request.

    Where the rule of its site prefers the feed, a page is only for an entry without text.
    """
    url = item.entry.url
    if url is None or not is_http(url) or url == source.url or item.entry.is_link_opaque:
        return False
    site = parts.config.site(url)
    if site and site.prefer_feed and (item.entry.content_html or item.entry.summary_html):
        return False
    return wants_pages(parts, source)


def try_again(parts: Parts, failure: Failure, tries: int) -> tuple[datetime, bool] | None:
    """Say when to try a page again and whether the failure counts as a try; None: not again.

    While we are offline, and where a host asks all of us for less, no page was at fault.
    """
    is_ours = failure.kind in UNREACHED and parts.connectivity.is_offline
    wait = retry_after(tries, failure)
    is_worth_it = failure.kind in _TEMPORARY and tries + 1 < TRIES and wait <= PATIENCE
    if not (is_ours or is_worth_it):
        return None
    return parts.clock.now() + wait, not is_ours and failure.kind is not FailureKind.HELD


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
    async with pages.fetched(parts, item.entry.url or "", visit(parts, source, item)) as answer:
        yield answer


def visit(parts: Parts, source: SourceConfig | None, item: Item) -> pages.Visit:
    """Say how an item's page is asked for."""
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
    how = visit(parts, source, item)
    found = await job(parts, item, how, answer)
    result = found if isinstance(found, Failure) else await pages.in_worker(parts, how, analysis.page, found)
    failure = answer if isinstance(answer, Failure) else None
    if isinstance(result, Failure):
        # The page broke its limits: the feed's text, which was parsed within them, stands.
        failure = result
        own = replace(_bare(parts, item, how), failure=result)
        result = await pages.in_worker(parts, how, analysis.page, own)
    if isinstance(result, Failure):
        result = analysis.nothing(result)
    if is_provisional:
        result = replace(result, article=replace(result.article, evidence=(_AWAITED,)))
    second = _second(parts, how, failure or answer)
    parts.analyses.put(item.id, result.analysis)
    if not is_provisional:
        parts.metrics.read(result.article.quality.value)
    address = answer.final_url if isinstance(answer, Fetched) else ""
    await parts.gate.write(_save, item, result, address, is_provisional, parts.clock.now(), second)


def _bare(parts: Parts, item: Item, how: pages.Visit) -> PageJob:
    return PageJob(
        body=None,
        charset=None,
        url=item.entry.url or "",
        failure=None,
        entry=item.entry,
        lang=how.lang,
        with_metadata=how.with_metadata,
        now=parts.clock.now(),
    )


async def job(
    parts: Parts, item: Item, how: pages.Visit, answer: Fetched | Failure | None
) -> PageJob | Failure:
    """Say what a worker is to read, after the pages that follow where the rule of a site says how."""
    bare = _bare(parts, item, how)
    if not isinstance(answer, Fetched):
        return replace(bare, failure=answer)
    rule = pages.rule_for(parts, answer, how)
    if rule is None or not rule.next_page:
        others = await pages.others(parts, answer)
        page = replace(bare, body=answer.content, charset=answer.charset, others=others)
        return replace(page, url=answer.final_url, rule=rule)
    found = await pages.read(parts, answer, how)
    if isinstance(found, Failure):
        return found
    read_pages = tuple(each.page for each in found.parts)
    return replace(bare, url=answer.final_url, parts=read_pages, broken=found.broken)


def _second(parts: Parts, how: pages.Visit, answer: Fetched | Failure | None) -> _Second | None:
    """Say when and how a page is asked for once more, None if it is not."""
    span = parts.config.articles.reread
    if answer is None or not span:
        return None
    due_at = parts.clock.now() + span
    if isinstance(answer, Failure):
        asked = parts.clock.now() + (answer.retry_after or timedelta(0))
        return None if answer.kind in _FINAL else _Second(max(due_at, asked))
    rule = pages.rule_for(parts, answer, how)
    if rule is not None and rule.next_page:  # its first page tells nothing of those that follow
        return _Second(due_at)
    return _Second(due_at, answer.validators, answer.digest)


def _save(
    connection: Connection,
    item: Item,
    result: PageResult,
    address: str,
    is_provisional: bool,
    now: datetime,
    second: _Second | None,
) -> None:
    if not items.settle(connection, item, is_provisional=is_provisional):
        return  # its entry was edited while we read: it is read again
    save(connection, item, result, address, now, is_first=item.is_provisional)
    if second is not None:
        rereads.plan(
            connection,
            item,
            result.article.quality,
            due_at=second.due_at,
            validators=second.validators,
            body_digest=second.body_digest,
        )


def save(
    connection: Connection,
    item: Item,
    result: PageResult,
    address: str,
    now: datetime,
    *,
    is_first: bool = False,
) -> None:
    """Store an item's text, what its page at that address repeats, and the date that only the page tells."""
    families.save_article(
        connection,
        item.id,
        result.article,
        lang=result.analysis.lang,
        digest=result.analysis.digest,
        bands=result.analysis.bands,
        canonical_key=result.canonical_key,
        now=now,
        is_first=is_first,
    )
    if result.prints:
        prints.note(connection, address, result.prints, now)
    if result.article.published_at is not None and result.article.published_at <= now:
        items.date_from_page(connection, item.id, result.article.published_at)
