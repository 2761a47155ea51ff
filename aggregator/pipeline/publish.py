"""A topic from the ledger to its files: read, compose, render, replace what differs, say so to who waits.

Files change only where their bytes do, and pages of the archive only where one of their entries did.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from aggregator import publish as room
from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.model import TopicFeed
from aggregator.pipeline import ops, pushing
from aggregator.pipeline.feeds import load_feed, load_page
from aggregator.pipeline.parts import Parts
from aggregator.publish import Format, files
from aggregator.store import Connection, archive_pages, publications
from aggregator.store.archive_pages import Page
from aggregator.urls import scrub

_PAGES = 5  # of an archive written at a time; the others follow, the newest first


async def publish(parts: Parts, topic_ids: Iterable[str] | None = None) -> tuple[str, ...]:
    """Bring the files of these topics (None: of all) up to date; return the names of those that changed.

    Files of topics that are configured no more are removed when all are published.
    """
    folder = parts.config.publish.folder
    changed: list[str] = []
    feeds = []
    for topic in parts.topic_configs.values():
        if topic_ids is None or topic.id in topic_ids:
            started = parts.clock.monotonic()
            # First the archive: the feed links to its newest page.
            changed += await _publish_archive(parts, topic)
            feed = await parts.gate.read(load_feed, parts.config, topic, parts.sources, parts.clock.now())
            feed = await _without_secrets(parts, feed)
            names = await asyncio.to_thread(write_feed, folder, feed, parts.config.publish.formats)
            await pushing.announce(parts, topic, feed, is_changed=bool(names))
            changed += names
            parts.metrics.published(parts.clock.monotonic() - started, len(names))
            feeds.append(feed)
    if topic_ids is None:
        if feeds:  # without a topic the page says how to make one
            feeds.append(await parts.gate.read(ops.load_feed, parts.config))
        changed += await asyncio.to_thread(write_overview, folder, feeds, parts.config.publish.formats)
        removed = await parts.gate.read(_removed_topics, parts.topic_configs)
        changed += await asyncio.to_thread(clear, folder, removed, parts.config)
    return tuple(changed)


async def _publish_archive(parts: Parts, topic: TopicConfig) -> list[str]:
    """Write the newest pages of a topic's archive that say something else than their files."""
    if "atom" not in parts.config.publish.formats:
        return []
    folder = parts.config.publish.folder
    pages = await parts.gate.read(archive_pages.of_topic, topic.id)
    if not pages:
        return []
    head = _head(parts.config, topic, parts.sources)
    stale = await asyncio.to_thread(_stale, folder, topic.id, pages, head)
    changed: list[str] = []
    for page in stale:
        feed = await parts.gate.read(load_page, parts.config, topic, parts.sources, page.number)
        feed = await _without_secrets(parts, feed)
        changed += await asyncio.to_thread(write_feed, folder, feed, ("atom",))
        # What changed after `pages` was read makes the page stale once more.
        made = replace(page, written=_made_from(page, head))
        await parts.gate.write(archive_pages.written, topic.id, [made])
    return changed


def _stale(folder: Path, topic_id: str, pages: Sequence[Page], head: str) -> list[Page]:
    found = (
        page
        for page in pages
        if page.written != _made_from(page, head)
        or files.stamp(folder, room.file_name(topic_id, "atom", page.number)) is None
    )
    return list(islice(found, _PAGES))


def _made_from(page: Page, head: str) -> str:
    return f"{page.changes}:{head}"


def _head(config: Config, topic: TopicConfig, configured: Mapping[str, SourceConfig]) -> str:
    """Return a digest of what the pages of a topic say beside their entries."""
    excerpts = [(source.id, source.content) for source in configured.values() if source.content]
    said = (topic.title, topic.description, topic.langs, topic.content, sorted(excerpts))
    whole = repr((said, config.publish.base_url, config.publish.matched))
    return hashlib.blake2b(whole.encode(errors="replace"), digest_size=8).hexdigest()


async def _without_secrets(parts: Parts, feed: TopicFeed) -> TopicFeed:
    """Hide what a server took from our request and put into its links."""
    if not parts.config.secrets:
        return feed
    return await asyncio.to_thread(scrub, feed, parts.config.redact.known)


async def is_removed(parts: Parts, topic_id: str) -> bool:
    """Tell whether there was a topic of that id that is configured no more."""
    return topic_id in await parts.gate.read(_removed_topics, parts.topic_configs)


def _removed_topics(connection: Connection, configured: Mapping[str, TopicConfig]) -> frozenset[str]:
    return frozenset(publications.topic_states(connection).keys() - configured.keys())


def clear(folder: Path, removed: Collection[str], config: Config) -> list[str]:
    """Remove the files of topics that are gone and of formats that are not wanted; return their names.

    What lies in the folder beside them is not ours and stays.
    """
    configured = {topic.id for topic in config.topics}
    unwanted = []
    for name in files.names(folder):
        topic_id, ending = room.topic_of(name), name.rpartition(".")[2]
        if topic_id in removed or (topic_id in configured and ending not in config.publish.formats):
            unwanted.append(name)
    return files.remove(folder, unwanted)


def write_feed(folder: Path, feed: TopicFeed, formats: Sequence[Format]) -> list[str]:
    """Write a feed in these formats; return the names of the files that changed."""
    bodies = room.render_all(feed, formats)
    names = {room.file_name(feed.topic_id, format_, feed.page): body for format_, body in bodies.items()}
    return [name for name, body in names.items() if files.write(folder, name, body)]


def write_overview(folder: Path, feeds: Sequence[TopicFeed], formats: Sequence[Format]) -> list[str]:
    """Write the page and the OPML list of all topics; return the names of the files that changed."""
    bodies = {
        room.STYLE_NAME: room.STYLE,
        room.INDEX_NAME: room.index(feeds, formats),
        room.OPML_NAME: room.opml(feeds, formats),
    }
    return [name for name, body in bodies.items() if files.write(folder, name, body)]
