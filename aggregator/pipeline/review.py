"""Edited and new topics against the archive, a batch at a time: decisions, entries, and how far it has come.

What was first seen within `poll.first_age` is published as if it had come today, under its own date; older
items are decided and found by search, and join entries that are there, but open none: nothing old is
announced as new. An entry none of whose items matches any more leaves the feed, and comes back as it was
when one does.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator import analysis
from aggregator.config.schema import SourceConfig, TopicConfig
from aggregator.logs import get_logger
from aggregator.match import Topics
from aggregator.model import Item, Match, Narrowing, Stage
from aggregator.pipeline import archive
from aggregator.pipeline.decide import HOLD
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, items, matches, meta, publications, reviews, search
from aggregator.store.reviews import Review

BATCH = 250  # items: half a second of one processor

log = get_logger("review")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a batch came to."""

    count: int  # items that were looked at
    topics: frozenset[str]  # whose feeds change


@dataclass(frozen=True, slots=True)
class _Held:
    """An item held against some topics."""

    item: Item
    matches: tuple[Match, ...]
    entry_uids: tuple[str, ...]  # one for each match


async def review(parts: Parts) -> Reviewed | None:
    """Hold edited topics against the next items of the archive; None once there is nothing left to do."""
    wanted = await parts.gate.read(reviews.next_review)
    if wanted is None:
        return None
    topics = parts.topics.only(wanted.topic_ids)
    narrowing = await asyncio.to_thread(parts.topics.narrowing, wanted.topic_ids)
    found, done = await parts.gate.read(_candidates, wanted, narrowing)
    held = await asyncio.to_thread(_hold, parts, topics, wanted, found)
    now, monotonic = parts.clock.now(), parts.clock.monotonic
    window = now - parts.config.poll.first_age
    touched: set[str] = set()
    written = 0
    while True:
        count, changed = await parts.gate.write(
            _record, wanted, held[written:], done, parts.topic_configs, window, now, monotonic
        )
        written += count
        touched |= changed
        if written == len(held):
            break
    if done is None and not wanted.older:
        log.info("topics are held against the archive", topics=len(wanted.topic_ids))
    return Reviewed(written, frozenset(touched))


def _candidates(
    connection: Connection, wanted: Review, narrowing: Narrowing | None
) -> tuple[tuple[Item, ...], int | None]:
    """Return the next items that can match, or did, and the last of them; None: there are no more."""
    stretch = (wanted.first, wanted.last)
    ids = {
        *search.candidates(connection, narrowing, limit=BATCH, between=stretch),
        *matches.under_review(connection, *stretch, BATCH),
    }
    chosen = sorted(ids)[:BATCH]
    found = items.by_ids(connection, chosen, with_html=False)
    is_last = len(chosen) < BATCH
    return tuple(found[item_id] for item_id in chosen), None if is_last else chosen[-1]


def _hold(parts: Parts, topics: Topics, wanted: Review, found: Sequence[Item]) -> list[_Held]:
    mine = frozenset(wanted.topic_ids)
    held = []
    for item in found:
        # What is in the queue will be decided with all topics as they are now.
        if item.stage is Stage.DONE:
            decisions = tuple(each for each in _match(topics, item, parts.sources) if each.topic_id in mine)
            held.append(_Held(item, decisions, tuple(parts.new_uid() for _match in decisions)))
    return held


def _match(topics: Topics, item: Item, sources: Mapping[str, SourceConfig]) -> tuple[Match, ...]:
    """Match an item; a bug that one text brings out costs that item its decisions, and is loud."""
    try:
        shown = archive.unread(item, sources)
        return topics.match(archive.read(shown)) if topics.may_match(shown) else ()
    except Exception as error:
        log.error("bug", item=item.uid, url=item.entry.url, exc_info=error)
        return ()


def _record(
    connection: Connection,
    wanted: Review,
    held: Sequence[_Held],
    done: int | None,
    topic_configs: Mapping[str, TopicConfig],
    window: datetime,
    now: datetime,
    monotonic: Callable[[], float],
) -> tuple[int, frozenset[str]]:
    """Write a batch, what was seen after `window` as new, and how far that brings the review.

    Stops after HOLD, since nobody else can write meanwhile; returns how many items were written and the
    topics whose feeds change.
    """
    started = monotonic()
    prefix = meta.tag_prefix(connection)
    touched: set[str] = set()
    ids: list[int] = []
    known = matches.decided_on(connection, [each.item.id for each in held])
    for each in held:
        if ids and monotonic() - started > HOLD:
            done = ids[-1]
            break
        ids.append(each.item.id)
        if each.matches or each.item.id in known:
            matches.replace(connection, each.item.id, wanted.topic_ids, each.matches, now)
        is_new = each.item.first_seen_at >= window and not each.item.is_backlog
        for match, uid in zip(each.matches, each.entry_uids, strict=True):
            topic = topic_configs[match.topic_id]
            if match.is_match and publications.record(
                connection,
                topic_id=topic.id,
                item_id=each.item.id,
                collapse=topic.collapse,
                may_open=is_new and not analysis.is_blank(each.item.entry),
                entry_id=f"{prefix}{topic.id}/{uid}",
                now=now,
            ):
                touched.add(topic.id)
    matched = {(each.item.id, match.topic_id) for each in held for match in each.matches if match.is_match}
    # What matched before and does again may have other reasons to show.
    touched |= publications.changed_topics(connection, ids) & frozenset(wanted.topic_ids)
    for topic_id in touched:
        rejected = [item_id for item_id in ids if (item_id, topic_id) not in matched]
        publications.take_out(connection, topic_id, rejected, now)
    reviews.advance(connection, wanted, done)
    return len(ids), frozenset(touched)
