"""The decision on settled items: which one copies which, what topics they belong to, what is published.

Items are decided in one order, a batch a transaction, so that of two copies that arrive together
the second always finds the first.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator import analysis
from aggregator.config.schema import TopicConfig
from aggregator.errors import ServiceDownError
from aggregator.logs import get_logger
from aggregator.model import Analysis, Failure, Item, Match
from aggregator.pipeline import kinship
from aggregator.pipeline.archive import document
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, items, matches, meta, publications, search

BATCH = 50
HOLD = 0.2  # seconds that a batch may keep the write lock

log = get_logger("decide")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An item with all that could be computed before the transaction."""

    item: Item
    analysis: Analysis
    matches: tuple[Match, ...]
    story_uid: str
    entry_uids: tuple[str, ...]  # one for each match that may be published


@dataclass(frozen=True, slots=True)
class Decided:
    """What a batch came to."""

    count: int
    topics: frozenset[str]  # whose feeds change


async def decide(parts: Parts) -> Decided:
    """Decide the next batch of settled items."""
    batch = await parts.gate.read(items.settled, BATCH)
    if not batch:
        return Decided(0, frozenset())
    analyses = await asyncio.gather(*(_analysis(parts, item) for item in batch))
    prepared = await asyncio.to_thread(_prepare, parts, batch, analyses)
    done, touched = 0, frozenset[str]()
    while rest := prepared[done:]:
        try:
            count, topics = await parts.gate.write(
                _record, rest, parts.topic_configs, parts.clock.now(), parts.clock.monotonic
            )
        except ServiceDownError:
            for each in rest:
                parts.analyses.put(each.item.id, each.analysis)
            if not done:
                raise
            break  # what is written is to be published
        done, touched = done + count, touched | topics
        for each in rest[:count]:
            for match in each.matches:
                parts.metrics.decided(match.topic_id, is_match=match.is_match)
    return Decided(done, touched)


async def _analysis(parts: Parts, item: Item) -> Analysis:
    kept = parts.analyses.take(item.id)
    if kept is not None:
        return kept
    body = item.article.text if item.article else ""
    found = await parts.workers.run(analysis.text, item.title, body, item.lang)
    if isinstance(found, Failure):
        log.error("a text cannot be analysed", item=item.uid, error=found.detail)
        return analysis.blank(item.lang)
    return found


def _prepare(parts: Parts, batch: Sequence[Item], analyses: Sequence[Analysis]) -> list[Prepared]:
    prepared = []
    for item, found in zip(batch, analyses, strict=True):
        decisions = _match(parts, item, found)
        uids = tuple(parts.new_uid() for _match in decisions)
        prepared.append(Prepared(item, found, decisions, parts.new_uid(), uids))
    return prepared


def _match(parts: Parts, item: Item, found: Analysis) -> tuple[Match, ...]:
    """Match an item; a bug that one text brings out costs that item its decisions, and is loud."""
    try:
        return parts.topics.match(
            document(item, found.title, found.text, found.lang, parts.sources.get(item.source_id))
        )
    except Exception as error:
        log.error("bug", item=item.uid, url=item.entry.url, exc_info=error)
        return ()


def _record(
    connection: Connection,
    prepared: Sequence[Prepared],
    topic_configs: Mapping[str, TopicConfig],
    now: datetime,
    monotonic: Callable[[], float],
) -> tuple[int, frozenset[str]]:
    """Write a batch: families first, the publications that follow from them and the matches, the index.

    Stops after HOLD, since nobody else can write meanwhile; returns how many items were decided and
    which topics that touches.
    """
    touched: set[str] = set()
    prefix = meta.tag_prefix(connection)
    collapses = {topic.id: topic.collapse for topic in topic_configs.values()}
    started = monotonic()
    done = 0
    for each in prepared:
        if done and monotonic() - started > HOLD:
            break
        done += 1
        item = each.item
        if kinship.is_open(item) and kinship.relate(
            connection, item, each.analysis, story_uid=each.story_uid, now=now
        ):
            touched |= publications.unite(connection, item.id, collapses, now)
        for match, uid in zip(each.matches, each.entry_uids, strict=True):
            topic = topic_configs[match.topic_id]
            if match.is_match and publications.record(
                connection,
                topic_id=topic.id,
                item_id=item.id,
                collapse=topic.collapse,
                may_open=not (item.is_backlog or analysis.is_blank(item.entry)),
                entry_id=f"{prefix}{topic.id}/{uid}",
                now=now,
            ):
                touched.add(topic.id)
        if item.is_changed:
            publications.changed(connection, item.id)
    written = prepared[:done]
    matches.save_all(connection, [(each.item.id, each.matches) for each in written], now)
    items.decided(connection, *(each.item for each in written))
    search.put(connection, [(each.item.id, each.analysis.index_keys) for each in written])
    # A text that changed under a published entry is shown, too.
    shown = publications.changed_topics(connection, [each.item.id for each in written])
    return done, frozenset(touched) | shown
