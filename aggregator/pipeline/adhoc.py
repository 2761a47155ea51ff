"""Feeds that are made when somebody asks: the archive by a query, or a topic narrowed.

They read, are bounded like every search, and are written nowhere. An entry of a topic keeps its id;
an item that stands in no topic is named by its own, which is as permanent.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from aggregator import publish as room
from aggregator.config.schema import SourceConfig, TopicConfig
from aggregator.errors import UsageError
from aggregator.match import Search
from aggregator.model import Item, TopicFeed
from aggregator.pipeline import archive
from aggregator.pipeline.feeds import compose, compose_feed, outlets, without_secrets
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.search import Bounds, compiled, search
from aggregator.publish import Format
from aggregator.store import Connection, items, matches, meta, publications
from aggregator.store.publications import Publication

_LOOKED_AT = 5_000  # items
_SECONDS = 5.0
_LONGEST = 1_000  # characters of a query
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants a feed of."""

    query: str  # in the language of topics; "" for all of a topic
    lang: str  # "" for all
    since: datetime | None  # first sight
    topic_id: str | None  # None: the archive
    format: Format
    address: str  # under which it is asked for


async def make(parts: Parts, asked: Asked) -> bytes:
    """Make a feed; return its bytes.

    Raises UsageError for a query that cannot be understood, ServiceDownError.
    """
    if len(asked.query) > _LONGEST:
        raise UsageError(f"the query has more than {_LONGEST} characters")
    if asked.topic_id is None and not asked.query:
        raise UsageError("say what to look for: ?q=… in the query language")
    topic = parts.topic_configs[asked.topic_id] if asked.topic_id else None
    feed = await parts.gate.look(_load, parts, topic, asked)
    feed = await without_secrets(parts, feed)
    return await asyncio.to_thread(room.render, feed, asked.format)


def _load(connection: Connection, parts: Parts, topic: TopicConfig | None, asked: Asked) -> TopicFeed:
    wanted = compiled(asked.query, parts.config) if asked.query else None
    if topic is None and wanted is not None:
        return _of_archive(connection, parts, wanted, asked)
    if topic is None:
        raise AssertionError("neither a topic nor a query")
    return _of_topic(connection, parts, topic, wanted, asked)


def _of_topic(
    connection: Connection, parts: Parts, topic: TopicConfig, wanted: Search | None, asked: Asked
) -> TopicFeed:
    config = parts.config
    since = asked.since
    if topic.max_age:
        oldest = parts.clock.now() - topic.max_age
        since = max(since, oldest) if since else oldest
    most = topic.items or config.publish.items
    found = publications.live(connection, topic.id, limit=_LOOKED_AT, since=since)
    chosen: list[Publication] = []
    until = parts.clock.monotonic() + _SECONDS
    for each, lead in _with_leads(connection, found):
        if len(chosen) == most or parts.clock.monotonic() > until:
            break
        if _is_in(lead, asked.lang) and _holds(connection, wanted, lead, parts.sources):
            chosen.append(each)
    feed = compose_feed(connection, config, topic, parts.sources, chosen)
    return replace(
        feed,
        feed_id=f"{feed.feed_id}/{_digest(asked)}",
        title=_title(topic.title, asked),
        address=asked.address,
        hub=None,
    )


def _with_leads(connection: Connection, found: tuple[Publication, ...]) -> Iterator[tuple[Publication, Item]]:
    """Give publications with their leading items, some at a time."""
    for start in range(0, len(found), 100):
        some = found[start : start + 100]
        held = items.by_ids(connection, [each.lead_item_id for each in some], with_html=False)
        yield from ((each, held[each.lead_item_id]) for each in some)


def _holds(
    connection: Connection, wanted: Search | None, item: Item, sources: Mapping[str, SourceConfig]
) -> bool:
    if wanted is None:
        return True
    topics = matches.topics_of(connection, [item.id]).get(item.id, ()) if wanted.needs else ()
    decided = dict.fromkeys(topics, True)
    shown = archive.unread(item, sources)
    return wanted.may_hold(shown, decided) and wanted.find(archive.read(shown), decided) is not None


def _of_archive(connection: Connection, parts: Parts, wanted: Search, asked: Asked) -> TopicFeed:
    config = parts.config
    most = config.publish.items
    bounds = Bounds(limit=2 * most, since=asked.since, most=_LOOKED_AT, seconds=_SECONDS)
    hits = search(connection, wanted, parts.sources, bounds, parts.clock.monotonic).hits
    # Of each family of copies the one that leads it: a new copy is no new entry.
    leads = dict.fromkeys(hit.item.root_id or hit.item.id for hit in hits if _is_in(hit.item, asked.lang))
    held = items.by_ids(connection, list(leads)[:most])
    found = [held[item_id] for item_id in leads if item_id in held]
    prefix = meta.tag_prefix(connection)
    named = outlets(connection, parts.sources, {item.source_id for item in found})
    excerpts = {source.id: source.excerpt for source in config.sources}
    entries = tuple(
        compose(_publication(item, prefix), item, (), None, named, excerpts.get(item.source_id))
        for item in found
    )
    return TopicFeed(
        topic_id="search",
        title=_title("", asked),
        description="",
        lang=None,
        feed_id=f"{prefix}search/{_digest(asked)}",
        base_url=config.publish.base_url,
        updated_at=max((entry.updated_at for entry in entries), default=_EARLIEST),
        entries=entries,
        shows_matched=False,
        ttl=config.publish.ttl,
        address=asked.address,
        page_url=f"{config.publish.base_url}/search?{urlencode({'q': asked.query})}",
    )


def _publication(item: Item, prefix: str) -> Publication:
    """Let an item stand for itself."""
    return Publication(
        topic_id="",
        seq=item.id,
        entry_id=f"{prefix}item/{item.uid}",
        lead_item_id=item.id,
        members=(),
        first_published_at=item.first_seen_at,
        updated_at=item.first_seen_at,
        change_note=None,
    )


def _digest(asked: Asked) -> str:
    return hashlib.blake2b(asked.address.partition("?")[2].encode(), digest_size=8).hexdigest()


def _is_in(item: Item, lang: str) -> bool:
    return not lang or (item.lang or "").lower().partition("-")[0] == lang.partition("-")[0]


def _title(topic: str, asked: Asked) -> str:
    narrowed = [part for part in (asked.query, asked.lang) if part]
    return ": ".join([*([topic] if topic else ["Search"]), *([" · ".join(narrowed)] if narrowed else [])])
