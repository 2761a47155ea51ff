"""A topic from the ledger to its files: read, compose, render, replace what differs, say so to who waits.

Files change only where their bytes do, and pages of the archive only where one of their entries did.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from aggregator import publish as room
from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.errors import OutputError
from aggregator.model import TopicFeed
from aggregator.pipeline import ops, pushing
from aggregator.pipeline.feeds import load_feed, load_page, without_secrets
from aggregator.pipeline.parts import Parts
from aggregator.publish import Format, files
from aggregator.store import Connection, archive_pages, publications
from aggregator.store.archive_pages import Page

_PAGES = 5  # of an archive written at a time; the others follow, the newest first
LIST = ""
"""Stands for the list of topics among the ids of topics."""


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing: what one topic could not do kept no other from it."""

    names: tuple[str, ...]  # of the files that changed
    unfinished: frozenset[str]  # topics with more pages of their archive to be written
    failures: Mapping[str, OutputError]  # by topic, or LIST

    @property
    def failure(self) -> OutputError | None:
        """The first failure, and how many there were."""
        if not self.failures:
            return None
        first, *others = self.failures.values()
        return OutputError(f"{first} {len(others)} other topics failed, too." if others else str(first))


async def publish(parts: Parts, topic_ids: Iterable[str] | None = None) -> Published:
    """Bring the files of these topics (None: of all) up to date.

    Files of topics that are configured no more are removed when all are published. Raises
    ServiceDownError; a file that cannot be written is in the result, and the others are written.
    """
    changed: list[str] = []
    failures: dict[str, OutputError] = {}
    unfinished: set[str] = set()
    feeds = []
    for topic in parts.topic_configs.values():
        if topic_ids is not None and topic.id not in topic_ids:
            continue
        started = parts.clock.monotonic()
        # First the archive: the feed links to its newest page.
        archived, is_finished = await _publish_archive(parts, topic)
        feed = await parts.gate.read(load_feed, parts.config, topic, parts.sources, parts.clock.now())
        feed = await without_secrets(parts, feed)
        live = await asyncio.to_thread(_write_feed, parts.config, feed, parts.config.publish.formats)
        await pushing.announce(parts, topic, feed, is_changed=bool(archived.names or live.names))
        names = archived.names + live.names
        changed += names
        parts.metrics.published(parts.clock.monotonic() - started, len(names))
        feeds.append(feed)
        if failure := archived.failure or live.failure:
            failures[topic.id] = failure
        elif not is_finished:
            unfinished.add(topic.id)
    if topic_ids is None:
        if feeds:  # without a topic the page says how to make one
            feeds.append(await parts.gate.read(ops.load_feed, parts.config))
        removed = await parts.gate.read(_removed_topics, parts.topic_configs)
        done = await asyncio.to_thread(_write_list, parts.config, feeds, removed)
        changed += done.names
        if done.failure:
            failures[LIST] = done.failure
    return Published(tuple(changed), frozenset(unfinished), failures)


async def publish_all(parts: Parts) -> tuple[str, ...]:
    """Publish everything, archives to their last page; return the names of the files that changed.

    Raises ServiceDownError; OutputError in the end if something could not be written.
    """
    done = await publish(parts)
    names, failures = list(done.names), dict(done.failures)
    while done.unfinished:
        done = await publish(parts, done.unfinished)
        names += done.names
        failures |= done.failures
    failure = Published((), frozenset(), failures).failure
    if failure is not None:
        raise failure
    return tuple(names)


@dataclass(frozen=True, slots=True)
class _Written:
    names: list[str]  # of the files that changed
    failure: OutputError | None  # the first


async def _publish_archive(parts: Parts, topic: TopicConfig) -> tuple[_Written, bool]:
    """Write the newest pages of a topic's archive that say something else than their files.

    Tell what was written, and whether that were all.
    """
    if "atom" not in parts.config.publish.formats:
        return _Written([], None), True
    pages = await parts.gate.read(archive_pages.of_topic, topic.id)
    if not pages:
        return _Written([], None), True
    head = _head(parts.config, topic, parts.sources)
    stale = await asyncio.to_thread(_stale, parts.config.publish.folder, topic.id, pages, head)
    changed: list[str] = []
    failure: OutputError | None = None
    for page in stale[:_PAGES]:
        feed = await parts.gate.read(load_page, parts.config, topic, parts.sources, page.number)
        feed = await without_secrets(parts, feed)
        done = await asyncio.to_thread(_write_feed, parts.config, feed, ("atom",))
        changed += done.names
        if done.failure:
            failure = failure or done.failure
            continue
        # What changed after `pages` was read makes the page stale once more.
        made = replace(page, written=_made_from(page, head))
        await parts.gate.write(archive_pages.written, topic.id, [made])
    return _Written(changed, failure), len(stale) <= _PAGES


def _stale(folder: Path, topic_id: str, pages: Sequence[Page], head: str) -> list[Page]:
    found = (
        page
        for page in pages
        if page.written != _made_from(page, head)
        or files.stamp(folder, room.file_name(topic_id, "atom", page.number)) is None
    )
    return list(islice(found, _PAGES + 1))


def _made_from(page: Page, head: str) -> str:
    return f"{page.changes}:{head}"


def _head(config: Config, topic: TopicConfig, configured: Mapping[str, SourceConfig]) -> str:
    """Return a digest of what the pages of a topic say beside their entries."""
    excerpts = [(source.id, source.content) for source in configured.values() if source.content]
    said = (topic.title, topic.description, topic.langs, topic.content, sorted(excerpts))
    whole = repr((said, config.publish.base_url, config.publish.matched, bool(config.serve.listen)))
    return hashlib.blake2b(whole.encode(errors="replace"), digest_size=8).hexdigest()


async def is_removed(parts: Parts, topic_id: str) -> bool:
    """Tell whether there was a topic of that id that is configured no more."""
    return topic_id in await parts.gate.read(_removed_topics, parts.topic_configs)


def _removed_topics(connection: Connection, configured: Mapping[str, TopicConfig]) -> frozenset[str]:
    return frozenset(publications.topic_states(connection).keys() - configured.keys())


def _clear(config: Config, removed: Collection[str]) -> list[str]:
    """Remove the files of topics that are gone and of formats that are not wanted; return their names.

    What lies in the folder beside them is not ours and stays.
    """
    folder, configured = config.publish.folder, {topic.id for topic in config.topics}
    unwanted = []
    for name in files.names(folder):
        topic_id, ending = room.topic_of(name), name.rpartition(".")[2]
        if topic_id in removed or (topic_id in configured and ending not in config.publish.formats):
            unwanted.append(name)
    return files.remove(folder, unwanted)


def _write_feed(config: Config, feed: TopicFeed, formats: Sequence[Format]) -> _Written:
    """Write a feed in these formats."""
    bodies = room.render_all(feed, formats)
    named = {room.file_name(feed.topic_id, format_, feed.page): body for format_, body in bodies.items()}
    return _write(config.publish.folder, named)


def _write_list(config: Config, feeds: Sequence[TopicFeed], removed: Collection[str]) -> _Written:
    """Write the page and the OPML list of all topics; remove what is not wanted any more."""
    formats = config.publish.formats
    bodies = {
        room.STYLE_NAME: room.STYLE,
        room.INDEX_NAME: room.index(feeds, formats),
        room.OPML_NAME: room.opml(feeds, formats),
    }
    done = _write(config.publish.folder, bodies)
    try:
        return replace(done, names=done.names + _clear(config, removed))
    except OutputError as error:
        return replace(done, failure=done.failure or error)


def _write(folder: Path, named: Mapping[str, bytes]) -> _Written:
    """Write each file that can be written."""
    changed: list[str] = []
    failure: OutputError | None = None
    for name, body in named.items():
        try:
            if files.write(folder, name, body):
                changed.append(name)
        except OutputError as error:
            failure = failure or error
    return _Written(changed, failure)
