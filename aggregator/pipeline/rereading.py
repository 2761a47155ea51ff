"""The second look at a page, some hours after the first: stubs are completed, articles corrected.

There is one such look and no third. A page that became worse never takes the place of a fuller text;
what came of it is written down either way. An item whose text changed is decided again, and readers
are told of a substantial change only.
"""

from datetime import datetime, timedelta

from aggregator import analysis
from aggregator.analysis import AgainJob, AgainResult, PageResult
from aggregator.model import Article, Change, Failure, Fetched, Item, NotModified, Revision, Stage
from aggregator.pipeline import article, pages
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, items, rereads
from aggregator.store.rereads import Reread

_MOMENT = timedelta(minutes=1)  # until an item is decided that was edited meanwhile


async def look_again(parts: Parts, pending: Reread) -> None:
    """Ask for an item's page once more, and take over what became better."""
    item = pending.item
    source = parts.sources.get(item.source_id)
    is_wanted = parts.config.articles.reread and source is not None and article.has_page(parts, source, item)
    if item.article is None or not is_wanted:
        await parts.gate.write(rereads.drop, item.id)
        return
    if item.stage is not Stage.DONE:
        due_at = parts.clock.now() + _MOMENT
        await parts.gate.write(rereads.postpone, item.id, due_at=due_at, counts=False)
        return
    how = article.visit(parts, source, item)
    url = item.entry.url or ""
    async with pages.answered(parts, url, how, validators=pending.validators) as answer:
        if isinstance(answer, Failure) and (later := article.try_again(parts, answer, pending.tries)):
            due_at, counts = later
            await parts.gate.write(rereads.postpone, item.id, due_at=due_at, counts=counts)
            return
        if isinstance(answer, NotModified):
            note = "not modified"
        elif isinstance(answer, Failure):
            note = _failed(answer)
        elif answer.digest == pending.body_digest:
            note = "unchanged"
        else:
            found = await _read(parts, item, item.article, how, answer)
            if found.result is not None:
                await _take_over(parts, item, found.revision, found.result, answer.final_url)
                return
            note = found.revision.note
    await parts.gate.write(rereads.finish, item.id, note, parts.clock.now())


async def _read(parts: Parts, item: Item, before: Article, how: pages.Visit, answer: Fetched) -> AgainResult:
    page = await article.job(parts, item, how, answer)
    if isinstance(page, Failure):
        return AgainResult(Revision(Change.WORSE, _failed(page)))
    job = AgainJob(page, before, is_title_shown=not item.entry.title)
    found = await pages.in_worker(parts, how, analysis.again, job)
    return AgainResult(Revision(Change.WORSE, _failed(found))) if isinstance(found, Failure) else found


async def _take_over(parts: Parts, item: Item, revision: Revision, result: PageResult, address: str) -> None:
    if await parts.gate.write(_save, item, revision, result, address, parts.clock.now()):
        parts.analyses.put(item.id, result.analysis)


def _save(
    connection: Connection, item: Item, revision: Revision, result: PageResult, address: str, now: datetime
) -> bool:
    if not items.settle_again(connection, item):
        rereads.postpone(connection, item.id, due_at=now + _MOMENT, counts=False)
        return False
    article.save(connection, item, result, address, now)
    if revision.change is Change.SUBSTANTIAL:
        rereads.changed(connection, item.id, revision.note, now)
    rereads.finish(connection, item.id, revision.note, now)
    return True


def _failed(failure: Failure) -> str:
    return f"the page failed: {failure.detail}; the earlier text stands"
